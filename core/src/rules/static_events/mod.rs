//! Events that ship with alertik, so that nobody has to write their patterns.
//!
//! A static event is what a user could have written in variables. A file holds a family of
//! events and, for each, the log lines that it must and must not match. The tests run them;
//! an event that lacks either kind fails.
//!
//! # Adding one
//!
//! 1. In the file of its family, add the event: a number that no other has, a name, and the
//!    variables that make it: `MATCH_STR` is a POSIX extended regular expression.
//! 2. In the same file, add real log lines to the family's samples.
//! 3. A new family is also listed in [`FAMILIES`] and in the tests' `SAMPLES`.
//!
//! Nothing else: `alertik events` and the documents' table are made from the entry.
//!
//! # Writing one
//!
//! * Strangers choose host names, users and network names, and those can hold a whole
//!   `login failure …` text. So an expression says how the *message* begins, which is the
//!   line without its header (`MATCH_PART=message`, which static events have unless they say
//!   otherwise): `^([^ ]+: )?` for the prefix that a logging rule may add, then the wording.
//!   A name that strangers choose may begin the message only if the end of the message is
//!   fixed as well.
//! * `TOPICS` helps only with lines that show theirs; others pass.
//! * The screen looks for a literal of each expression in every line. One that begins as
//!   words of usual lines do (` lease`, ` de`) costs all of them; a class or an optional
//!   character in front of it (` [a-z]+ limit reached`, `,? possible`) makes it another one.
//! * Long entries arrive in pieces, so an expression does not ask for the end of one that can
//!   be long.
//! * What comes again and again has a `KEY`, a cooldown of its own or a threshold; what ends
//!   has a recovery. An event that reports everything again each time is switched off soon.
//! * An event with `ELSE=1` takes only lines that no event before it has matched.

mod access;
mod device;
mod event;
mod network;
mod ports;
mod rest;
mod vpn;
mod wan;
mod wifi;

pub use event::StaticEvent;

/// The families, in the order in which their events notify. Tunnels come before the
/// provider's, which take what they leave.
const FAMILIES: &[&[StaticEvent]] = &[
    access::EVENTS,
    device::EVENTS,
    ports::EVENTS,
    vpn::EVENTS,
    wan::EVENTS,
    wifi::EVENTS,
    network::EVENTS,
    rest::EVENTS,
];

/// The static events, in the order in which they notify.
pub fn static_events() -> impl Iterator<Item = &'static StaticEvent> {
    FAMILIES.iter().copied().flatten()
}

/// Returns the static event with a number.
#[must_use]
pub fn static_event(number: u8) -> Option<&'static StaticEvent> {
    static_events().find(|event| event.number == number)
}

const _: () = {
    let mut count = 0;
    let mut family = 0;
    while family < FAMILIES.len() {
        count += FAMILIES[family].len();
        family += 1;
    }
    assert!(count <= crate::limits::STATIC_EVENTS_MAX);
};

#[cfg(test)]
mod tests;
