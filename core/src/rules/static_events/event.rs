//! A static event, and the lines that prove it.

/// An event whose pattern and message are part of the program.
#[derive(Clone, Copy, Debug)]
pub struct StaticEvent {
    /// The number in `STATIC_EVENTS_ENABLED` and `STATIC_EVENTn_…`.
    pub number: u8,
    /// The event in a few words.
    pub name: &'static str,
    /// The expression that recognises it anywhere in a datagram.
    pub pattern: &'static str,
    /// The message, as a mask over the expression's groups.
    pub mask: &'static str,
}

/// Log lines that prove an event: lines of real routers, not made for the
/// pattern.
#[cfg(test)]
pub(super) struct Samples {
    /// The event's number.
    pub(super) number: u8,
    /// Lines that it must match, each with its message.
    pub(super) matching: &'static [(&'static str, &'static str)],
    /// Similar lines that it must not match.
    pub(super) foreign: &'static [&'static str],
}
