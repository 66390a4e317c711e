//! Cooldown: the same text of the same rule is sent once, then counted.
//!
//! A cooldown silences one text of one rule for one notifier, and never a
//! notifier whose delivery failed. It is never the reason for a lost
//! notification either: when the table is full, the entry that would end first
//! ends now. If anything was held back, a summary is sent when the cooldown
//! ends.
//!
//! An entry is small, because a storm has many: it knows its text by the key, and
//! the text itself is kept only once it was held back.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::ids::{NotifierId, NotifierSet, RuleName, Ticket};
use crate::limits::COOLDOWNS_MAX;
use crate::rules::notice::NoticeHead;
use crate::rules::policy::kept_texts::{Kept, KeptTexts, Place};
use crate::rules::policy::key::Key;
use crate::rules::policy::outcome::{Decision, Event, KeptText, Remark};
use crate::text::Text;
use crate::time::Instant;

/// Lists that the entries are divided into by their keys, so that one is found
/// quickly.
const BUCKETS: usize = 256;

/// The number of an entry that does not exist.
const NONE: u16 = u16::MAX;

const _: () = assert!(COOLDOWNS_MAX < NONE as usize);

/// A text whose cooldown runs or has just ended.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: Key,
    ends: Instant,
    ticket: Ticket,
    /// How often the text was held back.
    held: u32,
    rule: RuleName,
    /// The notifiers that are quiet.
    notifiers: NotifierSet,
    /// The notifiers that the text was held back from, whatever became of the
    /// deliveries that had made them quiet. They get the summary.
    owed: NotifierSet,
    /// The text, once it was held back.
    text: Option<Place>,
    /// The next entry of the same bucket, or [`NONE`].
    next: u16,
}

const _: () = assert!(size_of::<Entry>() == 40);

impl Entry {
    /// Returns whether the end of the cooldown is worth a notification.
    const fn has_summary(&self) -> bool {
        self.held > 0
    }
}

/// The texts whose cooldown runs.
#[derive(Debug)]
pub(super) struct Cooldowns {
    /// At most [`COOLDOWNS_MAX`], for which there is room from the start. On the
    /// heap: inside the engine all of it would become resident as soon as it is
    /// moved, and here only what is used does.
    entries: Vec<Entry>,
    /// The first entry of each bucket, or [`NONE`].
    buckets: Box<[u16; BUCKETS]>,
    texts: KeptTexts,
    /// When the first of the cooldowns ends, so that a line that has nothing to do
    /// with any need not look at them; the end of time if there is none.
    earliest: Instant,
    next_ticket: u32,
}

/// The end of time.
const NEVER: Instant = Instant::from_millis(u64::MAX);

impl Cooldowns {
    /// Returns an empty table.
    pub(super) fn new() -> Self {
        Self {
            entries: Vec::with_capacity(COOLDOWNS_MAX),
            buckets: Box::new([NONE; BUCKETS]),
            texts: KeptTexts::new(),
            earliest: NEVER,
            next_ticket: 1,
        }
    }

    /// Decides about `text`, which is `key`'s, and starts the cooldown of
    /// `millis` for the notifiers that get it.
    pub(super) fn on_match(
        &mut self,
        now: Instant,
        key: Key,
        head: &NoticeHead,
        text: Text<'_>,
        millis: u64,
    ) -> Decision {
        if let Some(index) = self.find(now, key) {
            return self.on_repeat(index, head, text);
        }
        if self.entries.len() == COOLDOWNS_MAX
            && let Some(index) = self.first_to_end()
        {
            if self.entries[index].has_summary() {
                self.entries[index].ends = now;
                self.earliest = now;
                return Decision::MakeRoom;
            }
            self.remove(index);
        }
        let ticket = Ticket(self.next_ticket);
        // 0 means "no cooldown"; after 2^32 notifications the count starts over.
        self.next_ticket = self.next_ticket.checked_add(1).unwrap_or(1);
        let ends = now.after(millis);
        let bucket = &mut self.buckets[key.bucket(BUCKETS)];
        let number = self.entries.len() as u16;
        self.entries.push(Entry {
            key,
            ends,
            ticket,
            held: 0,
            rule: head.rule,
            notifiers: head.notifiers,
            owed: NotifierSet::EMPTY,
            text: None,
            next: core::mem::replace(bucket, number),
        });
        self.earliest = self.earliest.min(ends);
        Decision::Notify(head.notifiers, ticket)
    }

