//! One notifier's queue, pace and memory of failures: when to send what.
//!
//! # Contract
//!
//! The shell's sender thread owns the connection, the courier owns the
//! decisions. In any order, with `now` never going backwards:
//!
//! 1. [`Courier::push`] puts a notification in, at any time.
//! 2. [`Courier::step`] says what to do: nothing, wait until a given time, or
//!    send.
//! 3. To send, [`Courier::begin`] writes the request's body (and
//!    [`Courier::expand`] other templates of the same request); the attempt
//!    then happens without the courier, which takes more notifications
//!    meanwhile.
//! 4. [`Courier::finish`] takes the attempt's verdict. Then go on with 2.
//!
//! A notification leaves the courier in exactly one way: delivered, refused,
//! expired, or pushed out by newer ones. All but the first are counted, told in
//! the next message and shown to the caller with their ticket.

use crate::delivery::backoff::Backoff;
use crate::delivery::compose::fixed_str::FixedStr;
use crate::delivery::compose::message::Message;
use crate::delivery::compose::template::{Field, Template, Values};
use crate::delivery::http::answer::{SUSPENSION_MILLIS, Verdict};
use crate::delivery::losses::Losses;
use crate::delivery::losses::{Loss, LossCause};
use crate::delivery::outbox::{Outbox, Waiting};
use crate::delivery::pacing::Pacing;
use crate::delivery::services::payload::Form;
use crate::ids::{RuleId, Ticket};
use crate::limits::{GENERIC_SCALARS_MAX, HEAD_BYTES_MAX};
use crate::rules::NoticeHead;
use crate::text::Text;
use crate::time::{Instant, Wall};

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing, until something is pushed.
    Idle,
    /// Nothing before this time.
    Wait(Instant),
    /// Begin an attempt.
    Send,
}

/// Why nothing is sent at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Nothing is in the way, except perhaps the pace.
    None,
    /// The last attempt failed; the next one is due by back-off.
    Failed,
    /// The service asked to wait.
    Asked,
    /// The service wants nothing from this notifier.
    Suspended,
}

/// What a courier has done since it exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Notifications that arrived.
    pub sent: u64,
    /// Messages they arrived in.
    pub messages: u64,
    /// Notifications that the service did not accept.
    pub refused: u64,
    /// Notifications that waited too long.
    pub expired: u64,
    /// Notifications that newer ones pushed out.
    pub evicted: u64,
    /// Attempts that failed, whatever became of their notifications.
    pub failed_attempts: u64,
}

/// What the sender needs to know about its notifier, fixed for its life.
#[derive(Clone, Copy, Debug)]
pub struct CourierSettings {
    /// How often messages may leave.
    pub pacing: Pacing,
    /// How long a notification may wait, in milliseconds.
    pub max_age_millis: u64,
    /// Whatever differs between routers and starts.
    pub seed: u32,
}

/// One notifier's queue and state. See the module's text for the contract.
#[derive(Debug)]
pub struct Courier<B> {
    outbox: Outbox<B>,
    losses: Losses,
    pacing: Pacing,
    backoff: Backoff,
    max_age_millis: u64,
    run: u32,
    hold: Hold,
    held_until: Instant,
    /// The message that is under way.
    attempt: Option<Attempt>,
    /// A message whose answer was missed, to be repeated as it was.
    repeat: Option<Attempt>,
    numbers: u32,
    moved_to: Option<i64>,
    moved_told: bool,
    counts: Counts,
}

