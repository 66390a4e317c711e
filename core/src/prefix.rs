//! Addresses and networks, as users write them.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

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

    /// Returns the network of one address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        let address = address.to_canonical();
        Self {
            address,
            length: width(address),
        }
    }

    /// Returns whether it is that of one address.
    #[must_use]
    pub fn is_one(&self) -> bool {
        self.host_bits() == 0
    }

    /// Returns its first address.
    #[must_use]
    pub const fn first(&self) -> IpAddr {
        self.address
    }

    /// Returns how many bits its addresses differ in.
    #[must_use]
    pub fn host_bits(&self) -> u8 {
        width(self.address) - self.length
    }

    /// Returns how many leading bits of the address count.
    #[must_use]
    pub const fn length(&self) -> u8 {
        self.length
    }

    /// Returns whether an address is in the network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString as _;

    /// Each mistake has a message of its own, which says what to write instead.
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

    /// The network of one address holds it in either form, and nothing else.
    #[test]
    fn one_address() {
        let prefix = Prefix::of("::ffff:192.0.2.1".parse().expect("an address"));
        assert!(prefix.is_one() && prefix.to_string() == "192.0.2.1");
        assert!(prefix.contains([192, 0, 2, 1].into()));
        assert!(!prefix.contains([192, 0, 2, 2].into()));
        assert!(
            !"192.0.2.0/31"
                .parse::<Prefix>()
                .expect("a network")
                .is_one()
        );
    }
}
