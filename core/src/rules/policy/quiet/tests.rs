use std::string::ToString as _;

use super::parse::ErrorKind;
use super::*;
use crate::limits::QUIET_PARTS_MAX;
use alloc::vec::Vec;

/// Monday, 2026-11-23 00:00:00 UTC, as a minute.
const MONDAY: u32 = 1_795_392_000 / 60;

fn quiet(text: &str) -> Quiet {
    Quiet::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn wall(minute: u32) -> Wall {
    Wall {
        unix_secs: i64::from(minute) * 60 + 59,
        offset_secs: 0,
    }
}

/// Returns the minutes of a week from Monday at which it becomes quiet or ends.
fn edges(text: &str) -> Vec<(&'static str, u32, u32)> {
    let quiet = quiet(text);
    let is_quiet = |minute: u32| quiet.contains(wall(minute));
    let minutes = (0..WEEK_MINUTES).filter(|at| is_quiet(MONDAY + at) != is_quiet(MONDAY + at - 1));
    let edges = minutes.map(|at| (DAYS[at as usize / 1_440], at / 60 % 24, at % 60));
    edges.collect()
}

/// A range includes its first minute and not its last; over midnight it belongs to the
/// day on which it begins, also from Sunday to Monday.
#[test]
fn ranges() {
    assert_eq!(edges("mon 12:30-13:00"), [("mon", 12, 30), ("mon", 13, 0)]);
    assert_eq!(edges("fri 22:00-7:00"), [("fri", 22, 0), ("sat", 7, 0)]);
    assert_eq!(edges("sun 22:00-07:00"), [("mon", 7, 0), ("sun", 22, 0)]);
    assert_eq!(edges("sat,sun 00:00-24:00"), [("mon", 0, 0), ("sat", 0, 0)]);
    assert_eq!(edges("wed 22:00-0:00"), edges("wed 22:00-24:00"));
    assert_eq!(edges("22:00-07:00").len(), 14);
    let week_and_weekend = "mon-fri 22:00-07:00, SAT sun 00:00-24:00";
    assert_eq!(edges(week_and_weekend).len(), 10);
    assert_eq!(edges("fri-mon 01:00-02:00").len(), 8);
    assert_eq!(edges("mon 01:00-02:00,03:00-04:00").len(), 2 + 14);
}

/// The offset of local time counts.
#[test]
fn local() {
    let night = quiet("mon 00:00-01:00");
    let at = |secs, offset_secs| Wall {
        unix_secs: i64::from(MONDAY) * 60 + secs,
        offset_secs,
    };
    assert!(!night.contains(at(-1, 0)) && night.contains(at(-1, 1)));
    assert!(!night.contains(at(3_600, 0)) && night.contains(at(3_600, -1)));
    assert!(!quiet("thu 00:00-24:00").contains(Wall::default()), "1970");
}

/// What is understood is written in the form in which it is read.
#[test]
fn words() {
    for (text, words) in [
        (
            "mon-wed 22:00-7:00,12:00-24:00",
            "mon,tue,wed 22:00-07:00, every day 12:00-24:00",
        ),
        ("sun 0:00-24:00", "sun 00:00-24:00"),
    ] {
        assert_eq!(quiet(text).to_string(), words);
        let again = words.replace("every day ", "");
        assert_eq!(quiet(&again), quiet(text));
    }
    let digest = |text| DigestTime::parse(text).expect("it is right").to_string();
    assert_eq!(digest("5400"), "after 1 h 30 min");
    assert_eq!(digest("7:00, 24:00"), "at 07:00 and 00:00");
}

/// Each mistake is found at its place.
#[test]
fn mistakes() {
    let many = "1:00-2:00,".repeat(QUIET_PARTS_MAX + 1);
    for (text, offset, kind) in [
        ("", 0, ErrorKind::NoRange),
        (" , ", 3, ErrorKind::NoRange),
        ("mon-fri", 7, ErrorKind::NoRange),
        ("22:00-07:00 sat", 15, ErrorKind::NoRange),
        ("22-7", 0, ErrorKind::Part),
        ("mon 22:00", 4, ErrorKind::Part),
        ("mon,mo 22:00-07:00", 4, ErrorKind::Part),
        ("22:00-7:60", 0, ErrorKind::Part),
        ("22:00-7:0", 0, ErrorKind::Part),
        ("+2:00-7:00", 0, ErrorKind::Part),
        ("24:00-07:00", 0, ErrorKind::Part),
        ("22:00-24:01", 0, ErrorKind::Part),
        ("22:00–07:00", 0, ErrorKind::Part),
        ("1:00-2:00,3:00-3:00", 10, ErrorKind::Empty),
        ("00:00-24:00", 0, ErrorKind::Always),
        ("0:00-12:00,12:00-24:00", 0, ErrorKind::Always),
        (&many, 10 * QUIET_PARTS_MAX, ErrorKind::TooMany),
    ] {
        let error = QuietError { offset, kind };
        assert_eq!(Quiet::parse(text), Err(error), "{text}");
        assert_eq!(error.offset(), offset);
    }
    assert!(Quiet::parse("00:00-23:59").is_ok());
    for (text, offset) in [("", 0), ("0", 0), ("604801", 0), ("07:00,8", 6), ("-1", 0)] {
        let kind = ErrorKind::Digest;
        let error = QuietError { offset, kind };
        assert_eq!(DigestTime::parse(text), Err(error), "{text}");
    }
    assert!(DigestTime::parse("604800").is_ok());
}

/// A time of day comes once the clock has shown it since the last look, however far the
/// clock was set forward, and not because it was set back.
#[test]
fn times_of_day() {
    let times = DigestTime::parse("07:00,19:00").expect("it is right");
    let opened = Instant::ZERO;
    let come = |seen: u32, wall_minute: u32| {
        times.has_come(
            opened,
            wall(MONDAY + seen),
            opened,
            wall(MONDAY + wall_minute),
        )
    };
    assert!(!come(6 * 60, 7 * 60 - 1));
    assert!(come(6 * 60, 7 * 60));
    assert!(!come(7 * 60, 19 * 60 - 1));
    assert!(come(7 * 60, 19 * 60));
    assert!(come(20 * 60, 31 * 60));
    assert!(come(20 * 60, 400 * 60));
    assert!(!come(20 * 60, 6 * 60));
}

/// A mistake is named together with the remedy.
#[test]
fn words_of_mistakes() {
    for (text, words) in [
        ("22-7", "neither a range such as 22:00-07:00 nor days"),
        ("mon", "write days before theirs"),
        (
            "3:00-3:00",
            "the range is empty; a whole day is 00:00-24:00",
        ),
        ("00:00-24:00", "nothing would ever be sent"),
        (
            &"1:00-2:00,".repeat(QUIET_PARTS_MAX + 1),
            "there are more than",
        ),
    ] {
        let error = Quiet::parse(text).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let error = DigestTime::parse("07:00,8").unwrap_err().to_string();
    assert!(error.contains("nor a time of day such as 07:00"), "{error}");
}

/// The daemon can ask for the minutes of a digest, and whether there is anything to hold,
/// in this century and in the next one.
#[test]
fn minutes() {
    assert!(Quiet::default().is_empty() && !quiet("22:00-07:00").is_empty());
    let digest = DigestTime::parse("07:00,18:30").unwrap();
    for day in [0, 1, 20_000] {
        let minutes = (0..1_440).filter(|minute| digest.is_at(day * 1_440 + minute));
        assert!(minutes.eq([420, 1_110]));
    }
    assert!(!DigestTime::parse("420").unwrap().is_at(420));
    // 2200-01-01 00:01:02 in UTC, an hour later there.
    let wall = Wall {
        unix_secs: 7_258_118_462,
        offset_secs: 3_600,
    };
    assert_eq!(local_minute(wall), (120_968_641 + 60, 2));
}
