//! The bounded engine: all ways through the automaton at once, with tags.
//!
//! It holds at most one thread per state, so its work is bounded by text
//! length times transitions times tags, whatever the text is. It answers what
//! a rule's DFA cannot: which groups matched what, and everything if the rule
//! has no DFA. It follows TRE's `tre_tnfa_run_parallel`, except in one point:
//! where that lets a match that begins later replace an earlier one (two
//! threads meeting in the accepting state), this keeps the leftmost, as POSIX
//! asks.

use alloc::vec::Vec;

use super::ast::Assertions;
use super::automaton::{Automaton, State, TagList};
use super::bytes::ByteSet;
use super::scratch::{Scratch, Threads};
use super::tags::{Direction, Group, Tags};

/// A part of a text, as byte offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl Span {
    const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A pattern as the engine runs it.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) automaton: Automaton,
    pub(crate) sets: Vec<ByteSet>,
    groups: Vec<Group>,
    /// The tags of a thread that has passed none of them. See [`encode`].
    unset: Vec<u16>,
}

/// Returns how an offset is stored in a tag whose unset value is `unset`.
///
/// Offsets count from 1, and a tag that prefers the larger offset stores the
/// complement. So the smaller number is the preferred one in every tag, and
/// comparing two threads is comparing two slices.
const fn encode(offset: usize, unset: u16) -> u16 {
    (offset as u16 + 1) ^ unset
}

/// Returns the offset stored in a tag, unless it was not passed.
fn decode(stored: u16, unset: u16) -> Option<usize> {
    usize::from(stored ^ unset).checked_sub(1)
}

impl Program {
    pub(crate) fn new(automaton: Automaton, sets: Vec<ByteSet>, tags: Tags) -> Self {
        let unset = tags.directions.iter().map(|direction| match direction {
            Direction::Larger => u16::MAX,
            Direction::Smaller => 0,
        });
        Self {
            automaton,
            sets,
            unset: unset.collect(),
            groups: tags.groups,
        }
    }

    /// Returns the number of tags.
    pub(crate) fn tags(&self) -> usize {
        self.unset.len()
    }

    /// Returns the number of groups, the whole match not counted.
    pub(crate) fn groups(&self) -> usize {
        self.groups.len() - 1
    }

    /// Returns the bytes of memory that the program uses.
    pub(crate) fn memory(&self) -> usize {
        let parents: usize = self.groups.iter().map(|group| group.parents.len()).sum();
        size_of_val(&self.automaton.sets[..])
            + size_of_val(&self.automaton.starts[..])
            + size_of_val(&self.automaton.transitions[..])
            + size_of_val(&self.automaton.tag_lists[..])
            + size_of_val(&self.sets[..])
            + size_of_val(&self.groups[..])
            + size_of_val(&self.unset[..])
            + parents * size_of::<u16>()
    }

    /// Returns whether the text has a match.
    pub(crate) fn is_match(&self, text: &[u8], scratch: &mut Scratch) -> bool {
        Run::new(self, text, 0, scratch).run().is_some()
    }

    /// Finds the leftmost-longest match and the spans of its groups.
    ///
    /// `spans` receives the whole match and then the groups, as many as it
    /// has room for.
    pub(crate) fn captures(
        &self,
        text: &[u8],
        scratch: &mut Scratch,
        spans: &mut [Option<Span>],
    ) -> bool {
        spans.fill(None);
        let mut run = Run::new(self, text, self.tags(), scratch);
        let Some(end) = run.run() else { return false };
        let best = &run.best[..self.tags()];
        let offset = |tag: u16| match best.get(usize::from(tag)) {
            Some(&stored) => decode(stored, self.unset[usize::from(tag)]),
            None => Some(end),
        };
        for (index, group) in self.groups.iter().enumerate().take(spans.len()) {
            let (Some(start), Some(end)) = (offset(group.start), offset(group.end)) else {
                continue;
            };
            let span = Span { start, end };
            let inside = |&parent: &u16| {
                let parent = spans.get(usize::from(parent)).copied().flatten();
                parent.is_some_and(|parent| parent.contains(span))
            };
            if group.parents.iter().all(inside) {
                spans[index] = Some(span);
            }
        }
        true
    }
}

