//! The memory that matching works in.

use alloc::boxed::Box;
use alloc::vec;

use crate::matching::ere::pattern::Pattern;

/// Memory for matching, made once for all patterns that will use it.
///
/// Matching writes into it and never allocates.
#[derive(Debug)]
pub struct Scratch {
    pub(crate) now: Threads,
    pub(crate) next: Threads,
    pub(crate) best: Box<[u64]>,
}

impl Scratch {
    /// Returns memory that is large enough for each of the patterns.
    #[must_use]
    pub fn for_patterns<'p>(patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        let (mut states, mut lanes, mut cells) = (0, 0, 0);
        for pattern in patterns {
            states = states.max(pattern.states());
            lanes = lanes.max(pattern.lanes());
            cells = cells.max(pattern.states() * pattern.lanes());
        }
        Self {
            now: Threads::new(states, cells),
            next: Threads::new(states, cells),
            best: vec![0; lanes].into_boxed_slice(),
        }
    }

    /// Returns the bytes of memory it uses.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.now.memory() + self.next.memory() + size_of_val(&self.best[..])
    }
}

/// A list of threads, at most one per state: its state and a row of tags, in
/// lanes.
#[derive(Debug)]
pub(crate) struct Threads {
    pub(crate) len: usize,
    pub(crate) states: Box<[u16]>,
    /// For each state, where its thread stands, if it has one.
    slots: Box<[u16]>,
    rows: Box<[u64]>,
}

impl Threads {
    fn new(states: usize, cells: usize) -> Self {
        Self {
            len: 0,
            states: vec![0; states].into_boxed_slice(),
            slots: vec![0; states].into_boxed_slice(),
            rows: vec![0; cells].into_boxed_slice(),
        }
    }

    fn memory(&self) -> usize {
        size_of_val(&self.states[..]) + size_of_val(&self.slots[..]) + size_of_val(&self.rows[..])
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    /// Returns where the thread of a state stands.
    #[inline]
    pub(crate) fn slot(&self, state: u16) -> Option<usize> {
        // A slot of an earlier offset is told by what stands there now.
        let slot = usize::from(self.slots[usize::from(state)]);
        (slot < self.len && self.states[slot] == state).then_some(slot)
    }

    /// Appends a thread, whose row is still to be written.
    pub(crate) fn push(&mut self, state: u16) -> usize {
        let slot = self.len;
        self.states[slot] = state;
        self.slots[usize::from(state)] = slot as u16;
        self.len += 1;
        slot
    }

    pub(crate) fn row(&self, index: usize, width: usize) -> &[u64] {
        &self.rows[index * width..][..width]
    }

    pub(crate) fn row_mut(&mut self, index: usize, width: usize) -> &mut [u64] {
        &mut self.rows[index * width..][..width]
    }
}
