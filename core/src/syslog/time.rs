//! The time that the router wrote.

use crate::syslog::scan::has_shape;

/// `Mmm dd hh:mm:ss` (RFC 3164, section 4.1.2).
const BSD: &[u8] = b"Aaa d0 00:00:00";
/// The same with the year in front of the hour, as Cisco's firewalls have it.
const BSD_WITH_YEAR: &[u8] = b"Aaa d0 0000 00:00:00";
/// The beginning of RouterOS' `syslog-time-format=iso8601`, and of RFC 5424's time.
const ISO: &[u8] = b"0000-00-00T00:00:00";

/// The time of a disk file or of `/log/print`, in all RouterOS versions.
const LOG_FILE: [&[u8]; 7] = [
    b"Aaa/00/0000 00:00:00",
    b"aaa/00/0000 00:00:00",
    b"0000-00-00 00:00:00",
    b"Aaa/00 00:00:00",
    b"aaa/00 00:00:00",
    b"00-00 00:00:00",
    b"00:00:00",
];

/// Splits a time and the blank after it off the beginning of a text.
pub(super) fn split_time(text: &[u8]) -> Option<(&[u8], &[u8])> {
    split_blank(text, time_length(text)?)
}

/// Returns the length of the time that a text begins with: BSD's, or ISO 8601 with a
/// fraction and a zone.
pub(super) fn time_length(text: &[u8]) -> Option<usize> {
    // Every line is asked, and most begin with their topics.
    if text.first().is_none_or(u8::is_ascii_lowercase) {
        return None;
    }
    if has_shape(text, BSD) {
        // A year stands after it in a few devices, and is nobody's identity.
        let rest = &text[BSD.len()..];
        let more = if has_year(rest) { 5 } else { fraction(rest) };
        return Some(BSD.len() + more);
    }
    if has_shape(text, BSD_WITH_YEAR) {
        return Some(BSD_WITH_YEAR.len());
    }
    if has_shape(text, ISO) {
        let length = ISO.len() + fraction(&text[ISO.len()..]);
        return Some(length + zone(&text[length..]));
    }
    None
}

/// Splits the time of a disk file or of `/log/print`, and the blank after it, off
/// the beginning of a text.
pub(super) fn split_log_file_time(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let shape = LOG_FILE.iter().find(|shape| has_shape(text, shape))?;
    split_blank(text, shape.len())
}

/// Skips a time and the blank after it, see [`split_time`].
pub(super) fn skip_time(text: &[u8]) -> Option<&[u8]> {
    split_time(text).map(|(_, rest)| rest)
}

fn split_blank(text: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let (time, rest) = text.split_at_checked(length)?;
    Some((time, rest.strip_prefix(b" ")?))
}

/// Returns the length of a fraction of a second.
fn fraction(text: &[u8]) -> usize {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    match text.split_first() {
        Some((b'.' | b',', rest)) if digits(rest) > 0 => 1 + digits(rest),
        _ => 0,
    }
}

/// Returns the length of `Z`, `+hh:mm` or RouterOS' `+hhmm`.
fn zone(text: &[u8]) -> usize {
    const ZONES: [&[u8]; 4] = [b"+00:00", b"-00:00", b"+0000", b"-0000"];
    let length = |zone: &[u8]| has_shape(text, zone).then_some(zone.len());
    let length = ZONES.into_iter().find_map(length);
    length.unwrap_or_else(|| usize::from(text.starts_with(b"Z")))
}

/// Returns whether ` 20yy ` follows.
fn has_year(text: &[u8]) -> bool {
    has_shape(text, b" 2000 ") && text[2] == b'0' || has_shape(text, b" 1000 ") && text[2] == b'9'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All forms go, with all that belongs to them.
    #[test]
    fn times() {
        for time in [
            "Nov  8 17:06:34",
            "Nov 18 17:06:34",
            "Nov 18 17:06:34.123",
            "Nov 18 2026 17:06:34",
            "Nov 18 17:06:34 2026",
            "Nov 18 17:06:34 1999",
            "2025-11-22T21:24:35",
            "2025-11-22T21:24:35.265-0500",
            "2025-11-22T21:24:35.265123+02:00",
            "2025-11-22T21:24:35Z",
        ] {
            let text = format!("{time} x y");
            let expected = Some((time.as_bytes(), &b"x y"[..]));
            assert_eq!(split_time(text.as_bytes()), expected);
        }
    }

    /// A number after the time that is no year of our days is somebody's identity.
    #[test]
    fn other_numbers_are_no_years() {
        for number in ["1234", "2345", "199", "20261"] {
            let text = format!("Nov 18 17:06:34 {number} x");
            let rest = skip_time(text.as_bytes());
            assert_eq!(rest, Some(format!("{number} x").as_bytes()));
        }
    }

    /// A time needs a blank after it, and other texts have none.
    #[test]
    fn other_texts_have_no_time() {
        for text in [
            "Nov  8 17:06:34",
            "2025-11-22T21:24:35.265-0500",
            "2025-11-22T21:24:35.x y",
            "2025-11-22T21:24:35. x",
            "2025-11-22 21:24:35 x",
            "nov  8 17:06:34 x",
            "",
        ] {
            assert_eq!(skip_time(text.as_bytes()), None, "{text}");
        }
    }

    /// The dates of a log file, by version.
    #[test]
    fn log_file_times() {
        for time in [
            "Oct/02/2026 16:49:36",
            "oct/02/2021 16:49:36",
            "2026-10-02 16:49:36",
            "oct/02 16:49:36",
            "16:49:36",
        ] {
            let text = format!("{time} x y");
            let expected = Some((time.as_bytes(), &b"x y"[..]));
            assert_eq!(split_log_file_time(text.as_bytes()), expected);
        }
    }
}
