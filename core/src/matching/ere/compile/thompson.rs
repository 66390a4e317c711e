//! From a [`Program`] to the form in which `regex-automata` takes automata:
//! Thompson's, in which a state either reads a byte or goes on without one.
//!
//! A position becomes a state that reads its set. The ways on from there are a
//! chain of forks: to the first target, or to the rest of the chain. Lists of ways
//! mostly end like the list of the next position (`a?b?c?` goes on from `a` to `b`,
//! `c` and the end, from `b` to `c` and the end), and equal ends are the same
//! forks. So the result is seldom larger than the pattern, though transitions grow
//! with its square. It also keeps the determiniser's work in proportion to the
//! sets that it makes, since no state has more than two ways on.

use alloc::vec;
use alloc::vec::Vec;

use regex_automata::nfa::thompson::{BuildError, Builder, NFA, Transition as Range};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;

use crate::matching::ere::assertions::Assertions;
use crate::matching::ere::byte_set::ByteSet;
use crate::matching::ere::compile::segments::Segment;
use crate::matching::ere::program::{Program, State, Transition};

type Built<T> = Result<T, BuildError>;

/// Translates a segment of a program, unless the result takes more than `bytes_max`
/// bytes. The tags are left out: the result only knows whether the segment has matched.
pub(super) fn translate(program: &Program, segment: &Segment, bytes_max: usize) -> Option<NFA> {
    let mut builder = Builder::new();
    builder.set_size_limit(Some(bytes_max)).ok()?;
    let translation = Translation {
        program,
        segment,
        builder,
        entries: Vec::new(),
        chain: Vec::new(),
    };
    translation.run().ok()
}

struct Translation<'p> {
    program: &'p Program,
    segment: &'p Segment,
    builder: Builder,
    /// The entry of each position of the segment, and then what a match is.
    entries: Vec<StateID>,
    /// The forks of the last list of ways, its end first; `None` as long as no
    /// way is possible.
    chain: Vec<Option<StateID>>,
}

