//! The addresses that a look-up found.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use heapless::Vec;

use crate::limits::DNS_ADDRESSES_MAX;

/// The addresses of a host without duplicates, at most [`DNS_ADDRESSES_MAX`] of
/// each family; further ones are ignored.
#[derive(Debug, Default)]
pub struct Addresses {
    v4: Vec<Ipv4Addr, DNS_ADDRESSES_MAX>,
    v6: Vec<Ipv6Addr, DNS_ADDRESSES_MAX>,
}

impl Addresses {
    /// Adds an address unless it is already in the list.
    pub fn push(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(v4) => push(&mut self.v4, v4),
            IpAddr::V6(v6) => push(&mut self.v6, v6),
        }
    }

    /// Returns whether there are no addresses.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Returns the addresses in the order in which to try them: IPv4 and IPv6
    /// alternately, IPv4 first, each family in the order in which it was found.
    ///
    /// RFC 6724 would probe every address for a route and sort by prefix. This
    /// code runs in containers on routers, whose only way out is often IPv4. An
    /// address without a route fails at once; one whose route leads nowhere costs
    /// time. The families alternate (RFC 8305, section 4) because a whole family
    /// may lead nowhere.
    pub fn iter(&self) -> impl Iterator<Item = IpAddr> {
        (0..DNS_ADDRESSES_MAX).flat_map(|index| {
            let v4 = self.v4.get(index).map(|&v4| v4.into());
            v4.into_iter()
                .chain(self.v6.get(index).map(|&v6| v6.into()))
        })
    }
}

fn push<T: PartialEq>(list: &mut Vec<T, DNS_ADDRESSES_MAX>, address: T) {
    if !list.contains(&address) {
        // Ignore overflow: the list already holds enough addresses.
        let _ = list.push(address);
    }
}
