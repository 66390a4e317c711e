//! The engine: one message in, its notifications out.
//!
//! # Contract
//!
//! 1. Push one input: [`Engine::handle`] for a message,
//!    [`Engine::handle_timeout`] when the time of [`Engine::poll_timeout`] has
//!    come (calling it early is harmless), [`Engine::handle_failure`] for a
//!    delivery that failed for good, [`Engine::handle_loss`] for messages that never
//!    got here.
//! 2. Call [`Engine::poll`] until it returns `None`, handing each notification
//!    on. A message's notifications are lost if the next one is pushed before.
//! 3. Ask [`Engine::poll_timeout`] how long nothing needs to be done.
//!
//! A notification comes from a message or from a policy's timer. Both come out
//! of [`Engine::poll`] alike.
//!
//! Nothing here allocates, and the work of one call is bounded by the message,
//! the rules and the capacities in [`crate::limits`].

mod candidates;

use alloc::boxed::Box;

pub(crate) use candidates::Located;
use candidates::Tried;

use crate::ids::{NotifierId, RuleId, RuleIds, Ticket};
use crate::intake::Arrival;
use crate::limits::{GROUPS_MAX, MESSAGE_BYTES_MAX, RUN_WORK_MAX};
use crate::matching::Span;
use crate::routers::{HeardRouters, Routers};
use crate::rules::notice::NoticeHead;
use crate::rules::policy::{Held, Moment, Novelties, Policies, Silence, SilenceSpec, Tally};
use crate::rules::rule::{Rule, Rules};
use crate::text::TextBuffer;
use crate::time::{Instant, Wall};

/// Totals since the engine was created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineCounters {
    /// Messages handled.
    pub handled: u64,
    /// Messages that at least one rule matched.
    pub matched: u64,
    /// Notifications handed out, summaries included.
    pub notified: u64,
    /// Matches that a policy has held back.
    pub suppressed: u64,
    /// Known values, matches that still counted and open cases that were forgotten because
    /// newer ones needed the room.
    pub forgotten: u64,
}

/// How a message arrived.
#[derive(Clone, Copy, Debug)]
struct Received {
    arrival: Arrival,
    wall: Wall,
}

/// Runs compiled rules over messages.
#[derive(Debug)]
pub struct Engine {
    rules: Rules,
    policies: Policies,
    routers: Routers,
    silence: Option<Box<Silence>>,
    counters: EngineCounters,
    /// The time of the last input. Its wall clock is older if that did not matter.
    moment: Moment,
    /// The message handled last, if a rule may match it. The caller's buffer is
    /// not borrowed, so that it is free for the next message between two calls.
    message: [u8; MESSAGE_BYTES_MAX],
    message_len: usize,
    /// How the message arrived; `None` once all its rules have been tried.
    received: Option<Received>,
    /// Rules that may match the message and have not been tried yet.
    candidates: RuleIds,
    /// The part of [`RUN_WORK_MAX`] that the message has left.
    work: usize,
    /// Whether a rule has matched the message.
    matched: bool,
    /// The first candidate has matched, its groups are in `spans`, its policies have
    /// admitted it, and it only waits for room in the table of the last of them.
    waiting: Option<Tally>,
    /// Whether [`Engine::held`] is of interest.
    explains: bool,
    /// The rule that matched last and did not notify, and why.
    held: Option<(RuleId, Held)>,
    /// The rule that [`Engine::poll`] returned last a match of.
    notified: Option<RuleId>,
    spans: [Option<Span>; GROUPS_MAX + 1],
}

impl Engine {
    /// Returns an engine for `rules`. `secret` keys the hash that
    /// distinguishes texts; strangers must not know it.
    #[must_use]
    pub fn new(rules: Rules, secret: (u64, u64)) -> Self {
        Self {
            policies: Policies::new(secret, rules.rules()),
            rules,
            routers: Routers::default(),
            silence: None,
            counters: EngineCounters::default(),
            moment: Moment::default(),
            message: [0; MESSAGE_BYTES_MAX],
            message_len: 0,
            received: None,
            candidates: RuleIds::EMPTY,
            work: RUN_WORK_MAX,
            matched: false,
            waiting: None,
            explains: false,
            held: None,
            notified: None,
            spans: [None; GROUPS_MAX + 1],
        }
    }

    /// Gives routers their names.
    #[must_use]
    pub fn with_routers(self, routers: Routers) -> Self {
        Self { routers, ..self }
    }

    /// Watches for routers that are silent from `now` on: those that have names by then.
    /// `secret` is another one that strangers must not know.
    #[must_use]
    pub fn with_silence(self, spec: SilenceSpec, now: Instant, secret: u64) -> Self {
        let silence = Silence::new(spec, &self.routers, now, secret);
        Self {
            silence: Some(Box::new(silence)),
            ..self
        }
    }

    /// Lets [`Engine::poll`] return `None` for each match that a policy holds back as well, of
    /// which [`Engine::take_held`] knows more.
    pub(crate) fn explaining(self) -> Self {
        Self {
            explains: true,
            ..self
        }
    }

