//! Time in the core: always an argument; the core never reads a clock.
//!
//! There are two clocks, and they are never mixed. [`Instant`] is monotonic and
//! drives every decision (cooldown, pacing, back-off, age). [`Wall`] is for people to
//! read: on a router it may be in 1970 until NTP answers, and may jump. It decides only
//! what people say in its terms, quiet hours and the times of digests, and is asked
//! again and again while it does.

use core::fmt;

/// A point on the monotonic clock, in milliseconds from an arbitrary epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant {
    millis: u64,
}

impl Instant {
    /// The epoch itself.
    pub const ZERO: Self = Self { millis: 0 };

    /// Returns the instant `millis` milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self { millis }
    }

    /// Returns the milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.millis
    }

    /// Returns the milliseconds from `earlier` to `self`, or 0 if `earlier` is
    /// later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.millis.saturating_sub(earlier.millis)
    }

    /// Returns the instant `millis` milliseconds earlier, but not before the epoch.
    #[must_use]
    pub const fn before(self, millis: u64) -> Self {
        Self {
            millis: self.millis.saturating_sub(millis),
        }
    }

    /// Returns the instant `millis` milliseconds later.
    #[must_use]
    pub const fn after(self, millis: u64) -> Self {
        Self {
            millis: self.millis.saturating_add(millis),
        }
    }
}

/// A wall-clock time with the local zone's offset at that time.
///
/// `Display` writes `YYYY-MM-DD HH:MM:SS` in local time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wall {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub unix_secs: i64,
    /// Seconds by which local time is ahead of UTC.
    pub offset_secs: i32,
}

/// The names of the months, of three letters each (RFC 5322, section 3.3).
pub(crate) const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// A router's clock that shows less has not been set yet: 2020-01-01 in UTC.
const CLOCK_IS_SET_FROM: i64 = 1_577_836_800;

impl Wall {
    /// Returns whether a clock that shows so many seconds since 1970 can have
    /// been set.
    #[must_use]
    pub(crate) const fn is_set(unix_secs: i64) -> bool {
        unix_secs >= CLOCK_IS_SET_FROM
    }

    /// Returns the local date and time: year, month, day, hour, minute, second.
    ///
    /// The day count follows Howard Hinnant's `civil_from_days`
    /// (chrono-compatible low-level date algorithms, public domain).
    #[must_use]
    pub const fn civil(self) -> (i64, u8, u8, u8, u8, u8) {
        let local = self.unix_secs.saturating_add(self.offset_secs as i64);
        let (days, secs) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + (month <= 2) as i64;
        let (hour, minute, second) = (secs / 3_600, secs / 60 % 60, secs % 60);
        (
            year,
            month as u8,
            day as u8,
            hour as u8,
            minute as u8,
            second as u8,
        )
    }

    /// Returns a value whose `Display` writes the time of day only, `HH:MM:SS`.
    #[must_use]
    pub const fn time_of_day(self) -> TimeOfDay {
        TimeOfDay(self)
    }
}

/// Returns the days from 1970-01-01 to a date of the Gregorian calendar, the
/// inverse of [`Wall::civil`]. Months and days count from 1; a day past the end of
/// its month counts into the next month.
///
/// Follows Howard Hinnant's `days_from_civil` (chrono-compatible low-level date
/// algorithms, public domain).
pub(crate) const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years are shifted to begin in March, which puts the leap day at the end.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

const _: () = assert!(days_from_civil(1970, 1, 1) == 0);

impl fmt::Display for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day, ..) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02} {}", self.time_of_day())
    }
}

/// A time in milliseconds. `Display` writes its two largest units: `3 min 12 s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration(pub u64);

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0 / 1_000;
        let mut written = 0;
        for (secs, unit) in [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")] {
            let count = rest / secs;
            rest %= secs;
            // Zero is written if there is nothing else.
            if written < 2 && (count > 0 || (secs == 1 && written == 0)) {
                let blank = if written > 0 { " " } else { "" };
                write!(f, "{blank}{count} {unit}")?;
                written += 1;
            }
            // The second unit is the next smaller one, or none.
            if written == 1 && count == 0 {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// The time of day of a [`Wall`], as text.
#[derive(Clone, Copy, Debug)]
pub struct TimeOfDay(Wall);

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (.., hour, minute, second) = self.0.civil();
        write!(f, "{hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(unix_secs: i64, offset_secs: i32) -> String {
        format!(
            "{}",
            Wall {
                unix_secs,
                offset_secs
            }
        )
    }

    /// Two units at most, which follow each other; nothing but the seconds if there is
    /// nothing else.
    #[test]
    fn durations() {
        for (millis, expected) in [
            (0, "0 s"),
            (999, "0 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (192_000, "3 min 12 s"),
            (3_600_000, "1 h"),
            (3_601_000, "1 h"),
            (7_500_000, "2 h 5 min"),
            (90_061_000, "1 d 1 h"),
            (u64::MAX, "213503982334 d 14 h"),
        ] {
            assert_eq!(Duration(millis).to_string(), expected);
        }
    }

    /// Dates are right at the epoch, on a leap day, in a century year that is not a
    /// leap year, and before 1970.
    #[test]
    fn civil_dates() {
        assert_eq!(local(0, 0), "1970-01-01 00:00:00");
        assert_eq!(local(951_782_400, 0), "2000-02-29 00:00:00");
        assert_eq!(local(4_107_542_399, 0), "2100-02-28 23:59:59");
        assert_eq!(local(4_107_542_400, 0), "2100-03-01 00:00:00");
        assert_eq!(local(-1, 0), "1969-12-31 23:59:59");
    }

    /// The offset can move the date across midnight in both directions.
    #[test]
    fn offsets_cross_midnight() {
        assert_eq!(local(1_774_396_800 - 1, 3_600), "2026-03-25 00:59:59");
        assert_eq!(local(1_774_396_800, -10_800), "2026-03-24 21:00:00");
    }

    /// The two conversions agree on every day of 400 years, after which the calendar
    /// repeats.
    #[test]
    fn dates_and_days_agree() {
        let first = days_from_civil(1800, 3, 1);
        for days in first..=first + 146_097 {
            let wall = Wall {
                unix_secs: days * 86_400 + 86_399,
                offset_secs: 0,
            };
            let (year, month, day, ..) = wall.civil();
            assert_eq!(days_from_civil(year, month.into(), day.into()), days);
        }
        assert_eq!(days_from_civil(2200, 3, 1), first + 146_097);
        // A known value, and a day past the end of its month.
        assert_eq!(days_from_civil(2017, 1, 1), 17_167);
        assert_eq!(days_from_civil(2026, 2, 30), days_from_civil(2026, 3, 2));
    }
}
