use super::*;
use crate::delivery::Notifier;
use crate::ids::RuleName;
use crate::limits::MESSAGE_BYTES_MAX;
use crate::rules::{MatchType, PolicySpec, Quiet, RuleSpec, RulesBuilder};

fn replay(rules: &[(MatchType, &str, &str)]) -> Replay {
    let mut builder = RulesBuilder::new();
    let mut notifiers = NotifierSet::EMPTY;
    notifiers.insert(Notifier::Telegram.id());
    notifiers.insert(Notifier::Console.id());
    for (number, &(match_type, match_str, mask)) in (0..).zip(rules) {
        let spec = RuleSpec {
            name: RuleName::Environment(number),
            match_type,
            match_str: match_str.as_bytes(),
            mask,
            notifiers,
            cooldown_millis: 10_000,
        };
        builder.add(&spec).unwrap();
    }
    Replay::new(builder.finish(), Wall::default())
}

fn json(replay: &mut Replay, line: &[u8], all: bool) -> String {
    let mut out = String::new();
    let _ = replay
        .write_json_line(7, line, all, &mut out, &mut |_| {})
        .unwrap();
    out
}

/// Groups are found even if the mask has no use for them, a group that took no
/// part differs from an empty one, and offsets count bytes.
#[test]
fn places_of_match_and_groups() {
    let mut replay = replay(&[(MatchType::Regex, "é(b*)(c)?(d)", "plain")]);
    assert_eq!(
        json(&mut replay, "aéd\r\n".as_bytes(), false),
        "{\"line\":7,\"message\":\"aéd\",\"matches\":[{\"rule\":\"EVENT0\",\"start\":1,\"end\":4,\
         \"groups\":[{\"start\":3,\"end\":3,\"text\":\"\"},null,{\"start\":3,\"end\":4,\"text\":\"d\"}],\
         \"notifiers\":[\"Telegram\",\"Console\"],\"text\":\"plain, at: 1970-01-01 00:00:00\"}]}"
    );
}

/// Every rule that matches is reported, and every time: a cooldown would hide
/// the second line.
#[test]
fn several_rules_and_repeated_lines() {
    let mut replay = replay(&[
        (MatchType::Substring, "link", "a"),
        (MatchType::Regex, "(up)$", "b @1"),
        (MatchType::Substring, "", "c"),
        (MatchType::Regex, "never", "d"),
    ]);
    for _ in 0..2 {
        assert!(replay.push(b"link up\n"));
        let mut seen = Vec::new();
        while let Some(outcome) = replay.poll() {
            let Outcome::Match(found) = outcome else {
                panic!("no timer runs");
            };
            let whole = found.spans[0].unwrap();
            seen.push((found.id.index(), whole.start, whole.end, found.spans.len()));
        }
        assert_eq!(seen, [(0, 0, 4, 1), (1, 5, 7, 2), (2, 0, 0, 1)]);
    }
}

/// Lines without a match are written on demand only; our own output never
/// matches; invalid UTF-8 is replaced, and of a long line only so much is shown
/// as is matched.
#[test]
fn lines_without_a_match() {
    let mut replay = replay(&[(MatchType::Substring, "alertik", "a")]);
    assert_eq!(json(&mut replay, b"nothing", false), "");
    assert_eq!(
        json(&mut replay, b"\"\xFF\"", true),
        "{\"line\":7,\"message\":\"\\\"\u{FFFD}\\\"\",\"matches\":[]}"
    );
    let own = b"container,info,debug alertik: notice: x";
    assert_eq!(json(&mut replay, own, false), "");
    assert!(json(&mut replay, own, true).contains("\",\"own_output\":true,\"matches\":[]"));
    let mut long = std::vec![b'x'; MESSAGE_BYTES_MAX];
    long.extend(b"alertik");
    let shown = json(&mut replay, &long, true);
    assert!(shown.ends_with("x\",\"matches\":[]}"), "{shown}");
}

/// If finding the place of a match takes too much work, it is a match without a
/// place, as in the daemon.
#[test]
fn too_much_work() {
    let mut replay = replay(&[(MatchType::Regex, "(x(.{0,255})){2,3}y", "<@1>")]);
    // The only `y` is where no match ends.
    let mut line = [b'x'; 4_000];
    line[0] = b'y';
    let out = json(&mut replay, &line, false);
    assert!(
        out.contains("\"rule\":\"EVENT0\",\"groups\":[null,null]"),
        "{out}"
    );
    assert!(out.contains("\"text\":\"<>, at: "), "{out}");
    let plan = replay.rules()[0].describe().to_string();
    assert!(plan.contains("bounded engine alone"), "{plan}");
    assert!(plan.contains("exact in lines of up to "), "{plan}");
}

