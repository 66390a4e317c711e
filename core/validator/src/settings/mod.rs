//! What variables mean: the daemon's own files, so that the page takes what the daemon
//! takes and says what it says.
//!
//! They are included by their paths, because the daemon is a program and no library. Only
//! two things differ: [`Problems`] keeps mistakes with their places instead of printing
//! them, and no [service](services) is configured.

// One of the exceptions to "no #[path]", see docs/contributing.md. What only the daemon
// uses is dead code here.
#[allow(dead_code)]
#[path = "../../../../shell/src/settings/conditions.rs"]
mod conditions;
#[allow(dead_code)]
#[path = "../../../../shell/src/settings/enabled.rs"]
mod enabled;
#[allow(dead_code)]
#[path = "../../../../shell/src/settings/env.rs"]
mod env;
#[allow(dead_code)]
#[path = "../../../../shell/src/settings/filters.rs"]
mod filters;
#[allow(dead_code)]
#[path = "../../../../shell/src/settings/novelty.rs"]
mod novelty;
#[allow(dead_code)]
#[path = "../../../../shell/src/settings/numbers.rs"]
mod numbers;
#[allow(dead_code)]
#[path = "../../../../shell/src/settings/policies.rs"]
mod policies;
mod problems;
#[allow(dead_code)]
#[path = "../../../../shell/src/settings/quiet.rs"]
mod quiet;
#[allow(dead_code)]
#[path = "../../../../shell/src/settings/rules.rs"]
pub(crate) mod rules;
mod services;
#[allow(dead_code)]
#[path = "../../../../shell/src/settings/variables/mod.rs"]
pub(crate) mod variables;
#[allow(dead_code)]
#[path = "../../../../shell/src/settings/written.rs"]
mod written;

pub(crate) use env::Env;
pub(crate) use problems::{Problem, Problems, write_problems};

/// The names after `EVENTn_` of variables that say which lines are a rule's and what they
/// become. All others are about time.
const WITHOUT_TIME: [&str; 8] = [
    "NOTIFIER",
    "MATCH_TYPE",
    "MATCH_STR",
    "MASK_MSG",
    "EXCEPT_STR",
    "PRIORITY",
    "IGNORE_CASE",
    "URGENT",
];

/// Returns whether a variable of a rule makes it one for which time passes.
pub(crate) fn needs_time(field: &str) -> bool {
    !WITHOUT_TIME.contains(&field) && !filters::FIELDS.contains(&field)
}
