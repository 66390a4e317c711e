//! The policies of rules, each with its edges, in virtual time.

use std::net::IpAddr;

use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleName};
use alertik_core::intake::Arrival;
use alertik_core::limits::{PAIRS_MAX, WINDOW_ENTRIES_MAX};
use alertik_core::rules::{Engine, MatchType, PolicySpec, RuleSpec, RulesBuilder, Window};
use alertik_core::text::TextBuffer;
use alertik_core::time::{Instant, Wall};

/// 2026-11-22 10:00:00 UTC, when virtual time begins.
const START: i64 = 1_795_341_600;

const LOGIN: &str = "login failure for user ([^ ]+) from ([^ ]+)";

/// A rule with its policies.
#[derive(Clone, Copy)]
struct Policed<'a> {
    pattern: &'a str,
    mask: &'a str,
    cooldown_secs: u64,
    policies: PolicySpec<'a>,
    recovery: Option<(&'a str, &'a str)>,
}

/// A rule without policies.
fn rule<'a>(pattern: &'a str, mask: &'a str) -> Policed<'a> {
    Policed {
        pattern,
        mask,
        cooldown_secs: 0,
        policies: PolicySpec::default(),
        recovery: None,
    }
}

/// So many within so many seconds.
fn window(count: u16, secs: u64) -> Option<Window> {
    let millis = secs * 1_000;
    Some(Window { count, millis })
}

/// An engine with a clock that moves only by hand.
struct Bench {
    engine: Engine,
}