/// The message of an attempt.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    /// Number of its first notification in the outbox.
    first: u64,
    count: usize,
    /// The losses it tells.
    told: Losses,
    tells_move: bool,
    number: u32,
    /// Whether its answer was missed once already.
    repeated: bool,
    /// When the first of those notifications arrived that newer ones pushed out
    /// while the message was under way.
    evicted_at: Option<Wall>,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Courier<B> {
    /// Returns a courier with an empty outbox in `store`.
    pub const fn new(store: B, settings: &CourierSettings) -> Self {
        Self {
            outbox: Outbox::new(store),
            losses: Losses::NONE,
            pacing: settings.pacing,
            backoff: Backoff::new(settings.seed),
            max_age_millis: settings.max_age_millis,
            run: settings.seed,
            hold: Hold::None,
            held_until: Instant::ZERO,
            attempt: None,
            repeat: None,
            numbers: 0,
            moved_to: None,
            moved_told: true,
            counts: Counts {
                sent: 0,
                messages: 0,
                refused: 0,
                expired: 0,
                evicted: 0,
                failed_attempts: 0,
            },
        }
    }

    /// Puts a notification in. Where there is no room the oldest ones go, are
    /// counted, and shown to `failed`.
    ///
    /// One that goes while it is under way is shown too, although it may still
    /// arrive: for the rule behind it, a second alarm is better than silence.
    pub fn push(
        &mut self,
        now: Instant,
        head: &NoticeHead,
        text: Text<'_>,
        failed: &mut dyn FnMut(Ticket),
    ) {
        let (losses, counts) = (&mut self.losses, &mut self.counts);
        let mut under_way = self.attempt.as_mut();
        let mut number = self.outbox.first();
        self.outbox.push(now, head, text, &mut |waiting| {
            // What is under way is settled by the attempt's verdict.
            if let Some(attempt) = under_way.as_mut()
                && number < attempt.first + attempt.count as u64
            {
                attempt.evicted_at.get_or_insert(waiting.at);
            } else {
                counts.evicted += 1;
                losses.add(lost(LossCause::Outbox, 1, waiting.at));
            }
            number += 1;
            failed(waiting.ticket);
        });
    }

    /// Notes a loss that happened elsewhere, to be told in the next message.
    pub const fn tell_loss(&mut self, loss: Loss) {
        self.losses.add(loss);
    }

    /// Drops what has waited too long, shows it to `failed`, and returns how
    /// many went.
    pub fn expire(&mut self, now: Instant, failed: &mut dyn FnMut(Ticket)) -> u64 {
        let mut expired = 0;
        if self.attempt.is_some() {
            return expired;
        }
        while let Some(waiting) = self.outbox.front() {
            if now.since(waiting.since) < self.max_age_millis {
                break;
            }
            self.losses.add(lost(LossCause::Expired, 1, waiting.at));
            failed(waiting.ticket);
            self.outbox.pop();
            expired += 1;
        }
        self.counts.expired += expired;
        expired
    }

    /// Returns what to do at `now`. With `closing` the pace and the back-off no
    /// longer count, since there is no later; what a service asked for does.
    pub fn step(&self, now: Instant, closing: bool) -> Step {
        if self.attempt.is_some() {
            return Step::Idle;
        }
        // Losses on the way here wait for something worth a message. Expired
        // notifications are worth one: nothing else may follow them.
        if self.outbox.is_empty() && self.losses.count(LossCause::Expired) == 0 {
            return Step::Idle;
        }
        let due = match self.hold {
            Hold::Asked | Hold::Suspended => self.held_until,
            _ if closing => now,
            Hold::None | Hold::Failed => self.held_until.max(self.pacing.ready_at()),
        };
        if due <= now {
            return Step::Send;
        }
        let expires = self
            .outbox
            .front()
            .map(|waiting| waiting.since.after(self.max_age_millis));
        Step::Wait(expires.map_or(due, |expires| expires.min(due)))
    }

    /// Begins an attempt: writes the request's body for as many notifications
    /// as fit. `same` lists what all of them must have in common because a
    /// template names it once per message.
    pub fn begin(
        &mut self,
        now: Instant,
        form: &Form<'_>,
        same: &[Field],
        rule_name: &dyn Fn(RuleId, &mut dyn core::fmt::Write),
        most: usize,
        body: &mut FixedStr<'_>,
    ) {
        let mut attempt = self.repeatable().unwrap_or_else(|| {
            self.numbers = self.numbers.wrapping_add(1);
            Attempt {
                first: self.outbox.first(),
                count: most.min(self.alike(same)),
                told: self.losses,
                tells_move: !self.moved_told,
                number: self.numbers,
                repeated: false,
                evicted_at: None,
            }
        });
        self.repeat = None;
        let values = Values {
            rule_name,
            run: self.run,
            number: attempt.number,
        };
        attempt.count = form.write(&self.message(&attempt, now), &values, self.moved_to, body);
        self.pacing.take(now);
        self.attempt = Some(attempt);
    }

    /// Returns how many notifications the form would send in one message if
    /// `template` were part of the request: a URL's text limits it, too.
    pub fn fitting(&self, now: Instant, template: &Template<'_>) -> usize {
        let attempt = Attempt {
            first: self.outbox.first(),
            count: self.outbox.len(),
            told: self.losses,
            tells_move: !self.moved_told,
            number: 0,
            repeated: false,
            evicted_at: None,
        };
        template.fitting(
            &self.message(&attempt, now),
            HEAD_BYTES_MAX / 2,
            GENERIC_SCALARS_MAX,
        )
    }

    /// Expands another template of the request that [`Self::begin`] began.
    pub fn expand(
        &self,
        now: Instant,
        template: &Template<'_>,
        rule_name: &dyn Fn(RuleId, &mut dyn core::fmt::Write),
        out: &mut FixedStr<'_>,
    ) {
        let Some(attempt) = &self.attempt else {
            return;
        };
        let values = Values {
            rule_name,
            run: self.run,
            number: attempt.number,
        };
        let message = self.message(attempt, now);
        template.expand(
            &message,
            &values,
            HEAD_BYTES_MAX / 2,
            GENERIC_SCALARS_MAX,
            out,
        );
    }

    /// Ends the attempt. `told_at` is when its message left, for the losses
    /// that came on top of those it told. Returns how many notifications have
    /// left the courier with it.
    pub fn finish(
        &mut self,
        now: Instant,
        verdict: Verdict,
        told_at: Wall,
        failed: &mut dyn FnMut(Ticket),
    ) -> u64 {
        let Some(attempt) = self.attempt.take() else {
            return 0;
        };
        if !matches!(verdict, Verdict::Delivered { .. }) {
            self.counts.failed_attempts += 1;
            self.count_evicted(&attempt);
        }
        match verdict {
            Verdict::Delivered { pause_millis, .. } => {
                self.backoff.reset();
                self.hold_until(now, pause_millis, Hold::Asked);
                self.losses.remove(&attempt.told, told_at);
                self.moved_told |= attempt.tells_move;
                self.remove(&attempt, &mut |_| {});
                self.counts.sent += attempt.count as u64;
                self.counts.messages += 1;
                attempt.count as u64
            }
            Verdict::Unanswered if attempt.repeated => self.refuse(&attempt, told_at, failed),
            Verdict::Unanswered => {
                self.repeat = Some(Attempt {
                    repeated: true,
                    ..attempt
                });
                self.back_off(now);
                0
            }
            Verdict::Retry => {
                self.back_off(now);
                0
            }
            Verdict::Wait { millis } => {
                self.hold_until(now, millis, Hold::Asked);
                0
            }
            Verdict::Gone => {
                self.hold_until(now, SUSPENSION_MILLIS, Hold::Suspended);
                0
            }
            Verdict::Refused => self.refuse(&attempt, told_at, failed),
            // Followed once: a chat that moves twice has a misleading server.
            Verdict::Moved(_) if self.moved_to.is_some() => self.refuse(&attempt, told_at, failed),
            Verdict::Moved(chat) => {
                self.moved_to = Some(chat);
                self.moved_told = false;
                self.hold_until(now, 0, Hold::None);
                0
            }
        }
    }

    /// Returns why nothing is sent at the moment, and until when.
    pub fn hold(&self, now: Instant) -> (Hold, Instant) {
        if self.held_until <= now {
            (Hold::None, now)
        } else {
            (self.hold, self.held_until)
        }
    }

    /// Returns how many notifications wait, those under way included.
    pub const fn waiting(&self) -> usize {
        self.outbox.len()
    }

    /// Returns how many attempts in a row have failed.
    pub const fn failures(&self) -> u32 {
        self.backoff.failures()
    }

    /// Returns what the courier has done so far.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    fn message<'a>(&'a self, attempt: &'a Attempt, now: Instant) -> Message<'a> {
        Message {
            waiting: self.outbox.iter(),
            count: attempt.count.min(self.outbox.len()),
            losses: &attempt.told,
            moved_to: self.moved_to.filter(|_| attempt.tells_move),
            now,
        }
    }

    /// Returns how many notifications from the oldest on have `same` in common.
    fn alike(&self, same: &[Field]) -> usize {
        let Some(first) = self.outbox.front() else {
            return 0;
        };
        let alike = |other: &Waiting<'_>| {
            same.iter().all(|field| match field {
                Field::Rule => other.rule == first.rule,
                Field::Source => other.source == first.source,
                Field::Time => other.at == first.at,
                Field::Text | Field::Id => true,
            })
        };
        self.outbox.iter().take_while(alike).count()
    }

    /// Returns the message to repeat, less what has left the outbox since.
    fn repeatable(&self) -> Option<Attempt> {
        let repeat = self.repeat?;
        let first = self.outbox.first();
        let gone = usize::try_from(first - repeat.first).unwrap_or(usize::MAX);
        let count = repeat.count.saturating_sub(gone);
        (count > 0 || repeat.count == 0).then_some(Attempt {
            first,
            count,
            evicted_at: None,
            ..repeat
        })
    }

    /// Removes the attempt's notifications that are still there.
    fn remove(&mut self, attempt: &Attempt, gone: &mut dyn FnMut(&Waiting<'_>)) {
        let end = attempt.first + attempt.count as u64;
        while self.outbox.first() < end {
            let Some(waiting) = self.outbox.front() else {
                break;
            };
            gone(&waiting);
            self.outbox.pop();
        }
    }

    /// Counts those notifications of a failed attempt that newer ones pushed
    /// out while it was under way.
    fn count_evicted(&mut self, attempt: &Attempt) {
        let evicted = (self.outbox.first() - attempt.first).min(attempt.count as u64);
        self.counts.evicted += evicted;
        let at = attempt.evicted_at.unwrap_or_default();
        self.losses.add(lost(LossCause::Outbox, evicted, at));
    }

    fn refuse(&mut self, attempt: &Attempt, told_at: Wall, failed: &mut dyn FnMut(Ticket)) -> u64 {
        let mut refused = 0;
        let mut losses = self.losses;
        self.remove(attempt, &mut |waiting| {
            refused += 1;
            losses.add(lost(LossCause::Refused, 1, waiting.at));
            failed(waiting.ticket);
        });
        self.losses = losses;
        if attempt.count == 0 {
            // A message that only told a loss will not be wanted a second time.
            self.losses.remove(&attempt.told, told_at);
        }
        self.counts.refused += refused;
        self.backoff.reset();
        self.hold = Hold::None;
        refused
    }

    fn back_off(&mut self, now: Instant) {
        let millis = self.backoff.next_millis();
        self.hold_until(now, millis, Hold::Failed);
    }

    const fn hold_until(&mut self, now: Instant, millis: u64, hold: Hold) {
        self.hold = if millis == 0 { Hold::None } else { hold };
        self.held_until = now.after(millis);
    }
}

const fn lost(cause: LossCause, count: u64, since: Wall) -> Loss {
    Loss {
        cause,
        count,
        since,
    }
}

#[cfg(test)]
mod tests;
