//! A compiled pattern.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::limits::{DFA_BYTES_MAX, DFA_BYTES_TOTAL_MAX, MESSAGE_BYTES_MAX, RUN_WORK_MAX};
use crate::matching::ere::compile::{Literals, compile, determinize};
use crate::matching::ere::dfa::Dfa;
use crate::matching::ere::program::Program;
use crate::matching::ere::run;
use crate::matching::ere::scratch::{Need, Scratch};
use crate::matching::ere::span::Span;
use crate::matching::ere::syntax::error::PatternError;
use crate::matching::ere::syntax::parse::{Flags, parse};

/// A POSIX extended regular expression, compiled.
///
/// It matches as musl's `regcomp(REG_EXTENDED)` and `regexec` do in the C
/// locale: bytes, leftmost-longest, `.` matches a newline. The byte 0, which
/// ends a text in C, is a byte like any other: `.`, `[^a]` and `[[:cntrl:]]`
/// match it. Texts of more than
/// [`MESSAGE_BYTES_MAX`] bytes are not expected.
#[derive(Debug)]
pub struct Pattern {
    /// What finds groups, and decides if there is no DFA. `None` only after
    /// [`forget_groups`](Self::forget_groups), and if there is a DFA.
    pub(super) program: Option<Box<Program>>,
    groups: usize,
    pub(super) dfa: Option<Dfa>,
    literals: Literals,
    ignores_case: bool,
    /// Bytes that every match contains. Empty if there is a DFA, which answers
    /// sooner.
    bytes: Vec<u8>,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// The pattern is malformed, or it passes one of the limits
    /// `PATTERN_BYTES_MAX`, `WRITTEN_NODES_MAX`, `EXPANDED_NODES_MAX`,
    /// `STATES_MAX`, `TRANSITIONS_MAX`, `TAG_NODES_MAX`, `TAG_WORK_MAX` and
    /// `RUN_LANES_MAX` of [`limits`](crate::limits).
    pub fn compile(pattern: &[u8]) -> Result<Self, PatternError> {
        Self::compile_within(pattern, &mut { DFA_BYTES_TOTAL_MAX })
    }

    /// Compiles one of several patterns whose DFAs share `dfa_bytes` of memory,
    /// and subtracts from it what this one takes. If that or [`DFA_BYTES_MAX`]
    /// does not suffice, the pattern works without a DFA.
    ///
    /// # Errors
    ///
    /// As [`compile`](Self::compile).
    pub fn compile_within(pattern: &[u8], dfa_bytes: &mut usize) -> Result<Self, PatternError> {
        Self::compile_with(pattern, Flags::default(), dfa_bytes)
    }

    /// As [`compile_within`](Self::compile_within), with the pattern's bytes read as the
    /// flags say.
    ///
    /// # Errors
    ///
    /// As [`compile`](Self::compile).
    pub fn compile_with(
        pattern: &[u8],
        flags: Flags,
        dfa_bytes: &mut usize,
    ) -> Result<Self, PatternError> {
        let compiled = compile(parse(pattern, flags)?, flags);
        let (program, literals, bytes) = compiled.map_err(|kind| PatternError::new(0, kind))?;
        let dfa = determinize(&program, DFA_BYTES_MAX.min(*dfa_bytes));
        *dfa_bytes -= dfa.as_ref().map_or(0, Dfa::memory);
        let bytes = match dfa {
            Some(_) => Vec::new(),
            None => bytes.iter().collect(),
        };
        Ok(Self {
            groups: program.groups.len() - 1,
            program: Some(Box::new(program)),
            dfa,
            literals,
            ignores_case: flags.ignore_case,
            bytes,
        })
    }

    /// Gives back the memory that only finding groups takes, if there is a DFA. From
    /// then on [`captures`](Self::captures) finds matches without spans.
    pub fn forget_groups(&mut self) {
        if self.dfa.is_some() {
            self.program = None;
        }
    }

    /// Returns the number of groups, musl's `re_nsub`.
    #[must_use]
    pub const fn groups(&self) -> usize {
        self.groups
    }

    /// Returns the bytes of memory it uses.
    #[must_use]
    pub fn memory(&self) -> usize {
        let program = self.program.as_ref();
        program.map_or(0, |program| program.memory()) + self.dfa.as_ref().map_or(0, Dfa::memory)
    }

