//! Policies: what happens between a match and a notification.
//!
//! A rule that matches has something to say. A policy decides whether it is said,
//! to whom and when. It may also say something of its own when time has passed: a
//! summary, a recovery, "nothing came".
//!
//! # Contract
//!
//! A policy is a bounded table of entries. [`Slots`](slots::Slots) finds an entry by the
//! key of its [`Case`] and by its timer, and says which one goes if there is no
//! room; what else an entry knows is the policy's. An entry holds all that its timer needs
//! in order to speak: the notification's head and its text, kept from the match. Each
//! policy is a file of its own with a plain struct, whose constructor allocates the table,
//! and these three functions:
//!
//! * `on_match(now, case, …) -> Decision`: one look-up. If there is no room and the entry
//!   that goes has something to say, that is said first.
//! * `on_timeout(now) -> Option<Event>`: the events that are due, one at a time
//!   until `None`. Calling it early is harmless.
//! * `next() -> Option<Instant>`: when a timer has something to do, or somewhat earlier.
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
//! A match passes the policies in a fixed order: inhibition, novelty, sequence, threshold
//! or distinct ([`Policies::admit`]: none of them needs the text), then pair or cooldown
//! ([`Policies::on_match`]). Each may hold it or pass it on to fewer notifiers. What is
//! left, recoveries and the events of timers included, may be held in quiet hours or for a
//! digest ([`Policies::hold`]).
//!
//! # Vocabulary
//!
//! The words are those of SEC, fail2ban and Alertmanager:
//!
//! | word | meaning |
//! | --- | --- |
//! | threshold | so many matches within the window, then one notification |
//! | window | how long a match counts |
//! | group by | the part of the match that makes its key, beside the router; by default its text |
//! | hold | not notify now, but count |
//! | cooldown | silence after a notification (SEC: suppress) |
//! | recovery | a second match that says that the first is over (SEC: pair) |
//! | grace | how long a recovery may take before the first match is notified |
//! | flapping | a case that begins and ends again and again |
//! | sequence | one rule matters only after matches of another one |
//! | novelty | only a value that was never seen before |
//! | inhibition | one rule's open case silences another rule |
//! | quiet hours | times of the week in which everything is held |
//! | digest | one notification for all that was held |
//!
//! [`Silence`] stands beside them: no rule has it, and any line ends it.

mod cooldown;
mod digest;
mod kept_texts;
mod key;
mod novelty;
mod outcome;
mod pair;
mod plan;
mod quiet;
mod silence;
mod slots;
mod window;

pub use novelty::{DamagedState, Novelties, Restored, State};
pub use outcome::Held;
pub use plan::{Plan, PolicyErrors, PolicySpec, RECOVERY_ENDING};
pub use quiet::{DigestTime, Quiet, QuietError};
pub use silence::SilenceSpec;
pub use window::Window;

pub(super) use digest::Moment;
pub(super) use kept_texts::Kept;
pub(super) use key::Case;
pub(super) use outcome::Decision;
pub(super) use silence::Silence;
pub(super) use window::Tally;

use crate::ids::{NotifierId, NotifierSet, RuleId, Ticket};
use crate::limits::COOLDOWN_TEXT_BYTES_MAX;
use crate::routers::RouterKey;
use crate::rules::notice::NoticeHead;
use crate::rules::policy::cooldown::Cooldowns;
use crate::rules::policy::digest::{Digests, Item};
use crate::rules::policy::key::Secret;
use crate::rules::policy::novelty::Value;
use crate::rules::policy::outcome::Event;
use crate::rules::policy::pair::{PairTimes, Pairs};
use crate::rules::policy::window::Windows;
use crate::rules::rule::Rule;
use crate::text::{Text, TextBuffer, floor_char_boundary};
use crate::time::Instant;

/// The policies of all rules, with all that they remember.
#[derive(Debug)]
pub(super) struct Policies {
    secret: Secret,
    novelties: Novelties,
    windows: Windows,
    pairs: Pairs,
    cooldowns: Cooldowns,
    digests: Digests,
    /// Whether any rule has quiet hours or a digest.
    holds: bool,
}

impl Policies {
    /// Returns policies of `rules` that remember nothing, with memory for what these can
    /// ask of them. `secret` must not be known to those who can write log lines.
    pub(super) fn new(secret: (u64, u64), rules: &[Rule]) -> Self {
        let secret = Secret(secret.0, secret.1);
        let plans = || rules.iter().filter_map(|rule| rule.plan.as_deref());
        Self {
            secret,
            novelties: Novelties::new(secret, rules),
            windows: Windows::new(plans().any(Plan::counts)),
            pairs: Pairs::new(plans().any(|plan| plan.is_pair)),
            cooldowns: Cooldowns::new(),
            digests: Digests::new(plans().any(Plan::holds)),
            holds: plans().any(Plan::holds),
        }
    }

