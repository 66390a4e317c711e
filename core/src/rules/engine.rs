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

use alloc::boxed::Box;
use core::net::IpAddr;

use crate::bytes::{find, find_in_any_case};
use crate::ids::RuleIds;
use crate::ids::RuleName;
use crate::ids::{NotifierId, RuleId, Ticket};
use crate::intake::Arrival;
use crate::limits::{GROUPS_MAX, MESSAGE_BYTES_MAX, RUN_WORK_MAX};
use crate::matching::Span;
use crate::routers::{HeardRouters, RouterName, Routers};
use crate::rules::mask::{Facts, Without};
use crate::rules::matched::{Match, Writer};
use crate::rules::notice::{About, NoticeHead};
use crate::rules::policy::{
    Decision, Held, Kept, Moment, Novelties, Policies, Silence, SilenceSpec, Tally,
};
use crate::rules::rule::{Condition, Rule, Rules};
use crate::syslog::{Line, parse};
use crate::text::{Label, TextBuffer};
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

    /// Finds the place in the message at which the rule of the last notification
    /// matches, and the places of its groups, whether its mask needs them or not.
    /// `None` for a timer's notification.
    pub(crate) fn locate(&mut self) -> Option<Located<'_>> {
        let id = self.notified?;
        let rule = self.rules.rules.get(id.index())?;
        let message = &self.message[..self.message_len];
        let part = rule.part(message);
        self.rules.scratch.limit_work(RUN_WORK_MAX);
        let groups = match &rule.condition {
            Condition::Substring(bytes) => {
                let start = match bytes.len() {
                    // The empty string is found at the beginning.
                    0 => 0,
                    _ => find_text(part, bytes, rule.ignore_case)?,
                };
                let end = start + bytes.len();
                self.spans[0] = Some(Span { start, end });
                0
            }
            Condition::Regex(pattern) => {
                let scratch = &mut self.rules.scratch;
                let found = pattern.captures(part, scratch, &mut self.spans);
                // The daemon would not have done this work.
                scratch.take_work();
                if !found {
                    return None;
                }
                pattern.groups()
            }
        };
        let spans = &mut self.spans[..=groups.min(GROUPS_MAX)];
        shift(spans, message, part);
        Some(Located {
            id,
            rule,
            message,
            spans,
        })
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
            if let Tried::Notify(..) | Tried::Held = tried {
                return tried;
            }
        }
        self.received = None;
        Tried::Nothing
    }

    /// Tries one candidate: whether it matches, and what its policies make of that.
    fn try_rule(&mut self, id: RuleId, received: Received, text: &mut TextBuffer) -> Tried {
        let mut waiting = self.waiting.take();
        if waiting.is_none() && !self.matches(id, received.arrival.source) {
            return Tried::Nothing;
        }
        let Self {
            rules, policies, ..
        } = self;
        let Some(rule) = rules.rules.get(id.index()) else {
            return Tried::Nothing;
        };
        // Only now does it matter who sent the line, and what it is made of.
        let source = received.arrival.source;
        let message = &self.message[..self.message_len];
        let line = parse(message);
        let (router, router_key) = self.routers.name(source, &line);
        let is_shown = self.routers.is_shown();
        let about = about(rule, router, &line);
        let has_name = !matches!(router, RouterName::Address(_));
        let writer = Writer {
            message,
            spans: &self.spans,
            about,
            is_named: is_shown,
            facts: Facts {
                rule: rule.name,
                at: received.wall,
                source,
                router,
                line: &line,
                count: 1,
                first: received.wall,
                duration: None,
                pause: self.routers.pause(),
                without: Without::None,
            },
        };
        let head = NoticeHead {
            rule: rule.name,
            notifiers: rule.notifiers,
            at: received.wall,
            source,
            ticket: Ticket::default(),
            about,
            name_bytes: if is_shown { about.name_bytes() } else { 0 },
            time_bytes: 0,
        };
        let matched = Match {
            now: self.moment.now,
            id,
            rule,
            router: router_key,
            writer,
        };
        let decision = match rule.recovers.and_then(|of| rules.rules.get(of.index())) {
            Some(begun) => matched.end(begun, policies, text),
            None => matched.decide(&head, &mut waiting, policies, text),
        };
        self.waiting = waiting;
        if has_name {
            self.routers.set_name(about.router);
        }
        self.conclude(id, head, decision, text)
    }

    /// Returns whether a candidate matches, with its groups in `spans` if they are needed.
    fn matches(&mut self, id: RuleId, source: IpAddr) -> bool {
        let Some(rule) = self.rules.rules.get(id.index()) else {
            return false;
        };
        let message = &self.message[..self.message_len];
        // An equal part of what is left, so that no rule starves the others.
        let sharers = self.candidates.count_shared(self.rules.searching).max(1);
        let share = self.work / sharers;
        self.rules.scratch.limit_work(share);
        if let Some(filter) = &rule.filter {
            let line = parse(message);
            let (router, _) = self.routers.name(source, &line);
            if filter.is_for_unmatched && self.matched
                || !filter.passes(source, router, line.topics)
            {
                return false;
            }
        }
        let part = rule.part(message);
        let scratch = &mut self.rules.scratch;
        let matches = match &rule.condition {
            // The screen finds substrings exactly, but for their case if that of another
            // rule is ignored.
            Condition::Substring(_)
                if part.len() == message.len()
                    && (rule.ignore_case || !self.rules.screen.ignores_case()) =>
            {
                true
            }
            Condition::Substring(text) => {
                text.is_empty() || find_text(part, text, rule.ignore_case).is_some()
            }
            Condition::Regex(pattern) if rule.uses_groups() => {
                let found = pattern.captures(part, scratch, &mut self.spans);
                let groups = pattern.groups().min(GROUPS_MAX);
                shift(&mut self.spans[..=groups], message, part);
                found
            }
            Condition::Regex(pattern) => pattern.is_match(part, scratch),
        };
        let left = share.saturating_sub(scratch.work());
        let matches = matches && !rule.exceptions.are_in(part, left, scratch);
        self.work = self.work.saturating_sub(scratch.take_work());
        if matches && !self.matched {
            self.matched = true;
            self.counters.matched += 1;
            self.routers.count_match();
        }
        matches
    }

    /// Does what was decided about a match whose text is in `text`.
    fn conclude(
        &mut self,
        id: RuleId,
        mut head: NoticeHead,
        decision: Decision,
        text: &mut TextBuffer,
    ) -> Tried {
        match decision {
            Decision::Notify(notifiers, ticket) => {
                (head.notifiers, head.ticket) = (notifiers, ticket);
                let (moment, rules) = (self.moment, &self.rules.rules);
                let kept = Kept::of(&head, text.as_text());
                let held = self.policies.hold(moment, rules, id, notifiers, &kept, 1);
                if let Some(held) = held {
                    return self.on_held(id, held);
                }
                head.end(&time_words(head.rule), text);
                Tried::Notify(id, head)
            }
            Decision::MakeRoom => Tried::MakeRoom,
            Decision::Hold(held) => self.on_held(id, held),
        }
    }

    /// Counts a match that is not notified now.
    const fn on_held(&mut self, id: RuleId, held: Held) -> Tried {
        self.counters.suppressed += 1;
        if self.explains {
            self.held = Some((id, held));
            Tried::Held
        } else {
            Tried::Nothing
        }
    }
}

