//! The resolver's settings: resolv.conf(5).

use core::net::{Ipv4Addr, SocketAddr};

use heapless::Vec;

use super::address::parse_address;
use super::hosts::words;
use crate::bytes::parse_digits;
use crate::limits::DNS_SERVERS_MAX;

/// The port that name servers listen on.
const PORT: u16 = 53;
/// Largest `ndots`, as in musl.
const DOTS_MAX: usize = 15;
/// Longest `timeout`, in seconds, as in musl.
const TIMEOUT_SECS_MAX: usize = 60;
/// Most `attempts`, as in musl.
const ATTEMPTS_MAX: usize = 10;

/// The settings in a resolv.conf. It reads the keywords `nameserver`, `search`,
/// `domain`, and `options` with `ndots`, `timeout` and `attempts`, and ignores
/// all others.
#[derive(Debug)]
pub struct ResolvConf<'t> {
    servers: Vec<SocketAddr, DNS_SERVERS_MAX>,
    search: &'t [u8],
    dots: usize,
    timeout_secs: usize,
    attempts: usize,
}

impl<'t> ResolvConf<'t> {
    /// Parses the text of the file; an empty text stands for a missing file.
    ///
    /// If no name server is given, it is this machine's own, 127.0.0.1. Anything
    /// that is not understood is ignored. `zone` is as in [`parse_address()`].
    pub fn parse(text: &'t [u8], zone: &dyn Fn(&str) -> Option<u32>) -> Self {
        let mut conf = Self {
            servers: Vec::new(),
            search: b"",
            dots: 1,
            timeout_secs: 5,
            attempts: 2,
        };
        for line in text.split(|&byte| byte == b'\n') {
            // A comment occupies a whole line, and its first word is no keyword.
            let Some(end) = line.iter().position(u8::is_ascii_whitespace) else {
                continue;
            };
            let (keyword, value) = line.split_at(end);
            match keyword {
                b"nameserver" => {
                    let word = words(value).next().unwrap_or_default();
                    let word = core::str::from_utf8(word).unwrap_or_default();
                    if let Some(server) = parse_address(word, PORT, zone) {
                        // Ignore servers beyond the third.
                        let _ = conf.servers.push(server);
                    }
                }
                // The last of these lines wins.
                b"search" | b"domain" => conf.search = value,
                b"options" => words(value).for_each(|option| conf.set(option)),
                _ => {}
            }
        }
        if conf.servers.is_empty() {
            let _ = conf.servers.push((Ipv4Addr::LOCALHOST, PORT).into());
        }
        conf
    }

    fn set(&mut self, option: &[u8]) {
        let Some(colon) = option.iter().position(|&byte| byte == b':') else {
            return;
        };
        let Some(value) = parse_digits(&option[colon + 1..]) else {
            return;
        };
        match &option[..colon] {
            b"ndots" => self.dots = value.min(DOTS_MAX),
            b"timeout" => self.timeout_secs = value.clamp(1, TIMEOUT_SECS_MAX),
            b"attempts" => self.attempts = value.clamp(1, ATTEMPTS_MAX),
            _ => {}
        }
    }

    /// Returns the name servers, at least one.
    #[must_use]
    pub fn servers(&self) -> &[SocketAddr] {
        &self.servers
    }

    /// Returns the time limit for one name, in milliseconds. As in musl it covers
    /// all attempts together.
    #[must_use]
    pub const fn timeout_millis(&self) -> u64 {
        self.timeout_secs as u64 * 1_000
    }

    /// Returns the time after which a query is repeated, in milliseconds.
    #[must_use]
    pub const fn interval_millis(&self) -> u64 {
        self.timeout_millis() / self.attempts as u64
    }

