//! The index of a policy's table: entries by their key, by their end, and by whose
//! they are.
//!
//! A policy keeps what it knows of an entry in a vector of its own, at the number
//! that the index gives it. [`Slots::remove`] moves the last entry to the number
//! that becomes free, and so must the policy's vector (`swap_remove`).
//!
//! Several entries may have the same key; whether they do is the policy's affair.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::ids::RuleId;
use crate::rules::policy::key::{Case, Key};
use crate::time::Instant;

/// Lists that the entries are divided into by their keys, so that one is found
/// quickly.
const BUCKETS: usize = 1_024;

/// Counters that whose the entries are is counted in.
const OWNERS: usize = 64;

/// The number of an entry that does not exist.
const NONE: u16 = u16::MAX;

/// The end of time.
pub(super) const NEVER: Instant = Instant::from_millis(u64::MAX);

/// What the index knows of an entry.
#[derive(Clone, Copy, Debug)]
struct Slot {
    key: Key,
    ends: Instant,
    /// The router, by a keyed hash.
    router: u32,
    rule: RuleId,
    /// Of equal owners the entry with less weight goes first.
    weight: u8,
    /// The next entry of the same bucket, or [`NONE`].
    next: u16,
    /// Its place in [`Slots::order`].
    place: u16,
}

const _: () = assert!(size_of::<Slot>() == 32);

impl Slot {
    /// Returns the counter for entries of the same rule and router.
    const fn owner(&self) -> usize {
        (self.router as usize).wrapping_add(self.rule.index()) % OWNERS
    }
}

/// The entries of one policy.
#[derive(Debug)]
pub(super) struct Slots {
    /// There is room for all that there may be from the start. On the heap: inside
    /// the engine all of it would become resident as soon as it is moved, and here
    /// only what is used does.
    slots: Vec<Slot>,
    /// The first entry of each bucket, or [`NONE`].
    buckets: Box<[u16; BUCKETS]>,
    /// How many entries each rule has for each router, of which several may share a
    /// counter.
    owned: [u16; OWNERS],
    max: usize,
    /// The numbers of the entries as a heap: none ends before the one at half its place.
    /// So thousands that end at the same time need not all be looked at for each.
    order: Vec<u16>,
}

impl Slots {
    /// Returns an empty index for at most `max` entries, which is below 65,535.
    pub(super) fn new(max: usize) -> Self {
        Self {
            slots: Vec::with_capacity(max),
            buckets: Box::new([NONE; BUCKETS]),
            owned: [0; OWNERS],
            max: max.min(NONE.into()),
            order: Vec::with_capacity(max),
        }
    }

    /// Returns whether there is no room for another entry.
    pub(super) fn is_full(&self) -> bool {
        self.slots.len() >= self.max
    }

    /// Returns the first entry with a key.
    pub(super) fn find(&self, key: Key) -> Option<usize> {
        self.find_from(self.buckets[key.bucket(BUCKETS)], key)
    }

    /// Returns the next entry with the key of entry `index`.
    pub(super) fn find_next(&self, index: usize) -> Option<usize> {
        let slot = self.slots.get(index)?;
        self.find_from(slot.next, slot.key)
    }

    fn find_from(&self, mut number: u16, key: Key) -> Option<usize> {
        loop {
            let slot = self.slots.get(usize::from(number))?;
            if slot.key == key {
                return Some(number.into());
            }
            number = slot.next;
        }
    }

    /// Returns when an entry ends.
    pub(super) fn ends(&self, index: usize) -> Instant {
        self.slots.get(index).map_or(NEVER, |slot| slot.ends)
    }

    /// Changes when an entry ends.
    pub(super) fn set_ends(&mut self, index: usize, ends: Instant) {
        if let Some(slot) = self.slots.get_mut(index) {
            slot.ends = ends;
            let place = usize::from(slot.place);
            self.sift(place);
        }
    }

    /// Changes how much an entry weighs if one must go.
    pub(super) fn set_weight(&mut self, index: usize, weight: u8) {
        if let Some(slot) = self.slots.get_mut(index) {
            slot.weight = weight;
        }
    }

    /// Adds an entry, whose number is the last one. There must be room for it.
    pub(super) fn insert(&mut self, case: Case, ends: Instant) {
        debug_assert!(!self.is_full());
        let bucket = &mut self.buckets[case.key.bucket(BUCKETS)];
        let number = self.slots.len() as u16;
        let slot = Slot {
            key: case.key,
            ends,
            router: case.router,
            rule: case.rule,
            weight: 0,
            next: core::mem::replace(bucket, number),
            place: number,
        };
        self.owned[slot.owner()] += 1;
        self.slots.push(slot);
        self.order.push(number);
        self.sift(number.into());
    }

    /// Removes an entry. The last one takes its number.
    pub(super) fn remove(&mut self, index: usize) {
        *self.link(index) = self.slots[index].next;
        let last = self.slots.len() - 1;
        if last != index {
            *self.link(last) = index as u16;
        }
        let place = usize::from(self.slots[index].place);
        self.order.swap_remove(place);
        if place < self.order.len() {
            self.slots[usize::from(self.order[place])].place = place as u16;
            self.sift(place);
        }
        let removed = self.slots.swap_remove(index);
        self.owned[removed.owner()] -= 1;
        if let Some(moved) = self.slots.get(index) {
            self.order[usize::from(moved.place)] = index as u16;
        }
    }

    /// Moves the entry at a place of the order up or down to where it belongs.
    fn sift(&mut self, mut place: usize) {
        while place > 0 && self.ends_at(place) < self.ends_at((place - 1) / 2) {
            self.swap(place, (place - 1) / 2);
            place = (place - 1) / 2;
        }
        loop {
            let below = [2 * place + 1, 2 * place + 2];
            let earlier = below.into_iter().min_by_key(|&below| self.ends_at(below));
            match earlier {
                Some(below) if self.ends_at(below) < self.ends_at(place) => {
                    self.swap(place, below);
                    place = below;
                }
                _ => return,
            }
        }
    }

