//! Novelty: only a value that an event has not had from this router before.
//!
//! Each event with this policy knows up to [`KNOWN_VALUES_MAX`] values, as keyed hashes.
//! When there is no room, the value goes that was not seen for the longest time, of the
//! router that has the most: a stranger who invents values pushes out those of the same
//! event, and of his own router first. Which goes is counted, since it would be new if it
//! came again.
//!
//! What is known can be [saved](Novelties::save) and [restored](Novelties::restore). The
//! secret of the hashes is this policy's own, because it is part of that.

mod state;
#[cfg(test)]
mod tests;
mod values;

use alloc::boxed::Box;

use heapless::Deque;

pub use state::{DamagedState, State};
pub(in crate::rules) use values::Value;

use crate::ids::{NotifierId, NotifierSet, RuleId, RuleName, Ticket};
use crate::limits::{KNOWN_VALUES_MAX, KNOWN_VALUES_TOTAL_MAX, NEW_VALUES_WATCHED_MAX};
use crate::routers::RouterKey;
use crate::rules::policy::key::Secret;
use crate::rules::policy::novelty::state::{Known, StateWriter};
use crate::rules::policy::novelty::values::{Seen, Values};
use crate::rules::policy::outcome::Held;
use crate::rules::rule::Rule;
use crate::text::Text;
use crate::time::Instant;

/// What became of the values that a state has of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    /// They are known again.
    Known,
    /// The event is another one now: its condition or its mask has changed.
    Changed,
    /// There is no such event any more, or any value is news to it.
    Unused,
}

/// An event and the values it knows.
#[derive(Debug)]
struct Event {
    id: RuleId,
    rule: RuleName,
    identity: u64,
    /// For how long values are only learned, in milliseconds.
    learn_millis: u64,
    /// For how long earlier processes have learned.
    learned_millis: u64,
    values: Values,
    /// How many values were forgotten for others, and not reported yet.
    forgotten: u64,
}

/// A new value whose notification may still fail.
#[derive(Clone, Copy, Debug)]
struct Watched {
    ticket: Ticket,
    id: RuleId,
    value: Value,
    /// The notifiers that have not failed.
    notifiers: NotifierSet,
}

/// The values that all events know.
///
/// An engine hands them out, because they may outlive it.
#[derive(Debug)]
pub struct Novelties {
    secret: Secret,
    events: Box<[Event]>,
    /// When this process began to learn.
    begun: Option<Instant>,
    /// The latest new values, so that one is new again if nobody got to know it.
    watched: Deque<Watched, NEW_VALUES_WATCHED_MAX>,
    next_ticket: u32,
    forgotten: u64,
    is_changed: bool,
}

impl Novelties {
    /// Returns the policy for those of the rules that have it. Nothing is known yet.
    pub(super) fn new(secret: Secret, rules: &[Rule]) -> Self {
        let count = rules.iter().filter(|rule| rule.knows_values()).count();
        // Equal shares from the start: so no event ever pushes out another one's.
        let share = KNOWN_VALUES_MAX.min(KNOWN_VALUES_TOTAL_MAX / count.max(1));
        let ids = (0..).map_while(RuleId::new);
        let events = ids.zip(rules).filter_map(|(id, rule)| {
            let first = rule.plan.as_ref()?.first.as_ref()?;
            Some(Event {
                id,
                rule: rule.name,
                identity: first.identity,
                learn_millis: first.learn_millis,
                learned_millis: 0,
                values: Values::new(share),
                forgotten: 0,
            })
        });
        Self {
            secret: secret.derived(),
            events: events.collect(),
            begun: None,
            watched: Deque::new(),
            next_ticket: u32::MAX,
            forgotten: 0,
            is_changed: true,
        }
    }

    /// Returns the value that a text of a router is.
    pub(super) fn value(&self, router: RouterKey<'_>, text: Text<'_>) -> Value {
        let (hash, router) = self.secret.stored(router, text);
        Value::new(hash, router)
    }

    /// Decides about a value, and knows it from now on. Learning begins with the first
    /// one, unless [`Novelties::restore`] has begun it.
    pub(super) fn on_match(&mut self, now: Instant, id: RuleId, value: Value) -> Result<(), Held> {
        let begun = *self.begun.get_or_insert(now);
        let Some(event) = self.events.iter_mut().find(|event| event.id == id) else {
            return Ok(());
        };
        match event.values.see(value) {
            // The new order alone is not worth a write to a router's flash.
            Seen::Known => return Err(Held::Known),
            Seen::New => {}
            Seen::Displaced => {
                event.forgotten += 1;
                self.forgotten += 1;
            }
        }
        self.is_changed = true;
        if event.learned(now, begun) < event.learn_millis {
            return Err(Held::Learning);
        }
        Ok(())
    }

