//! Variables that a user pastes: an env file, lines for a shell, a piece of a Compose file, or
//! RouterOS commands.
//!
//! The answer to the page is
//!
//! ```json
//! {"rules":[{"number":0,"variables":{"MATCH_STR":"…"}}],
//!  "others":["TELEGRAM_BOT_TOKEN"],
//!  "unread":[{"line":3,"text":"…"}],
//!  "problems":[…]}
//! ```
//!
//! `others` are the names of known variables that belong to no rule: their values, which may be
//! secrets, go no further. `problems` are what the daemon says of these variables.

mod quotes;
mod text;

use std::fmt::{self, Write};

use alertik_core::bytes::write_json_string;
use alertik_core::limits::ENV_RULES_MAX;

use crate::events::write_object;
use crate::settings::variables::is_known;
use crate::settings::{Env, Problems, rules, variables, write_problems};

pub use text::parse;

/// Writes the answer for a pasted text.
///
/// # Errors
///
/// Returns the writer's error.
pub(crate) fn answer(text: &str, out: &mut String) -> fmt::Result {
    let (read, unread) = parse(text);
    let mut own: Vec<(u8, &str, &str)> = Vec::new();
    let mut others = Vec::new();
    for (name, value) in &read {
        match of_rule(name) {
            Some((number, field)) => own.push((number, field, value)),
            None if is_known(name) && name != "ENV_EVENTS" => others.push(name),
            None => {}
        }
    }
    let mut numbers: Vec<u8> = own.iter().map(|(number, ..)| *number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    out.write_str("{\"rules\":[")?;
    for (index, number) in numbers.iter().enumerate() {
        let before = if index == 0 { "" } else { "," };
        write!(out, "{before}{{\"number\":{number}")?;
        let fields = own.iter().filter(|(of, ..)| of == number);
        let fields = fields.map(|(_, field, value)| (*field, *value));
        write_object(",\"variables\":", fields, out)?;
        out.write_char('}')?;
    }
    out.write_str("],\"others\":[")?;
    for (index, name) in others.iter().enumerate() {
        let before = if index == 0 { "" } else { "," };
        write!(out, "{before}\"{name}\"")?;
    }
    out.write_str("],\"unread\":[")?;
    for (index, (line, what)) in unread.iter().enumerate() {
        let before = if index == 0 { "" } else { "," };
        write!(out, "{before}{{\"line\":{line},\"text\":")?;
        write_json_string(what.as_bytes(), out)?;
        out.write_char('}')?;
    }
    out.write_str("],")?;
    let is_counted = read.iter().any(|(name, _)| name == "ENV_EVENTS");
    let last = numbers.last().filter(|_| !is_counted);
    let problems = problems(&read, last.map(|last| u16::from(*last) + 1));
    // Of a piece that does not say how many rules there are, the others are elsewhere.
    let is_here = |variable: &str| match of_rule(variable) {
        Some((number, _)) => numbers.contains(&number),
        None => variable != "ENV_EVENTS",
    };
    let problems = problems.filtered(|problem| is_counted || is_here(&problem.variable));
    write_problems(&problems, out)?;
    out.write_char('}')
}

/// Returns what the daemon says of the variables, and of as many rules as `count` says if they
/// do not.
fn problems(read: &[(String, String)], count: Option<u16>) -> Problems {
    let count = count.map(|count| ("ENV_EVENTS".to_owned(), count.to_string()));
    let all = read.iter().chain(&count);
    let env = Env::new(all.map(|(name, value)| (name.into(), value.into())));
    let mut problems = Problems::default();
    variables::check(&env, &mut problems);
    rules::read(&env, false, &mut problems);
    problems
}

/// Splits the name of a rule's variable, `EVENT3_KEY`, into number and field.
fn of_rule(name: &str) -> Option<(u8, &str)> {
    let (number, field) = name.strip_prefix("EVENT")?.split_once('_')?;
    let number = number.parse::<u8>().ok()?;
    let is_one = usize::from(number) < ENV_RULES_MAX && is_known(name);
    is_one.then_some((number, field))
}
