//! The variables of new values: `…_FIRST`, `…_LEARN_SECS`, `STATE_FILE`.

use std::borrow::Cow;
use std::path::PathBuf;

use alertik_core::ids::RuleName;
use alertik_core::rules::Rule;

use super::variables::of_rule;
use super::written::read_mask;
use super::{Env, Problems, numbers};

/// The end of the name of a mask's variable.
pub(super) const FIRST: &str = "FIRST";

/// 90 days: a longer time is more likely a mistake than a wish.
const LEARN_SECS_MAX: u64 = 90 * 24 * 60 * 60;

/// Which values of a rule are new.
pub(super) struct Novelty<'a> {
    /// The mask of the value.
    pub(super) mask: Option<Cow<'a, str>>,
    /// For how long values are learned, in milliseconds.
    pub(super) learn_millis: u64,
}

/// Reads the variables of a rule.
pub(super) fn read<'a>(env: &'a Env, rule: RuleName, problems: &mut Problems) -> Novelty<'a> {
    let [first, learn] = [FIRST, "LEARN_SECS"].map(|field| of_rule(rule, field));
    let mask = read_mask(env, &first, problems).filter(|mask| !mask.is_empty());
    if mask.as_ref().is_some_and(|mask| !mask.contains('@')) {
        problems.warning(
            &first,
            format_args!(
                "is the same for every line, so only the first one of all is new; write @1 for \
                 a group of the expression"
            ),
        );
    }
    let learn_secs = numbers::whole(env, &learn, 0..=LEARN_SECS_MAX, 0, problems);
    if mask.is_none() && learn_secs > 0 {
        problems.warning(&learn, format_args!("is not used: {first} is not set"));
    }
    Novelty {
        mask,
        learn_millis: learn_secs * 1_000,
    }
}

/// Reads where the values are kept that rules know.
pub(super) fn read_state_file(
    env: &Env,
    rules: &[Rule],
    problems: &mut Problems,
) -> Option<PathBuf> {
    const STATE: &str = "STATE_FILE";
    let path = env
        .text(STATE, problems)
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    let mut is_used = false;
    for rule in rules.iter().filter(|rule| rule.knows_values()) {
        is_used = true;
        if path.is_none() {
            problems.warning(
                &of_rule(rule.name, FIRST),
                format_args!("finds every value new after each start, because {STATE} is not set"),
            );
        }
    }
    if path.is_some() && env.bytes(STATE) == env.bytes("SPOOL_FILE") {
        problems.error(STATE, format_args!("is the same file as SPOOL_FILE"));
    }
    if path.is_some() && !is_used {
        problems.warning(STATE, format_args!("is not used: no rule has {FIRST}"));
        return None;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    /// Reads one rule with more variables, and returns errors and warnings.
    fn problems_of(more: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let rule = [
            ("ENV_EVENTS", "1"),
            ("EVENT0_NOTIFIER", "Console"),
            ("EVENT0_MATCH_TYPE", "regex"),
            ("EVENT0_MATCH_STR", "from (.*)"),
            ("EVENT0_MASK_MSG", "@1"),
        ];
        let variables = rule.iter().chain(more);
        let env = Env::new(variables.map(|(name, value)| (name.into(), value.into())));
        let mut problems = Problems::default();
        let settings = Settings::read(&env, false, &mut problems);
        let is_kept = settings.state_file.is_some();
        assert!(!is_kept || settings.rules.rules()[0].knows_values());
        (problems.errors().to_vec(), problems.warnings().to_vec())
    }

    /// Each mistake is named with what would be right.
    #[test]
    fn mistakes() {
        let (errors, warnings) = problems_of(&[("EVENT0_FIRST", "x@2")]);
        assert!(errors[0].starts_with("EVENT0_FIRST: at byte 1: there is no group @2"));
        assert!(warnings.is_empty(), "{warnings:?}");
        let (errors, _) = problems_of(&[("EVENT0_LEARN_SECS", "1d")]);
        let expected = "EVENT0_LEARN_SECS: '1d' is not a whole number from 0 to 7776000";
        assert_eq!(errors, [expected]);
        let (errors, _) = problems_of(&[
            ("EVENT0_FIRST", "@1"),
            ("STATE_FILE", "/s"),
            ("SPOOL_FILE", "/s"),
        ]);
        assert_eq!(errors, ["STATE_FILE: is the same file as SPOOL_FILE"]);
    }

    /// What is right and has no effect is a warning; what is set to nothing is not set.
    #[test]
    fn warnings() {
        let right = [("EVENT0_FIRST", "@1"), ("STATE_FILE", "/s")];
        let unset = [("EVENT0_FIRST", ""), ("STATE_FILE", "")];
        for variables in [&right[..], &unset, &[]] {
            assert_eq!(problems_of(variables), (vec![], vec![]));
        }
        for (variables, expected) in [
            (
                &[("EVENT0_FIRST", "@1")][..],
                "EVENT0_FIRST: finds every value new after each start, because STATE_FILE is not set",
            ),
            (
                &[("STATE_FILE", "/s")],
                "STATE_FILE: is not used: no rule has FIRST",
            ),
            (
                &[("EVENT0_LEARN_SECS", "9")],
                "EVENT0_LEARN_SECS: is not used: EVENT0_FIRST is not set",
            ),
            (
                &[("EVENT0_FIRST", "1"), ("STATE_FILE", "/s")],
                "EVENT0_FIRST: is the same for every line, so only the first one of all is new; \
                 write @1 for a group of the expression",
            ),
        ] {
            let expected = vec![expected.to_owned()];
            assert_eq!(problems_of(variables), (vec![], expected));
        }
    }
}
