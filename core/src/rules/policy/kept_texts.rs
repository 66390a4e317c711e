//! The texts of which something was held back, kept for their summaries.
//!
//! All of a policy share one block of memory, which for cooldowns keeps five thousand
//! usual texts whole. There is always room for one more: when it gets narrow, the longest of them are cut.
//! A record that goes leaves a gap, and the gaps are closed all at once when room is
//! needed, so that a storm of thousands costs each of its texts little.

use alloc::vec::Vec;
use core::net::IpAddr;
use core::num::NonZeroU32;

use crate::ids::{NotifierSet, RuleName, Ticket};
use crate::limits::{
    COOLDOWN_TEXT_BYTES_MAX, COOLDOWN_TEXTS_BYTES, COOLDOWNS_MAX, LABEL_BYTES_MAX, PAIR_TEXTS_BYTES,
};
use crate::rules::notice::{About, NoticeHead};
use crate::rules::priority::Priority;
use crate::syslog::Severity;
use crate::text::{Label, Text, floor_char_boundary};
use crate::time::Wall;

/// Bytes that each record can have, however many there are.
const SHARE_BYTES: usize = COOLDOWN_TEXTS_BYTES / COOLDOWNS_MAX;

/// Bytes of a record before its texts: owner 2, length 2, seconds 8, offset 4, address 16
/// as one of IPv6, flags 1, length of the name 1, of the topics 1.
const HEADER_BYTES: usize = 35;
/// Where the record's length is, which includes all of it.
const LENGTH_AT: usize = 2;
/// Where the time is, and where it ends.
const TIME_AT: usize = 4;
const SOURCE_AT: usize = 16;
/// Where flags and lengths are.
const FLAGS_AT: usize = 32;

/// The longest record.
const RECORD_BYTES_MAX: usize = HEADER_BYTES + 2 * LABEL_BYTES_MAX + COOLDOWN_TEXT_BYTES_MAX;

/// The owner of a gap.
const NOBODY: u16 = u16::MAX;
/// The flag of a text that begins with the name of its router. The lower bits of the
/// flags are the severity, or [`NO_SEVERITY`], the upper ones the priority.
const IS_NAMED: u8 = 16;
const PRIORITY_SHIFT: u32 = 5;
const NO_SEVERITY: u8 = 8;

const _: () = assert!(SHARE_BYTES > HEADER_BYTES + 16);
const _: () = assert!(COOLDOWNS_MAX < NOBODY as usize);
const _: () = assert!(RECORD_BYTES_MAX < u16::MAX as usize);
const _: () = assert!(RECORD_BYTES_MAX < PAIR_TEXTS_BYTES * 15 / 16);

/// Where a record begins, counted from 1 so that an `Option` takes no more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(NonZeroU32);

/// A kept text with what its summary says besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Kept<'a> {
    /// When it was held back last.
    pub(super) last: Wall,
    /// Who sent the first that was held back; not an IPv4 address as one of IPv6.
    pub(super) source: IpAddr,
    /// What the line said of itself and its router.
    pub(super) about: About,
    /// Whether the text began with the router's name.
    pub(super) is_named: bool,
    /// The text's beginning, without that name.
    pub(super) text: Text<'a>,
}

impl<'a> Kept<'a> {
    /// Returns what is kept of a notification.
    pub(in crate::rules) fn of(head: &NoticeHead, text: Text<'a>) -> Self {
        Self {
            last: head.at,
            source: head.source,
            about: head.about,
            is_named: head.name_bytes > 0,
            text: head.body(text),
        }
    }

    /// Returns the head of a notification about it.
    pub(super) fn head(&self, rule: RuleName, notifiers: NotifierSet) -> NoticeHead {
        NoticeHead {
            rule,
            notifiers,
            at: self.last,
            source: self.source,
            ticket: Ticket::default(),
            about: self.about,
            name_bytes: 0,
            time_bytes: 0,
        }
    }
}

/// The texts, each with when it was held back last and who sent it.
#[derive(Debug)]
pub(super) struct KeptTexts {
    /// Records one after another: header, name, text, topics. So what is cut first
    /// when it gets narrow are the topics, then the text.
    bytes: Vec<u8>,
    bytes_max: usize,
}

