//! One notification as bytes of an outbox.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::bytes::take;
use crate::ids::{RuleName, Ticket};
use crate::text::Text;
use crate::time::{Instant, Wall};

/// A notification that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::delivery) struct Waiting<'a> {
    /// The rule that matched.
    pub(in crate::delivery) rule: RuleName,
    /// When the line arrived, for people.
    pub(in crate::delivery) at: Wall,
    /// Who sent the line.
    pub(in crate::delivery) source: IpAddr,
    /// What to report a failed delivery with.
    pub(in crate::delivery) ticket: Ticket,
    /// When it is too old. Not when it came: that may be before this process, and
    /// so before the clock's epoch.
    pub(in crate::delivery) expires: Instant,
    /// Whether it waited in an earlier process.
    pub(in crate::delivery) is_restored: bool,
    /// Its number in the order of arrival.
    pub(in crate::delivery) sequence: u64,
    /// What to say.
    pub(in crate::delivery) text: Text<'a>,
}

impl Waiting<'_> {
    /// Returns how long it has waited at `now`, in milliseconds, if it may wait
    /// for `max_age_millis`.
    pub(in crate::delivery) const fn age_millis(&self, now: Instant, max_age_millis: u64) -> u64 {
        max_age_millis.saturating_sub(self.expires.since(now))
    }
}

/// Bytes of a record's header.
///
/// text length 2, rule 2, ticket 4, seconds 8, offset 4, expiry 8, sequence 8,
/// flags 1, address 16.
pub(super) const HEADER_BYTES: usize = 53;

/// The flags: the address is of IPv6, and the record was restored.
const IS_V6: u8 = 1;
const IS_RESTORED: u8 = 2;

/// Returns the size of the first record in `store`, if there is one.
pub(super) fn record_size(store: &[u8]) -> Option<usize> {
    let length = u16::from_le_bytes(*store.first_chunk()?);
    Some(HEADER_BYTES + usize::from(length))
}

/// Writes the header of a record with a text of so many bytes.
pub(super) fn write_header(slot: &mut [u8], length: u16, record: &Waiting<'_>) {
    let (mut flags, address) = address_to_bytes(record.source);
    if record.is_restored {
        flags |= IS_RESTORED;
    }
    let fields: [&[u8]; 9] = [
        &length.to_le_bytes(),
        &record.rule.to_bytes(),
        &record.ticket.0.to_le_bytes(),
        &record.at.unix_secs.to_le_bytes(),
        &record.at.offset_secs.to_le_bytes(),
        &record.expires.millis().to_le_bytes(),
        &record.sequence.to_le_bytes(),
        &[flags],
        &address,
    ];
    let mut at = 0;
    for field in fields {
        slot[at..at + field.len()].copy_from_slice(field);
        at += field.len();
    }
    debug_assert_eq!(at, HEADER_BYTES);
}

/// Returns the record of such bytes.
pub(super) fn read_record(record: &[u8]) -> Option<Waiting<'_>> {
    let mut rest = record;
    let _length: [u8; 2] = take(&mut rest)?;
    let rule = RuleName::from_bytes(take(&mut rest)?);
    let ticket = Ticket(u32::from_le_bytes(take(&mut rest)?));
    let at = Wall {
        unix_secs: i64::from_le_bytes(take(&mut rest)?),
        offset_secs: i32::from_le_bytes(take(&mut rest)?),
    };
    let expires = Instant::from_millis(u64::from_le_bytes(take(&mut rest)?));
    let sequence = u64::from_le_bytes(take(&mut rest)?);
    let [flags] = take(&mut rest)?;
    let source = address_from_bytes(flags, take(&mut rest)?);
    Some(Waiting {
        rule,
        at,
        source,
        ticket,
        expires,
        is_restored: flags & IS_RESTORED != 0,
        sequence,
        text: Text::from_stored(rest),
    })
}

/// Returns an address as a flag for its family and 16 bytes.
pub(in crate::delivery) fn address_to_bytes(address: IpAddr) -> (u8, [u8; 16]) {
    match address {
        IpAddr::V4(v4) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&v4.octets());
            (0, bytes)
        }
        IpAddr::V6(v6) => (IS_V6, v6.octets()),
    }
}

/// The inverse of [`address_to_bytes`]; other flags are ignored.
pub(in crate::delivery) fn address_from_bytes(flags: u8, bytes: [u8; 16]) -> IpAddr {
    if flags & IS_V6 == 0 {
        let [a, b, c, d, ..] = bytes;
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    } else {
        IpAddr::V6(Ipv6Addr::from(bytes))
    }
}
