//! Questions of the page, and their answers as JSON.
//!
//! A question is a list of fields in UTF-8, separated by the byte 0xFF, which never occurs in
//! UTF-8. The first one says what it is about:
//!
//! * `start`: the [static events](crate::events) and the notifiers.
//! * `import`, a text: the [variables in it](crate::import).
//! * `rules`: seconds since 1970, seconds by which local time is ahead of UTC, seconds from a line
//!   to the next if the first has no time, the number of the rule that the user looks at, how many variables there are, each as `NAME=value`, and then
//!   the log lines, a field each. The answer is
//!
//! ```json
//! {"problems":[{"variable":"EVENT0_KEY","text":"…","error":true,"value":"x@2","offset":1}],
//!  "rules":[{"rule":"EVENT0","groups":2,"note":"…"}],
//!  "pace":"lines",
//!  "lines":[{"line":1,"message":"…","matches":[…]},{"timer":"EVENT0",…}],
//!  "near":[{"start":3,"end":9,"wants":"…"},null],
//!  "forms":{"shell":"…","routeros":"…","routeros_old":"…","compose":"…"},
//!  "placeholders":["SLACK_WEBHOOK_URL"]}
//! ```
//!
//! `problems` are those that the daemon reports. If one of them is an error, nothing follows
//! but the forms' place stays empty: the daemon would not start. The object of a line is the one
//! that `alertik match --json` writes. `note` may be missing. `pace` is there only if time
//! passes: `lines` if as the lines say, `step` if by the seconds of the question.
//! Between the lines are the objects of timers then. `near` has an entry for each line: how far
//! it agrees with the rule that the user looks at and what that wants next, which is nothing if
//! it agrees as a whole; null if it hardly agrees. Offsets count bytes from 0.

use std::fmt::{self, Write};

use alertik_core::bytes::write_json_string;
use alertik_core::ids::RuleName;
use alertik_core::limits::MESSAGE_BYTES_MAX;
use alertik_core::matching::Span;
use alertik_core::replay::{AGREEING_BYTES_MIN, Nearness, Pace, Replay};
use alertik_core::rules::{MatchType, Rule};
use alertik_core::syslog::parse;
use alertik_core::time::Wall;

use crate::settings::{Env, Problem, Problems, needs_time, rules, variables, write_problems};
use crate::{events, forms, import};

/// A parsed question about rules.
#[derive(Debug)]
struct Question<'a> {
    wall: Wall,
    /// Seconds from one line to the next if the lines do not say their times.
    step_secs: u64,
    /// The number of the rule that the user looks at.
    shown: u8,
    variables: Vec<(&'a str, &'a str)>,
    /// The lines, still joined; `None` if there are none.
    lines: Option<&'a [u8]>,
}

/// Appends the answer to a question. A malformed question gets an empty answer,
/// which only a faulty script can see.
pub fn answer(question: &[u8], out: &mut String) {
    let (kind, rest) = match question.iter().position(|&byte| byte == 0xFF) {
        Some(at) => (&question[..at], Some(&question[at + 1..])),
        None => (question, None),
    };
    // Writing to a string cannot fail.
    let _ = match (kind, rest) {
        (b"start", None) => events::write(out),
        (b"import", Some(text)) => import::answer(&String::from_utf8_lossy(text), out),
        (b"rules", Some(rest)) => match Question::parse(rest) {
            Some(question) => question.answer(out),
            None => Ok(()),
        },
        _ => Ok(()),
    };
}

impl<'a> Question<'a> {
    fn parse(mut rest: &'a [u8]) -> Option<Self> {
        let mut field = || {
            let end = rest.iter().position(|&byte| byte == 0xFF);
            let (field, next) = rest.split_at(end.unwrap_or(rest.len()));
            let is_last = next.is_empty();
            rest = next.get(1..).unwrap_or_default();
            Some((std::str::from_utf8(field).ok()?, is_last, rest))
        };
        let wall = Wall {
            unix_secs: field()?.0.parse().ok()?,
            offset_secs: field()?.0.parse().ok()?,
        };
        let step_secs = field()?.0.parse().ok()?;
        let shown = field()?.0.parse().ok()?;
        let (count, mut is_last, mut lines) = field()?;
        let mut variables = Vec::new();
        for _ in 0..count.parse::<u16>().ok()? {
            let variable;
            (variable, is_last, lines) = field()?;
            variables.push(variable.split_once('=')?);
        }
        Some(Self {
            wall,
            step_secs,
            shown,
            variables,
            lines: (!is_last).then_some(lines),
        })
    }

    fn answer(&self, out: &mut String) -> fmt::Result {
        let count = self.numbers().max().map_or(0, |number| number + 1);
        let count = ("ENV_EVENTS", count.to_string());
        let variables = self.variables.iter().copied();
        let env = Env::new(
            variables
                .chain([(count.0, count.1.as_str())])
                .map(|(name, value)| (name.into(), value.into())),
        );
        let mut problems = Problems::default();
        variables::check(&env, &mut problems);
        let (builder, _) = rules::read(&env, false, &mut problems);
        // The numbers before the page's rules are those of rules elsewhere.
        let problems = problems.filtered(|problem| self.is_about_a_rule_here(problem));
        let is_wrong = problems.iter().any(|problem| problem.is_error);
        out.write_char('{')?;
        write_problems(&problems, out)?;
        if !is_wrong {
            let mut replay = Replay::paced(builder.finish(), self.wall, self.pace());
            write_rules(&replay, out)?;
            self.write_lines(&mut replay, out)?;
            self.write_nearness(&replay, &env, out)?;
            forms::write(&self.variables, out)?;
        }
        out.write_char('}')
    }

