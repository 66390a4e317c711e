//! Bracket expressions: `[a-z]`, `[^[:digit:]_]`.
//!
//! musl works on code points even in the C locale, in which the bytes 80 to FF
//! are U+DF80 to U+DFFF. A bracket expression is to musl an alternation of
//! ranges of code points, and how many of them there are is visible in
//! captures, because an alternation that is a group of its own carries tags.

use alloc::vec::Vec;

use crate::matching::ere::byte_set::ByteSet;
use crate::matching::ere::syntax::case::other_cases;
use crate::matching::ere::syntax::error::{ErrorKind, PatternError};

/// Largest code point that musl's `.` matches (`TRE_CHAR_MAX`).
const CODE_MAX: u32 = 0x7fff_ffff;

/// Most classes in a negated bracket expression (`MAX_NEG_CLASSES`).
const NEGATED_CLASSES_MAX: usize = 64;

/// Returns the code point that musl reads a byte as in the C locale.
pub(crate) const fn code_of(byte: u8) -> u32 {
    if byte < 0x80 {
        byte as u32
    } else {
        0xdf00 + byte as u32
    }
}

/// Returns the bytes whose code points lie in `min..=max`.
///
/// The byte 0 is a byte like any other here. musl's texts end before it; were
/// that copied, or did no atom match it, whoever can write one into a name would
/// hide the line from every expression that spans the name.
pub(crate) fn bytes_between(min: u32, max: u32) -> ByteSet {
    let mut set = ByteSet::EMPTY;
    // The bytes from 80 on are code points in the same order.
    for byte in (0..=u8::MAX).skip_while(|&byte| code_of(byte) < min) {
        if code_of(byte) > max {
            break;
        }
        set.insert(byte);
    }
    set
}

/// A bracket expression as the one or two alternatives that tags can tell
/// apart: all ranges but the last, and the last.
pub(crate) struct Bracket {
    /// The alternatives before the last one, if there are any.
    pub(crate) others: Option<ByteSet>,
    /// The last alternative.
    pub(crate) last: ByteSet,
    /// Offset after the closing bracket.
    pub(crate) end: usize,
}

impl Bracket {
    fn from_sets(sets: &[ByteSet], end: usize) -> Self {
        let (last, others) = sets.split_last().unwrap_or((&ByteSet::EMPTY, &[]));
        Self {
            others: others.iter().copied().reduce(ByteSet::union),
            last: *last,
            end,
        }
    }
}

/// Parses the bracket expression whose `[` stands at `open`.
///
/// To musl the letters of the other case are further ranges of it, added before the
/// expression is negated.
pub(crate) fn parse(
    pattern: &[u8],
    open: usize,
    ignore_case: bool,
) -> Result<Bracket, PatternError> {
    let negated = pattern.get(open + 1) == Some(&b'^');
    let mut terms = Terms {
        pattern,
        open,
        first: open + 1 + usize::from(negated),
        at: open + 1 + usize::from(negated),
    };
    let mut ranges = Vec::new();
    let mut classes = Vec::new();
    while let Some(term) = terms.next()? {
        match term {
            Term::Class(class) => {
                if negated && classes.len() == NEGATED_CLASSES_MAX {
                    return Err(PatternError::new(open, ErrorKind::TooManyClasses));
                }
                let in_any_case = ignore_case.then(|| class.in_any_case());
                classes.push(in_any_case.unwrap_or(class));
            }
            Term::Range(min, max) => {
                let others = if ignore_case {
                    other_cases(min, max)
                } else {
                    Vec::new()
                };
                let all = core::iter::once((min, max)).chain(others);
                ranges.extend(all.map(|(min, max)| (min, max, classes.len())));
            }
        }
    }
    let sets = if negated {
        complement(&mut ranges, &classes)
    } else {
        in_order(&ranges, &classes)
    };
    Ok(Bracket::from_sets(&sets, terms.at))
}

