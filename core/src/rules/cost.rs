//! What a rule can cost at worst.

use core::fmt;

use crate::limits::{MESSAGE_BYTES_MAX, RUN_WORK_MAX};
use crate::rules::rule::{Condition, Rule};

/// Nanoseconds of a step of the bounded engine on a hAP ac² (Cortex-A7 at 716
/// MHz): an estimate, ten times what a desktop of 2020 takes.
const STEP_NANOS: usize = 20;
/// Nanoseconds that a DFA takes for a byte there, estimated likewise.
const BYTE_NANOS: usize = 20;

/// The most that a rule can take. `Display` writes it for `alertik check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Microseconds for the worst message of [`MESSAGE_BYTES_MAX`] bytes on a hAP
    /// ac², by an estimate. All rules together are limited, see
    /// [`RUN_WORK_MAX`].
    pub micros: usize,
    /// Bytes of memory.
    pub bytes: usize,
}

impl Rule {
    /// Returns the most that the rule can take.
    #[must_use]
    pub fn cost(&self) -> Cost {
        let (mut steps, mut scans, mut bytes) = match &self.condition {
            // The screen, which reads the message for all rules, finds it.
            Condition::Substring(text) => (0, 0, text.len()),
            Condition::Regex(pattern) => (
                pattern.work_max(self.mask.uses_groups()),
                1,
                pattern.memory(),
            ),
        };
        for pattern in self.exceptions.patterns() {
            steps += pattern.work_max(false);
            scans += 1;
            bytes += pattern.memory();
        }
        let nanos = steps.min(RUN_WORK_MAX) * STEP_NANOS + scans * MESSAGE_BYTES_MAX * BYTE_NANOS;
        Cost {
            micros: nanos / 1_000,
            bytes,
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.micros.div_ceil(1_000);
        let kib = self.bytes.div_ceil(1_024);
        match millis {
            0 => f.write_str("no time of its own")?,
            _ => write!(
                f,
                "at most {millis} ms for a line of {MESSAGE_BYTES_MAX} bytes on a hAP ac²"
            )?,
        }
        write!(f, ", {kib} KiB of memory")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{NotifierSet, RuleName};
    use crate::matching::Pattern;
    use crate::rules::{Conditions, MatchType, RuleSpec, RulesBuilder};
    use std::string::ToString as _;

    /// Returns the microseconds for so many readings of the longest message by a DFA.
    fn scans(count: usize) -> usize {
        count * MESSAGE_BYTES_MAX * BYTE_NANOS / 1_000
    }

    fn cost(match_type: MatchType, text: &str, except: &str) -> Cost {
        let spec = RuleSpec {
            name: RuleName::Environment(0),
            match_type,
            match_str: text.as_bytes(),
            mask: "",
            notifiers: NotifierSet::EMPTY,
            cooldown_millis: 0,
        };
        let conditions = Conditions {
            except: except.as_bytes(),
            ..Conditions::default()
        };
        let mut builder = RulesBuilder::new();
        builder.add_with(&spec, conditions).unwrap();
        builder.finish().rules()[0].cost()
    }

    /// A text costs no time of its own; each expression is one reading of the message;
    /// and the bounded engine's work is that of the rule and of its exceptions, as far as
    /// a message may have it.
    #[test]
    fn costs() {
        let free = cost(MatchType::Substring, "abc", "");
        assert_eq!((free.micros, free.bytes), (0, 3));
        assert_eq!(free.to_string(), "no time of its own, 1 KiB of memory");
        let one = cost(MatchType::Regex, "a(b)", "");
        assert_eq!(one.micros, scans(1));
        let words = std::format!("at most 1 ms for a line of {MESSAGE_BYTES_MAX} bytes on a");
        assert!(one.to_string().starts_with(&words), "{one}");
        assert_eq!(cost(MatchType::Regex, "a(b)", "x\ny").micros, scans(3));
        let hard = "(x(.{0,255})){2,3}y";
        let work = Pattern::compile(hard.as_bytes()).unwrap().work_max(false);
        let work = work.min(RUN_WORK_MAX) * STEP_NANOS / 1_000;
        assert!(work > 0);
        for (text, except) in [(hard, "x"), ("x", hard)] {
            let micros = cost(MatchType::Regex, text, except).micros;
            assert!(micros.abs_diff(scans(2) + work) <= 1, "{micros}");
        }
    }
}
