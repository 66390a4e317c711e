//! A rule as compiled: what the engine runs.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::bytes::{checksum, checksum_from};
use crate::ids::{NotifierSet, RuleId, RuleIds, RuleName};
use crate::limits::{DFA_BYTES_TOTAL_MAX, GROUPS_MAX, PATTERN_BYTES_TOTAL_MAX};
use crate::matching::{Flags, Needle, Pattern, PatternError, Scratch, Screen};
use crate::rules::exceptions::{ExceptionError, Exceptions};
use crate::rules::filter::Filter;
use crate::rules::mask::{Mask, MaskError};
use crate::rules::policy::{Plan, PolicyErrors, PolicySpec, Quiet, Window};
use crate::rules::priority::Priority;
use crate::rules::spec::{Conditions, MatchType, RuleSpec};
use crate::syslog::parse;

/// Error returned by [`RulesBuilder::add`]: what is wrong with each part.
#[derive(Debug, Default)]
pub struct RuleErrors {
    /// The expression does not compile.
    pub pattern: Option<PatternError>,
    /// The mask does not fit the expression. If the expression itself does not
    /// compile, its groups are unknown and only the syntax was checked.
    pub mask: Option<MaskError>,
    /// There are [`crate::limits::RULES_MAX`] rules already.
    pub too_many: bool,
    /// The expression takes this many bytes, which is more than the rules before it
    /// leave of [`PATTERN_BYTES_TOTAL_MAX`].
    pub too_large: Option<usize>,
    /// The expression is a recovery's and has fewer groups than the text or key that says
    /// which case it ends, which refers to this group.
    pub key_group: Option<usize>,
    /// What is wrong with each of the exceptions.
    pub exceptions: Vec<ExceptionError>,
}

/// A compiled rule.
#[derive(Debug)]
pub struct Rule {
    /// Where it comes from.
    pub name: RuleName,
    /// How it matches.
    pub condition: Condition,
    /// What else it wants of a line, if anything.
    pub filter: Option<Box<Filter>>,
    /// Whether ASCII letters match in both cases.
    pub ignore_case: bool,
    /// What a line must not contain.
    pub exceptions: Exceptions,
    /// The notification's text.
    pub mask: Mask,
    /// The notifiers that get it.
    pub notifiers: NotifierSet,
    /// How loudly it calls.
    pub priority: Priority,
    /// How long the same text is not sent again, in milliseconds; 0 turns the
    /// cooldown off.
    pub cooldown_millis: u64,
    /// Its other policies, if it has any.
    pub plan: Option<Box<Plan>>,
    /// The rule that this one is the recovery of, if it is one. Users do not see it as a
    /// rule of its own.
    pub recovers: Option<RuleId>,
    /// A checksum of the condition as written.
    pub(super) written: u64,
    /// The rules that come after this one in a sequence, and how they count it.
    pub(super) followers: Box<[(RuleId, Window)]>,
}

/// The compiled form of a rule's match.
#[derive(Debug)]
pub enum Condition {
    /// The bytes to be contained.
    Substring(Box<[u8]>),
    /// The compiled expression.
    Regex(Box<Pattern>),
}

/// Compiles rules one by one, in the order in which they are to notify: static
/// events first, then the environment's, each by number.
#[derive(Debug)]
pub struct RulesBuilder {
    rules: Vec<Rule>,
    /// The part of [`DFA_BYTES_TOTAL_MAX`] that is left.
    dfa_bytes: usize,
    /// The part of [`PATTERN_BYTES_TOTAL_MAX`] that is left.
    bytes: usize,
}