impl Bench {
    fn new(rules: &[Policed<'_>]) -> Self {
        let mut builder = RulesBuilder::new();
        for (number, rule) in rules.iter().enumerate() {
            let mut notifiers = NotifierSet::EMPTY;
            notifiers.insert(Notifier::Telegram.id());
            let spec = RuleSpec {
                name: RuleName::Environment(number as u8),
                match_type: MatchType::Regex,
                match_str: rule.pattern.as_bytes(),
                mask: rule.mask,
                notifiers,
                cooldown_millis: rule.cooldown_secs * 1_000,
            };
            let id = builder.add(&spec).expect("the rule compiles");
            builder
                .set_policies(id, &rule.policies)
                .expect("right masks");
            if let Some((pattern, mask)) = rule.recovery {
                builder
                    .add_recovery(id, pattern.as_bytes(), mask)
                    .expect("the recovery compiles");
            }
        }
        Self {
            engine: Engine::new(builder.finish(), (1, 2)),
        }
    }

    /// Lets time pass to `millis`, and a line arrive from router 192.0.2.x then unless it
    /// is empty. Returns the texts, without what they all have: the time of arrival.
    fn at_from(&mut self, millis: u64, router: u8, line: &str) -> Vec<String> {
        let now = Instant::from_millis(millis);
        let arrival = Arrival {
            at: now,
            source: IpAddr::from([192, 0, 2, router]),
        };
        let wall = Wall {
            unix_secs: START + (millis / 1_000) as i64,
            offset_secs: 0,
        };
        if line.is_empty() {
            self.engine.handle_timeout(now, || wall);
        } else {
            self.engine.handle(now, arrival, || wall, line.as_bytes());
        }
        let mut buffer = TextBuffer::new();
        let mut texts = Vec::new();
        while self.engine.poll(&mut buffer).is_some() {
            let text: String = buffer.as_text().parts().map(|(_, part)| part).collect();
            let tail = format!(", at: {wall}");
            texts.push(text.strip_suffix(&tail).unwrap_or(&text).to_owned());
        }
        texts
    }

    fn at(&mut self, secs: u64, line: &str) -> Vec<String> {
        self.at_from(secs * 1_000, 1, line)
    }

    /// Runs a script: seconds, a line, and the texts that follow. Between two lines every
    /// timer fires on time, and must say nothing that the script does not.
    fn run(&mut self, script: &[(u64, &str, &[&str])]) {
        for &(secs, line, expected) in script {
            let now = Instant::from_millis(secs * 1_000);
            let mut texts = Vec::new();
            while let Some(at) = self.engine.poll_timeout()
                && at < now
            {
                texts.extend(self.at_from(at.millis(), 1, ""));
            }
            texts.extend(self.at(secs, line));
            assert_eq!(texts, expected, "at {secs} s: {line:?}");
        }
    }
}

/// Lines that fail to log in.
fn failure(user: &str, address: &str) -> String {
    format!("system,error,critical login failure for user {user} from {address} via ssh")
}

/// The fifth within the window notifies, exactly at its end still, and says how many they
/// were and when the first came.
#[test]
fn threshold() {
    let line = &failure("root", "198.51.100.1");
    let policed = Policed {
        policies: PolicySpec {
            key: Some("@2"),
            threshold: window(5, 60),
            ..PolicySpec::default()
        },
        ..rule(LOGIN, "@2: @{count} since @{first}")
    };
    let five = "198.51.100.1: 5 since 2026-11-22 10:00:00";
    Bench::new(&[policed]).run(&[
        (0, line, &[]),
        (10, line, &[]),
        (20, line, &[]),
        (30, line, &[]),
        (60, line, &[five]),
        // The count begins again.
        (61, line, &[]),
        (62, line, &[]),
    ]);
    let mut bench = Bench::new(&[policed]);
    for secs in [0, 10, 20, 30] {
        assert_eq!(bench.at(secs, line).len(), 0);
    }
    assert_eq!(bench.at_from(60_001, 1, line).len(), 0);
    // The window slides: the last five are within it.
    let texts = bench.at(70, line);
    assert_eq!(texts, ["198.51.100.1: 5 since 2026-11-22 10:00:10"]);
}

/// Each key has its own count, for each router.
#[test]
fn threshold_by_key_and_router() {
    let policed = Policed {
        policies: PolicySpec {
            key: Some("@2"),
            threshold: window(2, 60),
            ..PolicySpec::default()
        },
        ..rule(LOGIN, "@2: @1")
    };
    let mut bench = Bench::new(&[policed]);
    let (one, two) = (failure("a", "198.51.100.1"), failure("b", "198.51.100.2"));
    assert_eq!(bench.at(0, &one).len(), 0);
    assert_eq!(bench.at(1, &two).len(), 0);
    assert_eq!(bench.at_from(2_000, 2, &one).len(), 0);
    assert_eq!(
        bench.at(3, &failure("c", "198.51.100.1")),
        ["[192.0.2.1] 198.51.100.1: c"]
    );
    assert_eq!(
        bench.at_from(4_000, 2, &one),
        ["[192.0.2.2] 198.51.100.1: a"]
    );
}

/// After the threshold the cooldown counts on, and says at its end what came since; then
/// the threshold must be reached again.
#[test]
fn threshold_and_cooldown() {
    let line = &failure("root", "198.51.100.1");
    let policed = Policed {
        cooldown_secs: 100,
        policies: PolicySpec {
            key: Some("@2"),
            threshold: window(2, 60),
            ..PolicySpec::default()
        },
        ..rule(LOGIN, "@2 (@{count})")
    };
    Bench::new(&[policed]).run(&[
        (0, line, &[]),
        (1, line, &["198.51.100.1 (2)"]),
        (2, line, &[]),
        (50, line, &[]),
        (100, line, &[]),
        (
            101,
            "",
            &["198.51.100.1 (2), 3 more, last at: 2026-11-22 10:01:40"],
        ),
        (102, line, &[]),
        (103, line, &["198.51.100.1 (2)"]),
    ]);
}

/// Ten thousand addresses that fail once make no alarm, and hide none.
#[test]
fn ten_thousand_addresses() {
    let policed = Policed {
        cooldown_secs: 10,
        policies: PolicySpec {
            key: Some("@2"),
            threshold: window(5, 60),
            ..PolicySpec::default()
        },
        ..rule(LOGIN, "@2")
    };
    let mut bench = Bench::new(&[policed]);
    let mut texts = Vec::new();
    for number in 0..10_000 {
        let address = format!("198.{}.{}.1", number / 256, number % 256);
        texts.extend(bench.at_from(number, 1, &failure("root", &address)));
        if number % 2_000 == 1_000 {
            texts.extend(bench.at_from(number, 1, &failure("root", "203.0.113.1")));
        }
    }
    assert_eq!(texts, ["203.0.113.1"]);
}

/// A router that floods does not push out what another one has counted.
#[test]
fn a_flood_stays_within_its_share() {
    let policed = Policed {
        policies: PolicySpec {
            key: Some("@2"),
            threshold: window(2, 600),
            ..PolicySpec::default()
        },
        ..rule(LOGIN, "@2")
    };
    let mut bench = Bench::new(&[policed]);
    let one = failure("root", "203.0.113.1");
    assert_eq!(bench.at_from(0, 2, &one).len(), 0);
    for number in 0..2 * WINDOW_ENTRIES_MAX as u64 {
        let address = format!("198.{}.{}.1", number / 256, number % 256);
        assert_eq!(
            bench.at_from(number, 1, &failure("root", &address)).len(),
            0
        );
    }
    assert_eq!(bench.at_from(9_000, 2, &one), ["[192.0.2.2] 203.0.113.1"]);
    // What went is counted: all that came, the two of the other router included, but for
    // those that there is room for.
    let forgotten = bench.engine.counters().forgotten;
    assert_eq!(forgotten, WINDOW_ENTRIES_MAX as u64 + 2);
}

/// Different values count, each once and as of the last time; the router is the key
/// unless there is another one.
#[test]
fn distinct() {
    let policed = Policed {
        policies: PolicySpec {
            distinct: window(3, 60).map(|window| ("@1", window)),
            ..PolicySpec::default()
        },
        ..rule(LOGIN, "@{count} users, the last is @1")
    };
    let user = |user| failure(user, "198.51.100.1");
    let three = "3 users, the last is c";
    Bench::new(&[policed]).run(&[
        (0, &user("a"), &[]),
        (1, &user("a"), &[]),
        (2, &user("b"), &[]),
        (3, &user("b"), &[]),
        (4, &user("c"), &[three]),
        (5, &user("a"), &[]),
    ]);
    Bench::new(&[policed]).run(&[
        (0, &user("a"), &[]),
        (50, &user("b"), &[]),
        (59, &user("a"), &[]),
        // The first "a" would be too old, the second is not.
        (110, &user("c"), &[three]),
    ]);
    Bench::new(&[policed]).run(&[
        (0, &user("a"), &[]),
        (50, &user("b"), &[]),
        (61, &user("c"), &[]),
    ]);
}

/// A link that goes down and comes up again.
fn link(cooldown_secs: u64, grace: u64, remind: u64) -> Policed<'static> {
    Policed {
        cooldown_secs,
        policies: PolicySpec {
            grace_millis: grace * 1_000,
            remind_millis: remind * 1_000,
            ..PolicySpec::default()
        },
        recovery: Some(("^([^ ]+) link up", "@1 is up again after @{duration}")),
        ..rule("^([^ ]+) link down", "@1 is down")
    }
}

