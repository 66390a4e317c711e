//! The errors in a pattern, in the user's words.

use core::fmt;

use crate::limits::{PATTERN_BYTES_MAX, REPEAT_MAX};

/// Error returned by [`Pattern::compile`](crate::matching::Pattern::compile).
///
/// `Display` says in plain words what is wrong and what to write instead; the
/// place is [`offset`](Self::offset).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternError {
    offset: usize,
    kind: ErrorKind,
}

/// The kinds of [`PatternError`], alphabetical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    ClassName,
    CollatingElement,
    Interval,
    IntervalCount,
    IntervalWithoutMin,
    MissingBrace,
    MissingBracket,
    MissingParenthesis,
    NothingToRepeat,
    PerlGroup,
    Range,
    TooLarge,
    TooLong,
    TooManyClasses,
    TrailingBackslash,
}

impl PatternError {
    /// Returns the error of a kind at a byte offset.
    pub(crate) const fn new(offset: usize, kind: ErrorKind) -> Self {
        Self { offset, kind }
    }

    /// Returns the byte offset in the pattern at which it is wrong.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the number that musl's `regcomp` would return (`regex.h`).
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self.kind {
            ErrorKind::CollatingElement => 3,
            ErrorKind::ClassName => 4,
            ErrorKind::TrailingBackslash => 5,
            ErrorKind::MissingBracket => 7,
            ErrorKind::MissingParenthesis => 8,
            ErrorKind::MissingBrace => 9,
            ErrorKind::Interval | ErrorKind::IntervalCount | ErrorKind::IntervalWithoutMin => 10,
            ErrorKind::Range => 11,
            ErrorKind::TooLarge | ErrorKind::TooLong | ErrorKind::TooManyClasses => 12,
            ErrorKind::NothingToRepeat | ErrorKind::PerlGroup => 13,
        }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ErrorKind::ClassName => {
                "unknown character class; the classes are [:alnum:] [:alpha:] [:blank:] [:cntrl:] \
                 [:digit:] [:graph:] [:lower:] [:print:] [:punct:] [:space:] [:upper:] [:xdigit:], \
                 each inside a bracket expression, as in [[:digit:]]"
            }
            ErrorKind::CollatingElement => {
                "'[.' and '[=' inside brackets are not supported; to match '[' itself, put it \
                 last, as in [.=[]"
            }
            ErrorKind::Interval => {
                "a repeat count is written {n}, {n,} or {n,m}; to match '{' itself, write \\{"
            }
            ErrorKind::IntervalCount => {
                return write!(
                    f,
                    "a repeat count must not exceed {REPEAT_MAX}, and the first number of {{n,m}} \
                     must not exceed the second"
                );
            }
            ErrorKind::IntervalWithoutMin => "a repeat count needs its first number; write {0,m}",
            ErrorKind::MissingBrace => {
                "'\\x{' takes up to eight hexadecimal digits and a closing '}'"
            }
            ErrorKind::MissingBracket => {
                "this '[' has no closing ']'; a ']' that comes first stands for itself; to match \
                 '[' itself, write \\["
            }
            ErrorKind::MissingParenthesis => {
                "this '(' has no closing ')'; to match '(' itself, write \\("
            }
            ErrorKind::NothingToRepeat => {
                "there is nothing to repeat before this character; to match the character itself, \
                 put a backslash before it"
            }
            ErrorKind::PerlGroup => {
                "POSIX patterns have no '(?' groups; write ( ... ) instead of (?: ... ), and set \
                 EVENTn_IGNORE_CASE=1 or list both cases as in [Aa] instead of (?i)"
            }
            ErrorKind::Range => {
                "this range inside brackets is not valid: its end comes before its beginning, or \
                 one of them is missing; to match '-' itself, put it last"
            }
            ErrorKind::TooLarge => {
                "the pattern is too large once its repeat counts are written out; use smaller \
                 counts, or * and +"
            }
            ErrorKind::TooLong => {
                return write!(f, "the pattern is longer than {PATTERN_BYTES_MAX} bytes");
            }
            ErrorKind::TooManyClasses => "more than 64 character classes in one '[^'",
            ErrorKind::TrailingBackslash => {
                "a backslash at the end escapes nothing; to match a backslash, write \\\\"
            }
        })
    }
}

impl core::error::Error for PatternError {}
