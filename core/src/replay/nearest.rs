//! Why not? How far a line agrees with a rule that does not match it.
//!
//! The measure is the longest beginning of the rule's text that the line has a match
//! of, wherever in the line that is. The match shows where the line agrees, and what
//! follows it is not what the rule wants next.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::bytes::{find, find_in_any_case};
use crate::limits::{DFA_BYTES_MAX, RUN_WORK_MAX};
use crate::matching::{Beginning, Flags, Pattern, Scratch, Span, beginnings};
use crate::rules::MatchType;

/// Fewest bytes that are worth showing as an agreement; a few are in every line.
pub const AGREEING_BYTES_MIN: usize = 4;

/// Measures how far lines agree with one rule. The beginnings of an expression are
/// compiled when they are needed, and kept.
#[derive(Debug)]
pub struct Nearness {
    match_str: Box<[u8]>,
    ignore_case: bool,
    steps: Vec<Step>,
}

/// A beginning of a rule's text.
#[derive(Debug)]
struct Step {
    beginning: Beginning,
    /// For an expression: compiled; `None` inside is one that cannot be.
    compiled: Option<Option<Box<(Pattern, Scratch)>>>,
}

/// How far a line agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Near<'a> {
    /// The part of the line that agrees.
    pub span: Span,
    /// What the rule wants after it; empty if the line matches the whole.
    pub wants: &'a [u8],
    /// How long the beginning is that agrees, to compare lines by.
    pub agreed: usize,
}

impl Nearness {
    /// Returns the measure for a rule, of which the expression must be valid.
    #[must_use]
    pub fn new(match_type: MatchType, match_str: &[u8], ignore_case: bool) -> Self {
        let steps = match match_type {
            // A substring is found by itself.
            MatchType::Substring => Vec::new(),
            MatchType::Regex => beginnings(match_str),
        };
        let steps = steps.into_iter().map(|beginning| Step {
            beginning,
            compiled: None,
        });
        Self {
            match_str: match_str.into(),
            ignore_case,
            steps: steps.collect(),
        }
    }

    /// Returns how far a message agrees, if that is farther than `agreed`.
    pub fn of(&mut self, message: &[u8], agreed: usize) -> Option<Near<'_>> {
        let (span, end, agreed) = match self.steps.is_empty() {
            true => self.of_substring(message, agreed)?,
            false => self.of_expression(message, agreed)?,
        };
        let wants = &self.match_str[end..];
        // What the other alternatives want does not matter.
        let wants = match self.steps.iter().find(|step| step.beginning.start > end) {
            Some(next) => &self.match_str[end..next.beginning.start - 1],
            None => wants,
        };
        Some(Near {
            span,
            wants,
            agreed,
        })
    }

    fn of_substring(&self, message: &[u8], agreed: usize) -> Option<(Span, usize, usize)> {
        let lengths = agreed + 1..=self.match_str.len();
        let found = lengths.map_while(|length| {
            let text = &self.match_str[..length];
            let start = match self.ignore_case {
                true => find_in_any_case(message, text)?,
                false => find(message, text)?,
            };
            let end = start + length;
            Some((Span { start, end }, length, length))
        });
        found.last()
    }

    fn of_expression(&mut self, message: &[u8], agreed: usize) -> Option<(Span, usize, usize)> {
        let mut best: Option<(Span, usize, usize)> = None;
        let mut refused = None;
        let flags = Flags {
            ignore_case: self.ignore_case,
            ..Flags::default()
        };
        for step in &mut self.steps {
            let Beginning { start, end, .. } = step.beginning;
            let length = end - start;
            let least = best.map_or(agreed, |(.., length)| length);
            // Nothing that begins like a beginning that was refused can match.
            if length <= least || refused == Some(start) {
                continue;
            }
            let text = &self.match_str;
            let compiled = step.compiled.get_or_insert_with(|| {
                let text = step.beginning.of(text);
                let pattern = Pattern::compile_with(&text, flags, &mut { DFA_BYTES_MAX }).ok()?;
                let scratch = Scratch::for_patterns([&pattern]);
                Some(Box::new((pattern, scratch)))
            });
            let Some(compiled) = compiled else { continue };
            let (pattern, scratch) = &mut **compiled;
            scratch.limit_work(RUN_WORK_MAX);
            let mut spans = [None];
            if !pattern.is_match(message, scratch) {
                refused = Some(start);
                continue;
            }
            scratch.limit_work(RUN_WORK_MAX);
            pattern.captures(message, scratch, &mut spans);
            if let [Some(span)] = spans {
                best = Some((span, end, length));
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    /// Returns the part of a line that agrees, and what is wanted after it.
    fn near(match_type: MatchType, match_str: &str, line: &str) -> Option<(String, String)> {
        let mut nearness = Nearness::new(match_type, match_str.as_bytes(), false);
        let near = nearness.of(line.as_bytes(), 0)?;
        let agrees = &line[near.span.start..near.span.end];
        let wants = String::from_utf8(near.wants.to_vec()).unwrap();
        Some((agrees.into(), wants))
    }

    /// Expressions, at every kind of part.
    #[test]
    fn expressions() {
        let login = "login failure for user ([A-Za-z]+) from (.*)";
        for (pattern, line, agrees, wants) in [
            (
                login,
                "x login failure for user john_doe from 1",
                "login failure for user john",
                " from (.*)",
            ),
            (
                login,
                "x login failed",
                "login fail",
                "ure for user ([A-Za-z]+) from (.*)",
            ),
            (
                "up (.*) via (a|b)",
                "link up now via c",
                "up now via ",
                "(a|b)",
            ),
            ("^up", "link up", "", "up"),
            ("up$", "link up now", "up", "$"),
            ("link (going up)", "link going down", "link going ", "up)"),
            ("abx|defx", "a def", "def", "x"),
            ("abcx|dx", "abc d", "abc", "x"),
            ("up", "link up", "up", ""),
        ] {
            let found = near(MatchType::Regex, pattern, line);
            let expected = Some((agrees.into(), wants.into()));
            assert_eq!(found, expected, "{pattern}: {line}");
        }
        assert_eq!(near(MatchType::Regex, "xyz", "abc"), None);
        assert_eq!(near(MatchType::Regex, "", "abc"), None);
    }

    /// Substrings, byte by byte.
    #[test]
    fn substrings() {
        let found = near(MatchType::Substring, "link down", "a link up, a link dow");
        assert_eq!(found, Some(("link dow".into(), "n".into())));
        assert_eq!(near(MatchType::Substring, "xyz", "abc"), None);
    }

    /// If case is ignored, a line agrees in any.
    #[test]
    fn any_case() {
        for match_type in [MatchType::Substring, MatchType::Regex] {
            let mut nearness = Nearness::new(match_type, b"Link down", true);
            let near = nearness.of(b"a lINK Dow", 0).unwrap();
            assert_eq!((near.span.start, near.span.end), (2, 10));
            assert_eq!(near.wants, b"n");
        }
    }

    /// Only a line that agrees farther than another one is of interest.
    #[test]
    fn farther_than_before() {
        for match_type in [MatchType::Substring, MatchType::Regex] {
            let mut nearness = Nearness::new(match_type, b"link down", false);
            let agreed = nearness.of(b"link up", 0).unwrap().agreed;
            assert_eq!(agreed, 5);
            assert_eq!(nearness.of(b"link x", agreed), None);
            assert_eq!(nearness.of(b"link d", agreed).unwrap().agreed, 6);
        }
    }
}
