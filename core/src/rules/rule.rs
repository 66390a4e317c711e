//! A rule as compiled: what the engine runs.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::ids::{NotifierSet, RuleId, RuleIds, RuleName};
use crate::limits::{DFA_BYTES_TOTAL_MAX, GROUPS_MAX, PATTERN_BYTES_TOTAL_MAX};
use crate::matching::{Needle, Pattern, PatternError, Scratch, Screen};
use crate::rules::mask::{Mask, MaskError};
use crate::rules::spec::{MatchType, RuleSpec};

/// Error returned by [`RulesBuilder::add`]: what is wrong with each part.
#[derive(Debug)]
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
}

/// A compiled rule.
#[derive(Debug)]
pub struct Rule {
    /// Where it comes from.
    pub name: RuleName,
    /// How it matches.
    pub condition: Condition,
    /// The notification's text.
    pub mask: Mask,
    /// The notifiers that get it.
    pub notifiers: NotifierSet,
    /// How long the same text is not sent again, in milliseconds; 0 turns the
    /// cooldown off.
    pub cooldown_millis: u64,
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

    /// Compiles a rule.
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong with the rule, which is then left out.
    pub fn add(&mut self, spec: &RuleSpec<'_>) -> Result<RuleId, RuleErrors> {
        let condition = match spec.match_type {
            MatchType::Substring => Ok(Condition::Substring(spec.match_str.into())),
            MatchType::Regex => Pattern::compile_within(spec.match_str, &mut self.dfa_bytes)
                .map(|pattern| Condition::Regex(Box::new(pattern))),
        };
        let bytes = match &condition {
            Ok(Condition::Regex(pattern)) => pattern.memory(),
            _ => 0,
        };
        let left = self.bytes.checked_sub(bytes);
        let groups = match &condition {
            Ok(Condition::Substring(_)) => 0,
            Ok(Condition::Regex(pattern)) => pattern.groups(),
            // Whatever group the mask names might be there.
            Err(_) => GROUPS_MAX,
        };
        let mask = Mask::parse(spec.mask, groups);
        match (condition, mask, RuleId::new(self.rules.len()), left) {
            (Ok(condition), Ok(mask), Some(id), Some(left)) => {
                self.bytes = left;
                let RuleSpec {
                    name,
                    notifiers,
                    cooldown_millis,
                    ..
                } = *spec;
                self.rules.push(Rule {
                    name,
                    condition,
                    mask,
                    notifiers,
                    cooldown_millis,
                });
                Ok(id)
            }
            (condition, mask, id, left) => Err(RuleErrors {
                pattern: condition.err(),
                mask: mask.err(),
                too_many: id.is_none(),
                too_large: left.is_none().then_some(bytes),
            }),
        }
    }

    /// Returns the finished rules.
    #[must_use]
    pub fn finish(self) -> Rules {
        let patterns = self.rules.iter().filter_map(Rule::pattern);
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
    /// Returns the compiled expression of a regex rule.
    #[must_use]
    pub fn pattern(&self) -> Option<&Pattern> {
        match &self.condition {
            Condition::Regex(pattern) => Some(pattern),
            Condition::Substring(_) => None,
        }
    }

    /// Returns whether the bounded engine may have to look at a message.
    fn searches(&self) -> bool {
        let pattern = self.pattern();
        pattern.is_some_and(|pattern| pattern.work_max(self.mask.uses_groups()) > 0)
    }

    fn needle(&self) -> Needle<'_> {
        match &self.condition {
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
    /// Returns the rules with all cooldowns off.
    #[must_use]
    pub(crate) fn without_cooldowns(mut self) -> Self {
        for rule in &mut self.rules {
            rule.cooldown_millis = 0;
        }
        self
    }

    /// Returns the rules in the order in which they notify.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}