const DOWN: &str = "ether1 link down";
const UP: &str = "ether1 link up (speed 1G, full duplex)";

/// The end is notified with the duration, once, and for the case that began.
#[test]
fn pair() {
    Bench::new(&[link(10, 0, 0)]).run(&[
        (0, UP, &[]),
        (1, DOWN, &["ether1 is down"]),
        (2, "ether2 link up", &[]),
        (193, UP, &["ether1 is up again after 3 min 12 s"]),
        (194, UP, &[]),
        (300, DOWN, &["ether1 is down"]),
        // Nothing new within the cooldown, and a repetition after it.
        (305, DOWN, &[]),
        (310, DOWN, &["ether1 is down"]),
        (315, DOWN, &[]),
        (320, UP, &["ether1 is up again after 20 s"]),
    ]);
}

/// After its end a case needs the threshold again, in order to flap.
#[test]
fn pair_and_threshold() {
    let mut policed = link(60, 0, 0);
    policed.policies.threshold = window(2, 30);
    Bench::new(&[policed]).run(&[
        (0, DOWN, &[]),
        (1, DOWN, &["ether1 is down"]),
        (2, UP, &["ether1 is up again after 1 s"]),
        (3, DOWN, &[]),
        (62, "", &[]),
        (63, DOWN, &[]),
        (64, DOWN, &["ether1 is down"]),
    ]);
}

/// While a case is open its threshold is reached, and does not count again.
#[test]
fn an_open_case_needs_no_threshold() {
    let mut policed = link(60, 0, 0);
    policed.policies.threshold = window(2, 30);
    Bench::new(&[policed]).run(&[
        (0, DOWN, &[]),
        (1, DOWN, &["ether1 is down"]),
        (100, DOWN, &["ether1 is down"]),
    ]);
}

