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
use crate::matching::ere::program::{Program, State, Transition};

/// The positions of a segment that may be next, or `None` if they are too many to be
/// worth it.
pub(super) type Active = Option<Vec<State>>;

/// Returns those at the beginning of a segment.
pub(super) fn at_start(program: &Program, segment: &Segment) -> Active {
    let mut active = Some(Vec::new());
    let ways = program.automaton.leaving(segment.entry).iter();
    add(segment, ways, &mut active);
    active
}

/// Returns those after a byte. A match may begin after any.
pub(super) fn after(program: &Program, segment: &Segment, active: &Active, byte: u8) -> Active {
    let mut next = Some(Vec::new());
    let accepting = active.as_ref()?.iter().copied();
    let accepting = accepting.filter(|&position| program.accepts(position, byte));
    for state in accepting.chain([segment.entry]) {
        let ways = program.automaton.leaving(state).iter();
        let ways = ways.filter(|way| !way.assertions.contains(Assertions::TEXT_START));
        add(segment, ways, &mut next);
    }
    next
}

/// Adds the positions that some ways lead to.
fn add<'t>(segment: &Segment, ways: impl Iterator<Item = &'t Transition>, active: &mut Active) {
    for way in ways {
        let Some(positions) = active else { return };
        if segment.positions.contains(&way.target) && !positions.contains(&way.target) {
            match positions.len() {
                ACTIVE_POSITIONS_MAX => *active = None,
                _ => positions.push(way.target),
            }
        }
    }
}

/// Returns a number for each class, the same for classes that need not be
/// distinguished, given a byte of each.
pub(super) fn distinguished(program: &Program, active: &Active, bytes: &[u8]) -> Vec<u8> {
    let mut parts = vec![0; bytes.len()];
    let Some(positions) = active else {
        return (0..=u8::MAX).take(bytes.len()).collect();
    };
    let mut by = |set: &ByteSet| split(&mut parts, &|class| set.contains(bytes[class]));
    for &position in positions {
        by(&program.set(position));
    }
    if !program.has_text_edges_only() {
        by(&WORD_BYTES);
    }
    parts
}
