//! The whole matcher, compared with hand-written cases, with musl, and with a plain
//! POSIX matcher.
//!
//! `generate` makes patterns as trees, so that the two reference engines need no
//! parser: `posix`, which is slow and does only what the standard says, and `tre`,
//! which does what musl does.

mod any_case;
mod errors;
mod generate;
mod limits;
mod musl;
mod posix;
mod properties;
mod screen;
mod suite;
mod tre;

use alertik_core::limits::{DFA_BYTES_MAX, GROUPS_MAX};
use alertik_core::matching::{Flags, Pattern, Scratch, Span};

/// Returns the matcher's result for a pattern and a text, in the notation of the
/// filter: `E<code>`, `N`, or `M<groups> so,eo so,eo ...`.
fn answer(pattern: &[u8], text: &[u8]) -> String {
    answer_with(pattern, text, Flags::default())
}

/// Returns the same with flags.
fn answer_with(pattern: &[u8], text: &[u8], flags: Flags) -> String {
    let pattern = match Pattern::compile_with(pattern, flags, &mut { DFA_BYTES_MAX }) {
        Ok(pattern) => pattern,
        Err(error) => return format!("E{}", error.code()),
    };
    let mut scratch = Scratch::for_patterns([&pattern]);
    let mut spans = [None; GROUPS_MAX + 1];
    let found = pattern.captures(text, &mut scratch, &mut spans);
    let quick = pattern.is_match(text, &mut scratch);
    assert_eq!(found, quick, "the DFA and the run disagree");
    if !found {
        return "N".to_owned();
    }
    let mut answer = format!("M{}", pattern.groups());
    for span in spans.iter().take(pattern.groups() + 1) {
        answer += &match *span {
            Some(Span { start, end }) => format!(" {start},{end}"),
            None => " -1,-1".to_owned(),
        };
    }
    answer
}

/// Returns bytes as readable text for failure messages.
fn show(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
