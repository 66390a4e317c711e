//! Patterns that are valid but probably mean something else to their author:
//! habits from Perl's dialect.
//!
//! They are no errors, because the predecessor took them as well. So the user is
//! warned and the rule is kept.

use alloc::vec::Vec;
use core::fmt;

use crate::matching::ere::syntax::{bracket, escape};

/// A part of a valid pattern that means something else in Perl, returned by
/// [`hints`].
///
/// `Display` says what it means here and what to write instead; the place is
/// [`offset`](Self::offset).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    offset: usize,
    kind: Kind,
}

/// The kinds of [`Hint`], alphabetical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `[:alpha:]` without brackets around it.
    ClassAlone,
    /// `\\(`: a backslash and a group, where a bracket was meant.
    DoubledBackslash,
    /// `\d` and its like inside brackets.
    EscapeInBrackets,
    /// `\xe9`, a code point that no byte stands for.
    HighByte,
    /// `*?`, `+?`, `??`, `}?`, and the same with `+`.
    LazyRepeat,
    /// `\` before a letter or digit that means the same without it.
    PlainEscape(u8),
}

impl Hint {
    /// Returns the byte offset in the pattern.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.kind {
            Kind::ClassAlone => {
                "a class needs brackets of its own, as in [[:digit:]]; this is a set of letters \
                 and ':'"
            }
            Kind::DoubledBackslash => {
                "two backslashes are one in the message, and what follows is special; outside of \
                 RouterOS's console write one, as in \\("
            }
            Kind::EscapeInBrackets => {
                "inside brackets a backslash is a backslash; write [[:digit:]] for \\d, \
                 [[:alnum:]_] for \\w, [[:space:]] for \\s, and put ']' first"
            }
            Kind::HighByte => {
                "\\x80 to \\xff match nothing, as in musl; write the character itself"
            }
            Kind::LazyRepeat => {
                "a '?' or '+' after a repeat makes it neither lazy nor possessive here: POSIX \
                 expressions match as much as they can; exclude what the match must not run past \
                 instead, as in [^ ]*"
            }
            Kind::PlainEscape(byte) => {
                let char = char::from(byte);
                write!(f, "'\\{char}' means just '{char}' here")?;
                match byte {
                    b'A' | b'z' | b'Z' => "; ^ is the start of the line and $ its end",
                    b'1'..=b'9' => "; there are no references back to a group",
                    _ => "",
                }
            }
        };
        f.write_str(text)
    }
}

/// Returns all hints about a pattern, in its order. If
/// [`Pattern::compile`](crate::matching::Pattern::compile) refuses the pattern,
/// those after a malformed bracket expression are missing.
#[must_use]
pub fn hints(pattern: &[u8]) -> Vec<Hint> {
    let mut hints = Vec::new();
    let mut at = 0;
    // Whether the bytes before `at` are a repeat.
    let mut repeated = false;
    while let Some(&byte) = pattern.get(at) {
        let rest = &pattern[at..];
        let was_repeated = core::mem::take(&mut repeated);
        let (kind, length) = match byte {
            b'[' => {
                let Ok(bracket) = bracket::parse(pattern, at, false) else {
                    break;
                };
                let (inside, after) = pattern[at + 1..].split_at(bracket.end - at - 2);
                (in_brackets(inside, after), bracket.end - at)
            }
            b'\\' => (escape(&rest[1..]), 2),
            b'?' | b'+' if was_repeated => (Some(Kind::LazyRepeat), 1),
            b'*' | b'+' | b'?' => {
                repeated = true;
                (None, 1)
            }
            b'{' => {
                repeated = true;
                let end = rest.iter().position(|&byte| byte == b'}');
                (None, end.map_or(rest.len(), |end| end + 1))
            }
            _ => (None, 1),
        };
        hints.extend(kind.map(|kind| Hint { offset: at, kind }));
        at += length;
    }
    hints
}

/// Returns the hint about the contents of a bracket expression. `after` begins
/// with the bracket that closes it.
fn in_brackets(inside: &[u8], after: &[u8]) -> Option<Kind> {
    let is_class = |name: &[u8]| bracket::class(name).is_some();
    if let [b':', name @ .., b':'] = inside
        && is_class(name)
    {
        return Some(Kind::ClassAlone);
    }
    let escapes = |pair: &[u8]| pair[0] == b'\\' && b"dDwWsSnrtbx".contains(&pair[1]);
    // `[^\]]` is a bracket expression of a backslash, and then a `]`.
    let meant_to_escape = inside.last() == Some(&b'\\') && after.starts_with(b"]]");
    (meant_to_escape || inside.windows(2).any(escapes)).then_some(Kind::EscapeInBrackets)
}

