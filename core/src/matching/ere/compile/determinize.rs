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
use crate::matching::ere::compile::active::Actives;
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
    let mut after = MATCHED;
    let mut work = 0;
    for segment in divide(program).iter().rev() {
        let nfa = translate(program, segment, THOMPSON_BYTES_MAX)?;
        let config = Lazy::config()
            .cache_capacity(DETERMINIZE_BYTES_MAX)
            .minimum_cache_clear_count(Some(0));
        let lazy = Lazy::builder().configure(config).build_from_nfa(nfa).ok()?;
        let mut walk = Walk::new(&lazy, table.len() / stride, work);
        let mut actives = Actives::new(program, segment);
        let start = walk.start()?;
        let goes_on = table[usize::from(after) * stride..][..stride].to_vec();
        let mut row = 0;
        while row < walk.rows.len() {
            // Each state found so far will have a row.
            if (walk.first + walk.rows.len()) * stride * size_of::<u16>() > bytes_max {
                return None;
            }
            let nexts = walk.row(row, &mut actives, &representatives)?;
            // A match is seen one step late, because it may depend on what follows. So
            // the byte belongs to the next segment.
            let cells = nexts.iter().zip(&goes_on);
            table.extend(cells.map(|(next, after)| next.unwrap_or(*after)));
            row += 1;
        }
        (after, work) = (start, walk.work);
    }
    let dfa = pack(table, stride, after, classes)?;
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

    /// Returns where the end of the text and then each class of bytes, by a byte of it,
    /// lead from the state of a row; `None` in place of a number is a match, and in place
    /// of all a limit that was passed.
    fn row(
        &mut self,
        row: usize,
        actives: &mut Actives<'_>,
        bytes: &[u8],
    ) -> Option<Vec<Option<u16>>> {
        let state = *self.rows.get(row)?;
        let active = actives.take(row);
        let parts = actives.parts(&active, bytes);
        let mut nexts = Vec::with_capacity(bytes.len() + 1);
        let end = self.step(state, None)?;
        nexts.push((!end.id.is_match()).then_some(DEAD));
        for (class, &byte) in bytes.iter().enumerate() {
            let same = parts[..class].iter().position(|part| *part == parts[class]);
            if let Some(same) = same {
                nexts.push(nexts[same + 1]);
                continue;
            }
            let next = self.step(state, Some(byte))?;
            let number = match next.id.is_match() {
                true => None,
                false => Some(self.number(next)?),
            };
            nexts.push(number);
            actives.note(self.rows.len(), &active, byte);
        }
        self.work += actives.take_work();
        Some(nexts)
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
