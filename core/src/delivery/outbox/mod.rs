//! The notifications that wait for one notifier, in a fixed number of bytes.
//!
//! The records lie one after the other in the order of their arrival. When there
//! is no room, [`evict`] decides which of them go.

mod evict;
mod record;

use alloc::boxed::Box;
use alloc::vec;

use crate::rules::NoticeHead;
use crate::text::Text;
use crate::time::Instant;
use record::{HEADER_BYTES, read_record, record_size, write_header};
pub(super) use record::{Waiting, address_from_bytes, address_to_bytes};

/// A queue of notifications of different lengths in a fixed number of bytes.
///
/// The store is allocated once, at start-up. Its zeroed pages become resident
/// only when they are first used.
#[derive(Debug)]
pub(super) struct Outbox {
    store: Box<[u8]>,
    /// Bytes that are never evicted for others. The store is an eighth larger,
    /// so that one eviction makes room for many notifications.
    kept: usize,
    /// Offset of the oldest record.
    head: usize,
    /// Offset after the newest record.
    tail: usize,
    len: usize,
    /// Sequence number of the next record: 0 is the first one ever pushed.
    next_sequence: u64,
}

impl Outbox {
    /// Returns an empty outbox that keeps so many bytes, whatever comes.
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            store: vec![0; bytes + bytes / 8].into_boxed_slice(),
            kept: bytes,
            head: 0,
            tail: 0,
            len: 0,
            next_sequence: 0,
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

    /// Appends a notification that is too old from `expires` on. If there is no
    /// room, others go, and each is shown to `evicted` first. Bounded work: a few
    /// passes over the store, once for every eighth of it that is written.
    ///
    /// A text that is longer than the whole store is refused by calling `evicted`
    /// with it; the limits make that impossible.
    pub(super) fn push(
        &mut self,
        expires: Instant,
        is_restored: bool,
        head: &NoticeHead,
        text: Text<'_>,
        evicted: &mut dyn FnMut(&Waiting<'_>),
    ) {
        let record = Waiting {
            rule: head.rule,
            at: head.at,
            source: head.source,
            ticket: head.ticket,
            expires,
            is_restored,
            sequence: self.next_sequence,
            text,
        };
        self.next_sequence += 1;
        let bytes = text.as_bytes();
        let needed = HEADER_BYTES + bytes.len();
        let length = match u16::try_from(bytes.len()) {
            Ok(length) if needed <= self.store.len() => length,
            _ => return evicted(&record),
        };
        if self.used() + needed > self.store.len() {
            while !self.is_empty() && self.used() + needed > self.kept {
                self.evict(self.used() + needed - self.kept, &record, evicted);
            }
        }
        if self.store.len() - self.tail < needed {
            self.store.copy_within(self.head..self.tail, 0);
            (self.head, self.tail) = (0, self.tail - self.head);
        }
        let slot = &mut self.store[self.tail..self.tail + needed];
        write_header(slot, length, &record);
        slot[HEADER_BYTES..].copy_from_slice(bytes);
        self.tail += needed;
        self.len += 1;
    }

    /// Returns the oldest notification.
    pub(super) fn front(&self) -> Option<Waiting<'_>> {
        self.iter().next()
    }

    /// Removes the oldest notification.
    pub(super) fn pop(&mut self) {
        let Some(size) = record_size(&self.store[self.head..self.tail]) else {
            return;
        };
        self.head += size;
        self.len -= 1;
        if self.len == 0 {
            // Starting over keeps the touched part of the store small, and with
            // it the resident memory of a daemon that rarely notifies.
            (self.head, self.tail) = (0, 0);
        }
    }

    /// Returns the waiting notifications, the oldest first.
    pub(super) fn iter(&self) -> Iter<'_> {
        Iter {
            rest: &self.store[self.head..self.tail],
        }
    }

    /// Returns the bytes in use.
    const fn used(&self) -> usize {
        self.tail - self.head
    }
}

/// Iterator over the notifications of an [`Outbox`], the oldest first.
#[derive(Clone, Debug)]
pub(super) struct Iter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = Waiting<'a>;

    fn next(&mut self) -> Option<Waiting<'a>> {
        let (record, rest) = self.rest.split_at_checked(record_size(self.rest)?)?;
        self.rest = rest;
        read_record(record)
    }
}

#[cfg(test)]
mod tests;