/// Returns the offset of the first `part` in `text`.
fn find_text(text: &[u8], part: &[u8], ignore_case: bool) -> Option<usize> {
    if ignore_case {
        find_in_any_case(text, part)
    } else {
        find(text, part)
    }
}

/// Moves places in a part of the message to where they are in the message.
fn shift(spans: &mut [Option<Span>], message: &[u8], part: &[u8]) {
    // An empty part may be anywhere.
    let start = part.as_ptr().addr().wrapping_sub(message.as_ptr().addr());
    if start <= message.len() {
        for span in spans.iter_mut().flatten() {
            span.start += start;
            span.end += start;
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
#[expect(
    clippy::large_enum_variant,
    reason = "nothing is allocated here, and there is one for each match"
)]
enum Tried {
    Notify(RuleId, NoticeHead),
    Nothing,
    /// A rule matched and does not notify, which is of interest.
    Held,
    /// An older case must end first; then the rule is tried again.
    MakeRoom,
}

/// Returns what a notification says of its line.
fn about(rule: &Rule, router: RouterName<'_>, line: &Line<'_>) -> About {
    About {
        router: router.label(),
        topics: Label::of_log(line.topics.as_bytes()),
        severity: line.severity(),
        priority: rule.priority,
    }
}

/// Returns the words in front of the time of reception, in the two spellings that users
/// know.
const fn time_words(name: RuleName) -> &'static str {
    match name {
        // The predecessor wrote it so.
        RuleName::Static(0) => ", at:",
        _ => ", at: ",
    }
}
