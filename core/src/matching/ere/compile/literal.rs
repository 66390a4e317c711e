//! Literals that a text must contain to match.
//!
//! With them, one pass over a message rules out nearly all rules at once. A
//! pattern gives one set of alternatives, each a plain string: every text that
//! matches contains at least one of them. `(up|down): \d+` gives `up: ` and
//! `down: `. The set is empty if no string is required.
//!
//! It also gives the bytes that every match contains, here `:` and the blank, for
//! patterns that take so much work that a second look at the text pays.

use alloc::vec;
use alloc::vec::Vec;

use crate::limits::{LITERAL_ALTERNATIVES_MAX, LITERAL_BYTES_MAX};
use crate::matching::ere::byte_set::ByteSet;
use crate::matching::ere::syntax::ast::{Kind, Node};

/// Alternatives of which a matching text contains at least one; none means
/// that nothing is known.
pub(crate) type Literals = Vec<Vec<u8>>;

/// Facts about the texts that a piece of a pattern matches.
#[derive(Debug, Default)]
struct Piece {
    /// Whether it matches `prefix` and nothing else.
    is_exact: bool,
    /// The common beginning of all of them, cut at [`LITERAL_BYTES_MAX`].
    prefix: Vec<u8>,
    /// The common end of all of them, cut likewise.
    suffix: Vec<u8>,
    /// Alternatives of which each of them contains one.
    inner: Literals,
    /// Bytes all of which each of them contains.
    bytes: ByteSet,
}

/// Returns the best set of literals of a tree without counted repeats, and the
/// bytes that every match contains. If case is ignored, the literals are in lower case
/// and stand for all spellings, and the bytes are no letters.
pub(crate) fn required(nodes: &[Node], sets: &[ByteSet], ignore_case: bool) -> (Literals, ByteSet) {
    let mut stack: Vec<Piece> = Vec::new();
    for node in nodes {
        let piece = match node.kind {
            Kind::Empty | Kind::Assert(_) => Piece::exactly(&[]),
            Kind::Set(set) => {
                let byte = only_byte(&sets[usize::from(set)], ignore_case);
                byte.map_or_else(Piece::default, |byte| Piece::exactly(&[byte]))
            }
            Kind::Repeat { min: 0, .. } => {
                stack.pop();
                Piece::default()
            }
            Kind::Repeat { max, .. } => {
                let mut child = stack.pop().unwrap_or_default();
                child.is_exact &= max == 1;
                child
            }
            Kind::Alt | Kind::Cat => {
                let right = stack.pop().unwrap_or_default();
                let left = stack.pop().unwrap_or_default();
                if node.kind == Kind::Alt {
                    Piece::either(left, right)
                } else {
                    Piece::both(left, right)
                }
            }
        };
        stack.push(piece);
    }
    let whole = stack.pop().unwrap_or_default();
    let mut bytes = whole.bytes;
    if ignore_case {
        bytes = bytes.without(ByteSet::from_fn(|byte| byte.is_ascii_alphabetic()));
    }
    (whole.inner, bytes)
}

/// Returns the only byte of a set; if case is ignored, in lower case.
fn only_byte(set: &ByteSet, ignore_case: bool) -> Option<u8> {
    let case = |byte: u8| match ignore_case {
        true => byte.to_ascii_lowercase(),
        false => byte,
    };
    let mut bytes = set.iter().map(case);
    let first = bytes.next()?;
    bytes.all(|byte| byte == first).then_some(first)
}

impl Piece {
    fn exactly(text: &[u8]) -> Self {
        Self {
            is_exact: true,
            prefix: text.to_vec(),
            suffix: text.to_vec(),
            inner: alternatives(text.to_vec()),
            bytes: ByteSet::from_fn(|byte| text.contains(&byte)),
        }
    }

    fn either(left: Self, right: Self) -> Self {
        let shared =
            |one: &[u8], other: &[u8]| one.iter().zip(other).take_while(|(a, b)| a == b).count();
        let prefix = shared(&left.prefix, &right.prefix);
        let suffix = left
            .suffix
            .iter()
            .rev()
            .zip(right.suffix.iter().rev())
            .take_while(|(a, b)| a == b)
            .count();
        let mut inner = left.inner;
        if inner.is_empty() || right.inner.is_empty() {
            inner.clear();
        } else {
            for literal in right.inner {
                if !inner.contains(&literal) {
                    inner.push(literal);
                }
            }
        }
        if inner.len() > LITERAL_ALTERNATIVES_MAX {
            inner.clear();
        }
        Self {
            is_exact: left.is_exact && right.is_exact && left.prefix == right.prefix,
            prefix: left.prefix[..prefix].to_vec(),
            suffix: left.suffix[left.suffix.len() - suffix..].to_vec(),
            inner,
            bytes: left.bytes.intersection(right.bytes),
        }
    }

    fn both(left: Self, right: Self) -> Self {
        let mut middle = left.suffix.clone();
        middle.extend_from_slice(&right.prefix);
        let is_exact = left.is_exact && right.is_exact && middle.len() <= LITERAL_BYTES_MAX;
        let mut prefix = left.prefix;
        if left.is_exact {
            prefix.extend_from_slice(&right.prefix);
            prefix.truncate(LITERAL_BYTES_MAX);
        }
        let suffix = if right.is_exact {
            middle[middle.len().saturating_sub(LITERAL_BYTES_MAX)..].to_vec()
        } else {
            right.suffix
        };
        let inner = better(better(left.inner, right.inner), alternatives(middle));
        Self {
            is_exact,
            prefix,
            suffix,
            inner,
            bytes: left.bytes.union(right.bytes),
        }
    }
}

/// Returns a set of one alternative, or none if the text is empty.
fn alternatives(text: Vec<u8>) -> Literals {
    if text.is_empty() {
        Vec::new()
    } else {
        vec![text]
    }
}

/// Returns the set that rules out more texts: the one whose shortest
/// alternative is longer.
fn better(one: Literals, other: Literals) -> Literals {
    let worth = |set: &Literals| (set.iter().map(Vec::len).min(), usize::MAX - set.len());
    if worth(&other) > worth(&one) {
        other
    } else {
        one
    }
}
