//! Lines run through the engine to see what it makes of them.
//!
//! This is what `alertik match` and the validator page do with a line: exactly
//! what the daemon does with a datagram, with four differences. What a policy holds back is
//! shown, with the reason; the place of each match and of its groups is found too, which the
//! daemon does not need; a daemon's own output is known by its looks, because a replay has
//! printed nothing; and any router may have sent the line, because nothing says which one did.
//!
//! Time passes as [`Pace`] says. Without a pace all lines come at the same time, and
//! cooldowns are off: somebody who tries a rule wants to see every match.
//!
//! A room of its own, after all the others: a replay is every room in a row, and
//! it shows notifiers by the names that [`delivery`](crate::delivery) has for
//! them, which [`rules`](crate::rules) may not know.

mod excluded;
mod json;
mod line_time;
mod nearest;
mod sample;

pub use excluded::exception_in;
pub use nearest::{AGREEING_BYTES_MIN, Near, Nearness};
pub use sample::sample_text;

use core::net::{IpAddr, Ipv4Addr};

use crate::ids::{NotifierSet, RuleId, RuleName};
use crate::intake::Arrival;
use crate::matching::Span;
use crate::rules::{Engine, Held, Located, NoticeHead, Rule, Rules};
use crate::syslog::{looks_like_own_output, parse, trim_line_end};
use crate::text::{Text, TextBuffer};
use crate::time::{Instant, Wall};

/// Time that passes between two lines if nothing else is said.
const STEP_MILLIS: u64 = 1;

/// How time passes from one line to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// So many seconds each.
    Step(u64),
    /// As the lines say. One without a time comes with the line before.
    FromLines,
}

/// Runs lines through compiled rules.
#[derive(Debug)]
pub struct Replay {
    engine: Engine,
    text: TextBuffer,
    pace: Option<Pace>,
    now: Instant,
    /// The wall-clock time at `now`.
    wall: Wall,
    /// The two times of the last line, from which the next one's is counted: timers may
    /// have spoken since.
    line: (Instant, Wall),
    /// Whether a line has been taken.
    has_begun: bool,
}

/// What a replay shows next.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// A rule matches the line.
    Match(Found<'a>),
    /// A timer speaks.
    Timer(Spoken<'a>),
}

/// A rule that matched a line.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The rule's place in the order of evaluation.
    pub id: RuleId,
    /// The rule.
    pub rule: &'a Rule,
    /// The line as it was matched: without its line end and what is too long.
    pub message: &'a [u8],
    /// The whole match, then every group of the rule's expression.
    pub spans: &'a [Option<Span>],
    /// The notifiers that get the text.
    pub notifiers: NotifierSet,
    /// The text they get.
    pub text: Text<'a>,
    /// Why they do not get it now, if a policy holds it back. Then there is no text.
    pub held: Option<Held>,
}

/// A notification without a line: a policy's timer has come.
#[derive(Clone, Copy, Debug)]
pub struct Spoken<'a> {
    /// The rule.
    pub rule: RuleName,
    /// When.
    pub at: Wall,
    /// The notifiers that get the text.
    pub notifiers: NotifierSet,
    /// The text they get.
    pub text: Text<'a>,
}

impl Replay {
    /// Returns a replay of lines that all arrive at `wall`.
    #[must_use]
    pub fn new(rules: Rules, wall: Wall) -> Self {
        Self::paced(rules, wall, None)
    }

    /// Returns a replay that begins at `wall`, unless the lines say otherwise.
    #[must_use]
    pub fn paced(rules: Rules, wall: Wall, pace: Option<Pace>) -> Self {
        Self {
            // Whoever wrote the lines cannot look for collisions here.
            engine: Engine::new(rules.for_replay(pace.is_some()), (0, 0)).explaining(),
            text: TextBuffer::new(),
            pace,
            now: Instant::ZERO,
            wall,
            line: (Instant::ZERO, wall),
            has_begun: false,
        }
    }

    /// Returns when the next line comes.
    fn time_of(&self, message: &[u8]) -> Instant {
        let (last, wall) = self.line;
        match self.pace {
            None => last.after(STEP_MILLIS),
            Some(Pace::Step(secs)) if self.has_begun => last.after(secs.saturating_mul(1_000)),
            Some(Pace::Step(_)) => last,
            Some(Pace::FromLines) => {
                let before = wall.unix_secs;
                let time = parse(message).time;
                let secs = time.and_then(|time| line_time::seconds(time, before));
                // A clock that was put back does not stop the timers' clock.
                let passed = secs.unwrap_or(before).saturating_sub(before).max(0);
                last.after(passed.unsigned_abs().saturating_mul(1_000))
            }
        }
    }

