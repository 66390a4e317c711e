//! One notifier's queue, pace and memory of failures: when to send what.
//!
//! # Contract
//!
//! The shell's sender thread owns the connection, the courier owns the
//! decisions. In any order, with `now` never going backwards:
//!
//! 1. [`Courier::push`] puts a notification in, at any time.
//! 2. [`Courier::step`] says what to do: nothing, wait until a given time,
//!    report what was too old, or send.
//! 3. To send, [`Courier::begin`] writes the request's body (and
//!    [`Courier::expand`] its URL and headers); the attempt then happens without
//!    the courier, which takes more notifications meanwhile.
//! 4. [`Courier::finish`] takes the attempt's verdict. Then go on with 2.
//!
//! A notification leaves the courier in exactly one way: delivered, refused,
//! expired, given up without an answer, or evicted. Every outcome except delivery
//! is counted, reported in the next message, and passed to `failed` with the
//! notification's ticket.
//!
//! # Repetition
//!
//! A message that may have arrived is *frozen*: it is sent again with the same id
//! and the same text, to the byte, until it is delivered or refused, so that a
//! service can recognise it. It stays frozen after any other failure, since that
//! says nothing about the attempt before. Only if one of its notifications leaves
//! it, by age or by eviction, does the rest go under a new id: an alarm that comes
//! twice is better than one that never does.

mod handover;

use crate::delivery::attempt::{Attempt, Context, Flight};
use crate::delivery::compose::fixed_str::FixedStr;
use crate::delivery::compose::message::MessageId;
use crate::delivery::compose::template::{Field, Template};
use crate::delivery::losses::{Loss, LossCause, Losses};
use crate::delivery::outbox::{Merging, Outbox, Waiting};
use crate::delivery::pacing::Pacing;
use crate::delivery::schedule::{Hold, Schedule};
use crate::delivery::services::{Form, expand_head};
use crate::delivery::verdict::{Doubt, Verdict};
use crate::ids::Ticket;
use crate::rules::NoticeHead;
use crate::text::Text;
use crate::time::{Instant, Wall};

/// How long a message waits for its second attempt after it was barred, in
/// milliseconds.
const BARRED_MILLIS: u64 = 60_000;

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing, until something is pushed.
    Idle,
    /// Nothing before this time.
    Wait(Instant),
    /// So many notifications were too old and are gone, unanswered or without an
    /// attempt that may have arrived. Report that, and ask again.
    Expired(LossCause, u64),
    /// Begin an attempt.
    Send,
}

/// Totals since the courier was created.
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
    /// Notifications that were sent until they were too old, without an answer.
    pub unanswered: u64,
    /// Notifications that went because the outbox was full.
    pub evicted: u64,
    /// Notifications that came from an earlier process.
    pub restored: u64,
    /// Attempts that failed, whatever became of their notifications.
    pub failed_attempts: u64,
}

/// What the courier needs to know about its notifier, fixed for its life.
#[derive(Clone, Copy, Debug)]
pub struct CourierSettings {
    /// How often messages may leave.
    pub pacing: Pacing,
    /// How long a notification may wait, in milliseconds.
    pub max_age_millis: u64,
    /// Bytes of the outbox.
    pub outbox_bytes: usize,
    /// What one record of it may hold, see [`Form::merging`].
    pub merging: Merging,
    /// Seeds the jitter and the message ids; should differ per router and per
    /// start.
    pub seed: u32,
}

/// Telegram's new number for a chat.
#[derive(Clone, Copy, Debug)]
struct Moved {
    chat: i64,
    /// Whether a message that says so has arrived.
    is_reported: bool,
}

/// One notifier's queue and state. See the module's text for the contract.
#[derive(Debug)]
pub struct Courier {
    outbox: Outbox,
    /// Losses that no delivered message has reported yet.
    losses: Losses,
    /// Whether they are worth a message of their own.
    reports_alone: bool,
    schedule: Schedule,
    flight: Flight,
    max_age_millis: u64,
    merging: Merging,
    next_id: MessageId,
    moved: Option<Moved>,
    counts: Counts,
}

