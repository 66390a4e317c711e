//! Literal addresses, given instead of a name.

use core::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};

/// Parses a literal address: IPv4, also in the short forms of `inet_addr`
/// (POSIX), or IPv6, optionally with the interface that leads to it by name or
/// number, such as `fe80::1%eth0` (RFC 4007, section 11). `zone` returns the
/// number of the interface with a given name.
///
/// Returns `None` if the text is not a literal address.
pub fn parse_address(
    text: &str,
    port: u16,
    zone: &dyn Fn(&str) -> Option<u32>,
) -> Option<SocketAddr> {
    if let Some((address, name)) = text.split_once('%') {
        let address = address.parse().ok()?;
        let index = name.parse().ok().or_else(|| zone(name))?;
        return Some(SocketAddrV6::new(address, port, 0, index).into());
    }
    let address = text.parse().ok();
    let address = address.or_else(|| numeric(text).map(IpAddr::V4))?;
    Some(SocketAddr::new(address, port))
}

/// Parses an address in a form that `inet_addr` accepts: one to four numbers,
/// each decimal, octal after a 0, or hexadecimal after 0x. The last number fills
/// all remaining bytes, so `127.1` is 127.0.0.1.
fn numeric(host: &str) -> Option<Ipv4Addr> {
    let mut parts = host.split('.');
    let (mut address, mut free) = (0_u32, u32::BITS);
    loop {
        let part = part(parts.next()?)?;
        if parts.clone().next().is_none() {
            let fits = u64::from(part) < 1 << free;
            return fits.then(|| (address | part).into());
        }
        free = free.checked_sub(8).filter(|&free| free > 0)?;
        address |= u32::from(u8::try_from(part).ok()?) << free;
    }
}

fn part(text: &str) -> Option<u32> {
    // `from_str_radix` would accept a sign.
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', ..] => (text, 8),
        _ => (text, 10),
    };
    // A sign after 0x has passed the check above.
    let signed = digits.starts_with(['+', '-']);
    u32::from_str_radix(digits, radix).ok().filter(|_| !signed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::ToSocketAddrs;

    /// Literals of both families are parsed, with an interface by name or number.
    #[test]
    fn literals() {
        let zone = |name: &str| (name == "eth0").then_some(7);
        let found = |text| parse_address(text, 53, &zone);
        for (text, expected) in [
            ("192.0.2.1", "192.0.2.1:53"),
            ("10.1", "10.0.0.1:53"),
            ("2001:db8::1", "[2001:db8::1]:53"),
            ("fe80::1%eth0", "[fe80::1%7]:53"),
            ("fe80::1%3", "[fe80::1%3]:53"),
        ] {
            assert_eq!(found(text), Some(expected.parse().unwrap()), "{text}");
        }
        for text in [
            "fe80::1%",
            "fe80::1%eth1",
            "10.0.0.1%eth0",
            "%eth0",
            "name",
            "::1::",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    /// The short forms give the same addresses as in libc, which resolves them
    /// without a server.
    #[test]
    fn as_libc() {
        for (host, expected) in [
            ("127.0.0.1", Some([127, 0, 0, 1])),
            ("127.1", Some([127, 0, 0, 1])),
            ("10.1.2", Some([10, 1, 0, 2])),
            ("10.65536", Some([10, 1, 0, 0])),
            ("1.2.65535", Some([1, 2, 255, 255])),
            ("2130706433", Some([127, 0, 0, 1])),
            ("4294967295", Some([255, 255, 255, 255])),
            ("0x7f.0X1", Some([127, 0, 0, 1])),
            ("017.010.0.1", Some([15, 8, 0, 1])),
            ("0", Some([0, 0, 0, 0])),
        ] {
            assert_eq!(numeric(host), expected.map(Ipv4Addr::from), "{host}");
            let theirs: Vec<_> = (host, 0).to_socket_addrs().unwrap().collect();
            let ours = numeric(host).unwrap();
            assert!(theirs.iter().all(|theirs| theirs.ip() == ours), "{host}");
        }
    }

    /// Names, malformed numbers and numbers that are too large are not addresses.
    #[test]
    fn others() {
        for host in [
            "",
            ".",
            "1.",
            ".1",
            "1..2",
            "a",
            "1.a",
            "256.1",
            "1.256.1",
            "1.2.65536",
            "1.16777216",
            "4294967296",
            "1.2.3.256",
            "1.2.3.4.5",
            "1.2.3.4.",
            "08",
            "0x",
            "0x+1",
            "+1",
            "-1",
            "1.-1",
            "1 ",
            "0xg",
        ] {
            assert_eq!(numeric(host), None, "{host}");
        }
    }
}
