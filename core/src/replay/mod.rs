//! Lines run through the engine to see what it makes of them.
//!
//! This is what `alertik match` and the validator page do with a line: exactly
//! what the daemon does with a datagram, with four differences. Cooldowns are
//! off, because somebody who tries a rule wants to see every match; the place of
//! each match and of its groups is found too, which the daemon does not need; a
//! daemon's own output is known by its looks, because a replay has printed nothing;
//! and any router may have sent the line, because nothing says which one did.
//!
//! A room of its own, after all the others: a replay is every room in a row, and
//! it shows notifiers by the names that [`delivery`](crate::delivery) has for
//! them, which [`rules`](crate::rules) may not know.

mod json;
mod nearest;

pub use nearest::{AGREEING_BYTES_MIN, Near, Nearness};

use core::net::{IpAddr, Ipv4Addr};

use crate::ids::{NotifierSet, RuleId};
use crate::intake::Arrival;
use crate::matching::Span;
use crate::rules::{Engine, Located, Rule, Rules};
use crate::syslog::{looks_like_own_output, trim_line_end};
use crate::text::{Text, TextBuffer};
use crate::time::{Instant, Wall};

/// Time that passes between two lines.
const STEP_MILLIS: u64 = 1;

/// Runs lines through compiled rules.
#[derive(Debug)]
pub struct Replay {
    engine: Engine,
    text: TextBuffer,
    now: Instant,
    wall: Wall,
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
}

impl Replay {
    /// Returns a replay of lines that all arrive at `wall`.
    #[must_use]
    pub fn new(rules: Rules, wall: Wall) -> Self {
        Self {
            // Nothing is hashed while there are no cooldowns: any secret will do.
            engine: Engine::new(rules.for_replay(), (0, 0)),
            text: TextBuffer::new(),
            now: Instant::ZERO,
            wall,
        }
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
        self.now = self.now.after(STEP_MILLIS);
        let arrival = Arrival {
            at: self.now,
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        let wall = self.wall;
        self.engine.handle(self.now, arrival, || wall, message);
        true
    }

    /// Returns the next rule that matches the line, or `None` when there are no
    /// more.
    pub fn poll(&mut self) -> Option<Found<'_>> {
        let head = self.engine.poll(&mut self.text)?;
        let Located {
            id,
            rule,
            message,
            spans,
        } = self.engine.locate()?;
        Some(Found {
            id,
            rule,
            message,
            spans,
            notifiers: head.notifiers,
            text: self.text.as_text(),
        })
    }

    /// Returns the rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        self.engine.rules()
    }
}

#[cfg(test)]
mod tests;