    /// Returns the case of `rule` that a text is about, as said by a router.
    pub(super) fn case(&self, rule: RuleId, router: RouterKey<'_>, text: Text<'_>) -> Case {
        self.secret.case(rule, router, text)
    }

    /// Returns a number that stands for a text.
    pub(super) fn value(&self, text: Text<'_>) -> u32 {
        self.secret.value(text)
    }

    /// Returns the value that a text of a router is to the policy of new values.
    pub(super) fn novelty(&self, router: RouterKey<'_>, text: Text<'_>) -> Value {
        self.novelties.value(router, text)
    }

    /// Counts a match for a rule that comes after it.
    pub(super) fn precede(&mut self, now: Instant, following: Case, window: Window) {
        self.windows.push(now, following.before(), window, None);
    }

    /// Decides whether a match gets as far as to be written: it must not be inhibited,
    /// must have a new value, and must come after what must precede it and be one of
    /// enough. `value` is what distinguishes it, if only different ones count; `novelty`
    /// is what must be new, if anything must.
    pub(super) fn admit(
        &mut self,
        now: Instant,
        case: Case,
        plan: &Plan,
        value: u32,
        novelty: Option<Value>,
    ) -> Result<Tally, Held> {
        for &(name, id) in &plan.unless {
            if id.is_some_and(|rule| self.is_under_way(rule, case.router)) {
                return Err(Held::Inhibited(name));
            }
        }
        if let Some(value) = novelty {
            self.novelties.on_match(now, case.rule, value)?;
        }
        if let Some((_, window)) = plan.after {
            let Tally { count, .. } = self.windows.tally(now, case.before(), window);
            if count < window.count {
                let of = window.count;
                return Err(Held::Sequence { count, of });
            }
        }
        let one = Tally {
            count: 1,
            first: now,
        };
        let (window, value) = match (&plan.distinct, plan.threshold) {
            (Some((_, window)), _) => (*window, Some(value)),
            (None, Some(window)) => (window, None),
            (None, None) => return Ok(one),
        };
        // Once the threshold was reached, the cooldown counts on, or the open case does.
        if self.cooldowns.runs(case) || self.pairs.is_open(case) {
            return Ok(one);
        }
        let tally = self.windows.push(now, case, window, value);
        if tally.count < window.count {
            return Err(Held::Threshold {
                count: tally.count,
                of: window.count,
            });
        }
        self.windows.clear(case);
        Ok(tally)
    }

    /// Returns whether a rule has a case that is open, or whose cooldown runs.
    fn is_under_way(&self, rule: RuleId, router: u32) -> bool {
        self.cooldowns.is_under_way(rule, router) || self.pairs.is_under_way(rule, router)
    }

    /// Decides about a match of `rule` that was admitted and says `text`.
    pub(super) fn on_match(
        &mut self,
        now: Instant,
        rule: &Rule,
        case: Case,
        head: &NoticeHead,
        text: Text<'_>,
    ) -> Decision {
        let plan = rule.plan.as_deref();
        if let Some(plan) = plan
            && plan.is_pair
        {
            let times = PairTimes {
                grace: plan.grace_millis,
                remind: plan.remind_millis,
                cooldown: rule.cooldown_millis,
            };
            return self.pairs.on_match(now, case, head, text, times);
        }
        if rule.cooldown_millis == 0 {
            return Decision::Notify(head.notifiers, Ticket::default());
        }
        let is_tally = plan.is_some_and(|plan| plan.threshold.is_some() || plan.distinct.is_some());
        let text = (text, is_tally);
        self.cooldowns
            .on_match(now, case, head, text, rule.cooldown_millis)
    }

    /// Watches what becomes of a match that is notified, if its value was new.
    pub(super) fn watch(&mut self, rule: RuleId, decision: &mut Decision) {
        if let Decision::Notify(notifiers, ticket) = decision {
            self.novelties.on_notify(rule, *notifiers, ticket);
        }
    }

    /// Decides about a recovery. Returns how long its case was open, in milliseconds, if
    /// that is worth a notification.
    pub(super) fn on_recovery(&mut self, now: Instant, case: Case) -> Result<u64, Held> {
        self.pairs.on_recovery(now, case)
    }

