//! The memory that matching works in.

use alloc::boxed::Box;
use alloc::vec;

use super::pattern::Pattern;

/// Memory for matching, made once for all patterns that will use it.
///
/// Matching writes into it and never allocates.
#[derive(Debug)]
pub struct Scratch {
    pub(crate) now: Threads,
    pub(crate) next: Threads,
    pub(crate) slots: Box<[u16]>,
    pub(crate) best: Box<[u16]>,
}

impl Scratch {
    /// Returns memory that is large enough for each of the patterns.
    #[must_use]
    pub fn for_patterns<'p>(patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        let (mut states, mut tags, mut cells) = (0, 0, 0);
        for pattern in patterns {
            // One row more than states: a thread is written before it is
            // known whether it is kept.
            let rows = pattern.states() + 1;
            states = states.max(rows);
            tags = tags.max(pattern.tags());
            cells = cells.max(rows * pattern.tags());
        }
        Self {
            now: Threads::new(states, cells),
            next: Threads::new(states, cells),
            slots: vec![0; states].into_boxed_slice(),
            best: vec![0; tags].into_boxed_slice(),
        }
    }

    /// Returns the bytes of memory it uses.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.now.memory()
            + self.next.memory()
            + size_of_val(&self.slots[..])
            + size_of_val(&self.best[..])
    }
}

/// A list of threads: a state and a row of tags each.
#[derive(Debug)]
pub(crate) struct Threads {
    pub(crate) len: usize,
    pub(crate) states: Box<[u16]>,
    rows: Box<[u16]>,
}

impl Threads {
    fn new(states: usize, cells: usize) -> Self {
        Self {
            len: 0,
            states: vec![0; states].into_boxed_slice(),
            rows: vec![0; cells].into_boxed_slice(),
        }
    }

    fn memory(&self) -> usize {
        size_of_val(&self.states[..]) + size_of_val(&self.rows[..])
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    pub(crate) fn row(&self, index: usize, width: usize) -> &[u16] {
        &self.rows[index * width..][..width]
    }

    pub(crate) fn row_mut(&mut self, index: usize, width: usize) -> &mut [u16] {
        &mut self.rows[index * width..][..width]
    }

    /// Copies the row at `from`, which lies behind the one at `to`, over that
    /// one if it is preferred to it. Returns whether it was.
    pub(crate) fn replace_if_preferred(&mut self, to: usize, from: usize, width: usize) -> bool {
        let (old, new) = self.rows.split_at_mut(from * width);
        let old = &mut old[to * width..][..width];
        let new = &new[..width];
        let preferred = new < &*old;
        if preferred {
            old.copy_from_slice(new);
        }
        preferred
    }
}
