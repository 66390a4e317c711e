//! The judge of every DFA: a subset construction (Rabin and Scott 1959) on the
//! position automaton itself, which shares no step with the shipped one.
//!
//! A state of the DFA is a set of items. An item is a position of the pattern
//! that may be next, plus the kinds of byte that may follow for that: a condition
//! on the place between two bytes is decided half by the byte before and half by
//! the byte after. The first half is settled when the place is reached, the second
//! is kept in the item.
//!
//! A match may begin at any place, and it does not matter which. So every place
//! adds the positions at which a match begins, and once a match is certain the
//! items are dropped for [`MATCHED`].
//!
//! # The state under construction
//!
//! Between two calls of [`Subsets::finish`], the items after those of the newest
//! state are those of the state that is being made. They hold positions only, with
//! their low bits 0; the followers of position `p` are in `followers[p]`, which is
//! 0 for every position that is not among them. `finish` writes the followers into
//! the items, clears `followers`, and leaves no item over.

use core::ops::Range;

use crate::matching::ere::assertions::{Assertions, is_word};
use crate::matching::ere::byte_set::SetId;
use crate::matching::ere::dfa::{DEAD, MATCHED};
use crate::matching::ere::program::{Program, State, Transition};

/// Follower: a word byte.
const WORD: u8 = 1;
/// Follower: any other byte.
const OTHER: u8 = 2;
/// Follower: the end of the text.
const END: u8 = 4;
/// All followers.
const ANYTHING: u8 = WORD | OTHER | END;

/// Low bits of an item, which are its followers. The others are its position.
const FOLLOWER_BITS: u32 = ANYTHING.count_ones();

/// Most positions that fit in an item.
const POSITIONS_MAX: usize = 1 << (u16::BITS - FOLLOWER_BITS);

/// Lists that the states are divided into by a hash, so that a known one is found
/// quickly: a power of two.
const BUCKETS: usize = 512;

/// A finished state.
#[derive(Clone, Default)]
struct Subset {
    /// End of its items in [`Subsets::items`]; they begin where those of the state
    /// before it end.
    end: u32,
    /// The next older state in the same bucket, or [`DEAD`].
    older: u16,
}

/// The finished states, and the one that is being made.
pub(super) struct Subsets<'p> {
    program: &'p Program,
    /// Whether a match can begin after a byte.
    begins_anywhere: bool,
    /// For each position, which followers it can have at all.
    possible: Vec<u8>,
    states: Vec<Subset>,
    /// The items of all states, and then of the one that is being made.
    items: Vec<u16>,
    /// For each position, its followers in the state that is being made.
    followers: Vec<u8>,
    /// The newest state of each bucket.
    buckets: Vec<u16>,
}

impl<'p> Subsets<'p> {
    /// Returns the construction for a program, without any state but [`DEAD`] and
    /// [`MATCHED`].
    pub(super) fn new(program: &'p Program) -> Self {
        let automaton = &program.automaton;
        assert!(program.states() <= POSITIONS_MAX);
        let possible = |&set: &SetId| {
            let set = program.sets[usize::from(set)];
            let word = if set.iter().any(is_word) { WORD } else { 0 };
            let other = if set.iter().all(is_word) { 0 } else { OTHER };
            word | other
        };
        let mut possible: Vec<u8> = automaton.sets.iter().map(possible).collect();
        possible.push(ANYTHING);
        let at_start =
            |transition: &Transition| transition.assertions.contains(Assertions::TEXT_START);
        Self {
            program,
            begins_anywhere: !automaton.initial().iter().all(at_start),
            followers: vec![0; possible.len()],
            possible,
            states: vec![Subset::default(); 2],
            items: Vec::new(),
            buckets: vec![DEAD; BUCKETS],
        }
    }

    /// Returns the state at the start of the text.
    pub(super) fn start(&mut self) -> u16 {
        self.pass(self.program.automaton.initial(), None);
        self.finish()
    }

