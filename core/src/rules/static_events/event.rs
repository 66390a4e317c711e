//! A static event, and the lines that prove it.

use crate::rules::priority::Priority;
use crate::syslog::parse;

/// A rule that is part of the program: what a user could have written in variables.
#[derive(Clone, Copy, Debug)]
pub struct StaticEvent {
    /// The number in `STATIC_EVENTS_ENABLED` and `STATIC_EVENTn_…`.
    pub number: u8,
    /// The name in `STATIC_EVENTS_ENABLED`, and in variables, with `_` for `-`:
    /// `STATIC_EVENT_LINK_COOLDOWN_SECS`.
    pub name: &'static str,
    /// What it reports, in a few words.
    pub title: &'static str,
    /// Whether `pack` turns it on.
    pub is_in_pack: bool,
    /// The variables that it has unless the user sets them, without `STATIC_EVENTn_`: a
    /// line each, `NAME=value`.
    pub variables: &'static str,
    /// A line of a real router that it matches.
    pub sample: &'static str,
}

impl StaticEvent {
    /// Returns the priority that it has unless the user says otherwise: that of the line's
    /// severity.
    #[must_use]
    pub fn priority(&self) -> Priority {
        Priority::of_severity(parse(self.sample.as_bytes()).severity())
    }

    /// Returns the value of a variable, `MATCH_STR` for `STATIC_EVENTn_MATCH_STR`.
    #[must_use]
    pub fn variable(&self, field: &str) -> Option<&'static str> {
        self.variables.split('\n').find_map(|line| {
            let (name, value) = line.split_once('=')?;
            (name == field).then_some(value)
        })
    }
}

/// Log lines that prove an event: lines of real routers, not made for the
/// pattern.
#[cfg(test)]
pub(super) struct Samples {
    /// The event's number.
    pub(super) number: u8,
    /// Lines that it must match, each with its message. The first is the event's sample.
    pub(super) matching: &'static [(&'static str, &'static str)],
    /// Lines that end what it began, each with its message.
    pub(super) recovering: &'static [(&'static str, &'static str)],
    /// Similar lines that it must not match.
    pub(super) foreign: &'static [&'static str],
}
