//! Who may send: a short list of addresses and networks.
//!
//! The source of a datagram can be forged by whoever is on the path, but not by
//! a host that the router keeps in another network. So the list keeps out
//! everybody who merely can reach the port.

use alloc::vec::Vec;
use core::net::IpAddr;

use crate::limits::ALLOWED_MAX;
use crate::prefix::Prefix;

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
