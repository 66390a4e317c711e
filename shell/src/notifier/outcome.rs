//! The outcome of an attempt, as the transports report it.

use alertik_core::delivery::Verdict;

/// The outcome of an attempt: the verdict, and the reason in words without
/// secrets.
pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    pub(super) words: String,
}
