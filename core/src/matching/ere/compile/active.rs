//! Which classes of bytes a state of a DFA can distinguish at all.
//!
//! Asking the library where a class leads takes thousands of instructions, and most of
//! a pattern's classes are letters that it has in one place. A state stands for the
//! positions that may be next, and it cannot distinguish bytes that all their sets
//! contain or none does. So one byte of those has to be asked for.
//!
//! The library does not show its positions. Those here are found by following the
//! automaton along, without its conditions: there may be some too many, and then a
//! question too many is asked.

use alloc::vec;
use alloc::vec::Vec;

use crate::limits::ACTIVE_POSITIONS_MAX;
use crate::matching::ere::assertions::{Assertions, WORD_BYTES};
use crate::matching::ere::byte_set::ByteSet;
use crate::matching::ere::compile::classes::split;
use crate::matching::ere::compile::segments::Segment;
use crate::matching::ere::program::{Program, State};

/// The positions that may be next, or `None` if they are too many to be worth it.
type Active = Option<Vec<State>>;

/// What the states of a segment's DFA stand for, by the number of their row.
pub(super) struct Actives<'p> {
    program: &'p Program,
    segment: &'p Segment,
    has_words: bool,
    /// Nothing for rows that have been made.
    of_rows: Vec<Active>,
    /// Ways that were looked at.
    work: usize,
}

impl<'p> Actives<'p> {
    /// Returns those of the row of the state at the beginning of a segment.
    pub(super) fn new(program: &'p Program, segment: &'p Segment) -> Self {
        let mut actives = Self {
            program,
            segment,
            has_words: !program.has_text_edges_only(),
            of_rows: Vec::new(),
            work: 0,
        };
        let mut start = Some(Vec::new());
        actives.add(segment.entry, Assertions::NONE, &mut start);
        actives.of_rows.push(start);
        actives
    }

    /// Takes those of a row that is going to be made.
    pub(super) fn take(&mut self, row: usize) -> Active {
        self.of_rows.get_mut(row).and_then(Option::take)
    }

    /// Notes that a byte leads from a state to one that has the next row, if that is so:
    /// there are `rows` now.
    pub(super) fn note(&mut self, rows: usize, from: &Active, byte: u8) {
        if rows == self.of_rows.len() {
            return;
        }
        let mut next = from.as_ref().map(|_| Vec::new());
        for &position in from.iter().flatten() {
            if self.program.accepts(position, byte) {
                self.add(position, Assertions::TEXT_START, &mut next);
            }
        }
        // A match may begin after any byte.
        self.add(self.segment.entry, Assertions::TEXT_START, &mut next);
        self.of_rows.push(next);
    }

    /// Adds the positions that a state leads to, unless a condition is in the way.
    fn add(&mut self, state: State, impossible: Assertions, active: &mut Active) {
        for way in self.program.automaton.leaving(state) {
            let Some(positions) = active else { return };
            self.work += 1;
            let holds = impossible.is_none() || !way.assertions.contains(impossible);
            let is_here = self.segment.positions.contains(&way.target);
            if holds && is_here && !positions.contains(&way.target) {
                match positions.len() {
                    ACTIVE_POSITIONS_MAX => *active = None,
                    _ => positions.push(way.target),
                }
            }
        }
    }

    /// Returns a number for each class, the same for classes that need not be
    /// distinguished, given a byte of each.
    pub(super) fn parts(&self, active: &Active, bytes: &[u8]) -> Vec<u8> {
        let Some(positions) = active else {
            return (0..=u8::MAX).take(bytes.len()).collect();
        };
        let mut parts = vec![0; bytes.len()];
        let mut by = |set: &ByteSet| split(&mut parts, &|class| set.contains(bytes[class]));
        for &position in positions {
            by(&self.program.set(position));
        }
        if self.has_words {
            by(&WORD_BYTES);
        }
        parts
    }

    /// Returns how many ways were looked at since this was asked last.
    pub(super) fn take_work(&mut self) -> usize {
        core::mem::take(&mut self.work)
    }
}
