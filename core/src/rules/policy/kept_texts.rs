//! The texts of which something was held back, kept for their summaries.
//!
//! All share one block of memory, in which nearly four hundred usual texts are kept
//! whole. There is always room for one more: when it gets narrow, the longest of
//! them is cut.

use alloc::vec::Vec;
use core::net::IpAddr;
use core::num::NonZeroU16;

use crate::limits::{COOLDOWN_TEXT_BYTES_MAX, COOLDOWN_TEXTS_BYTES, COOLDOWNS_MAX};
use crate::text::{Text, floor_char_boundary};
use crate::time::Wall;

/// Bytes that each record can have, however many there are.
const SHARE_BYTES: usize = COOLDOWN_TEXTS_BYTES / COOLDOWNS_MAX;

/// Bytes of a record's length, which the record itself includes.
const LENGTH_BYTES: usize = 2;
/// Bytes of a record's time: seconds and offset.
const TIME_BYTES: usize = 12;
/// Bytes before the text: length, time, and the sender's address as one of IPv6.
const HEADER_BYTES: usize = LENGTH_BYTES + TIME_BYTES + 16;

const _: () = assert!(SHARE_BYTES > HEADER_BYTES);
const _: () = assert!(COOLDOWN_TEXTS_BYTES < u16::MAX as usize);

/// Where a record begins, counted from 1 so that an `Option` takes no more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(NonZeroU16);

/// A kept text with what its summary says besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept<'a> {
    /// When it was held back last.
    pub(super) last: Wall,
    /// Who sent the first that was held back; not an IPv4 address as one of IPv6.
    pub(super) source: IpAddr,
    /// The text's beginning.
    pub(super) text: Text<'a>,
}

/// The texts, each with when it was held back last and who sent it.
#[derive(Debug)]
pub(super) struct KeptTexts {
    /// Records one after another: length, time, address, text.
    bytes: Vec<u8>,
    bytes_max: usize,
}

impl KeptTexts {
    /// Returns an empty store with all the memory that it will ever need: `bytes_max`,
    /// which is less than 64 KiB.
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes_max),
            bytes_max,
        }
    }

    /// Keeps the beginning of a text. There may be one for each [`SHARE_BYTES`].
    /// `on_move` learns of records that move: those after a place, by so many
    /// bytes.
    ///
    /// Nothing depends on the rest: a key distinguishes texts, and this copy is
    /// for people to read.
    pub(super) fn keep(&mut self, kept: Kept<'_>, mut on_move: impl FnMut(Place, u16)) -> Place {
        let text = kept.text.as_bytes();
        let mut room = HEADER_BYTES + text.len().min(COOLDOWN_TEXT_BYTES_MAX);
        while room > self.bytes_max - self.bytes.len() {
            match self.longest() {
                // Halves, so that it does not take many steps.
                Some((place, length)) if length > room.max(SHARE_BYTES) => {
                    on_move(place, self.cut(place, (length / 2).max(SHARE_BYTES)));
                }
                // Ends: if no record has more than its share, there is room for
                // another one of that length.
                _ => room = (room / 2).max(SHARE_BYTES),
            }
        }
        let text = &text[..floor_char_boundary(text, room - HEADER_BYTES)];
        let place = Place::at(self.bytes.len());
        let length = (HEADER_BYTES + text.len()) as u16;
        let source = match kept.source {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        };
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(&encode_time(kept.last));
        self.bytes.extend_from_slice(&source.octets());
        self.bytes.extend_from_slice(text);
        place
    }

    /// Returns the longest record and its length.
    fn longest(&self) -> Option<(Place, usize)> {
        let mut start = 0;
        let records = core::iter::from_fn(|| {
            let place = (start < self.bytes.len()).then(|| Place::at(start))?;
            let length = self.length(place);
            start += length;
            Some((place, length))
        });
        records.max_by_key(|&(_, length)| length)
    }

    /// Cuts a record to at most `length_max` bytes and closes the gap. Returns the
    /// number of bytes that went.
    fn cut(&mut self, place: Place, length_max: usize) -> u16 {
        let (start, length) = (place.start(), self.length(place));
        let text = &self.bytes[start + HEADER_BYTES..start + length];
        let kept = HEADER_BYTES + floor_char_boundary(text, length_max - HEADER_BYTES);
        self.bytes[start..start + LENGTH_BYTES].copy_from_slice(&(kept as u16).to_le_bytes());
        self.close_gap(start + kept, start + length);
        (length - kept) as u16
    }

    /// Notes that a text was held back again.
    pub(super) fn touch(&mut self, place: Place, last: Wall) {
        let start = place.start() + LENGTH_BYTES;
        self.bytes[start..start + TIME_BYTES].copy_from_slice(&encode_time(last));
    }

    /// Returns a text.
    pub(super) fn get(&self, place: Place) -> Kept<'_> {
        let record = &self.bytes[place.start()..][..self.length(place)];
        let (header, text) = record.split_at(HEADER_BYTES);
        let (time, source) = header[LENGTH_BYTES..].split_at(TIME_BYTES);
        let (secs, offset) = time.split_at(8);
        let source: [u8; 16] = source.try_into().unwrap_or_default();
        Kept {
            last: Wall {
                unix_secs: i64::from_le_bytes(secs.try_into().unwrap_or_default()),
                offset_secs: i32::from_le_bytes(offset.try_into().unwrap_or_default()),
            },
            source: IpAddr::from(source).to_canonical(),
            text: Text::from_stored(text),
        }
    }

    /// Removes a text and closes the gap. Returns its length: the places after it
    /// [move](Place::moved) by that.
    pub(super) fn remove(&mut self, place: Place) -> u16 {
        let (start, length) = (place.start(), self.length(place));
        self.close_gap(start, start + length);
        length as u16
    }

    fn close_gap(&mut self, start: usize, end: usize) {
        self.bytes.copy_within(end.., start);
        self.bytes.truncate(self.bytes.len() - (end - start));
    }

    fn length(&self, place: Place) -> usize {
        let start = place.start();
        usize::from(u16::from_le_bytes([
            self.bytes[start],
            self.bytes[start + 1],
        ]))
    }
}

