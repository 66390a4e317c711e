//! The yes-or-no stage: a pattern's deterministic automaton.
//!
//! `regex-automata` determinises the position automaton; what it returns is
//! packed into a table of our own, because a rule is kept for the life of the
//! process and searched for one answer only: whether there is a match. All
//! states behind a match become one, equivalent states are merged, and a row
//! is as wide as there are classes of bytes (a dense DFA of the crate pads it
//! to a power of two and spends four bytes where two do).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::DFA as Lazy;
use regex_automata::nfa::thompson::{self, Transition as Range};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

use super::ast::Assertions;
use super::automaton::{State, Transition};
use super::run::Program;
use crate::limits::DETERMINIZE_BYTES_MAX;

/// The state from which nothing can match any more.
const DEAD: u16 = 0;
/// The state behind a match.
const MATCHED: u16 = 1;

/// A packed automaton.
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
    /// Builds the automaton, unless it takes more than `bytes_max` bytes.
    pub(crate) fn build(program: &Program, bytes_max: usize) -> Option<Self> {
        let nfa = Thompson::build(program).ok()?;
        // The lazy automaton is walked to its end instead of building a dense
        // one: that comes with minimisation, acceleration and validation, of
        // which nothing is used here, and they are 24 kB on ARMv7.
        let config = Lazy::config()
            .match_kind(MatchKind::All)
            .cache_capacity(DETERMINIZE_BYTES_MAX)
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(0));
        let lazy = Lazy::builder().configure(config).build_from_nfa(nfa).ok()?;
        let dfa = Self::pack(&lazy)?;
        (dfa.memory() <= bytes_max).then_some(dfa)
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

    fn pack(lazy: &Lazy) -> Option<Self> {
        let mut cache = lazy.create_cache();
        let bytes = lazy.byte_classes();
        let mut classes = Box::new([0; 256]);
        for byte in 0..=u8::MAX {
            classes[usize::from(byte)] = bytes.get(byte);
        }
        let representatives: Vec<u8> = bytes
            .representatives(0..=u8::MAX)
            .filter_map(|unit| unit.as_u8())
            .collect();
        let stride = representatives.len() + 1;
        let start = start::Config::new().anchored(Anchored::No);
        let start = lazy.start_state(&mut cache, &start).ok()?;
        let mut states = Numbering::default();
        let first = states.number(start)?;
        let mut table = vec![DEAD; stride];
        table.resize(2 * stride, MATCHED);
        while let Some(state) = states.next() {
            for &byte in &representatives {
                let next = lazy.next_state(&mut cache, state, byte).ok()?;
                table.push(states.number(next)?);
            }
            let at_end = lazy.next_eoi_state(&mut cache, state).ok()?;
            table.push(if at_end.is_match() { MATCHED } else { DEAD });
        }
        Some(Self {
            classes,
            stride,
            start: first,
            table: table.into_boxed_slice(),
        })
    }
}

/// Numbers the states of a lazy automaton in the order they are reached.
#[derive(Default)]
struct Numbering {
    /// The states with their numbers, sorted by state.
    numbers: Vec<(LazyStateID, u16)>,
    order: Vec<LazyStateID>,
    done: usize,
}

impl Numbering {
    fn number(&mut self, state: LazyStateID) -> Option<u16> {
        if state.is_match() {
            return Some(MATCHED);
        }
        if state.is_dead() {
            return Some(DEAD);
        }
        match self.numbers.binary_search_by_key(&state, |entry| entry.0) {
            Ok(index) => Some(self.numbers[index].1),
            Err(index) => {
                let number = u16::try_from(self.order.len() + 2).ok()?;
                self.numbers.insert(index, (state, number));
                self.order.push(state);
                Some(number)
            }
        }
    }

    fn next(&mut self) -> Option<LazyStateID> {
        let state = self.order.get(self.done).copied();
        self.done += 1;
        state
    }
}

/// Translates the position automaton into `regex-automata`'s form.
struct Thompson<'p> {
    program: &'p Program,
    builder: thompson::Builder,
    /// What each state is entered by, the accepting one last.
    entries: Vec<StateID>,
}

type Built<T> = Result<T, thompson::BuildError>;

impl<'p> Thompson<'p> {
    fn build(program: &'p Program) -> Built<thompson::NFA> {
        let mut this = Self {
            program,
            builder: thompson::Builder::new(),
            entries: Vec::new(),
        };
        this.builder.set_utf8(false);
        this.builder.start_pattern()?;
        let automaton = &program.automaton;
        // Behind each literal stands a union of the ways on, which is filled
        // when all states exist.
        let mut exits = Vec::new();
        for set in &automaton.sets {
            let exit = this.builder.add_union(Vec::new())?;
            let ranges = program.sets[usize::from(*set)].ranges();
            let ranges = ranges.map(|range| Range {
                start: *range.start(),
                end: *range.end(),
                next: exit,
            });
            let entry = this.builder.add_sparse(ranges.collect())?;
            exits.push(exit);
            this.entries.push(entry);
        }
        let accept = this.builder.add_match()?;
        this.entries.push(accept);
        for (state, exit) in exits.into_iter().enumerate() {
            let leaving = automaton.leaving(state as State);
            // Where a match is certain, no other way on is of interest.
            let certain = leaving.iter().position(|transition| {
                transition.target == automaton.accepting() && transition.assertions.is_none()
            });
            let leaving = certain.map_or(leaving, |index| &leaving[index..=index]);
            for transition in leaving {
                this.connect(exit, transition, true)?;
            }
        }
        // A match may begin at the start of the text, or behind any byte.
        let at_start = this.builder.add_union(Vec::new())?;
        let behind_byte = this.builder.add_union(Vec::new())?;
        let any = this.builder.add_range(any_byte(behind_byte))?;
        this.builder.patch(behind_byte, any)?;
        this.builder.patch(at_start, any)?;
        for transition in automaton.initial() {
            this.connect(at_start, transition, false)?;
            this.connect(behind_byte, transition, true)?;
        }
        this.builder.finish_pattern(at_start)?;
        this.builder.build(at_start, at_start)
    }

    /// Adds a way from a union to the entry of a transition's target.
    fn connect(&mut self, from: StateID, transition: &Transition, has_byte: bool) -> Built<()> {
        let assertions = transition.assertions;
        let mut to = self.entries[usize::from(transition.target)];
        if assertions.contains(Assertions::NOT_WORD_EDGE) {
            // False at both ends of the text: a byte must have been read, and
            // another one must follow, which the target asks for unless it
            // accepts.
            if !has_byte {
                return Ok(());
            }
            if transition.target == self.program.automaton.accepting() {
                to = self.builder.add_range(any_byte(to))?;
            }
            to = self.builder.add_look(to, Look::WordAsciiNegate)?;
        }
        if assertions.contains(Assertions::WORD_EDGE) {
            let edges = [Look::Start, Look::End, Look::WordAscii];
            let mut ways = Vec::new();
            for look in edges {
                ways.push(self.builder.add_look(to, look)?);
            }
            to = self.builder.add_union(ways)?;
        }
        for (assertion, look) in [
            (Assertions::TEXT_START, Look::Start),
            (Assertions::TEXT_END, Look::End),
            (Assertions::WORD_START, Look::WordStartAscii),
            (Assertions::WORD_END, Look::WordEndAscii),
        ] {
            if assertions.contains(assertion) {
                to = self.builder.add_look(to, look)?;
            }
        }
        self.builder.patch(from, to)
    }
}

const fn any_byte(next: StateID) -> Range {
    Range {
        start: 0,
        end: u8::MAX,
        next,
    }
}
