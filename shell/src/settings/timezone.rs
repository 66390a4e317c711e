//! A check of `TZ`.
//!
//! The C library never complains: a zone that it does not know is UTC. RouterOS
//! sets `TZ` to its own time-zone-name, which is `manual` by default, so users
//! would wonder about the times; hence one warning.

use super::{Env, Problems};

/// Folders that may hold zone files: musl's list (musl 1.2.3, `__tz.c`).
const ZONEINFO: [&str; 3] = ["/usr/share/zoneinfo", "/share/zoneinfo", "/etc/zoneinfo"];

/// Warns if `TZ` is set to something that counts as UTC.
pub(crate) fn check(env: &Env, problems: &mut Problems) {
    // The C library takes it as it stands.
    let Some(value) = env.verbatim("TZ", problems) else {
        return;
    };
    if let Some((name, sign, hours)) = reversed(value) {
        let (direction, other) = match sign {
            '+' => ("behind", '-'),
            _ => ("ahead of", '+'),
        };
        problems.warning(
            "TZ",
            format_args!(
                "'{value}' is {hours} {direction} UTC, because signs of POSIX time zones are the \
                 other way round; write {name}{other}{hours} for the other side, or \
                 <{other}{hours}>{sign}{hours} if it is meant"
            ),
        );
    }
    let zone = value.strip_prefix(':').unwrap_or(value);
    if zone.is_empty() || zone == "UTC" || has_file(zone) {
        return;
    }
    if is_posix(zone) {
        if lacks_rule(zone) {
            problems.warning(
                "TZ",
                format_args!(
                    "'{value}' does not say when summer time begins and ends; an example is \
                     CET-1CEST,M3.5.0,M10.5.0/3"
                ),
            );
        }
        return;
    }
    problems.warning(
        "TZ",
        format_args!(
            "'{value}' is neither a POSIX time zone (such as CET-1CEST,M3.5.0,M10.5.0/3) nor \
             a zone that this machine has a file for; times are in UTC"
        ),
    );
}

/// Returns whether a zone begins as a POSIX one (POSIX.1-2024, section 8.3):
/// a name of three letters or more, or one in `<>`, and an offset.
fn is_posix(zone: &str) -> bool {
    let letters = zone.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let after_name = match zone.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>').map(|(_, rest)| rest),
        None => (zone.len() - letters.len() >= 3).then_some(letters),
    };
    after_name
        .map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest))
        .is_some_and(|offset| offset.starts_with(|c: char| c.is_ascii_digit()))
}

/// Returns the parts of `GMT+2` or `UTC-3`, which most people mean the other way round, and
/// of zones whose sign cannot be right, such as `CET+1`.
fn reversed(zone: &str) -> Option<(&str, char, &str)> {
    let (name, offset) = zone
        .strip_prefix("Etc/")
        .unwrap_or(zone)
        .split_at_checked(3)?;
    let (sign, hours) = match offset.strip_prefix(['+', '-']) {
        Some(hours) => (offset.chars().next()?, hours),
        None => ('+', offset),
    };
    let end = hours.find(|c: char| !c.is_ascii_digit() && c != ':');
    let hours = &hours[..end.unwrap_or(hours.len())];
    let is_zero = hours.trim_matches(['0', ':']).is_empty();
    let is_reversed = match name {
        "GMT" | "UTC" => offset.starts_with(sign),
        "CET" | "EET" | "MSK" => sign == '+',
        "EST" | "PST" => sign == '-',
        _ => false,
    };
    (is_reversed && !is_zero).then_some((name, sign, hours))
}

/// Returns whether a POSIX zone has a name for summer time and does not say when that is.
fn lacks_rule(zone: &str) -> bool {
    let offset_at = zone.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let summer = zone[offset_at..].contains(|c: char| c.is_ascii_alphabetic());
    !zone.starts_with('<') && summer && zone.split(',').count() != 3
}

fn has_file(zone: &str) -> bool {
    if zone.starts_with('/') {
        return std::fs::metadata(zone).is_ok();
    }
    ZONEINFO
        .iter()
        .any(|folder| std::fs::metadata(format!("{folder}/{zone}")).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(value: &str) -> usize {
        let mut problems = Problems::default();
        let env = Env::new([("TZ".into(), value.into())].into_iter());
        check(&env, &mut problems);
        problems.warnings().len()
    }

    /// POSIX zones pass, and zones that would silently be UTC are reported.
    #[test]
    fn posix_strings_are_known_and_others_reported() {
        for zone in ["", "UTC", "UTC0", "<+03>-3", "EST5EDT,M3.2.0,M11.1.0"] {
            assert_eq!(warnings(zone), 0, "{zone}");
        }
        for zone in [
            "GMT+2",
            "UTC-3",
            " CET-1",
            "UTC+02:00",
            "GMT-1:30",
            "CET+1",
            "EET2",
        ] {
            assert_eq!(warnings(zone), 1, "{zone}");
        }
        for zone in [
            "EST-5EDT,M3.2.0,M11.1.0",
            "CET-1CEST",
            "EST5EDT,M3.2.0",
            "Etc/GMT+20",
        ] {
            assert!(warnings(zone) > 0, "{zone}");
        }
        for zone in [
            "UTC+0",
            "GMT0BST,M3.5.0/1,M10.5.0",
            "CST-8",
            "CST6CDT,M3.2.0,M11.1.0",
        ] {
            assert_eq!(warnings(zone), 0, "{zone}");
        }
        for zone in ["manual", "Mars/Olympus", "+03", "AB3", "<+03"] {
            assert_eq!(warnings(zone), 1, "{zone}");
        }
    }
}
