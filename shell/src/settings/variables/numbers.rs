//! The numbers of rules: which ones count, and what is left over.

use alertik_core::limits::ENV_RULES_MAX;

use crate::settings::enabled::read_enabled;
use crate::settings::{Env, Problems};

/// Returns the number of a rule that a variable belongs to.
fn number_of(name: &str, start: &str) -> Option<u64> {
    let (number, _) = name.strip_prefix(start)?.split_once('_')?;
    number.parse().ok()
}

/// Returns the highest number of a rule of which a variable is set.
pub(in crate::settings) fn highest_rule(env: &Env) -> Option<u64> {
    env.names()
        .filter_map(|name| number_of(name, "EVENT"))
        .max()
}

/// Reports required variables that are not set, because `reason`. If none of them
/// is, one report has to do. Returns whether any of them is.
pub(in crate::settings) fn are_set(
    env: &Env,
    names: impl Iterator<Item = String>,
    reason: &str,
    problems: &mut Problems,
) -> bool {
    let names: Vec<_> = names.collect();
    let missing = |name: &&String| {
        let value = env.bytes(name);
        // Texts may be empty, words may not.
        let may_be_empty = name.ends_with("_STR") || name.ends_with("_MSG");
        value.is_none_or(|value| value.trim_ascii().is_empty() && !may_be_empty)
    };
    let missing: Vec<_> = names.iter().filter(missing).collect();
    if missing.len() == names.len() && names.len() > 1 {
        let rule = names[0].trim_end_matches("NOTIFIER");
        problems.error(
            &names[0],
            format_args!(
                "is not set, and nothing else of {rule} is, although {reason}; rules are numbered \
                 from 0"
            ),
        );
        return false;
    }
    for name in missing {
        problems.error(name, format_args!("is not set, although {reason}"));
    }
    true
}

/// Warns of rules that are not counted, of static events that are not turned on,
/// and of rules that are written twice.
pub(in crate::settings) fn check_numbers(env: &Env, count: u64, problems: &mut Problems) {
    const COUNT: &str = "ENV_EVENTS";
    // Rules numbered from 1 are reported as such, and the count is right then.
    let has_first = env.names().any(|name| number_of(name, "EVENT") == Some(0));
    let is_from_one = |highest| !has_first && count > 0 && highest == count;
    let highest = highest_rule(env).filter(|&highest| highest >= count);
    if let Some(highest) = highest.filter(|&highest| !is_from_one(highest)) {
        if highest < ENV_RULES_MAX as u64 {
            let needed = highest + 1;
            problems.warning(
                COUNT,
                format_args!(
                    "is {count}, so EVENT{highest}_ is not read; set it to {needed}, the number of \
                     rules"
                ),
            );
        } else {
            problems.warning(
                &format!("EVENT{highest}_"),
                format_args!("is not read; the last rule is EVENT{}_", ENV_RULES_MAX - 1),
            );
        }
    }
    warn_of_static_events(env, problems);
    warn_of_twins(env, count, problems);
}

fn warn_of_static_events(env: &Env, problems: &mut Problems) {
    // Its mistakes have been reported.
    let enabled = read_enabled(env, &mut Problems::default());
    for name in env.names() {
        let number = number_of(name, "STATIC_EVENT");
        let is_on = |number| {
            enabled
                .iter()
                .any(|event| u64::from(event.number) == number)
        };
        if let Some(number) = number.filter(|&number| !is_on(number)) {
            problems.warning(
                name,
                format_args!("is not used; set STATIC_EVENTS_ENABLED={number} to turn it on"),
            );
        }
    }
}

/// Warns of rules that look for the same and say the same: each would notify.
fn warn_of_twins(env: &Env, count: u64, problems: &mut Problems) {
    let of_rule = |number: u64| -> Vec<_> {
        let names = env.names();
        let names = names.filter(|name| number_of(name, "EVENT") == Some(number));
        let fields = names.filter_map(|name| Some((name.split_once('_')?.1, env.bytes(name))));
        fields.collect()
    };
    let rules: Vec<_> = (0..count).map(of_rule).collect();
    for (number, rule) in rules.iter().enumerate() {
        let is_twin = |other: &Vec<_>| {
            other.len() == rule.len() && rule.iter().all(|field| other.contains(field))
        };
        let twin = rules[..number].iter().position(is_twin);
        if let Some(twin) = twin.filter(|_| !rule.is_empty()) {
            problems.warning(
                &format!("EVENT{number}_MATCH_STR"),
                format_args!("repeats EVENT{twin}_ in every variable; leave one of them out"),
            );
        }
    }
}
