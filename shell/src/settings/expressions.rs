//! What all rules have in common, wherever they come from: their expressions and masks, and
//! what may be wrong with these.

use std::borrow::Cow;

use alertik_core::limits::PATTERN_BYTES_TOTAL_MAX;
use alertik_core::matching::hints;
use alertik_core::rules::RuleErrors;

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

/// Warns of every part of an expression that probably means something else to
/// its author.
pub(crate) fn warn_of_habits(pattern: &[u8], variable: &str, problems: &mut Problems) {
    for hint in hints(pattern) {
        problems.warning(variable, format_args!("at byte {}: {hint}", hint.offset()));
    }
}

/// Adds a rule's errors to `problems`, under the names of its expression and its
/// mask.
pub(crate) fn report(errors: &RuleErrors, pattern: &str, mask: &str, problems: &mut Problems) {
    if let Some(error) = &errors.pattern {
        problems.error(pattern, format_args!("at byte {}: {error}", error.offset()));
    }
    if let Some(error) = &errors.mask {
        problems.error(mask, format_args!("at byte {}: {error}", error.offset()));
    }
    if let Some(bytes) = errors.too_large {
        problems.error(
            pattern,
            format_args!(
                "takes {} KiB, with which the expressions of all rules together take more than \
                 the {} KiB that are allowed; lower its repeat counts, such as {{255}}, or split it",
                bytes / 1_024,
                PATTERN_BYTES_TOTAL_MAX / 1_024
            ),
        );
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
