//! The bounded engine: all ways through the automaton at once, with tags.
//!
//! It holds at most one thread per state, so its work is bounded by text
//! length times transitions times tags, whatever the text is. It answers what
//! a rule's DFA cannot: which groups matched what, and everything if the rule
//! has no DFA. It follows TRE's `tre_tnfa_run_parallel`, except in one point:
//! where that lets a match that begins later replace an earlier one (two
//! threads meeting in the accepting state), this keeps the leftmost, as POSIX
//! asks.

use alloc::vec;
use alloc::vec::Vec;

use crate::limits::RUN_WORK_MAX;
use crate::matching::ere::byte_set::ByteSet;
use crate::matching::ere::compile::automaton::{Automaton, LANE_TAGS, State, TagBits, Transition};
use crate::matching::ere::compile::tags::{Direction, Group, Tags};
use crate::matching::ere::scratch::{Scratch, Threads};
use crate::matching::ere::syntax::ast::Assertions;

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
    /// Number of tags.
    tags: u16,
    /// The row of a thread that has passed no tag. See [`Passed`].
    unset: Vec<u64>,
}

impl Program {
    pub(crate) fn new(automaton: Automaton, sets: Vec<ByteSet>, tags: Tags) -> Self {
        let mut unset = vec![0; tags.directions.len().div_ceil(LANE_TAGS)];
        for (tag, direction) in tags.directions.iter().enumerate() {
            if *direction == Direction::Larger {
                let mask = TagBits::of(tag as u16);
                unset[usize::from(mask.lane)] |= mask.bits;
            }
        }
        Self {
            automaton,
            sets,
            tags: tags.directions.len() as u16,
            unset,
            groups: tags.groups,
        }
    }

    /// Returns the number of states, the accepting one included.
    pub(crate) fn states(&self) -> usize {
        self.automaton.sets.len() + 1
    }

    /// Returns the lanes of a thread's row.
    pub(crate) fn lanes(&self) -> usize {
        self.unset.len()
    }

    /// Returns the offset that a tag of a row holds, unless it was not passed.
    fn offset(&self, row: &[u64], tag: u16) -> Option<usize> {
        let (lane, place) = (usize::from(tag) / LANE_TAGS, usize::from(tag) % LANE_TAGS);
        let stored = (row[lane] ^ self.unset[lane]) >> TagBits::shift(place);
        usize::from(stored as u16).checked_sub(1)
    }

    /// Returns the number of groups, the whole match not counted.
    pub(crate) fn groups(&self) -> usize {
        self.groups.len() - 1
    }

    /// Returns whether the literal of a state matches a byte. The accepting
    /// state has none.
    pub(crate) fn accepts(&self, state: State, byte: u8) -> bool {
        let set = self.automaton.sets.get(usize::from(state));
        set.is_some_and(|&set| self.sets[usize::from(set)].contains(byte))
    }

    /// Returns the bytes of memory that the program uses.
    pub(crate) fn memory(&self) -> usize {
        size_of_val(&self.automaton.sets[..])
            + size_of_val(&self.automaton.starts[..])
            + size_of_val(&self.automaton.transitions[..])
            + size_of_val(&self.automaton.masks[..])
            + size_of_val(&self.sets[..])
            + size_of_val(&self.groups[..])
            + size_of_val(&self.unset[..])
    }

    /// Returns whether the text has a match, or whether that took too much
    /// work to find out.
    pub(crate) fn is_match(&self, text: &[u8], scratch: &mut Scratch) -> bool {
        let Scratch { now, next, best } = scratch;
        Run::new(self, text, 0, best, next).run(now) != Outcome::NoMatch
    }

    /// Returns the length in bytes up to which no text can take too much work.
    pub(crate) fn exact_up_to(&self) -> usize {
        let step = |byte| {
            let live = (0..self.automaton.accepting()).filter(|&state| self.accepts(state, byte));
            live.map(|state| self.automaton.leaving(state).len())
                .sum::<usize>()
        };
        let most = (0..=u8::MAX).map(step).max().unwrap_or(0) + self.automaton.initial().len();
        RUN_WORK_MAX / (most * cost(self.lanes())).max(1)
    }

