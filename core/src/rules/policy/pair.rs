//! Pairs: what a line begins, another line ends.
//!
//! A case begins with a match of the rule, and ends with a match of its recovery. With
//! a grace time the beginning is notified only if the end has not come by then. The end
//! is notified if the beginning was. While a case is open, it can be reminded of.
//!
//! A case that begins again less than a cooldown after it ended flaps: what follows is
//! counted until nothing has changed for a cooldown, or for [`FLAP_REPORT_MILLIS`] at
//! most, and then notified once. The cooldown is therefore this policy's own affair for
//! rules that have a recovery.

use alloc::vec::Vec;

use crate::ids::{NotifierSet, RuleId, RuleName, Ticket};
use crate::limits::{FLAP_REPORT_MILLIS, PAIR_TEXTS_BYTES, PAIRS_MAX};
use crate::rules::notice::NoticeHead;
use crate::rules::policy::kept_texts::{Kept, KeptTexts, Place};
use crate::rules::policy::key::Case;
use crate::rules::policy::outcome::{Decision, Event, Held, Remark};
use crate::rules::policy::slots::{NEVER, Slots};
use crate::text::{ShortText, Text};
use crate::time::Instant;

/// Beginnings that make flapping worth a notification if none of them was notified,
/// because each ended within its grace time.
const FLAPS_IN_GRACE_MIN: u16 = 3;

/// The times of a rule's pairs, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PairTimes {
    /// How long the end may take to come before the beginning is notified.
    pub(super) grace: u64,
    /// The time between two reminders, or 0.
    pub(super) remind: u64,
    /// The cooldown, in which a case that begins again flaps.
    pub(super) cooldown: u64,
}

/// Where a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It has begun, and its grace time runs.
    Grace,
    /// It has begun.
    Open,
    /// It has ended, less than a cooldown ago.
    Over,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    rule: RuleName,
    notifiers: NotifierSet,
    state: State,
    times: PairTimes,
    /// Whether the beginning was notified. Then it is the first one of a case that flaps
    /// from now on.
    is_notified: bool,
    /// How often the case has begun since it was last stable.
    begun: u16,
    /// When it first did.
    flaps_since: Instant,
    /// Whether that was notified.
    is_first_notified: bool,
    /// When it last did.
    since: Instant,
    /// When its beginning was last notified.
    notified: Instant,
    text: Place,
    /// The entry goes after its event, because another one needs the room.
    must_go: bool,
}

/// The cases that are open, or have ended a short time ago.
#[derive(Debug)]
pub(super) struct Pairs {
    slots: Slots,
    entries: Vec<Entry>,
    texts: KeptTexts,
    /// Open cases that went because others needed the room: their end is not noticed.
    forgotten: u64,
}

impl Pairs {
    /// Returns an empty table. If it is not used, it has no room: each piece of memory
    /// touches two pages.
    pub(super) fn new(is_used: bool) -> Self {
        let (max, texts_bytes) = match is_used {
            true => (PAIRS_MAX, PAIR_TEXTS_BYTES),
            false => (0, 0),
        };
        Self {
            slots: Slots::new(max),
            entries: Vec::with_capacity(max),
            texts: KeptTexts::new(texts_bytes),
            forgotten: 0,
        }
    }

    /// Returns how many open cases went because others needed the room.
    pub(super) const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Returns whether any case of a rule is open for a router.
    pub(super) fn is_under_way(&self, rule: RuleId, router: u32) -> bool {
        let mut entries = self.slots.of(rule, router);
        entries.any(|index| self.entries[index].state != State::Over)
    }

    /// Returns whether a case is open.
    pub(super) fn is_open(&self, case: Case) -> bool {
        let index = self.slots.find(case.key);
        index.is_some_and(|index| self.entries[index].state != State::Over)
    }

    /// Decides about a beginning.
    pub(super) fn on_match(
        &mut self,
        now: Instant,
        case: Case,
        head: &NoticeHead,
        text: Text<'_>,
        times: PairTimes,
    ) -> Decision {
        let Some(index) = self.slots.find(case.key) else {
            return self.begin(now, case, head, text, times);
        };
        let entry = &mut self.entries[index];
        match entry.state {
            State::Grace => Decision::Hold(Held::Grace),
            // The same line again, without an end between them.
            State::Open if entry.is_notified => {
                if now.since(entry.notified) < times.cooldown {
                    return Decision::Hold(Held::Open);
                }
                entry.notified = now;
                Decision::Notify(entry.notifiers, Ticket::default())
            }
            State::Open => Decision::Hold(Held::Flapping),
            State::Over => {
                entry.begun = entry.begun.saturating_add(1);
                entry.since = now;
                entry.state = State::Open;
                entry.is_notified = false;
                self.texts.touch(entry.text, head.at);
                self.wait_until_stable(now, index);
                Decision::Hold(Held::Flapping)
            }
        }
    }

