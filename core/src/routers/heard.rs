//! The routers heard most recently, with what came from each.
//!
//! Whoever can forge sender addresses can fill the table, so it is small, the one heard
//! longest ago goes, and a line costs at most a look at each entry. A line of the routers
//! that really send costs a look at one.

use alloc::vec::Vec;
use core::net::IpAddr;

use crate::limits::ROUTERS_HEARD_MAX;
use crate::text::Label;
use crate::time::{Duration, Instant};

/// A router, by its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeardRouter {
    /// The address.
    pub source: IpAddr,
    /// The user's name for it, else the identity in a line of it; empty if neither is
    /// known.
    pub name: Label,
    /// When its last line arrived.
    pub last: Instant,
    /// The number of that line in the order in which all of them were heard.
    pub order: u64,
    /// The longest time without a line of it that ended in the last two minutes, or else
    /// the last one. None before its second line.
    pub pause: Duration,
    /// When that ended.
    pub resumed: Instant,
    /// Lines since it is in the table.
    pub received: u64,
    /// Of these, lines that at least one rule matched.
    pub matched: u64,
}

impl HeardRouter {
    /// Counts a line.
    #[inline]
    fn hear(&mut self, now: Instant, order: u64) {
        let pause = now.since(self.last);
        if pause >= self.pause.0 || now.since(self.resumed) > PAUSE_KEPT_MILLIS {
            (self.pause, self.resumed) = (Duration(pause), now);
        }
        self.last = now;
        self.order = order;
        self.received += 1;
    }
}

/// The routers as others see them, each in its place.
pub type HeardRouters = heapless::Vec<HeardRouter, ROUTERS_HEARD_MAX>;

/// For how long a longer pause counts as the one before a line, in milliseconds: a router
/// that starts sends other lines before the one that says so.
const PAUSE_KEPT_MILLIS: u64 = 120_000;

/// Entries that a small hash of an address points at, so that the table is rarely
/// searched.
const HINTS: usize = 256;

const _: () = assert!(ROUTERS_HEARD_MAX <= u64::BITS as usize);

/// The table.
#[derive(Debug)]
pub(super) struct Heard {
    /// At most [`ROUTERS_HEARD_MAX`], for which there is room from the start.
    entries: Vec<HeardRouter>,
    hints: [u8; HINTS],
    /// Entries that have changed since they were last copied, one bit each.
    changed: u64,
    /// The entry of the last line.
    current: usize,
    /// Lines of all routers.
    order: u64,
}

impl Default for Heard {
    fn default() -> Self {
        Self {
            entries: Vec::with_capacity(ROUTERS_HEARD_MAX),
            hints: [0; HINTS],
            changed: 0,
            current: 0,
            order: 0,
        }
    }
}

impl Heard {
    /// Counts a line. Returns whether it is worth looking for the router's name in it:
    /// in the first line while the table is not full, and in the second. So forged
    /// addresses, of which there is one line each, cost nothing more.
    pub(super) fn hear(&mut self, now: Instant, source: IpAddr) -> bool {
        self.order += 1;
        let index = usize::from(self.hints[hash(source)]);
        if let Some(entry) = self.entries.get_mut(index)
            && entry.source == source
        {
            entry.hear(now, self.order);
            self.current = index;
            self.changed |= 1 << index;
            return entry.received == 2 && entry.name == Label::EMPTY;
        }
        self.search(now, source)
    }

    /// Counts a line of a router that the hint does not point at.
    #[cold]
    fn search(&mut self, now: Instant, source: IpAddr) -> bool {
        let mut oldest = 0;
        let mut found = None;
        for (index, entry) in self.entries.iter().enumerate() {
            if entry.source == source {
                found = Some(index);
                break;
            }
            if entry.order < self.entries[oldest].order {
                oldest = index;
            }
        }
        let is_full = self.entries.len() == ROUTERS_HEARD_MAX;
        let index = found.unwrap_or(if is_full { oldest } else { self.entries.len() });
        if found.is_none() {
            let new = HeardRouter {
                source,
                name: Label::EMPTY,
                last: now,
                order: 0,
                pause: Duration(0),
                resumed: now,
                received: 0,
                matched: 0,
            };
            match self.entries.get_mut(index) {
                Some(entry) => *entry = new,
                None => self.entries.push(new),
            }
        }
        let entry = &mut self.entries[index];
        entry.hear(now, self.order);
        self.hints[hash(source)] = index as u8;
        self.current = index;
        self.changed |= 1 << index;
        entry.name == Label::EMPTY && entry.received == if is_full { 2 } else { 1 }
    }

    /// Notes the name of the router that sent the last line.
    pub(super) fn set_name(&mut self, name: Label) {
        if let Some(entry) = self.entries.get_mut(self.current) {
            entry.name = name;
            self.changed |= 1 << self.current;
        }
    }