    /// Watches what becomes of the notification of the value that came last. `ticket` is
    /// the one of another policy, or becomes one.
    pub(super) fn on_notify(&mut self, id: RuleId, notifiers: NotifierSet, ticket: &mut Ticket) {
        let event = self.events.iter().find(|event| event.id == id);
        let Some(value) = event.and_then(|event| event.values.last()) else {
            return;
        };
        if *ticket == Ticket::default() {
            *ticket = Ticket(self.next_ticket);
            // Those of cooldowns count upwards; the two meet after 2^32 notifications.
            self.next_ticket = self.next_ticket.checked_sub(1).unwrap_or(u32::MAX);
        }
        if self.watched.is_full() {
            self.watched.pop_front();
        }
        let _ = self.watched.push_back(Watched {
            ticket: *ticket,
            id,
            value,
            notifiers,
        });
    }

    /// Takes note of a failed delivery. A value that reached none of its notifiers is new
    /// again.
    pub(super) fn on_failure(&mut self, ticket: Ticket, notifier: NotifierId) {
        let is_it = |watched: &&mut Watched| watched.ticket == ticket;
        let Some(watched) = self.watched.iter_mut().find(is_it) else {
            return;
        };
        watched.notifiers.remove(notifier);
        let Watched {
            id,
            value,
            notifiers,
            ..
        } = *watched;
        let event = self.events.iter_mut().find(|event| event.id == id);
        if let Some(event) = event
            && notifiers.is_empty()
            && event.values.forget(value)
        {
            self.is_changed = true;
        }
    }

    /// Returns how many values were forgotten for others.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Returns an event with the number of values that it has forgotten for others since
    /// it was last asked, or `None` if there is none left.
    pub fn take_forgotten(&mut self) -> Option<(RuleName, u64)> {
        let mut events = self.events.iter_mut();
        let event = events.find(|event| event.forgotten > 0)?;
        Some((event.rule, core::mem::take(&mut event.forgotten)))
    }

    /// Returns whether the next process should know more than was saved last.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.is_changed && !self.events.is_empty()
    }

    /// Writes what is known, and returns the length. `out` should have
    /// [`STATE_BYTES_MAX`](crate::limits::STATE_BYTES_MAX) bytes.
    pub fn save(&mut self, now: Instant, out: &mut [u8]) -> usize {
        let begun = *self.begun.get_or_insert(now);
        let Secret(one, two) = self.secret;
        let mut writer = StateWriter::new(out, (one, two));
        self.is_changed = false;
        for event in &self.events {
            let learned_millis = event.learned(now, begun);
            let known = Known {
                rule: event.rule,
                identity: event.identity,
                learned_millis,
            };
            writer.put_event(known, event.values.as_slice());
            // As long as it learns, the time that it has learned is news.
            self.is_changed |= learned_millis < event.learn_millis;
        }
        writer.finish()
    }

    /// Begins to learn, with what an earlier process has saved, if it has. Reports each
    /// event of that with the number of its values and what became of them.
    pub fn restore(
        &mut self,
        now: Instant,
        state: Option<&State<'_>>,
        report: &mut dyn FnMut(RuleName, usize, Restored),
    ) {
        self.begun = Some(now);
        let Some(state) = state else { return };
        self.secret = Secret(state.secret.0, state.secret.1);
        for (known, values) in state.events() {
            let mut events = self.events.iter_mut();
            let mut event = events.find(|event| event.rule == known.rule);
            let restored = match &event {
                None => Restored::Unused,
                Some(event) if event.identity != known.identity => Restored::Changed,
                Some(_) => Restored::Known,
            };
            if restored != Restored::Known {
                event = None;
            }
            // The latest are the last ones, so those stay if the share is smaller now.
            if let Some(event) = event {
                event.learned_millis = known.learned_millis;
                for &value in values {
                    event.values.see(Value(value));
                }
            }
            report(known.rule, values.len(), restored);
        }
    }
}

impl Event {
    /// Returns for how long values have been learned, in milliseconds.
    const fn learned(&self, now: Instant, begun: Instant) -> u64 {
        self.learned_millis.saturating_add(now.since(begun))
    }
}
