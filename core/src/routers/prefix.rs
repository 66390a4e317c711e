//! A range of addresses: `198.51.100.0/28`, `2001:db8::/64`, or one address.

use core::fmt;
use core::net::{IpAddr, Ipv6Addr};

/// A range of addresses. IPv4 is kept as its IPv4-mapped IPv6 address, so that there is
/// one way to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    address: u128,
    /// Leading bits that count, at most 128.
    bits: u32,
}

/// Writes the address, and the number of bits unless all count.
impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = IpAddr::V6(Ipv6Addr::from_bits(self.address)).to_canonical();
        write!(f, "{address}")?;
        if self.is_one() {
            return Ok(());
        }
        let most = if address.is_ipv4() { 32 } else { 128 };
        // A range of mapped addresses may be wider than IPv4.
        write!(f, "/{}", self.bits.saturating_sub(128 - most))
    }
}

/// Error returned by [`Prefix::parse`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixError;

impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("neither an IP address nor a range such as 198.51.100.0/28")
    }
}

impl core::error::Error for PrefixError {}

impl Prefix {
    /// Parses an address, perhaps with a slash and the number of bits that count. Bits
    /// beyond these may be anything.
    ///
    /// # Errors
    ///
    /// If it is neither.
    pub fn parse(text: &str) -> Result<Self, PrefixError> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| PrefixError)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            // `parse` takes a sign.
            Some(bits) if !bits.starts_with('+') => bits.parse().map_err(|_| PrefixError)?,
            Some(_) => return Err(PrefixError),
            None => most,
        };
        if bits > most {
            return Err(PrefixError);
        }
        Ok(Self {
            address: to_bits(address),
            bits: 128 - most + bits,
        })
    }

    /// Returns the range of one address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self {
            address: to_bits(address),
            bits: 128,
        }
    }

    /// Returns whether an address lies in the range.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let differing = self.address ^ to_bits(address);
        differing.leading_zeros() >= self.bits
    }

    /// Returns whether the range is that of one address.
    #[must_use]
    pub const fn is_one(&self) -> bool {
        self.bits == 128
    }

    /// Returns how many leading bits count, of 128 for either family.
    pub(super) const fn bits(&self) -> u32 {
        self.bits
    }
}

fn to_bits(address: IpAddr) -> u128 {
    let v6: Ipv6Addr = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    v6.to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An address lies in a range if the bits that count are the same; an IPv4 address
    /// is the same mapped to IPv6.
    #[test]
    fn ranges() {
        for (prefix, inside, outside) in [
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("198.51.100.7/28", "198.51.100.15", "198.51.100.16"),
            ("192.0.2.1", "::ffff:192.0.2.1", "::192.0.2.1"),
            ("::ffff:192.0.2.0/120", "192.0.2.9", "192.0.3.9"),
            ("2001:db8::/64", "2001:db8::ffff:1", "2001:db8:0:1::"),
            ("0.0.0.0/0", "255.255.255.255", "2001:db8::"),
        ] {
            let prefix = Prefix::parse(prefix).unwrap();
            assert!(prefix.contains(inside.parse().unwrap()), "{inside}");
            assert!(!prefix.contains(outside.parse().unwrap()), "{outside}");
        }
        for text in [
            "192.0.2.1",
            "198.51.100.0/28",
            "2001:db8::/64",
            "0.0.0.0/0",
            "::/0",
        ] {
            assert_eq!(Prefix::parse(text).unwrap().to_string(), text);
        }
        assert!(Prefix::parse("::/0").unwrap().contains([1, 2, 3, 4].into()));
        assert!(Prefix::parse("192.0.2.1/32").unwrap().is_one());
        assert!(!Prefix::parse("192.0.2.1/31").unwrap().is_one());
    }

    /// What is no range is refused.
    #[test]
    fn no_ranges() {
        for text in [
            "",
            "x",
            "192.0.2",
            "192.0.2.1/33",
            "::/129",
            "::/",
            "::/-1",
            "::/+1",
            "::/1/2",
        ] {
            assert_eq!(Prefix::parse(text), Err(PrefixError), "{text}");
        }
    }
}