impl KeptTexts {
    /// Returns an empty store with all the memory that it will ever need.
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes_max),
            bytes_max,
        }
    }

    /// Keeps the beginning of a text for its owner, a number that has none yet. There may
    /// be one for each [`SHARE_BYTES`]. `on_move` learns of owners whose texts move.
    pub(super) fn keep<'a>(
        &mut self,
        owner: u16,
        kept: &'a Kept<'a>,
        on_move: &mut dyn FnMut(u16, Place),
    ) -> Place {
        let cut = |text: Text<'a>, max| {
            let bytes = text.as_bytes();
            &bytes[..floor_char_boundary(bytes, max)]
        };
        let About { router, topics, .. } = &kept.about;
        let mut name = router.as_text().as_bytes();
        let mut topics = topics.as_text().as_bytes();
        let mut text = cut(kept.text, COOLDOWN_TEXT_BYTES_MAX);
        let length = HEADER_BYTES + name.len() + text.len() + topics.len();
        if length > self.bytes_max - self.bytes.len() {
            self.make_room(length, on_move);
            let room = self.bytes_max - self.bytes.len() - HEADER_BYTES;
            if length - HEADER_BYTES > room {
                topics = &[];
                name = cut(router.as_text(), room);
                text = cut(kept.text, text.len().min(room - name.len()));
            }
        }
        let place = Place::at(self.bytes.len());
        let length = (HEADER_BYTES + name.len() + text.len() + topics.len()) as u16;
        let source = match kept.source {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        };
        let severity = kept.about.severity.map_or(NO_SEVERITY, |known| known as u8);
        let priority = (kept.about.priority as u8) << PRIORITY_SHIFT;
        let flags = severity + priority + if kept.is_named { IS_NAMED } else { 0 };
        for part in [
            &owner.to_le_bytes()[..],
            &length.to_le_bytes(),
            &encode_time(kept.last),
            &source.octets(),
            &[flags, name.len() as u8, topics.len() as u8],
            name,
            text,
            topics,
        ] {
            self.bytes.extend_from_slice(part);
        }
        place
    }

    /// Closes the gaps and cuts the longest records until there is room for one of
    /// `length` bytes, or none has more than its share: then there is room for a share.
    fn make_room(&mut self, length: usize, on_move: &mut dyn FnMut(u16, Place)) {
        // Some more, so that room is made seldom.
        let wanted = self.bytes_max * 15 / 16 - length;
        let mut length_max = RECORD_BYTES_MAX;
        loop {
            self.compact(length_max, on_move);
            if self.bytes.len() <= wanted || length_max == SHARE_BYTES {
                return;
            }
            // Halves, so that it does not take many steps.
            length_max = (length_max / 2).max(SHARE_BYTES);
        }
    }

    /// Closes the gaps, and cuts each record to `length_max` bytes.
    fn compact(&mut self, length_max: usize, on_move: &mut dyn FnMut(u16, Place)) {
        let (mut from, mut to) = (0, 0);
        while from < self.bytes.len() {
            let length = usize::from(self.number(from + LENGTH_AT));
            let owner = self.number(from);
            if owner != NOBODY {
                let record = &mut self.bytes[from..from + length];
                let kept = if length > length_max {
                    cut(record, length_max)
                } else {
                    length
                };
                self.bytes.copy_within(from..from + kept, to);
                if from != to {
                    on_move(owner, Place::at(to));
                }
                to += kept;
            }
            from += length;
        }
        self.bytes.truncate(to);
    }

    /// Notes that a text was held back again.
    pub(super) fn touch(&mut self, place: Place, last: Wall) {
        let start = place.start();
        self.bytes[start + TIME_AT..start + SOURCE_AT].copy_from_slice(&encode_time(last));
    }

    /// Returns a text.
    pub(super) fn get(&self, place: Place) -> Kept<'_> {
        let start = place.start();
        let length = usize::from(self.number(start + LENGTH_AT));
        let (header, rest) = self.bytes[start..start + length].split_at(HEADER_BYTES);
        let (secs, offset) = header[TIME_AT..SOURCE_AT].split_at(8);
        let source: [u8; 16] = header[SOURCE_AT..FLAGS_AT].try_into().unwrap_or_default();
        let flags = header[FLAGS_AT];
        let (router, rest) = rest.split_at(header[FLAGS_AT + 1].into());
        let (text, topics) = rest.split_at(rest.len() - usize::from(header[FLAGS_AT + 2]));
        let label = |bytes| Label::beginning_of(Text::from_stored(bytes));
        Kept {
            last: Wall {
                unix_secs: i64::from_le_bytes(secs.try_into().unwrap_or_default()),
                offset_secs: i32::from_le_bytes(offset.try_into().unwrap_or_default()),
            },
            source: IpAddr::from(source).to_canonical(),
            about: About {
                router: label(router),
                topics: label(topics),
                severity: (flags & NO_SEVERITY == 0).then(|| Severity::from_priority(flags)),
                priority: Priority::from_number((flags >> PRIORITY_SHIFT).into()),
            },
            is_named: flags & IS_NAMED != 0,
            text: Text::from_stored(text),
        }
    }

    /// Gives a text to another owner, because the number of its own has changed.
    pub(super) fn set_owner(&mut self, place: Place, owner: u16) {
        let start = place.start();
        self.bytes[start..start + LENGTH_AT].copy_from_slice(&owner.to_le_bytes());
    }

    /// Removes a text. No other moves now.
    pub(super) fn remove(&mut self, place: Place) {
        let start = place.start();
        let end = start + usize::from(self.number(start + LENGTH_AT));
        if end == self.bytes.len() {
            self.bytes.truncate(start);
        } else {
            self.bytes[start..start + LENGTH_AT].copy_from_slice(&NOBODY.to_le_bytes());
        }
    }

    fn number(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]])
    }
}