impl Place {
    /// Returns where a record is after `length` bytes of the one at `removed` went.
    pub(super) fn moved(self, removed: Self, length: u16) -> Self {
        if self > removed {
            // Records after another begin later than it is long.
            Self(NonZeroU16::new(self.0.get() - length).unwrap_or(self.0))
        } else {
            self
        }
    }

    /// Returns the place at an offset, which is below [`COOLDOWN_TEXTS_BYTES`].
    const fn at(offset: usize) -> Self {
        Self(NonZeroU16::MIN.saturating_add(offset as u16))
    }

    const fn start(self) -> usize {
        self.0.get() as usize - 1
    }
}

fn encode_time(time: Wall) -> [u8; TIME_BYTES] {
    let mut bytes = [0; TIME_BYTES];
    bytes[..8].copy_from_slice(&time.unix_secs.to_le_bytes());
    bytes[8..].copy_from_slice(&time.offset_secs.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::TextBuffer;
    use core::net::{Ipv4Addr, Ipv6Addr};
    use std::string::String;
    use std::vec::Vec as StdVec;

    fn kept(text: &TextBuffer, number: u32) -> Kept<'_> {
        Kept {
            last: Wall {
                unix_secs: -i64::from(number),
                offset_secs: -7_200,
            },
            source: if number.is_multiple_of(2) {
                Ipv4Addr::from(number).into()
            } else {
                Ipv6Addr::from(u128::from(number) << 96).into()
            },
            text: text.as_text(),
        }
    }

    fn text(log: &str) -> TextBuffer {
        let mut text = TextBuffer::new();
        text.push_mask("a ");
        text.push_log(log.as_bytes());
        text
    }

    /// Usual texts are kept whole, and the others stay whole when one goes.
    #[test]
    fn usual_texts_are_kept_whole() {
        let mut texts = KeptTexts::new(COOLDOWN_TEXTS_BYTES);
        let mut all: StdVec<_> = (0..380)
            .map(|number| (number, text(&std::format!("{number:080}"))))
            .map(|(number, text)| {
                (
                    number,
                    texts.keep(kept(&text, number), |_, _| panic!()),
                    text,
                )
            })
            .collect();
        for gone in [379, 0, 60, 3] {
            let (_, removed, _) = all.remove(gone);
            let length = texts.remove(removed);
            for (_, place, _) in &mut all {
                *place = place.moved(removed, length);
            }
            for (number, place, text) in &all {
                assert_eq!(texts.get(*place), kept(text, *number));
            }
            if gone == 0 {
                let again = text("again");
                all.push((7, texts.keep(kept(&again, 7), |_, _| panic!()), again));
            }
        }
        let (_, place, text) = &all[0];
        let later = kept(text, 9).last;
        texts.touch(*place, later);
        assert_eq!(texts.get(*place).last, later);
    }

    /// However long the texts are, there is room for as many as promised. They are
    /// cut between two characters, and the memory is never exceeded.
    #[test]
    fn there_is_always_room() {
        for long in ["x", "é", "…"] {
            let mut texts = KeptTexts::new(COOLDOWN_TEXTS_BYTES);
            let mut places = StdVec::<Place>::new();
            for number in 0..COOLDOWNS_MAX {
                // Every other one is short. All have the longest addresses.
                let times = if number % 2 == 0 {
                    COOLDOWN_TEXT_BYTES_MAX
                } else {
                    3
                };
                let long = text(&long.repeat(times));
                let place = texts.keep(kept(&long, 1), |cut, length| {
                    for place in &mut places {
                        *place = place.moved(cut, length);
                    }
                });
                places.push(place);
                assert!(texts.bytes.len() <= COOLDOWN_TEXTS_BYTES);
            }
            let shown = places.iter().map(|&place| -> String {
                let kept = texts.get(place);
                assert_eq!(kept.source, Ipv6Addr::from(1 << 96));
                kept.text.parts().map(|(_, part)| part).collect()
            });
            for (number, shown) in shown.enumerate() {
                let log = shown.strip_prefix("a ").expect("the beginning");
                assert!(log.len() >= 6.min(3 * long.len()), "{number}: {shown}");
                assert!(log.split(long).all(str::is_empty), "{number}: {shown}");
            }
            // Nobody has less than the share without need.
            assert!(texts.bytes.len() > COOLDOWN_TEXTS_BYTES * 3 / 4);
        }
    }
}
