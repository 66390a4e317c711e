//! The subset construction (Rabin and Scott 1959), on the position automaton.
//!
//! A state of the DFA is a set of items: a position of the pattern that may be
//! next, and what must follow for that, because conditions on the place between
//! two bytes are decided half by the byte before and half by the one behind.
//! The first half is settled when a place is reached, the second is the item's.
//!
//! A match may begin at any place, and which one it is does not matter. So every
//! place adds what begins there, and where a match is certain the items are
//! given up for [`MATCHED`].

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use crate::limits::{DETERMINIZE_BYTES_MAX, DETERMINIZE_WORK_MAX};
use crate::matching::ere::assertions::{Assertions, WORD_BYTES, is_word};
use crate::matching::ere::byte_set::{ByteSet, SetId};
use crate::matching::ere::dfa::{DEAD, MATCHED};
use crate::matching::ere::program::{Program, State, Transition};

/// What may follow a place, as bits: a byte of a word,
const WORD: u8 = 1;
/// any other byte,
const OTHER: u8 = 2;
/// or the end of the text.
const END: u8 = 4;
const ANYTHING: u8 = WORD | OTHER | END;

/// Bits of an item below its position, which say what may follow.
const FOLLOWER_BITS: u32 = ANYTHING.count_ones();

/// Most positions that items have bits for.
const POSITIONS_MAX: usize = 1 << (u16::BITS - FOLLOWER_BITS);

/// Lists into which the states are divided by a hash, so that a known one is
/// found: a power of two.
const BUCKETS: usize = 512;

/// A state that is known.
#[derive(Clone, Default)]
struct Subset {
    /// Where its items end in [`Subsets::items`]: they begin where those of the
    /// state before it end.
    end: u32,
    /// The next older state in the same bucket, or [`DEAD`].
    older: u16,
}

/// The states that are known, and the one that is being made.
pub(super) struct Subsets<'p> {
    program: &'p Program,
    /// Whether a match can begin behind a byte.
    begins_anywhere: bool,
    /// For each position, which followers it can have at all.
    possible: Vec<u8>,
    states: Vec<Subset>,
    /// The items of all states, and then of the one that is being made: a
    /// position, and what may follow. While a state is made, what may follow is
    /// in `followers` instead.
    items: Vec<u16>,
    /// For each position, what may follow in the state that is being made.
    followers: Vec<u8>,
    /// The newest state of each bucket.
    buckets: Vec<u16>,
    /// Work done, in the unit of [`DETERMINIZE_WORK_MAX`].
    work: usize,
}

impl<'p> Subsets<'p> {
    /// Returns the construction for a program without any state but [`DEAD`]
    /// and [`MATCHED`], or `None` if the program is too large.
    pub(super) fn new(program: &'p Program) -> Option<Self> {
        let automaton = &program.automaton;
        let possible = |&set: &SetId| {
            let set = program.sets[usize::from(set)];
            let words = set.intersection(WORD_BYTES);
            let word = if words == ByteSet::EMPTY { 0 } else { WORD };
            let other = if words == set { 0 } else { OTHER };
            word | other
        };
        let mut possible: Vec<u8> = automaton.sets.iter().map(possible).collect();
        possible.push(ANYTHING);
        let at_start =
            |transition: &Transition| transition.assertions.contains(Assertions::TEXT_START);
        (program.states() <= POSITIONS_MAX).then(|| Self {
            program,
            begins_anywhere: !automaton.initial().iter().all(at_start),
            followers: vec![0; possible.len()],
            possible,
            states: vec![Subset::default(); 2],
            items: Vec::new(),
            buckets: vec![DEAD; BUCKETS],
            work: 0,
        })
    }

    /// Returns the number of states.
    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    /// Returns the state at the start of the text.
    pub(super) fn start(&mut self) -> Option<u16> {
        self.pass(self.program.automaton.initial(), None);
        self.finish()
    }

    /// Returns the state that a byte leads to from another one, or `None` if
    /// that passes a limit.
    pub(super) fn step(&mut self, from: usize, byte: u8) -> Option<u16> {
        let automaton = &self.program.automaton;
        let before = is_word(byte);
        let follower = if before { WORD } else { OTHER };
        let items = self.range(from);
        self.work += items.len();
        for index in items {
            let item = self.items[index];
            let position = item >> FOLLOWER_BITS;
            if item & u16::from(follower) == 0 {
                continue;
            }
            if position == automaton.accepting() {
                self.add(position, ANYTHING);
            } else if self.program.accepts(position, byte) {
                self.pass(automaton.leaving(position), Some(before));
            }
        }
        self.pass(automaton.initial(), Some(before));
        self.finish()
    }

