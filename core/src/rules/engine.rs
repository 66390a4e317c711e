//! The rules at work: one message in, its notifications out.
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
//! Nothing here allocates, and the work of one call is bounded by the message,
//! the rules and the capacities in [`crate::limits`].

use crate::ids::RuleIds as Candidates;
use crate::ids::RuleName;
use crate::ids::{NotifierId, RuleId, Ticket};
use crate::intake::Arrival;
use crate::limits::{GROUPS_MAX, MESSAGE_BYTES_MAX};
use crate::matching::Span;
use crate::rules::notice::NoticeHead;
use crate::rules::policy::cooldown::{Cooldowns, Decision, Entry};
use crate::rules::rule::{Condition, Rule, Rules};
use crate::text::TextBuffer;
use crate::time::{Instant, Wall};

/// What the engine has done so far.
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

/// What travels with a message.
#[derive(Clone, Copy, Debug)]
struct Received {
    arrival: Arrival,
    wall: Wall,
}

/// Runs compiled rules over messages.
#[derive(Debug)]
pub struct Engine {
    rules: Rules,
    cooldowns: Cooldowns,
    counters: EngineCounters,
    now: Instant,
    message: heapless::Vec<u8, MESSAGE_BYTES_MAX>,
    received: Option<Received>,
    /// Rules that may match the message and were not looked at yet.
    candidates: Candidates,
    matched: bool,
    spans: [Option<Span>; GROUPS_MAX + 1],
}

impl Engine {
    /// Returns an engine for `rules`. `key` seeds the hash that tells texts
    /// apart; strangers must not know it.
    #[must_use]
    pub fn new(rules: Rules, key: (u64, u64)) -> Self {
        Self {
            rules,
            cooldowns: Cooldowns::new(key),
            counters: EngineCounters::default(),
            now: Instant::ZERO,
            message: heapless::Vec::new(),
            received: None,
            candidates: Candidates::EMPTY,
            matched: false,
            spans: [None; GROUPS_MAX + 1],
        }
    }

