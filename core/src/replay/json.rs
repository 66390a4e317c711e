//! A replayed line as a JSON object.

use alloc::string::String;
use core::fmt::{self, Write};

use crate::bytes::{write_json_part, write_json_string};
use crate::delivery::Notifier;
use crate::ids::{NotifierSet, RuleId};
use crate::limits::MESSAGE_BYTES_MAX;
use crate::matching::Span;
use crate::replay::{Found, Outcome, Replay, Spoken};
use crate::syslog::trim_line_end;
use crate::text::Text;

impl Replay {
    /// Takes a line and writes what came of it as a JSON object, without a
    /// newline; calls `each` for every rule that matches. A line that matches
    /// nothing is written only if `all` is set. Returns whether the line was
    /// written.
    ///
    /// ```json
    /// {"line":3,"message":"…","matches":[…]}
    /// ```
    ///
    /// with the objects of [`Found::write_json`]. What timers say before it comes first, a
    /// line each, as [`Spoken::write_json`] writes it. A line of alertik's own output
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
        while let Some(spoken) = self.wait_for(line) {
            spoken.write_json(out)?;
            out.write_char('\n')?;
        }
        let is_foreign = self.push(line);
        let mut begun = all;
        if all {
            begin_line(number, cut(trim_line_end(line)), !is_foreign, out)?;
        }
        let (mut between, mut timers) = ("", String::new());
        while let Some(outcome) = self.poll() {
            let found = match outcome {
                Outcome::Match(found) => found,
                Outcome::Timer(spoken) => {
                    // The line's object is under way.
                    spoken.write_json(&mut timers)?;
                    timers.push('\n');
                    continue;
                }
            };
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
        if let Some(timers) = timers.strip_suffix('\n') {
            out.write_str(if begun { "\n" } else { "" })?;
            out.write_str(timers)?;
            begun = true;
        }
        Ok(begun)
    }
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
    /// match is `null`. If finding the place takes too much work
    /// ([`RUN_WORK_MAX`](crate::limits::RUN_WORK_MAX)), `start` and `end` are
    /// missing and all groups are `null`. A match that a policy holds back has
    /// `"held":"threshold 3 of 5"` instead of notifiers and text.
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
        out.write_char(']')?;
        if let Some(held) = self.held {
            return write!(out, ",\"held\":\"{held}\"}}");
        }
        write_notice(self.notifiers, self.text, out)
    }
}

impl Spoken<'_> {
    /// Writes what a timer says as a JSON object:
    ///
    /// ```json
    /// {"timer":"EVENT0","at":"2026-11-22 10:00:30","notifiers":["Console"],"text":"…"}
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the writer's error.
    pub fn write_json(&self, out: &mut dyn Write) -> fmt::Result {
        write!(out, "{{\"timer\":\"{}\",\"at\":\"{}\"", self.rule, self.at)?;
        write_notice(self.notifiers, self.text, out)
    }
}

/// Writes who gets which text, and the end of the object.
fn write_notice(notifiers: NotifierSet, text: Text<'_>, out: &mut dyn Write) -> fmt::Result {
    out.write_str(",\"notifiers\":[")?;
    for (index, notifier) in Notifier::members(notifiers).enumerate() {
        out.write_str(if index == 0 { "\"" } else { ",\"" })?;
        out.write_str(notifier.name())?;
        out.write_char('"')?;
    }
    out.write_str("],\"text\":\"")?;
    for (_, part) in text.parts() {
        write_json_part(part.as_bytes(), out)?;
    }
    out.write_str("\"}")
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