    /// Lets the time pass in which the next line comes, and returns what the timers say that
    /// are due before it, one at a time until `None`. Then the line is [pushed](Self::push).
    pub fn wait_for(&mut self, line: &[u8]) -> Option<Spoken<'_>> {
        let message = trim_line_end(line);
        if !self.has_begun
            && self.pace == Some(Pace::FromLines)
            && let Some(time) = parse(message).time
            && let Some(secs) = line_time::seconds(time, self.wall.unix_secs)
        {
            // The first line says when all begins.
            self.wall.unix_secs = secs;
            self.wall.offset_secs = 0;
            self.line.1 = self.wall;
            self.has_begun = true;
        }
        let until = self.time_of(message);
        self.wait_until(until)
    }

    /// Lets all time pass, as the end of a daemon does, and returns what is said then, one at
    /// a time until `None`.
    pub fn end(&mut self) -> Option<Spoken<'_>> {
        let wall = self.wall;
        self.engine
            .handle_timeout(Instant::from_millis(u64::MAX), || wall);
        let head = self.engine.poll(&mut self.text)?;
        Some(self.spoken(&head))
    }

    /// Lets the timers speak that are due before `until`, each at its time.
    fn wait_until(&mut self, until: Instant) -> Option<Spoken<'_>> {
        // Bounded: each step fires a timer, or is the last.
        while let Some(due) = self.engine.poll_timeout().filter(|due| *due <= until) {
            self.pass_to(due.max(self.now));
            let wall = self.wall;
            self.engine.handle_timeout(self.now, || wall);
            match self.engine.poll(&mut self.text) {
                Some(head) => return Some(self.spoken(&head)),
                None if self.engine.poll_timeout() == Some(due) => break,
                None => {}
            }
        }
        None
    }

    /// Returns a notification that was not about a line.
    fn spoken(&self, head: &NoticeHead) -> Spoken<'_> {
        Spoken {
            rule: head.rule,
            at: self.wall,
            notifiers: head.notifiers,
            text: self.text.as_text(),
        }
    }

    /// Moves both clocks.
    fn pass_to(&mut self, now: Instant) {
        // Without a pace the lines have one time, whatever the timers need.
        if self.pace.is_some() {
            let secs = now.millis() / 1_000 - self.now.millis() / 1_000;
            self.wall.unix_secs = self.wall.unix_secs.saturating_add_unsigned(secs);
        }
        self.now = now;
    }

    /// Takes the next line, with or without its line end. Returns false for a
    /// line that looks like alertik's own output, as logged by RouterOS: if a
    /// daemon printed it, it does not look at it.
    pub fn push(&mut self, line: &[u8]) -> bool {
        let message = trim_line_end(line);
        if looks_like_own_output(message) {
            self.engine.handle_timeout(self.now, || self.wall);
            return false;
        }
        self.pass_to(self.time_of(message).max(self.now));
        self.line = (self.now, self.wall);
        self.has_begun = true;
        let arrival = Arrival {
            at: self.now,
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        let wall = self.wall;
        self.engine.handle(self.now, arrival, || wall, message);
        true
    }

    /// Returns the next rule that matches the line, or what a timer says that was due with
    /// it; `None` when there are no more.
    pub fn poll(&mut self) -> Option<Outcome<'_>> {
        let notice = self.engine.poll(&mut self.text);
        let held = self.engine.take_held();
        let Some(located) = self.engine.locate() else {
            let head = notice?;
            return Some(Outcome::Timer(Spoken {
                rule: head.rule,
                at: self.wall,
                notifiers: head.notifiers,
                text: self.text.as_text(),
            }));
        };
        let Located {
            id,
            rule,
            message,
            spans,
        } = located;
        if notice.is_none() {
            self.text.clear();
        }
        Some(Outcome::Match(Found {
            id,
            rule,
            message,
            spans,
            notifiers: notice.map_or(rule.notifiers, |head| head.notifiers),
            text: self.text.as_text(),
            held,
        }))
    }

    /// Returns the rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        self.engine.rules()
    }
}

#[cfg(test)]
mod tests;