/// Cuts a record to at most `length_max` bytes, at a border of a character,
/// and returns its new length. Topics go first, and as a whole: a part of them would be
/// others.
fn cut(record: &mut [u8], length_max: usize) -> usize {
    let full = usize::from(u16::from_le_bytes([
        record[LENGTH_AT],
        record[LENGTH_AT + 1],
    ]));
    let [name, topics] = [1, 2].map(|at| usize::from(record[FLAGS_AT + at]));
    let name_end = HEADER_BYTES + name;
    record[FLAGS_AT + 2] = 0;
    let text_end = full - topics;
    let name_end = name_end.min(
        HEADER_BYTES
            + floor_char_boundary(&record[HEADER_BYTES..name_end], length_max - HEADER_BYTES),
    );
    record[FLAGS_AT + 1] = (name_end - HEADER_BYTES) as u8;
    let kept = name_end + floor_char_boundary(&record[name_end..text_end], length_max - name_end);
    record[LENGTH_AT..TIME_AT].copy_from_slice(&(kept as u16).to_le_bytes());
    kept
}

impl Place {
    /// Returns the place at an offset.
    const fn at(offset: usize) -> Self {
        Self(NonZeroU32::MIN.saturating_add(offset as u32))
    }

    const fn start(self) -> usize {
        self.0.get() as usize - 1
    }
}