    /// Returns why the match was held back for which [`Engine::poll`] returned `None` last;
    /// `None` if there was no such match.
    pub(crate) fn take_held(&mut self) -> Option<Held> {
        let (id, held) = self.held.take()?;
        self.notified = Some(id);
        Some(held)
    }

    /// Takes a message: a datagram's text without its line end. Bytes beyond
    /// [`MESSAGE_BYTES_MAX`] are ignored. `wall` returns when it arrived; it
    /// is called only if a rule may match, if a router may be silent, or if something is due
    /// that may be held, because computing local time is expensive.
    pub fn handle(
        &mut self,
        now: Instant,
        arrival: Arrival,
        wall: impl FnOnce() -> Wall,
        message: &[u8],
    ) {
        self.moment.now = now;
        self.counters.handled += 1;
        let silence = self.silence.as_mut();
        let is_awaited =
            silence.is_some_and(|silence| silence.hear(now, arrival.source, &self.routers));
        self.matched = false;
        self.waiting = None;
        self.received = None;
        self.candidates = RuleIds::EMPTY;
        self.work = RUN_WORK_MAX;
        let message = &message[..message.len().min(MESSAGE_BYTES_MAX)];
        if self.routers.hear(arrival.at, arrival.source) {
            self.routers.learn_name(arrival.source, message);
        }
        self.rules.screen.candidates(message, &mut self.candidates);
        // Most messages end here, unread but for the screen and not copied.
        let is_candidate = !self.candidates.is_empty();
        if is_candidate || is_awaited || self.policies.wants_wall(now) {
            self.moment.wall = wall();
        }
        if !is_candidate {
            return;
        }
        self.message[..message.len()].copy_from_slice(message);
        self.message_len = message.len();
        self.received = Some(Received {
            arrival,
            wall: self.moment.wall,
        });
    }

    /// Lets time pass, so that timers speak. `wall` returns the time on the wall; it is
    /// called only if a router may be silent, or if something is due that may be held in
    /// quiet hours or for a digest. At the end of time (`u64::MAX`) whatever is held is
    /// notified.
    pub fn handle_timeout(&mut self, now: Instant, wall: impl FnOnce() -> Wall) {
        self.moment.now = now;
        let silence = self.silence.as_ref();
        if self.policies.wants_wall(now) || silence.is_some_and(|silence| silence.is_due(now)) {
            self.moment.wall = wall();
        }
    }

    /// Notes that messages were lost until `now`, or that nobody listened: a router that
    /// was not heard meanwhile need not be silent.
    pub fn handle_loss(&mut self, now: Instant) {
        if let Some(silence) = &mut self.silence {
            silence.lose(now);
        }
    }

    /// Takes back the cooldown that a notification armed for a notifier which
    /// then failed to deliver it.
    pub fn handle_failure(&mut self, ticket: Ticket, notifier: NotifierId) {
        self.policies.on_failure(ticket, notifier);
    }

    /// Returns the next notification, with its text in `text`, or `None` when
    /// everything due to the last input has been handed out.
    #[must_use]
    pub fn poll(&mut self, text: &mut TextBuffer) -> Option<NoticeHead> {
        let head = self.next_notice(text)?;
        self.counters.notified += 1;
        Some(head)
    }

    /// Returns when [`Engine::handle_timeout`] has something to do at the
    /// latest, or `None` while nothing is pending.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let silence = self.silence.as_ref().and_then(|silence| silence.next());
        self.policies.next().into_iter().chain(silence).min()
    }

    /// Returns the counters.
    #[must_use]
    pub fn counters(&self) -> EngineCounters {
        EngineCounters {
            forgotten: self.policies.forgotten(),
            ..self.counters
        }
    }

    /// Returns the values that rules have seen, which can be saved and restored.
    pub const fn novelties_mut(&mut self) -> &mut Novelties {
        self.policies.novelties_mut()
    }

    /// Brings a copy of the routers heard most recently up to date.
    pub fn copy_heard(&mut self, copy: &mut HeardRouters) {
        self.routers.copy_heard(copy);
    }

    /// Returns the rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        self.rules.rules()
    }

    fn next_notice(&mut self, text: &mut TextBuffer) -> Option<NoticeHead> {
        self.notified = None;
        loop {
            // Timers speak before the message: they sum up earlier ones.
            let Self {
                policies,
                rules,
                routers,
                silence,
                moment,
                ..
            } = self;
            let due = policies.on_timeout(*moment, &rules.rules, text);
            let due = due.or_else(|| {
                let silence = silence.as_mut()?;
                let event = silence.on_timeout(moment.now, moment.wall, routers)?;
                Some(event.write(text))
            });
            if due.is_some() {
                return due;
            }
            match self.try_candidates(text) {
                Tried::Notify(id, head) => {
                    self.notified = Some(id);
                    return Some(head);
                }
                Tried::Nothing | Tried::Held => return None,
                // An entry ends now, so a timer has something to say first.
                Tried::MakeRoom => {}
            }
        }
    }
}