    /// Returns the number of the rule of each variable.
    fn numbers(&self) -> impl Iterator<Item = u32> {
        let names = self.variables.iter().map(|(name, _)| *name);
        names.filter_map(number_of)
    }

    fn is_about_a_rule_here(&self, problem: &Problem) -> bool {
        number_of(&problem.variable).is_none_or(|number| self.numbers().any(|n| n == number))
    }

    /// Returns how time passes: not at all for rules without policies.
    fn pace(&self) -> Option<Pace> {
        let fields = self.variables.iter().filter_map(|(name, value)| {
            let field = name.strip_prefix("EVENT")?.split_once('_')?.1;
            (!value.is_empty()).then_some(field)
        });
        if !fields.into_iter().any(needs_time) {
            return None;
        }
        let first = self.lines().next().unwrap_or_default();
        Some(match parse(first).time {
            Some(_) => Pace::FromLines,
            None => Pace::Step(self.step_secs),
        })
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let lines = self.lines.into_iter();
        lines.flat_map(|lines| lines.split(|&byte| byte == 0xFF))
    }

    fn write_lines(&self, replay: &mut Replay, out: &mut String) -> fmt::Result {
        match self.pace() {
            None => {}
            Some(Pace::FromLines) => out.write_str(",\"pace\":\"lines\"")?,
            Some(Pace::Step(_)) => out.write_str(",\"pace\":\"step\"")?,
        }
        out.write_str(",\"lines\":[")?;
        for (number, line) in (1..).zip(self.lines()) {
            if number > 1 {
                out.write_char(',')?;
            }
            let mut objects = String::new();
            replay.write_json_line(number, line, true, &mut objects, &mut |_| {})?;
            // Objects are on a line each, and strings have no line ends in them.
            out.push_str(&objects.replace('\n', ","));
        }
        while self.pace().is_some()
            && let Some(spoken) = replay.end()
        {
            out.write_char(',')?;
            spoken.write_json(out)?;
        }
        out.write_char(']')
    }

    fn write_nearness(&self, replay: &Replay, env: &Env, out: &mut String) -> fmt::Result {
        let name = RuleName::Environment(self.shown);
        let value = |field: &str| env.own(&format!("{name}_{field}")).unwrap_or_default();
        let Some(rule) = replay.rules().iter().find(|rule| rule.name == name) else {
            return Ok(());
        };
        let match_type = match rule.pattern() {
            Some(_) => MatchType::Regex,
            None => MatchType::Substring,
        };
        let ignore_case = value("IGNORE_CASE").trim_ascii() == b"1";
        let mut nearness = Nearness::new(match_type, value("MATCH_STR"), ignore_case);
        out.write_str(",\"near\":[")?;
        for (index, line) in self.lines().enumerate() {
            out.write_str(if index == 0 { "" } else { "," })?;
            let message = &line[..line.len().min(MESSAGE_BYTES_MAX)];
            let part = rule.part(message);
            let near = nearness
                .of(part, 0)
                .filter(|near| near.span.end - near.span.start >= AGREEING_BYTES_MIN);
            let Some(near) = near else {
                out.write_str("null")?;
                continue;
            };
            let before = part.as_ptr().addr().wrapping_sub(message.as_ptr().addr());
            // An empty part may be anywhere.
            let before = if before <= message.len() { before } else { 0 };
            let Span { start, end } = near.span;
            let (start, end) = (before + start, before + end);
            write!(out, "{{\"start\":{start},\"end\":{end},\"wants\":")?;
            write_json_string(near.wants, out)?;
            out.write_char('}')?;
        }
        out.write_char(']')
    }
}

/// Returns the number of the rule that a variable belongs to.
fn number_of(variable: &str) -> Option<u32> {
    let (number, _) = variable.strip_prefix("EVENT")?.split_once('_')?;
    number.parse().ok()
}

fn write_rules(replay: &Replay, out: &mut String) -> fmt::Result {
    out.write_str(",\"rules\":[")?;
    for (index, rule) in replay.rules().iter().enumerate() {
        let before = if index == 0 { "" } else { "," };
        let groups = rule.pattern().map_or(0, |pattern| pattern.groups());
        write!(
            out,
            "{before}{{\"rule\":\"{}\",\"groups\":{groups}",
            rule.name
        )?;
        if let Some(note) = expense(rule) {
            out.write_str(",\"note\":")?;
            write_json_string(note.as_bytes(), out)?;
        }
        out.write_char('}')?;
    }
    out.write_char(']')
}

/// Returns what a user should know about the work that a rule takes, if it takes much.
fn expense(rule: &Rule) -> Option<String> {
    let pattern = rule.pattern()?;
    let exact = pattern.exact_up_to();
    if exact < MESSAGE_BYTES_MAX {
        return Some(format!(
            "takes much work: {}; groups are exact in lines of up to {exact} bytes",
            rule.cost()
        ));
    }
    match pattern.dfa_states() {
        Some(_) => None,
        None => Some(format!("takes much work: {}", rule.cost())),
    }
}
