//! The engine: one message in, its notifications out.
//!
//! # Contract
//!
//! 1. Push one input: [`Engine::handle`] for a message,
//!    [`Engine::handle_timeout`] when the time of [`Engine::poll_timeout`] has
//!    come (calling it early is harmless), [`Engine::handle_failure`] for a
//!    delivery that failed for good.
//! 2. Call [`Engine::poll`] until it returns `None`, handing each notification
//!    on. A message's notifications are lost if the next one is pushed before.
//! 3. Ask [`Engine::poll_timeout`] how long nothing needs to be done.
//!
//! A notification comes from a message or from a policy's timer. Both come out
//! of [`Engine::poll`] alike.
//!
//! Nothing here allocates, and the work of one call is bounded by the message,
//! the rules and the capacities in [`crate::limits`].

use crate::bytes::find;
use crate::ids::RuleIds;
use crate::ids::RuleName;
use crate::ids::{NotifierId, RuleId, Ticket};
use crate::intake::Arrival;
use crate::limits::{GROUPS_MAX, MESSAGE_BYTES_MAX, RUN_WORK_MAX};
use crate::matching::Span;
use crate::rules::notice::NoticeHead;
use crate::rules::policy::{Decision, Policies};
use crate::rules::rule::{Condition, Rule, Rules};
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
    /// Notifications held back by a cooldown.
    pub suppressed: u64,
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
    counters: EngineCounters,
    now: Instant,
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
    /// The first candidate has matched, its groups are in `spans`, and it only
    /// waits for room in a policy's table.
    waits_for_room: bool,
    /// The rule that [`Engine::poll`] returned last a match of.
    notified: Option<RuleId>,
    spans: [Option<Span>; GROUPS_MAX + 1],
}

impl Engine {
    /// Returns an engine for `rules`. `secret` keys the hash that tells texts
    /// apart; strangers must not know it.
    #[must_use]
    pub fn new(rules: Rules, secret: (u64, u64)) -> Self {
        Self {
            rules,
            policies: Policies::new(secret),
            counters: EngineCounters::default(),
            now: Instant::ZERO,
            message: [0; MESSAGE_BYTES_MAX],
            message_len: 0,
            received: None,
            candidates: RuleIds::EMPTY,
            work: RUN_WORK_MAX,
            matched: false,
            waits_for_room: false,
            notified: None,
            spans: [None; GROUPS_MAX + 1],
        }
    }

    /// Takes a message: a datagram's text without its line end. Bytes beyond
    /// [`MESSAGE_BYTES_MAX`] are ignored. `wall` returns when it arrived; it
    /// is called only if a rule may match, because computing local time is
    /// expensive.
    pub fn handle(
        &mut self,
        now: Instant,
        arrival: Arrival,
        wall: impl FnOnce() -> Wall,
        message: &[u8],
    ) {
        self.now = now;
        self.counters.handled += 1;
        self.matched = false;
        self.waits_for_room = false;
        self.received = None;
        self.candidates = RuleIds::EMPTY;
        self.work = RUN_WORK_MAX;
        let message = &message[..message.len().min(MESSAGE_BYTES_MAX)];
        self.rules.screen.candidates(message, &mut self.candidates);
        // Most messages end here, unread but for the screen and not copied.
        if self.candidates.is_empty() {
            return;
        }
        self.message[..message.len()].copy_from_slice(message);
        self.message_len = message.len();
        self.received = Some(Received {
            arrival,
            wall: wall(),
        });
    }

