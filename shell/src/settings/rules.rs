//! The rules: `EVENTn_*` and the static events.

use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleName};
use alertik_core::limits::{ENV_RULES_MAX, PATTERN_BYTES_TOTAL_MAX};
use alertik_core::rules::{
    MatchType, RuleErrors, RuleSpec, RulesBuilder, STATIC_EVENTS, static_event,
};

use super::{Env, Problems, filters, numbers, variables, written};

/// Seconds for which the same text of a rule is not sent again.
const COOLDOWN_SECS_DEFAULT: u64 = 10;
/// A week: a longer time is more likely a mistake than a wish.
const COOLDOWN_SECS_MAX: u64 = 7 * 24 * 60 * 60;

/// The names after `EVENTn_`.
const FIELDS: [&str; 5] = [
    "NOTIFIER",
    "MATCH_TYPE",
    "MATCH_STR",
    "MASK_MSG",
    "COOLDOWN_SECS",
];

/// Reads all rules: static events first, then the environment's, each by
/// number. Returns them with the notifiers they need.
pub(crate) fn read(env: &Env, problems: &mut Problems) -> (RulesBuilder, NotifierSet) {
    let mut builder = RulesBuilder::new();
    let mut used = NotifierSet::EMPTY;
    let enabled = read_static_events(env, &mut builder, &mut used, problems);
    let count = read_count(env, problems);
    for number in 0..count {
        // `count` is at most `ENV_RULES_MAX`, which fits.
        read_rule(env, number as u8, &mut builder, &mut used, problems);
    }
    variables::check_numbers(env, count, problems);
    if count == 0 && enabled == 0 && problems.errors().is_empty() {
        problems.error(
            "ENV_EVENTS",
            format_args!(
                "there is no rule: set ENV_EVENTS to the number of EVENTn_ rules, or \
                 STATIC_EVENTS_ENABLED (try `alertik demo` to see one at work)"
            ),
        );
    }
    (builder, used)
}

/// Reads `ENV_EVENTS`. If it is wrong, the rules that are there are checked all the
/// same, so that their mistakes are reported as well.
fn read_count(env: &Env, problems: &mut Problems) -> u64 {
    const COUNT: &str = "ENV_EVENTS";
    let max = ENV_RULES_MAX as u64;
    let highest = variables::highest_rule(env).map_or(0, |number| number.saturating_add(1));
    let assumed = if env.bytes(COUNT).is_some() {
        highest.min(max)
    } else {
        0
    };
    numbers::whole(env, COUNT, 0..=max, assumed, problems)
}

fn read_rule(
    env: &Env,
    number: u8,
    builder: &mut RulesBuilder,
    used: &mut NotifierSet,
    problems: &mut Problems,
) {
    let name = RuleName::Environment(number);
    let variable = |field: &str| format!("{name}_{field}");
    let required = FIELDS[..4].iter().map(|field| variable(field));
    if !variables::are_set(env, required, "ENV_EVENTS counts this rule", problems) {
        return;
    }
    let notifiers = read_notifiers(env, &variable("NOTIFIER"), problems);
    *used = used.union(notifiers);
    let cooldown_millis = read_cooldown(env, &variable("COOLDOWN_SECS"), problems);
    let filter = filters::read(env, name, problems);
    let match_type = read_match_type(env, &variable("MATCH_TYPE"), problems);
    let match_str = env.bytes(&variable("MATCH_STR"));
    let mask = read_mask(env, &variable("MASK_MSG"), problems);
    let (Some(match_type), Some(match_str), Some(mask)) = (match_type, match_str, mask) else {
        return;
    };
    let [pattern_name, mask_name] = ["MATCH_STR", "MASK_MSG"].map(variable);
    let spec = RuleSpec {
        name,
        match_type,
        match_str,
        mask: &mask,
        notifiers,
        cooldown_millis,
    };
    written::hints(&spec, [&pattern_name, &mask_name], problems);
    if let Err(errors) = builder.add_filtered(&spec, filter) {
        report(&errors, &spec, [&pattern_name, &mask_name], problems);
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
    written::errors(errors, spec, names, problems);
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
    if errors.too_many {
        problems.error(pattern, format_args!("belongs to one rule too many"));
    }
}

/// Reads the static events that are turned on and returns how many.
fn read_static_events(
    env: &Env,
    builder: &mut RulesBuilder,
    used: &mut NotifierSet,
    problems: &mut Problems,
) -> usize {
    const ENABLED: &str = "STATIC_EVENTS_ENABLED";
    let mut enabled = [false; STATIC_EVENTS.len()];
    for entry in env.entries(ENABLED, problems) {
        let event = entry.parse().ok().and_then(static_event);
        let index = STATIC_EVENTS
            .iter()
            .position(|known| Some(known.number) == event.map(|e| e.number));
        match index {
            Some(index) => enabled[index] = true,
            None => problems.error(
                ENABLED,
                format_args!(
                    "'{entry}' is not the number of a static event; there are {}, from 0",
                    STATIC_EVENTS.len()
                ),
            ),
        }
    }
    for (event, _) in STATIC_EVENTS
        .iter()
        .zip(enabled)
        .filter(|(_, enabled)| *enabled)
    {
        let name = RuleName::Static(event.number);
        let variable = format!("{name}_NOTIFIER");
        let required = [variable.clone()].into_iter();
        variables::are_set(env, required, "STATIC_EVENTS_ENABLED names it", problems);
        let notifiers = read_notifiers(env, &variable, problems);
        *used = used.union(notifiers);
        let cooldown = read_cooldown(env, &format!("{name}_COOLDOWN_SECS"), problems);
        let spec = RuleSpec::of_static_event(event, notifiers, cooldown);
        let filter = filters::read(env, name, problems);
        if let Err(errors) = builder.add_filtered(&spec, filter) {
            report(&errors, &spec, [ENABLED, ENABLED], problems);
        }
    }
    enabled.iter().filter(|enabled| **enabled).count()
}

fn read_notifiers(env: &Env, variable: &str, problems: &mut Problems) -> NotifierSet {
    let mut notifiers = NotifierSet::EMPTY;
    for entry in env.entries(variable, problems) {
        match Notifier::from_name(entry) {
            Some(notifier) => notifiers.insert(notifier.id()),
            None => problems.error(
                variable,
                format_args!(
                    "'{entry}' is not a notifier; known are {}, separated by commas",
                    Notifier::names(Notifier::all())
                ),
            ),
        }
    }
    notifiers
}

fn read_match_type(env: &Env, variable: &str, problems: &mut Problems) -> Option<MatchType> {
    let types = [MatchType::Substring, MatchType::Regex];
    let place = env.choice(variable, &["substr", "regex"], problems)?;
    types.get(place).copied()
}

fn read_cooldown(env: &Env, variable: &str, problems: &mut Problems) -> u64 {
    numbers::whole(
        env,
        variable,
        0..=COOLDOWN_SECS_MAX,
        COOLDOWN_SECS_DEFAULT,
        problems,
    ) * 1_000
}

/// Reads a mask, which becomes text that services take only as UTF-8. The
/// predecessor let other bytes through, so they are replaced with a warning.
fn read_mask<'a>(
    env: &'a Env,
    variable: &str,
    problems: &mut Problems,
) -> Option<std::borrow::Cow<'a, str>> {
    let mask = String::from_utf8_lossy(env.bytes(variable)?);
    if matches!(mask, std::borrow::Cow::Owned(_)) {
        problems.warning(
            variable,
            format_args!("is not valid UTF-8; the bytes that are not are sent as U+FFFD"),
        );
    }
    Some(mask)
}
