//! The rules: `EVENTn_*` and the static events.

use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleName};
use alertik_core::limits::{COOLDOWN_SECS_DEFAULT, ENV_RULES_MAX, POLICY_SECS_MAX};
use alertik_core::rules::{MatchType, RuleSpec, RulesBuilder, StaticEvent};

use super::variables::of_rule;
use super::written::{self, read_mask};
use super::{Env, Problems, conditions, enabled, numbers, policies, services, variables};

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
/// For the daemon they are lean: groups that no rule asks for are never found.
pub(crate) fn read(
    env: &Env,
    is_lean: bool,
    problems: &mut Problems,
) -> (RulesBuilder, NotifierSet) {
    let enabled = enabled::read_enabled(env, problems);
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
        lacks_notifier: false,
        problems,
    };
    let (first, last) = (first.into_iter().map(of), last.into_iter().map(of));
    let mut is_empty = true;
    for name in first.chain(own).chain(last) {
        is_empty = false;
        reader.rule(name);
        // At once, so that the next rule takes this memory.
        if is_lean {
            reader.builder.forget_groups();
        }
    }
    let Reader {
        builder,
        used,
        references,
        problems,
        ..
    } = reader;
    policies::check(&references, &builder, problems);
    variables::check_numbers(env, count, problems);
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
    let highest = variables::highest_rule(env).map_or(0, |number| number.saturating_add(1));
    let assumed = if env.bytes(COUNT).is_some() {
        highest.min(max)
    } else {
        0
    };
    numbers::whole(env, COUNT, 0..=max, assumed, problems)
}

/// Reads rules, one after another.
struct Reader<'a> {
    env: &'a Env,
    builder: RulesBuilder,
    used: NotifierSet,
    references: Vec<policies::Reference>,
    /// A static event has no notifier, which was reported.
    lacks_notifier: bool,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    /// Reads one rule.
    fn rule(&mut self, name: RuleName) {
        let (env, problems) = (self.env, &mut *self.problems);
        let variable = |field: &str| of_rule(name, field);
        let (required, reason) = match name {
            RuleName::Static(_) => (
                &FIELDS[..1],
                "STATIC_EVENTS_ENABLED names it, nor is STATIC_NOTIFIER",
            ),
            _ => (&FIELDS[..4], "ENV_EVENTS counts this rule"),
        };
        let is_static = matches!(name, RuleName::Static(_));
        let mut notifiers = NotifierSet::EMPTY;
        if is_static && env.bytes(&variable("NOTIFIER")).is_none() {
            // Whoever gave a service an address wants it to be notified.
            notifiers = services::configured(env);
            notifiers.remove(Notifier::Console.id());
            // One is enough to say so.
            if notifiers.is_empty() && core::mem::replace(&mut self.lacks_notifier, true) {
                return;
            }
        }
        if notifiers.is_empty() {
            let required = required.iter().map(|field| variable(field));
            if !variables::are_set(env, required, reason, problems) {
                return;
            }
            notifiers = read_notifiers(env, &variable("NOTIFIER"), problems);
        }
        self.used = self.used.union(notifiers);
        let cooldown_millis = read_cooldown(env, &variable("COOLDOWN_SECS"), problems);
        let conditions = conditions::read(env, name, problems);
        let match_type = read_match_type(env, &variable("MATCH_TYPE"), problems);
        let match_str = env.bytes(&variable("MATCH_STR"));
        let mask = read_mask(env, &variable("MASK_MSG"), problems);
        let (Some(match_type), Some(match_str), Some(mask)) = (match_type, match_str, mask) else {
            return;
        };
        let [pattern_name, mask_name] = ["MATCH_STR", "MASK_MSG"].map(variable);
        let names = [pattern_name.as_str(), mask_name.as_str()];
        let spec = RuleSpec {
            name,
            match_type,
            match_str,
            mask: &mask,
            notifiers,
            cooldown_millis,
        };
        written::hints(&spec, names, problems);
        let except = conditions.except;
        conditions::hints(&spec, except, problems);
        match self.builder.add_with(&spec, conditions) {
            Ok(id) => {
                let into = (&mut self.builder, &mut self.references);
                policies::read(env, (name, id), &mask, into, problems);
            }
            Err(errors) => {
                written::report(&errors, &spec, names, problems);
                conditions::report(&errors, name, except, problems);
            }
        }
    }
}

/// Reads a list of notifiers. Each one that is not known is a problem.
pub(super) fn read_notifiers(env: &Env, variable: &str, problems: &mut Problems) -> NotifierSet {
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
        0..=POLICY_SECS_MAX,
        COOLDOWN_SECS_DEFAULT,
        problems,
    ) * 1_000
}
