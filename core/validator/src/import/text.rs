//! Variables as they are written in files and commands.

use super::quotes::{OPEN, shell_word, yaml_quoted};
use crate::routeros;

const NO_VARIABLE: &str = "is no variable; write NAME='value'";
const NO_VALUE: &str = "has no value=";
const AFTER: &str = "goes on after its quotes";

/// What is wrong with a line, from 1.
type Unread = (usize, &'static str);

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
                    variables.retain(|(other, _)| *other != name);
                    variables.push((name, value));
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

/// Returns whether a text begins with a command for RouterOS: with its path, or as `/export`
/// writes it.
fn is_command(text: &str) -> bool {
    text.starts_with('/') || text.starts_with("add ")
}

/// Returns whether a line belongs to what stands around variables: YAML's keys are in lower
/// case, and so are other commands than the one that adds a variable.
fn is_around(line: &str) -> bool {
    let is_other_command = is_command(line) && !line.contains(" key=");
    let key = line.split_once(':').map_or("", |(key, _)| key);
    let is_key = |key: &str| {
        let mut letters = key.trim_start_matches("- ").bytes();
        !key.is_empty() && letters.all(|byte| byte.is_ascii_lowercase() || b"_-".contains(&byte))
    };
    is_other_command || line == "---" || is_key(key)
}

/// Reads the variable with which a text begins: its name, its value, and what follows its last
/// line.
fn variable(text: &str) -> Result<(String, String, &str), &'static str> {
    let text = text.trim_start_matches([' ', '\t']);
    if is_command(text)
        && let Some((_, command)) = text.split_once(" key=")
    {
        return of_command(command);
    }
    let is_item = text.starts_with("- ");
    let text = text.trim_start_matches("- ").trim_start_matches(' ');
    // An item of a list has its quotes around both.
    if is_item && text.starts_with(['\'', '"']) {
        let (item, rest) = yaml_quoted(text)?;
        let (name, value) = item.split_once('=').ok_or(NO_VARIABLE)?;
        return Ok((checked(name)?, undoubled(value), line_end(rest)?));
    }
    let text = match text.strip_prefix("export") {
        Some(after) if after.starts_with([' ', '\t']) => after.trim_start_matches([' ', '\t']),
        _ => text,
    };
    let end = text.find(['=', ':', '\n']).ok_or(NO_VARIABLE)?;
    let name = checked(text[..end].trim_end())?;
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
                true => {
                    let (value, rest) = shell_word(value)?;
                    (value, after_word(rest)?)
                }
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

/// Returns the name of a variable if it is one.
fn checked(name: &str) -> Result<String, &'static str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if starts && name.chars().all(is_part) {
        Ok(name.to_owned())
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
        _ => Err(AFTER),
    }
}

/// Returns what follows a word of a shell: the next line, or another variable on the same one, as
/// in `A='x'; B='y'`.
fn after_word(text: &str) -> Result<&str, &'static str> {
    let rest = text.trim_start_matches([' ', '\t', ';']);
    let is_next = rest.starts_with(|c: char| c.is_ascii_uppercase());
    let is_next = is_next || rest.starts_with("export ");
    if is_next { Ok(rest) } else { line_end(rest) }
}

/// Compose reads `$$` as `$`.
fn undoubled(value: &str) -> String {
    value.replace("$$", "$")
}

/// Reads what follows `key=` in a RouterOS command.
fn of_command(text: &str) -> Result<(String, String, &str), &'static str> {
    let (head, value) = text.split_once(" value=").ok_or(NO_VALUE)?;
    let name = checked(head.split_ascii_whitespace().next().unwrap_or_default())?;
    // A command may go on after a `\` at the end of a line, and not otherwise.
    if head.lines().rev().skip(1).any(|line| !line.ends_with('\\')) {
        return Err(NO_VALUE);
    }
    if let Some(inner) = value.strip_prefix('"') {
        let (value, rest) = routeros::unquoted(inner).ok_or(OPEN)?;
        return Ok((name, value, first_line(rest).1));
    }
    let (line, rest) = first_line(value);
    let word = line.split(' ').next().unwrap_or_default();
    Ok((name, word.to_owned(), rest))
}
