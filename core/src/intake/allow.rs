//! Who may send: a short list of addresses and networks.
//!
//! The source of a datagram can be forged by whoever is on the path, but not by
//! a host that the router keeps in another network. So the list keeps out
//! everybody who merely can reach the port.

use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

use crate::limits::ALLOWED_MAX;

/// An address or a network: `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/64`.
///
/// IPv4-mapped addresses (`::ffff:192.0.2.1`), which a socket of both families
/// reports, are IPv4 addresses here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// The network's first address.
    address: IpAddr,
    /// How many of its leading bits count.
    length: u8,
}

/// Error returned for a text that is no address and no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefixError {
    /// The part before the slash is no IP address.
    Address,
    /// The part after the slash is no number from 0 to this.
    Length(u8),
    /// Bits after the prefix are set; this is the network that they are in.
    HostBits(Prefix),
}

impl Prefix {
    /// Returns the network of the first `length` bits of an address.
    fn network(address: IpAddr, length: u8) -> Self {
        let cleared = bits(address) & mask(address, length);
        let address = match address {
            IpAddr::V4(_) => Ipv4Addr::from((cleared >> 96) as u32).into(),
            IpAddr::V6(_) => Ipv6Addr::from(cleared).into(),
        };
        Self { address, length }
    }

    /// Returns whether an address is in the network.
    fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && (bits(address) ^ bits(self.address)) & mask(address, self.length) == 0
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| PrefixError::Address)?;
        let longest = width(address);
        let length = match length {
            None => longest,
            Some(digits) => digits
                .parse()
                .ok()
                .filter(|&length| length <= longest && !digits.starts_with('+'))
                .ok_or(PrefixError::Length(longest))?,
        };
        // The 96 bits before a mapped address are fixed. A shorter prefix is one
        // of IPv6.
        let (address, length) = match (address.to_canonical(), length.checked_sub(96)) {
            (v4 @ IpAddr::V4(_), Some(rest)) if longest == 128 => (v4, rest),
            _ => (address, length),
        };
        let network = Self::network(address, length);
        if network.address == address {
            Ok(network)
        } else {
            Err(PrefixError::HostBits(network))
        }
    }
}

/// Writes the address, and the length if it is a network.
impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, length } = self;
        write!(f, "{address}")?;
        if *length < width(*address) {
            write!(f, "/{length}")?;
        }
        Ok(())
    }
}

/// Says what is wrong and what to write.
impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str(
                "is not an IP address or network; write one like 192.0.2.1, 192.0.2.0/24 or \
                 2001:db8::/64",
            ),
            Self::Length(longest) => write!(
                f,
                "has no prefix length from 0 to {longest} after its slash"
            ),
            Self::HostBits(network) => write!(
                f,
                "has bits beyond its prefix; write {network} for the network, or leave the slash \
                 out for the one address"
            ),
        }
    }
}

/// Returns the bits of an address, the first one highest.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)) << 96,
        IpAddr::V6(address) => u128::from(address),
    }
}

/// Returns how many bits an address has.
fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Returns ones in the first `length` bits, and in all if the address has no more.
fn mask(address: IpAddr, length: u8) -> u128 {
    let beyond = u32::from(128 - length.min(width(address)));
    u128::MAX.checked_shl(beyond).unwrap_or(0)
}

/// The senders whose datagrams are taken. An empty list takes everybody's.
#[derive(Clone, Debug, Default)]
pub struct AllowList {
    prefixes: Vec<Prefix>,
}

