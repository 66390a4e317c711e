//! Making a DFA: `regex-automata` finds its states, which are then packed into a
//! table.
//!
//! The library's lazy automaton makes a state when it is asked for. Here it is
//! asked for all of them, which is a determiniser without what its dense automata
//! bring along (minimisation, acceleration, a format for files): 24 kB on ARMv7.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use regex_automata::Anchored;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA as Lazy};
use regex_automata::util::start;

use crate::limits::{DETERMINIZE_BYTES_MAX, DETERMINIZE_WORK_MAX, THOMPSON_BYTES_MAX};
use crate::matching::ere::compile::active::{after, at_start, distinguished};
use crate::matching::ere::compile::classes::classify;
use crate::matching::ere::compile::pack::pack;
use crate::matching::ere::compile::segments::divide;
use crate::matching::ere::compile::thompson::translate;
use crate::matching::ere::dfa::{DEAD, Dfa, MATCHED};
use crate::matching::ere::program::Program;

/// Returns the DFA of a program, or `None` if it takes more than `bytes_max`
/// bytes, as it is found or in the end, or passes a limit on the way.
pub(crate) fn determinize(program: &Program, bytes_max: usize) -> Option<Dfa> {
    let (classes, representatives) = classify(program);
    let stride = representatives.len() + 1;
    let mut table = vec![DEAD; stride];
    table.resize(2 * stride, MATCHED);
    // The state that a match of the segment goes on from.
    let mut next_segment = MATCHED;
    let mut work = 0;
    for segment in divide(program).iter().rev() {
        let nfa = translate(program, segment, THOMPSON_BYTES_MAX)?;
        let config = Lazy::config()
            .cache_capacity(DETERMINIZE_BYTES_MAX)
            .minimum_cache_clear_count(Some(0));
        let lazy = Lazy::builder().configure(config).build_from_nfa(nfa).ok()?;
        let first = table.len() / stride;
        let mut walk = Walk::new(&lazy, first, work);
        let start = walk.start()?;
        // What the states stand for whose rows are not made yet.
        let mut actives = vec![at_start(program, segment)];
        let mut row = 0;
        while let Some(&state) = walk.rows.get(row) {
            // Each state found so far will have a row.
            if (first + walk.rows.len()) * stride * size_of::<u16>() > bytes_max {
                return None;
            }
            let active = core::mem::take(&mut actives[row]);
            let parts = distinguished(program, &active, &representatives);
            // A match is seen one step late, because it may depend on what follows. So
            // the byte belongs to the next segment.
            let goes_on = usize::from(next_segment) * stride;
            let is_match = walk.step(state, None)?.id.is_match();
            table.push(if is_match { table[goes_on] } else { DEAD });
            // Where each class leads, or `None` for a match.
            let mut nexts: Vec<Option<u16>> = Vec::with_capacity(stride);
            for (class, &byte) in representatives.iter().enumerate() {
                let same = parts[..class].iter().position(|part| *part == parts[class]);
                let next = match same {
                    Some(same) => nexts[same],
                    None => {
                        let next = walk.step(state, Some(byte))?;
                        match next.id.is_match() {
                            true => None,
                            false => Some(walk.number(next)?),
                        }
                    }
                };
                nexts.push(next);
                table.push(next.unwrap_or(table[goes_on + 1 + class]));
                if walk.rows.len() > actives.len() {
                    actives.push(after(program, segment, &active, byte));
                }
            }
            row += 1;
        }
        (next_segment, work) = (start, walk.work);
    }
    let dfa = pack(table, stride, next_segment, classes)?;
    (dfa.memory() <= bytes_max).then_some(dfa)
}

/// A state of the lazy automaton.
#[derive(Clone, Copy)]
struct Found {
    id: LazyStateID,
    /// Bytes that it added to the cache: at least one for each state of the
    /// translation that it stands for.
    bytes: usize,
    /// Its number in the table, if it has one yet.
    number: Option<u16>,
}

/// A lazy automaton on the way through all its states.
struct Walk<'l> {
    lazy: &'l Lazy,
    cache: Cache,
    /// The states that have been reached, sorted by `id`.
    found: Vec<Found>,
    /// Those that have a row in the table.
    rows: Vec<Found>,
    /// The number of the first of them.
    first: usize,
    /// Bytes of the cache after the last step.
    memory: usize,
    /// Bytes that a state of no set would add to the cache.
    row_bytes: usize,
    /// Work done, in the unit of [`DETERMINIZE_WORK_MAX`].
    work: usize,
}

impl<'l> Walk<'l> {
    fn new(lazy: &'l Lazy, first: usize, work: usize) -> Self {
        let cache = lazy.create_cache();
        // As `Cache::memory_usage` counts: transitions, the state in a list and a
        // map, and there its id.
        let ids = (1 << lazy.byte_classes().stride2()) + 1;
        let row_bytes = ids * size_of::<LazyStateID>() + 2 * size_of::<Arc<[u8]>>();
        Self {
            memory: cache.memory_usage(),
            row_bytes,
            lazy,
            cache,
            found: Vec::new(),
            rows: Vec::new(),
            first,
            work,
        }
    }

    /// Returns the number of the state at the start of the text.
    fn start(&mut self) -> Option<u16> {
        let at_start = start::Config::new().anchored(Anchored::No);
        let id = self.lazy.start_state(&mut self.cache, &at_start).ok()?;
        let start = self.find(id);
        self.number(start)
    }

    /// Returns the state that a byte leads to from another one, or the end of the
    /// text, or `None` if that passes a limit.
    fn step(&mut self, from: Found, byte: Option<u8>) -> Option<Found> {
        let next = match byte {
            Some(byte) => self.lazy.next_state(&mut self.cache, from.id, byte),
            None => self.lazy.next_eoi_state(&mut self.cache, from.id),
        };
        let next = self.find(next.ok()?);
        self.work += from.bytes + next.bytes;
        (self.work <= DETERMINIZE_WORK_MAX).then_some(next)
    }

    /// Returns the state with an id, which the last step led to.
    fn find(&mut self, id: LazyStateID) -> Found {
        let memory = core::mem::replace(&mut self.memory, self.cache.memory_usage());
        match self.found.binary_search_by_key(&id, |found| found.id) {
            Ok(index) => self.found[index],
            Err(index) => {
                let grown = self.memory.saturating_sub(memory);
                let bytes = grown.saturating_sub(self.row_bytes);
                let number = None;
                let new = Found { id, bytes, number };
                self.found.insert(index, new);
                new
            }
        }
    }

    /// Returns the number of a state, which gets one if it has none yet. `None`
    /// is a limit that was passed.
    fn number(&mut self, state: Found) -> Option<u16> {
        if state.number.is_some() {
            return state.number;
        }
        let number = u16::try_from(self.first + self.rows.len()).ok()?;
        self.rows.push(state);
        let index = self.found.binary_search_by_key(&state.id, |found| found.id);
        self.found[index.ok()?].number = Some(number);
        Some(number)
    }
}