/// Returns one set per term, in the order of the pattern. Each range knows
/// how many classes stand before it.
fn in_order(ranges: &[(u32, u32, usize)], classes: &[ByteSet]) -> Vec<ByteSet> {
    let mut sets = Vec::new();
    let mut classes = classes.iter().copied();
    let mut seen = 0;
    for &(min, max, before) in ranges {
        sets.extend(classes.by_ref().take(before - seen));
        seen = before;
        sets.push(bytes_between(min, max));
    }
    sets.extend(classes);
    sets
}

/// Returns one set per gap between the ranges, ascending, without the classes.
fn complement(ranges: &mut Vec<(u32, u32, usize)>, classes: &[ByteSet]) -> Vec<ByteSet> {
    ranges.sort_unstable();
    ranges.push((CODE_MAX + 1, CODE_MAX + 1, 0));
    let excluded = classes.iter().copied().fold(ByteSet::EMPTY, ByteSet::union);
    let mut sets = Vec::new();
    let mut free = 0;
    for &(min, max, _) in ranges.iter() {
        if min > free {
            let gap = bytes_between(free, min - 1);
            sets.push(ByteSet::from_fn(|byte| {
                gap.contains(byte) && !excluded.contains(byte)
            }));
        }
        free = free.max(max + 1);
    }
    sets
}

/// One element of a bracket expression.
enum Term {
    Class(ByteSet),
    Range(u32, u32),
}

/// Reader of the elements of a bracket expression.
struct Terms<'a> {
    pattern: &'a [u8],
    /// Offset of the `[`.
    open: usize,
    /// Offset of the first element, where `]` and `-` stand for themselves.
    first: usize,
    at: usize,
}

impl Terms<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.pattern.get(self.at + ahead).copied()
    }

    fn error<T>(&self, kind: ErrorKind) -> Result<T, PatternError> {
        Err(PatternError::new(self.at, kind))
    }

    /// Returns the next element, or `None` after the closing bracket.
    fn next(&mut self) -> Result<Option<Term>, PatternError> {
        let is_first = self.at == self.first;
        let Some(byte) = self.peek(0) else {
            return Err(PatternError::new(self.open, ErrorKind::MissingBracket));
        };
        match (byte, self.peek(1)) {
            (b']', _) if !is_first => {
                self.at += 1;
                return Ok(None);
            }
            // As in musl, `[a-z--@]` is `[a-z]` and `[--@]`.
            (b'-', after)
                if !is_first
                    && after != Some(b']')
                    && (after != Some(b'-') || self.peek(2) == Some(b']')) =>
            {
                return self.error(ErrorKind::Range);
            }
            (b'[', Some(b'.' | b'=')) => return self.error(ErrorKind::CollatingElement),
            (b'[', Some(b':')) => return self.class().map(Some),
            _ => {}
        }
        let min = code_of(byte);
        self.at += 1;
        if self.peek(0) != Some(b'-') || self.peek(1) == Some(b']') {
            return Ok(Some(Term::Range(min, min)));
        }
        match self.peek(1).map(code_of) {
            Some(max) if min <= max => {
                self.at += 2;
                Ok(Some(Term::Range(min, max)))
            }
            _ => {
                self.at -= 1;
                self.error(ErrorKind::Range)
            }
        }
    }

    fn class(&mut self) -> Result<Term, PatternError> {
        let name = &self.pattern[self.at + 2..];
        let length = name.iter().position(|&byte| byte == b':');
        let class = length.and_then(|length| match name.get(length + 1) {
            Some(b']') => class(&name[..length]).map(|set| (length, set)),
            _ => None,
        });
        let Some((length, set)) = class else {
            return self.error(ErrorKind::ClassName);
        };
        self.at += length + 4;
        Ok(Term::Class(set))
    }
}

/// Returns the bytes of a named class (POSIX base definitions, section 7.3.1).
/// Bytes from 80 on belong to none.
pub(crate) fn class(name: &[u8]) -> Option<ByteSet> {
    let belongs: fn(&u8) -> bool = match name {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |byte| matches!(byte, b' '..=b'~'),
        b"punct" => u8::is_ascii_punctuation,
        b"space" => |byte| matches!(byte, b'\t'..=b'\r' | b' '),
        b"upper" => u8::is_ascii_uppercase,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    };
    Some(ByteSet::from_fn(|byte| belongs(&byte)))
}
