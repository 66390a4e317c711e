//! Where a pattern falls into parts that are sought one after another.
//!
//! `login.*from.*via` matches if `login` is somewhere, `from` somewhere after the end of
//! the first such place, and `via` after that. A determiniser that gets the whole
//! distinguishes what a match may begin with even after `.*`, where one is on its way
//! already: it makes a state for each pair of a place in `login` and a place in `from`. If it
//! gets one part after the other, it makes a state for each place.

use core::ops::Range;

use alloc::vec;
use alloc::vec::Vec;

use crate::limits::CUTS_MAX;
use crate::matching::ere::byte_set::ByteSet;
use crate::matching::ere::program::{Automaton, Program, State};

/// A part of a pattern. It has matched when a way leads beyond its positions.
pub(super) struct Segment {
    /// The positions that belong to it.
    pub(super) positions: Range<State>,
    /// The state whose transitions lead into it: the accepting one for the first
    /// segment, and a `.*` or `.+` for the others.
    pub(super) entry: State,
}

/// Divides a pattern. There is one segment at least, and all but the first come after
/// bytes of any kind and number.
pub(super) fn divide(program: &Program) -> Vec<Segment> {
    let automaton = &program.automaton;
    let accepting = automaton.accepting();
    let takes_anything = |&position: &State| {
        let set = automaton.sets[usize::from(position)];
        let mut ways = automaton.leaving(position).iter();
        program.sets[usize::from(set)] == ByteSet::ALL && ways.any(|way| way.target == position)
    };
    let mut segments = Vec::new();
    let (mut first, mut entry) = (0, accepting);
    if program.has_text_edges_only() {
        for middle in (0..accepting).filter(takes_anything).take(CUTS_MAX) {
            if let Some(end) = cut(automaton, middle) {
                let positions = first..end;
                segments.push(Segment { positions, entry });
                (first, entry) = (middle + 1, middle);
            }
        }
    }
    let positions = first..accepting;
    segments.push(Segment { positions, entry });
    segments
}

/// Returns where a segment ends, if every match goes through a position that takes any
/// number of any bytes: before it if that may be none (`.*`), and after it if there
/// must be one (`.+`).
fn cut(automaton: &Automaton, middle: State) -> Option<State> {
    let accepting = automaton.accepting();
    // The ways from a state to the position or beyond it.
    let beyond = |state| {
        let ways = automaton.leaving(state).iter();
        ways.filter(move |way| way.target >= middle)
    };
    let before = (0..middle).chain([accepting]);
    let before: Vec<State> = before.filter(|&state| beyond(state).count() > 0).collect();
    let all_before = |holds: &dyn Fn(State) -> bool| before.iter().all(|&state| holds(state));
    // A condition would be sought in one segment, and depend on the other.
    let is_free = |state| beyond(state).all(|way| way.assertions.is_none());
    let leads_on = |state| beyond(state).count() == automaton.leaving(state).len();
    if !all_before(&is_free) || !is_free(middle) || !(middle..accepting).all(leads_on) {
        return None;
    }
    let mut targets = vec![false; usize::from(accepting) + 1];
    beyond(middle).for_each(|way| targets[usize::from(way.target)] = true);
    let may_be_none = |state| {
        let mut missing = targets.clone();
        beyond(state).for_each(|way| missing[usize::from(way.target)] = false);
        !missing.contains(&true) && beyond(state).all(|way| targets[usize::from(way.target)])
    };
    let must_be_one = |state| beyond(state).all(|way| way.target == middle);
    if all_before(&may_be_none) {
        Some(middle)
    } else if all_before(&must_be_one) {
        Some(middle + 1)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::ere::compile::compile;
    use crate::matching::ere::syntax::parse::{Flags, parse};

    /// A pattern is divided where every match takes any number of any bytes, and
    /// nowhere else.
    #[test]
    fn where_patterns_are_divided() {
        let cases: &[(&str, &[(State, State)])] = &[
            ("ab", &[(0, 2)]),
            ("ab.*cd", &[(0, 2), (3, 5)]),
            ("ab.+cd", &[(0, 3), (3, 5)]),
            ("^a(b.*c)d$", &[(0, 2), (3, 5)]),
            ("a?.*b", &[(0, 1), (2, 3)]),
            ("ax*(.*)d.+e", &[(0, 2), (3, 5), (5, 6)]),
            (".*a", &[(0, 0), (1, 2)]),
            ("a.*", &[(0, 1), (2, 2)]),
            // Not every match goes through it,
            ("a.*b|c", &[(0, 4)]),
            ("a(.*b)?c", &[(0, 4)]),
            ("a(x|.*)b", &[(0, 4)]),
            // or more than once,
            ("(a.*b)+", &[(0, 3)]),
            // or it does not take everything,
            ("a[^ ]*b", &[(0, 4)]),
            ("a.b", &[(0, 3)]),
            // or a condition hangs on what is before it or after it.
            (r"a.*\bc", &[(0, 3)]),
            (r"a\b.*c", &[(0, 3)]),
            ("a$.*b", &[(0, 3)]),
            ("a.*$", &[(0, 2)]),
            ("^.*a", &[(0, 2)]),
        ];
        for (pattern, expected) in cases {
            let tree = parse(pattern.as_bytes(), Flags::default()).expect(pattern);
            let (program, ..) = compile(tree, Flags::default()).expect(pattern);
            let segments = divide(&program).into_iter();
            let positions = segments.map(|segment| segment.positions);
            let positions = positions.map(|positions| (positions.start, positions.end));
            assert_eq!(positions.collect::<Vec<_>>(), *expected, "{pattern}");
        }
    }
}
