//! Names resolved without a server: those in hosts(5) and the special ones.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Addresses;

/// Adds the addresses that a hosts file lists for a host. Case does not matter,
/// nor does a dot at the end of the host.
pub fn add_from_hosts(text: &[u8], host: &[u8], addresses: &mut Addresses) {
    let host = host.strip_suffix(b".").unwrap_or(host);
    for line in text.split(|&byte| byte == b'\n') {
        let line = line.split(|&byte| byte == b'#').next().unwrap_or_default();
        let mut words = words(line);
        let first = words.next();
        if words.any(|name| name.eq_ignore_ascii_case(host))
            && let Some(address) = first.and_then(address)
        {
            addresses.push(address);
        }
    }
}

/// Returns whether a host must not be looked up on a server (RFC 6761): one in
/// `localhost`, whose addresses it adds, or in `invalid`, which has none.
pub fn add_special(host: &[u8], addresses: &mut Addresses) -> bool {
    let host = host.strip_suffix(b".").unwrap_or(host);
    let top = host.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    let local = top.eq_ignore_ascii_case(b"localhost");
    if local {
        addresses.push(Ipv4Addr::LOCALHOST.into());
        addresses.push(Ipv6Addr::LOCALHOST.into());
    }
    local || top.eq_ignore_ascii_case(b"invalid")
}

/// Returns the words of a line.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
}

/// Parses a word as an address.
pub(super) fn address(word: &[u8]) -> Option<IpAddr> {
    core::str::from_utf8(word).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(addresses: &Addresses) -> Vec<String> {
        addresses.iter().map(|a| format!("{a}")).collect()
    }

    fn in_hosts(text: &str, host: &str) -> Vec<String> {
        let mut addresses = Addresses::default();
        add_from_hosts(text.as_bytes(), host.as_bytes(), &mut addresses);
        found(&addresses)
    }

    /// Names and aliases are found among comments and blanks, IPv4 and IPv6
    /// alternately.
    #[test]
    fn entries() {
        let text = "# a\n::1 ntfy\t ip6 # not\n\n10.0.0.7\tntfy Ntfy.lan\r\n10.0.0.8 other\n\
                    10.0.0.7 ntfy\n10.0.0.300 ntfy\nfe80::1%eth0 ntfy\n10.0.0.9 #ntfy\nntfy\n\
                    10.0.0.10 ntfy";
        assert_eq!(in_hosts(text, "ntfy"), ["10.0.0.7", "::1", "10.0.0.10"]);
        assert_eq!(in_hosts(text, "NTFY.LAN."), ["10.0.0.7"]);
        assert_eq!(in_hosts(text, "ip6"), ["::1"]);
        assert!(in_hosts(text, "not").is_empty());
        assert!(in_hosts(text, "ntf").is_empty());
        assert!(in_hosts(text, "10.0.0.8").is_empty());
        assert!(in_hosts(text, "").is_empty());
        assert!(in_hosts("", "ntfy").is_empty());
    }

    /// RFC 6761, sections 6.3 and 6.4: `localhost` and `invalid`, and no others.
    #[test]
    fn special_names() {
        for (host, is_special, expected) in [
            ("localhost", true, &["127.0.0.1", "::1"][..]),
            ("x.LocalHost.", true, &["127.0.0.1", "::1"]),
            ("nowhere.invalid", true, &[]),
            ("xlocalhost", false, &[]),
            ("localhost.example", false, &[]),
            ("", false, &[]),
        ] {
            let mut addresses = Addresses::default();
            assert_eq!(
                add_special(host.as_bytes(), &mut addresses),
                is_special,
                "{host}"
            );
            assert_eq!(found(&addresses), expected, "{host}");
        }
    }
}