    /// Opens a case.
    fn begin(
        &mut self,
        now: Instant,
        case: Case,
        head: &NoticeHead,
        text: Text<'_>,
        times: PairTimes,
    ) -> Decision {
        if self.slots.is_full()
            && let Some(index) = self.slots.victim(now)
        {
            self.forgotten += u64::from(self.entries[index].state != State::Over);
            // What it holds back is notified now.
            if self.has_event(index) {
                self.entries[index].must_go = true;
                self.slots.set_ends(index, now);
                return Decision::MakeRoom;
            }
            self.remove(index);
        }
        let Self { entries, texts, .. } = self;
        let kept = Kept::of(head, text);
        let text = texts.keep(entries.len() as u16, &kept, &mut |owner, place| {
            if let Some(entry) = entries.get_mut(usize::from(owner)) {
                entry.text = place;
            }
        });
        let waits = times.grace > 0;
        let ends = if waits {
            now.after(times.grace)
        } else {
            next_reminder(now, times)
        };
        self.slots.insert(case, ends);
        self.entries.push(Entry {
            rule: head.rule,
            notifiers: head.notifiers,
            state: if waits { State::Grace } else { State::Open },
            times,
            is_notified: !waits,
            begun: 1,
            flaps_since: now,
            is_first_notified: !waits,
            since: now,
            notified: now,
            text,
            must_go: false,
        });
        if waits {
            Decision::Hold(Held::Grace)
        } else {
            Decision::Notify(head.notifiers, Ticket::default())
        }
    }

    /// Decides about an end. Returns how long the case was open, in milliseconds, if
    /// that is worth a notification.
    pub(super) fn on_recovery(&mut self, now: Instant, case: Case) -> Result<u64, Held> {
        let index = self.slots.find(case.key).ok_or(Held::NotOpen)?;
        let entry = &mut self.entries[index];
        if entry.state == State::Over {
            return Err(Held::NotOpen);
        }
        let (was_notified, lasted) = (entry.is_notified, now.since(entry.since));
        let held = match entry.state {
            State::Grace => Held::Grace,
            _ => Held::Flapping,
        };
        entry.state = State::Over;
        if entry.times.cooldown == 0 {
            self.remove(index);
        } else {
            self.wait_until_stable(now, index);
        }
        if was_notified { Ok(lasted) } else { Err(held) }
    }

    /// Lets a case that has changed wait until it has been stable for a cooldown.
    fn wait_until_stable(&mut self, now: Instant, index: usize) {
        let Entry {
            times, flaps_since, ..
        } = self.entries[index];
        // A beginning may still end within its grace time.
        let pause = times.cooldown.max(times.grace);
        let latest = flaps_since.after(FLAP_REPORT_MILLIS.max(pause));
        let ends = now.after(pause).min(latest.max(now));
        self.slots.set_ends(index, ends);
    }

    /// Returns whether the timer of an entry has something to say.
    fn has_event(&self, index: usize) -> bool {
        let entry = &self.entries[index];
        match entry.state {
            State::Grace => true,
            State::Open => !entry.is_notified,
            State::Over if entry.is_first_notified => entry.begun > 1,
            State::Over => entry.begun >= FLAPS_IN_GRACE_MIN,
        }
    }

    /// Returns the next event that is due, or `None` once there is none left.
    pub(super) fn on_timeout(&mut self, now: Instant) -> Option<Event> {
        while let Some(index) = self.slots.ended(now) {
            if let Some(event) = self.expire(now, index) {
                return Some(event);
            }
        }
        None
    }

    /// Returns when a timer has something to do.
    pub(super) fn next(&self) -> Option<Instant> {
        self.slots.next()
    }

    /// Handles the end of an entry's time.
    fn expire(&mut self, now: Instant, index: usize) -> Option<Event> {
        let speaks = self.has_event(index);
        let entry = &mut self.entries[index];
        let kept = self.texts.get(entry.text);
        let flapped = Remark::Flapped {
            times: entry.begun,
            millis: entry.since.since(entry.flaps_since),
            is_over: entry.state == State::Over,
        };
        let remark = match entry.state {
            State::Grace => Some(Remark::Began),
            State::Open if entry.is_notified => {
                // At the end of time the daemon stops, and reminds of nothing.
                let millis = now.since(entry.since);
                (now < NEVER).then_some(Remark::Lasts { millis })
            }
            _ => speaks.then_some(flapped),
        };
        let event = remark.map(|remark| Event {
            head: kept.head(entry.rule, entry.notifiers),
            is_named: kept.is_named,
            text: ShortText::beginning_of(kept.text),
            remark,
        });
        if entry.state == State::Over || entry.must_go {
            self.remove(index);
        } else {
            entry.state = State::Open;
            entry.is_notified = true;
            entry.notified = now;
            entry.begun = 1;
            entry.flaps_since = entry.since;
            entry.is_first_notified = true;
            let next = next_reminder(now, entry.times);
            self.slots.set_ends(index, next);
        }
        event
    }

    /// Removes an entry. The last one takes its number.
    fn remove(&mut self, index: usize) {
        self.slots.remove(index);
        let removed = self.entries.swap_remove(index).text;
        self.texts.remove(removed);
        if let Some(moved) = self.entries.get(index) {
            self.texts.set_owner(moved.text, index as u16);
        }
    }
}

/// Returns when an open case is reminded of next.
fn next_reminder(now: Instant, times: PairTimes) -> Instant {
    match times.remind {
        0 => NEVER,
        millis => now.after(millis),
    }
}