    /// Returns the state that a byte leads to from another one.
    pub(super) fn step(&mut self, from: u16, byte: u8) -> u16 {
        if from <= MATCHED {
            return from;
        }
        let automaton = &self.program.automaton;
        let before = is_word(byte);
        let follower = if before { WORD } else { OTHER };
        for index in self.range(from) {
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

    /// Returns whether the text has a match if it ends in a state.
    pub(super) fn matches_at_end(&self, state: u16) -> bool {
        if state <= MATCHED {
            return state == MATCHED;
        }
        let accepting = self.program.automaton.accepting();
        let is_match =
            |item: &u16| item >> FOLLOWER_BITS == accepting && item & u16::from(END) != 0;
        self.items[self.range(state)].iter().any(is_match)
    }

    /// Follows transitions after a byte. `before` says whether that byte is a word
    /// byte; `None` is the start of the text.
    fn pass(&mut self, transitions: &[Transition], before: Option<bool>) {
        for transition in transitions {
            let mut followers = ANYTHING;
            for (follower, after) in [(WORD, Some(true)), (OTHER, Some(false)), (END, None)] {
                if !transition.assertions.hold_between(before, after) {
                    followers &= !follower;
                }
            }
            self.add(transition.target, followers);
        }
    }

    /// Adds a position to the state that is being made, or more followers to one
    /// that is there.
    fn add(&mut self, position: State, followers: u8) {
        let index = usize::from(position);
        let followers = followers & self.possible[index];
        if followers != 0 && self.followers[index] == 0 {
            self.items.push(position << FOLLOWER_BITS);
        }
        self.followers[index] |= followers;
    }

    /// Ends the state that is being made. Returns its number, which is that of an
    /// earlier state if it has the same items.
    fn finish(&mut self) -> u16 {
        let newest = self.states.len() - 1;
        let start = self.states[newest].end as usize;
        let bucket = self.settle(start);
        let known = self.find(start, bucket);
        // `settle` has cleared the followers of the items that it left out.
        for item in &self.items[start..] {
            self.followers[usize::from(item >> FOLLOWER_BITS)] = 0;
        }
        if let Some(known) = known {
            self.items.truncate(start);
            return known;
        }
        let number = u16::try_from(self.states.len()).expect("few states");
        self.states.push(Subset {
            end: self.items.len() as u32,
            older: core::mem::replace(&mut self.buckets[bucket], number),
        });
        number
    }

    /// Writes the followers into the items from `start`, and leaves out items that
    /// make no difference. Returns the bucket of what remains.
    fn settle(&mut self, start: usize) -> usize {
        let accepting = self.program.automaton.accepting();
        let matched = self.followers[usize::from(accepting)];
        let (mut end, mut hash) = (start, 0_u32);
        for index in start..self.items.len() {
            let position = self.items[index] >> FOLLOWER_BITS;
            let followers = &mut self.followers[usize::from(position)];
            // If the accepting position may be followed by this kind of byte, the
            // text has a match as soon as one comes, wherever else the automaton
            // could go. Without these followers more states are equal.
            if position != accepting {
                *followers &= !matched;
            }
            // An item without any follower leads nowhere.
            if *followers != 0 {
                let item = position << FOLLOWER_BITS | u16::from(*followers);
                // Summed up, because equal sets may have their items in
                // different orders.
                let mixed = u32::from(item).wrapping_mul(0x9e37_79b1);
                hash = hash.wrapping_add(mixed ^ mixed >> 15);
                self.items[end] = item;
                end += 1;
            }
        }
        self.items.truncate(end);
        hash as usize % BUCKETS
    }

    /// Returns the finished state that has the items from `start`, whose bucket is
    /// given, if there is one.
    fn find(&mut self, start: usize, bucket: usize) -> Option<u16> {
        let new = &self.items[start..];
        let accepting = usize::from(self.program.automaton.accepting());
        // A match whatever follows.
        if self.followers[accepting] == ANYTHING {
            return Some(MATCHED);
        }
        if new.is_empty() && !self.begins_anywhere {
            return Some(DEAD);
        }
        // As many items, each of which is in the new set with the same followers:
        // so the sets are equal.
        let is_in_new = |item: &u16| {
            let followers = self.followers[usize::from(item >> FOLLOWER_BITS)];
            u16::from(followers) == item & u16::from(ANYTHING)
        };
        let mut state = self.buckets[bucket];
        while state != DEAD {
            let items = &self.items[self.range(state)];
            if items.len() == new.len() && items.iter().all(is_in_new) {
                return Some(state);
            }
            state = self.states[usize::from(state)].older;
        }
        None
    }

    /// Returns the range of a state's items. It is not called for state 0, which
    /// has none before it.
    fn range(&self, state: u16) -> Range<usize> {
        let end = |state: u16| self.states[usize::from(state)].end as usize;
        end(state - 1)..end(state)
    }
}