    /// Finds the leftmost-longest match and the spans of its groups.
    ///
    /// `spans` receives the whole match and then the groups, as many as it
    /// has room for. If that takes too much work, they all stay `None`.
    pub(crate) fn captures(
        &self,
        text: &[u8],
        scratch: &mut Scratch,
        spans: &mut [Option<Span>],
    ) -> bool {
        spans.fill(None);
        let Scratch { now, next, best } = scratch;
        let mut run = Run::new(self, text, self.lanes(), best, next);
        let end = match run.run(now) {
            Outcome::NoMatch => return false,
            Outcome::TooMuchWork => return true,
            Outcome::Match { end } => end,
        };
        let best = &run.best[..self.lanes()];
        let offset = |tag: u16| {
            if tag < self.tags {
                self.offset(best, tag)
            } else {
                Some(end)
            }
        };
        for (index, group) in self.groups.iter().enumerate().take(spans.len()) {
            let (Some(start), Some(end)) = (offset(group.start), offset(group.end)) else {
                continue;
            };
            // Never seen, but whoever slices the text must not rely on that.
            if start > end {
                continue;
            }
            let span = Span { start, end };
            // What lies in the innermost group around it lies in all of them:
            // they are not reported otherwise.
            let is_inside = group.parent.is_none_or(|parent| {
                let parent = spans.get(usize::from(parent)).copied().flatten();
                parent.is_some_and(|parent| parent.contains(span))
            });
            if is_inside {
                spans[index] = Some(span);
            }
        }
        true
    }
}

/// What a run came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Match { end: usize },
    NoMatch,
    TooMuchWork,
}

/// What looking at a transition counts towards [`RUN_WORK_MAX`].
const LOOK_COST: usize = 4;

/// Returns what a thread counts that passes a transition, the look included, if
/// rows have `width` lanes.
const fn cost(width: usize) -> usize {
    8 + width
}

/// One run over a text.
struct Run<'a> {
    program: &'a Program,
    text: &'a [u8],
    /// Lanes of the threads' rows: all of them, or none for a yes or no.
    width: usize,
    offset: usize,
    /// Work done, in the unit of [`RUN_WORK_MAX`].
    work: usize,
    /// End of the best match so far, whose tags are in `best`.
    end: Option<usize>,
    best: &'a mut [u64],
    /// Threads behind the byte that was read last.
    next: &'a mut Threads,
}

impl<'a> Run<'a> {
    fn new(
        program: &'a Program,
        text: &'a [u8],
        width: usize,
        best: &'a mut [u64],
        next: &'a mut Threads,
    ) -> Self {
        next.clear();
        Self {
            program,
            text,
            width,
            offset: 0,
            work: 0,
            end: None,
            best,
            next,
        }
    }

    fn run(&mut self, mut now: &'a mut Threads) -> Outcome {
        loop {
            if self.end.is_none() {
                self.begin();
            }
            // Without tags, the first match is as good as any.
            let is_done = self.end.is_some() && (self.width == 0 || self.next.len == 0);
            let Some(&byte) = self.text.get(self.offset).filter(|_| !is_done) else {
                break;
            };
            if self.work > RUN_WORK_MAX {
                return Outcome::TooMuchWork;
            }
            self.offset += 1;
            core::mem::swap(&mut now, &mut self.next);
            self.next.clear();
            self.step(now, byte);
        }
        self.end
            .map_or(Outcome::NoMatch, |end| Outcome::Match { end })
    }

    /// Adds the threads that begin a match here.
    fn begin(&mut self) {
        let program = self.program;
        for transition in program.automaton.initial() {
            if self.next.slot(transition.target).is_none() && self.holds(transition.assertions) {
                self.offer(&program.unset[..self.width], transition, None);
            }
        }
    }

