//! Windows: how many matches, or how many different values, a case has had lately.
//!
//! Threshold, distinct and sequence count with these. A window slides: the fifth match
//! counts if the first of the last five is not older than the window, as in SEC and
//! fail2ban, so that nobody who knows where a fixed window begins can stay below the
//! threshold in each of two.
//!
//! Each match that counts is an entry until it is older than the window. A case has at
//! most as many as its threshold, and all cases together [`WINDOW_ENTRIES_MAX`].

use alloc::vec::Vec;

use crate::limits::{POLICY_SECS_MAX, WINDOW_COUNT_MAX, WINDOW_ENTRIES_MAX};
use crate::rules::policy::key::Case;
use crate::rules::policy::slots::Slots;
use crate::time::Instant;

/// So many within so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How many, from 1 to [`WINDOW_COUNT_MAX`].
    pub count: u16,
    /// The time from the first to the last of them, in milliseconds.
    pub millis: u64,
}

impl Window {
    /// Parses a count and seconds: `5/60` is five within a minute. `None` if the text is
    /// something else, or if a number is 0 or above its limit, [`WINDOW_COUNT_MAX`] or
    /// [`POLICY_SECS_MAX`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (count, secs) = text.split_once('/')?;
        let count = count.trim_ascii().parse::<u16>().ok()?;
        let secs = secs.trim_ascii().parse::<u64>().ok()?;
        let is_right =
            (1..=WINDOW_COUNT_MAX).contains(&count) && (1..=POLICY_SECS_MAX).contains(&secs);
        is_right.then_some(Self {
            count,
            millis: secs * 1_000,
        })
    }
}

/// What a case has had within its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Tally {
    /// How many, this one included.
    pub(in crate::rules) count: u16,
    /// When the first of them came.
    pub(in crate::rules) first: Instant,
}

/// The matches of all cases that still count.
#[derive(Debug)]
pub(super) struct Windows {
    slots: Slots,
    /// What each match is one of, if only different ones count; else its number.
    values: Vec<u32>,
    /// The value of the next match where each counts.
    next_value: u32,
    /// Matches that still counted and went because others needed the room.
    forgotten: u64,
}

impl Windows {
    /// Returns windows in which nothing has come. If they are not used, they have no room:
    /// each piece of memory touches two pages.
    pub(super) fn new(is_used: bool) -> Self {
        let max = if is_used { WINDOW_ENTRIES_MAX } else { 0 };
        Self {
            slots: Slots::new(max),
            values: Vec::with_capacity(max),
            next_value: 0,
            forgotten: 0,
        }
    }

    /// Counts a match. With a `value`, those of the same value count once, as of the
    /// last of them.
    pub(super) fn push(
        &mut self,
        now: Instant,
        case: Case,
        window: Window,
        value: Option<u32>,
    ) -> Tally {
        let value = value.unwrap_or_else(|| {
            self.next_value = self.next_value.wrapping_add(1);
            self.next_value
        });
        // No more than the threshold are kept: the oldest goes first.
        let (mut count, mut oldest) = (0, None);
        let mut next = self.slots.find(case.key);
        let mut known = None;
        while let Some(index) = next {
            next = self.slots.find_next(index);
            count += 1;
            if self.values[index] == value {
                known = Some(index);
            }
            if oldest.is_none_or(|old| self.slots.ends(index) < self.slots.ends(old)) {
                oldest = Some(index);
            }
        }
        if let Some(index) = known.or_else(|| oldest.filter(|_| count >= window.count)) {
            self.remove(index);
        }
        if self.slots.is_full()
            && let Some(victim) = self.slots.victim(now)
        {
            self.forgotten += u64::from(self.slots.ends(victim) >= now);
            self.remove(victim);
        }
        self.slots.insert(case, now.after(window.millis));
        self.values.push(value);
        let tally = self.tally(now, case, window);
        self.weigh(case, tally.count);
        tally
    }

    /// Notes how much a case has. The more, the longer it stays if there is no room: those
    /// that have come once are many, and rarely come again.
    fn weigh(&mut self, case: Case, count: u16) {
        let weight = count.min(u8::MAX.into()) as u8;
        let mut next = self.slots.find(case.key);
        while let Some(index) = next {
            self.slots.set_weight(index, weight);
            next = self.slots.find_next(index);
        }
    }

    /// Returns what a case has had within its window.
    pub(super) fn tally(&self, now: Instant, case: Case, window: Window) -> Tally {
        let of_case = |index: &usize| self.slots.find_next(*index);
        let entries = core::iter::successors(self.slots.find(case.key), of_case);
        // A match that is exactly as old as the window still counts.
        let live = entries
            .map(|index| self.slots.ends(index))
            .filter(|&ends| ends >= now);
        let (count, first) = live.fold((0, now.after(window.millis)), |(count, first), ends| {
            (count + 1, first.min(ends))
        });
        Tally {
            count,
            first: first.before(window.millis),
        }
    }

    /// Returns how many matches went that still counted, because others needed the room.
    pub(super) const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Forgets a case: its threshold was reached, and the next count begins.
    pub(super) fn clear(&mut self, case: Case) {
        while let Some(index) = self.slots.find(case.key) {
            self.remove(index);
        }
    }

    fn remove(&mut self, index: usize) {
        self.slots.remove(index);
        self.values.swap_remove(index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A count and seconds, each within its limits.
    #[test]
    fn windows_as_written() {
        let window = |count, millis| Some(Window { count, millis });
        assert_eq!(Window::parse("5/60"), window(5, 60_000));
        assert_eq!(Window::parse(" 256 / 604800 "), window(256, 604_800_000));
        for wrong in [
            "", "5", "5/", "/60", "0/60", "5/0", "257/60", "5/604801", "-1/60", "5/60/1",
        ] {
            assert_eq!(Window::parse(wrong), None, "{wrong}");
        }
    }
}
