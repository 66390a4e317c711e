//! The same position automaton, determinised by `regex-automata`.

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, Transition as Range};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

use crate::matching::ere::assertions::Assertions;
use crate::matching::ere::program::{Program, State, Transition};

/// An automaton that reports a match when it reads the byte after it.
pub(super) struct Oracle {
    dfa: DFA,
    cache: Cache,
}

impl Oracle {
    pub(super) fn new(program: &Program) -> Self {
        let nfa = Thompson::build(program).expect("within its limits");
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .cache_capacity(usize::MAX);
        let builder = DFA::builder().configure(config).build_from_nfa(nfa);
        let dfa = builder.expect("without Unicode");
        let cache = dfa.create_cache();
        Self { dfa, cache }
    }

    pub(super) fn start(&mut self) -> LazyStateID {
        let anywhere = start::Config::new().anchored(Anchored::No);
        let start = self.dfa.start_state(&mut self.cache, &anywhere);
        start.expect("no byte is a reason to quit")
    }

    /// Returns the state after a byte, or after the end of the text.
    pub(super) fn next(&mut self, state: LazyStateID, byte: Option<u8>) -> LazyStateID {
        let next = match byte {
            Some(byte) => self.dfa.next_state(&mut self.cache, state, byte),
            None => self.dfa.next_eoi_state(&mut self.cache, state),
        };
        next.expect("the cache has no limit")
    }
}

/// Translates the position automaton into Thompson's form.
struct Thompson<'p> {
    program: &'p Program,
    builder: thompson::Builder,
    /// The entry of each state, the accepting one last.
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
        // After each literal comes a union of the ways on, which is filled
        // when all states exist.
        let mut exits = Vec::new();
        for set in &automaton.sets {
            let exit = this.builder.add_union(Vec::new())?;
            let bytes = program.sets[usize::from(*set)];
            let ranges = bytes.iter().map(|byte| range(byte, byte, exit));
            let entry = this.builder.add_sparse(ranges.collect())?;
            exits.push(exit);
            this.entries.push(entry);
        }
        let accept = this.builder.add_match()?;
        this.entries.push(accept);
        for (state, exit) in exits.into_iter().enumerate() {
            for transition in automaton.leaving(state as State) {
                this.connect(exit, transition, true)?;
            }
        }
        // A match may begin at the start of the text, or after any byte.
        let at_start = this.builder.add_union(Vec::new())?;
        let after_byte = this.builder.add_union(Vec::new())?;
        let any = this.builder.add_range(range(0, u8::MAX, after_byte))?;
        this.builder.patch(after_byte, any)?;
        this.builder.patch(at_start, any)?;
        for transition in automaton.initial() {
            this.connect(at_start, transition, false)?;
            this.connect(after_byte, transition, true)?;
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
                to = self.builder.add_range(range(0, u8::MAX, to))?;
            }
            to = self.builder.add_look(to, Look::WordAsciiNegate)?;
        }
        if assertions.contains(Assertions::WORD_EDGE) {
            let mut ways = Vec::new();
            for look in [Look::Start, Look::End, Look::WordAscii] {
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

const fn range(start: u8, end: u8, next: StateID) -> Range {
    Range { start, end, next }
}