impl Default for RulesBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl RulesBuilder {
    /// Returns a builder without rules.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            rules: Vec::new(),
            dfa_bytes: DFA_BYTES_TOTAL_MAX,
            bytes: PATTERN_BYTES_TOTAL_MAX,
        }
    }

    /// Compiles a rule that takes lines of every topic and router.
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong with the rule, which is then left out.
    pub fn add(&mut self, spec: &RuleSpec<'_>) -> Result<RuleId, RuleErrors> {
        self.add_filtered(spec, Filter::default())
    }

    /// Compiles a rule that takes the lines which pass a filter.
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong with the rule, which is then left out.
    pub fn add_filtered(
        &mut self,
        spec: &RuleSpec<'_>,
        filter: Filter,
    ) -> Result<RuleId, RuleErrors> {
        let conditions = Conditions {
            filter,
            ..Conditions::default()
        };
        self.add_with(spec, conditions)
    }

    /// Compiles a rule with further conditions.
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong with the rule, which is then left out.
    pub fn add_with(
        &mut self,
        spec: &RuleSpec<'_>,
        conditions: Conditions<'_>,
    ) -> Result<RuleId, RuleErrors> {
        let Conditions {
            filter,
            except,
            ignore_case,
        } = conditions;
        let flags = Flags {
            literal: spec.match_type == MatchType::Substring,
            ignore_case,
        };
        let condition = match spec.match_type {
            MatchType::Substring => Ok(Condition::Substring(spec.match_str.into())),
            MatchType::Regex => Pattern::compile_with(spec.match_str, flags, &mut self.dfa_bytes)
                .map(|pattern| Condition::Regex(Box::new(pattern))),
        };
        let bytes = match &condition {
            Ok(Condition::Regex(pattern)) => pattern.memory(),
            _ => 0,
        };
        let mut left = self.bytes.checked_sub(bytes);
        // If the rule itself is too large, this is the mistake to report.
        let room = left.as_mut().unwrap_or(&mut self.bytes);
        let exceptions = Exceptions::compile(except, flags, &mut self.dfa_bytes, room);
        let groups = match &condition {
            Ok(Condition::Substring(_)) => 0,
            Ok(Condition::Regex(pattern)) => pattern.groups(),
            // Whatever group the mask names might be there.
            Err(_) => GROUPS_MAX,
        };
        let mask = Mask::parse(spec.mask, groups);
        let id = RuleId::new(self.rules.len());
        match (condition, mask, id, left, exceptions) {
            (Ok(condition), Ok(mask), Some(id), Some(left), Ok(exceptions)) => {
                self.bytes = left;
                let RuleSpec {
                    name,
                    match_type,
                    notifiers,
                    cooldown_millis,
                    ..
                } = *spec;
                self.rules.push(Rule {
                    name,
                    condition,
                    filter: (!filter.is_empty()).then(|| Box::new(filter)),
                    ignore_case,
                    exceptions,
                    mask,
                    notifiers,
                    priority: Priority::default(),
                    cooldown_millis,
                    plan: None,
                    recovers: None,
                    written: checksum_from(checksum(&[match_type as u8]), spec.match_str),
                    followers: Box::default(),
                });
                Ok(id)
            }
            (condition, mask, id, left, exceptions) => Err(RuleErrors {
                pattern: condition.err(),
                mask: mask.err(),
                too_many: id.is_none(),
                too_large: left.is_none().then_some(bytes),
                key_group: None,
                exceptions: exceptions.err().unwrap_or_default(),
            }),
        }
    }

    /// Returns whether there is a rule with a name.
    #[must_use]
    pub fn has(&self, name: RuleName) -> bool {
        self.rules.iter().any(|rule| rule.name == name)
    }

    /// Gives a rule its policies.
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong with their masks. The rule stays as it is.
    pub fn set_policies(&mut self, id: RuleId, spec: &PolicySpec<'_>) -> Result<(), PolicyErrors> {
        if let Some(rule) = self.rules.get_mut(id.index())
            && !spec.is_empty()
        {
            rule.plan = Some(Box::new(Plan::compile(spec, rule.groups(), rule.written)?));
        }
        Ok(())
    }

    /// Gives a rule its priority. A recovery that is added later calls no louder than
    /// others: what was grave is over.
    pub fn set_priority(&mut self, id: RuleId, priority: Priority) {
        if let Some(rule) = self.rules.get_mut(id.index()) {
            rule.priority = priority;
        }
    }

    /// Gives back the memory for finding groups in the rules that never ask for them, as
    /// far as they were added and have their policies. The places of these groups are
    /// not known any more.
    pub fn forget_groups(&mut self) {
        for rule in &mut self.rules {
            let is_needed = rule.uses_groups();
            if let (false, Condition::Regex(pattern)) = (is_needed, &mut rule.condition) {
                pattern.forget_groups();
            }
        }
    }

    /// Compiles the recovery of a rule, which must be the last one that was added: a
    /// condition of the same type whose groups name the case that ends, in the places in
    /// which the rule's own groups do; and the mask of its notification.
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong with the recovery, which is then left out.
    pub fn add_recovery(
        &mut self,
        of: RuleId,
        match_str: &[u8],
        mask: &str,
    ) -> Result<RuleId, RuleErrors> {
        let Some(rule) = self.rules.get(of.index()) else {
            return Err(RuleErrors::default());
        };
        let spec = RuleSpec {
            name: rule.name,
            match_type: match rule.condition {
                Condition::Substring(_) => MatchType::Substring,
                Condition::Regex(_) => MatchType::Regex,
            },
            match_str,
            mask,
            notifiers: rule.notifiers,
            cooldown_millis: rule.cooldown_millis,
        };
        let priority = rule.priority.min(Priority::Normal);
        let (filter, key_groups) = (rule.filter.clone(), rule.key_mask().groups());
        let conditions = Conditions {
            filter: filter.map(|filter| *filter).unwrap_or_default(),
            ignore_case: rule.ignore_case,
            ..Conditions::default()
        };
        let id = self.add_with(&spec, conditions)?;
        let recovery = &mut self.rules[id.index()];
        if key_groups > recovery.groups() {
            self.rules.pop();
            return Err(RuleErrors {
                key_group: Some(key_groups),
                ..RuleErrors::default()
            });
        }
        recovery.recovers = Some(of);
        recovery.priority = priority;
        let plan = &mut self.rules[of.index()].plan;
        let plan = plan.get_or_insert_with(|| Box::new(Plan::default()));
        plan.is_pair = true;
        Ok(id)
    }

    /// Lets rules know those that their policies name.
    fn link(&mut self) {
        let place = |rules: &[Rule], name: RuleName| {
            let is_named = |rule: &Rule| rule.name == name && rule.recovers.is_none();
            RuleId::new(rules.iter().position(is_named)?)
        };
        for index in 0..self.rules.len() {
            let Some(mut plan) = self.rules[index].plan.take() else {
                continue;
            };
            for (name, id) in &mut plan.unless {
                *id = place(&self.rules, *name);
            }
            if let Some((name, window)) = plan.after
                && let Some(id) = RuleId::new(index)
                && let Some(preceding) = place(&self.rules, name)
            {
                let rule = &mut self.rules[preceding.index()];
                let mut followers = core::mem::take(&mut rule.followers).into_vec();
                followers.push((id, window));
                rule.followers = followers.into();
            }
            self.rules[index].plan = Some(plan);
        }
    }

    /// Returns the finished rules.
    #[must_use]
    pub fn finish(mut self) -> Rules {
        self.link();
        let rules = self.rules.iter();
        let patterns =
            rules.flat_map(|rule| rule.pattern().into_iter().chain(rule.exceptions.patterns()));
        let scratch = Scratch::for_patterns(patterns);
        let screen = Screen::build(self.rules.iter().map(Rule::needle));
        let mut searching = RuleIds::EMPTY;
        for (id, rule) in (0..).map_while(RuleId::new).zip(&self.rules) {
            if rule.searches() {
                searching.insert(id);
            }
        }
        Rules {
            rules: self.rules.into_boxed_slice(),
            screen,
            scratch,
            searching,
        }
    }
}

