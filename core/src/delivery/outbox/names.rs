//! The further routers of a record: those that said the same as the first one.
//!
//! Each is the four bytes of its ticket, the length of its name, and its name: one of
//! thousands of routers takes the room of a name, not of a notification.

use crate::bytes::{take, take_slice};
use crate::ids::Ticket;
use crate::limits::{LABEL_BYTES_MAX, MERGED_NAMES_UNITS_MAX};
use crate::text::Text;

/// Most bytes of a name with its ticket and its length.
const NAME_BYTES_MAX: usize = 4 + 1 + LABEL_BYTES_MAX;

/// Most bytes of all names of a record: even one without a name would take two units.
pub(super) const BYTES_MAX: usize = MERGED_NAMES_UNITS_MAX / 2 * 5;

/// Names of routers with their tickets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::delivery) struct Names<'a>(&'a [u8]);

impl<'a> Names<'a> {
    /// Restores names from bytes that [`Names::as_bytes`] returned.
    pub(in crate::delivery) const fn from_stored(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, for storage.
    pub(in crate::delivery) const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Returns whether there is none.
    pub(super) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Returns the names, each with what to report a failed delivery with.
    pub(in crate::delivery) fn iter(self) -> impl Iterator<Item = (Ticket, Text<'a>)> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let ticket = Ticket(u32::from_le_bytes(take(&mut rest)?));
            let [length] = take(&mut rest)?;
            let name = take_slice(&mut rest, length.into())?;
            Some((ticket, Text::from_stored(name)))
        })
    }
}

/// Returns a name as the bytes that are added to [`Names`].
pub(super) fn encode(ticket: Ticket, name: Text<'_>) -> heapless::Vec<u8, NAME_BYTES_MAX> {
    let name = name.as_bytes();
    let mut bytes = heapless::Vec::new();
    // A name is at most as long as a label, so there is room.
    let _ = bytes.extend_from_slice(&ticket.0.to_le_bytes());
    let _ = bytes.push(name.len() as u8);
    let _ = bytes.extend_from_slice(name);
    bytes
}

/// Returns whether a further name has room among `names`, and is not one of them: what
/// the same router says twice is said twice.
pub(super) fn have_room<'a>(names: impl Iterator<Item = Text<'a>>, further: Text<'_>) -> bool {
    let mut units = units(further);
    for name in names {
        units += self::units(name);
        if name == further || units > MERGED_NAMES_UNITS_MAX {
            return false;
        }
    }
    true
}

/// Returns the most characters that a name and a comma take in any service's markup. A
/// mark becomes at most an entity of five characters.
fn units(name: Text<'_>) -> usize {
    let is_plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || b".-:/ ".contains(byte) || *byte > 127;
    let plain = name.as_bytes().iter().filter(|byte| is_plain(byte)).count();
    2 + plain + 5 * (name.as_bytes().len() - plain)
}
