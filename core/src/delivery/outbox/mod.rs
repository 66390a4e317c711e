//! The notifications that wait for one notifier, in a fixed number of bytes.
//!
//! The records lie one after the other in the order of their arrival. When there
//! is no room, [`evict`] decides which of them go.
//!
//! If another router says the same as one whose notification waits, its name is added to
//! that record: `[office, pop-1] ether1 is down`. So a fleet of thousands that loses its
//! link takes the room of its names, and each is named in few messages. A record holds
//! so many names that it fits into one message of every service.

mod evict;
mod names;
mod record;

use alloc::boxed::Box;
use alloc::vec;

use crate::limits::{
    MERGE_LOOK_BACK_RECORDS, MERGE_WITHIN_MILLIS, MERGED_TEXT_BYTES_MAX, NOTICE_BYTES_MAX,
};
pub(super) use names::Names;
use record::{HEADER_BYTES, last_record_size, note_growth, read_record, record_size};
pub(super) use record::{
    Waiting, address_from_bytes, rating_to_byte, severity_from_byte, shows_address, write_router,
};

/// What the notifications of a record must have in common, beside rule, text, topics and
/// severity: what the notifier's requests name once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merging {
    /// Nothing: one record may name many routers.
    Routers,
    /// The time.
    RoutersAtOnce,
    /// The sender, so each notification is a record.
    Nothing,
}

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
    /// How many notifications the records stand for.
    notices: u64,
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
            notices: 0,
            next_sequence: 0,
        }
    }

    /// Returns how many records wait.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Returns how many notifications wait.
    pub(super) const fn notices(&self) -> u64 {
        self.notices
    }

    /// Returns whether none waits.
    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends a record, whose number it chooses, or adds its router to another one that
    /// says the same and whose number is `open_from` or more. If there is no
    /// room, others go, and each is shown to `evicted` first. Bounded work: a few
    /// passes over the store, once for every eighth of it that is written.
    ///
    /// A record that is longer than the whole store is refused by calling `evicted`
    /// with it; the limits make that impossible.
    pub(super) fn push(
        &mut self,
        record: Waiting<'_>,
        (merging, open_from): (Merging, u64),
        evicted: &mut dyn FnMut(&Waiting<'_>),
    ) {
        if self.merge(&record, merging, open_from) {
            return;
        }
        let record = Waiting {
            sequence: self.next_sequence,
            ..record
        };
        self.next_sequence += 1;
        let needed = record.size();
        if needed > self.store.len().min(RECORD_BYTES_MAX) {
            return evicted(&record);
        }
        if self.used() + needed > self.store.len() {
            while !self.is_empty() && self.used() + needed > self.kept {
                self.evict(self.used() + needed - self.kept, &record, evicted);
            }
        }
        self.make_room(needed);
        record.write_record(&mut self.store[self.tail..self.tail + needed]);
        self.tail += needed;
        self.len += 1;
        self.notices += record.count();
    }

    /// Adds the router of a notification to one of the newest records, if that says the
    /// same. Returns whether it did.
    fn merge(&mut self, new: &Waiting<'_>, merging: Merging, open_from: u64) -> bool {
        // A text that does not name its router would hide that there were two.
        if merging == Merging::Nothing || new.name_bytes == 0 || new.is_restored {
            return false;
        }
        let mut end = self.tail;
        for _ in 0..MERGE_LOOK_BACK_RECORDS {
            let Some(size) = last_record_size(&self.store[self.head..end]) else {
                return false;
            };
            let start = end - size;
            let Some(waiting) = read_record(&self.store[start..end]) else {
                return false;
            };
            if waiting.sequence < open_from {
                return false;
            }
            if says_the_same(&waiting, new) {
                let is_right_time = merging == Merging::Routers || waiting.at == new.at;
                let is_soon = new.expires.since(waiting.expires) <= MERGE_WITHIN_MILLIS;
                return is_right_time && is_soon && self.add_name(start, end, new);
            }
            end = start;
        }
        false
    }

    /// Adds a router to a record, if it is not there yet and there is room.
    fn add_name(&mut self, start: usize, end: usize, new: &Waiting<'_>) -> bool {
        let Some(waiting) = read_record(&self.store[start..end]) else {
            return false;
        };
        let is_shared = waiting.router == new.router;
        if is_shared && waiting.source == new.source {
            return false;
        }
        let router = (new.router, new.source);
        let further = waiting
            .more
            .further(waiting.router, is_shared, new.ticket, router);
        let Some(name) = further else {
            return false;
        };
        let more = (waiting.more.as_bytes().len() + name.len()) as u16;
        let later = new.at.unix_secs.saturating_sub(waiting.at.unix_secs);
        // A clock that was set back says nothing.
        let span_secs = u32::try_from(later).unwrap_or(0).max(waiting.span_secs);
        if self.used() + name.len() > self.store.len() {
            return false;
        }
        let moved = self.make_room(name.len());
        let (start, end) = (start - moved, end - moved);
        let names_end = end - record::TRAILER_BYTES;
        self.store
            .copy_within(names_end..self.tail, names_end + name.len());
        self.store[names_end..names_end + name.len()].copy_from_slice(&name);
        let record = &mut self.store[start..end + name.len()];
        note_growth(record, more, span_secs, is_shared);
        self.tail += name.len();
        self.notices += 1;
        true
    }

    /// Moves the records to the beginning if there is too little room after them, and
    /// returns by how many bytes.
    fn make_room(&mut self, needed: usize) -> usize {
        let moved = self.head;
        if self.store.len() - self.tail >= needed {
            return 0;
        }
        self.store.copy_within(self.head..self.tail, 0);
        (self.head, self.tail) = (0, self.tail - self.head);
        moved
    }

    /// Returns the oldest record.
    pub(super) fn front(&self) -> Option<Waiting<'_>> {
        self.iter().next()
    }

    /// Removes the oldest record.
    pub(super) fn pop(&mut self) {
        let Some(oldest) = self.front() else {
            return;
        };
        let (size, count) = (oldest.size(), oldest.count());
        self.head += size;
        self.len -= 1;
        self.notices -= count;
        if self.len == 0 {
            // Starting over keeps the touched part of the store small, and with
            // it the resident memory of a daemon that rarely notifies.
            (self.head, self.tail) = (0, 0);
        }
    }

    /// Returns the records, the oldest first.
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

/// Iterator over the records of an [`Outbox`], the oldest first.
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

/// The longest record: all of it, names included, has 16 bits for its length.
const RECORD_BYTES_MAX: usize = u16::MAX as usize;

const _: () = assert!(
    HEADER_BYTES
        + NOTICE_BYTES_MAX
        + 2 * u8::MAX as usize
        + names::BYTES_MAX
        + record::TRAILER_BYTES
        <= RECORD_BYTES_MAX
);

/// Returns whether a notification says of its router what a record says of others.
fn says_the_same(waiting: &Waiting<'_>, new: &Waiting<'_>) -> bool {
    waiting.rule == new.rule
        && !waiting.is_restored
        && !waiting.router.as_bytes().is_empty()
        && (waiting.severity, waiting.topics) == (new.severity, new.topics)
        && waiting.priority == new.priority
        && waiting.body() == new.body()
        && new.body().len() <= MERGED_TEXT_BYTES_MAX
}

#[cfg(test)]
mod tests;
