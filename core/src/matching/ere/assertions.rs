//! Conditions on the place between two bytes: `^`, `$`, `\b` and their like.

use crate::matching::ere::byte_set::ByteSet;

/// Conditions on the place between two bytes, as a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Assertions(u8);

impl Assertions {
    /// No condition.
    pub(crate) const NONE: Self = Self(0);
    /// `^`: the beginning of the text.
    pub(crate) const TEXT_START: Self = Self(1);
    /// `$`: the end of the text.
    pub(crate) const TEXT_END: Self = Self(2);
    /// `\<`: no word byte before, one after.
    pub(crate) const WORD_START: Self = Self(4);
    /// `\>`: a word byte before, none after.
    pub(crate) const WORD_END: Self = Self(8);
    /// `\b`: a word's edge; either end of the text counts as one.
    pub(crate) const WORD_EDGE: Self = Self(16);
    /// `\B`: not `\b`.
    pub(crate) const NOT_WORD_EDGE: Self = Self(32);

    /// Returns the conditions of both.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether all conditions of `other` are among these.
    pub(crate) const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns whether there is no condition.
    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Returns whether the conditions hold at `offset` of `text`.
    pub(crate) fn hold(self, text: &[u8], offset: usize) -> bool {
        let before = offset.checked_sub(1).map(|offset| is_word(text[offset]));
        let after = text.get(offset).map(|&byte| is_word(byte));
        self.hold_between(before, after)
    }

    /// Returns whether the conditions hold between two bytes. Each argument says
    /// whether that byte is a word byte; `None` is the start or the end of the
    /// text.
    ///
    /// Word bytes are ASCII letters, digits and `_`, as in musl's C locale.
    pub(crate) fn hold_between(self, before: Option<bool>, after: Option<bool>) -> bool {
        let (at_start, at_end) = (before.is_none(), after.is_none());
        let (before, after) = (before == Some(true), after == Some(true));
        let edge = at_start || at_end || before != after;
        (!self.contains(Self::TEXT_START) || at_start)
            && (!self.contains(Self::TEXT_END) || at_end)
            && (!self.contains(Self::WORD_START) || (!before && after))
            && (!self.contains(Self::WORD_END) || (before && !after))
            && (!self.contains(Self::WORD_EDGE) || edge)
            && (!self.contains(Self::NOT_WORD_EDGE) || !edge)
    }
}

/// Returns whether a byte counts as part of a word.
pub(crate) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// All word bytes.
pub(crate) const WORD_BYTES: ByteSet = {
    let mut set = ByteSet::EMPTY;
    let mut byte = 0;
    while byte < 128 {
        if is_word(byte) {
            set.insert(byte);
        }
        byte += 1;
    }
    set
};
