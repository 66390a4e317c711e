//! Parts of a rule that are valid but probably mean something else to its author.
//!
//! They are no errors, because the predecessor took them as well. So the user is
//! warned and the rule is kept.

use alloc::vec::Vec;
use core::fmt;

use crate::bytes::find;
use crate::matching::{Hint, hints as habits};
use crate::rules::spec::MatchType;

/// The part of a rule that a [`RuleHint`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The substring or the expression.
    Pattern,
    /// The mask.
    Mask,
}

/// A part of a valid rule that probably means something else, returned by
/// [`hints`].
///
/// `Display` says what it means here and what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleHint {
    /// Where it is.
    pub part: Part,
    /// Its byte offset there; `None` if it is about the whole part.
    pub offset: Option<usize>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A habit from Perl's dialect in an expression.
    Habit(Hint),
    /// Anything else, in words.
    Words(&'static str),
}

impl fmt::Display for RuleHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Habit(hint) => hint.fmt(f),
            Kind::Words(words) => f.write_str(words),
        }
    }
}

/// Parts that plain text of a log does not have.
const OF_EXPRESSIONS: [&[u8]; 7] = [b".*", b".+", b"[^", b"[0-", b"[a-", b"[A-", b"\\"];

/// Returns all hints about a rule as it is written.
#[must_use]
pub fn hints(match_type: MatchType, match_str: &[u8], mask: &str) -> Vec<RuleHint> {
    let mut hints = Vec::new();
    let mut add = |part, offset, kind| hints.push(RuleHint { part, offset, kind });
    if match_str.is_empty() {
        let words = Kind::Words("is empty and so matches every message");
        add(Part::Pattern, None, words);
    }
    let groups = match match_type {
        MatchType::Substring => {
            let places = OF_EXPRESSIONS
                .iter()
                .filter_map(|part| find(match_str, part));
            // As in other programs' patterns with wildcards.
            let is_glob = matches!(match_str, [b'^' | b'*', ..] | [.., b'*']);
            if let Some(offset) = places.min().or_else(|| is_glob.then_some(0)) {
                let words = Kind::Words(
                    "looks like an expression, but substr takes it as text; set the match type to \
                     regex",
                );
                add(Part::Pattern, Some(offset), words);
            }
            0
        }
        MatchType::Regex => {
            for hint in habits(match_str) {
                add(Part::Pattern, Some(hint.offset()), Kind::Habit(hint));
            }
            groups_at_most(match_str)
        }
    };
    if mask.is_empty() {
        let words = Kind::Words("is empty, so the notification is only a time; say what happened");
        add(Part::Mask, None, words);
    }
    let mut after_at = false;
    for (offset, pair) in mask.as_bytes().windows(2).enumerate() {
        let words = match pair {
            // A price may be any number, but only the first one is a usual group.
            [b'$' | b'\\', digit @ b'1'..=b'9'] if usize::from(digit - b'0') <= groups.max(1) => {
                "is sent as it stands; a group is written @1"
            }
            [b'@', b'1'..=b'9'] if groups == 0 && !after_at => {
                "is sent as it stands, because the rule has no group; put ( ) around a part of a \
                 regex"
            }
            [b'%', b'1'] | [b'{', b'1'] if groups > 0 => {
                "is sent as it stands; a group is written @1"
            }
            b"{{" => "is sent as it stands; a fact in a mask is written @{text}",
            _ => "",
        };
        if !words.is_empty() {
            add(Part::Mask, Some(offset), Kind::Words(words));
        }
        // In `@@1` the second sign belongs to the first.
        after_at = pair[0] == b'@' && !after_at;
    }
    hints
}

/// Returns how many groups a pattern has at most: each `(` that is not escaped may
/// begin one.
fn groups_at_most(pattern: &[u8]) -> usize {
    let mut groups = 0;
    let mut bytes = pattern.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'(' => groups += 1,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(match_type: MatchType, match_str: &str, mask: &str) -> Vec<(Part, Option<usize>)> {
        let hints = hints(match_type, match_str.as_bytes(), mask);
        hints.iter().map(|hint| (hint.part, hint.offset)).collect()
    }

    /// A substring that was meant for an expression, at its first mark.
    #[test]
    fn expressions_in_substrings() {
        for (text, offset) in [
            ("login failure for user (.*) from", Some(24)),
            ("a [0-9]+", Some(2)),
            (r"link up \(speed", Some(8)),
            ("(1.5) [x] link up $5?", None),
        ] {
            let found = found(MatchType::Substring, text, "x");
            let expected = offset.map(|offset| (Part::Pattern, Some(offset)));
            assert_eq!(found, Vec::from_iter(expected), "{text}");
        }
    }

    /// Ways of other programs to write a group, and groups that are not there.
    #[test]
    fn groups_of_masks() {
        let at = |offset| (Part::Mask, Some(offset));
        for (pattern, mask, expected) in [
            ("(a)(b)", r"hello $1 \2 $3", &[at(6), at(9)][..]),
            ("a", r"$5 $1", &[at(3)]),
            ("a", "hit@1 a@@1 @@@2", &[at(3), at(13)]),
            (r"\(a\)", "@1", &[at(0)]),
            ("(a)", "@1 @@1 @{text} $ @@", &[]),
            ("(a)", "{{text}}", &[at(0)]),
            ("(a)", "up %1 {1}", &[at(3), at(6)]),
            ("a", "at 5%1 {1}", &[]),
            ("a", "mail a@b.c @@ @", &[]),
        ] {
            assert_eq!(found(MatchType::Regex, pattern, mask), expected, "{mask}");
        }
    }

    /// What is empty, and Perl's habits in expressions only.
    #[test]
    fn others() {
        let both = [(Part::Pattern, None), (Part::Mask, None)];
        assert_eq!(found(MatchType::Substring, "", ""), both);
        let habit = hints(MatchType::Regex, b"a*?", "x");
        assert_eq!(habit[0].offset, Some(2));
        assert!(habit[0].to_string().contains("lazy"));
        assert!(found(MatchType::Substring, "a*?", "x").is_empty());
    }
}