/// What ends is found by what the lines have in common, not by what each says of itself;
/// a key that names a group holds even if no text does.
#[test]
fn keys_of_pairs() {
    let mask = "down: @{text} (@{severity}, @{topics})";
    let pair = Policed {
        policies: PolicySpec {
            key: None,
            ..PolicySpec::default()
        },
        recovery: Some(("link up", "up")),
        ..rule("link down", mask)
    };
    Bench::new(&[pair]).run(&[
        (
            0,
            "interface,warning link down",
            &["down: link down (warning, interface,warning)"],
        ),
        (1, "interface,info link up", &["up"]),
    ]);
    let keyed = Policed {
        policies: PolicySpec {
            key: Some("@2"),
            threshold: window(2, 60),
            ..PolicySpec::default()
        },
        ..rule(LOGIN, "guessing")
    };
    Bench::new(&[keyed]).run(&[
        (0, &failure("a", "198.51.100.1"), &[]),
        (1, &failure("a", "198.51.100.2"), &[]),
        (2, &failure("b", "198.51.100.1"), &["guessing"]),
    ]);
}

/// An end within the grace time keeps the beginning from being notified, and itself.
#[test]
fn grace() {
    Bench::new(&[link(10, 30, 0)]).run(&[
        (0, DOWN, &[]),
        (29, UP, &[]),
        (100, DOWN, &[]),
        (130, "", &["ether1 is down, at: 2026-11-22 10:01:40"]),
        (131, UP, &["ether1 is up again after 31 s"]),
        (200, DOWN, &[]),
        (
            230,
            UP,
            &[
                "ether1 is down, at: 2026-11-22 10:03:20",
                "ether1 is up again after 30 s",
            ],
        ),
    ]);
}

/// What lasts is repeated at equal intervals, until it ends or the daemon does.
#[test]
fn reminders() {
    let mut bench = Bench::new(&[link(10, 0, 3_600)]);
    bench.run(&[
        (0, DOWN, &["ether1 is down"]),
        (3_599, "", &[]),
        (3_600, "", &["ether1 is down, lasts for 1 h"]),
        (7_200, "", &["ether1 is down, lasts for 2 h"]),
        (7_300, UP, &["ether1 is up again after 2 h 1 min"]),
        (20_000, "", &[]),
        (20_001, DOWN, &["ether1 is down"]),
    ]);
    assert_eq!(bench.at_from(u64::MAX, 1, "").len(), 0);
}

/// What begins and ends again and again is notified twice: when it begins, and when it
/// has been stable for a cooldown.
#[test]
fn flapping() {
    for (last, expected) in [
        (
            UP,
            "ether1 is down, has flapped 9 times in 4 min and now is over",
        ),
        (
            DOWN,
            "ether1 is down, has flapped 9 times in 4 min and now lasts",
        ),
    ] {
        let mut bench = Bench::new(&[link(60, 0, 0)]);
        bench.run(&[
            (0, DOWN, &["ether1 is down"]),
            (5, UP, &["ether1 is up again after 5 s"]),
        ]);
        for number in 1..9 {
            assert_eq!(bench.at(number * 30, DOWN).len(), 0);
            if number < 8 || last == UP {
                assert_eq!(bench.at(number * 30 + 5, UP).len(), 0);
            }
        }
        bench.run(&[(310, "", &[expected])]);
        let after = if last == UP { 0 } else { 1 };
        assert_eq!(bench.at(400, UP).len(), after);
        assert_eq!(bench.at(500, DOWN), ["ether1 is down"]);
    }
}

/// Two times are flapping if the first was notified. Meanwhile the same line again is
/// held, however long ago that was.
#[test]
fn flapping_twice() {
    Bench::new(&[link(60, 0, 0)]).run(&[
        (0, DOWN, &["ether1 is down"]),
        (50, UP, &["ether1 is up again after 50 s"]),
        (55, DOWN, &[]),
        (70, DOWN, &[]),
        (80, UP, &[]),
        (
            140,
            "",
            &["ether1 is down, has flapped 2 times in 55 s and now is over"],
        ),
    ]);
}

/// Flapping within the grace time is notified, too, but not a single time; and flapping
/// that does not end is not kept for ever.
#[test]
fn flapping_in_grace_and_without_end() {
    let mut bench = Bench::new(&[link(60, 30, 0)]);
    let mut texts = Vec::new();
    for secs in (0..4_000).step_by(20) {
        texts.extend(bench.at(secs, DOWN));
        texts.extend(bench.at(secs + 5, UP));
    }
    let flapped = "ether1 is down, has flapped 90 times in 29 min 40 s and now";
    assert!(texts[0].starts_with(flapped), "{texts:?}");
    assert!(texts.len() <= 5, "{texts:?}");
    let mut bench = Bench::new(&[link(60, 30, 0)]);
    bench.run(&[
        (0, DOWN, &[]),
        (5, UP, &[]),
        (10, DOWN, &[]),
        (15, UP, &[]),
        (1_000, DOWN, &[]),
    ]);
}

