//! Sets of bytes.

/// Index of a byte set in the list of its pattern.
pub(crate) type SetId = u16;

/// A set of byte values, as 256 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ByteSet([u64; 4]);

impl ByteSet {
    /// The set without members.
    pub(crate) const EMPTY: Self = Self([0; 4]);
    /// The set of all bytes.
    pub(crate) const ALL: Self = Self([u64::MAX; 4]);

    /// Returns the set of the bytes for which `belongs` answers true.
    pub(crate) fn from_fn(belongs: impl Fn(u8) -> bool) -> Self {
        let mut set = Self::EMPTY;
        for byte in 0..=u8::MAX {
            if belongs(byte) {
                set.insert(byte);
            }
        }
        set
    }

    /// Returns the bytes of which one case or the other is a member.
    pub(crate) fn in_any_case(self) -> Self {
        let in_any = |byte: u8| {
            self.contains(byte.to_ascii_lowercase()) || self.contains(byte.to_ascii_uppercase())
        };
        Self::from_fn(in_any)
    }

    /// Adds a byte.
    pub(crate) const fn insert(&mut self, byte: u8) {
        self.0[byte as usize / 64] |= 1 << (byte % 64);
    }

    /// Returns whether `byte` is a member.
    pub(crate) const fn contains(&self, byte: u8) -> bool {
        self.0[byte as usize / 64] >> (byte % 64) & 1 != 0
    }

    /// Returns the members of both sets.
    pub(crate) fn intersection(mut self, other: Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word &= other;
        }
        self
    }

    /// Returns the members of either set.
    pub(crate) fn union(mut self, other: Self) -> Self {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
        self
    }

    /// Returns the members that `other` lacks.
    pub(crate) fn without(mut self, other: Self) -> Self {
        for (word, less) in self.0.iter_mut().zip(other.0) {
            *word &= !less;
        }
        self
    }

    /// Returns the members, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        let mut next = 0_usize;
        core::iter::from_fn(move || {
            // Most sets have one member, so words without any are skipped.
            while let Some(word) = self.0.get(next / 64) {
                let rest = word >> (next % 64);
                if rest != 0 {
                    next += rest.trailing_zeros() as usize + 1;
                    return Some((next - 1) as u8);
                }
                next = (next / 64 + 1) * 64;
            }
            None
        })
    }
}
