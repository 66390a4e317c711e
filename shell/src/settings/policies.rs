//! The variables of a rule's policies: `…_KEY`, `…_THRESHOLD`, `…_DISTINCT`, `…_AFTER`,
//! `…_UNLESS` and those of its recovery.

use alertik_core::ids::{NotifierSet, RuleId, RuleName};
use alertik_core::limits::POLICY_SECS_MAX;
use alertik_core::rules::{
    MatchType, PolicySpec, Priority, RECOVERY_ENDING, RuleSpec, RulesBuilder, StaticEvent, Window,
    static_event,
};

use super::variables::of_rule;
use super::written::{read_mask, report};
use super::{Env, Problems, novelty, numbers, quiet};

/// A rule that a variable names, which is there or not once all rules were read.
pub(super) struct Reference {
    variable: String,
    /// The rule whose variable it is.
    by: RuleName,
    to: RuleName,
}

/// Reads the policies of rule `id`, whose text has the mask `mask`, and gives them to it.
pub(super) fn read(
    env: &Env,
    (name, id): (RuleName, RuleId),
    mask: &str,
    (builder, references): (&mut RulesBuilder, &mut Vec<Reference>),
    problems: &mut Problems,
) {
    let mut reader = Reader {
        env,
        name,
        problems,
    };
    let key = read_mask(env, &reader.variable("KEY"), reader.problems);
    let key = key.filter(|mask| !mask.is_empty());
    let unless = reader.rules("UNLESS");
    let novelty = novelty::read(env, name, reader.problems);
    let holding = quiet::read(env, name, reader.problems);
    let mut spec = PolicySpec {
        first: novelty.mask.as_deref(),
        learn_millis: novelty.learn_millis,
        ..reader.policies(key.as_deref(), unless.as_deref())
    };
    holding.add_to(&mut spec);
    let priority = reader.priority(spec.is_urgent);
    builder.set_priority(id, priority);
    let mut refer = |field: &str, to: RuleName| {
        let variable = of_rule(name, field);
        // A static event may name others that are not turned on.
        if field == "AFTER" || env.own(&variable).is_some() {
            references.push(Reference {
                variable,
                by: name,
                to,
            });
        }
    };
    if let Some((to, _)) = spec.after {
        refer("AFTER", to);
    }
    spec.unless.iter().for_each(|&to| refer("UNLESS", to));
    if let Err(errors) = builder.set_policies(id, &spec) {
        for (field, error) in [
            ("KEY", errors.key),
            ("DISTINCT", errors.distinct),
            (novelty::FIRST, errors.first),
        ] {
            if let Some(error) = error {
                let variable = reader.variable(field);
                let value = env.bytes(&variable).unwrap_or_default();
                reader
                    .problems
                    .error_at(&variable, (value, error.offset()), &error);
            }
        }
    }
    reader.recovery(id, mask, builder);
}

/// Reads the variables of one rule.
struct Reader<'a> {
    env: &'a Env,
    name: RuleName,
    problems: &'a mut Problems,
}

impl<'a> Reader<'a> {
    fn variable(&self, field: &str) -> String {
        of_rule(self.name, field)
    }