fn encode_time(time: Wall) -> [u8; SOURCE_AT - TIME_AT] {
    let mut bytes = [0; SOURCE_AT - TIME_AT];
    bytes[..8].copy_from_slice(&time.unix_secs.to_le_bytes());
    bytes[8..].copy_from_slice(&time.offset_secs.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Origin, TextBuffer};
    use core::net::{Ipv4Addr, Ipv6Addr};
    use std::collections::BTreeMap;
    use std::string::String;
    use std::vec::Vec as StdVec;

    fn kept(text: &TextBuffer, number: u32) -> Kept<'_> {
        let mut label = TextBuffer::new();
        label.push_log(std::format!("r{number}").as_bytes());
        let router = Label::beginning_of(label.as_text());
        label.clear();
        label.push_mask("system,info");
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
            about: About {
                router,
                topics: Label::beginning_of(label.as_text()),
                severity: (number % 9 < 8).then(|| Severity::from_priority(number as u8 % 9)),
                priority: Priority::from_number(number as usize % 5),
            },
            is_named: number.is_multiple_of(3),
            text: text.as_text(),
        }
    }

    /// Returns how many bytes a text takes beside its header.
    fn kept_bytes(kept: &Kept<'_>) -> usize {
        let About { router, topics, .. } = &kept.about;
        let labels = router.as_text().as_bytes().len() + topics.as_text().as_bytes().len();
        labels + kept.text.as_bytes().len()
    }

    fn text(log: &str) -> TextBuffer {
        let mut text = TextBuffer::new();
        text.push_mask("a ");
        text.push_log(log.as_bytes());
        text
    }

    /// Five thousand usual texts are kept whole, and the others stay whole when some go
    /// and others come.
    #[test]
    fn usual_texts_are_kept_whole() {
        let mut texts = KeptTexts::new(COOLDOWN_TEXTS_BYTES);
        let mut all = BTreeMap::new();
        let log = |number: u32| text(&std::format!("{number:025}"));
        let put = |texts: &mut KeptTexts, all: &mut BTreeMap<u32, Place>, number| {
            let text = log(number);
            let place = texts.keep(number as u16, &kept(&text, number), &mut |owner, place| {
                *all.get_mut(&owner.into()).expect("one that is there") = place;
            });
            assert_eq!(all.insert(number, place), None);
        };
        for number in 0..5_000 {
            put(&mut texts, &mut all, number);
        }
        for round in 0..40 {
            let gone: StdVec<_> = all.keys().copied().skip(round).step_by(50).collect();
            for number in &gone {
                texts.remove(all.remove(number).expect("one that is there"));
            }
            for number in gone {
                put(&mut texts, &mut all, number);
            }
        }
        for (&number, &place) in &all {
            assert_eq!(texts.get(place), kept(&log(number), number));
        }
        let later = kept(&log(0), 9).last;
        texts.touch(all[&0], later);
        assert_eq!(texts.get(all[&0]).last, later);
    }

    /// Room is made only when there is none, so a text that just fits moves no other, and
    /// the last one that goes leaves no gap.
    #[test]
    fn a_text_that_fits_moves_no_other() {
        let text = text("of a usual length");
        let record = HEADER_BYTES + kept_bytes(&kept(&text, 1));
        let mut texts = KeptTexts::new(2 * record);
        let put = |texts: &mut KeptTexts, number| {
            texts.keep(number, &kept(&text, 1), &mut |_, _| panic!("one has moved"))
        };
        let first = put(&mut texts, 0);
        for _ in 0..3 {
            let second = put(&mut texts, 1);
            assert_eq!(texts.get(first), kept(&text, 1));
            assert_eq!(texts.get(second), kept(&text, 1));
            texts.remove(second);
        }
    }

    /// Closing the gaps is tried first: a text of any length stays whole if that is
    /// enough.
    #[test]
    fn gaps_are_closed_first() {
        let label = |c: &str| Label::beginning_of(text(&c.repeat(200)).as_text());
        let long = text(&"x".repeat(COOLDOWN_TEXT_BYTES_MAX - 4));
        let mut longest = kept(&long, 1);
        (longest.about.router, longest.about.topics) = (label("r"), label("t"));
        assert_eq!(HEADER_BYTES + kept_bytes(&longest), RECORD_BYTES_MAX);
        let mut texts = KeptTexts::new(16 * RECORD_BYTES_MAX);
        let mut places = [None; 16];
        let put = |texts: &mut KeptTexts, places: &mut [_; 16], owner: usize| {
            let place = texts.keep(owner as u16, &longest, &mut |owner, place| {
                places[usize::from(owner)] = Some(place);
            });
            places[owner] = Some(place);
        };
        (0..16).for_each(|owner| put(&mut texts, &mut places, owner));
        for gap in [1, 3] {
            texts.remove(places[gap].take().expect("there"));
        }
        put(&mut texts, &mut places, 1);
        assert_eq!(places.into_iter().flatten().count(), 15);
        for place in places.into_iter().flatten() {
            assert_eq!(texts.get(place), longest);
        }
    }

    /// When all texts are long, the longest are cut to half as often as it takes, and
    /// each that comes is whole as long as others are longer. In the end each has its
    /// share, with as much of the router's name as that has room for, and those that
    /// have no more than their share keep all of it, topics included.
    #[test]
    fn everybody_has_a_share() {
        let count = 256;
        let mut texts = KeptTexts::new(count * SHARE_BYTES);
        let (long, fits) = (text(&"x".repeat(400)), text("1234567890"));
        let mut places = StdVec::<Place>::new();
        let mut put = |texts: &mut KeptTexts, kept: &Kept<'_>| {
            let owner = places.len() as u16;
            let place = texts.keep(owner, kept, &mut |owner, place| {
                places[usize::from(owner)] = place;
            });
            places.push(place);
            places.clone()
        };
        let short = kept(&fits, 3);
        assert_eq!(HEADER_BYTES + kept_bytes(&short), SHARE_BYTES);
        put(&mut texts, &short);
        for number in 1..count - 1 {
            let coming = kept(&long, 1);
            let before = texts.bytes.len();
            let places = put(&mut texts, &coming);
            assert!(texts.bytes.len() <= count * SHARE_BYTES);
            if number < 40 {
                // None had to be cut to less than half of the room there is.
                assert!(texts.bytes.len() > before.min(count * SHARE_BYTES * 2 / 5));
                assert_eq!(texts.get(places[number]), coming);
            }
            assert_eq!(texts.get(places[0]), short);
        }
        put(&mut texts, &short);
        let [first, long @ .., last] = &places[..] else {
            panic!("there are so many");
        };
        for &place in [first, last] {
            assert_eq!(texts.get(place), short);
        }
        for &place in long {
            let kept = texts.get(place);
            assert_eq!(HEADER_BYTES + kept_bytes(&kept), SHARE_BYTES);
            assert_eq!(kept.about.topics, Label::EMPTY);
        }
    }

    /// A name that has no room in its share is cut between two characters, and nothing
    /// else of its text is kept.
    #[test]
    fn long_names_are_cut() {
        let mut texts = KeptTexts::new(256 * SHARE_BYTES);
        let (name, log) = (text(&"é".repeat(30)), text(&"x".repeat(400)));
        let mut coming = kept(&log, 3);
        coming.about.router = Label::beginning_of(name.as_text());
        let mut places = StdVec::<Place>::new();
        for number in 0..256 {
            let place = texts.keep(number, &coming, &mut |owner, place| {
                places[usize::from(owner)] = place;
            });
            places.push(place);
        }
        for place in places {
            let kept = texts.get(place);
            assert!(kept.is_named && kept.about.severity == coming.about.severity);
            let router: String = kept
                .about
                .router
                .as_text()
                .parts()
                .map(|(_, part)| part)
                .collect();
            assert!(
                router.starts_with("a éé")
                    && router.trim_start_matches("a ").chars().all(|c| c == 'é')
            );
            assert!(HEADER_BYTES + kept_bytes(&kept) + 2 > SHARE_BYTES);
        }
    }

    /// However long the texts are, there is room for as many as promised. They are
    /// cut between two characters, each still names its router, and the memory is never
    /// exceeded.
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
                let place = texts.keep(number as u16, &kept(&long, 1), &mut |owner, place| {
                    places[usize::from(owner)] = place;
                });
                places.push(place);
                assert!(texts.bytes.len() <= COOLDOWN_TEXTS_BYTES);
            }
            for (number, &place) in places.iter().enumerate() {
                let kept = texts.get(place);
                assert_eq!(kept.source, Ipv6Addr::from(1 << 96));
                let router: StdVec<_> = kept.about.router.as_text().parts().collect();
                assert_eq!(router, [(Origin::Log, "r1")]);
                let shown: String = kept.text.parts().map(|(_, part)| part).collect();
                let log = shown.strip_prefix("a ").expect("the beginning");
                assert!(log.len() >= 3 * long.len(), "{number}: {shown}");
                assert!(log.split(long).all(str::is_empty), "{number}: {shown}");
            }
            // Nobody has less than the share without need.
            assert!(texts.bytes.len() > COOLDOWN_TEXTS_BYTES * 3 / 4);
        }
    }
}
