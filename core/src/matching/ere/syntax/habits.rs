//! What is valid but probably not meant: habits from Perl's dialect.

use alloc::vec::Vec;
use core::fmt;

use crate::matching::ere::syntax::bracket;

/// A part of a valid pattern that means something else than in Perl.
///
/// `Display` says what it means here and what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    offset: usize,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    BackReference,
    ClassAlone,
    EscapeInBrackets,
    HighByte,
    LazyRepeat,
    Letter,
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
        f.write_str(match self.kind {
            Kind::BackReference => {
                "there are no back references: a backslash before a digit means the digit itself"
            }
            Kind::ClassAlone => {
                "a class needs brackets of its own, as in [[:digit:]]; this is a set of letters \
                 and ':'"
            }
            Kind::EscapeInBrackets => {
                "inside brackets a backslash is a backslash; write [[:digit:]] for \\d, \
                 [[:alnum:]_] for \\w, [[:space:]] for \\s, and put ']' first"
            }
            Kind::HighByte => {
                "\\x80 to \\xff match nothing, as in musl; write the character itself"
            }
            Kind::LazyRepeat => {
                "there are no lazy or possessive repeats: the longest match is taken; write what \
                 must not be skipped, as in [^,]* instead of .*?"
            }
            Kind::Letter => {
                "this backslash has no meaning here: the letter matches itself; ^ and $ are the \
                 ends of the text"
            }
        })
    }
}

/// Returns the hints on a pattern, in its order. Those on a pattern that
/// [`Pattern::compile`](super::Pattern::compile) refuses stop where it is
/// malformed.
#[must_use]
pub fn hints(pattern: &[u8]) -> Vec<Hint> {
    let mut hints = Vec::new();
    let mut at = 0;
    while let Some(&byte) = pattern.get(at) {
        let next = pattern.get(at + 1).copied();
        let (kind, length) = match (byte, next) {
            (b'[', _) => {
                let Ok(bracket) = bracket::parse(pattern, at) else {
                    break;
                };
                let (inside, behind) = pattern[at + 1..].split_at(bracket.end - at - 2);
                (in_brackets(inside, behind), bracket.end - at)
            }
            (b'\\', Some(b'x')) => (high_byte(&pattern[at + 2..]), 2),
            (b'\\', Some(escaped)) => (escape(escaped), 2),
            (b'*' | b'+' | b'?' | b'}', Some(b'?' | b'+')) => (Some(Kind::LazyRepeat), 2),
            _ => (None, 1),
        };
        hints.extend(kind.map(|kind| Hint { offset: at, kind }));
        at += length;
    }
    hints
}

/// Returns what to say of the contents of a bracket expression, which closes
/// where `behind` begins.
fn in_brackets(inside: &[u8], behind: &[u8]) -> Option<Kind> {
    let is_class = |name: &[u8]| bracket::class(name).is_some();
    if let [b':', name @ .., b':'] = inside
        && is_class(name)
    {
        return Some(Kind::ClassAlone);
    }
    let escapes = |pair: &[u8]| pair[0] == b'\\' && b"dDwWsSnrtbx".contains(&pair[1]);
    let meant_to_escape = inside.last() == Some(&b'\\') && behind.starts_with(b"]]");
    (meant_to_escape || inside.windows(2).any(escapes)).then_some(Kind::EscapeInBrackets)
}

const fn escape(byte: u8) -> Option<Kind> {
    match byte {
        b'1'..=b'9' => Some(Kind::BackReference),
        b'a' | b'b' | b'B' | b'd' | b'D' | b'e' | b'f' | b'n' | b'r' | b's' | b'S' | b't'
        | b'w' | b'W' => None,
        _ if byte.is_ascii_alphabetic() => Some(Kind::Letter),
        _ => None,
    }
}

/// Returns what to say of the digits behind `\x`.
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

    fn offsets(pattern: &str) -> Vec<usize> {
        hints(pattern.as_bytes()).iter().map(Hint::offset).collect()
    }

    /// Each habit is found where it stands, and only there.
    #[test]
    fn habits() {
        for (pattern, expected) in [
            (r"from (.*?) via", &[7][..]),
            (r"a++b{2}?", &[1, 6]),
            (r"(a)\1", &[3]),
            (r"\Aup\z", &[0, 4]),
            (r"x[\d.]+", &[1]),
            (r"[^\]]", &[0]),
            (r"[:alpha:]", &[0]),
            (r"caf\xe9", &[3]),
            (r"caf\x{e9}", &[3]),
        ] {
            assert_eq!(offsets(pattern), expected, "{pattern}");
        }
    }

    /// The README's patterns and all that POSIX and musl give a meaning get
    /// none.
    #[test]
    fn no_habits() {
        for pattern in [
            r"input: in:.*src-mac [0-9a-f:]+, proto [^,]+, ((\d{1,3}\.?)+):(\d{1,5})",
            r"([a-zA-Z0-9]+) link up \(speed (\d+Mbps), full duplex\)",
            r"\bup\b\<a\>\B\w\W\s\S\D\t\n\x41\x{dfe9}[[:alpha:]_][a\-z]",
            r"(ab+|c?)*a\?b\+?",
            r"[\\]",
        ] {
            assert!(offsets(pattern).is_empty(), "{pattern}");
        }
    }
}
