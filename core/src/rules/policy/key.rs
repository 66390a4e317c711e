//! The key of an entry in a policy's table.

use core::hash::Hasher as _;
// Deprecated in favour of std's opaque hasher, which a no_std crate does not
// have. SipHash-2-4 with a secret is the right one: texts come from strangers,
// who must not be able to make theirs collide with another's.
#[expect(deprecated, reason = "see above")]
use core::hash::SipHasher;
use core::net::{IpAddr, Ipv6Addr};

use crate::ids::RuleId;
use crate::routers::RouterKey;
use crate::text::Text;

/// One case of one rule at one router: a keyed hash of these and its key text.
///
/// 64 bits stand for the text itself. Two of the thousand texts in a table
/// collide by chance once in 10^13 tables, and nobody who lacks the secret can
/// make two collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(u64);

impl Key {
    /// Returns which of `buckets` lists the key is in. All are equally long, as
    /// strangers cannot choose keys.
    pub(super) const fn bucket(self, buckets: usize) -> usize {
        self.0 as usize % buckets
    }

    #[cfg(test)]
    pub(super) const fn of_number(number: u64) -> Self {
        Self(number)
    }
}

/// What a match is a case of: whose it is, and which of its rule's.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Case {
    pub(super) key: Key,
    /// The rule that remembers the case.
    pub(super) rule: RuleId,
    /// The router, by a keyed hash.
    pub(super) router: u32,
}

impl Case {
    /// Returns the case under which what precedes this one is counted: another entry
    /// in the same table.
    pub(super) const fn before(self) -> Self {
        Self {
            key: Key(!self.key.0),
            ..self
        }
    }
}

/// The secret that the hash is keyed with. Whoever can write log lines must not
/// know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Secret(pub(super) u64, pub(super) u64);

impl Secret {
    /// Returns the case of `rule` that `text` is about, as said by a router.
    pub(super) fn case(self, rule: RuleId, router: RouterKey<'_>, text: Text<'_>) -> Case {
        let router = self.router(router);
        let key = self.hash(&router.to_le_bytes(), rule.index(), text.as_bytes());
        Case {
            key: Key(key),
            rule,
            router: router as u32,
        }
    }

    /// Returns what a text of a router is stored as, and what the router is.
    pub(super) fn stored(self, router: RouterKey<'_>, text: Text<'_>) -> (u64, u64) {
        let router = self.router(router);
        let hash = self.hash(&router.to_le_bytes(), 0, text.as_bytes());
        (hash, router)
    }

    /// Returns a secret that says nothing about this one.
    pub(super) fn derived(self) -> Self {
        Self(self.hash(&[], 1, b"derived"), self.hash(&[], 2, b"derived"))
    }

    fn router(self, router: RouterKey<'_>) -> u64 {
        let address = router.address.map_or(Ipv6Addr::UNSPECIFIED, to_ipv6);
        // The address has one length, which keeps it and the name apart.
        self.hash(&address.octets(), 0, router.name)
    }

    /// Returns a number for a text, which is another one for another text.
    pub(super) fn value(self, text: Text<'_>) -> u32 {
        self.hash(&[], 0, text.as_bytes()) as u32
    }

    /// Hashes a head of a length that is the same for all of its kind, a number and a
    /// text of any length. What is stored is the same on all machines.
    fn hash(self, head: &[u8], number: usize, text: &[u8]) -> u64 {
        #[expect(deprecated, reason = "see the import")]
        let mut hasher = SipHasher::new_with_keys(self.0, self.1);
        hasher.write(head);
        hasher.write_u64(number as u64);
        hasher.write(text);
        hasher.finish()
    }
}

fn to_ipv6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::TextBuffer;

    const ROUTER: RouterKey<'_> = RouterKey {
        name: b"tik",
        address: Some(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    };

    fn key_of(secret: Secret, rule: usize, router: RouterKey<'_>, log: &[u8]) -> Key {
        let mut text = TextBuffer::new();
        text.push_log(log);
        secret
            .case(RuleId::new(rule).unwrap(), router, text.as_text())
            .key
    }

    fn key(secret: Secret, rule: usize, log: &[u8]) -> Key {
        key_of(secret, rule, ROUTER, log)
    }

    /// Rule, router, text and secret each make another key; the same four make the
    /// same one.
    #[test]
    fn each_part_counts() {
        let one = key(Secret(1, 2), 0, b"a");
        assert_eq!(one, key(Secret(1, 2), 0, b"a"));
        assert_ne!(one, key(Secret(1, 2), 1, b"a"));
        assert_ne!(one, key(Secret(1, 2), 0, b"b"));
        assert_ne!(one, key(Secret(1, 3), 0, b"a"));
        let name = RouterKey {
            name: b"",
            ..ROUTER
        };
        let address = RouterKey {
            address: None,
            ..ROUTER
        };
        for router in [name, address] {
            assert_ne!(one, key_of(Secret(1, 2), 0, router, b"a"));
        }
    }
}
