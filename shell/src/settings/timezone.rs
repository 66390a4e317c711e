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
    if zone.is_empty() || zone == "UTC" || is_posix(zone) || has_file(zone) {
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

/// Returns the parts of `GMT+2` or `UTC-3`, which most people mean the other way
/// round.
fn reversed(zone: &str) -> Option<(&str, char, &str)> {
    let (name, offset) = zone.split_at_checked(3)?;
    let sign = offset.chars().next().filter(|sign| "+-".contains(*sign))?;
    let hours = &offset[1..];
    let is_number = hours.parse().is_ok_and(|hours: u8| hours > 0);
    (matches!(name, "GMT" | "UTC") && is_number).then_some((name, sign, hours))
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
        for zone in [
            "",
            "UTC",
            "UTC0",
            "CET-1CEST",
            "<+03>-3",
            "EST5EDT,M3.2.0,M11.1.0",
        ] {
            assert_eq!(warnings(zone), 0, "{zone}");
        }
        for zone in ["GMT+2", "UTC-3", "UTC+0x", " CET-1"] {
            assert_eq!(warnings(zone), usize::from(zone != "UTC+0x"), "{zone}");
        }
        for zone in ["manual", "Mars/Olympus", "+03", "AB3", "<+03"] {
            assert_eq!(warnings(zone), 1, "{zone}");
        }
    }
}