/// One run over a text.
struct Run<'a> {
    program: &'a Program,
    text: &'a [u8],
    /// Tags that threads carry: all of them, or none for a yes or no.
    width: usize,
    offset: usize,
    /// End of the best match so far, whose tags are in `best`.
    end: Option<usize>,
    best: &'a mut [u16],
    /// Threads before and behind the byte that is being read.
    now: &'a mut Threads,
    next: &'a mut Threads,
    /// For each state, where it would stand in `next`.
    slots: &'a mut [u16],
}

impl<'a> Run<'a> {
    fn new(program: &'a Program, text: &'a [u8], width: usize, scratch: &'a mut Scratch) -> Self {
        scratch.now.clear();
        scratch.next.clear();
        Self {
            program,
            text,
            width,
            offset: 0,
            end: None,
            best: &mut scratch.best,
            now: &mut scratch.now,
            next: &mut scratch.next,
            slots: &mut scratch.slots,
        }
    }

    /// Returns the end of the match.
    fn run(&mut self) -> Option<usize> {
        loop {
            if self.end.is_none() {
                self.begin();
            }
            // Without tags, the first match is as good as any.
            let done = self.end.is_some() && (self.width == 0 || self.next.len == 0);
            let Some(&byte) = self.text.get(self.offset) else {
                break;
            };
            if done {
                break;
            }
            self.offset += 1;
            core::mem::swap(&mut self.now, &mut self.next);
            self.next.clear();
            self.step(byte);
        }
        self.end
    }

    /// Adds the threads that begin a match here.
    fn begin(&mut self) {
        let program = self.program;
        for transition in program.automaton.initial() {
            if self.holds(transition.assertions) && self.slot(transition.target).is_none() {
                let row = self.next.row_mut(self.next.len, self.width);
                row.copy_from_slice(&program.unset[..self.width]);
                self.pass_tags(transition.tags);
                self.arrive(transition.target);
            }
        }
    }

    /// Moves every thread over a byte.
    fn step(&mut self, byte: u8) {
        let program = self.program;
        for index in 0..self.now.len {
            let state = self.now.states[index];
            if state == program.automaton.accepting() {
                continue;
            }
            let set = program.automaton.sets[usize::from(state)];
            if !program.sets[usize::from(set)].contains(byte) {
                continue;
            }
            // What begins behind the match that was found cannot become it.
            let row = self.now.row(index, self.width);
            if self.end.is_some() && row.first() > self.best.first() {
                continue;
            }
            for transition in program.automaton.leaving(state) {
                if self.holds(transition.assertions) {
                    let row = self.now.row(index, self.width);
                    self.next
                        .row_mut(self.next.len, self.width)
                        .copy_from_slice(row);
                    self.pass_tags(transition.tags);
                    self.arrive(transition.target);
                }
            }
        }
    }

    fn holds(&self, assertions: Assertions) -> bool {
        assertions.is_none() || assertions.hold(self.text, self.offset)
    }

    /// Sets tags of the row behind the last thread of `next`.
    fn pass_tags(&mut self, tags: TagList) {
        if self.width == 0 {
            return;
        }
        let row = self.next.row_mut(self.next.len, self.width);
        for &tag in self.program.automaton.tags(tags) {
            // The boundary that no tag follows is read from the match's end.
            if let Some(stored) = row.get_mut(usize::from(tag)) {
                *stored = encode(self.offset, self.program.unset[usize::from(tag)]);
            }
        }
    }

    /// Returns where a state stands in `next`.
    fn slot(&self, state: State) -> Option<usize> {
        let slot = usize::from(self.slots[usize::from(state)]);
        (slot < self.next.len && self.next.states[slot] == state).then_some(slot)
    }

    /// Makes the row behind the last thread of `next` a thread in `state`, or
    /// the tags of the one that is there if they are preferred.
    fn arrive(&mut self, state: State) {
        let last = self.next.len;
        let slot = match self.slot(state) {
            Some(slot) => {
                if !self.next.replace_if_preferred(slot, last, self.width) {
                    return;
                }
                slot
            }
            None => {
                self.next.states[last] = state;
                self.slots[usize::from(state)] = last as u16;
                self.next.len += 1;
                last
            }
        };
        if state == self.program.automaton.accepting() {
            let row = self.next.row(slot, self.width);
            if self.end.is_none() || row.first() <= self.best.first() {
                self.best[..self.width].copy_from_slice(row);
                self.end = Some(self.offset);
            }
        }
    }
}