impl Rule {
    /// Returns the part of a message that the rule is about.
    #[must_use]
    pub fn part<'a>(&self, message: &'a [u8]) -> &'a [u8] {
        match &self.filter {
            Some(filter) if filter.is_for_message => parse(message).text,
            _ => message,
        }
    }

    /// Returns the compiled expression of a regex rule.
    #[must_use]
    pub fn pattern(&self) -> Option<&Pattern> {
        match &self.condition {
            Condition::Regex(pattern) => Some(pattern),
            Condition::Substring(_) => None,
        }
    }

    /// Returns the number of groups of the expression.
    pub(super) fn groups(&self) -> usize {
        self.pattern().map_or(0, |pattern| pattern.groups())
    }

    /// Returns whether the places of the expression's groups must be known.
    pub(super) fn uses_groups(&self) -> bool {
        let plan = self.plan.as_ref();
        // A recovery's groups say which case ends.
        self.mask.uses_groups()
            || self.recovers.is_some() && self.groups() > 0
            || plan.is_some_and(|plan| plan.uses_groups())
    }

    /// Returns the mask of what the same rule's matches are distinguished by.
    pub(super) fn key_mask(&self) -> &Mask {
        let key = self.plan.as_ref().and_then(|plan| plan.key.as_ref());
        key.unwrap_or(&self.mask)
    }

    /// Returns whether the rule notifies only of values that it does not know.
    #[must_use]
    pub fn knows_values(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.first.is_some())
    }

    /// Returns whether the bounded engine may have to look at a message.
    fn searches(&self) -> bool {
        let pattern = self.pattern();
        pattern.is_some_and(|pattern| pattern.work_max(self.uses_groups()) > 0)
            || self.exceptions.search()
    }

    fn needle(&self) -> Needle<'_> {
        match &self.condition {
            Condition::Substring(bytes) if self.ignore_case => Needle::AnyCase(bytes),
            Condition::Substring(bytes) => Needle::Substring(bytes),
            Condition::Regex(pattern) => Needle::Pattern(pattern),
        }
    }
}

