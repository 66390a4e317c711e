//! Quiet hours and times of digests as users write them.
//!
//! ```text
//! quiet := range+                     parts are separated by commas, blanks or both
//! range := days* time '-' time
//! days  := day | day '-' day          without any, every day
//! day   := mon | tue | wed | thu | fri | sat | sun
//! time  := 0:00 to 24:00
//! ```

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

use super::{DAY_MINUTES, DAYS, DigestTime, EVERY_DAY, Quiet, Range, WEEK_MINUTES};
use crate::limits::{DIGEST_SECS_MAX, QUIET_PARTS_MAX};

/// Error returned by [`Quiet::parse`] and [`DigestTime::parse`]: the part of the value
/// that is wrong begins at a byte [`offset`](Self::offset).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietError {
    pub(super) offset: usize,
    pub(super) kind: ErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorKind {
    /// Neither a range nor days.
    Part,
    /// Days, or nothing at all, and then the end.
    NoRange,
    /// A range that begins and ends at the same time.
    Empty,
    /// There is no minute of the week that is not quiet.
    Always,
    /// More parts than there may be.
    TooMany,
    /// Neither seconds nor times of day.
    Digest,
}

impl QuietError {
    /// Returns the byte offset in the value of what is wrong.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for QuietError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ErrorKind::Part => {
                "this is neither a range such as 22:00-07:00 nor days such as sat or mon-fri"
            }
            ErrorKind::NoRange => {
                "there is no range after this; write days before theirs, as in sat,sun 00:00-24:00"
            }
            ErrorKind::Empty => "the range is empty; a whole day is 00:00-24:00",
            ErrorKind::Always => {
                "it is always quiet, so nothing would ever be sent; leave some time of the week"
            }
            ErrorKind::TooMany => return write!(f, "there are more than {QUIET_PARTS_MAX} parts"),
            ErrorKind::Digest => {
                return write!(
                    f,
                    "this is neither a number of seconds from 1 to {DIGEST_SECS_MAX} nor a time \
                     of day such as 07:00"
                );
            }
        })
    }
}

impl Quiet {
    /// Reads quiet hours as users write them, see the module.
    ///
    /// # Errors
    ///
    /// Returns the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, QuietError> {
        let mut ranges = Vec::new();
        let mut days = 0;
        for (number, (offset, part)) in parts(text).enumerate() {
            let fail = |kind| Err(QuietError { offset, kind });
            if number >= QUIET_PARTS_MAX {
                return fail(ErrorKind::TooMany);
            }
            if let Some(more) = parse_days(part) {
                days |= more;
                continue;
            }
            let times = part.split_once('-');
            let times = times.and_then(|(start, end)| Some((parse_time(start)?, parse_time(end)?)));
            let Some((start, end)) = times.filter(|&(start, _)| start < DAY_MINUTES) else {
                return fail(ErrorKind::Part);
            };
            let next_day = match end.cmp(&start) {
                Ordering::Less => DAY_MINUTES,
                Ordering::Equal => return fail(ErrorKind::Empty),
                Ordering::Greater => 0,
            };
            ranges.push(Range {
                days: if days == 0 { EVERY_DAY } else { days },
                start: start as u16,
                minutes: (end + next_day - start) as u16,
            });
            days = 0;
        }
        if days != 0 || ranges.is_empty() {
            return Err(QuietError {
                offset: text.len(),
                kind: ErrorKind::NoRange,
            });
        }
        let quiet = Self(ranges.into());
        if (0..WEEK_MINUTES).all(|minute| quiet.contains_minute(minute)) {
            return Err(QuietError {
                offset: 0,
                kind: ErrorKind::Always,
            });
        }
        Ok(quiet)
    }
}

impl DigestTime {
    /// Reads a number of seconds, or times of day separated by commas.
    ///
    /// # Errors
    ///
    /// Returns the first part that is neither.
    pub fn parse(text: &str) -> Result<Self, QuietError> {
        if let Ok(secs) = text.parse()
            && (1..=DIGEST_SECS_MAX).contains(&secs)
        {
            return Ok(Self::After(secs * 1_000));
        }
        let mut times = Vec::new();
        for (offset, part) in parts(text) {
            let error = |kind| QuietError { offset, kind };
            if times.len() >= QUIET_PARTS_MAX {
                return Err(error(ErrorKind::TooMany));
            }
            let time = parse_time(part).ok_or_else(|| error(ErrorKind::Digest))?;
            times.push((time % DAY_MINUTES) as u16);
        }
        if times.is_empty() {
            return Err(QuietError {
                offset: 0,
                kind: ErrorKind::Digest,
            });
        }
        Ok(Self::At(times.into()))
    }
}

/// Returns the parts of a value, each with its offset.
fn parts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let parts = text.split([',', ' ']).scan(0, |next, part| {
        let offset = *next;
        *next += part.len() + 1;
        Some((offset, part))
    });
    parts.filter(|(_, part)| !part.is_empty())
}

/// Reads a day or several that follow each other, also over the end of the week.
fn parse_days(text: &str) -> Option<u8> {
    let day = |name: &str| {
        let mut days = DAYS.iter();
        days.position(|day| day.eq_ignore_ascii_case(name))
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (day(first)?, day(last)?);
    let count = (last + DAYS.len() - first) % DAYS.len() + 1;
    let days = (first..first + count).map(|day| 1 << (day % DAYS.len()));
    Some(days.sum())
}

/// Reads a time of day as its minute, from 0 to [`DAY_MINUTES`].
fn parse_time(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| -> Option<u32> {
        // A sign, which Rust's parser takes, is a mistake.
        let is_number = digits.len() <= 2 && !digits.starts_with('+');
        digits.parse().ok().filter(|_| is_number)
    };
    let (hours, minutes, length) = (number(hours)?, number(minutes)?, minutes.len());
    let time = hours * 60 + minutes;
    (minutes < 60 && length == 2 && time <= DAY_MINUTES).then_some(time)
}
