//! A question about a rule, and its answer as JSON.
//!
//! The question is a list of fields in UTF-8, separated by the byte 0xFF, which
//! never occurs in UTF-8: match type, expression, mask, notifier, rule number,
//! seconds since 1970, seconds by which local time is ahead of UTC, then the
//! [`Policies`] in the order of their [`list`](Policies::list), and then the
//! lines, one field each. The answer is
//!
//! ```json
//! {"pattern":{"groups":2,"note":"…"},
//!  "hint":{"offset":7,"text":"…"},
//!  "mask":{},
//!  "errors":{"THRESHOLD":{"text":"…"},"KEY":{"offset":1,"text":"…"}},
//!  "pace":"lines",
//!  "lines":[{"line":1,"message":"…","matches":[…]},{"timer":"EVENT0",…}],
//!  "near":[{"start":3,"end":9,"wants":"…"},null],
//!  "forms":{"shell":"…","routeros":"…","routeros_old":"…","compose":"…"}}
//! ```
//!
//! `note` and `hint` may be missing. `near` has an entry for each line: how far it agrees with
//! the rule and what that wants next, or null if it matches, or hardly agrees. If `pattern` or `mask` is wrong, it is
//! `{"error":{"offset":3,"text":"…"}}` instead, and there are no lines and no
//! forms. The object of a line is the one that `alertik match --json` writes.
//! Offsets count bytes from 0.
//!
//! `errors` has what is wrong with the policies; it is there only if something is. Then
//! there are lines only if the rule is right all the same. `pace` is there only if there
//! are policies: `lines` if time passes as the lines say, `step` if a second passes from
//! each line to the next. Between the lines are the objects of timers then.
//!
//! The question of one field, `events`, asks for the [static events](crate::events).

use std::fmt::{self, Display, Write};

use alertik_core::bytes::write_json_string;
use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleName};
use alertik_core::limits::MESSAGE_BYTES_MAX;
use alertik_core::matching::Span;
use alertik_core::replay::{AGREEING_BYTES_MIN, Nearness, Pace, Replay};
use alertik_core::rules::{MatchType, Part, Rule, RuleErrors, RuleSpec, RulesBuilder, hints};
use alertik_core::syslog::parse;
use alertik_core::time::Wall;

use crate::events;
use crate::forms::{self, Variables};
use crate::policies::{self, Policies};

/// Seconds from one line to the next if the lines do not say their times.
const STEP_SECS: u64 = 1;

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
    // Writing to a string cannot fail.
    if question == b"events" {
        let _ = events::write(out);
    } else if let Some(question) = Question::parse(question) {
        let _ = question.answer(out);
    }
}