    /// Returns when the entry at a place of the order ends; never after the last place.
    fn ends_at(&self, place: usize) -> Instant {
        self.order
            .get(place)
            .map_or(NEVER, |&number| self.ends(number.into()))
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.order.swap(one, other);
        for place in [one, other] {
            self.slots[usize::from(self.order[place])].place = place as u16;
        }
    }

    /// Returns what refers to an entry: its bucket, or the entry before it there.
    fn link(&mut self, index: usize) -> &mut u16 {
        let bucket = self.slots[index].key.bucket(BUCKETS);
        let mut before = None;
        let mut number = usize::from(self.buckets[bucket]);
        // Ends at the entry itself, which is in its bucket's list.
        while number != index {
            before = Some(number);
            number = self.slots[number].next.into();
        }
        match before {
            Some(before) => &mut self.slots[before].next,
            None => &mut self.buckets[bucket],
        }
    }

    /// Returns an entry that has ended by `now`, the earliest first.
    pub(super) fn ended(&self, now: Instant) -> Option<usize> {
        // What never ends does not do so at the end of time either, which comes when
        // the daemon stops.
        self.next().filter(|&ends| ends <= now)?;
        self.order.first().map(|&number| number.into())
    }

    /// Returns when the next entry ends.
    pub(super) fn next(&self) -> Option<Instant> {
        Some(self.ends_at(0)).filter(|&ends| ends < NEVER)
    }

    /// Returns the entry that must go if another one has to come: one that has ended, or,
    /// of those whose rule and router have the most, the one with the least weight that
    /// would end first. So a stranger who fills the table from one router, or for one
    /// rule, pushes out entries of these.
    pub(super) fn victim(&self, now: Instant) -> Option<usize> {
        let slots = self.slots.iter().enumerate();
        let (index, _) = slots.min_by_key(|(_, slot)| {
            let most = Reverse(self.owned[slot.owner()]);
            (slot.ends >= now, most, slot.weight, slot.ends)
        })?;
        Some(index)
    }

    /// Returns the entries of a rule and a router.
    pub(super) fn of(&self, rule: RuleId, router: u32) -> impl Iterator<Item = usize> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(move |(index, slot)| {
            (slot.rule == rule && slot.router == router).then_some(index)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(rule: usize, router: u32, key: u64) -> Case {
        Case {
            key: Key::of_number(key),
            rule: RuleId::new(rule).unwrap(),
            router,
        }
    }

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    /// Entries are found by their keys, also several of one key, and also after
    /// others have taken their numbers.
    #[test]
    fn keys() {
        let mut slots = Slots::new(1_000);
        // Equal buckets and equal keys.
        let keys: Vec<u64> = (0..1_000).map(|number| number % 250 * 64).collect();
        for (number, &key) in keys.iter().enumerate() {
            slots.insert(case(0, 0, key), at(number as u64));
        }
        assert!(slots.is_full());
        let mut left = keys;
        while !left.is_empty() {
            let index = left.len() * 7 / 11;
            left.swap_remove(index);
            slots.remove(index);
            let of = |key| {
                let key = Key::of_number(key);
                core::iter::successors(slots.find(key), |&index| slots.find_next(index))
            };
            for key in [0, 64, 249 * 64] {
                let mut found: Vec<usize> = of(key).collect();
                found.sort_unstable();
                let expected = (0..left.len()).filter(|&index| left[index] == key);
                assert_eq!(found, expected.collect::<Vec<_>>());
            }
        }
    }

    /// The earliest end comes first, and never does not come at all.
    #[test]
    fn ends() {
        let mut slots = Slots::new(4);
        assert_eq!(slots.next(), None);
        for ends in [at(30), NEVER, at(10), at(20)] {
            slots.insert(case(0, 0, 1), ends);
        }
        assert_eq!(slots.next(), Some(at(10)));
        assert_eq!(slots.ended(at(9)), None);
        assert_eq!(slots.ended(at(10)), Some(2));
        slots.remove(2);
        assert_eq!(slots.ended(at(19)), None);
        assert_eq!(slots.next(), Some(at(20)));
        slots.set_ends(0, at(15));
        assert_eq!(slots.ended(at(100)), Some(0));
        slots.set_ends(0, NEVER);
        assert_eq!(slots.ended(NEVER), Some(2));
        slots.set_ends(2, NEVER);
        assert_eq!(slots.ended(NEVER), None);
        assert_eq!(slots.next(), None);
    }

    /// The one that goes has ended, or else is of the rule and router with the most
    /// entries, and there the lightest.
    #[test]
    fn victims() {
        let mut slots = Slots::new(10);
        assert_eq!(slots.victim(at(0)), None);
        slots.insert(case(0, 0, 1), at(1));
        slots.insert(case(1, 0, 1), at(2));
        slots.insert(case(1, 5, 1), at(9));
        slots.insert(case(1, 5, 2), at(8));
        assert_eq!(slots.victim(at(1)), Some(3));
        assert_eq!(slots.victim(at(2)), Some(0));
        slots.set_weight(3, 1);
        assert_eq!(slots.victim(at(1)), Some(2));
        slots.remove(2);
        assert_eq!(slots.victim(at(1)), Some(0));
        slots.insert(case(1, 5, 3), at(7));
        let rule = RuleId::new(1).unwrap();
        assert!(slots.of(rule, 5).eq([2, 3]));
        assert_eq!(slots.of(rule, 6).count(), 0);
    }
}