/// What policies make of lines as time passes: what is held back and why, what timers say, and
/// what is left at the end.
#[test]
fn policies_in_time() {
    let mut builder = RulesBuilder::new();
    let mut notifiers = NotifierSet::EMPTY;
    notifiers.insert(Notifier::Console.id());
    let spec = RuleSpec {
        name: RuleName::Environment(0),
        match_type: MatchType::Regex,
        match_str: b"([^ ]+) link down",
        mask: "@1 is down",
        notifiers,
        cooldown_millis: 10_000,
    };
    let id = builder.add(&spec).unwrap();
    let policies = PolicySpec {
        grace_millis: 30_000,
        ..PolicySpec::default()
    };
    builder.set_policies(id, &policies).unwrap();
    builder
        .add_recovery(id, b"([^ ]+) link up", "@1 is up")
        .unwrap();
    let mut replay = Replay::paced(builder.finish(), Wall::default(), Some(Pace::FromLines));
    let mut out = String::new();
    for line in [
        "16:00:00 interface,info ether1 link down",
        "16:01:00 interface,info ether1 link up",
        "16:02:00 interface,info ether2 link down",
    ] {
        replay
            .write_json_line(1, line.as_bytes(), false, &mut out, &mut |_| {})
            .unwrap();
        out.push('\n');
    }
    while let Some(spoken) = replay.end() {
        spoken.write_json(&mut out).unwrap();
    }
    let lines: Vec<&str> = out.lines().collect();
    assert!(
        lines[0].ends_with(",\"held\":\"its grace time runs\"}]}"),
        "{out}"
    );
    let began = "{\"timer\":\"EVENT0\",\"at\":\"1970-01-01 16:00:30\",\"notifiers\":[\"Console\"],\
                 \"text\":\"ether1 is down, at: 1970-01-01 16:00:00\"}";
    assert_eq!(lines[1], began);
    assert!(
        lines[2].ends_with("\"text\":\"ether1 is up, at: 1970-01-01 16:01:00\"}]}"),
        "{out}"
    );
    assert!(
        lines[4].ends_with("\"text\":\"ether2 is down, at: 1970-01-01 16:02:00\"}"),
        "{out}"
    );
    assert_eq!(lines.len(), 5);
}

/// An end within the grace time is held back for that reason, not as flapping.
#[test]
fn ends_within_the_grace_time() {
    let mut builder = RulesBuilder::new();
    let spec = RuleSpec {
        name: RuleName::Environment(0),
        match_type: MatchType::Substring,
        match_str: b"down",
        mask: "down",
        notifiers: NotifierSet::EMPTY,
        cooldown_millis: 10_000,
    };
    let id = builder.add(&spec).unwrap();
    let policies = PolicySpec {
        grace_millis: 30_000,
        ..PolicySpec::default()
    };
    builder.set_policies(id, &policies).unwrap();
    builder.add_recovery(id, b"up", "up").unwrap();
    let mut replay = Replay::paced(builder.finish(), Wall::default(), Some(Pace::Step(1)));
    for line in [&b"down"[..], b"up"] {
        let shown = json(&mut replay, line, false);
        assert!(
            shown.contains("\"held\":\"its grace time runs\""),
            "{shown}"
        );
    }
}

/// As time passes, what comes in quiet hours is shown as held, and the digest at their end;
/// without a pace nothing is held.
#[test]
fn quiet_hours_in_time() {
    for (pace, lines) in [(None, 3), (Some(Pace::FromLines), 4)] {
        let mut builder = RulesBuilder::new();
        let mut notifiers = NotifierSet::EMPTY;
        notifiers.insert(Notifier::Console.id());
        let spec = RuleSpec {
            name: RuleName::Environment(0),
            match_type: MatchType::Substring,
            match_str: b"down",
            mask: "down",
            notifiers,
            cooldown_millis: 0,
        };
        let id = builder.add(&spec).unwrap();
        let quiet = Quiet::parse("22:00-07:00").unwrap();
        let policies = PolicySpec {
            quiet: Some(&quiet),
            ..PolicySpec::default()
        };
        builder.set_policies(id, &policies).unwrap();
        let wall = Wall {
            unix_secs: 1_795_305_600,
            offset_secs: 0,
        };
        let mut replay = Replay::paced(builder.finish(), wall, pace);
        let mut out = String::new();
        for time in ["21:59:59", "22:00:00", "07:00:00"] {
            let line = [time, " interface,info down"].concat();
            replay
                .write_json_line(1, line.as_bytes(), false, &mut out, &mut |_| {})
                .unwrap();
            out.push('\n');
        }
        while let Some(spoken) = replay.end() {
            spoken.write_json(&mut out).unwrap();
        }
        let held = out.matches("\"held\":\"held until its quiet hours end\"");
        assert_eq!(held.count(), lines - 3, "{out}");
        assert_eq!(out.matches("\"timer\":\"EVENT0\"").count(), lines - 3);
        let at = "\"text\":\"down, at: 2026-11-22 22:00:00\"";
        assert_eq!(out.contains(at), pace.is_some(), "{out}");
        assert_eq!(out.lines().count(), lines);
    }
}

/// Steps count from line to line, whatever timers speak between them.
#[test]
fn steps_and_timers() {
    let mut builder = RulesBuilder::new();
    let spec = RuleSpec {
        name: RuleName::Environment(0),
        match_type: MatchType::Regex,
        match_str: b"(.*) down",
        mask: "@1 is down",
        notifiers: NotifierSet::EMPTY,
        cooldown_millis: 0,
    };
    let id = builder.add(&spec).unwrap();
    let policies = PolicySpec {
        grace_millis: 3_000,
        ..PolicySpec::default()
    };
    builder.set_policies(id, &policies).unwrap();
    builder.add_recovery(id, b"(.*) up", "@1 is up").unwrap();
    let mut replay = Replay::paced(builder.finish(), Wall::default(), Some(Pace::Step(7)));
    let mut times = Vec::new();
    for line in ["a down", "b down", "c down", "d down"] {
        while let Some(spoken) = replay.wait_for(line.as_bytes()) {
            times.push(spoken.at.unix_secs);
        }
        assert!(replay.push(line.as_bytes()));
        assert!(matches!(replay.poll(), Some(Outcome::Match(_))));
        assert!(replay.poll().is_none());
    }
    assert_eq!(times, [3, 10, 17]);
}
