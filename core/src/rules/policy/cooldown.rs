//! Cooldown: the same text of the same rule is sent once, then counted.
//!
//! A cooldown silences one text of one rule for one notifier, and never a
//! notifier whose delivery failed. It is never the reason for a lost
//! notification either: when the table is full, an entry of the rule and router with the
//! most ends now. If anything was held back, a summary is sent when the cooldown
//! ends.
//!
//! An entry is small, because a storm has many: it knows its text by the key, and
//! the text itself is kept only once it was held back.

use alloc::vec::Vec;

use crate::ids::{NotifierId, NotifierSet, RuleId, RuleName, Ticket};
use crate::limits::{COOLDOWN_TEXTS_BYTES, COOLDOWNS_MAX};
use crate::rules::notice::NoticeHead;
use crate::rules::policy::kept_texts::{Kept, KeptTexts, Place};
use crate::rules::policy::key::Case;
use crate::rules::policy::outcome::{Decision, Event, Held, Remark};
use crate::rules::policy::slots::Slots;
use crate::text::{ShortText, Text};
use crate::time::Instant;

/// A text whose cooldown runs or has just ended.
#[derive(Clone, Copy, Debug)]
struct Entry {
    ticket: Ticket,
    /// How often the text was held back.
    held: u32,
    rule: RuleName,
    /// The notifiers that are quiet.
    notifiers: NotifierSet,
    /// The notifiers that the text was held back from, whatever became of the
    /// deliveries that had made them quiet. They get the summary.
    owed: NotifierSet,
    /// The text: once it was held back, or from the beginning.
    text: Option<Place>,
    /// Whether the text is the one that was notified, which says how many matches it
    /// stands for.
    is_tally: bool,
}

const _: () = assert!(size_of::<Entry>() == 20);

impl Entry {
    /// Returns whether the end of the cooldown is worth a notification.
    const fn has_summary(&self) -> bool {
        self.held > 0
    }
}

/// The texts whose cooldown runs. Those that have ended are gone before a match comes:
/// the engine lets timers speak first.
#[derive(Debug)]
pub(super) struct Cooldowns {
    slots: Slots,
    entries: Vec<Entry>,
    texts: KeptTexts,
    next_ticket: u32,
}

impl Cooldowns {
    /// Returns an empty table.
    pub(super) fn new() -> Self {
        Self {
            slots: Slots::new(COOLDOWNS_MAX),
            entries: Vec::with_capacity(COOLDOWNS_MAX),
            texts: KeptTexts::new(COOLDOWN_TEXTS_BYTES),
            next_ticket: 1,
        }
    }

    /// Returns whether a case's cooldown runs.
    pub(super) fn runs(&self, case: Case) -> bool {
        self.slots.find(case.key).is_some()
    }

    /// Returns whether any cooldown of a rule runs for a router.
    pub(super) fn is_under_way(&self, rule: RuleId, router: u32) -> bool {
        self.slots.of(rule, router).next().is_some()
    }

    /// Decides about `text`, which is `case`'s, and starts the cooldown of
    /// `millis` for the notifiers that get it. If the text is a tally, it is what the
    /// summary begins with, and not that of a match which was held back.
    pub(super) fn on_match(
        &mut self,
        now: Instant,
        case: Case,
        head: &NoticeHead,
        (text, is_tally): (Text<'_>, bool),
        millis: u64,
    ) -> Decision {
        if let Some(index) = self.slots.find(case.key) {
            return self.on_repeat(index, head, text);
        }
        if self.slots.is_full()
            && let Some(index) = self.slots.victim(now)
        {
            if self.entries[index].has_summary() {
                self.slots.set_ends(index, now);
                return Decision::MakeRoom;
            }
            self.remove(index);
        }
        let ticket = Ticket(self.next_ticket);
        // 0 means "no cooldown"; after 2^32 notifications the count starts over.
        self.next_ticket = self.next_ticket.checked_add(1).unwrap_or(1);
        let number = self.entries.len();
        let place = is_tally.then(|| self.keep_text(number, head, text));
        self.slots.insert(case, now.after(millis));
        self.entries.push(Entry {
            ticket,
            held: 0,
            rule: head.rule,
            notifiers: head.notifiers,
            owed: NotifierSet::EMPTY,
            text: place,
            is_tally,
        });
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
                None => self.keep_text(index, head, text),
            };
            let entry = &mut self.entries[index];
            entry.text = Some(place);
            entry.held = entry.held.saturating_add(1);
            entry.owed = entry.owed.union(entry.notifiers);
        }
        let entry = &mut self.entries[index];
        let missing = head.notifiers.without(entry.notifiers);
        if missing.is_empty() {
            return Decision::Hold(Held::Cooldown);
        }
        entry.notifiers = entry.notifiers.union(missing);
        Decision::Notify(missing, entry.ticket)
    }

    fn keep_text(&mut self, index: usize, head: &NoticeHead, text: Text<'_>) -> Place {
        let Self { entries, texts, .. } = self;
        let kept = Kept::of(head, text);
        texts.keep(index as u16, &kept, &mut |owner, place| {
            if let Some(entry) = entries.get_mut(usize::from(owner)) {
                entry.text = Some(place);
            }
        })
    }

    /// Ends the cooldowns whose time has come and returns the first summary, or
    /// `None` once there is none left.
    pub(super) fn on_timeout(&mut self, now: Instant) -> Option<Event> {
        while let Some(index) = self.slots.ended(now) {
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
        self.slots.next()
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
        let kept = self.texts.get(entry.text?);
        entry.has_summary().then(|| Event {
            // The summary arms nothing: the next such line notifies at once.
            head: kept.head(entry.rule, entry.owed),
            is_named: kept.is_named,
            text: ShortText::beginning_of(kept.text),
            remark: Remark::Repeated {
                times: entry.held,
                is_tally: entry.is_tally,
            },
        })
    }

    /// Removes an entry. The last one takes its number.
    fn remove(&mut self, index: usize) {
        self.slots.remove(index);
        if let Some(removed) = self.entries.swap_remove(index).text {
            self.texts.remove(removed);
        }
        if let Some(place) = self.entries.get(index).and_then(|moved| moved.text) {
            self.texts.set_owner(place, index as u16);
        }
    }
}
