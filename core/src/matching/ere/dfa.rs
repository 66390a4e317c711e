//! The yes-or-no stage: a pattern's deterministic automaton as a table.
//!
//! It gives one answer only: whether there is a match. So all states after a
//! match are one, and a row has one column per class of bytes, which are the
//! bytes that the pattern does not tell apart.

use alloc::boxed::Box;

/// The state from which nothing can match any more.
pub(super) const DEAD: u16 = 0;
/// The state after a match.
pub(super) const MATCHED: u16 = 1;

/// An automaton as a table: the next state by state and class of byte. State 0
/// is [`DEAD`], state 1 is [`MATCHED`].
#[derive(Debug)]
pub(crate) struct Dfa {
    /// Class of each byte.
    pub(super) classes: Box<[u8; 256]>,
    /// Columns of `table`: one per class, and a last one for the end of the text,
    /// which holds [`MATCHED`] if the text has a match then.
    pub(super) stride: usize,
    /// The state before the first byte.
    pub(super) start: u16,
    /// One row per state.
    pub(super) table: Box<[u16]>,
}

impl Dfa {
    /// Returns the bytes of memory it uses.
    pub(crate) fn memory(&self) -> usize {
        size_of_val(&*self.classes) + size_of_val(&*self.table)
    }

    /// Returns the number of its states.
    pub(crate) fn states(&self) -> usize {
        self.table.len() / self.stride
    }

    /// Returns whether the text has a match.
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        let mut state = self.start;
        for &byte in text {
            let class = usize::from(self.classes[usize::from(byte)]);
            state = self.table[usize::from(state) * self.stride + class];
            if state <= MATCHED {
                return state == MATCHED;
            }
        }
        self.table[usize::from(state) * self.stride + self.stride - 1] == MATCHED
    }
}
