//! Lines run through the engine to see what it makes of them.
//!
//! This is what `alertik match` and the validator page do with a line: exactly
//! what the daemon does with a datagram, with two differences. Cooldowns are
//! off, because somebody who tries a rule wants to see every match; and the
//! place of each match and of its groups is found too, where the daemon does
//! not need it.

use core::fmt::{self, Write};
use core::net::{IpAddr, Ipv4Addr};

use crate::bytes::{write_json_part, write_json_string};
use crate::delivery::Notifier;
use crate::ids::{NotifierSet, RuleId};
use crate::intake::Arrival;
use crate::limits::MESSAGE_BYTES_MAX;
use crate::matching::Span;
use crate::rules::engine::{Engine, Located};
use crate::rules::rule::{Rule, Rules};
use crate::syslog::{is_own_output, trim_line_end};
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
    /// Whom the rule notifies.
    pub notifiers: NotifierSet,
    /// What they are told.
    pub text: Text<'a>,
}

impl Replay {
    /// Returns a replay of lines that all arrive at `wall`.
    #[must_use]
    pub fn new(rules: Rules, wall: Wall) -> Self {
        Self {
            // Nothing is hashed while there are no cooldowns, so the key is idle.
            engine: Engine::new(rules.without_cooldowns(), (0, 0)),
            text: TextBuffer::new(),
            now: Instant::ZERO,
            wall,
        }
    }

    /// Takes the next line, with or without its line end. Returns false for a
    /// line of alertik's own output, which the daemon does not look at.
    pub fn push(&mut self, line: &[u8]) -> bool {
        let message = trim_line_end(line);
        if is_own_output(message) {
            self.engine.handle_timeout(self.now);
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
        let mut rules = self.engine.rules().iter();
        let id = RuleId::new(rules.position(|rule| rule.name == head.rule)?)?;
        let Located {
            rule,
            message,
            spans,
        } = self.engine.locate(id)?;
        Some(Found {
            id,
            rule,
            message,
            spans,
            notifiers: head.notifiers,
            text: self.text.as_text(),
        })
    }

    /// Takes a line and writes what came of it as a JSON object, without a
    /// newline; `each` is called for every rule that matches. A line that
    /// matches nothing is written only if `all` is set. Returns whether the
    /// line was written.
    ///
    /// ```json
    /// {"line":3,"message":"…","matches":[…]}
    /// ```
    ///
    /// with the objects of [`Found::write_json`]. A line of alertik's own output
    /// has `"own_output":true` and no match.
    ///
    /// # Errors
    ///
    /// Returns the writer's error.
    pub fn write_json_line(
        &mut self,
        number: u64,
        line: &[u8],
        all: bool,
        out: &mut dyn Write,
        each: &mut dyn FnMut(RuleId),
    ) -> Result<bool, fmt::Error> {
        let is_foreign = self.push(line);
        let mut begun = all;
        if all {
            begin_line(number, cut(trim_line_end(line)), !is_foreign, out)?;
        }
        let mut between = "";
        while let Some(found) = self.poll() {
            if !begun {
                begin_line(number, found.message, false, out)?;
                begun = true;
            }
            out.write_str(between)?;
            between = ",";
            found.write_json(out)?;
            each(found.id);
        }
        if begun {
            out.write_str("]}")?;
        }
        Ok(begun)
    }

    /// Returns the rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        self.engine.rules()
    }
}

/// Returns what the engine looks at.
fn cut(message: &[u8]) -> &[u8] {
    &message[..message.len().min(MESSAGE_BYTES_MAX)]
}

fn begin_line(number: u64, message: &[u8], own: bool, out: &mut dyn Write) -> fmt::Result {
    write!(out, "{{\"line\":{number},\"message\":")?;
    write_json_string(message, out)?;
    out.write_str(if own { ",\"own_output\":true" } else { "" })?;
    out.write_str(",\"matches\":[")
}

impl Found<'_> {
    /// Writes the match as a JSON object:
    ///
    /// ```json
    /// {"rule":"EVENT0","start":4,"end":9,
    ///  "groups":[{"start":4,"end":7,"text":"abc"},null],
    ///  "notifiers":["Console"],"text":"…"}
    /// ```
    ///
    /// Offsets count bytes of the line from 0; a group that took no part in the
    /// match is `null`. Where finding the place takes too much work
    /// ([`RUN_WORK_MAX`](crate::limits::RUN_WORK_MAX)), `start` and `end` are
    /// missing and all groups are `null`.
    ///
    /// # Errors
    ///
    /// Returns the writer's error.
    pub fn write_json(&self, out: &mut dyn Write) -> fmt::Result {
        write!(out, "{{\"rule\":\"{}\"", self.rule.name)?;
        let (whole, groups) = self.spans.split_first().unwrap_or((&None, &[]));
        if let Some(whole) = whole {
            write!(out, ",\"start\":{},\"end\":{}", whole.start, whole.end)?;
        }
        out.write_str(",\"groups\":[")?;
        for (index, group) in groups.iter().enumerate() {
            out.write_str(if index == 0 { "" } else { "," })?;
            match group {
                None => out.write_str("null")?,
                Some(Span { start, end }) => {
                    write!(out, "{{\"start\":{start},\"end\":{end},\"text\":")?;
                    let text = self.message.get(*start..*end).unwrap_or_default();
                    write_json_string(text, out)?;
                    out.write_char('}')?;
                }
            }
        }
        out.write_str("],\"notifiers\":[")?;
        for (index, notifier) in Notifier::members(self.notifiers).enumerate() {
            out.write_str(if index == 0 { "\"" } else { ",\"" })?;
            out.write_str(notifier.name())?;
            out.write_char('"')?;
        }
        out.write_str("],\"text\":\"")?;
        for (_, part) in self.text.parts() {
            write_json_part(part.as_bytes(), out)?;
        }
        out.write_str("\"}")
    }
}

#[cfg(test)]
mod tests;