impl Courier {
    /// Returns a courier with an empty outbox. This allocates; nothing after it
    /// does.
    #[must_use]
    pub fn new(settings: &CourierSettings) -> Self {
        Self {
            outbox: Outbox::new(settings.outbox_bytes),
            losses: Losses::NONE,
            reports_alone: false,
            schedule: Schedule::new(settings.pacing, settings.seed),
            flight: Flight::None,
            max_age_millis: settings.max_age_millis,
            merging: settings.merging,
            next_id: MessageId {
                start: settings.seed,
                number: 1,
            },
            moved: None,
            counts: Counts::default(),
        }
    }

    /// Puts a notification in. If there is no room, others go, are counted, and
    /// passed to `failed`: of the rule and the source that hold the most.
    ///
    /// One that goes while it is under way is passed too, although it may still
    /// arrive: for the rule that produced it, a second alarm is better than
    /// silence.
    pub fn push(
        &mut self,
        now: Instant,
        head: &NoticeHead,
        text: Text<'_>,
        failed: &mut dyn FnMut(Ticket),
    ) {
        let waiting = Waiting::of(head, text, now.after(self.max_age_millis));
        self.put(waiting, failed);
    }

    fn put(&mut self, waiting: Waiting<'_>, failed: &mut dyn FnMut(Ticket)) {
        let Self {
            outbox,
            flight,
            counts,
            losses,
            merging,
            ..
        } = self;
        let open = (*merging, flight.open_from());
        outbox.push(waiting, open, &mut |evicted| {
            let count = evicted.count();
            if flight.evict(evicted.sequence, count, evicted.at) {
                counts.evicted += count;
                losses.add(lost(LossCause::Outbox, count, evicted.at));
            }
            evicted.each_ticket(failed);
        });
    }

    /// Notes a loss that happened elsewhere, to be reported in the next message.
    pub const fn report_loss(&mut self, loss: Loss) {
        self.losses.add(loss);
    }

    /// Returns what to do at `now`. Notifications that have waited too long are
    /// dropped first and passed to `failed`. With `closing` the pace no longer
    /// counts, since there is no later; a service's own wish does.
    pub fn step(&mut self, now: Instant, closing: bool, failed: &mut dyn FnMut(Ticket)) -> Step {
        if self.flight.under_way().is_some() {
            return Step::Idle;
        }
        if let Some((cause, count)) = self.expire(now, failed) {
            return Step::Expired(cause, count);
        }
        // Losses wait for something worth a message. Expired notifications are
        // worth one: nothing else may follow them.
        if self.outbox.is_empty() && !self.reports_alone {
            return Step::Idle;
        }
        let due = self.schedule.due(closing);
        if due <= now {
            return Step::Send;
        }
        let expires = self.outbox.front().map(|waiting| waiting.expires);
        Step::Wait(expires.map_or(due, |expires| expires.min(due)))
    }

    /// Begins an attempt: writes the request's body for as many notifications
    /// as fit.
    pub fn begin(&mut self, now: Instant, form: &Form<'_>, body: &mut FixedStr<'_>) {
        let repetition = self.flight.take_repetition();
        let mut attempt = repetition.unwrap_or_else(|| self.compose(now, form));
        let message = attempt.message(&self.outbox, self.context());
        attempt.count = form.write(&message, body);
        attempt.notices = 0;
        for waiting in self.outbox.iter().take(attempt.count) {
            attempt.end = waiting.sequence + 1;
            attempt.notices += waiting.count();
        }
        self.schedule.begin(now);
        self.flight = Flight::UnderWay(attempt);
    }

    /// Expands a template of the URL or a header for the request that
    /// [`Self::begin`] began. Writes nothing if none is under way.
    pub fn expand(&self, template: &Template<'_>, out: &mut FixedStr<'_>) {
        if let Some(attempt) = self.flight.under_way() {
            expand_head(
                template,
                &attempt.message(&self.outbox, self.context()),
                out,
            );
        }
    }

