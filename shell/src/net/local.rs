//! Which addresses are near.

use std::net::IpAddr;

/// Returns whether an address is of this machine or of a private network: RFC 1918,
/// RFC 4193, link-local, and what providers use behind their own translation (RFC 6598).
pub(crate) fn is_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let is_shared = first == 100 && second & 0xC0 == 64;
            address.is_loopback() || address.is_private() || address.is_link_local() || is_shared
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The borders of the private networks, in both families.
    #[test]
    fn borders() {
        for (address, expected) in [
            ("127.0.0.1", true),
            ("10.0.0.1", true),
            ("172.15.255.255", false),
            ("172.16.0.1", true),
            ("192.168.88.1", true),
            ("100.63.255.255", false),
            ("100.64.0.1", true),
            ("100.128.0.1", false),
            ("169.254.1.1", true),
            ("192.0.2.1", false),
            ("::1", true),
            ("fe80::1", true),
            ("fd00::1", true),
            ("2001:db8::1", false),
            ("::ffff:192.168.88.1", true),
            ("::ffff:192.0.2.1", false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(is_local(address), expected, "{address}");
        }
    }
}