    /// Returns the state that the end of the text leads to: [`MATCHED`] or
    /// [`DEAD`].
    pub(super) fn end(&self, from: usize) -> u16 {
        let accepting = self.program.automaton.accepting();
        let items = &self.items[self.range(from)];
        let is_match =
            |item: &u16| item >> FOLLOWER_BITS == accepting && item & u16::from(END) != 0;
        if items.iter().any(is_match) {
            MATCHED
        } else {
            DEAD
        }
    }

    /// Adds what transitions lead to behind a byte, of which is told whether it
    /// is part of a word, or at the start of the text.
    fn pass(&mut self, transitions: &[Transition], before: Option<bool>) {
        self.work += transitions.len();
        for transition in transitions {
            let mut followers = ANYTHING;
            if !transition.assertions.is_none() {
                for (follower, behind) in [(WORD, Some(true)), (OTHER, Some(false)), (END, None)] {
                    if !transition.assertions.hold_between(before, behind) {
                        followers &= !follower;
                    }
                }
            }
            self.add(transition.target, followers);
        }
    }

    /// Adds a position to the state that is being made, or what else may follow
    /// for it.
    fn add(&mut self, position: State, followers: u8) {
        let index = usize::from(position);
        let followers = followers & self.possible[index];
        if followers != 0 && self.followers[index] == 0 {
            self.items.push(position << FOLLOWER_BITS);
        }
        self.followers[index] |= followers;
    }

    /// Ends the state that is being made. Returns its number, which is another
    /// state's if that has the same items.
    fn finish(&mut self) -> Option<u16> {
        if self.work > DETERMINIZE_WORK_MAX {
            return None;
        }
        let newest = self.states.len() - 1;
        let start = self.range(newest).end;
        let bucket = self.settle(start);
        let known = self.find(start, bucket);
        for item in &self.items[start..] {
            self.followers[usize::from(item >> FOLLOWER_BITS)] = 0;
        }
        if known.is_some() {
            self.items.truncate(start);
            return known;
        }
        let bytes = size_of_val(&self.items[..]) + size_of_val(&self.states[..]);
        if bytes > DETERMINIZE_BYTES_MAX {
            return None;
        }
        let number = u16::try_from(self.states.len()).ok()?;
        self.states.push(Subset {
            end: self.items.len() as u32,
            older: core::mem::replace(&mut self.buckets[bucket], number),
        });
        Some(number)
    }

    /// Writes what may follow into the items from `start`, and leaves out those
    /// that make no difference. Returns the bucket they belong to.
    fn settle(&mut self, start: usize) -> usize {
        let accepting = self.program.automaton.accepting();
        let matched = self.followers[usize::from(accepting)];
        let (mut end, mut hash) = (start, 0_u32);
        for index in start..self.items.len() {
            let position = self.items[index] >> FOLLOWER_BITS;
            let followers = &mut self.followers[usize::from(position)];
            if position != accepting {
                *followers &= !matched;
            }
            if *followers != 0 {
                let item = position << FOLLOWER_BITS | u16::from(*followers);
                // A sum, as items have no order.
                let mixed = u32::from(item).wrapping_mul(0x9e37_79b1);
                hash = hash.wrapping_add(mixed ^ mixed >> 15);
                self.items[end] = item;
                end += 1;
            }
        }
        self.items.truncate(end);
        hash as usize % BUCKETS
    }

    /// Returns the state with the items from `start`, which belong into a
    /// bucket, if it is known.
    fn find(&mut self, start: usize, bucket: usize) -> Option<u16> {
        let new = &self.items[start..];
        let accepting = usize::from(self.program.automaton.accepting());
        if self.followers[accepting] == ANYTHING {
            return Some(MATCHED);
        }
        if new.is_empty() && !self.begins_anywhere {
            return Some(DEAD);
        }
        let is_in_new = |item: &u16| {
            let followers = self.followers[usize::from(item >> FOLLOWER_BITS)];
            u16::from(followers) == item & u16::from(ANYTHING)
        };
        let mut state = self.buckets[bucket];
        while state != DEAD {
            let items = &self.items[self.range(state.into())];
            if items.len() == new.len() && items.iter().all(is_in_new) {
                return Some(state);
            }
            state = self.states[usize::from(state)].older;
        }
        None
    }

    /// Returns where the items of a state are.
    fn range(&self, state: usize) -> Range<usize> {
        let end = |state: usize| self.states[state].end as usize;
        end(state - 1)..end(state)
    }
}
