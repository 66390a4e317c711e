//! One message's candidates: which of them match, where, and what their policies make of
//! that.

use core::net::IpAddr;

use super::{Engine, Received};
use crate::bytes::{find, find_in_any_case};
use crate::ids::{RuleId, RuleName, Ticket};
use crate::limits::{GROUPS_MAX, RUN_WORK_MAX};
use crate::matching::Span;
use crate::routers::RouterName;
use crate::rules::mask::{Facts, Without};
use crate::rules::matched::{Match, Writer};
use crate::rules::notice::{About, NoticeHead};
use crate::rules::policy::{Decision, Held, Kept};
use crate::rules::rule::{Condition, Rule};
use crate::syslog::{Line, parse};
use crate::text::{Label, TextBuffer};

impl Engine {
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

    /// Tries the candidates in order until one has a consequence.
    pub(super) fn try_candidates(&mut self, text: &mut TextBuffer) -> Tried {
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
pub(super) enum Tried {
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
