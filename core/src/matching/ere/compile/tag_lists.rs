//! The tags that transitions set: lists while pieces are put together, masks in
//! the finished automaton.
//!
//! A pattern can have a quarter of a million transitions, and nearly as many
//! different lists. So joining two lists takes one step however long they are,
//! and whether a list is known already is looked up by a hash.

use alloc::vec;
use alloc::vec::Vec;

use crate::limits::{TAG_NODES_MAX, TAG_WORK_MAX};
use crate::matching::ere::program::TagBits;

/// A list of tags: the index of a node of [`TagLists`], or none if it is empty.
pub(super) type TagList = Option<u32>;

/// A tag, or two lists joined. Lists share their parts.
#[derive(Clone, Copy)]
enum Node {
    Tag(u16),
    Joined(u32, u32),
}

/// The lists of a pattern.
#[derive(Default)]
pub(super) struct TagLists {
    nodes: Vec<Node>,
    /// Nodes visited, at most [`TAG_WORK_MAX`].
    work: usize,
    /// Lists still to be visited, kept for its memory.
    open: Vec<u32>,
}

impl TagLists {
    /// Returns whether there are more lists than a pattern may have.
    pub(super) fn is_full(&self) -> bool {
        self.nodes.len() > TAG_NODES_MAX
    }

    /// Returns a list with one more tag.
    pub(super) fn add(&mut self, tag: u16, list: TagList) -> TagList {
        let tag = self.push(Node::Tag(tag));
        self.join(tag, list)
    }

    /// Returns the tags of both lists.
    pub(super) fn join(&mut self, one: TagList, other: TagList) -> TagList {
        match (one, other) {
            (Some(one), Some(other)) => self.push(Node::Joined(one, other)),
            (one, other) => one.or(other),
        }
    }

    fn push(&mut self, node: Node) -> TagList {
        self.nodes.push(node);
        Some(self.nodes.len() as u32 - 1)
    }

    /// Writes the tags of a list to `masks`, in the order of their lanes.
    /// Returns `None` if that takes too much work.
    pub(super) fn collect(&mut self, list: TagList, masks: &mut Vec<TagBits>) -> Option<()> {
        masks.clear();
        self.open.extend(list);
        while let Some(index) = self.open.pop() {
            self.work += 1;
            match self.nodes[index as usize] {
                Node::Joined(one, other) => self.open.extend([one, other]),
                Node::Tag(tag) => {
                    let new = TagBits::of(tag);
                    let at = masks.partition_point(|mask| mask.lane < new.lane);
                    match masks.get_mut(at) {
                        Some(mask) if mask.lane == new.lane => mask.bits |= new.bits,
                        _ => masks.insert(at, new),
                    }
                }
            }
        }
        (self.work <= TAG_WORK_MAX).then_some(())
    }
}

/// Stands for "no list" in [`Masks`].
const NONE: u16 = u16::MAX;

/// Buckets of [`Masks`], as a power of two: 2 kB while a pattern is compiled.
const BUCKET_BITS: u32 = 10;

/// The distinct lists of masks, one after another.
pub(super) struct Masks {
    /// The masks of all lists.
    pub(super) all: Vec<TagBits>,
    lists: Vec<Known>,
    /// The newest list of each bucket, or [`NONE`].
    buckets: Vec<u16>,
}

/// A list in [`Masks::all`].
struct Known {
    range: (u16, u16),
    /// The next older list in the same bucket, or [`NONE`].
    older: u16,
}

impl Masks {
    /// Returns no list.
    pub(super) fn new() -> Self {
        Self {
            all: Vec::new(),
            lists: Vec::new(),
            buckets: vec![NONE; 1 << BUCKET_BITS],
        }
    }

    /// Returns where a list begins and ends in `all`, appending it if it is new,
    /// or `None` if there is no room for it.
    pub(super) fn intern(&mut self, list: &[TagBits]) -> Option<(u16, u16)> {
        if list.is_empty() {
            return Some((0, 0));
        }
        let bucket = bucket_of(list);
        let mut index = self.buckets[bucket];
        while index != NONE {
            let Known { range, older } = self.lists[usize::from(index)];
            if self.all[usize::from(range.0)..usize::from(range.1)] == *list {
                return Some(range);
            }
            index = older;
        }
        let start = self.all.len() as u16;
        let end = u16::try_from(self.all.len() + list.len()).ok()?;
        self.all.extend_from_slice(list);
        // No list is empty, so there are at most as many as `u16` has numbers
        // but the last, which is `NONE`.
        let older = core::mem::replace(&mut self.buckets[bucket], self.lists.len() as u16);
        let range = (start, end);
        self.lists.push(Known { range, older });
        Some(range)
    }
}

/// Returns the bucket of a list, from a multiplicative hash (Knuth, TAOCP 6.4).
fn bucket_of(list: &[TagBits]) -> usize {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = 0_u64;
    for mask in list {
        hash = (hash ^ u64::from(mask.lane)).wrapping_mul(FACTOR);
        hash = (hash.rotate_left(32) ^ mask.bits).wrapping_mul(FACTOR);
    }
    (hash >> (u64::BITS - BUCKET_BITS)) as usize
}
