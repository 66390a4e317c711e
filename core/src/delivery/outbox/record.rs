//! One record of an outbox as bytes: a notification, or the same event on several
//! routers.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::bytes::{take, take_slice};
use crate::delivery::outbox::names::Names;
use crate::ids::{RuleName, Ticket};
use crate::rules::{NoticeHead, Priority};
use crate::syslog::Severity;
use crate::text::{Origin, Text};
use crate::time::{Instant, Wall};

/// A record that waits: a notification, and the routers that said the same soon after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::delivery) struct Waiting<'a> {
    /// The rule that matched.
    pub(in crate::delivery) rule: RuleName,
    /// When the line arrived, for people.
    pub(in crate::delivery) at: Wall,
    /// When the last router's line arrived, in seconds after `at`.
    pub(in crate::delivery) span_secs: u32,
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
    /// The router's name.
    pub(in crate::delivery) router: Text<'a>,
    /// Whether another router of the record has the name as well, so that the address is
    /// shown with it.
    pub(in crate::delivery) shows_address: bool,
    /// The line's topics.
    pub(in crate::delivery) topics: Text<'a>,
    /// The line's severity.
    pub(in crate::delivery) severity: Option<Severity>,
    /// How loudly it calls.
    pub(in crate::delivery) priority: Priority,
    /// Bytes of the text that show the router, at the beginning, and the time, at the
    /// end.
    pub(in crate::delivery) name_bytes: u8,
    pub(in crate::delivery) time_bytes: u8,
    /// The other routers.
    pub(in crate::delivery) more: Names<'a>,
}

impl<'a> Waiting<'a> {
    /// Returns a notification that is too old from `expires` on. The outbox gives it its
    /// number.
    pub(in crate::delivery) fn of(head: &'a NoticeHead, text: Text<'a>, expires: Instant) -> Self {
        Self {
            rule: head.rule,
            at: head.at,
            span_secs: 0,
            source: head.source,
            ticket: head.ticket,
            expires,
            is_restored: false,
            sequence: 0,
            text,
            router: head.about.router.as_text(),
            shows_address: false,
            topics: head.about.topics.as_text(),
            severity: head.about.severity,
            priority: head.about.priority,
            name_bytes: head.name_bytes,
            time_bytes: head.time_bytes,
            more: Names::default(),
        }
    }

    /// Returns how long it has waited at `now`, in milliseconds, if it may wait
    /// for `max_age_millis`.
    pub(in crate::delivery) const fn age_millis(&self, now: Instant, max_age_millis: u64) -> u64 {
        max_age_millis.saturating_sub(self.expires.since(now))
    }

    /// Returns how many notifications it stands for.
    pub(in crate::delivery) fn count(&self) -> u64 {
        1 + self.more.iter().count() as u64
    }

    /// Returns the name of each router, with the address if that is needed to know it.
    pub(in crate::delivery) fn routers(&self) -> impl Iterator<Item = Router<'a>> + use<'a> {
        let address = self.shows_address.then_some(self.source);
        let further = self.more.iter().map(|further| (further.name, None));
        core::iter::once((self.router, address)).chain(further)
    }

    /// Shows what to report a failed delivery with, for each notification.
    pub(in crate::delivery) fn each_ticket(&self, show: &mut dyn FnMut(Ticket)) {
        show(self.ticket);
        for further in self.more.iter() {
            // Those of another process mean nothing in this one.
            show(if self.is_restored {
                Ticket::default()
            } else {
                further.ticket
            });
        }
    }