    /// Returns the number of states of its DFA, or `None` if that would have been
    /// too large. Then every match is decided by the bounded engine, which is
    /// slower.
    #[must_use]
    pub fn dfa_states(&self) -> Option<usize> {
        self.dfa.as_ref().map(Dfa::states)
    }

    /// Returns the length in bytes up to which the groups of any text are
    /// certain, and without a DFA the match itself. For nearly all patterns it
    /// exceeds [`MESSAGE_BYTES_MAX`]; for others, the work of a longer text may
    /// pass [`RUN_WORK_MAX`], if no other pattern shares it.
    #[must_use]
    pub fn exact_up_to(&self) -> usize {
        RUN_WORK_MAX / self.work_per_byte(true).max(1)
    }

    /// Returns the most work that the bounded engine spends on a message, in the
    /// unit of [`RUN_WORK_MAX`]; `groups` says whether these are asked for.
    #[must_use]
    pub fn work_max(&self, groups: bool) -> usize {
        if self.dfa.is_some() && !groups {
            return 0;
        }
        (self.work_per_byte(groups) * MESSAGE_BYTES_MAX).min(RUN_WORK_MAX)
    }

    fn work_per_byte(&self, groups: bool) -> usize {
        self.program.as_ref().map_or(0, |program| {
            run::work_per_byte(program, if groups { program.lanes() } else { 0 })
        })
    }

    /// Returns whether the text has a match. It does not allocate.
    ///
    /// A pattern without DFA whose work on this text passes the scratch's limit
    /// counts as a match. The scratch must have been made for this pattern among
    /// others.
    pub fn is_match(&self, text: &[u8], scratch: &mut Scratch) -> bool {
        self.decide(text, scratch, true)
    }

    /// As [`is_match`](Self::is_match), but a text whose work passes the limit counts as
    /// none.
    pub fn is_certain_match(&self, text: &[u8], scratch: &mut Scratch) -> bool {
        self.decide(text, scratch, false)
    }

    fn decide(&self, text: &[u8], scratch: &mut Scratch, otherwise: bool) -> bool {
        match &self.dfa {
            Some(dfa) => dfa.is_match(text),
            None => {
                let mut program = self.program.iter();
                program.any(|program| {
                    self.is_possible(text) && run::is_match(program, text, scratch, otherwise)
                })
            }
        }
    }

    /// Returns false if the text lacks a byte that every match contains. The
    /// screen looks for one literal of a pattern; the bounded engine costs
    /// so much more than this that the others are worth a look too.
    fn is_possible(&self, text: &[u8]) -> bool {
        self.bytes.iter().all(|byte| text.contains(byte))
    }

    /// Finds the leftmost-longest match and its groups. It does not allocate.
    ///
    /// `spans` receives the whole match and then the groups, as many as it has
    /// room for; a group that took no part is `None`. It returns what
    /// [`is_match`](Self::is_match) does. If the work of finding the spans of a
    /// match passes the scratch's limit, they are all `None`. The scratch must have been made for this pattern among others.
    pub fn captures(&self, text: &[u8], scratch: &mut Scratch, spans: &mut [Option<Span>]) -> bool {
        // Most candidates do not match, and the table says so far sooner. It
        // also has no limit of work, which would make a match of what is none.
        let is_possible = match &self.dfa {
            Some(dfa) => dfa.is_match(text),
            None => self.is_possible(text),
        };
        match &self.program {
            Some(program) if is_possible => run::captures(program, text, scratch, spans),
            _ => {
                spans.fill(None);
                is_possible
            }
        }
    }

    /// Returns whether ASCII letters match in both cases.
    #[must_use]
    pub fn ignores_case(&self) -> bool {
        self.ignores_case
    }

    /// Returns literals of which every text that matches contains at least one;
    /// an empty slice if there are no such literals. If the pattern
    /// [ignores case](Self::ignores_case), they are in lower case, and the text has
    /// one of them in any.
    #[must_use]
    pub fn literals(&self) -> &[Vec<u8>] {
        &self.literals
    }
}

impl Scratch {
    /// Returns memory that is large enough for each of the patterns.
    #[must_use]
    pub fn for_patterns<'p>(patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        let programs = patterns.into_iter().filter_map(|p| p.program.as_ref());
        Self::for_needs(programs.map(|program| Need {
            states: program.states(),
            lanes: program.lanes(),
        }))
    }
}
