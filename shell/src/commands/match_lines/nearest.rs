//! Why a rule did not match: how far a line agrees with it, for people.

use std::fmt::{self, Write as _};

use alertik_core::replay::{AGREEING_BYTES_MIN, Near, Nearness, exception_in};
use alertik_core::rules::{Condition, MatchType, Rule, exceptions};
use alertik_core::syslog::parse;

use super::options::Options;
use crate::log::Escaped;
use crate::settings::Env;

/// Most bytes of the rest of a line that are shown.
const REST_BYTES_MAX: usize = 60;

/// The line that came nearest to each rule that has matched none.
pub(super) struct Nearest {
    rules: Vec<Measured>,
}

struct Measured {
    nearness: Nearness,
    /// The rule's exceptions as written.
    except: Vec<u8>,
    /// How far the nearest line agrees; nothing is left once a line has matched.
    agreed: usize,
    /// That line's number and the text about it.
    text: Option<(u64, String)>,
}

impl Nearest {
    /// Returns measures for the rules.
    pub(super) fn new(env: &Env, options: &Options<'_>, rules: &[Rule]) -> Self {
        let measured = rules.iter().map(|rule| {
            let match_type = match rule.condition {
                Condition::Substring(_) => MatchType::Substring,
                Condition::Regex(_) => MatchType::Regex,
            };
            let field = match rule.recovers {
                Some(_) => "RECOVERY_STR",
                None => "MATCH_STR",
            };
            let variable = format!("{}_{field}", rule.name);
            let text = env.bytes(&variable).or(options.regex);
            let except = env.bytes(&format!("{}_EXCEPT_STR", rule.name));
            Measured {
                except: except.unwrap_or_default().to_owned(),
                nearness: Nearness::new(match_type, text.unwrap_or_default(), rule.ignore_case),
                agreed: 0,
                text: None,
            }
        });
        Self {
            rules: measured.collect(),
        }
    }

    /// Looks at a line that the rule with this index does not match, if that has
    /// matched none so far.
    pub(super) fn look(&mut self, index: usize, rule: &Rule, number: u64, message: &[u8]) {
        let measured = &mut self.rules[index];
        if let Some(near) = measured.nearness.of(rule.part(message), measured.agreed) {
            measured.agreed = near.agreed;
            let mut text = String::new();
            // Writing to a string cannot fail.
            let _ = write_near((rule, &measured.except), message, near, &mut text);
            measured.text = Some((number, text));
        }
    }

    /// Writes what is known of the line nearest to a rule.
    pub(super) fn write_nearest(&self, index: usize, out: &mut String) -> fmt::Result {
        match &self.rules[index].text {
            Some((number, text)) if !text.is_empty() => {
                write!(out, "  nearest to it is line {number}:\n{text}")
            }
            _ => Ok(()),
        }
    }

    /// Writes why a rule does not match a line.
    pub(super) fn write_why(
        &mut self,
        index: usize,
        rule: &Rule,
        message: &[u8],
        out: &mut String,
    ) -> fmt::Result {
        let measured = &mut self.rules[index];
        match measured.nearness.of(rule.part(message), 0) {
            Some(near) => write_near((rule, &measured.except), message, near, out),
            None => Ok(()),
        }
    }
}

fn write_near(
    (rule, except): (&Rule, &[u8]),
    message: &[u8],
    near: Near<'_>,
    out: &mut String,
) -> fmt::Result {
    if near.wants.is_empty() {
        return write_held((rule, except), message, out);
    }
    // Places are those in the line.
    let part = rule.part(message);
    let before = part.as_ptr().addr().wrapping_sub(message.as_ptr().addr());
    // An empty part may be anywhere.
    let before = if part.is_empty() { 0 } else { before };
    let (start, end) = (near.span.start + before, near.span.end + before);
    if end - start < AGREEING_BYTES_MIN {
        return Ok(());
    }
    let rest = &message[end..];
    let (shown, more) = match rest.get(..REST_BYTES_MAX) {
        Some(shown) => (shown, "…"),
        None => (rest, ""),
    };
    writeln!(
        out,
        "  {} agrees in {start}-{end}: {}\n    the line goes on  {}{more}\n    the rule wants    {}",
        rule.name,
        Escaped(&message[start..end]),
        Escaped(shown),
        Escaped(near.wants)
    )
}

/// Writes why a rule whose pattern matches does not notify.
fn write_held((rule, except): (&Rule, &[u8]), message: &[u8], out: &mut String) -> fmt::Result {
    write!(out, "  {} would match, but ", rule.name)?;
    let exception = exception_in(rule, message).and_then(|at| exceptions(except).nth(at));
    if let Some((_, exception)) = exception {
        return writeln!(out, "leaves out lines with {}", Escaped(exception));
    }
    match &rule.filter {
        Some(filter) if !filter.takes(parse(message).topics) => {
            writeln!(out, "its filter wants {filter}")
        }
        Some(filter) if filter.is_for_unmatched && rule.plan.is_none() => {
            out.write_str("a rule before it has matched\n")
        }
        _ => out.write_str("a policy holds it back\n"),
    }
}
