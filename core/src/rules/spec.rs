//! A rule as written: what a configuration says.

use crate::ids::{NotifierSet, RuleName};
use crate::rules::filter::Filter;
use crate::rules::static_events::StaticEvent;

/// How a rule recognises a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchType {
    /// The message contains these bytes.
    Substring,
    /// The message contains a match of this POSIX extended regular expression.
    Regex,
}

/// A rule as it was written.
#[derive(Clone, Copy, Debug)]
pub struct RuleSpec<'a> {
    /// Where it comes from.
    pub name: RuleName,
    /// How it matches.
    pub match_type: MatchType,
    /// The substring or the expression.
    pub match_str: &'a [u8],
    /// The notification's text, with places for what matched.
    pub mask: &'a str,
    /// The notifiers that get it.
    pub notifiers: NotifierSet,
    /// How long the same text is not sent again, in milliseconds; 0 turns the
    /// cooldown off.
    pub cooldown_millis: u64,
}

/// What else a rule wants of a line, as it was written.
#[derive(Clone, Debug, Default)]
pub struct Conditions<'a> {
    /// The lines that pass.
    pub filter: Filter,
    /// Texts or expressions of the rule's own match type, one a line, of which a line
    /// must contain none.
    pub except: &'a [u8],
    /// ASCII letters match in both cases, in the exceptions as well.
    pub ignore_case: bool,
}

impl<'a> RuleSpec<'a> {
    /// Returns a static event as a rule, without its filter and its policies.
    #[must_use]
    pub fn of_static_event(
        event: &'static StaticEvent,
        notifiers: NotifierSet,
        cooldown_millis: u64,
    ) -> Self {
        Self {
            name: RuleName::Static(event.number),
            match_type: MatchType::Regex,
            match_str: event.variable("MATCH_STR").unwrap_or_default().as_bytes(),
            mask: event.variable("MASK_MSG").unwrap_or_default(),
            notifiers,
            cooldown_millis,
        }
    }
}