impl AllowList {
    /// Returns the list that takes everybody's datagrams.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            prefixes: Vec::new(),
        }
    }

    /// Adds an entry. Returns false if there are [`ALLOWED_MAX`] already.
    pub fn push(&mut self, prefix: Prefix) -> bool {
        let fits = self.prefixes.len() < ALLOWED_MAX;
        if fits {
            self.prefixes.push(prefix);
        }
        fits
    }

    /// Returns whether datagrams of a sender are taken. It does not allocate.
    #[must_use]
    pub fn allows(&self, sender: IpAddr) -> bool {
        let sender = sender.to_canonical();
        self.prefixes.is_empty() || self.prefixes.iter().any(|prefix| prefix.contains(sender))
    }

    /// Returns the entries, in the order in which they were added.
    #[must_use]
    pub fn prefixes(&self) -> &[Prefix] {
        &self.prefixes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString as _;

    fn list(entries: &[&str]) -> AllowList {
        let mut list = AllowList::new();
        for entry in entries {
            assert!(list.push(entry.parse().expect(entry)));
        }
        list
    }

    fn allows(entries: &[&str], sender: &str) -> bool {
        list(entries).allows(sender.parse().expect(sender))
    }

    /// An entry takes its own network to the last address, and not one more.
    #[test]
    fn networks_end_where_they_end() {
        for (entry, inside, outside) in [
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
            ("192.0.2.128/25", "192.0.2.128", "192.0.2.127"),
            ("172.31.255.0/30", "172.31.255.3", "172.31.255.4"),
            ("2001:db8::/64", "2001:db8::ffff:0:0:1", "2001:db8:0:1::"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
            ("::ffff:192.0.2.0/120", "192.0.2.9", "192.0.3.9"),
            ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "203.0.113.1", "2001:db8::1"),
            ("::/0", "2001:db8::1", "203.0.113.1"),
        ] {
            assert!(allows(&[entry], inside), "{entry} takes {inside}");
            assert!(!allows(&[entry], outside), "{entry} refuses {outside}");
        }
    }

    /// What a socket of both families reports for an IPv4 sender is that sender.
    #[test]
    fn mapped_senders_are_ipv4_senders() {
        assert!(allows(&["192.0.2.0/24"], "::ffff:192.0.2.9"));
        assert!(!allows(&["192.0.2.0/24"], "::ffff:192.0.3.9"));
        assert!(!allows(&["::/0"], "::ffff:192.0.2.9"));
    }

    /// Any entry suffices, and no entry at all takes everybody.
    #[test]
    fn a_list_is_the_sum_of_its_entries() {
        let entries = ["192.0.2.1", "2001:db8::/32"];
        assert!(allows(&entries, "2001:db8:1::1"));
        assert!(allows(&entries, "192.0.2.1"));
        assert!(!allows(&entries, "192.0.2.2"));
        assert!(allows(&[], "192.0.2.2"));
    }

    /// Each mistake is told apart, with what to write instead.
    #[test]
    fn mistakes() {
        for (text, part) in [
            ("", "is not an IP address"),
            ("router", "is not an IP address"),
            ("192.0.2", "is not an IP address"),
            ("/24", "is not an IP address"),
            ("192.0.2.0/33", "from 0 to 32"),
            ("192.0.2.0/", "from 0 to 32"),
            ("192.0.2.0/+8", "from 0 to 32"),
            ("192.0.2.0/8/8", "from 0 to 32"),
            ("2001:db8::/129", "from 0 to 128"),
            ("192.0.2.7/24", "write 192.0.2.0/24 for"),
            ("2001:db8::1/64", "write 2001:db8::/64 for"),
            ("::ffff:192.0.2.7/120", "write 192.0.2.0/24 for"),
        ] {
            let error = text.parse::<Prefix>().expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    /// An entry is shown as it is understood.
    #[test]
    fn entries_as_understood() {
        for (text, shown) in [
            ("192.0.2.1/32", "192.0.2.1"),
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
            ("2001:DB8:0::/64", "2001:db8::/64"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(text.parse::<Prefix>().expect(text).to_string(), shown);
        }
    }

    /// The list does not grow beyond its limit.
    #[test]
    fn the_list_is_bounded() {
        let mut list = AllowList::new();
        let entry = "192.0.2.1".parse().expect("an address");
        assert!((0..ALLOWED_MAX).all(|_| list.push(entry)));
        assert!(!list.push(entry));
        assert_eq!(list.prefixes().len(), ALLOWED_MAX);
    }
}