impl Translation<'_> {
    fn run(mut self) -> Built<NFA> {
        let automaton = &self.program.automaton;
        self.builder.start_pattern()?;
        // Positions lead to each other, so each has an exit that is led on when all
        // entries exist.
        let mut exits = Vec::new();
        let positions = self.segment.positions.clone();
        for position in positions.clone() {
            let set = automaton.sets[usize::from(position)];
            let exit = self.builder.add_empty()?;
            let ranges = ranges(&self.program.sets[usize::from(set)], exit);
            let entry = self.builder.add_sparse(ranges)?;
            exits.push(exit);
            self.entries.push(entry);
        }
        let accept = self.builder.add_match()?;
        self.entries.push(accept);
        let mut next = Vec::new();
        for (position, &exit) in positions.zip(&exits).rev() {
            let ways = self.leaving(position);
            let to = self.ways(&ways, &next, true)?;
            self.builder.patch(exit, to)?;
            next = ways;
        }
        let start = self.start()?;
        self.builder.finish_pattern(start)?;
        self.builder.build(start, start)
    }

    /// Returns the transitions that lead from a state into the segment or beyond it. If
    /// another segment comes then, all that lead beyond are one.
    fn leaving(&self, state: State) -> Vec<Transition> {
        let automaton = &self.program.automaton;
        let (start, end) = (self.segment.positions.start, self.segment.positions.end);
        let mut ways = automaton.leaving(state).to_vec();
        ways.retain(|way| way.target >= start);
        if end < automaton.accepting() {
            let beyond = ways.iter().find(|way| way.target >= end).copied();
            ways.retain(|way| way.target < end);
            ways.extend(beyond);
        }
        ways
    }

    /// Adds the state at the start of the text.
    fn start(&mut self) -> Built<StateID> {
        let initial = &*self.leaving(self.segment.entry);
        let has =
            |assertions| move |transition: &Transition| transition.assertions.contains(assertions);
        if initial.iter().all(has(Assertions::TEXT_START)) {
            return self.ways(initial, &[], false);
        }
        // A match may begin after any byte, too.
        let later = self.builder.add_empty()?;
        let any = self.builder.add_range(range(0, u8::MAX, later))?;
        let ways = self.ways(initial, &[], true)?;
        let after_byte = self.builder.add_union(vec![ways, any])?;
        self.builder.patch(later, after_byte)?;
        if initial
            .iter()
            .all(|transition| transition.assertions.is_none())
        {
            return Ok(after_byte);
        }
        let ways = self.ways(initial, &[], false)?;
        self.builder.add_union(vec![ways, any])
    }

    /// Adds the forks to the targets of transitions. As far as they end like
    /// `before`, whose forks were the last to be added, they share these.
    fn ways(
        &mut self,
        transitions: &[Transition],
        before: &[Transition],
        has_byte: bool,
    ) -> Built<StateID> {
        let pairs = transitions.iter().rev().zip(before.iter().rev());
        let shared = pairs
            .take_while(|(new, old)| new.target == old.target && new.assertions == old.assertions);
        let shared = shared.count();
        self.chain.truncate(shared);
        for transition in transitions.iter().rev().skip(shared) {
            let rest = self.chain.last().copied().flatten();
            let fork = match (self.way(transition, has_byte)?, rest) {
                (Some(way), Some(rest)) => Some(self.builder.add_union(vec![way, rest])?),
                (way, rest) => way.or(rest),
            };
            self.chain.push(fork);
        }
        match self.chain.last().copied().flatten() {
            Some(fork) => Ok(fork),
            None => self.builder.add_fail(),
        }
    }

    /// Adds the conditions of a transition, which lead on to its target. Returns
    /// `None` if they can never hold. `has_byte` says whether a byte comes before.
    fn way(&mut self, transition: &Transition, has_byte: bool) -> Built<Option<StateID>> {
        let assertions = transition.assertions;
        let positions = &self.segment.positions;
        let entry = transition.target.min(positions.end) - positions.start;
        let mut to = self.entries[usize::from(entry)];
        if assertions.contains(Assertions::NOT_WORD_EDGE) {
            // False at both ends of the text: a byte must have been read, and
            // another one must follow, which the target asks for unless it
            // accepts.
            if !has_byte {
                return Ok(None);
            }
            if transition.target == self.program.automaton.accepting() {
                to = self.builder.add_range(range(0, u8::MAX, to))?;
            }
            to = self.builder.add_look(to, Look::WordAsciiNegate)?;
        }
        // At the start of the text there always is an edge.
        if assertions.contains(Assertions::WORD_EDGE) && has_byte {
            // Here the library and musl differ: to musl both ends are edges.
            let change = self.builder.add_look(to, Look::WordAscii)?;
            let end = self.builder.add_look(to, Look::End)?;
            to = self.builder.add_union(vec![change, end])?;
        }
        if assertions.contains(Assertions::TEXT_START) && has_byte {
            return Ok(None);
        }
        for (assertion, look) in [
            (Assertions::TEXT_END, Look::End),
            (Assertions::WORD_START, Look::WordStartAscii),
            (Assertions::WORD_END, Look::WordEndAscii),
        ] {
            if assertions.contains(assertion) {
                to = self.builder.add_look(to, look)?;
            }
        }
        Ok(Some(to))
    }
}

/// Returns the members of a set as ranges that lead to a state.
fn ranges(set: &ByteSet, next: StateID) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for byte in set.iter() {
        match ranges.last_mut() {
            Some(last) if last.end.checked_add(1) == Some(byte) => last.end = byte,
            _ => ranges.push(range(byte, byte, next)),
        }
    }
    ranges
}

const fn range(start: u8, end: u8, next: StateID) -> Range {
    Range { start, end, next }
}
