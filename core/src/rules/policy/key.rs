//! The key of an entry in a policy's table.

use core::hash::Hasher as _;
// Deprecated in favour of std's opaque hasher, which a no_std crate does not
// have. SipHash-2-4 with a secret is the right one: texts come from strangers,
// who must not be able to make theirs collide with another's.
#[expect(deprecated, reason = "see above")]
use core::hash::SipHasher;

use crate::ids::RuleId;
use crate::text::Text;

/// One case of one rule: a keyed hash of the rule and its key text.
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
}

/// The secret that the hash is keyed with. Whoever can write log lines must not
/// know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Secret(pub(super) u64, pub(super) u64);

impl Secret {
    /// Returns the key of `text` as said by `rule`.
    pub(super) fn key(self, rule: RuleId, text: Text<'_>) -> Key {
        #[expect(deprecated, reason = "see the import")]
        let mut hasher = SipHasher::new_with_keys(self.0, self.1);
        hasher.write_usize(rule.index());
        hasher.write(text.as_bytes());
        Key(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::TextBuffer;

    fn key(secret: Secret, rule: usize, log: &[u8]) -> Key {
        let mut text = TextBuffer::new();
        text.push_log(log);
        secret.key(RuleId::new(rule).unwrap(), text.as_text())
    }

    /// Rule, text and secret each make another key; the same three make the
    /// same one.
    #[test]
    fn each_part_counts() {
        let one = key(Secret(1, 2), 0, b"a");
        assert_eq!(one, key(Secret(1, 2), 0, b"a"));
        assert_ne!(one, key(Secret(1, 2), 1, b"a"));
        assert_ne!(one, key(Secret(1, 2), 0, b"b"));
        assert_ne!(one, key(Secret(1, 3), 0, b"a"));
    }
}
