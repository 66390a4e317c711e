//! The rules: `EVENTn_*` and the static events.

use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleName};
use alertik_core::limits::ENV_RULES_MAX;
use alertik_core::rules::{MatchType, RuleSpec, RulesBuilder, StaticEvent};

use super::expressions::{read_mask, report, warn_of_habits};
use super::{Env, Problems, filters, numbers, policies, static_events};

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

/// Reads all rules: static events first, in their order, then the environment's by number,
/// then the static events that take what is left. Returns them with the notifiers they need.
pub(crate) fn read(env: &Env, problems: &mut Problems) -> (RulesBuilder, NotifierSet) {
    let enabled = static_events::read_enabled(env, problems);
    let count = read_count(env, problems);
    let is_last = |event: &&StaticEvent| event.variable("LAST").is_some();
    let (last, first): (Vec<_>, Vec<_>) = enabled.into_iter().partition(is_last);
    // `count` is at most `ENV_RULES_MAX`, which fits.
    let own = (0..count).map(|number| RuleName::Environment(number as u8));
    let of = |event: &'static StaticEvent| RuleName::Static(event.number);
    let mut reader = Reader {
        env,
        builder: RulesBuilder::new(),
        used: NotifierSet::EMPTY,
        references: Vec::new(),
        problems,
    };
    let (first, last) = (first.into_iter().map(of), last.into_iter().map(of));
    let mut is_empty = true;
    for name in first.chain(own).chain(last) {
        is_empty = false;
        reader.rule(name);
    }
    let Reader {
        builder,
        used,
        references,
        problems,
        ..
    } = reader;
    policies::check(&references, &builder, problems);
    warn_of_unused(env, count, problems);
    if is_empty && problems.errors().is_empty() {
        problems.error(
            "ENV_EVENTS",
            format_args!(
                "there is no rule: set ENV_EVENTS to the number of EVENTn_ rules, or \
                 STATIC_EVENTS_ENABLED=pack (try `alertik demo` to see one at work)"
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

/// Reads rules, one after another.
struct Reader<'a> {
    env: &'a Env,
    builder: RulesBuilder,
    used: NotifierSet,
    references: Vec<policies::Reference>,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    /// Reads one rule.
    fn rule(&mut self, name: RuleName) {
        let (env, problems) = (self.env, &mut *self.problems);
        let variable = |field: &str| format!("{name}_{field}");
        for field in &FIELDS[..4] {
            if env.bytes(&variable(field)).is_none() {
                let why = match name {
                    RuleName::Static(_) => {
                        "is not set, nor is STATIC_NOTIFIER, although STATIC_EVENTS_ENABLED turns the event on"
                    }
                    _ => "is not set, although ENV_EVENTS counts this rule",
                };
                problems.error(&variable(field), format_args!("{why}"));
            }
        }
        let notifiers = read_notifiers(env, &variable("NOTIFIER"), problems);
        self.used = self.used.union(notifiers);
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
        match self.builder.add_filtered(&spec, filter) {
            Ok(id) => {
                let into = (&mut self.builder, &mut self.references);
                policies::read(env, (name, id), &mask, into, problems);
            }
            Err(errors) => report(
                &errors,
                &variable("MATCH_STR"),
                &variable("MASK_MSG"),
                problems,
            ),
        }
    }
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