    /// Moves every thread over a byte.
    fn step(&mut self, now: &Threads, byte: u8) {
        let program = self.program;
        for index in 0..now.len {
            let state = now.states[index];
            if !program.accepts(state, byte) {
                continue;
            }
            // What begins behind the match that was found cannot become it.
            let row = now.row(index, self.width);
            if self.end.is_some() && begin_of(row) > begin_of(self.best) {
                continue;
            }
            let leaving = program.automaton.leaving(state);
            self.work += leaving.len() * LOOK_COST;
            for transition in leaving {
                let slot = self.next.slot(transition.target);
                // Without tags, no thread is better than another; with them,
                // most are worse by the first lane already.
                let is_worse = slot.is_some_and(|slot| {
                    let other = self.next.row(slot, self.width).first();
                    other.is_none() || (transition.sets_nothing() && row.first() > other)
                });
                if !is_worse && self.holds(transition.assertions) {
                    self.offer(row, transition, slot);
                }
            }
        }
    }

    #[inline]
    fn holds(&self, assertions: Assertions) -> bool {
        assertions.is_none() || assertions.hold(self.text, self.offset)
    }

    /// Lets a thread with the tags of `row` pass a transition. It replaces the
    /// thread at `slot` that is in the target state only if it is preferred.
    fn offer(&mut self, row: &[u64], transition: &Transition, slot: Option<usize>) {
        let program = self.program;
        self.work += cost(self.width) - LOOK_COST;
        let passed = Passed {
            masks: program.automaton.masks(transition),
            stamp: (self.offset as u64 + 1) * EVERY_TAG,
            unset: &program.unset,
        };
        let slot = match slot {
            Some(slot) => {
                if !passed.is_preferred(row, self.next.row(slot, self.width)) {
                    return;
                }
                slot
            }
            None => self.next.push(transition.target),
        };
        let new = self.next.row_mut(slot, self.width);
        new.copy_from_slice(row);
        passed.write(new);
        if transition.target == program.automaton.accepting()
            && (self.end.is_none() || begin_of(new) <= begin_of(self.best))
        {
            self.best[..self.width].copy_from_slice(new);
            self.end = Some(self.offset);
        }
    }
}

/// One in each tag of a lane.
const EVERY_TAG: u64 = u64::MAX / u16::MAX as u64;

/// Returns the first tag of a row, which is where its match begins.
fn begin_of(row: &[u64]) -> u64 {
    row.first().map_or(0, |lane| lane >> TagBits::shift(0))
}

/// Tags that are set to the same offset.
///
/// Offsets are stored counting from 1, and a tag that prefers the larger one
/// stores its complement. So the smaller number is the preferred one in every
/// tag, and comparing two threads is comparing two rows.
struct Passed<'a> {
    masks: &'a [TagBits],
    /// The offset to store, in every tag of a lane.
    stamp: u64,
    unset: &'a [u64],
}

impl Passed<'_> {
    /// Returns a lane with the tags of a mask set.
    fn set(&self, lane: u64, mask: TagBits) -> u64 {
        let stamp = self.stamp ^ self.unset[usize::from(mask.lane)];
        (lane & !mask.bits) | (stamp & mask.bits)
    }

    /// Returns whether `row` with these tags set is preferred to `other`.
    fn is_preferred(&self, row: &[u64], other: &[u64]) -> bool {
        let mut masks = self.masks;
        for (index, (&lane, &other)) in row.iter().zip(other).enumerate() {
            let mut new = lane;
            if let [mask, rest @ ..] = masks
                && usize::from(mask.lane) == index
            {
                new = self.set(lane, *mask);
                masks = rest;
            }
            if new != other {
                return new < other;
            }
        }
        false
    }

    fn write(&self, row: &mut [u64]) {
        for &mask in self.masks {
            // Without tags, a row has no lanes.
            if let Some(lane) = row.get_mut(usize::from(mask.lane)) {
                *lane = self.set(*lane, mask);
            }
        }
    }
}
