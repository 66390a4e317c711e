//! Mistakes in what a rule says, each shown at its place.

use alertik_core::rules::{Part, RuleErrors, RuleSpec};

use super::Problems;

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
pub(super) fn errors(
    errors: &RuleErrors,
    spec: &RuleSpec<'_>,
    names: [&str; 2],
    problems: &mut Problems,
) {
    if let Some(error) = &errors.pattern {
        problems.error_at(names[0], (spec.match_str, error.offset()), error);
    }
    if let Some(error) = &errors.mask {
        problems.error_at(names[1], (spec.mask.as_bytes(), error.offset()), error);
    }
}
