//! Expressions that compile and yet do not mean what their author thinks.
//!
//! POSIX gives `.*?` and `\Z` a meaning that nobody who learnt Perl's
//! expressions expects. That is no error, the predecessor took them as well, so
//! the user is told and the rule is kept.

use core::fmt;

/// What is probably a habit from Perl, returned by [`pattern_hint`].
///
/// `Display` says what it means here and what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternHint {
    /// The byte offset of it in the expression.
    pub offset: usize,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `*?`, `+?`, `??`, `}?`.
    Lazy,
    /// `\` before a letter or digit that has no meaning behind it.
    Plain(u8),
}

/// Returns the first hint about an expression, which need not be a correct one.
#[must_use]
pub fn pattern_hint(pattern: &[u8]) -> Option<PatternHint> {
    let mut at = 0;
    // Whether what stands before `at` repeats something.
    let mut repeated = false;
    while let Some(&byte) = pattern.get(at) {
        let rest = &pattern[at..];
        let (kind, length) = match byte {
            b'\\' => (plain_escape(rest), 2),
            b'[' => (None, bracket_length(rest)),
            b'?' if repeated => (Some(Kind::Lazy), 1),
            _ => (None, 1),
        };
        if let Some(kind) = kind {
            return Some(PatternHint { offset: at, kind });
        }
        repeated = length == 1 && matches!(byte, b'*' | b'+' | b'?' | b'}');
        at += length;
    }
    None
}

fn plain_escape(escape: &[u8]) -> Option<Kind> {
    let &letter = escape.get(1)?;
    let is_plain = letter.is_ascii_alphanumeric() && !b"abBdDefnrsStwWx".contains(&letter);
    is_plain.then_some(Kind::Plain(letter))
}

/// Returns the length of a bracket expression. A `]` that comes first, also
/// behind `^`, stands for itself, and one in a class (`[:digit:]`) ends that.
fn bracket_length(bracket: &[u8]) -> usize {
    let first = 1 + usize::from(bracket.get(1) == Some(&b'^'));
    let mut at = first;
    while let Some(&byte) = bracket.get(at) {
        if byte == b']' && at > first {
            return at + 1;
        }
        let rest = &bracket[at..];
        at += match rest.windows(2).position(|pair| pair == b":]") {
            Some(end) if rest.starts_with(b"[:") && end >= 2 => end + 2,
            _ => 1,
        };
    }
    bracket.len()
}

impl fmt::Display for PatternHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: ", self.offset)?;
        match self.kind {
            Kind::Lazy => f.write_str(
                "'?' behind a repetition does not make it lazy here: POSIX expressions match as \
                 much as they can; exclude what must not be passed instead, as in [^ ]*",
            ),
            Kind::Plain(letter) => {
                let letter = char::from(letter);
                write!(f, "'\\{letter}' means just '{letter}' here")?;
                f.write_str(match letter {
                    'A' | 'z' | 'Z' => "; ^ is the beginning of the line and $ its end",
                    '1'..='9' => "; there are no references back to a group",
                    _ => "",
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(pattern: &str) -> Option<(usize, String)> {
        pattern_hint(pattern.as_bytes()).map(|hint| (hint.offset, hint.to_string()))
    }

    #[test]
    fn habits_from_perl() {
        for (pattern, offset, part) in [
            ("user (.*?) from", 8, "as much as they can"),
            ("a{2,3}?", 6, "as much as they can"),
            ("[a?]+?", 5, "as much as they can"),
            ("x??", 2, "as much as they can"),
            (r"end\Z", 3, "$ its end"),
            (r"(a)\1", 3, "references back"),
            (r"\.\h", 2, r"'\h' means just 'h' here"),
        ] {
            let (at, text) = hint(pattern).expect(pattern);
            assert_eq!(at, offset, "{pattern}");
            assert!(text.contains(part), "{pattern}: {text}");
        }
    }

    /// The same characters where they mean what they say.
    #[test]
    fn what_is_as_it_looks() {
        for pattern in [
            "",
            r"((\d{1,3}\.?)+):(\d{1,5})",
            r"\*?",
            "[*]?",
            "[]*?]",
            "[^]*?]",
            "[[:alpha:]*?]",
            "(a*)?",
            r"\w+\s\b\x41\x{42}\t\n",
            "a+|?",
            "[unclosed *?",
            "\\",
        ] {
            assert_eq!(hint(pattern), None, "{pattern}");
        }
    }

    /// Every beginning of something tricky.
    #[test]
    fn no_beginning_panics() {
        let pattern = b"[[:al[:]:][^]a[:x:]*?\\";
        for end in 0..=pattern.len() {
            for start in 0..=end {
                let _ = pattern_hint(&pattern[start..end]);
            }
        }
    }
}
