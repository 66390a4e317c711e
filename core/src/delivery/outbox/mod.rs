//! The notifications that wait for one notifier, in a fixed number of bytes.

use alloc::boxed::Box;
use alloc::vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::ids::{RuleName, Ticket};
use crate::rules::NoticeHead;
use crate::text::Text;
use crate::time::{Instant, Wall};

/// A notification that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiting<'a> {
    /// The rule that matched.
    pub(super) rule: RuleName,
    /// When the line arrived, for people.
    pub(super) at: Wall,
    /// Who sent the line.
    pub(super) source: IpAddr,
    /// What to report a failed delivery with.
    pub(super) ticket: Ticket,
    /// When the notification was put in, for the age.
    pub(super) since: Instant,
    /// What to say.
    pub(super) text: Text<'a>,
}

/// A queue of notifications of different lengths in a fixed number of bytes.
///
/// Each record is contiguous: one that does not fit before the end of the
/// store begins at its start again, and the gap is skipped. When a record finds
/// no room, the oldest ones make it. That is the right end to lose from: the
/// newest alarm tells most about the present.
///
/// The store is allocated once, at start-up. Its zeroed pages become resident
/// only when they are first used.
#[derive(Debug)]
pub(super) struct Outbox {
    store: Box<[u8]>,
    /// Offset of the oldest record.
    head: usize,
    /// Offset after the newest record.
    tail: usize,
    /// End of the records before the gap, where `tail` has wrapped around.
    wrapped: Option<usize>,
    len: usize,
    /// Sequence number of the oldest record: 0 is the first one ever pushed.
    first_sequence: u64,
}

/// Bytes of a record's header.
///
/// text length 2, rule 2, ticket 4, seconds 8, offset 4, since 8, address 1 + 16.
const HEADER_BYTES: usize = 45;

impl Outbox {
    /// Returns an empty outbox of so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            store: vec![0; bytes].into_boxed_slice(),
            head: 0,
            tail: 0,
            wrapped: None,
            len: 0,
            first_sequence: 0,
        }
    }

    /// Returns how many notifications wait.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Returns whether none waits.
    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the sequence number of the oldest notification; if none waits,
    /// that of the next one to come.
    pub(super) const fn first_sequence(&self) -> u64 {
        self.first_sequence
    }

    /// Appends a notification. The oldest ones go if there is no room, and
    /// each is shown to `evicted` first. Bounded work: one copy of the text,
    /// and as many evictions as records fit in its place.
    ///
    /// A text that is longer than the whole store is refused by calling
    /// `evicted` with it; the limits make that impossible.
    pub(super) fn push(
        &mut self,
        now: Instant,
        head: &NoticeHead,
        text: Text<'_>,
        evicted: &mut dyn FnMut(&Waiting<'_>),
    ) {
        let record = Waiting {
            rule: head.rule,
            at: head.at,
            source: head.source,
            ticket: head.ticket,
            since: now,
            text,
        };
        let bytes = text.as_bytes();
        let needed = HEADER_BYTES + bytes.len();
        let Ok(length) = u16::try_from(bytes.len()) else {
            evicted(&record);
            return;
        };
        // Make room from the old end, one notification at a time.
        let start = loop {
            if let Some(start) = self.room_for(needed) {
                break start;
            }
            match self.front() {
                Some(oldest) => evicted(&oldest),
                None => {
                    evicted(&record);
                    return;
                }
            }
            self.pop();
        };
        if start < self.tail {
            self.wrapped = Some(self.tail);
        }
        let slot = &mut self.store[start..start + needed];
        write_header(slot, length, &record);
        slot[HEADER_BYTES..].copy_from_slice(bytes);
        self.tail = start + needed;
        self.len += 1;
    }

    /// Returns the oldest notification.
    pub(super) fn front(&self) -> Option<Waiting<'_>> {
        self.iter().next()
    }

    /// Removes the oldest notification.
    pub(super) fn pop(&mut self) {
        let Some(size) = record_size(&self.store, self.head) else {
            return;
        };
        if self.len == 0 {
            return;
        }
        self.head += size;
        self.len -= 1;
        self.first_sequence += 1;
        if self.wrapped == Some(self.head) {
            self.head = 0;
            self.wrapped = None;
        }
        if self.len == 0 {
            // Starting over keeps the touched part of the store small, and with
            // it the resident memory of a daemon that rarely notifies.
            (self.head, self.tail, self.wrapped) = (0, 0, None);
        }
    }

    /// Returns the waiting notifications, the oldest first.
    pub(super) fn iter(&self) -> Iter<'_> {
        Iter {
            store: &self.store,
            at: self.head,
            wrapped: self.wrapped,
            left: self.len,
        }
    }

    /// Returns where a record of `needed` bytes can begin.
    fn room_for(&self, needed: usize) -> Option<usize> {
        if self.wrapped.is_some() {
            return (self.head - self.tail >= needed).then_some(self.tail);
        }
        if self.store.len() - self.tail >= needed {
            return Some(self.tail);
        }
        (self.len > 0 && self.head >= needed).then_some(0)
    }
}

