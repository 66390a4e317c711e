//! How a rule is going to be matched, in words.

use core::fmt::{self, Write as _};

use crate::bytes::hex_digit;
use crate::limits::MESSAGE_BYTES_MAX;
use crate::rules::rule::{Condition, Rule};

/// How a rule is going to be matched. `Display` says it in one sentence, without
/// a full stop.
#[derive(Clone, Copy, Debug)]
pub struct Description<'a> {
    rule: &'a Rule,
}

impl Rule {
    /// Returns how the rule is going to be matched.
    #[must_use]
    pub const fn describe(&self) -> Description<'_> {
        Description { rule: self }
    }
}

impl fmt::Display for Description<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pattern = match &self.rule.condition {
            Condition::Substring(_) => {
                return f.write_str("found by the one pass over the line that serves all rules");
            }
            Condition::Regex(pattern) => pattern,
        };
        for (index, literal) in pattern.literals().iter().enumerate() {
            f.write_str(if index == 0 {
                "tried on lines that contain "
            } else {
                " or "
            })?;
            f.write_char('"')?;
            write_escaped(literal, f)?;
            f.write_char('"')?;
        }
        if pattern.literals().is_empty() {
            f.write_str("tried on every line, as no text must be in it")?;
        } else if pattern.ignores_case() {
            f.write_str(" in any case")?;
        }
        match pattern.dfa_states() {
            Some(states) => write!(f, ", by a DFA of {states} states")?,
            None => f.write_str(", by the bounded engine alone (too large for a DFA)")?,
        }
        write!(f, " ({} bytes)", pattern.memory())?;
        // Beyond that a match may take too much work to be found exactly.
        match pattern.exact_up_to() {
            enough if enough >= MESSAGE_BYTES_MAX => Ok(()),
            bytes => write!(f, "; groups are exact in lines of up to {bytes} bytes"),
        }
    }
}

/// Writes a literal as visible ASCII.
fn write_escaped(literal: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for &byte in literal {
        match byte {
            b'"' | b'\\' => {
                f.write_char('\\')?;
                f.write_char(byte.into())?;
            }
            b' '..=b'~' => f.write_char(byte.into())?,
            _ => {
                f.write_str("\\x")?;
                f.write_char(hex_digit(byte >> 4).into())?;
                f.write_char(hex_digit(byte).into())?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::ids::{NotifierSet, RuleName};
    use crate::rules::{MatchType, RuleSpec, RulesBuilder};
    use std::string::{String, ToString as _};

    fn description(match_type: MatchType, text: &str) -> String {
        let spec = RuleSpec {
            name: RuleName::Environment(0),
            match_type,
            match_str: text.as_bytes(),
            mask: "",
            notifiers: NotifierSet::EMPTY,
            cooldown_millis: 0,
        };
        let mut builder = RulesBuilder::new();
        builder.add(&spec).unwrap();
        builder.finish().rules()[0].describe().to_string()
    }

    /// The texts that a line must have are shown in ASCII, and only if groups may be
    /// inexact is there a word about that.
    #[test]
    fn descriptions() {
        let text = description(MatchType::Substring, "é");
        assert_eq!(
            text,
            "found by the one pass over the line that serves all rules"
        );
        let text = description(MatchType::Regex, "\"é\\\\ [ab]|x~");
        let literals = r#"tried on lines that contain "\"\xc3\xa9\\ " or "x~", by a DFA of "#;
        assert!(text.starts_with(literals), "{text}");
        assert!(text.ends_with(" bytes)"), "{text}");
        let text = description(MatchType::Regex, ".*");
        assert!(
            text.starts_with("tried on every line, as no text must be in it, by"),
            "{text}"
        );
        let text = description(MatchType::Regex, "(x(.{0,255})){2,3}y");
        assert!(
            text.contains("; groups are exact in lines of up to "),
            "{text}"
        );
    }
}