    /// Reads a value that is not understood if `parse` returns `None`; then an example
    /// says how it should look.
    fn parsed<T>(
        &mut self,
        field: &str,
        example: &str,
        parse: fn(&'a str) -> Option<T>,
    ) -> Option<T> {
        let variable = self.variable(field);
        let text = self.env.text(&variable, self.problems)?;
        // Empty turns off what a static event has.
        if text.is_empty() {
            return None;
        }
        let value = parse(text);
        if value.is_none() {
            self.problems.error(
                &variable,
                format_args!("'{text}' is not understood; an example is {example}"),
            );
        }
        value
    }

    /// Reads the priority. What is never held calls loudly unless it is said otherwise, and
    /// a static event as its line does.
    fn priority(&mut self, is_urgent: bool) -> Priority {
        let variable = self.variable("PRIORITY");
        let chosen = self.env.choice(&variable, &Priority::WORDS, self.problems);
        match (chosen, self.name) {
            (Some(number), _) => Priority::from_number(number),
            (None, _) if is_urgent => Priority::High,
            (None, RuleName::Static(number)) => {
                static_event(number).map_or_else(Priority::default, StaticEvent::priority)
            }
            _ => Priority::default(),
        }
    }

    /// Reads seconds, as milliseconds.
    fn secs(&mut self, field: &str) -> u64 {
        let variable = self.variable(field);
        numbers::whole(self.env, &variable, 0..=POLICY_SECS_MAX, 0, self.problems) * 1_000
    }

    /// Reads a list of rules.
    fn rules(&mut self, field: &str) -> Option<Vec<RuleName>> {
        self.parsed(field, "3,S5 for EVENT3 and STATIC_EVENT5", |list| {
            list.split(',').map(parse_rule).collect()
        })
    }

    /// Reads all but the recovery and what must be new.
    fn policies<'s>(
        &mut self,
        key: Option<&'s str>,
        unless: Option<&'s [RuleName]>,
    ) -> PolicySpec<'s>
    where
        'a: 's,
    {
        let threshold = self.parsed("THRESHOLD", "5/60 for 5 within 60 s", Window::parse);
        let distinct = self.parsed("DISTINCT", "@1:10/300 for 10 of @1 within 300 s", |text| {
            let (mask, window) = text.rsplit_once(':')?;
            Some((mask, Window::parse(window)?))
        });
        let counts = [
            ("THRESHOLD", threshold),
            ("DISTINCT", distinct.map(|(_, window)| window)),
        ];
        for (field, window) in counts {
            if window.is_some_and(|window| window.count < 2) {
                let variable = self.variable(field);
                let what = "is 1, so every match notifies; leave it out";
                self.problems.warning(&variable, format_args!("{what}"));
            }
        }
        if distinct.is_some_and(|(mask, _)| !mask.contains('@')) {
            let variable = self.variable("DISTINCT");
            let what = "is the same text for every line; write @1 for a group of the expression";
            self.problems.warning(&variable, format_args!("{what}"));
        }
        if threshold.is_some() && distinct.is_some() {
            let variable = self.variable("DISTINCT");
            self.problems.error(
                &variable,
                format_args!("excludes THRESHOLD; a second rule can have that"),
            );
        }
        let example = "1:3/600 for 3 matches of EVENT1 within 600 s, or S1:3/600";
        let after = self.parsed("AFTER", example, |text| {
            let (rule, window) = text.split_once(':')?;
            Some((parse_rule(rule)?, Window::parse(window)?))
        });
        PolicySpec {
            key,
            threshold,
            distinct,
            after,
            unless: unless.unwrap_or_default(),
            grace_millis: self.secs("GRACE_SECS"),
            remind_millis: self.secs("REMIND_SECS"),
            ..PolicySpec::default()
        }
    }

    /// Reads the recovery and adds it.
    fn recovery(&mut self, id: RuleId, of: &str, builder: &mut RulesBuilder) {
        let [match_str, mask] = ["RECOVERY_STR", "RECOVERY_MSG"].map(|field| self.variable(field));
        let text = read_mask(self.env, &mask, self.problems).filter(|text| !text.is_empty());
        // Empty turns off what a static event has, and would end every case otherwise.
        let pattern = self.env.bytes(&match_str);
        let Some(pattern) = pattern.filter(|pattern| !pattern.is_empty()) else {
            for field in ["RECOVERY_MSG", "GRACE_SECS", "REMIND_SECS"] {
                let variable = self.variable(field);
                if self.env.own(&variable).is_some() {
                    self.problems.warning(
                        &variable,
                        format_args!("is not used: {match_str} is not set"),
                    );
                }
            }
            return;
        };
        if self.env.bytes(&self.variable("MATCH_STR")) == Some(pattern) {
            let what = "is what begins it as well; set it to the line that ends it";
            self.problems.warning(&match_str, format_args!("{what}"));
        }
        let text = text.unwrap_or_else(|| format!("{of}{RECOVERY_ENDING}").into());
        if let Err(errors) = builder.add_recovery(id, pattern, &text) {
            let spec = RuleSpec {
                name: self.name,
                match_type: MatchType::Regex,
                match_str: pattern,
                mask: &text,
                notifiers: NotifierSet::EMPTY,
                cooldown_millis: 0,
            };
            report(&errors, &spec, [&match_str, &mask], self.problems);
        }
    }
}

/// Reports the rules that are named and are not there.
pub(super) fn check(references: &[Reference], builder: &RulesBuilder, problems: &mut Problems) {
    for Reference { variable, by, to } in references {
        if by == to {
            problems.error(variable, format_args!("names its own rule"));
        } else if !builder.has(*to) {
            problems.error(
                variable,
                format_args!("names {to}, which is not a rule that is turned on"),
            );
        }
    }
}

/// Parses the name of a rule: `3`, or `S5` for a static event.
fn parse_rule(text: &str) -> Option<RuleName> {
    let text = text.trim_ascii();
    match text.strip_prefix(['S', 's']) {
        Some(number) => number.parse().ok().map(RuleName::Static),
        None => text.parse().ok().map(RuleName::Environment),
    }
}