    /// Returns the text without router and time, which is the same on each router.
    pub(super) fn body(&self) -> &'a [u8] {
        let bytes = self.text.as_bytes();
        let end = bytes.len().saturating_sub(self.time_bytes.into());
        bytes.get(self.name_bytes.into()..end).unwrap_or_default()
    }

    /// Writes what to say, part by part. All routers are named.
    pub(in crate::delivery) fn write(&self, put: &mut dyn FnMut(Origin, &str)) {
        if self.more.is_empty() {
            return write_text(self.text, put);
        }
        for (index, router) in self.routers().enumerate() {
            put(Origin::Mask, if index == 0 { "[" } else { ", " });
            write_router(router, put);
        }
        put(Origin::Mask, "] ");
        let bytes = self.text.as_bytes();
        let rest = bytes.get(self.name_bytes.into()..).unwrap_or_default();
        write_text(Text::from_stored(rest), put);
        if self.time_bytes > 0 && self.span_secs > 0 {
            let last = Wall {
                unix_secs: self.at.unix_secs.saturating_add(self.span_secs.into()),
                ..self.at
            };
            write_value(format_args!(" to {last}"), put);
        }
    }
}

/// A router's name, with the address if that is shown.
pub(in crate::delivery) type Router<'a> = (Text<'a>, Option<IpAddr>);

fn write_text(text: Text<'_>, put: &mut dyn FnMut(Origin, &str)) {
    text.parts().for_each(|(origin, part)| put(origin, part));
}

/// Writes a router's name.
pub(in crate::delivery) fn write_router(
    (name, address): Router<'_>,
    put: &mut dyn FnMut(Origin, &str),
) {
    write_text(name, put);
    if let Some(address) = address {
        write_value(format_args!(" {address}"), put);
    }
}

/// Writes an address or a time, which are shorter than the room here.
fn write_value(value: fmt::Arguments<'_>, put: &mut dyn FnMut(Origin, &str)) {
    let mut text = heapless::String::<48>::new();
    let _ = fmt::write(&mut text, value);
    put(Origin::Mask, &text);
}

/// Writes what to say.
impl fmt::Display for Waiting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        self.write(&mut |_, part| result = result.and_then(|()| f.write_str(part)));
        result
    }
}

/// Bytes of a record's header.
///
/// record length 2, more names' length 2, seconds of the span 4, text length 2, router's
/// length 1, topics' length 1, shown name 1, shown time 1, severity and priority 1, rule 2, ticket 4,
/// seconds 8, offset 4, expiry 8, sequence 8, flags 1, address 16.
pub(super) const HEADER_BYTES: usize = 66;
/// Where the length of more names is.
const MORE_AT: usize = 2;
const SPAN_AT: usize = 4;
const TEXT_AT: usize = 8;

/// Bytes after a record: its length again, so that the newest can be found.
pub(super) const TRAILER_BYTES: usize = 2;

/// Where the flags are: the address is of IPv6, the record was restored, and the address
/// is shown.
const FLAGS_AT: usize = 49;
const IS_V6: u8 = 1;
const IS_RESTORED: u8 = 2;
const SHOWS_ADDRESS: u8 = 4;

/// In place of a severity.
const NO_SEVERITY: u8 = 8;

/// Returns the size of the first record in `store`, if there is one.
pub(super) fn record_size(store: &[u8]) -> Option<usize> {
    Some(u16::from_le_bytes(*store.first_chunk()?).into())
}

/// Returns the size of the last record in `store`, if there is one.
pub(super) fn last_record_size(store: &[u8]) -> Option<usize> {
    Some(u16::from_le_bytes(*store.last_chunk()?).into())
}