    /// Ends the attempt. `at` is when its message left, for the losses that were
    /// added after it was composed. Returns how many notifications have left the
    /// courier with it.
    pub fn finish(
        &mut self,
        now: Instant,
        verdict: Verdict,
        at: Wall,
        failed: &mut dyn FnMut(Ticket),
    ) -> u64 {
        let Some(attempt) = self.flight.land() else {
            return 0;
        };
        if let Verdict::Delivered { pause_millis, .. } = verdict {
            self.schedule.succeed(now, pause_millis);
            return self.deliver(&attempt, at);
        }
        self.counts.failed_attempts += 1;
        self.count_evicted(&attempt);
        match verdict {
            // Above.
            Verdict::Delivered { .. } => {}
            Verdict::Retry(doubt) => {
                self.keep(attempt, doubt);
                self.schedule.back_off(now);
            }
            Verdict::Wait { millis } => {
                self.keep(attempt, Doubt::None);
                self.schedule.hold_for(now, millis, Hold::Asked);
            }
            Verdict::Gone => {
                self.keep(attempt, Doubt::None);
                self.schedule.suspend(now);
            }
            Verdict::Refused => return self.refuse(&attempt, failed),
            Verdict::Barred if attempt.was_barred => return self.refuse(&attempt, failed),
            Verdict::Barred => {
                let was_barred = true;
                self.keep(
                    Attempt {
                        was_barred,
                        ..attempt
                    },
                    Doubt::None,
                );
                self.schedule.hold_for(now, BARRED_MILLIS, Hold::Failed);
            }
            // Followed once: a chat that moves twice has a misleading server.
            Verdict::Moved(_) if self.moved.is_some() => {
                return self.refuse(&attempt, failed);
            }
            Verdict::Moved(chat) => {
                self.moved = Some(Moved {
                    chat,
                    is_reported: false,
                });
                self.schedule.hold_for(now, 0, Hold::None);
            }
        }
        0
    }

    /// Keeps a failed message as it is if it may have arrived, or must be sent
    /// a last time.
    fn keep(&mut self, attempt: Attempt, doubt: Doubt) {
        let doubt = attempt.doubt.max(doubt);
        let is_frozen = doubt > Doubt::None || attempt.was_barred;
        // Without those that were evicted it would be another message.
        if is_frozen && attempt.evicted.0 == 0 {
            self.flight = Flight::ToRepeat(Attempt { doubt, ..attempt });
        }
    }

    /// Prepares for the end of the process: a wait after a failure ends now.
    pub fn hurry(&mut self, now: Instant) {
        self.schedule.hurry(now);
    }

    /// Returns why nothing is sent at the moment, and until when.
    pub fn hold(&self, now: Instant) -> (Hold, Instant) {
        self.schedule.hold(now)
    }

    /// Returns how many notifications wait, those under way included.
    pub const fn waiting(&self) -> u64 {
        self.outbox.notices()
    }

    /// Returns how many attempts in a row have failed.
    pub const fn failures(&self) -> u32 {
        self.schedule.failures()
    }

    /// Returns the totals so far.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Drops notifications that have waited too long and returns how many went,
    /// and why: one reason at a time.
    fn expire(&mut self, now: Instant, failed: &mut dyn FnMut(Ticket)) -> Option<(LossCause, u64)> {
        let frozen = match self.flight {
            Flight::ToRepeat(attempt) => Some(attempt),
            _ => None,
        };
        let is_unanswered = |sequence| {
            frozen.is_some_and(|frozen| frozen.holds(sequence) && frozen.doubt == Doubt::Unanswered)
        };
        let mut expired = None;
        while let Some(waiting) = self.outbox.front() {
            let cause = if is_unanswered(waiting.sequence) {
                LossCause::Unanswered
            } else {
                LossCause::Expired
            };
            let (why, count) = expired.unwrap_or((cause, 0));
            if waiting.expires > now || why != cause {
                break;
            }
            let more = waiting.count();
            expired = Some((cause, count + more));
            self.losses.add(lost(cause, more, waiting.at));
            self.reports_alone = true;
            waiting.each_ticket(failed);
            self.flight.part_from(waiting.sequence);
            self.outbox.pop();
        }
        match expired {
            Some((LossCause::Unanswered, count)) => self.counts.unanswered += count,
            Some((_, count)) => self.counts.expired += count,
            None => {}
        }
        expired
    }