/// Compiled rules with all that running them without allocating takes.
#[derive(Debug)]
pub struct Rules {
    pub(super) rules: Box<[Rule]>,
    pub(super) screen: Screen,
    pub(super) scratch: Scratch,
    /// The rules that share the bounded engine's work on a message.
    pub(super) searching: RuleIds,
}

impl Rules {
    /// Returns the rules for the lines of every router. Unless time passes, all cooldowns
    /// are off, and nothing is held in quiet hours or for a digest.
    #[must_use]
    pub(crate) fn for_replay(mut self, time_passes: bool) -> Self {
        for rule in &mut self.rules {
            if !time_passes {
                rule.cooldown_millis = 0;
                if let Some(plan) = &mut rule.plan {
                    plan.quiet = Quiet::default();
                    plan.digest = None;
                }
            }
            if let Some(filter) = &mut rule.filter {
                filter.routers = Box::default();
            }
        }
        self
    }

    /// Returns the rules in the order in which they notify.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(match_type: MatchType, match_str: &str) -> RuleSpec<'_> {
        RuleSpec {
            name: RuleName::Environment(0),
            match_type,
            match_str: match_str.as_bytes(),
            mask: "",
            notifiers: NotifierSet::EMPTY,
            cooldown_millis: 0,
        }
    }

    /// A rule has a part of a message's work if its expression, or one of its exceptions,
    /// may need any; a text has its own way through the screen.
    #[test]
    fn what_a_rule_needs() {
        let hard = "(x(.{0,255})){2,3}y";
        for (match_type, text, except, searches) in [
            (MatchType::Substring, "x", "", false),
            (MatchType::Regex, "x", "", false),
            (MatchType::Regex, hard, "", true),
            (MatchType::Regex, "x", "y", false),
            (MatchType::Regex, "x", hard, true),
        ] {
            let mut builder = RulesBuilder::new();
            let conditions = Conditions {
                except: except.as_bytes(),
                ..Conditions::default()
            };
            builder
                .add_with(&spec(match_type, text), conditions)
                .unwrap();
            let rules = builder.finish();
            let rule = &rules.rules()[0];
            assert_eq!(rule.searches(), searches, "{text} {except}");
            let is_text = matches!(rule.needle(), Needle::Substring(_));
            assert_eq!(is_text, match_type == MatchType::Substring);
        }
    }

    /// A recovery calls as its rule does, but no louder than others.
    #[test]
    fn priorities_of_recoveries() {
        for (priority, of_recovery) in [
            (Priority::Highest, Priority::Normal),
            (Priority::Normal, Priority::Normal),
            (Priority::Low, Priority::Low),
        ] {
            let mut builder = RulesBuilder::new();
            let id = builder.add(&spec(MatchType::Substring, "down")).unwrap();
            builder.set_priority(id, priority);
            builder.add_recovery(id, b"up", "").unwrap();
            let rules = builder.finish();
            let found = rules.rules().iter().map(|rule| rule.priority);
            assert!(found.eq([priority, of_recovery]), "{priority:?}");
        }
    }

    /// Groups are needed for a recovery that has any: they say which case ends.
    #[test]
    fn groups_of_recoveries() {
        for (down, up, uses_groups) in [("(a) down", "(a) up", true), ("down", "up", false)] {
            let mut builder = RulesBuilder::new();
            let id = builder.add(&spec(MatchType::Regex, down)).unwrap();
            builder.add_recovery(id, up.as_bytes(), "").unwrap();
            let rules = builder.finish();
            let found = rules.rules().iter().map(Rule::uses_groups);
            assert!(found.eq([false, uses_groups]), "{up}");
        }
    }
}