/// Iterator over the notifications of an [`Outbox`], the oldest first.
#[derive(Clone, Debug)]
pub(super) struct Iter<'a> {
    store: &'a [u8],
    at: usize,
    wrapped: Option<usize>,
    left: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Waiting<'a>;

    fn next(&mut self) -> Option<Waiting<'a>> {
        if self.left == 0 {
            return None;
        }
        let size = record_size(self.store, self.at)?;
        let record = self.store.get(self.at..self.at + size)?;
        self.left -= 1;
        self.at += size;
        if self.wrapped == Some(self.at) {
            self.at = 0;
            self.wrapped = None;
        }
        read_record(record)
    }
}

/// Takes the first `N` bytes off a slice that is known to be long enough.
fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

fn record_size(store: &[u8], at: usize) -> Option<usize> {
    let length = u16::from_le_bytes(*store.get(at..)?.first_chunk()?);
    Some(HEADER_BYTES + usize::from(length))
}

fn write_header(slot: &mut [u8], length: u16, record: &Waiting<'_>) {
    let (family, address) = match record.source {
        IpAddr::V4(v4) => {
            let mut address = [0; 16];
            address[..4].copy_from_slice(&v4.octets());
            (4, address)
        }
        IpAddr::V6(v6) => (6, v6.octets()),
    };
    let fields: [&[u8]; 8] = [
        &length.to_le_bytes(),
        &record.rule.to_bytes(),
        &record.ticket.0.to_le_bytes(),
        &record.at.unix_secs.to_le_bytes(),
        &record.at.offset_secs.to_le_bytes(),
        &record.since.millis().to_le_bytes(),
        &[family],
        &address,
    ];
    let mut at = 0;
    for field in fields {
        slot[at..at + field.len()].copy_from_slice(field);
        at += field.len();
    }
    debug_assert_eq!(at, HEADER_BYTES);
}

fn read_record(record: &[u8]) -> Option<Waiting<'_>> {
    let mut rest = record;
    let _length: [u8; 2] = take(&mut rest)?;
    let rule = RuleName::from_bytes(take(&mut rest)?);
    let ticket = Ticket(u32::from_le_bytes(take(&mut rest)?));
    let at = Wall {
        unix_secs: i64::from_le_bytes(take(&mut rest)?),
        offset_secs: i32::from_le_bytes(take(&mut rest)?),
    };
    let since = Instant::from_millis(u64::from_le_bytes(take(&mut rest)?));
    let [family] = take(&mut rest)?;
    let address: [u8; 16] = take(&mut rest)?;
    let source = if family == 4 {
        let [a, b, c, d, ..] = address;
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    } else {
        IpAddr::V6(Ipv6Addr::from(address))
    };
    Some(Waiting {
        rule,
        at,
        source,
        ticket,
        since,
        text: Text::from_stored(rest),
    })
}

#[cfg(test)]
mod tests;
