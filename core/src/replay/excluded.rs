//! Why not, although it would match? The exception that leaves a line out.

use crate::matching::Scratch;
use crate::rules::Rule;

/// Returns the place, among the exceptions of a rule, of the first one that a message
/// contains.
#[must_use]
pub fn exception_in(rule: &Rule, message: &[u8]) -> Option<usize> {
    let patterns = rule.exceptions.patterns();
    let mut scratch = Scratch::for_patterns(patterns);
    patterns
        .iter()
        .position(|pattern| pattern.is_certain_match(rule.part(message), &mut scratch))
}
