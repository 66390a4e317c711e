//! The yes-or-no stage: a pattern's deterministic automaton as a table.
//!
//! It gives one answer only: whether there is a match. So all states after a
//! match are one, and bytes that the pattern does not distinguish are one class.
//!
//! Most classes lead from a state to the same next one: back to the beginning, or
//! on within `.*`. So a state is not a row with all classes. It has one cell for
//! those, and one for each class that leads elsewhere; the cells of different
//! states lie between each other (Tarjan and Yao 1979), 3 bytes each. That is a
//! fifth of full rows, and a byte costs as many look-ups.

use alloc::boxed::Box;

/// The state from which nothing can match any more.
pub(super) const DEAD: u16 = 0;
/// The state after a match.
pub(super) const MATCHED: u16 = 1;

/// Mark of a cell of no state.
pub(super) const FREE: u8 = 0;
/// Mark of the cell of a state's other classes.
pub(super) const PLAIN: u8 = u8::MAX - 1;
/// The same mark if the text has a match when it ends in this state.
pub(super) const ENDS: u8 = u8::MAX;
/// Most classes: their numbers are between the marks.
pub(super) const CLASSES_MAX: usize = PLAIN as usize - 1;

/// An automaton: the next state by state and class of byte.
#[derive(Debug)]
pub(crate) struct Dfa {
    /// Class of each byte, counting from 1.
    pub(super) classes: Box<[u8; 256]>,
    /// The state before the first byte.
    pub(super) start: u16,
    /// The class or mark of each cell. A state's number is the index of its cell for
    /// all classes that lead nowhere else; the cell of class `n` is `n` after it, if
    /// it is there: then it holds `n`. Another state's cell there holds something
    /// else, because no two states begin at the same index.
    pub(super) marks: Box<[u8]>,
    /// The next state of each cell.
    pub(super) nexts: Box<[u16]>,
}

impl Dfa {
    /// Returns the bytes of memory it uses.
    pub(crate) fn memory(&self) -> usize {
        size_of_val(&*self.classes) + size_of_val(&*self.marks) + size_of_val(&*self.nexts)
    }

    /// Returns the number of its states.
    pub(crate) fn states(&self) -> usize {
        self.marks.iter().filter(|&&mark| mark >= PLAIN).count()
    }

    /// Returns whether the text has a match.
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        let mut state = self.start;
        for &byte in text {
            state = self.next(state, byte);
            if state <= MATCHED {
                break;
            }
        }
        self.ends(state)
    }

    /// Returns the state after a byte.
    #[inline(always)]
    pub(super) fn next(&self, state: u16, byte: u8) -> u16 {
        let class = self.classes[usize::from(byte)];
        let mut cell = usize::from(state) + usize::from(class);
        if self.marks.get(cell) != Some(&class) {
            cell = usize::from(state);
        }
        self.nexts[cell]
    }

    /// Returns whether a text that ends in a state has a match.
    pub(super) fn ends(&self, state: u16) -> bool {
        self.marks[usize::from(state)] == ENDS
    }
}
