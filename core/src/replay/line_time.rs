//! The time that a line carries, as a number.
//!
//! Routers write it in their own zone, often without a year, sometimes without a date. Zones
//! are left out: what counts is the time from one line to the next.

use crate::bytes::parse_digits;
use crate::time::{Wall, days_from_civil};

const MONTHS: &[u8; 36] = b"janfebmaraprmayjunjulaugsepoctnovdec";

const DAY: i64 = 86_400;

/// Returns a line's time in seconds since 1970. What it does not say, the year or the whole
/// date, is taken from `before`, the time of the line before.
pub(super) fn seconds(time: &[u8], before: i64) -> Option<i64> {
    let is_clock = |part: &[u8]| part[2] == b':' && part[5] == b':';
    let clock = time.windows(8).position(is_clock)?;
    let (date, rest) = time.split_at(clock);
    let [hour, minute, second] = [0, 3, 6].map(|at| number(&rest[at..at + 2]));
    let of_day = (hour? * 60 + minute?) * 60 + second?;
    let (year, month, day, ..) = Wall {
        unix_secs: before,
        offset_secs: 0,
    }
    .civil();
    let mut words = date
        .split(|byte| !byte.is_ascii_alphanumeric())
        .map(|word| word.strip_suffix(b"T").unwrap_or(word))
        .filter(|word| !word.is_empty());
    let words: [Option<&[u8]>; 3] = core::array::from_fn(|_| words.next());
    let (written_year, month, day) = match words {
        [None, ..] => {
            let days = days_from_civil(year, month.into(), day.into());
            let secs = days * DAY + of_day;
            // Half a day earlier than the line before is on the next day.
            return Some(if secs < before - DAY / 2 {
                secs + DAY
            } else {
                secs
            });
        }
        [Some(first), second, third] => match (month_named(first), third) {
            (Some(month), year) => (year, month, number(second?)?),
            (None, Some(day)) => (Some(first), number(second?)?, number(day)?),
            (None, None) => (None, number(first)?, number(second?)?),
        },
    };
    let at = |year| days_from_civil(year, month, day) * DAY + of_day;
    match written_year {
        Some(year) => Some(at(number(year)?)),
        // Half a year earlier than the line before is in the next year.
        None if at(year) < before - 183 * DAY => Some(at(year + 1)),
        None => Some(at(year)),
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    // Four digits are a year; more are no part of a time.
    let number = parse_digits(digits)?;
    (number < 10_000).then_some(number as i64)
}

fn month_named(word: &[u8]) -> Option<i64> {
    let mut names = MONTHS.chunks(3);
    let place = names.position(|name| word.eq_ignore_ascii_case(name))?;
    Some(place as i64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every form that routers write, with what it does not say taken from the line before.
    #[test]
    fn forms() {
        // 2026-11-22 10:00:00.
        let before = 1_795_341_600;
        for (time, expected) in [
            ("Nov 22 10:00:01", "2026-11-22 10:00:01"),
            ("Nov  2 10:00:01.5", "2026-11-02 10:00:01"),
            ("Jan  2 10:00:01", "2027-01-02 10:00:01"),
            ("2025-03-04T05:06:07.8+01:00", "2025-03-04 05:06:07"),
            ("2025-03-04 05:06:07", "2025-03-04 05:06:07"),
            ("Oct/02/2026 16:49:36", "2026-10-02 16:49:36"),
            ("oct/02 16:49:36", "2026-10-02 16:49:36"),
            ("10-02 16:49:36", "2026-10-02 16:49:36"),
            ("16:49:36", "2026-11-22 16:49:36"),
            ("09:59:59", "2026-11-22 09:59:59"),
        ] {
            let secs = seconds(time.as_bytes(), before);
            let wall = secs.map(|unix_secs| Wall {
                unix_secs,
                offset_secs: 0,
            });
            assert_eq!(wall.expect(time).to_string(), expected, "{time}");
        }
        let evening = before + 13 * 3_600;
        assert_eq!(seconds(b"00:00:01", evening), Some(before + 14 * 3_600 + 1));
        for time in [
            "",
            "x",
            "Nov 22",
            "Now 22 10:00:00",
            "aa:bb:cc",
            "1 2 3 4 :: ::::",
        ] {
            assert_eq!(seconds(time.as_bytes(), before), None, "{time}");
        }
    }
}
