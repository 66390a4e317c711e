//! Which notifications go when an outbox is full.
//!
//! The rule that holds the most bytes pays, and within it the source that holds
//! the most: so a flood costs no other rule, and no other sender, anything, as
//! long as those hold no more than their even share. Within that group the middle
//! goes and both ends stay. The newest say most about the present; the first are
//! what a flood is sent to hide, and whoever sends it cannot know how many came
//! before.
//!
//! This cannot be perfect. Of one rule and one source no text is worth more than
//! another, so an alarm goes if half an outbox of others came before it and half
//! of one after it, all while the service takes nothing. And one who forges many
//! sources makes a true one look large; its first and its newest notification stay
//! even so, until the rule is judged as a whole.

use core::net::IpAddr;

use heapless::Vec;

use super::{Outbox, Waiting, read_record, record_size};
use crate::ids::RuleName;

/// Sources whose shares are watched at the same time. A source with more than a
/// sixteenth of a rule's bytes is among them, however many there are (Metwally
/// et al., "Efficient Computation of Frequent and Top-k Elements", 2005).
const SOURCES_MAX: usize = 16;

/// A set of records: those of a rule, or those of a source among them. One that names
/// several routers counts as the first one's.
#[derive(Clone, Copy, Debug)]
struct Group {
    rule: RuleName,
    source: Option<IpAddr>,
    /// How many there are, and how many bytes they take.
    count: usize,
    bytes: usize,
}

impl Outbox {
    /// Evicts about `wanted` bytes, at most a quarter of the largest group and at
    /// least one notification, before `coming` is put in. There must be one.
    pub(super) fn evict(
        &mut self,
        wanted: usize,
        coming: &Waiting<'_>,
        evicted: &mut dyn FnMut(&Waiting<'_>),
    ) {
        let Some(group) = self.largest_group() else {
            return;
        };
        // The coming one is the newest of its group.
        let count = group.count + usize::from(group.holds(coming));
        let first = middle(count, group.run(wanted));
        let gone = first.0..first.1.min(group.count);
        let mut index = 0;
        let (mut from, mut to, end) = (self.head, self.head, self.tail);
        while let Some(size) = record_size(&self.store[from..end]) {
            let is_gone = match read_record(&self.store[from..from + size]) {
                Some(waiting) if group.holds(&waiting) => {
                    let is_gone = gone.contains(&index);
                    index += 1;
                    if is_gone {
                        evicted(&waiting);
                        self.notices -= waiting.count();
                    }
                    is_gone
                }
                _ => false,
            };
            if is_gone {
                self.len -= 1;
            } else {
                self.store.copy_within(from..from + size, to);
                to += size;
            }
            from += size;
        }
        self.tail = to;
    }

    /// Returns the group that pays: of the rule with the most bytes the source
    /// with the most, or the whole rule if that source has no middle.
    fn largest_group(&self) -> Option<Group> {
        let rule = self.largest_rule()?;
        let source = self.largest_source(rule);
        let of_source = self.group(rule, source);
        if of_source.count > 2 {
            return Some(of_source);
        }
        Some(self.group(rule, None))
    }

    fn group(&self, rule: RuleName, source: Option<IpAddr>) -> Group {
        let mut group = Group {
            rule,
            source,
            count: 0,
            bytes: 0,
        };
        for waiting in self.iter() {
            if group.holds(&waiting) {
                group.count += 1;
                group.bytes += waiting.size();
            }
        }
        group
    }

    fn largest_rule(&self) -> Option<RuleName> {
        // There are fewer than 8 kinds of names, with fewer than 64 numbers each.
        let mut slots = [0_u32; 8 * 64];
        let mut largest = (0, None);
        for waiting in self.iter() {
            let [kind, number] = waiting.rule.to_bytes();
            let slot = &mut slots[usize::from(kind & 7) * 64 + usize::from(number & 63)];
            *slot += waiting.size() as u32;
            if *slot > largest.0 {
                largest = (*slot, Some(waiting.rule));
            }
        }
        largest.1
    }

    fn largest_source(&self, rule: RuleName) -> Option<IpAddr> {
        let mut shares: Vec<(IpAddr, usize), SOURCES_MAX> = Vec::new();
        for waiting in self.iter().filter(|waiting| waiting.rule == rule) {
            let size = waiting.size();
            let share = (waiting.source, size);
            if let Some(known) = shares.iter_mut().find(|known| known.0 == share.0) {
                known.1 += size;
            } else if shares.push(share).is_err()
                && let Some(least) = shares.iter_mut().min_by_key(|known| known.1)
            {
                *least = (share.0, least.1 + size);
            }
        }
        let largest = shares.iter().max_by_key(|share| share.1)?;
        Some(largest.0)
    }
}

impl Group {
    fn holds(&self, waiting: &Waiting<'_>) -> bool {
        waiting.rule == self.rule && self.source.is_none_or(|source| waiting.source == source)
    }

    /// Returns how many notifications take about `wanted` bytes, or a quarter of
    /// all if that is less.
    fn run(&self, wanted: usize) -> usize {
        let bytes = wanted.min(self.bytes / 4);
        (bytes * self.count).div_ceil(self.bytes.max(1))
    }
}

/// Returns the bounds of a run of about `run` in the middle of `count`: without
/// the first and the last where there are others, else the first.
fn middle(count: usize, run: usize) -> (usize, usize) {
    if count < 3 {
        return (0, 1);
    }
    let run = run.clamp(1, count - 2);
    let first = (count - run) / 2;
    (first, first + run)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first and the last stay as long as there are others, and something goes.
    #[test]
    fn what_goes_is_in_the_middle() {
        for (count, run, expected) in [
            (1, 1, (0, 1)),
            (2, 9, (0, 1)),
            (3, 1, (1, 2)),
            (3, 9, (1, 2)),
            (10, 0, (4, 5)),
            (10, 3, (3, 6)),
            (10, 8, (1, 9)),
            (10, 99, (1, 9)),
        ] {
            assert_eq!(middle(count, run), expected, "{run} of {count}");
        }
    }

    /// So many go as have the bytes that are wanted, and no more than a quarter.
    #[test]
    fn how_many_go() {
        let group = |count, bytes| Group {
            rule: RuleName::Environment(1),
            source: None,
            count,
            bytes,
        };
        for (wanted, expected) in [(0, 0), (1, 1), (100, 1), (101, 2), (200, 2), (900, 3)] {
            assert_eq!(group(10, 1_000).run(wanted), expected, "{wanted}");
        }
        assert_eq!(group(0, 0).run(9), 0);
    }
}