    /// Decides about a text whose cooldown runs.
    fn on_repeat(&mut self, index: usize, head: &NoticeHead, text: Text<'_>) -> Decision {
        // After the failure of every delivery the entry silences nobody.
        if !self.entries[index].notifiers.is_empty() {
            let place = match self.entries[index].text {
                Some(place) => {
                    self.texts.touch(place, head.at);
                    place
                }
                None => self.keep_text(head, text),
            };
            let entry = &mut self.entries[index];
            entry.text = Some(place);
            entry.held = entry.held.saturating_add(1);
            entry.owed = entry.owed.union(entry.notifiers);
        }
        let entry = &mut self.entries[index];
        let missing = head.notifiers.without(entry.notifiers);
        if missing.is_empty() {
            return Decision::Hold;
        }
        entry.notifiers = entry.notifiers.union(missing);
        Decision::Notify(missing, entry.ticket)
    }

    fn keep_text(&mut self, head: &NoticeHead, text: Text<'_>) -> Place {
        let Self { entries, texts, .. } = self;
        let kept = Kept {
            last: head.at,
            source: head.source,
            text,
        };
        texts.keep(kept, |cut, length| move_texts(entries, cut, length))
    }

    /// Ends the cooldowns whose time has come and returns the first summary, or
    /// `None` once there is none left.
    pub(super) fn on_timeout(&mut self, now: Instant) -> Option<Event> {
        while self.earliest <= now {
            let index = self.first_to_end()?;
            // The end of time may come, when the daemon ends.
            if self.entries[index].ends > now {
                break;
            }
            let event = self.summary(index);
            self.remove(index);
            if event.is_some() {
                return event;
            }
        }
        None
    }

    /// Returns when the next cooldown ends.
    pub(super) fn next(&self) -> Option<Instant> {
        (!self.entries.is_empty()).then_some(self.earliest)
    }

    /// Takes a notifier out of the cooldown with this ticket: its delivery
    /// failed, so the next such line goes there again.
    pub(super) fn on_failure(&mut self, ticket: Ticket, notifier: NotifierId) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.ticket == ticket) {
            entry.notifiers.remove(notifier);
        }
    }

    /// Returns the notification that ends a cooldown, if it has something to say.
    fn summary(&self, index: usize) -> Option<Event> {
        let entry = self.entries.get(index)?;
        let Kept { last, source, text } = self.texts.get(entry.text?);
        entry.has_summary().then(|| Event {
            // The summary arms nothing: the next such line notifies at once.
            head: NoticeHead {
                rule: entry.rule,
                notifiers: entry.owed,
                at: last,
                source,
                ticket: Ticket::default(),
            },
            text: KeptText::beginning_of(text),
            remark: Remark::Repeated {
                times: entry.held,
                last,
            },
        })
    }

    /// Returns the entry of a key whose cooldown runs.
    fn find(&self, now: Instant, key: Key) -> Option<usize> {
        let mut number = self.buckets[key.bucket(BUCKETS)];
        loop {
            let entry = self.entries.get(usize::from(number))?;
            if entry.key == key && entry.ends > now {
                return Some(number.into());
            }
            number = entry.next;
        }
    }

    /// Removes an entry. The last one takes its number.
    fn remove(&mut self, index: usize) {
        let entry = self.entries[index];
        *self.link(index) = entry.next;
        let last = self.entries.len() - 1;
        if last != index {
            *self.link(last) = index as u16;
        }
        self.entries.swap_remove(index);
        if let Some(removed) = entry.text {
            let length = self.texts.remove(removed);
            let places = self
                .entries
                .iter_mut()
                .filter_map(|entry| entry.text.as_mut());
            places.for_each(|place| *place = place.moved(removed, length));
        }
        if entry.ends <= self.earliest {
            let ends = self.entries.iter().map(|entry| entry.ends);
            self.earliest = ends.min().unwrap_or(NEVER);
        }
    }

    /// Returns what refers to an entry: its bucket, or the entry before it there.
    fn link(&mut self, index: usize) -> &mut u16 {
        let bucket = self.entries[index].key.bucket(BUCKETS);
        let mut before = None;
        let mut number = usize::from(self.buckets[bucket]);
        // Ends at the entry itself, which is in its bucket's list.
        while number != index {
            before = Some(number);
            number = self.entries[number].next.into();
        }
        match before {
            Some(before) => &mut self.entries[before].next,
            None => &mut self.buckets[bucket],
        }
    }

    fn first_to_end(&self) -> Option<usize> {
        let entries = self.entries.iter().enumerate();
        let (index, _) = entries.min_by_key(|(_, entry)| entry.ends)?;
        Some(index)
    }
}

/// Corrects the places of texts after `length` bytes of the one at `removed` went.
fn move_texts(entries: &mut [Entry], removed: Place, length: u16) {
    for place in entries.iter_mut().filter_map(|entry| entry.text.as_mut()) {
        *place = place.moved(removed, length);
    }
}
