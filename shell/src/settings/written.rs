//! What a rule says, in texts and expressions, and the mistakes in it, each shown at its place.

use std::borrow::Cow;
use std::fmt;

use alertik_core::limits::PATTERN_BYTES_TOTAL_MAX;
use alertik_core::rules::{Part, RuleErrors, RuleSpec};

use super::{Env, Problems};

/// Reads a mask, which becomes text that services take only as UTF-8. The
/// predecessor let other bytes through, so they are replaced with a warning.
pub(super) fn read_mask<'a>(
    env: &'a Env,
    variable: &str,
    problems: &mut Problems,
) -> Option<Cow<'a, str>> {
    let mask = String::from_utf8_lossy(env.bytes(variable)?);
    if matches!(mask, Cow::Owned(_)) {
        problems.warning(
            variable,
            format_args!("is not valid UTF-8; the bytes that are not are sent as U+FFFD"),
        );
    }
    Some(mask)
}

/// Adds a warning for everything in a rule that probably means something else to
/// its author. `names` are those of its expression and its mask.
pub(crate) fn hints(spec: &RuleSpec<'_>, names: [&str; 2], problems: &mut Problems) {
    for hint in alertik_core::rules::hints(spec.match_type, spec.match_str, spec.mask) {
        let (name, value) = match hint.part {
            Part::Pattern => (names[0], spec.match_str),
            Part::Mask => (names[1], spec.mask.as_bytes()),
        };
        match hint.offset {
            Some(offset) => problems.warning_at(name, (value, offset), &hint),
            None => problems.warning(name, format_args!("{hint}")),
        }
    }
}

/// Adds a rule's errors that have a place.
fn errors(errors: &RuleErrors, spec: &RuleSpec<'_>, names: [&str; 2], problems: &mut Problems) {
    if let Some(error) = &errors.pattern {
        problems.error_at(names[0], (spec.match_str, error.offset()), error);
    }
    if let Some(error) = &errors.mask {
        problems.error_at(names[1], (spec.mask.as_bytes(), error.offset()), error);
    }
}

/// An expression of so many bytes, which is too large. `Display` says so.
pub(super) struct TooLarge(pub(super) usize);

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "takes {} KiB, with which the expressions of all rules together take more than the \
             {} KiB that are allowed; lower its repeat counts, such as {{255}}, or split it",
            self.0 / 1_024,
            PATTERN_BYTES_TOTAL_MAX / 1_024
        )
    }
}

/// Adds a rule's errors to `problems`, under the names of its expression and its
/// mask.
pub(crate) fn report(
    errors: &RuleErrors,
    spec: &RuleSpec<'_>,
    names: [&str; 2],
    problems: &mut Problems,
) {
    let [pattern, _] = names;
    self::errors(errors, spec, names, problems);
    if let Some(bytes) = errors.too_large {
        problems.error(pattern, format_args!("{}", TooLarge(bytes)));
    }
    if let Some(group) = errors.key_group {
        problems.error(
            pattern,
            format_args!(
                "has no group {group}, which says what ends: its groups must be those that KEY, or else \
                 MASK_MSG, refers to"
            ),
        );
    }
    if errors.too_many {
        problems.error(pattern, format_args!("belongs to one rule too many"));
    }
}
