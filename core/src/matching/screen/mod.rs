//! Which rules can match a text at all: one pass for all of them.
//!
//! Every rule contributes a few plain strings, one of which is in every text
//! that it matches. One automaton finds them all (Aho & Corasick 1975), so a
//! text costs the same however many rules there are. Unlike a DFA of all
//! patterns together it cannot explode: it has at most one state per byte of
//! those strings.
//!
//! Rows are kept in two forms. The states that are reached on nearly any text,
//! those of no byte and of one byte, have full rows. All others have a short
//! list of the bytes that lead on. On any other byte they behave as the one-byte
//! state of the byte that led to them.
//!
//! If a pattern or a substring ignores case, the automaton does so for all of them: the
//! two cases of a letter are one class of bytes. That costs nothing per byte, and the
//! strings stay as long as they are. Case variants of a string would have to be cut to
//! three letters, to be few; two automata would read every text twice.
//!
//! A state in a table is a [`Link`]. It leads right to a row, or is marked: then
//! the state has a list, or strings end there. So a byte costs two look-ups and
//! one comparison as long as nothing is found.

mod build;

use alloc::boxed::Box;

use crate::ids::RuleIds;
use crate::matching::ere::Pattern;

/// The strings that the screen looks for on behalf of one rule.
#[derive(Clone, Copy, Debug)]
pub enum Needle<'a> {
    /// A pattern. Being a candidate means that it may match.
    Pattern(&'a Pattern),
    /// A substring. Being a candidate means that the rule matches, unless the screen
    /// [ignores case](Screen::ignores_case).
    Substring(&'a [u8]),
    /// A substring in any case. Being a candidate means that the rule matches.
    AnyCase(&'a [u8]),
}

/// A state: where its row of `shallow` begins; or [`MARK`] and its number, if it
/// has no row or strings end there, for which [`ENDS`] stands besides.
type Link = u32;

/// The mark of states that are not only a row. No row begins so far on, so a
/// marked state is found by the check of the index that is made anyway.
const MARK: Link = 1 << 31;
/// The second mark of states at which strings end.
const ENDS: Link = 1 << 30;

/// A class of bytes that leads on from a deeper state, and the next state.
type Exception = (u8, Link);

/// The strings of all rules as one automaton.
#[derive(Debug)]
pub struct Screen {
    /// Rules that are candidates of every text.
    always: RuleIds,
    /// Class of each byte; class 0 holds the bytes that are in no string.
    classes: Box<[u8; 256]>,
    /// Columns of `shallow`.
    stride: usize,
    /// Rows of `shallow`.
    rows: usize,
    /// Rows of the states of no byte and of one byte: the next state by class.
    shallow: Box<[Link]>,
    /// For each deeper state, where its exceptions begin; one more at the end.
    starts: Box<[u32]>,
    /// For each deeper state, the row of `shallow` to use on other bytes.
    fallbacks: Box<[u8]>,
    exceptions: Box<[Exception]>,
    /// For each state, an index in `sets`; 0 if nothing ends there.
    outputs: Box<[u16]>,
    /// Distinct sets of rules whose strings end somewhere.
    sets: Box<[RuleIds]>,
    ignores_case: bool,
}

impl Screen {
    /// Adds the candidates of a text to `found`. It does not allocate, and its
    /// work depends on the text's length alone.
    pub fn candidates(&self, text: &[u8], found: &mut RuleIds) {
        *found = found.union(self.always);
        let (classes, shallow) = (&*self.classes, &*self.shallow);
        let mut state: Link = 0;
        for &byte in text {
            let class = classes[usize::from(byte)];
            state = match shallow.get(state as usize + usize::from(class)) {
                Some(&next) => next,
                None => self.step_marked(state, class, found),
            };
        }
        if state & ENDS != 0 {
            self.note(state, found);
        }
    }

    /// Returns whether strings are found in any case, because one of them must be.
    #[must_use]
    pub fn ignores_case(&self) -> bool {
        self.ignores_case
    }

    /// Adds what ends at a marked state, and returns the state after it.
    #[inline(never)]
    fn step_marked(&self, state: Link, class: u8, found: &mut RuleIds) -> Link {
        if state & ENDS != 0 {
            self.note(state, found);
        }
        let number = (state & !(MARK | ENDS)) as usize;
        let Some(deep) = number.checked_sub(self.rows) else {
            return self.shallow[number * self.stride + usize::from(class)];
        };
        let range = self.starts[deep] as usize..self.starts[deep + 1] as usize;
        for &(leading, next) in &self.exceptions[range] {
            if leading == class {
                return next;
            }
        }
        let row = usize::from(self.fallbacks[deep]) * self.stride;
        self.shallow[row + usize::from(class)]
    }

    /// Adds what ends at a state.
    #[cold]
    fn note(&self, state: Link, found: &mut RuleIds) {
        let output = self.outputs[(state & !(MARK | ENDS)) as usize];
        *found = found.union(self.sets[usize::from(output)]);
    }

    /// Returns the bytes of memory it uses.
    #[must_use]
    pub fn memory(&self) -> usize {
        let tables = [
            size_of_val(&self.classes[..]),
            size_of_val(&self.shallow[..]),
            size_of_val(&self.starts[..]),
            size_of_val(&self.fallbacks[..]),
            size_of_val(&self.exceptions[..]),
            size_of_val(&self.outputs[..]),
            size_of_val(&self.sets[..]),
        ];
        tables.iter().sum()
    }
}
