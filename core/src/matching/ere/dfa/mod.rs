//! The yes-or-no stage: a pattern's deterministic automaton.
//!
//! A rule is kept for the life of the process and searched for one answer only:
//! whether there is a match. So all states behind a match are one, and a row of
//! the table is as wide as there are bytes that the pattern tells apart.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::matching::ere::byte_set::ByteSet;
use crate::matching::ere::compile::subsets::{DEAD, MATCHED, Subsets, WORD_BYTES};
use crate::matching::ere::run::Program;
use crate::matching::ere::syntax::ast::Assertions;

/// An automaton as a table.
#[derive(Debug)]
pub(crate) struct Dfa {
    /// Class of each byte.
    classes: Box<[u8; 256]>,
    /// Columns of `table`: one per class, and the last says whether the end of
    /// the text makes a match of the state.
    stride: usize,
    start: u16,
    table: Box<[u16]>,
}

impl Dfa {
    /// Builds the automaton, unless it takes more than `bytes_max` bytes or
    /// passes a limit on the way.
    pub(crate) fn build(program: &Program, bytes_max: usize) -> Option<Self> {
        let (classes, representatives) = classify(program);
        let stride = representatives.len() + 1;
        let mut subsets = Subsets::new(program)?;
        let start = subsets.start()?;
        let mut table = vec![DEAD; stride];
        table.resize(2 * stride, MATCHED);
        for state in 2.. {
            // Each state that is known will have its row.
            if size_of_val(&*classes) + subsets.len() * stride * size_of::<u16>() > bytes_max {
                return None;
            }
            if state == subsets.len() {
                break;
            }
            for &byte in &representatives {
                table.push(subsets.step(state, byte)?);
            }
            table.push(subsets.end(state));
        }
        Some(Self {
            classes,
            stride,
            start,
            table: table.into_boxed_slice(),
        })
    }

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

/// Divides the bytes into as few classes as the pattern tells apart. Returns
/// the class of each byte, and a byte of each class.
fn classify(program: &Program) -> (Box<[u8; 256]>, Vec<u8>) {
    let mut classes = Box::new([0; 256]);
    for set in &program.sets {
        split(&mut classes, set);
    }
    let text_edges = Assertions::TEXT_START.and(Assertions::TEXT_END);
    let transitions = &program.automaton.transitions;
    if !transitions
        .iter()
        .all(|transition| text_edges.contains(transition.assertions))
    {
        split(&mut classes, &WORD_BYTES);
    }
    // Classes are numbered in the order of their first bytes.
    let mut representatives = Vec::new();
    for byte in 0..=u8::MAX {
        if usize::from(classes[usize::from(byte)]) == representatives.len() {
            representatives.push(byte);
        }
    }
    (classes, representatives)
}

/// Divides each class into its bytes that are in a set and those that are not.
fn split(classes: &mut [u8; 256], set: &ByteSet) {
    const NONE: u16 = u16::MAX;
    // The parts of each class; the numbers begin anew with each set, so that
    // the parts that are empty get none.
    let mut parts = [[NONE; 2]; 256];
    let mut count = 0;
    for byte in 0..=u8::MAX {
        let class = &mut classes[usize::from(byte)];
        let part = &mut parts[usize::from(*class)][usize::from(set.contains(byte))];
        if *part == NONE {
            *part = count;
            count += 1;
        }
        *class = *part as u8;
    }
}

#[cfg(test)]
mod tests;