impl Waiting<'_> {
    /// Returns the bytes that it takes in an outbox.
    pub(super) const fn size(&self) -> usize {
        HEADER_BYTES
            + self.text.as_bytes().len()
            + self.router.as_bytes().len()
            + self.topics.as_bytes().len()
            + self.more.as_bytes().len()
            + TRAILER_BYTES
    }

    /// Returns the flags that a spool has as well, and the address.
    pub(in crate::delivery) fn flags_and_address(&self) -> (u8, [u8; 16]) {
        let (flags, address) = address_to_bytes(self.source);
        let shows_address = if self.shows_address { SHOWS_ADDRESS } else { 0 };
        (flags + shows_address, address)
    }

    /// Writes the record into a slot of its [size](Self::size), which must be less than
    /// 64 KiB.
    pub(super) fn write_record(&self, slot: &mut [u8]) {
        let (mut flags, address) = self.flags_and_address();
        if self.is_restored {
            flags |= IS_RESTORED;
        }
        let [text, router, topics] =
            [self.text, self.router, self.topics].map(|text| text.as_bytes());
        let more = self.more.as_bytes();
        let size = (self.size() as u16).to_le_bytes();
        let fields: [&[u8]; 18] = [
            &size,
            &(more.len() as u16).to_le_bytes(),
            &self.span_secs.to_le_bytes(),
            &(text.len() as u16).to_le_bytes(),
            &[
                router.len() as u8,
                topics.len() as u8,
                self.name_bytes,
                self.time_bytes,
                rating_to_byte(self),
            ],
            &self.rule.to_bytes(),
            &self.ticket.0.to_le_bytes(),
            &self.at.unix_secs.to_le_bytes(),
            &self.at.offset_secs.to_le_bytes(),
            &self.expires.millis().to_le_bytes(),
            &self.sequence.to_le_bytes(),
            &[flags],
            &address,
            text,
            router,
            topics,
            more,
            &size,
        ];
        let mut at = 0;
        for field in fields {
            slot[at..at + field.len()].copy_from_slice(field);
            at += field.len();
        }
        debug_assert_eq!(at, slot.len());
    }
}

/// Notes in a record, whose trailer has moved by so many bytes, that these hold more
/// names, and whether one of them is the first router's.
pub(super) fn note_growth(record: &mut [u8], more: u16, span_secs: u32, is_shared: bool) {
    if is_shared {
        record[FLAGS_AT] |= SHOWS_ADDRESS;
    }
    let size = (record.len() as u16).to_le_bytes();
    record[..MORE_AT].copy_from_slice(&size);
    record[MORE_AT..SPAN_AT].copy_from_slice(&more.to_le_bytes());
    record[SPAN_AT..TEXT_AT].copy_from_slice(&span_secs.to_le_bytes());
    let trailer = record.len() - TRAILER_BYTES;
    record[trailer..].copy_from_slice(&size);
}

/// Returns the record of such bytes.
pub(super) fn read_record(record: &[u8]) -> Option<Waiting<'_>> {
    let mut rest = record;
    let _size: [u8; 2] = take(&mut rest)?;
    let more = u16::from_le_bytes(take(&mut rest)?);
    let span_secs = u32::from_le_bytes(take(&mut rest)?);
    let text = u16::from_le_bytes(take(&mut rest)?);
    let [router, topics, name_bytes, time_bytes, rating] = take(&mut rest)?;
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
        span_secs,
        source,
        ticket,
        expires,
        is_restored: flags & IS_RESTORED != 0,
        sequence,
        text: Text::from_stored(take_slice(&mut rest, text.into())?),
        router: Text::from_stored(take_slice(&mut rest, router.into())?),
        shows_address: shows_address(flags),
        topics: Text::from_stored(take_slice(&mut rest, topics.into())?),
        severity: severity_from_byte(rating),
        priority: Priority::from_bits(rating),
        name_bytes,
        time_bytes,
        more: Names::from_stored(take_slice(&mut rest, more.into())?),
    })
}

/// Returns severity and priority as a byte. The latter are the bits of
/// [`Priority::from_bits`].
pub(in crate::delivery) fn rating_to_byte(waiting: &Waiting<'_>) -> u8 {
    let severity = waiting.severity.map_or(NO_SEVERITY, |known| known as u8);
    severity + waiting.priority.to_bits()
}

/// Returns the severity in a byte of [`rating_to_byte`].
pub(in crate::delivery) fn severity_from_byte(byte: u8) -> Option<Severity> {
    (byte & NO_SEVERITY == 0).then(|| Severity::from_priority(byte))
}

/// Returns whether the flags say that the address is shown.
pub(in crate::delivery) const fn shows_address(flags: u8) -> bool {
    flags & SHOWS_ADDRESS != 0
}

/// Returns an address as a flag for its family and 16 bytes.
fn address_to_bytes(address: IpAddr) -> (u8, [u8; 16]) {
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
