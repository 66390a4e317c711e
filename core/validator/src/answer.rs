//! A question about a rule, and its answer as JSON.
//!
//! The question is a list of fields in UTF-8, separated by the byte 0xFF, which
//! never occurs in UTF-8: match type, expression, mask, notifier, rule number,
//! seconds since 1970, seconds by which local time is ahead of UTC, and then the
//! lines, one field each. The answer is
//!
//! ```json
//! {"pattern":{"groups":2,"plan":"…"},
//!  "hint":{"offset":7,"text":"…"},
//!  "mask":{},
//!  "lines":[{"line":1,"message":"…","matches":[…]}],
//!  "near":[{"start":3,"end":9,"wants":"…"},null],
//!  "forms":{"shell":"…","routeros":"…","routeros_old":"…","compose":"…"}}
//! ```
//!
//! `hint` may be missing. `near` has an entry for each line: how far it agrees with
//! the rule and what that wants next, or null if it matches, or hardly agrees. If `pattern` or `mask` is wrong, it is
//! `{"error":{"offset":3,"text":"…"}}` instead, and there are no lines and no
//! forms. The object of a line is the one that `alertik match --json` writes.
//! Offsets count bytes from 0.

use std::fmt::{self, Display, Write};

use alertik_core::bytes::write_json_string;
use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleName};
use alertik_core::limits::MESSAGE_BYTES_MAX;
use alertik_core::matching::Span;
use alertik_core::replay::{AGREEING_BYTES_MIN, Nearness, Replay};
use alertik_core::rules::{MatchType, Part, RuleErrors, RuleSpec, RulesBuilder, hints};
use alertik_core::time::Wall;

use crate::forms::{self, Variables};

/// A parsed question.
#[derive(Clone, Copy, Debug)]
struct Question<'a> {
    variables: Variables<'a>,
    wall: Wall,
    /// The lines, still joined; `None` if there are none.
    lines: Option<&'a [u8]>,
}

/// Appends the answer to a question. A malformed question gets an empty answer,
/// which only a faulty script can see.
pub fn answer(question: &[u8], out: &mut String) {
    if let Some(question) = Question::parse(question) {
        // Writing to a string cannot fail.
        let _ = question.answer(out);
    }
}

impl<'a> Question<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = bytes.splitn(8, |&byte| byte == 0xFF);
        let mut text = || std::str::from_utf8(fields.next()?).ok();
        let (match_type, match_str, mask) = (text()?, text()?, text()?);
        let variables = Variables {
            match_type,
            match_str,
            mask,
            notifier: text()?,
            number: text()?.parse().ok()?,
        };
        let wall = Wall {
            unix_secs: text()?.parse().ok()?,
            offset_secs: text()?.parse().ok()?,
        };
        Some(Self {
            variables,
            wall,
            lines: fields.next(),
        })
    }

    fn answer(&self, out: &mut String) -> fmt::Result {
        let Variables {
            number,
            notifier,
            match_type,
            match_str,
            mask,
        } = self.variables;
        let mut notifiers = NotifierSet::EMPTY;
        if let Some(notifier) = Notifier::from_name(notifier) {
            notifiers.insert(notifier.id());
        }
        let spec = RuleSpec {
            name: RuleName::Environment(number),
            match_type: match match_type {
                "substr" => MatchType::Substring,
                _ => MatchType::Regex,
            },
            match_str: match_str.as_bytes(),
            mask,
            notifiers,
            cooldown_millis: 0,
        };
        let mut builder = RulesBuilder::new();
        match builder.add(&spec) {
            Err(errors) => write_errors(&errors, out)?,
            Ok(_) => {
                let mut replay = Replay::new(builder.finish(), self.wall);
                self.write_pattern(&replay, out)?;
                out.write_str(",\"mask\":{}")?;
                self.write_lines(&mut replay, out)?;
                self.write_nearness(spec.match_type, out)?;
                self.write_forms(out)?;
            }
        }
        out.write_char('}')
    }

    fn write_pattern(&self, replay: &Replay, out: &mut String) -> fmt::Result {
        let pattern = replay.rules().first().and_then(|rule| rule.pattern());
        let groups = pattern.map_or(0, |pattern| pattern.groups());
        write!(out, "{{\"pattern\":{{\"groups\":{groups},\"plan\":")?;
        if let Some(rule) = replay.rules().first() {
            write_json_string(rule.describe().to_string().as_bytes(), out)?;
        }
        out.write_char('}')?;
        let match_type = pattern.map_or(MatchType::Substring, |_| MatchType::Regex);
        let text = self.variables.match_str.as_bytes();
        if let Some(hint) = hints(match_type, text, self.variables.mask).first() {
            let offset = hint.offset.unwrap_or(0);
            write!(out, ",\"hint\":{{\"offset\":{offset},\"text\":")?;
            let part = match hint.part {
                Part::Pattern => "",
                Part::Mask => "in the mask: ",
            };
            write_json_string(format!("{part}{hint}").as_bytes(), out)?;
            out.write_char('}')?;
        }
        Ok(())
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let lines = self.lines.into_iter();
        lines.flat_map(|lines| lines.split(|&byte| byte == 0xFF))
    }

    fn write_nearness(&self, match_type: MatchType, out: &mut String) -> fmt::Result {
        let mut nearness = Nearness::new(match_type, self.variables.match_str.as_bytes(), false);
        out.write_str(",\"near\":[")?;
        for (index, line) in self.lines().enumerate() {
            out.write_str(if index == 0 { "" } else { "," })?;
            let message = &line[..line.len().min(MESSAGE_BYTES_MAX)];
            let near = nearness.of(message, 0).filter(|near| {
                near.span.end - near.span.start >= AGREEING_BYTES_MIN && !near.wants.is_empty()
            });
            let Some(near) = near else {
                out.write_str("null")?;
                continue;
            };
            let Span { start, end } = near.span;
            write!(out, "{{\"start\":{start},\"end\":{end},\"wants\":")?;
            write_json_string(near.wants, out)?;
            out.write_char('}')?;
        }
        out.write_char(']')
    }

    fn write_lines(&self, replay: &mut Replay, out: &mut String) -> fmt::Result {
        out.write_str(",\"lines\":[")?;
        for (number, line) in (1..).zip(self.lines()) {
            if number > 1 {
                out.write_char(',')?;
            }
            replay.write_json_line(number, line, true, out, &mut |_| {})?;
        }
        out.write_char(']')
    }

    fn write_forms(&self, out: &mut String) -> fmt::Result {
        let forms = [
            ("shell", forms::shell(&self.variables)),
            ("routeros", forms::routeros(&self.variables, true)),
            ("routeros_old", forms::routeros(&self.variables, false)),
            ("compose", forms::compose(&self.variables)),
        ];
        for (index, (name, form)) in forms.iter().enumerate() {
            let before = if index == 0 { ",\"forms\":{" } else { "," };
            write!(out, "{before}\"{name}\":")?;
            write_json_string(form.as_bytes(), out)?;
        }
        out.write_char('}')
    }
}

