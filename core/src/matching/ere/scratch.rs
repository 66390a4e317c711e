//! The memory that matching works in.

use alloc::boxed::Box;
use alloc::vec;

use crate::limits::RUN_WORK_MAX;

/// Memory for matching, made once for all patterns that will use it. See
/// [`for_patterns`](Self::for_patterns).
///
/// Matching writes into it and never allocates.
#[derive(Debug)]
pub struct Scratch {
    /// Threads before the byte that is read.
    pub(super) now: Threads,
    /// Threads after it.
    pub(super) next: Threads,
    /// The row of the best match so far.
    pub(super) best: Box<[u64]>,
    /// Most work that the next run may take.
    pub(super) limit: usize,
    /// The work that the runs took, since somebody asked.
    pub(super) work: usize,
}

/// How much of a [`Scratch`] a pattern needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    /// States of its automaton.
    pub(super) states: usize,
    /// Lanes of a thread's row.
    pub(super) lanes: usize,
}

impl Scratch {
    /// Returns memory that is large enough for each of the needs.
    pub(super) fn for_needs(needs: impl Iterator<Item = Need>) -> Self {
        let (mut states, mut lanes, mut cells) = (0, 0, 0);
        for need in needs {
            states = states.max(need.states);
            lanes = lanes.max(need.lanes);
            // Not the product of the two: the pattern with the most states is
            // rarely the one with the longest rows.
            cells = cells.max(need.states * need.lanes);
        }
        Self {
            now: Threads::new(states, cells),
            next: Threads::new(states, cells),
            best: vec![0; lanes].into_boxed_slice(),
            limit: RUN_WORK_MAX,
            work: 0,
        }
    }

    /// Limits the work of every run from now on, in the unit of [`RUN_WORK_MAX`],
    /// which is the limit of a new scratch.
    pub fn limit_work(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Returns the work that the runs took since the last [`take_work`](Self::take_work),
    /// in the unit of [`RUN_WORK_MAX`].
    #[must_use]
    pub fn work(&self) -> usize {
        self.work
    }

    /// Returns the work that the runs took since the last call, in the unit of
    /// [`RUN_WORK_MAX`].
    pub fn take_work(&mut self) -> usize {
        core::mem::take(&mut self.work)
    }

    /// Returns the bytes of memory it uses.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.now.memory() + self.next.memory() + size_of_val(&self.best[..])
    }
}

/// A list of threads, at most one per state: each with its state and a row of
/// tags, in lanes.
#[derive(Debug)]
pub(super) struct Threads {
    /// Number of threads.
    pub(super) len: usize,
    /// The state of each thread.
    pub(super) states: Box<[u16]>,
    /// For each state, the index of its thread. Whether it has one is seen from
    /// `len` and `states`, so that emptying the list costs nothing.
    slots: Box<[u16]>,
    /// The rows, one after another.
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

    /// Removes all threads.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Returns the index of a state's thread, if it has one.
    #[inline]
    pub(super) fn slot(&self, state: u16) -> Option<usize> {
        // A slot left from an earlier byte lies past the end, or another state's
        // thread stands there now.
        let slot = usize::from(self.slots[usize::from(state)]);
        (slot < self.len && self.states[slot] == state).then_some(slot)
    }

    /// Appends a thread and returns its index. The caller writes its row.
    pub(super) fn push(&mut self, state: u16) -> usize {
        let slot = self.len;
        self.states[slot] = state;
        self.slots[usize::from(state)] = slot as u16;
        self.len += 1;
        slot
    }

    /// Returns the row of a thread, if rows have `width` lanes.
    pub(super) fn row(&self, index: usize, width: usize) -> &[u64] {
        &self.rows[index * width..][..width]
    }

    /// As [`row`](Self::row), to be written.
    pub(super) fn row_mut(&mut self, index: usize, width: usize) -> &mut [u64] {
        &mut self.rows[index * width..][..width]
    }
}
