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

use std::fmt::{self, Write};

use alertik_core::bytes::write_json_string;
use alertik_core::limits::ENV_RULES_MAX;

use crate::events::write_object;
use crate::routeros;
use crate::settings::{Env, Problems, is_known, rules, variables, write_problems};

/// What is wrong with a line, from 1.
type Unread = (usize, &'static str);

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

/// Reads all variables of a text, each with the last value that it gets, and the lines that are
/// none. What belongs to the form around them is skipped.
#[must_use]
pub fn parse(text: &str) -> (Vec<(String, String)>, Vec<Unread>) {
    let text = text.trim_start_matches('\u{feff}');
    let (mut variables, mut unread) = (Vec::<(String, String)>::new(), Vec::new());
    let (mut rest, mut number) = (text, 1);
    while !rest.is_empty() {
        let before = rest;
        let end = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let line = rest[..end].trim();
        if line.is_empty() || line.starts_with('#') || is_around(line) {
            rest = &rest[end..];
        } else {
            match variable(rest) {
                Ok((name, value, after)) => {
                    variables.retain(|(other, _)| other != name);
                    variables.push((name.to_owned(), value));
                    rest = after;
                }
                Err(what) => {
                    unread.push((number, what));
                    rest = &rest[end..];
                }
            }
        }
        number += before[..before.len() - rest.len()].matches('\n').count();
    }
    (variables, unread)
}

/// Returns whether a line belongs to what stands around variables: YAML's keys are in lower
/// case, and so are other commands than the one that adds a variable.
fn is_around(line: &str) -> bool {
    let is_command = line.starts_with('/') && !line.contains(" key=");
    let key = line.split_once(':').map_or("", |(key, _)| key);
    let is_key = |key: &str| {
        let mut letters = key.trim_start_matches("- ").bytes();
        !key.is_empty() && letters.all(|byte| byte.is_ascii_lowercase() || b"_-".contains(&byte))
    };
    is_command || line == "---" || is_key(key)
}

/// Reads the variable with which a text begins: its name, its value, and what follows its last
/// line.
fn variable(text: &str) -> Result<(&str, String, &str), &'static str> {
    let text = text.trim_start_matches([' ', '\t']);
    if let Some((_, command)) = text.split_once(" key=").filter(|_| text.starts_with('/')) {
        return of_command(command);
    }
    let is_item = text.starts_with("- ");
    let text = text.trim_start_matches("- ").trim_start_matches(' ');
    // An item of a list has its quotes around both.
    if is_item && text.starts_with(['\'', '"']) {
        let (item, rest) = yaml_quoted(text)?;
        let (name, value) = item.split_once('=').ok_or(NO_VARIABLE)?;
        let name = &text[1..=name.len()];
        return Ok((check_name(name)?, undoubled(value), line_end(rest)?));
    }
    let text = match text.strip_prefix("export") {
        Some(after) if after.starts_with([' ', '\t']) => after.trim_start_matches([' ', '\t']),
        _ => text,
    };
    let end = text.find(['=', ':', '\n']).ok_or(NO_VARIABLE)?;
    let name = check_name(text[..end].trim_end())?;
    let sign = text.as_bytes()[end];
    let after = &text[end + 1..];
    let value = after.trim_start_matches([' ', '\t']);
    match sign {
        b':' => match value.as_bytes().first() {
            Some(b'\'' | b'"') => {
                let (value, rest) = yaml_quoted(value)?;
                Ok((name, undoubled(&value), line_end(rest)?))
            }
            Some(b'|' | b'>') => Err("write the value in quotes on one line"),
            _ => {
                let (line, rest) = first_line(value);
                let plain = line.split(" #").next().unwrap_or_default();
                Ok((name, undoubled(plain.trim()), rest))
            }
        },
        b'=' if is_item => {
            let (line, rest) = first_line(after);
            Ok((name, undoubled(line.trim_end()), rest))
        }
        b'=' => {
            let (value, rest) = match value.starts_with(['\'', '"']) {
                true => shell_word(value)?,
                // Blanks at the end of a pattern count.
                false => {
                    let (line, rest) = first_line(if end == name.len() { after } else { value });
                    (line.to_owned(), rest)
                }
            };
            Ok((name, value, rest))
        }
        _ => Err(NO_VARIABLE),
    }
}

const NO_VARIABLE: &str = "is no variable; write NAME='value'";
const OPEN: &str = "has quotes that do not close";