    const fn context(&self) -> Context {
        Context {
            moved_to: match self.moved {
                Some(moved) => Some(moved.chat),
                None => None,
            },
            max_age_millis: self.max_age_millis,
        }
    }

    /// Returns a new message of all notifications that may share it.
    fn compose(&mut self, now: Instant, form: &Form<'_>) -> Attempt {
        let id = self.next_id;
        self.next_id.number = id.number.wrapping_add(1);
        let first = self.outbox.front().map_or(0, |waiting| waiting.sequence);
        let all = Attempt {
            first,
            // Known when it is written.
            end: first,
            count: self.outbox.len(),
            notices: 0,
            losses: self.losses,
            reports_move: self.moved.is_some_and(|moved| !moved.is_reported),
            id,
            composed_at: now,
            composed_wall: form.wall(),
            doubt: Doubt::None,
            was_barred: false,
            evicted: (0, Wall::default()),
        };
        let fitting = form.count_max(&all.message(&self.outbox, self.context()));
        let count = fitting.min(alike(&self.outbox, form));
        Attempt { count, ..all }
    }

    /// Counts a message that arrived, and removes its notifications that newer
    /// ones have not pushed out.
    fn deliver(&mut self, attempt: &Attempt, at: Wall) -> u64 {
        self.losses.remove(&attempt.losses, at);
        self.reports_alone = self.losses.has_expired();
        if let Some(moved) = &mut self.moved {
            moved.is_reported |= attempt.reports_move;
        }
        self.remove(attempt, &mut |_| {});
        self.counts.sent += attempt.notices;
        self.counts.messages += 1;
        attempt.notices
    }

    /// Removes the attempt's notifications that are still there.
    fn remove(&mut self, attempt: &Attempt, removed: &mut dyn FnMut(&Waiting<'_>)) {
        while let Some(waiting) = self.outbox.front() {
            if !attempt.holds(waiting.sequence) {
                break;
            }
            removed(&waiting);
            self.outbox.pop();
        }
    }

    /// Counts those notifications of a failed attempt that were evicted while it
    /// was under way.
    fn count_evicted(&mut self, attempt: &Attempt) {
        let (count, since) = attempt.evicted;
        self.counts.evicted += count;
        self.losses.add(lost(LossCause::Outbox, count, since));
    }

    /// Gives up the attempt's notifications and returns how many those are.
    fn refuse(&mut self, attempt: &Attempt, failed: &mut dyn FnMut(Ticket)) -> u64 {
        let mut refused = 0;
        let mut losses = self.losses;
        self.remove(attempt, &mut |waiting| {
            let count = waiting.count();
            refused += count;
            losses.add(lost(LossCause::Refused, count, waiting.at));
            waiting.each_ticket(failed);
        });
        self.losses = losses;
        // A message that only reports losses will not be wanted a second time:
        // they wait for the next notification.
        self.reports_alone &= attempt.count > 0;
        self.counts.refused += refused;
        self.schedule.forget_failures();
        refused
    }
}

/// Returns how many notifications from the oldest on have everything in common
/// that the form names once per message.
fn alike(outbox: &Outbox, form: &Form<'_>) -> usize {
    let Some(first) = outbox.front() else {
        return 0;
    };
    let [rule, source, time, topics, severity, priority] = [
        Field::Rule,
        Field::Source,
        Field::Time,
        Field::Topics,
        Field::Severity,
        Field::Priority,
    ]
    .map(|field| form.names(field));
    let is_alike = |other: &Waiting<'_>| {
        (!rule || other.rule == first.rule)
            && (!source || other.source == first.source)
            && (!time || other.at == first.at)
            && (!topics || other.topics == first.topics)
            && (!severity || other.severity == first.severity)
            && (!priority || other.priority == first.priority)
    };
    outbox.iter().take_while(is_alike).count()
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
