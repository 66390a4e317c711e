//! Cooldown: the same text of the same rule is sent once, then counted.
//!
//! A cooldown silences one text of one rule for one notifier, and never a
//! notifier whose delivery failed. It is never the reason for a lost
//! notification either: when the table is full, the entry that would end first
//! ends now. If anything was held back, a summary is sent when the cooldown
//! ends.

use alloc::vec::Vec;

use crate::ids::{NotifierId, NotifierSet, Ticket};
use crate::limits::COOLDOWNS_MAX;
use crate::rules::notice::NoticeHead;
use crate::rules::policy::key::Key;
use crate::rules::policy::outcome::{Decision, Event, KeptText, Remark};
use crate::text::Text;
use crate::time::{Instant, Wall};

/// A text whose cooldown runs or has just ended.
#[derive(Debug)]
struct Entry {
    key: Key,
    /// The notification that started it. Its notifiers are those that are quiet.
    head: NoticeHead,
    ends: Instant,
    /// The notifiers that the text was held back from, whatever became of the
    /// deliveries that had made them quiet. They get the summary.
    owed: NotifierSet,
    /// How often the text was held back.
    held: u32,
    /// When the text was last held back.
    last: Wall,
    text: KeptText,
}

impl Entry {
    /// Returns whether the end of the cooldown is worth a notification.
    const fn has_summary(&self) -> bool {
        self.held > 0
    }

    fn into_summary(self) -> Event {
        Event {
            // The summary arms nothing: the next such line notifies at once.
            head: NoticeHead {
                at: self.last,
                notifiers: self.owed,
                ticket: Ticket::default(),
                ..self.head
            },
            text: self.text,
            remark: Remark::Repeated {
                times: self.held,
                last: self.last,
            },
        }
    }
}

/// The texts whose cooldown runs.
#[derive(Debug)]
pub(super) struct Cooldowns {
    /// At most [`COOLDOWNS_MAX`], for which there is room from the start. On the
    /// heap: inside the engine all 75 kB would become resident as soon as it is
    /// moved, and here only what is used does.
    entries: Vec<Entry>,
    next_ticket: u32,
}

impl Cooldowns {
    /// Returns an empty table.
    pub(super) fn new() -> Self {
        Self {
            entries: Vec::with_capacity(COOLDOWNS_MAX),
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
        let running = self
            .entries
            .iter_mut()
            .find(|entry| entry.key == key && entry.ends > now);
        if let Some(entry) = running {
            // After the failure of every delivery the entry silences nobody.
            if !entry.head.notifiers.is_empty() {
                entry.held = entry.held.saturating_add(1);
                entry.owed = entry.owed.union(entry.head.notifiers);
                entry.last = head.at;
            }
            let missing = head.notifiers.without(entry.head.notifiers);
            if missing.is_empty() {
                return Decision::Hold;
            }
            entry.head.notifiers = entry.head.notifiers.union(missing);
            return Decision::Notify(missing, entry.head.ticket);
        }
        if self.entries.len() == COOLDOWNS_MAX
            && let Some(index) = self.earliest()
        {
            if self.entries[index].has_summary() {
                self.entries[index].ends = now;
                return Decision::MakeRoom;
            }
            self.entries.swap_remove(index);
        }
        let ticket = Ticket(self.next_ticket);
        // 0 means "no cooldown"; after 2^32 notifications the count starts over.
        self.next_ticket = self.next_ticket.checked_add(1).unwrap_or(1);
        self.entries.push(Entry {
            key,
            head: NoticeHead { ticket, ..*head },
            ends: now.after(millis),
            owed: NotifierSet::EMPTY,
            held: 0,
            last: head.at,
            text: KeptText::beginning_of(text),
        });
        Decision::Notify(head.notifiers, ticket)
    }

    /// Ends the cooldowns whose time has come and returns the first summary, or
    /// `None` once there is none left.
    pub(super) fn on_timeout(&mut self, now: Instant) -> Option<Event> {
        loop {
            let index = self.earliest()?;
            if self.entries[index].ends > now {
                return None;
            }
            let entry = self.entries.swap_remove(index);
            if entry.has_summary() {
                return Some(entry.into_summary());
            }
        }
    }

    /// Returns when the next cooldown ends.
    pub(super) fn next(&self) -> Option<Instant> {
        self.entries.iter().map(|entry| entry.ends).min()
    }

    /// Takes a notifier out of the cooldown with this ticket: its delivery
    /// failed, so the next such line goes there again.
    pub(super) fn on_failure(&mut self, ticket: Ticket, notifier: NotifierId) {
        if let Some(entry) = self
            .entries
            .iter_mut()
            .find(|entry| entry.head.ticket == ticket)
        {
            entry.head.notifiers.remove(notifier);
        }
    }

    fn earliest(&self) -> Option<usize> {
        let entries = self.entries.iter().enumerate();
        let (index, _) = entries.min_by_key(|(_, entry)| entry.ends)?;
        Some(index)
    }
}
