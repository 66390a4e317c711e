//! The matcher as a filter, for comparing it with another engine:
//! `cargo run -q --release -p alertik-core --example ere`.
//!
//! Each line of standard input is one case, `HEXPATTERN TAB HEXTEXT`. Each line
//! of standard output is its answer: `E<code>:<text>` if the pattern is
//! refused, `N` if the text does not match, or `M<groups> so,eo so,eo ...`
//! with the span of the match and of up to 31 groups, -1,-1 for a group that
//! took no part, and `?` for a line that is not a case. As in C, a zero byte
//! ends a pattern or a text.

use std::io::{self, BufRead, Write};

use alertik_core::limits::GROUPS_MAX;
use alertik_core::matching::{Pattern, Scratch, Span};

fn main() -> io::Result<()> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        writeln!(output, "{}", answer(&line?))?;
    }
    output.flush()
}

fn answer(line: &str) -> String {
    let mut fields = line.split('\t').map(unhex);
    let (Some(Some(pattern)), Some(Some(text))) = (fields.next(), fields.next()) else {
        return "?".to_owned();
    };
    let pattern = match Pattern::compile(&pattern) {
        Ok(pattern) => pattern,
        Err(error) => return format!("E{}:{}", error.code(), regerror(error.code())),
    };
    let mut scratch = Scratch::for_patterns([&pattern]);
    let mut spans = [None; GROUPS_MAX + 1];
    if !pattern.is_match(&text, &mut scratch) {
        return "N".to_owned();
    }
    let found = pattern.captures(&text, &mut scratch, &mut spans);
    assert!(found, "the two stages disagree");
    let mut answer = format!("M{}", pattern.groups());
    for span in spans.iter().take(pattern.groups() + 1) {
        answer += &match *span {
            Some(Span { start, end }) => format!(" {start},{end}"),
            None => " -1,-1".to_owned(),
        };
    }
    answer
}

/// Returns the text that musl's `regerror` has for a code.
const fn regerror(code: u8) -> &'static str {
    match code {
        3 => "Unknown collating element",
        4 => "Unknown character class name",
        5 => "Trailing backslash",
        7 => "Missing ']'",
        8 => "Missing ')'",
        9 => "Missing '}'",
        10 => "Invalid contents of {}",
        11 => "Invalid character range",
        12 => "Out of memory",
        13 => "Repetition not preceded by valid expression",
        _ => "Unknown error",
    }
}

/// Decodes hexadecimal digits up to the first zero byte.
fn unhex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
    let mut bytes = bytes.collect::<Option<Vec<u8>>>()?;
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    bytes.truncate(
        bytes
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(bytes.len()),
    );
    Some(bytes)
}
