//! Events that ship with alertik, so that nobody has to write their patterns.
//!
//! A file holds a family of events and, for each, the log lines that it must and
//! must not match. The tests run them; an event that lacks either kind fails.
//!
//! # Adding one
//!
//! 1. In the file of its family, add the event: the next number, a name, a POSIX
//!    extended regular expression and the mask of its message.
//! 2. In the same file, add real log lines to the family's samples.
//! 3. List the event in [`STATIC_EVENTS`]; a new family also in the tests'
//!    `FAMILIES`.
//! 4. Add its number to the table in the README.
//!
//! Users turn it on with `STATIC_EVENTS_ENABLED=…,N` and choose its notifiers with
//! `STATIC_EVENTn_NOTIFIER`.

mod event;
mod wifi;

pub use event::StaticEvent;

/// Every static event, by number.
pub const STATIC_EVENTS: &[StaticEvent] = &[wifi::LOGIN_ATTEMPTS];

/// Returns the static event with a number.
#[must_use]
pub fn static_event(number: u8) -> Option<&'static StaticEvent> {
    STATIC_EVENTS.iter().find(|event| event.number == number)
}

const _: () = assert!(STATIC_EVENTS.len() <= crate::limits::STATIC_EVENTS_MAX);

#[cfg(test)]
mod tests;
