//! Events that ship with alertik, so that nobody has to write their patterns.
//!
//! # Adding one
//!
//! 1. Add an entry to [`STATIC_EVENTS`]: the next number, a name, a POSIX
//!    extended regular expression and the mask of its message.
//! 2. Add real log lines that it must and must not match to the tests below.
//! 3. Add its number to the table in the README.
//!
//! Users turn it on with `STATIC_EVENTS_ENABLED=…,N` and say where it goes with
//! `STATIC_EVENTn_NOTIFIER`.

/// An event whose pattern and message are part of the program.
#[derive(Clone, Copy, Debug)]
pub struct StaticEvent {
    /// The number in `STATIC_EVENTS_ENABLED` and `STATIC_EVENTn_…`.
    pub number: u8,
    /// What it tells of, in a few words.
    pub name: &'static str,
    /// The expression that recognises it anywhere in a datagram.
    pub pattern: &'static str,
    /// The message, as a mask over the expression's groups.
    pub mask: &'static str,
}

/// Every static event, by number.
pub const STATIC_EVENTS: &[StaticEvent] = &[
    // The old wireless driver and CAPsMAN write
    //   MAC@wlan1: disconnected, unicast key exchange timeout, signal strength -85
    // and the new wifi driver, without a colon and perhaps with the SSID,
    //   MAC@wifi1(SSID) disconnected, key handshake timeout, signal strength -85
    // Topics may or may not stand in front, and names may hold blanks and colons,
    // so the name is everything up to the wording.
    StaticEvent {
        number: 0,
        name: "wifi login attempts",
        pattern: "([^ ,@]+)@(.*[^:]):? disconnected, \
                  (unicast key exchange|group key exchange|key handshake|4-way handshake|SA Query) timeout",
        mask: "There is someone trying to connect to your WiFi: @2, with the mac-address: @1",
    },
];

/// Returns the static event with a number.
#[must_use]
pub fn static_event(number: u8) -> Option<&'static StaticEvent> {
    STATIC_EVENTS.iter().find(|event| event.number == number)
}

const _: () = assert!(STATIC_EVENTS.len() <= crate::limits::STATIC_EVENTS_MAX);
