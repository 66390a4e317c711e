//! The rules: `EVENTn_*` and the static events.

use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleName};
use alertik_core::limits::ENV_RULES_MAX;
use alertik_core::rules::{MatchType, RuleSpec, RulesBuilder, STATIC_EVENTS, static_event};

use super::expressions::{read_mask, report, warn_of_habits};
use super::{Env, Problems, filters, numbers, policies};

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
    let mut references = Vec::new();
    let enabled = read_static_events(env, &mut builder, &mut used, &mut references, problems);
    let count = read_count(env, problems);
    for number in 0..count {
        // `count` is at most `ENV_RULES_MAX`, which fits.
        let into = (&mut builder, &mut used, &mut references);
        read_rule(env, number as u8, into, problems);
    }
    policies::check(&references, &builder, problems);
    warn_of_unused(env, count, problems);
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
    let highest = rule_variables(env)
        .map(|(number, ..)| number.saturating_add(1))
        .max()
        .unwrap_or(0);
    let assumed = if env.bytes(COUNT).is_some() {
        highest.min(max)
    } else {
        0
    };
    numbers::whole(env, COUNT, 0..=max, assumed, problems)
}

/// Returns the variables that look like those of a rule: its number, the field
/// and the whole name.
fn rule_variables(env: &Env) -> impl Iterator<Item = (u64, &str, &str)> {
    env.names().filter_map(|name| {
        let (number, field) = name.strip_prefix("EVENT")?.split_once('_')?;
        Some((number.parse().ok()?, field, name))
    })
}

fn read_rule(
    env: &Env,
    number: u8,
    (builder, used, references): (
        &mut RulesBuilder,
        &mut NotifierSet,
        &mut Vec<policies::Reference>,
    ),
    problems: &mut Problems,
) {
    let name = RuleName::Environment(number);
    let variable = |field: &str| format!("{name}_{field}");
    for field in &FIELDS[..4] {
        if env.bytes(&variable(field)).is_none() {
            problems.error(
                &variable(field),
                format_args!("is not set, although ENV_EVENTS counts this rule"),
            );
        }
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
    if match_str.is_empty() {
        problems.warning(
            &variable("MATCH_STR"),
            format_args!("is empty and so matches every message"),
        );
    }
    if match_type == MatchType::Regex {
        warn_of_habits(match_str, &variable("MATCH_STR"), problems);
    }
    let spec = RuleSpec {
        name,
        match_type,
        match_str,
        mask: &mask,
        notifiers,
        cooldown_millis,
    };
    let defaults = policies::Defaults {
        mask: &mask,
        ..Default::default()
    };
    match builder.add_filtered(&spec, filter) {
        Ok(id) => policies::read(env, (name, id), defaults, builder, references, problems),
        Err(errors) => report(
            &errors,
            &variable("MATCH_STR"),
            &variable("MASK_MSG"),
            problems,
        ),
    }
}

/// Reads the static events that are turned on and returns how many.
fn read_static_events(
    env: &Env,
    builder: &mut RulesBuilder,
    used: &mut NotifierSet,
    references: &mut Vec<policies::Reference>,
    problems: &mut Problems,
) -> usize {
    const ENABLED: &str = "STATIC_EVENTS_ENABLED";
    let Some(list) = env.text(ENABLED, problems) else {
        return 0;
    };
    if list.is_empty() {
        return 0;
    }
    let mut enabled = [false; STATIC_EVENTS.len()];
    for entry in list.split(',') {
        let event = entry.trim_ascii().parse().ok().and_then(static_event);
        let index = STATIC_EVENTS
            .iter()
            .position(|known| Some(known.number) == event.map(|e| e.number));
        match index {
            Some(index) => enabled[index] = true,
            None => problems.error(
                ENABLED,
                format_args!(
                    "'{entry}' is not the number of a static event; there are 0 to {}, \
                     separated by commas",
                    STATIC_EVENTS.len() - 1
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
        if env.bytes(&variable).is_none() {
            problems.error(
                &variable,
                format_args!("is not set, although {ENABLED} turns the event on"),
            );
        }
        let notifiers = read_notifiers(env, &variable, problems);
        *used = used.union(notifiers);
        let cooldown = read_cooldown(env, &format!("{name}_COOLDOWN_SECS"), problems);
        let spec = RuleSpec::of_static_event(event, notifiers, cooldown);
        let filter = filters::read(env, name, problems);
        let defaults = policies::Defaults {
            mask: event.mask,
            ..Default::default()
        };
        match builder.add_filtered(&spec, filter) {
            Ok(id) => policies::read(env, (name, id), defaults, builder, references, problems),
            Err(errors) => report(&errors, ENABLED, ENABLED, problems),
        }
    }
    enabled.iter().filter(|enabled| **enabled).count()
}

fn read_notifiers(env: &Env, variable: &str, problems: &mut Problems) -> NotifierSet {
    let mut notifiers = NotifierSet::EMPTY;
    let Some(list) = env.text(variable, problems) else {
        return notifiers;
    };
    for entry in list.split(',') {
        match Notifier::from_name(entry.trim_ascii()) {
            Some(notifier) => notifiers.insert(notifier.id()),
            None => problems.error(
                variable,
                format_args!(
                    "'{}' is not a notifier; known are {}, separated by commas",
                    entry.trim_ascii(),
                    Notifier::names(Notifier::all())
                ),
            ),
        }
    }
    notifiers
}

fn read_match_type(env: &Env, variable: &str, problems: &mut Problems) -> Option<MatchType> {
    match env.text(variable, problems)? {
        "substr" => Some(MatchType::Substring),
        "regex" => Some(MatchType::Regex),
        other => {
            problems.error(
                variable,
                format_args!("'{other}' is not a match type; allowed are substr and regex"),
            );
            None
        }
    }
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

/// Returns the names of all variables of a rule, after `EVENTn_`.
fn known() -> impl Iterator<Item = &'static &'static str> {
    let policies = policies::FIELDS.iter();
    FIELDS.iter().chain(&filters::FIELDS).chain(policies)
}

/// Warns about variables that look like those of a rule and are not read.
fn warn_of_unused(env: &Env, count: u64, problems: &mut Problems) {
    for (number, field, name) in rule_variables(env) {
        if number >= count {
            problems.warning(
                name,
                format_args!(
                    "is not used: ENV_EVENTS is {count}, so only rules below EVENT{count}_ are read"
                ),
            );
        } else if !known().any(|known| *known == field) {
            let fields: Vec<&str> = known().copied().collect();
            problems.warning(
                name,
                format_args!("is not known; a rule has {}", fields.join(", ")),
            );
        }
    }
}
