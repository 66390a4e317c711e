//! The beginnings of a pattern: what it is without its last parts.
//!
//! A text that has no match usually has one of a beginning. The longest of these says
//! how far text and pattern agree.

use alloc::vec::Vec;

use crate::limits::BEGINNINGS_MAX;
use crate::matching::ere::syntax::{bracket, escape};

/// A beginning of one of the alternatives of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// Offset at which the alternative begins.
    pub start: usize,
    /// Offset after the last part that is kept.
    pub end: usize,
    /// Groups that are open there.
    depth: usize,
}

impl Beginning {
    /// Returns the beginning as a pattern of its own: with its groups closed.
    #[must_use]
    pub fn of(self, pattern: &[u8]) -> Vec<u8> {
        let mut text = pattern[self.start..self.end].to_vec();
        text.resize(text.len() + self.depth, b')');
        text
    }
}

/// Returns the beginnings of a valid pattern, the shorter before the longer and one
/// alternative after the other, at most about [`BEGINNINGS_MAX`]. Every text with a
/// match of one has a match of those before it, because a repeat and a group with
/// alternatives are one part. The last one of an alternative is the whole.
#[must_use]
pub fn beginnings(pattern: &[u8]) -> Vec<Beginning> {
    let mut all = Vec::new();
    let (mut at, mut start, mut depth) = (0, 0, 0);
    while let Some(&byte) = pattern.get(at) {
        match byte {
            b'|' if depth == 0 => {
                at += 1;
                start = at;
                continue;
            }
            b'(' => {
                let (end, has_alternatives) = group(pattern, at);
                let after = after_repeats(pattern, end);
                if !has_alternatives && after == end {
                    depth += 1;
                    at += 1;
                    continue;
                }
                at = after;
            }
            b')' if depth > 0 => {
                depth -= 1;
                at += 1;
            }
            _ => at = after_repeats(pattern, after_atom(pattern, at)),
        }
        // A character is not torn apart.
        if pattern.get(at).is_none_or(|byte| byte & 0xC0 != 0x80) {
            let end = at;
            all.push(Beginning { start, end, depth });
        }
    }
    let step = all.len().div_ceil(BEGINNINGS_MAX).max(1);
    let mut index = 0;
    all.retain(|beginning| {
        index += 1;
        let is_whole = matches!(pattern.get(beginning.end), None | Some(b'|'));
        index % step == 0 || is_whole && beginning.depth == 0
    });
    all
}

/// Returns the offset after the group that opens at `open`, and whether it has
/// alternatives.
fn group(pattern: &[u8], open: usize) -> (usize, bool) {
    let (mut at, mut depth, mut has_alternatives) = (open, 0, false);
    while let Some(byte) = pattern.get(at) {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'|' if depth == 1 => has_alternatives = true,
            _ => {}
        }
        at = after_atom(pattern, at);
        if depth == 0 {
            break;
        }
    }
    (at, has_alternatives)
}

fn after_atom(pattern: &[u8], at: usize) -> usize {
    let end = match pattern[at] {
        b'[' => bracket::parse(pattern, at, false)
            .ok()
            .map(|bracket| bracket.end),
        b'\\' => escape::parse(pattern, at).ok().map(|(_, end)| end),
        _ => None,
    };
    end.unwrap_or(at + 1)
}

fn after_repeats(pattern: &[u8], mut at: usize) -> usize {
    while let Some(byte) = pattern.get(at) {
        let length = match byte {
            b'*' | b'+' | b'?' => Some(1),
            b'{' => pattern[at..].iter().position(|&byte| byte == b'}'),
            _ => break,
        };
        at += length.map_or(1, |length| length.max(1));
        if *byte == b'{' {
            at += usize::from(pattern.get(at) == Some(&b'}'));
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn texts(pattern: &str) -> Vec<String> {
        let texts = beginnings(pattern.as_bytes()).into_iter();
        let texts = texts.map(|beginning| beginning.of(pattern.as_bytes()));
        texts.map(|text| String::from_utf8(text).unwrap()).collect()
    }

    /// Parts are what can be left out at the end: bytes with their repeats, and groups
    /// from inside if that is sound.
    #[test]
    fn parts() {
        for (pattern, expected) in [
            ("", &[][..]),
            ("ab", &["a", "ab"]),
            ("é.", &["é", "é."]),
            (r"a\(b+", &["a", r"a\(", r"a\(b+"]),
            (
                r"\x41\x{42}[]a-z]*?x{2,3}",
                &[
                    r"\x41",
                    r"\x41\x{42}",
                    r"\x41\x{42}[]a-z]*?",
                    r"\x41\x{42}[]a-z]*?x{2,3}",
                ],
            ),
            ("x(ab)c", &["x", "x(a)", "x(ab)", "x(ab)", "x(ab)c"]),
            ("x(a|b)c", &["x", "x(a|b)", "x(a|b)c"]),
            ("(ab)*c", &["(ab)*", "(ab)*c"]),
            (
                "((a|b)c)d",
                &["((a|b))", "((a|b)c)", "((a|b)c)", "((a|b)c)d"],
            ),
            ("ab|cd", &["a", "ab", "c", "cd"]),
            ("^a$", &["^", "^a", "^a$"]),
            ("a)b", &["a", "a)", "a)b"]),
        ] {
            assert_eq!(texts(pattern), expected, "{pattern}");
        }
    }

    /// There are never many more than the limit, and the whole is always there.
    #[test]
    fn long_patterns() {
        let long = "a".repeat(1_000) + "|" + &"b".repeat(999);
        let texts = texts(&long);
        assert!(texts.len() <= BEGINNINGS_MAX + 2);
        assert_eq!(texts.last().unwrap().len(), 999);
        assert!(texts.contains(&"a".repeat(1_000)));
    }

    /// Any part of a tricky pattern gets beginnings without a panic.
    #[test]
    fn no_part_panics() {
        let pattern = br"[[:al[:]:][^]a[:x:]*?{2}+\x{e9}\((a|)|b}{*";
        for end in 0..=pattern.len() {
            for start in 0..=end {
                let part = &pattern[start..end];
                for beginning in beginnings(part) {
                    let _ = beginning.of(part);
                }
            }
        }
    }
}