/// Returns the hint about an escape, of which `rest` begins after the backslash.
fn escape(rest: &[u8]) -> Option<Kind> {
    match *rest {
        [b'x', ref digits @ ..] => high_byte(digits),
        // Logs of routers have hardly any backslashes.
        [b'\\', after, ..] if b"()[]{}.*+?|^$dsw".contains(&after) => Some(Kind::DoubledBackslash),
        [byte, ..] if byte.is_ascii_alphanumeric() && escape::meaning(byte).is_none() => {
            Some(Kind::PlainEscape(byte))
        }
        _ => None,
    }
}

/// Returns the hint about the digits after `\x`.
fn high_byte(digits: &[u8]) -> Option<Kind> {
    let digits = digits.strip_prefix(b"{").unwrap_or(digits);
    let [b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', low, rest @ ..] = digits else {
        return None;
    };
    let is_byte = low.is_ascii_hexdigit() && !rest.first().is_some_and(u8::is_ascii_hexdigit);
    is_byte.then_some(Kind::HighByte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str) -> Vec<(usize, String)> {
        let hints = hints(pattern.as_bytes());
        let shown = hints.iter().map(|hint| (hint.offset(), hint.to_string()));
        shown.collect()
    }

    /// Every habit is found at its place and gets its remedy.
    #[test]
    fn habits() {
        for (pattern, expected) in [
            ("user (.*?) from", &[(8, "as much as they can")][..]),
            ("a{2,3}?", &[(6, "as much as they can")]),
            ("[a?]+?", &[(5, "as much as they can")]),
            ("x??", &[(2, "as much as they can")]),
            ("a++b{2}?", &[(2, "nor possessive"), (7, "neither lazy")]),
            (r"\Aup\z", &[(0, "^ is the start"), (4, "$ its end")]),
            (r"end\Z", &[(3, "$ its end")]),
            (r"(a)\1", &[(3, "references back")]),
            (r"\.\h", &[(2, r"'\h' means just 'h' here")]),
            (r"x[\d.]+", &[(1, r"[[:digit:]] for \d")]),
            (r"[^\]]", &[(0, "put ']' first")]),
            ("[:alpha:]+", &[(0, "as in [[:digit:]]")]),
            (r"caf\xe9", &[(3, "match nothing")]),
            (
                r"up \\(speed (.+)\\)$",
                &[(3, "as in \\("), (16, "as in \\(")],
            ),
            (r"\\d+", &[(0, "two backslashes")]),
            (r"caf\x{e9}", &[(3, "match nothing")]),
        ] {
            let found = found(pattern);
            assert_eq!(found.len(), expected.len(), "{pattern}: {found:?}");
            for ((at, text), (offset, part)) in found.iter().zip(expected) {
                assert_eq!(at, offset, "{pattern}");
                assert!(text.contains(part), "{pattern}: {text}");
                assert!(!text.ends_with('.'), "{pattern}: {text}");
            }
        }
    }

    /// The README's patterns and all that POSIX and musl give a meaning get
    /// none.
    #[test]
    fn no_habits() {
        for pattern in [
            "",
            r"input: in:.*src-mac [0-9a-f:]+, proto [^,]+, ((\d{1,3}\.?)+):(\d{1,5})",
            r"([a-zA-Z0-9]+) link up \(speed (\d+Mbps), full duplex\)",
            r"\bup\b\<a\>\B\w\W\s\S\D\t\n\r\f\a\e\x41\x{42}\x{dfe9}[[:alpha:]_][a\-z]",
            r"(ab+|c?)*a\?b\+?",
            r"\*?",
            "[*]?",
            "[]*?]",
            "[^]*?]",
            "[[:alpha:]*?]",
            "(a*)?",
            "a+|?",
            "a}?",
            r"[\\]",
            r"DOMAIN\\user",
            r"\\",
            "[unclosed *?",
            "\\",
        ] {
            assert_eq!(found(pattern), [], "{pattern}");
        }
    }

    /// Any part of a tricky pattern gets hints without a panic.
    #[test]
    fn no_part_panics() {
        let pattern = br"[[:al[:]:][^]a[:x:]*?{2}+\x{e9}\";
        for end in 0..=pattern.len() {
            for start in 0..=end {
                let _ = hints(&pattern[start..end]);
            }
        }
    }
}
