//! The further routers of a record: those that said the same as the first one.
//!
//! Each is the four bytes of its ticket, four that stand for its address, the length of
//! its name, and its name: one of thousands of routers takes the room of a name, not of a
//! notification. Routers may share a name, as those of a network do, or those whose
//! identity nobody has changed; then the address is a part of the name.

use core::fmt::Write as _;
use core::net::IpAddr;

use crate::bytes::{take, take_slice};
use crate::ids::Ticket;
use crate::limits::{LABEL_BYTES_MAX, MERGED_NAMES_UNITS_MAX};
use crate::text::Text;

/// Bytes of a router before its name.
const HEADER_BYTES: usize = 4 + 4 + 1;

/// Most characters of an address, with a blank before it.
const ADDRESS_BYTES_MAX: usize = 1 + 39;

/// A name with all that belongs to it, as it is added to [`Names`].
type Encoded = heapless::Vec<u8, { HEADER_BYTES + LABEL_BYTES_MAX + ADDRESS_BYTES_MAX }>;

const _: () = assert!(LABEL_BYTES_MAX + ADDRESS_BYTES_MAX <= u8::MAX as usize);

/// Most bytes of all names of a record: even one without a name would take two units.
pub(super) const BYTES_MAX: usize = MERGED_NAMES_UNITS_MAX / 2 * HEADER_BYTES;

/// Names of routers, each with its ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::delivery) struct Names<'a>(&'a [u8]);

/// A further router.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    /// What to report a failed delivery with.
    pub(super) ticket: Ticket,
    /// A number that stands for the address.
    pub(super) source: u32,
    /// The name, with the address if another router has the name.
    pub(super) name: Text<'a>,
}

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

    /// Returns the routers in the order in which they were added.
    pub(super) fn iter(self) -> impl Iterator<Item = Named<'a>> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let ticket = Ticket(u32::from_le_bytes(take(&mut rest)?));
            let source = u32::from_le_bytes(take(&mut rest)?);
            let [length] = take(&mut rest)?;
            let name = take_slice(&mut rest, length.into())?;
            let name = Text::from_stored(name);
            Some(Named {
                ticket,
                source,
                name,
            })
        })
    }

    /// Returns the bytes by which another router is added, if there is room and the same
    /// router is not there yet: what it says twice is said twice. `is_shared` says
    /// that the first router of the record has the same name.
    pub(super) fn further(
        self,
        first: Text<'_>,
        is_shared: bool,
        ticket: Ticket,
        (name, address): (Text<'_>, IpAddr),
    ) -> Option<Encoded> {
        let source = number_of(address);
        let mut has_address = is_shared;
        let mut used = units(first.as_bytes()) + ADDRESS_BYTES_MAX;
        for other in self.iter() {
            let rest = other.name.as_bytes().strip_prefix(name.as_bytes());
            let is_name = rest.is_some_and(|rest| rest.is_empty() || rest[0] == b' ');
            if is_name && other.source == source {
                return None;
            }
            has_address |= is_name;
            used += units(other.name.as_bytes());
        }
        let mut bytes = Encoded::new();
        // A name is at most as long as a label, so there is room for all.
        let _ = bytes.extend_from_slice(&ticket.0.to_le_bytes());
        let _ = bytes.extend_from_slice(&source.to_le_bytes());
        let _ = bytes.push(0);
        let _ = bytes.extend_from_slice(name.as_bytes());
        if has_address {
            let _ = write!(bytes, " {address}");
        }
        let shown = bytes.get(HEADER_BYTES..)?;
        used += units(shown);
        let length = shown.len() as u8;
        bytes[HEADER_BYTES - 1] = length;
        (used <= MERGED_NAMES_UNITS_MAX).then_some(bytes)
    }
}

/// Returns a number for an address. Two addresses may have the same one; then their
/// routers are not merged.
fn number_of(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(address) => address.to_bits(),
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            (bits ^ bits >> 32 ^ bits >> 64 ^ bits >> 96) as u32
        }
    }
}

/// Returns the most characters that a name and a comma take in any service's markup. A
/// mark becomes at most an entity of five characters.
fn units(name: &[u8]) -> usize {
    let is_plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || b".-:/ ".contains(byte) || *byte > 127;
    let plain = name.iter().filter(|byte| is_plain(byte)).count();
    2 + plain + 5 * (name.len() - plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::Ipv6Addr;
    use std::vec::Vec;

    /// Addresses that differ in one place have different numbers, wherever that is.
    #[test]
    fn numbers_of_addresses() {
        let number = |bits: u128| number_of(Ipv6Addr::from(bits).into());
        let one = 1 | 1 << 32 | 1 << 64 | 1 << 96;
        for bits in [0, 1, 1 << 64, one, u128::MAX] {
            for place in 0..128 {
                assert_ne!(number(bits), number(bits ^ 1 << place), "{place}");
            }
        }
        assert_eq!(number_of([192, 0, 2, 1].into()), 0xC000_0201);
    }

    /// A record takes another name as long as all have room in a message.
    #[test]
    fn as_many_names_as_have_room() {
        let (first, name) = (Text::from_stored(b"first"), Text::from_stored(b"name"));
        let mut bytes = Vec::new();
        let mut used = units(b"first") + ADDRESS_BYTES_MAX;
        for number in 0_u32.. {
            let router = (name, core::net::Ipv4Addr::from(number).into());
            let more = Names::from_stored(&bytes).further(first, false, Ticket(1), router);
            let Some(more) = more else { break };
            used += units(&more[HEADER_BYTES..]);
            bytes.extend(more);
        }
        let room = MERGED_NAMES_UNITS_MAX - used;
        assert!(room < units(b"name 0.0.0.99"), "{room}");
    }

    /// The longest name is there with the whole of the longest address, which fill the
    /// room for one.
    #[test]
    fn the_longest_name() {
        let name = [b'x'; LABEL_BYTES_MAX];
        let address = Ipv6Addr::from([0xFF; 16]);
        let router = (Text::from_stored(&name), address.into());
        let more = Names::default().further(Text::from_stored(&name), true, Ticket(1), router);
        let more = more.unwrap();
        assert!(more.ends_with(b"x ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
        assert_eq!(more.len(), more.capacity());
    }

    /// The shortest names are the most. Together they stay below the bound, which is not
    /// twice what they take.
    #[test]
    fn as_many_bytes_as_have_room() {
        let mut bytes = Vec::new();
        for number in 0.. {
            let name = [b'0' + number / 36, b'a' + number % 36];
            let router = (Text::from_stored(&name), [192, 0, 2, 1].into());
            let more = Names::from_stored(&bytes);
            let Some(more) = more.further(Text::from_stored(b""), false, Ticket(1), router) else {
                break;
            };
            bytes.extend(more);
        }
        assert!((BYTES_MAX / 2..=BYTES_MAX).contains(&bytes.len()));
    }

    /// What markup may escape takes as much as the longest entity.
    #[test]
    fn room_for_names() {
        for (name, expected) in [("ab-1.c:d/e f", 14), ("a_b", 9), ("é", 4), ("\u{7F}", 7)] {
            assert_eq!(units(name.as_bytes()), expected, "{name}");
        }
    }
}
