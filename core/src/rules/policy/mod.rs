//! Policies: what happens between a match and a notification.
//!
//! A rule that matches has something to say. A policy decides whether it is said,
//! to whom and when. It may also say something of its own when time has passed: a
//! summary, a recovery, "nothing came".
//!
//! # Contract
//!
//! A policy is a bounded table of entries. An entry has a [`Key`](key::Key), a
//! timer and all that the timer needs in order to speak: the notification's head
//! and its text, kept from the match. Each policy is a file of its own with a plain
//! struct, whose constructor allocates the table, and these three functions:
//!
//! * `on_match(now, key, head, text, …) -> Decision`: one look-up. A full table
//!   ends the entry that would end first, and what it has to say is said.
//! * `on_timeout(now) -> Option<Event>`: the events that are due, one at a time
//!   until `None`. Calling it early is harmless.
//! * `next() -> Option<Instant>`: when a timer has something to do at the latest.
//!
//! A policy that silences notifiers issues tickets and has a fourth function,
//! `on_failure(ticket, notifier)`, which ends the silence of a notifier that
//! never got the message.
//!
//! The engine knows [`Policies`] only, and the `let Self { … }` in each function
//! below makes the compiler name every place that a new policy must be put in.
//!
//! # Order
//!
//! A match passes the policies in a fixed order: inhibition, novelty, sequence,
//! threshold or distinct, pair, cooldown, quiet hours or digest. Each may hold it
//! or pass it on to fewer notifiers. Of these, cooldown exists.
//!
//! # Vocabulary
//!
//! The words are those of SEC, fail2ban and Alertmanager:
//!
//! | word | meaning |
//! | --- | --- |
//! | threshold | so many matches within the window, then one notification |
//! | window | how long an entry lives; starts with its first match |
//! | group by | the part of the match that makes its key, beside the router; so far the whole text |
//! | hold | not notify now, but count |
//! | cooldown | silence after a notification (SEC: suppress) |
//! | recovery | a second match that says that the first is over (SEC: pair) |
//! | grace | how long a recovery may take before the first match is notified |
//! | inhibition | one rule's open case silences another rule |

mod cooldown;
mod kept_texts;
mod key;
mod outcome;

pub(super) use outcome::{Decision, Event};

use crate::ids::{NotifierId, RuleId, Ticket};
use crate::routers::RouterKey;
use crate::rules::notice::NoticeHead;
use crate::rules::policy::cooldown::Cooldowns;
use crate::rules::policy::key::Secret;
use crate::rules::rule::Rule;
use crate::text::Text;
use crate::time::Instant;

/// The policies of all rules, with all that they remember.
#[derive(Debug)]
pub(super) struct Policies {
    secret: Secret,
    cooldowns: Cooldowns,
}

impl Policies {
    /// Returns policies that remember nothing. `secret` must not be known to
    /// those who can write log lines.
    pub(super) fn new(secret: (u64, u64)) -> Self {
        Self {
            secret: Secret(secret.0, secret.1),
            cooldowns: Cooldowns::new(),
        }
    }

    /// Decides about a match of `rule` in a line of `router`, which says `text`. It is
    /// distinguished from others by its part `key_text`.
    pub(super) fn on_match(
        &mut self,
        now: Instant,
        (id, rule): (RuleId, &Rule),
        router: RouterKey<'_>,
        head: &NoticeHead,
        (text, key_text): (Text<'_>, Text<'_>),
    ) -> Decision {
        let Self { secret, cooldowns } = self;
        // A rule without policies costs neither a hash nor a look-up.
        if rule.cooldown_millis == 0 {
            return Decision::Notify(head.notifiers, Ticket::default());
        }
        let key = secret.key(id, router, key_text);
        cooldowns.on_match(now, key, head, text, rule.cooldown_millis)
    }

    /// Returns an event that is due by `now`, or `None` once there is none left.
    pub(super) fn on_timeout(&mut self, now: Instant) -> Option<Event> {
        let Self {
            secret: _,
            cooldowns,
        } = self;
        cooldowns.on_timeout(now)
    }

    /// Returns when a timer has something to do at the latest.
    pub(super) fn next(&self) -> Option<Instant> {
        let Self {
            secret: _,
            cooldowns,
        } = self;
        cooldowns.next()
    }

    /// Ends a silence: this notifier failed to deliver the ticket's notification.
    pub(super) fn on_failure(&mut self, ticket: Ticket, notifier: NotifierId) {
        let Self {
            secret: _,
            cooldowns,
        } = self;
        cooldowns.on_failure(ticket, notifier);
    }
}
