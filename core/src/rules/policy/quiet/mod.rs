//! Quiet hours and the times of digests, on the local clock.
//!
//! A range that ends before it begins ends on the next day, and belongs to the day on
//! which it begins: `fri 22:00-07:00` is the night from Friday to Saturday.
//!
//! Everything here is in whole minutes of local time, counted from 1970. When summer time
//! begins or ends, the range that the clock then shows counts: a quiet night is an hour
//! shorter or longer, and an hour that comes twice is quiet twice.

mod parse;
#[cfg(test)]
mod tests;

pub use parse::QuietError;

use alloc::boxed::Box;
use core::fmt::{self, Write as _};

use crate::limits::DIGEST_UNSET_CLOCK_MILLIS;
use crate::time::{Duration, Instant, Wall};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const EVERY_DAY: u8 = 0x7F;
const DAY_MINUTES: u32 = 24 * 60;
const WEEK_MINUTES: u32 = 7 * DAY_MINUTES;

/// The hours in which notifications are held; by default none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quiet(Box<[Range]>);

/// A range of time on some days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    /// One bit for each day on which it begins, Monday first.
    days: u8,
    /// The minute of the day at which it begins.
    start: u16,
    /// Its length in minutes: at most a day.
    minutes: u16,
}

/// When a digest is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestTime {
    /// So many milliseconds after the first that it holds.
    After(u64),
    /// At these minutes of the day. While the clock is not set, an hour after the first.
    At(Box<[u16]>),
}

impl Quiet {
    /// Returns whether there are no quiet hours.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether a time is in quiet hours. None is while the clock is not set,
    /// because nothing would say when they end.
    pub(super) fn contains(&self, wall: Wall) -> bool {
        Wall::is_set(wall.unix_secs) && self.contains_minute(local_minute(wall).0)
    }

    /// Returns whether a minute of local time is in quiet hours.
    pub(super) fn contains_minute(&self, minute: u32) -> bool {
        // 1970 began on a Thursday.
        let of_week = minute + 3 * DAY_MINUTES;
        self.0.iter().any(|range| {
            (0..7).any(|day| {
                let begins = day * DAY_MINUTES + u32::from(range.start);
                let after = (of_week + WEEK_MINUTES - begins) % WEEK_MINUTES;
                range.days >> day & 1 != 0 && after < range.minutes.into()
            })
        })
    }
}

/// Writes the hours as they were understood, in the form in which they are read.
impl fmt::Display for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            if range.days == EVERY_DAY {
                f.write_str("every day")?;
            } else {
                let mut separator = "";
                for (day, name) in DAYS.iter().enumerate() {
                    if range.days >> day & 1 != 0 {
                        f.write_str(separator)?;
                        f.write_str(name)?;
                        separator = ",";
                    }
                }
            }
            f.write_char(' ')?;
            write_time(range.start, f)?;
            f.write_char('-')?;
            let end = range.start + range.minutes;
            let day = DAY_MINUTES as u16;
            write_time(if end > day { end - day } else { end }, f)?;
        }
        Ok(())
    }
}

impl DigestTime {
    /// Returns whether the time of a digest has come, of which the first was held at
    /// `opened`. It had not when this was asked before, when the clock showed `seen`.
    pub(super) fn has_come(&self, opened: Instant, seen: Wall, now: Instant, wall: Wall) -> bool {
        if let Some(millis) = self.waits(seen).or_else(|| self.waits(wall)) {
            return now.since(opened) >= millis;
        }
        let Self::At(times) = self else {
            return false;
        };
        // The clock may have been set forward over a time, which has come then.
        let (from, to) = (local_minute(seen).0, local_minute(wall).0);
        times.iter().any(|&time| {
            let ahead = u32::from(time) + DAY_MINUTES - 1 - from % DAY_MINUTES;
            from + 1 + ahead % DAY_MINUTES <= to
        })
    }

    /// Returns for how many milliseconds a digest waits, if its end is no time of day.
    pub(super) fn waits(&self, wall: Wall) -> Option<u64> {
        match self {
            Self::After(millis) => Some(*millis),
            Self::At(_) => (!Wall::is_set(wall.unix_secs)).then_some(DIGEST_UNSET_CLOCK_MILLIS),
        }
    }

    /// Returns whether a minute of local time is a digest's.
    pub(super) fn is_at(&self, minute: u32) -> bool {
        let of_day = (minute % DAY_MINUTES) as u16;
        matches!(self, Self::At(times) if times.contains(&of_day))
    }
}

/// Writes the time after "in a digest".
impl fmt::Display for DigestTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(millis) => write!(f, "after {}", Duration(*millis)),
            Self::At(times) => {
                for (index, &time) in times.iter().enumerate() {
                    f.write_str(if index == 0 { "at " } else { " and " })?;
                    write_time(time, f)?;
                }
                Ok(())
            }
        }
    }
}

/// Returns the minutes that the local clock has counted since 1970, and the second.
pub(super) fn local_minute(wall: Wall) -> (u32, u32) {
    let secs = wall.unix_secs.saturating_add(wall.offset_secs.into());
    // A clock that shows less is not set, and none can be set to as much.
    let secs = secs.clamp(0, i64::from(u32::MAX) * 30) as u64;
    ((secs / 60) as u32, (secs % 60) as u32)
}

fn write_time(minute: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{:02}:{:02}", minute / 60, minute % 60)
}