    /// Takes a message: a datagram's text without its line end. What exceeds
    /// [`MESSAGE_BYTES_MAX`] is not looked at. `wall` tells when it arrived and
    /// is asked only if a rule may match, because local time is dear.
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
        let message = &message[..message.len().min(MESSAGE_BYTES_MAX)];
        self.candidates = Candidates::EMPTY;
        self.rules.screen.candidates(message, &mut self.candidates);
        if self.candidates.is_empty() {
            self.received = None;
            return;
        }
        self.message.clear();
        let _ = self.message.extend_from_slice(message);
        self.received = Some(Received {
            arrival,
            wall: wall(),
        });
    }

    /// Lets time pass, so that cooldowns end.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
    }

    /// Takes back the cooldown that a notification armed for a notifier which
    /// then failed to deliver it.
    pub fn handle_failure(&mut self, ticket: Ticket, notifier: NotifierId) {
        self.cooldowns.disarm(ticket, notifier);
    }

    /// Returns the next notification, with its text in `text`, or `None` when
    /// all that came from the last input has been handed out.
    #[must_use]
    pub fn poll(&mut self, text: &mut TextBuffer) -> Option<NoticeHead> {
        while let Some(ended) = self.cooldowns.take_ended(self.now) {
            if let Some(head) = self.summarise(&ended, text) {
                return Some(head);
            }
        }
        let received = self.received?;
        while let Some(id) = self.candidates.first() {
            match self.try_rule(id, received, text) {
                Tried::Notify(head) => {
                    self.candidates.remove(id);
                    self.counters.notified += 1;
                    return Some(head);
                }
                Tried::Nothing => self.candidates.remove(id),
                Tried::Evicted(head) => return Some(head),
                Tried::Again => {}
            }
        }
        self.received = None;
        None
    }

    /// Returns when [`Engine::handle_timeout`] has something to do at the
    /// latest, or `None` while nothing is pending.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.cooldowns.next_end()
    }

    /// Returns the counters.
    #[must_use]
    pub const fn counters(&self) -> EngineCounters {
        self.counters
    }

    /// Finds where a rule matches the message handled last, and where its groups
    /// are, whether its mask needs them or not.
    pub(crate) fn locate(&mut self, id: RuleId) -> Option<Located<'_>> {
        let rule = self.rules.rules.get(id.index())?;
        let message = &self.message[..];
        let groups = match &rule.condition {
            Condition::Substring(bytes) => {
                let mut windows = message.windows(bytes.len().max(1));
                let start = match bytes.len() {
                    0 => 0,
                    _ => windows.position(|window| window == &bytes[..])?,
                };
                let end = start + bytes.len();
                self.spans[0] = Some(Span { start, end });
                0
            }
            Condition::Regex(pattern) => {
                if !pattern.captures(message, &mut self.rules.scratch, &mut self.spans) {
                    return None;
                }
                pattern.groups()
            }
        };
        Some(Located {
            rule,
            message,
            spans: &self.spans[..=groups.min(GROUPS_MAX)],
        })
    }

    /// Returns the rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        self.rules.rules()
    }

    fn try_rule(&mut self, id: RuleId, received: Received, text: &mut TextBuffer) -> Tried {
        let Some(rule) = self.rules.rules.get(id.index()) else {
            return Tried::Nothing;
        };
        let message = &self.message[..];
        let matches = match &rule.condition {
            Condition::Substring(_) => true,
            Condition::Regex(pattern) if rule.mask.uses_groups() => {
                pattern.captures(message, &mut self.rules.scratch, &mut self.spans)
            }
            Condition::Regex(pattern) => pattern.is_match(message, &mut self.rules.scratch),
        };
        if !matches {
            return Tried::Nothing;
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
        let verdict = self
            .cooldowns
            .decide(self.now, &head, text.as_text(), rule.cooldown_millis);
        if !matches!(verdict, Decision::Full) && !self.matched {
            self.matched = true;
            self.counters.matched += 1;
        }
        match verdict {
            Decision::Send(notifiers, ticket) => {
                push_time(head.rule, received.wall, text);
                Tried::Notify(NoticeHead {
                    notifiers,
                    ticket,
                    ..head
                })
            }
            Decision::Suppress => {
                self.counters.suppressed += 1;
                Tried::Nothing
            }
            Decision::Full => match self.cooldowns.take_earliest() {
                Some(entry) => self
                    .summarise(&entry, text)
                    .map_or(Tried::Again, Tried::Evicted),
                None => Tried::Nothing,
            },
        }
    }

    /// Writes the message that ends a cooldown, if there is anything to tell
    /// and anybody to tell it to.
    fn summarise(&mut self, entry: &Entry, text: &mut TextBuffer) -> Option<NoticeHead> {
        if entry.suppressed == 0 || entry.head.notifiers.is_empty() {
            return None;
        }
        text.clear();
        text.push_text(entry.text());
        let (times, last) = (entry.suppressed, entry.last);
        let plural = if times == 1 { "" } else { "s" };
        text.push_tail(format_args!(
            ", repeated {times} time{plural}, last at: {last}"
        ));
        self.counters.notified += 1;
        // The summary arms nothing: the next such line notifies at once.
        Some(NoticeHead {
            at: last,
            ticket: Ticket::default(),
            ..entry.head
        })
    }
}

/// Where a rule matches, see [`Engine::locate`].
pub(crate) struct Located<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) message: &'a [u8],
    /// The whole match, then the groups.
    pub(crate) spans: &'a [Option<Span>],
}

/// What became of a candidate rule.
enum Tried {
    Notify(NoticeHead),
    Nothing,
    /// An older cooldown had to end to make room; this is its summary, and the
    /// rule is to be tried again.
    Evicted(NoticeHead),
    /// As `Evicted`, but there was nothing to tell.
    Again,
}

/// Appends the time of reception, in the two spellings that users know.
fn push_time(name: RuleName, wall: Wall, text: &mut TextBuffer) {
    let blank = match name {
        RuleName::Environment(_) | RuleName::CommandLine | RuleName::NotifyTest => " ",
        RuleName::Static(_) => "",
    };
    text.push_tail(format_args!(", at:{blank}{wall}"));
}