    /// Returns the domains in which to look for a host, in order. The last one is
    /// the root, which is empty. It is the only one if the host ends with a dot or
    /// has at least `ndots` dots.
    pub fn domains(&self, host: &[u8]) -> impl Iterator<Item = &'t [u8]> {
        let dots = host.iter().filter(|&&byte| byte == b'.').count();
        let absolute = dots >= self.dots || host.ends_with(b".");
        let search = if absolute { b"" } else { self.search };
        words(search).chain(core::iter::once(&b""[..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains<'t>(conf: &ResolvConf<'t>, host: &str) -> std::vec::Vec<&'t str> {
        let domains = conf.domains(host.as_bytes());
        domains.map(|d| core::str::from_utf8(d).unwrap()).collect()
    }

    /// The defaults apply without a file, and with one that sets nothing.
    #[test]
    fn defaults() {
        for text in [
            "",
            "\n",
            "# nameserver 9.9.9.9\n;search a\nnameserver\noptions rotate",
        ] {
            let conf = ResolvConf::parse(text.as_bytes(), &|_| None);
            assert_eq!(
                conf.servers(),
                [SocketAddr::from(([127, 0, 0, 1], 53))],
                "{text:?}"
            );
            assert_eq!(conf.timeout_millis(), 5_000);
            assert_eq!(conf.interval_millis(), 2_500);
            assert_eq!(domains(&conf, "ntfy"), [""]);
        }
    }

    /// The first three valid servers are used, of both families and in order.
    #[test]
    fn servers() {
        let conf = ResolvConf::parse(
            b"nameserver fe80::1%eth1\nnameserver\t9.9.9.9 \r\nnameserver x.y\n \
              nameserver 1.1.1.1\nnameserver fe80::1%eth0\nnameserver 192.168.88.1 x\n\
              nameserver 8.8.8.8\nnameserver9.9.9.9\nnameserver 10.1",
            &|name| (name == "eth0").then_some(2),
        );
        let expected = ["9.9.9.9:53", "[fe80::1%2]:53", "192.168.88.1:53"];
        let expected = expected.map(|server| server.parse::<SocketAddr>().unwrap());
        assert_eq!(conf.servers(), expected);
    }

    /// The last list of domains wins, and applies only to names with few dots.
    #[test]
    fn search() {
        let conf = ResolvConf::parse(
            b"search a b\ndomain c\nsearch lan  home.arpa \noptions ndots:2",
            &|_| None,
        );
        assert_eq!(domains(&conf, "ntfy"), ["lan", "home.arpa", ""]);
        assert_eq!(domains(&conf, "ntfy.x"), ["lan", "home.arpa", ""]);
        assert_eq!(domains(&conf, "ntfy.x.y"), [""]);
        assert_eq!(domains(&conf, "ntfy."), [""]);
        let conf = ResolvConf::parse(b"search a b\ndomain c", &|_| None);
        assert_eq!(domains(&conf, "ntfy"), ["c", ""]);
        assert_eq!(domains(&conf, "ntfy.x"), [""]);
        let conf = ResolvConf::parse(b"search a\noptions ndots:99", &|_| None);
        assert_eq!(domains(&conf, &"x.".repeat(14)[..27]), ["a", ""]);
        assert_eq!(domains(&conf, &"x.".repeat(16)[..31]), [""]);
        let conf = ResolvConf::parse(b"search a\noptions ndots:0", &|_| None);
        assert_eq!(domains(&conf, "ntfy"), [""]);
    }

    /// Options are kept within their limits; a malformed number changes nothing.
    #[test]
    fn options() {
        for (options, timeout, interval) in [
            ("timeout:1 attempts:4", 1_000, 250),
            ("rotate timeout:3 edns0 attempts:1 ", 3_000, 3_000),
            ("timeout:0 attempts:0", 1_000, 1_000),
            (
                "timeout:99999999999999999999 attempts:99999999999999999999",
                60_000,
                6_000,
            ),
            (
                "timeout:-1 attempts: attempts:2x timeout timeout:",
                5_000,
                2_500,
            ),
        ] {
            let text = std::format!("options {options}");
            let conf = ResolvConf::parse(text.as_bytes(), &|_| None);
            assert_eq!(conf.timeout_millis(), timeout, "{options}");
            assert_eq!(conf.interval_millis(), interval, "{options}");
        }
    }
}