fn write_errors(errors: &RuleErrors, out: &mut String) -> fmt::Result {
    out.write_str("{\"pattern\":")?;
    match &errors.pattern {
        Some(error) => write_error(error.offset(), error, out)?,
        None => out.write_str("{}")?,
    }
    out.write_str(",\"mask\":")?;
    match &errors.mask {
        Some(error) => write_error(error.offset(), error, out),
        None => out.write_str("{}"),
    }
}

fn write_error(offset: usize, text: &dyn Display, out: &mut String) -> fmt::Result {
    write!(out, "{{\"error\":{{\"offset\":{offset},\"text\":")?;
    write_json_string(text.to_string().as_bytes(), out)?;
    out.write_str("}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(fields: &[&str]) -> String {
        let question: Vec<_> = fields.iter().map(|field| field.as_bytes()).collect();
        let mut out = String::new();
        answer(&question.join(&0xFF), &mut out);
        out
    }

    /// A valid rule gets its pattern, mask, lines and forms.
    #[test]
    fn a_right_rule() {
        let fields = [
            "regex", "a(b)?", "<@1>", "Slack", "4", "0", "3600", "xab", "c",
        ];
        let out = ask(&fields);
        for part in [
            "{\"pattern\":{\"groups\":1,\"plan\":\"tried on lines that contain \\\"a\\\"",
            ",\"mask\":{},\"lines\":[{\"line\":1,\"message\":\"xab\",\"matches\":[{\"rule\":\"EVENT4\",\"start\":1,\"end\":3,",
            "\"notifiers\":[\"Slack\"],\"text\":\"<b>, at: 1970-01-01 01:00:00\"}]},",
            "{\"line\":2,\"message\":\"c\",\"matches\":[]}],\"near\":[null,null],\"forms\":{\"shell\":",
        ] {
            assert!(out.contains(part), "{part} is not in {out}");
        }
    }

    /// A line without a match says how far it agrees; hints are about both fields.
    #[test]
    fn a_rule_that_misses() {
        let fields = [
            "regex",
            "user ([a-z]+) from",
            "@1 $1",
            "Slack",
            "0",
            "0",
            "0",
            "a user x from y",
            "a user x_y",
            "other",
        ];
        let out = ask(&fields);
        for part in [
            "\"near\":[null,{\"start\":2,\"end\":8,\"wants\":\" from\"},null]",
            "\"hint\":{\"offset\":3,\"text\":\"in the mask: is sent as it stands; ",
        ] {
            assert!(out.contains(part), "{part} is not in {out}");
        }
    }

    /// An invalid rule gets the errors of both fields, and no lines or forms.
    #[test]
    fn a_wrong_rule() {
        let out = ask(&["regex", "a(b", "@x", "Slack", "0", "0", "0"]);
        assert!(
            out.starts_with("{\"pattern\":{\"error\":{\"offset\":1,"),
            "{out}"
        );
        assert!(out.contains(",\"mask\":{\"error\":{\"offset\":0,"), "{out}");
        assert!(!out.contains("forms") && !out.contains("lines"), "{out}");
    }

    /// A malformed question gets an empty answer.
    #[test]
    fn malformed_questions() {
        for fields in [&[][..], &["regex"], &["regex", "", "", "", "-1", "0", "0"]] {
            assert_eq!(ask(fields), "");
        }
        let mut out = String::new();
        answer(b"regex\xFF\x80\xFF\xFF\xFF0\xFF0\xFF0", &mut out);
        assert_eq!(out, "");
    }

    /// The page's examples include the README's rules.
    #[test]
    fn examples_are_the_documented_ones() {
        let page = include_str!("../../../docs/rules.md");
        let examples = include_str!("../page/examples.js");
        let rules = page.split("<!-- rules -->").nth(1).unwrap();
        let rules = rules.split("<!-- /rules -->").next().unwrap();
        let mut seen = 0;
        for line in rules.lines() {
            let Some((_, value)) = line
                .strip_prefix("export EVENT0_M")
                .filter(|line| !line.starts_with("ATCH_TYPE"))
                .and_then(|line| line.split_once('='))
            else {
                continue;
            };
            let mut literal = String::new();
            write_json_string(value.trim_matches('\'').as_bytes(), &mut literal).unwrap();
            assert!(examples.contains(&literal), "{literal}");
            seen += 1;
        }
        assert!(seen >= 6, "{seen}");
    }
}