    /// Counts a match of the last line.
    pub(super) fn count_match(&mut self) {
        if let Some(entry) = self.entries.get_mut(self.current) {
            entry.matched += 1;
            self.changed |= 1 << self.current;
        }
    }

    /// Returns the pause before the last line, as far as it is known.
    pub(super) fn pause(&self) -> Option<Duration> {
        let entry = self.entries.get(self.current)?;
        (entry.received > 1).then_some(entry.pause)
    }

    /// Returns whether a second router has ever been heard.
    pub(super) const fn is_several(&self) -> bool {
        self.entries.len() > 1
    }

    /// Brings a copy up to date.
    pub(super) fn copy_to(&mut self, copy: &mut HeardRouters) {
        let mut changed = core::mem::take(&mut self.changed);
        while let Some(entry) = self.entries.get(changed.trailing_zeros() as usize) {
            // New entries come in order, so there is no gap.
            match copy.get_mut(changed.trailing_zeros() as usize) {
                Some(place) => *place = *entry,
                None => {
                    let _ = copy.push(*entry);
                }
            }
            changed &= changed - 1;
        }
    }
}

/// Returns a place for an address. Anybody can choose addresses with the same one, which
/// then costs a search.
fn hash(source: IpAddr) -> usize {
    let folded = match source {
        IpAddr::V4(address) => address.to_bits(),
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            (bits ^ bits >> 32 ^ bits >> 64 ^ bits >> 96) as u32
        }
    };
    // Knuth's multiplicative hash ("The Art of Computer Programming", volume 3, 6.4).
    (folded.wrapping_mul(2_654_435_761) >> 24) as usize % HINTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::{Ipv4Addr, Ipv6Addr};

    fn address(number: u32) -> IpAddr {
        if number.is_multiple_of(2) {
            Ipv4Addr::from(number << 8).into()
        } else {
            Ipv6Addr::from(u128::from(number) << 64).into()
        }
    }

    /// Random senders against a plain list: the most recent are there with their counts
    /// since they came, and a copy that is brought up to date says the same.
    #[test]
    fn behaves_like_a_list() {
        let (mut heard, mut copy) = (Heard::default(), HeardRouters::new());
        let mut model: Vec<(IpAddr, u64, u64, u64)> = Vec::new();
        let mut random = 7_u32;
        for now in 1..30_000_u64 {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            let number = random >> 8;
            let source = address(if random.is_multiple_of(3) {
                number % 5
            } else {
                number % 90
            });
            heard.hear(Instant::from_millis(now / 100), source);
            let matches = random.is_multiple_of(7);
            if matches {
                heard.count_match();
            }
            let known = model.iter().position(|one| one.0 == source);
            let (_, _, received, matched) =
                known.map_or((source, 0, 0, 0), |index| model.remove(index));
            model.push((
                source,
                now / 100,
                received + 1,
                matched + u64::from(matches),
            ));
            if model.len() > ROUTERS_HEARD_MAX {
                model.remove(0);
            }
            if random.is_multiple_of(11) {
                heard.copy_to(&mut copy);
                assert_eq!(copy[..], heard.entries[..]);
                let mut sorted: Vec<_> = copy.iter().collect();
                sorted.sort_by_key(|one| one.order);
                let entries = sorted
                    .iter()
                    .map(|one| (one.source, one.last.millis(), one.received, one.matched));
                assert!(entries.eq(model.iter().copied()));
            }
        }
        assert_eq!(model.len(), ROUTERS_HEARD_MAX);
    }

    /// The pause before a line is the longest of two minutes, and each router's own.
    #[test]
    fn pauses() {
        let mut heard = Heard::default();
        for (seconds, number, pause) in [
            (0, 2, None),
            (90, 2, Some(90)),
            (95, 4, None),
            (100, 2, Some(90)),
            (115, 4, Some(20)),
            (210, 2, Some(110)),
            (330, 2, Some(120)),
            (450, 2, Some(120)),
            (451, 2, Some(120)),
            (570, 2, Some(120)),
            (571, 2, Some(1)),
        ] {
            let now = Instant::from_millis(1_000 * seconds);
            heard.hear(now, address(number));
            let expected = pause.map(|seconds| Duration(1_000 * seconds));
            assert_eq!(heard.pause(), expected, "at {seconds} s");
        }
    }

    /// A name is looked for in the first line while there is room, in the second one
    /// later, and not in that of an address that came once.
    #[test]
    fn when_a_name_is_looked_for() {
        let mut heard = Heard::default();
        let mut at = 0;
        let mut hear = |number| {
            at += 1;
            heard.hear(Instant::from_millis(at), address(number))
        };
        for number in 0..ROUTERS_HEARD_MAX as u32 {
            assert!(hear(number));
        }
        assert!(!hear(1_000));
        assert!(hear(1_000));
        assert!(!hear(1_000));
    }
}