    /// Holds what `notifiers` would get of `times` matches of rule `id`, or of its recovery,
    /// if it is quiet or the rule's digest collects, and returns why. The text does not say
    /// when they were.
    pub(super) fn hold(
        &mut self,
        moment: Moment,
        rules: &[Rule],
        id: RuleId,
        notifiers: NotifierSet,
        kept: &Kept<'_>,
        times: u32,
    ) -> Option<Held> {
        let id = rules.get(id.index())?.recovers.unwrap_or(id);
        let rule = rules.get(id.index())?;
        let plan = rule.plan.as_ref().filter(|plan| plan.holds())?;
        // Other policies keep no more of a text, and it is the same one.
        let bytes = kept.text.as_bytes();
        let end = floor_char_boundary(bytes, COOLDOWN_TEXT_BYTES_MAX);
        let text = Text::from_stored(&bytes[..end]);
        let router = RouterKey {
            name: kept.about.router.as_text().as_bytes(),
            address: Some(kept.source),
        };
        let mut case = self.secret.case(id, router, text);
        if !kept.is_named {
            // What looks the same is counted together, whoever said it.
            let anyone = RouterKey {
                name: b"",
                address: None,
            };
            case.key = self.secret.case(id, anyone, text).key;
        }
        let item = Item {
            case,
            rule: rule.name,
            notifiers,
            kept,
            times,
            is_for_all: rule.notifiers == notifiers,
        };
        self.digests.hold(moment, plan, &item)
    }

    /// Writes the next notification that is due to `text`, or returns `None` once there is
    /// none left. The wall clock matters only if [`Policies::wants_wall`] said so.
    pub(super) fn on_timeout(
        &mut self,
        moment: Moment,
        rules: &[Rule],
        text: &mut TextBuffer,
    ) -> Option<NoticeHead> {
        let now = moment.now;
        loop {
            let Self {
                secret: _,
                novelties: _,
                windows: _,
                pairs,
                cooldowns,
                digests,
                holds,
            } = self;
            let event = pairs.on_timeout(now).or_else(|| cooldowns.on_timeout(now));
            let Some(event) = event else {
                return digests.on_timeout(moment, rules, text);
            };
            if !*holds || !self.hold_event(moment, rules, &event, text) {
                return Some(event.write(text));
            }
        }
    }

    /// Holds the event of a timer as if it were a match, and returns whether it did.
    fn hold_event(
        &mut self,
        moment: Moment,
        rules: &[Rule],
        event: &Event,
        buffer: &mut TextBuffer,
    ) -> bool {
        let is_of = |rule: &Rule| rule.name == event.head.rule && rule.recovers.is_none();
        let Some(id) = rules.iter().position(is_of).and_then(RuleId::new) else {
            return false;
        };
        let (text, times) = event.for_digest(buffer);
        let kept = Kept {
            last: if event.is_reminder() {
                moment.wall
            } else {
                event.head.at
            },
            source: event.head.source,
            about: event.head.about,
            is_named: event.is_named,
            text,
        };
        let held = self.hold(moment, rules, id, event.head.notifiers, &kept, times);
        held.is_some()
    }

    /// Returns whether the time of day matters to what is due by `now`.
    pub(super) fn wants_wall(&self, now: Instant) -> bool {
        self.holds && self.next().is_some_and(|next| next <= now)
    }

    /// Returns when a timer has something to do at the latest.
    pub(super) fn next(&self) -> Option<Instant> {
        let Self {
            secret: _,
            novelties: _,
            windows: _,
            pairs,
            cooldowns,
            digests,
            holds: _,
        } = self;
        let timers = [pairs.next(), cooldowns.next(), digests.next()];
        timers.into_iter().flatten().min()
    }

    /// Ends a silence: this notifier failed to deliver the ticket's notification.
    pub(super) fn on_failure(&mut self, ticket: Ticket, notifier: NotifierId) {
        let Self {
            secret: _,
            novelties,
            windows: _,
            pairs: _,
            cooldowns,
            // A digest may take long, and what it says is old then: it arms nothing.
            digests: _,
            holds: _,
        } = self;
        novelties.on_failure(ticket, notifier);
        cooldowns.on_failure(ticket, notifier);
    }

    /// Returns how much was forgotten because newer things needed the room: values, matches
    /// that still counted, and open cases.
    pub(super) fn forgotten(&self) -> u64 {
        self.novelties.forgotten() + self.windows.forgotten() + self.pairs.forgotten()
    }

    /// Returns the values that were seen before, to be saved or restored.
    pub(super) const fn novelties_mut(&mut self) -> &mut Novelties {
        &mut self.novelties
    }
}
