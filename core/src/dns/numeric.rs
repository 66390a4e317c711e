//! Addresses of IPv4 in the forms of old.

use core::net::Ipv4Addr;

/// Returns the address that a host is in one of the forms of `inet_addr` (POSIX):
/// one to four numbers, decimal, octal behind a 0 or hexadecimal behind 0x, of
/// which the last one fills all bytes that are left. `127.1` is 127.0.0.1.
#[must_use]
pub fn numeric(host: &str) -> Option<Ipv4Addr> {
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
    // Not a sign, which the number's own parser would take.
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', ..] => (text, 8),
        _ => (text, 10),
    };
    let signed = digits.starts_with(['+', '-']);
    u32::from_str_radix(digits, radix).ok().filter(|_| !signed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::ToSocketAddrs;

    /// As libc has it, which needs no server for these.
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

    /// Names, and numbers that are too large.
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