/// At most so many cases are open. The one that goes is notified first if it was not.
#[test]
fn more_cases_than_there_is_room_for() {
    let mut bench = Bench::new(&[link(10, 30, 0)]);
    for number in 0..PAIRS_MAX as u64 {
        let line = format!("ether{number} link down");
        assert_eq!(bench.at_from(number, 1, &line).len(), 0);
    }
    let texts = bench.at_from(1_000, 1, "ether999 link down");
    assert_eq!(texts, ["ether0 is down, at: 2026-11-22 10:00:00"]);
    let texts = bench.at_from(2_000, 1, "ether998 link down");
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert_eq!(bench.engine.counters().forgotten, 2);
}

/// A rule is held back for a router while another one is under way there: its case is
/// open, or its cooldown runs.
#[test]
fn inhibition() {
    let unless = [RuleName::Environment(0), RuleName::Environment(2)];
    let power = Policed {
        recovery: Some(("power ok", "power is back")),
        ..rule("power failed", "no power")
    };
    let held = Policed {
        policies: PolicySpec {
            unless: &unless,
            ..PolicySpec::default()
        },
        ..rule("link down", "down")
    };
    let reboot = Policed {
        cooldown_secs: 60,
        ..rule("router rebooted", "rebooted")
    };
    let mut bench = Bench::new(&[power, held, reboot]);
    bench.run(&[
        (0, DOWN, &["down"]),
        (1, "power failed", &["no power"]),
        (2, DOWN, &[]),
        (3, "power ok", &["power is back"]),
        (4, DOWN, &["down"]),
        (5, "router rebooted", &["rebooted"]),
        (64, DOWN, &[]),
        (65, DOWN, &["down"]),
        (66, "power failed", &["no power"]),
    ]);
    assert_eq!(bench.at_from(67_000, 2, DOWN), ["[192.0.2.2] down"]);
}

/// A rule matters only after enough matches of another one for the same key.
#[test]
fn sequence() {
    let failed = Policed {
        policies: PolicySpec {
            key: Some("@2"),
            // Held back, and counted all the same.
            threshold: window(100, 600),
            ..PolicySpec::default()
        },
        ..rule(LOGIN, "@2")
    };
    let success = Policed {
        policies: PolicySpec {
            key: Some("@2"),
            after: window(3, 600).map(|window| (RuleName::Environment(0), window)),
            ..PolicySpec::default()
        },
        ..rule("user ([^ ]+) logged in from ([^ ]+)", "@1 got in from @2")
    };
    let rules = [failed, success];
    let line = &failure("root", "198.51.100.1");
    let other = &failure("root", "198.51.100.2");
    let login = "user root logged in from 198.51.100.1";
    let told: &[&str] = &["root got in from 198.51.100.1"];
    Bench::new(&rules).run(&[
        (0, line, &[]),
        (1, line, &[]),
        (2, other, &[]),
        (3, login, &[]),
        (4, line, &[]),
        (5, login, told),
        (600, login, told),
        (601, login, &[]),
    ]);
}

/// What came before is not counted among the matches themselves.
#[test]
fn sequence_and_threshold() {
    let failed = Policed {
        policies: PolicySpec {
            key: Some("@2"),
            threshold: window(100, 600),
            ..PolicySpec::default()
        },
        ..rule(LOGIN, "@2")
    };
    let success = Policed {
        policies: PolicySpec {
            key: Some("@2"),
            after: window(2, 600).map(|window| (RuleName::Environment(0), window)),
            threshold: window(2, 600),
            ..PolicySpec::default()
        },
        ..rule("user ([^ ]+) logged in from ([^ ]+)", "@1 got in from @2")
    };
    let line = &failure("root", "198.51.100.1");
    let login = "user root logged in from 198.51.100.1";
    Bench::new(&[failed, success]).run(&[
        (0, line, &[]),
        (1, line, &[]),
        (2, login, &[]),
        (3, login, &["root got in from 198.51.100.1"]),
    ]);
}