    /// Lets time pass, so that timers speak.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
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
        self.policies.next()
    }

    /// Returns the counters.
    #[must_use]
    pub const fn counters(&self) -> EngineCounters {
        self.counters
    }

    /// Returns the rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        self.rules.rules()
    }

    /// Finds the place in the message at which the rule of the last notification
    /// matches, and the places of its groups, whether its mask needs them or not.
    /// `None` for a timer's notification.
    pub(crate) fn locate(&mut self) -> Option<Located<'_>> {
        let id = self.notified?;
        let rule = self.rules.rules.get(id.index())?;
        let message = &self.message[..self.message_len];
        self.rules.scratch.limit_work(RUN_WORK_MAX);
        let groups = match &rule.condition {
            Condition::Substring(bytes) => {
                let start = match bytes.len() {
                    // The empty string is found at the beginning.
                    0 => 0,
                    _ => find(message, bytes)?,
                };
                let end = start + bytes.len();
                self.spans[0] = Some(Span { start, end });
                0
            }
            Condition::Regex(pattern) => {
                let scratch = &mut self.rules.scratch;
                let found = pattern.captures(message, scratch, &mut self.spans);
                // The daemon would not have done this work.
                scratch.take_work();
                if !found {
                    return None;
                }
                pattern.groups()
            }
        };
        Some(Located {
            id,
            rule,
            message,
            spans: &self.spans[..=groups.min(GROUPS_MAX)],
        })
    }

    fn next_notice(&mut self, text: &mut TextBuffer) -> Option<NoticeHead> {
        self.notified = None;
        loop {
            // Timers speak before the message: they sum up earlier ones.
            if let Some(event) = self.policies.on_timeout(self.now) {
                event.write(text);
                return Some(event.head);
            }
            match self.try_candidates(text) {
                Tried::Notify(id, head) => {
                    self.notified = Some(id);
                    return Some(head);
                }
                Tried::Nothing => return None,
                // An entry ends now, so a timer has something to say first.
                Tried::MakeRoom => {}
            }
        }
    }

    /// Tries the candidates in order until one has a consequence.
    fn try_candidates(&mut self, text: &mut TextBuffer) -> Tried {
        let Some(received) = self.received else {
            return Tried::Nothing;
        };
        while let Some(id) = self.candidates.first() {
            let tried = self.try_rule(id, received, text);
            // After `MakeRoom` the rule is still a candidate.
            if let Tried::MakeRoom = tried {
                return tried;
            }
            self.candidates.remove(id);
            if let Tried::Notify(..) = tried {
                return tried;
            }
        }
        self.received = None;
        Tried::Nothing
    }

    fn try_rule(&mut self, id: RuleId, received: Received, text: &mut TextBuffer) -> Tried {
        let Some(rule) = self.rules.rules.get(id.index()) else {
            return Tried::Nothing;
        };
        let message = &self.message[..self.message_len];
        // An equal part of what is left, so that no rule starves the others.
        let sharers = self.candidates.count_shared(self.rules.searching).max(1);
        self.rules.scratch.limit_work(self.work / sharers);
        let matches = match &rule.condition {
            _ if core::mem::take(&mut self.waits_for_room) => true,
            // The screen finds substrings exactly.
            Condition::Substring(_) => true,
            Condition::Regex(pattern) if rule.mask.uses_groups() => {
                pattern.captures(message, &mut self.rules.scratch, &mut self.spans)
            }
            Condition::Regex(pattern) => pattern.is_match(message, &mut self.rules.scratch),
        };
        self.work = self.work.saturating_sub(self.rules.scratch.take_work());
        if !matches {
            return Tried::Nothing;
        }
        if !self.matched {
            self.matched = true;
            self.counters.matched += 1;
        }
        text.clear();
        rule.mask.expand(message, &self.spans, text);
        let head = NoticeHead {
            rule: rule.name,
            notifiers: rule.notifiers,
            at: received.wall,
            source: received.arrival.source,
            ticket: Ticket::default(),
        };
        // Policies see the text without its time, which differs each time.
        match self
            .policies
            .on_match(self.now, (id, rule), &head, text.as_text())
        {
            Decision::Notify(notifiers, ticket) => {
                push_time(rule.name, received.wall, text);
                let head = NoticeHead {
                    notifiers,
                    ticket,
                    ..head
                };
                Tried::Notify(id, head)
            }
            Decision::Hold => {
                self.counters.suppressed += 1;
                Tried::Nothing
            }
            Decision::MakeRoom => {
                self.waits_for_room = true;
                Tried::MakeRoom
            }
        }
    }
}

/// The place of a match, see [`Engine::locate`].
pub(crate) struct Located<'a> {
    pub(crate) id: RuleId,
    pub(crate) rule: &'a Rule,
    pub(crate) message: &'a [u8],
    /// The whole match, then the groups.
    pub(crate) spans: &'a [Option<Span>],
}

/// The outcome of trying candidates.
enum Tried {
    Notify(RuleId, NoticeHead),
    Nothing,
    /// An older case must end first; then the rule is tried again.
    MakeRoom,
}

/// Appends the time of reception, in the two spellings that users know.
fn push_time(name: RuleName, wall: Wall, text: &mut TextBuffer) {
    let blank = match name {
        RuleName::Environment(_) | RuleName::CommandLine | RuleName::NotifyTest => " ",
        // The predecessor wrote it so.
        RuleName::Static(_) => "",
    };
    text.push_tail(format_args!(", at:{blank}{wall}"));
}
