//! The two forms of `Retry-After`: a number of seconds, or a date.

use crate::bytes::parse_digits;
use crate::time::{MONTHS, days_from_civil};

/// Returns a delay in seconds as milliseconds: digits, and a fraction although
/// the standard has none, since Discord sends one elsewhere (RFC 9110, section
/// 10.2.3). `None` for anything else, negative numbers included.
pub(in crate::delivery) fn delay_millis(value: &str) -> Option<u64> {
    let value = value.trim_ascii();
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    // Too many digits for a number are a long wait, not a wrong value.
    let millis = (parse_digits(whole.as_bytes())? as u64).saturating_mul(1_000);
    parse_digits(fraction.as_bytes())?;
    let fraction: u64 = fraction
        .bytes()
        .chain(*b"00")
        .take(3)
        .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    Some(millis.saturating_add(fraction))
}

/// A date of HTTP, in any of its three forms (RFC 9110, section 5.6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::delivery) struct HttpDate {
    unix_secs: i64,
}

impl HttpDate {
    /// Returns the seconds since 1970-01-01 00:00:00 UTC.
    pub(in crate::delivery) const fn unix_secs(self) -> i64 {
        self.unix_secs
    }

    /// Parses `Sun, 06 Nov 1994 08:49:37 GMT` and the obsolete forms
    /// `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
    ///
    /// The day of the week is not checked: it adds nothing to the date.
    pub(in crate::delivery) fn parse(value: &str) -> Option<Self> {
        let mut words = value
            .as_bytes()
            .split(|byte| b" -,".contains(byte))
            .filter(|word| !word.is_empty())
            .skip(1);
        let (first, second) = (words.next()?, words.next()?);
        let (third, fourth) = (words.next()?, words.next()?);
        let (day, month, year, time) = if month_number(first).is_some() {
            (second, first, fourth, third)
        } else {
            (first, second, third, fourth)
        };
        let (day, year) = (up_to_four_digits(day)?, up_to_four_digits(year)?);
        let year = match year {
            // Two digits are of this century here: the form dates from 1985,
            // a server that still sends it does not.
            0..100 => year + 2_000,
            _ => year,
        };
        let mut clock = time.split(|&byte| byte == b':').map(up_to_four_digits);
        let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
        let in_range = (1..=31).contains(&day)
            && (1_970..10_000).contains(&year)
            && hour < 24
            && minute < 60
            && second <= 60;
        in_range.then_some(())?;
        let days = days_from_civil(year, month_number(month)?, day);
        Some(Self {
            unix_secs: ((days * 24 + hour) * 60 + minute) * 60 + second,
        })
    }
}

/// Returns the number of the month with the given three letters.
fn month_number(name: &[u8]) -> Option<i64> {
    let index = MONTHS
        .as_bytes()
        .chunks(3)
        .position(|known| known == name)?;
    Some(index as i64 + 1)
}

/// Parses one to four digits.
fn up_to_four_digits(digits: &[u8]) -> Option<i64> {
    let value = parse_digits(digits).filter(|_| digits.len() <= 4)?;
    i64::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds, fractions, and what is neither.
    #[test]
    fn seconds() {
        for (value, millis) in [
            ("0", Some(0)),
            ("120", Some(120_000)),
            (" 7 ", Some(7_000)),
            ("64.57", Some(64_570)),
            ("1.0004", Some(1_000)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("-5", None),
            ("", None),
            ("5.", None),
            (".5", None),
            ("1e3", None),
            ("soon", None),
        ] {
            assert_eq!(delay_millis(value), millis, "{value:?}");
        }
    }

    /// The standard's own example in its three forms, and impossible dates.
    #[test]
    fn dates() {
        for value in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 6 Nov 1994 08:49:37 GMT",
        ] {
            let date = HttpDate::parse(value).map(HttpDate::unix_secs);
            assert_eq!(date, Some(784_111_777), "{value}");
        }
        let short = HttpDate::parse("Sunday, 22-Nov-26 10:00:00 GMT");
        assert_eq!(short.map(HttpDate::unix_secs), Some(1_795_341_600));
        for value in [
            "",
            "Sun",
            "Sun, 06 Nov 1994",
            "Sun, 06 Nov 1994 8:49 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 19940 08:49:37 GMT",
            "Sun, 06 Nov 01994 08:49:37 GMT",
            "Sun, 06 Now 1994 08:49:37 GMT",
            "Sun, 06 anF 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            "é, é é é é",
        ] {
            assert_eq!(HttpDate::parse(value), None, "{value:?}");
        }
    }
}