fn check_name(name: &str) -> Result<&str, &'static str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if starts && name.chars().all(is_part) {
        Ok(name)
    } else {
        Err(NO_VARIABLE)
    }
}

/// Splits a text after its first line, which loses its line end.
fn first_line(text: &str) -> (&str, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    (line.strip_suffix('\r').unwrap_or(line), rest)
}

/// Returns what follows the line that a text is the end of; only a comment may be there.
fn line_end(text: &str) -> Result<&str, &'static str> {
    let (line, rest) = first_line(text);
    match line.trim() {
        "" => Ok(rest),
        comment if comment.starts_with('#') => Ok(rest),
        _ => Err("goes on after its quotes"),
    }
}

/// Compose reads `$$` as `$`.
fn undoubled(value: &str) -> String {
    value.replace("$$", "$")
}

/// Reads a YAML scalar in quotes.
fn yaml_quoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut rest = text.chars();
    if rest.next() == Some('\'') {
        while let Some(c) = rest.next() {
            match c {
                '\'' if rest.as_str().starts_with('\'') => {
                    rest.next();
                    value.push('\'');
                }
                '\'' => return Ok((value, rest.as_str())),
                '\n' => return Err(OPEN),
                c => value.push(c),
            }
        }
        return Err(OPEN);
    }
    while let Some(c) = rest.next() {
        match c {
            '"' => return Ok((value, rest.as_str())),
            '\n' => return Err(OPEN),
            '\\' => {
                let digits = match rest.next() {
                    Some('n') => {
                        value.push('\n');
                        0
                    }
                    Some('r') => {
                        value.push('\r');
                        0
                    }
                    Some('t') => {
                        value.push('\t');
                        0
                    }
                    Some('x') => 2,
                    Some('u') => 4,
                    Some(c @ ('"' | '\\' | '/' | ' ')) => {
                        value.push(c);
                        0
                    }
                    _ => return Err("has an escape that YAML does not know"),
                };
                if digits > 0 {
                    let code = rest.as_str().get(..digits).ok_or(OPEN)?;
                    let code = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
                    value.push(code.ok_or("has an escape that YAML does not know")?);
                    rest = rest.as_str()[digits..].chars();
                }
            }
            c => value.push(c),
        }
    }
    Err(OPEN)
}

/// Reads a word as a shell does, which may have several pieces: `'it'\''s'`.
fn shell_word(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        if let Some(inner) = rest.strip_prefix('\'') {
            let (piece, after) = inner.split_once('\'').ok_or(OPEN)?;
            // A file from Windows has its line ends inside of the quotes, too.
            value.push_str(&piece.replace("\r\n", "\n"));
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('"') {
            rest = double_quoted(inner, &mut value)?;
        } else if let Some(escaped) = rest.strip_prefix('\\').and_then(|rest| rest.chars().next()) {
            value.push(escaped);
            rest = &rest[1 + escaped.len_utf8()..];
        } else {
            // Several may stand on a line of a shell: A='x'; B='y'.
            let rest = rest.trim_start_matches([' ', '\t', ';']);
            let is_next = rest.starts_with(|c: char| c.is_ascii_uppercase());
            let is_next = is_next || rest.starts_with("export ");
            return Ok((value, if is_next { rest } else { line_end(rest)? }));
        }
    }
}

/// Reads the rest of a double-quoted piece into `value`, and returns what follows it.
fn double_quoted<'a>(text: &'a str, value: &mut String) -> Result<&'a str, &'static str> {
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => return Ok(rest.as_str()),
            '\\' => match rest.next().ok_or(OPEN)? {
                escaped @ ('\\' | '"' | '$' | '`') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            c => value.push(c),
        }
    }
    Err(OPEN)
}

/// Reads what follows `key=` in a RouterOS command.
fn of_command(text: &str) -> Result<(&str, String, &str), &'static str> {
    let (name, value) = text.split_once(" value=").ok_or("has no value=")?;
    let name = check_name(name.trim_matches('"'))?;
    if let Some(inner) = value.strip_prefix('"') {
        let (value, rest) = routeros::unquoted(inner).ok_or(OPEN)?;
        return Ok((name, value, first_line(rest).1));
    }
    let (line, rest) = first_line(value);
    let word = line.split(' ').next().unwrap_or_default();
    Ok((name, word.to_owned(), rest))
}