impl<'a> Question<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = bytes.splitn(8 + policies::COUNT, |&byte| byte == 0xFF);
        let mut text = || std::str::from_utf8(fields.next()?).ok();
        let (match_type, match_str, mask) = (text()?, text()?, text()?);
        let (notifier, number) = (text()?, text()?.parse().ok()?);
        let wall = Wall {
            unix_secs: text()?.parse().ok()?,
            offset_secs: text()?.parse().ok()?,
        };
        let variables = Variables {
            number,
            notifier,
            match_type,
            match_str,
            mask,
            policies: Policies::read(&mut text)?,
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
            policies: optional,
        } = self.variables;
        let mut notifiers = NotifierSet::EMPTY;
        if let Some(notifier) = Notifier::from_name(notifier) {
            notifiers.insert(notifier.id());
        }
        let mut mistakes = Vec::new();
        let (cooldown_millis, policy_spec) = optional.parse(&mut mistakes);
        let spec = RuleSpec {
            name: RuleName::Environment(number),
            match_type: match match_type {
                "substr" => MatchType::Substring,
                _ => MatchType::Regex,
            },
            match_str: match_str.as_bytes(),
            mask,
            notifiers,
            cooldown_millis,
        };
        let mut builder = RulesBuilder::new();
        match builder.add_filtered(&spec, optional.filter()) {
            Err(errors) => {
                write_errors(&errors, out)?;
                policies::write_mistakes(&mistakes, out)?;
            }
            Ok(id) => {
                optional.add_to(&mut builder, id, (mask, &policy_spec), &mut mistakes);
                if mistakes.iter().any(|mistake| mistake.is_error) {
                    out.write_str("{\"pattern\":{},\"mask\":{}")?;
                    policies::write_mistakes(&mistakes, out)?;
                } else {
                    let mut replay = Replay::paced(builder.finish(), self.wall, self.pace());
                    self.write_pattern(&replay, out)?;
                    out.write_str(",\"mask\":{}")?;
                    policies::write_mistakes(&mistakes, out)?;
                    self.write_lines(&mut replay, out)?;
                    self.write_nearness(spec.match_type, out)?;
                    self.write_forms(out)?;
                }
            }
        }
        out.write_char('}')
    }

    /// Returns how time passes: not at all for a rule without policies.
    fn pace(&self) -> Option<Pace> {
        if !self.variables.policies.are_set() {
            return None;
        }
        let first = self.lines().next().unwrap_or_default();
        Some(match parse(first).time {
            Some(_) => Pace::FromLines,
            None => Pace::Step(STEP_SECS),
        })
    }

    fn write_pattern(&self, replay: &Replay, out: &mut String) -> fmt::Result {
        let rule = replay.rules().first();
        let pattern = rule.and_then(Rule::pattern);
        let groups = pattern.map_or(0, |pattern| pattern.groups());
        write!(out, "{{\"pattern\":{{\"groups\":{groups}")?;
        if let Some(note) = rule.and_then(expense) {
            out.write_str(",\"note\":")?;
            write_json_string(note.as_bytes(), out)?;
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
            let (part, before) = self.variables.policies.part_of(message);
            let near = nearness.of(part, 0).filter(|near| {
                near.span.end - near.span.start >= AGREEING_BYTES_MIN && !near.wants.is_empty()
            });
            let Some(near) = near else {
                out.write_str("null")?;
                continue;
            };
            let Span { start, end } = near.span;
            let (start, end) = (before + start, before + end);
            write!(out, "{{\"start\":{start},\"end\":{end},\"wants\":")?;
            write_json_string(near.wants, out)?;
            out.write_char('}')?;
        }
        out.write_char(']')
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

    /// Asks about a rule without policies.
    fn ask(fields: &[&str]) -> String {
        ask_with([""; policies::COUNT], fields)
    }

    /// Asks about a rule with policies, in the order of their list.
    fn ask_with(policies: [&str; policies::COUNT], fields: &[&str]) -> String {
        let (rule, lines) = fields.split_at(fields.len().min(7));
        let question = rule.iter().chain(&policies).chain(lines);
        let question: Vec<_> = question.map(|field| field.as_bytes()).collect();
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
            "{\"pattern\":{\"groups\":1},\"mask\":{},\"lines\":[",
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

    /// What takes much work is said, and nothing else about how a rule is matched.
    #[test]
    fn expensive_rules() {
        let out = ask(&["regex", "(x(.{0,255})){2,3}y", "@1", "Slack", "0", "0", "0"]);
        let note = "\"note\":\"takes much work: at most ";
        assert!(out.contains(note) && out.contains("; groups are exact in lines of up to "));
        assert!(!out.contains("DFA"), "{out}");
    }

    /// A second passes from line to line, what is held back says so, and timers stand
    /// between the lines and after them.
    #[test]
    fn a_threshold_and_a_cooldown() {
        let lines = [
            "regex",
            "(a)",
            "@1 @{count}",
            "Slack",
            "0",
            "0",
            "0",
            "a",
            "a",
            "a",
            "a",
        ];
        let out = ask_with(["", "1", "", "2/60", "", "", ""], &lines);
        for part in [
            ",\"mask\":{},\"pace\":\"step\",\"lines\":[{\"line\":1,",
            "\"held\":\"threshold 1 of 2\"}]},{\"line\":2,",
            "\"text\":\"a 2, at: 1970-01-01 00:00:01\"}]}",
            "export EVENT0_COOLDOWN_SECS='1'\nexport EVENT0_THRESHOLD='2/60'\n",
        ] {
            let part = part.replace('\n', "\\n");
            assert!(out.contains(&part), "{part} is not in {out}");
        }
        assert!(!out.contains('\n'), "{out}");
    }

    /// A pair whose grace time ends between two lines: the lines say their times.
    #[test]
    fn a_pair_in_the_time_of_the_lines() {
        let lines = [
            "Nov 22 10:00:00 r ether1 link down",
            "Nov 22 10:01:00 r ether1 link up",
            "Nov 22 10:02:00 r ether1 link down",
        ];
        let rule = [
            "regex",
            "([^ ]+) link down",
            "@1 down",
            "Slack",
            "0",
            "0",
            "0",
        ];
        let fields: Vec<_> = rule.into_iter().chain(lines).collect();
        let recovery = "([^ ]+) link up";
        let out = ask_with(["", "0", "", "", recovery, "", "30"], &fields);
        let order = [
            ",\"pace\":\"lines\",",
            "{\"line\":1,",
            "\"held\":\"its grace time runs\"",
            "{\"timer\":\"EVENT0\",\"at\":\"1970-11-22 10:00:30\",",
            "\"},{\"line\":2,",
            "ether1 down: over after 1 min",
            "{\"line\":3,",
            "{\"timer\":\"EVENT0\",",
        ];
        let mut rest = &out[..];
        for part in order {
            let at = rest.find(part);
            rest = &rest[at.unwrap_or_else(|| panic!("no {part} in {rest} of {out}"))..];
        }
    }

    /// Each mistake in a policy is reported at its field; one that is only a warning
    /// leaves the lines.
    #[test]
    fn wrong_policies() {
        let rule = ["regex", "(a)", "@1", "Slack", "0", "0", "0", "a"];
        let wrong = ["", "x", "@2", "5", "(b", "@7", "604801"];
        let out = ask_with(wrong, &rule);
        assert!(out.starts_with("{\"pattern\":{},\"mask\":{},\"errors\":{"));
        for part in [
            "\"COOLDOWN_SECS\":{\"text\":\"must be",
            "\"KEY\":{\"offset\":0,",
            "\"THRESHOLD\":{\"text\":\"is not understood; an example is 5/60",
            "\"RECOVERY_STR\":{\"offset\":0,",
            "\"GRACE_SECS\":{\"text\":\"must be",
        ] {
            assert!(out.contains(part), "{part} is not in {out}");
        }
        assert!(
            !out.contains("\"lines\"") && !out.contains("forms"),
            "{out}"
        );
        let out = ask_with(["", "", "", "", "b", "", ""], &rule);
        assert!(out.contains("\"RECOVERY_STR\":{\"text\":\"has no group 1"));
        let out = ask_with(["", "", "", "", "", "", "5"], &rule);
        assert!(out.contains("\"GRACE_SECS\":{\"text\":\"is not used"));
        assert!(out.contains("\"lines\":[{") && out.contains("GRACE_SECS='5'"));
    }

    /// A rule for the message alone finds its beginning, and no time passes.
    #[test]
    fn only_the_message() {
        let line = "<27>Oct  2 17:36:35 MikroTik login failure";
        let rule = ["regex", "^login f", "x", "Slack", "0", "0", "0", line];
        assert!(ask(&rule).contains("\"matches\":[]"));
        let out = ask_with(["message", "", "", "", "", "", ""], &rule);
        assert!(out.contains("\"start\":29,\"end\":36,"), "{out}");
        assert!(out.contains("EVENT0_MATCH_PART='message'") && !out.contains("pace"));
        let near = ["regex", "^login x", "x", "Slack", "0", "0", "0", line];
        let out = ask_with(["message", "", "", "", "", "", ""], &near);
        assert!(out.contains("\"near\":[{\"start\":29,\"end\":35,"), "{out}");
    }

    /// The list of static events has every one of them, and is one line.
    #[test]
    fn static_events() {
        let mut out = String::new();
        answer(b"events", &mut out);
        for event in alertik_core::rules::static_events() {
            let head = format!("{{\"number\":{},\"name\":\"{}\"", event.number, event.name);
            assert!(out.contains(&head), "{head}");
        }
        assert!(out.starts_with("[{") && out.ends_with("\"}}]") && !out.contains('\n'));
        assert!(out.contains("\"THRESHOLD\":\"5/60\""));
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
