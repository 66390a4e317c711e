//! What is known, as bytes for the next process.
//!
//! The form is for this program only: a line that names it and its version, the secret
//! that the hashes are keyed with, the events, and a checksum. Bytes that are not exactly
//! so are refused as a whole.
//!
//! ```text
//! "alertik state 1\n" secret:16
//! rule:2 identity:8 learned:8 count:2 values:5*count                        an event
//! checksum:8 of all before it
//! ```
//!
//! Numbers are little-endian. Values stand in the order in which they were last seen, the
//! latest at the end. A change of what is hashed, and how (`Secret::case`, the marks in a
//! [`Text`](crate::text::Text)), makes all values new and so needs another version.

use crate::bytes::{checksum, take};
use crate::ids::RuleName;
use crate::limits::{KNOWN_VALUE_BYTES, KNOWN_VALUES_TOTAL_MAX, RULES_MAX, STATE_BYTES_MAX};

const HEADER: &[u8] = b"alertik state 1\n";
const SECRET_BYTES: usize = 16;
const CHECKSUM_BYTES: usize = 8;

const _: () = {
    // Of an event without its values: its name, two numbers and the values' count.
    let event = 2 + 8 + 8 + 2;
    let frame = HEADER.len() + SECRET_BYTES + CHECKSUM_BYTES;
    let values = KNOWN_VALUES_TOTAL_MAX * KNOWN_VALUE_BYTES;
    assert!(frame + RULES_MAX * event + values <= STATE_BYTES_MAX);
};

/// The bytes are no state of this version, or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DamagedState;

/// A state that was checked.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// The secret that the hashes are keyed with.
    pub(super) secret: (u64, u64),
    events: &'a [u8],
}

/// A value as it is stored.
type Stored = [u8; KNOWN_VALUE_BYTES];

/// What a state knows of an event, but for its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) rule: RuleName,
    /// Tells a rule from another one that has its name.
    pub(super) identity: u64,
    /// How long the event has been learning, in milliseconds.
    pub(super) learned_millis: u64,
}

impl<'a> State<'a> {
    /// Checks the bytes of a state.
    ///
    /// # Errors
    ///
    /// If they are not exactly what an engine of this version saved.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DamagedState> {
        parse(bytes).ok_or(DamagedState)
    }

    /// Returns the events with their values.
    pub(super) fn events(&self) -> impl Iterator<Item = (Known, &'a [Stored])> {
        let mut rest = self.events;
        core::iter::from_fn(move || next_event(&mut rest))
    }
}

fn parse(bytes: &[u8]) -> Option<State<'_>> {
    let (content, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
    if u64::from_le_bytes(*sum) != checksum(content) {
        return None;
    }
    let mut rest = content.strip_prefix(HEADER)?;
    let secret = (
        u64::from_le_bytes(take(&mut rest)?),
        u64::from_le_bytes(take(&mut rest)?),
    );
    let events = rest;
    while !rest.is_empty() {
        next_event(&mut rest)?;
    }
    Some(State { secret, events })
}

/// Takes the next event, with its values.
fn next_event<'a>(rest: &mut &'a [u8]) -> Option<(Known, &'a [Stored])> {
    let known = Known {
        rule: RuleName::from_bytes(take(rest)?),
        identity: u64::from_le_bytes(take(rest)?),
        learned_millis: u64::from_le_bytes(take(rest)?),
    };
    let count = usize::from(u16::from_le_bytes(take(rest)?));
    let (values, after) = rest.split_at_checked(KNOWN_VALUE_BYTES * count)?;
    *rest = after;
    Some((known, values.as_chunks().0))
}

/// Writes a state.
#[derive(Debug)]
pub(super) struct StateWriter<'a> {
    out: &'a mut [u8],
    len: usize,
}

impl<'a> StateWriter<'a> {
    /// Returns a state without events in `out`, whose length is the limit.
    pub(super) fn new(out: &'a mut [u8], secret: (u64, u64)) -> Self {
        let mut writer = Self { out, len: 0 };
        writer.put(HEADER);
        writer.put(&secret.0.to_le_bytes());
        writer.put(&secret.1.to_le_bytes());
        writer
    }

    /// Adds an event with its values.
    pub(super) fn put_event(&mut self, known: Known, values: &[Stored]) {
        self.put(&known.rule.to_bytes());
        self.put(&known.identity.to_le_bytes());
        self.put(&known.learned_millis.to_le_bytes());
        self.put(&(values.len() as u16).to_le_bytes());
        self.put(values.as_flattened());
    }

    /// Ends the state, and returns its length.
    pub(super) fn finish(mut self) -> usize {
        let sum = checksum(&self.out[..self.len]).to_le_bytes();
        self.put(&sum);
        self.len
    }

    /// Appends a field. There is room for all events, unless the caller gave less than
    /// [`STATE_BYTES_MAX`]; then the state is refused when it is read.
    fn put(&mut self, field: &[u8]) {
        if let Some(slot) = self.out.get_mut(self.len..self.len + field.len()) {
            slot.copy_from_slice(field);
            self.len += field.len();
        }
    }
}
