//! Tests of novelty: an engine in virtual time, and what one leaves for the next.

use core::net::IpAddr;
use std::string::ToString as _;
use std::vec;
use std::vec::Vec;

use super::*;
use crate::bytes::checksum;
use crate::intake::Arrival;
use crate::limits::{KNOWN_VALUE_BYTES, RULES_MAX, STATE_BYTES_MAX};
use crate::rules::{Engine, MatchType, NoticeHead, PolicySpec, RuleSpec, RulesBuilder, Window};
use crate::text::TextBuffer;
use crate::time::Wall;

const LEASE: &str = "assigned ([^ ]+) to ([^ ]+)";
const HOUR: u64 = 3_600_000;

/// A rule that notifies only of new values of a mask.
const FIRST: PolicySpec<'_> = PolicySpec {
    key: None,
    threshold: None,
    distinct: None,
    after: None,
    first: Some("@2"),
    learn_millis: 0,
    unless: &[],
    grace_millis: 0,
    remind_millis: 0,
    quiet: None,
    digest: None,
    is_urgent: false,
};

/// An engine with a clock that moves only by hand.
struct Bench {
    engine: Engine,
    now: u64,
}

fn rule(number: u8, match_str: &str, cooldown_millis: u64) -> RuleSpec<'_> {
    let mut notifiers = NotifierSet::EMPTY;
    for index in 0..2 {
        notifiers.insert(NotifierId::new(index).unwrap());
    }
    RuleSpec {
        name: RuleName::Environment(number),
        match_type: MatchType::Regex,
        match_str: match_str.as_bytes(),
        mask: "@1 @2",
        notifiers,
        cooldown_millis,
    }
}

impl Bench {
    fn new(rules: &[(RuleSpec<'_>, PolicySpec<'_>)]) -> Self {
        let mut builder = RulesBuilder::new();
        for (rule, policies) in rules {
            let id = builder.add(rule).unwrap();
            builder.set_policies(id, policies).unwrap();
        }
        Self {
            engine: Engine::new(builder.finish(), (1, 2)),
            now: 0,
        }
    }

    /// One rule about leases.
    fn lease(policies: PolicySpec<'_>) -> Self {
        Self::new(&[(rule(0, LEASE, 0), policies)])
    }

    /// Lets a line of router 192.0.2.x arrive, and returns the heads of what is notified.
    fn heads(&mut self, router: u8, line: &str) -> Vec<NoticeHead> {
        let at = Instant::from_millis(self.now);
        let source = IpAddr::from([192, 0, 2, router]);
        let arrival = Arrival { at, source };
        self.engine
            .handle(at, arrival, Wall::default, line.as_bytes());
        let mut text = TextBuffer::new();
        core::iter::from_fn(|| self.engine.poll(&mut text)).collect()
    }

    /// Returns whether a lease of a device is notified.
    fn is_new(&mut self, device: &str) -> bool {
        self.is_new_at(1, device)
    }

    fn is_new_at(&mut self, router: u8, device: &str) -> bool {
        let line = ["assigned 10.0.0.7 to ", device].concat();
        !self.heads(router, &line).is_empty()
    }

    /// Leases addresses to devices that nobody has ever seen, or sees again.
    fn invent(&mut self, router: u8, numbers: core::ops::Range<usize>) {
        for number in numbers {
            self.is_new_at(router, &["invented-", &number.to_string()].concat());
        }
    }

    fn fail(&mut self, head: &NoticeHead, notifier: usize) {
        let notifier = NotifierId::new(notifier).unwrap();
        self.engine.handle_failure(head.ticket, notifier);
    }

    fn save(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; STATE_BYTES_MAX];
        let now = Instant::from_millis(self.now);
        let len = self.engine.novelties_mut().save(now, &mut bytes);
        bytes.truncate(len);
        bytes
    }

    /// Restores what another engine has saved, and returns what became of it.
    fn restore(&mut self, bytes: &[u8]) -> Vec<(RuleName, usize, Restored)> {
        let state = State::parse(bytes).unwrap();
        let mut reports = Vec::new();
        let mut report = |rule, count, restored| reports.push((rule, count, restored));
        let now = Instant::from_millis(self.now);
        let novelties = self.engine.novelties_mut();
        novelties.restore(now, Some(&state), &mut report);
        reports
    }
}

/// A value is notified once for each router and each event, whatever else is in the line.
#[test]
fn only_new_values() {
    let other = rule(1, "(assigned) [^ ]+ to ([^ ]+)", 0);
    let mut bench = Bench::new(&[(rule(0, LEASE, 0), FIRST), (other, FIRST)]);
    assert_eq!(bench.heads(1, "assigned 10.0.0.1 to a").len(), 2);
    assert_eq!(bench.heads(1, "assigned 10.0.0.2 to a").len(), 0);
    assert_eq!(bench.heads(2, "assigned 10.0.0.1 to a").len(), 2);
    assert_eq!(bench.heads(1, "assigned 10.0.0.1 to b").len(), 2);
    bench.now += 1_000 * HOUR;
    assert_eq!(bench.heads(1, "assigned 10.0.0.1 to a").len(), 0);
    assert_eq!(bench.engine.counters().suppressed, 4);
}

/// What passes, such as the time, makes no value a new one.
#[test]
fn time_is_not_new() {
    let mut bench = Bench::lease(PolicySpec {
        first: Some("@2 @{time}@{last}"),
        ..FIRST
    });
    assert!(bench.is_new("a"));
    bench.now += 5_000;
    assert!(!bench.is_new("a"));
}

/// When there is no room, the value goes that was seen longest ago, and it is counted
/// once as such.
#[test]
fn the_one_seen_longest_ago_goes() {
    let mut bench = Bench::lease(FIRST);
    assert!(bench.is_new("a") && bench.is_new("b"));
    bench.invent(1, 0..KNOWN_VALUES_MAX - 2);
    assert!(!bench.is_new("a"));
    assert_eq!(bench.engine.counters().forgotten, 0);
    assert_eq!(bench.engine.novelties_mut().take_forgotten(), None);
    assert!(bench.is_new("one too many"));
    assert!(!bench.is_new("a"));
    assert!(bench.is_new("b"));
    assert_eq!(bench.engine.counters().forgotten, 2);
    let forgotten = Some((RuleName::Environment(0), 2));
    assert_eq!(bench.engine.novelties_mut().take_forgotten(), forgotten);
    assert_eq!(bench.engine.novelties_mut().take_forgotten(), None);
}

/// What one router has seen is new at every other one, also at those that share the byte
/// by which shares are counted.
#[test]
fn a_value_is_new_at_each_router() {
    let mut bench = Bench::lease(FIRST);
    for router in 0..=255 {
        assert!(bench.is_new_at(router, "a"), "{router}");
        assert!(!bench.is_new_at(router, "a"), "{router}");
    }
}

/// Ten thousand invented values push out those of their own event only, and there those
/// of their own router.
#[test]
fn invented_values_push_out_their_own() {
    let login = rule(1, "(logged) in from ([^ ]+)", 0);
    let mut bench = Bench::new(&[(rule(0, LEASE, 0), FIRST), (login, FIRST)]);
    assert_eq!(bench.heads(1, "logged in from a").len(), 1);
    assert!(bench.is_new_at(1, "a"));
    for device in 0..100 {
        assert!(bench.is_new_at(2, &device.to_string()));
    }
    bench.invent(1, 0..10_000);
    assert_eq!(bench.heads(1, "logged in from a").len(), 0);
    for device in 0..100 {
        assert!(!bench.is_new_at(2, &device.to_string()));
    }
    assert!(bench.is_new_at(1, "a"));
    let forgotten = 10_102 - KNOWN_VALUES_MAX as u64;
    assert_eq!(bench.engine.counters().forgotten, forgotten);
}

/// More than four events share the room equally.
#[test]
fn shares() {
    let rules: Vec<_> = (0..5).map(|n| (rule(n, LEASE, 0), FIRST)).collect();
    let mut bench = Bench::new(&rules);
    bench.invent(1, 0..KNOWN_VALUES_TOTAL_MAX / 5);
    assert_eq!(bench.engine.counters().forgotten, 0);
    assert!(bench.is_new("a"));
    assert_eq!(bench.engine.counters().forgotten, 5);
}

/// Values are learned silently to the last millisecond of that time, which a restart
/// interrupts and does not begin again.
#[test]
fn learning() {
    let spec = PolicySpec {
        learn_millis: HOUR,
        ..FIRST
    };
    let mut bench = Bench::lease(spec);
    let started = Instant::from_millis(7 * HOUR);
    bench
        .engine
        .novelties_mut()
        .restore(started, None, &mut |_, _, _| {});
    bench.now = 8 * HOUR - 1;
    assert!(!bench.is_new("a"));
    // The first write is due at once, and those after it as long as values are learned.
    assert!(bench.engine.novelties_mut().is_changed());
    let early = bench.save();
    assert!(bench.engine.novelties_mut().is_changed());
    bench.now = 8 * HOUR;
    assert!(!bench.is_new("a"));
    assert!(bench.is_new("b"));
    let late = bench.save();
    assert!(!bench.engine.novelties_mut().is_changed());

    let mut next = Bench::lease(spec);
    next.restore(&early);
    assert!(!next.is_new("c"));
    next.now = 1;
    assert!(!next.is_new("a"));
    assert!(next.is_new("d"));
    let mut next = Bench::lease(spec);
    next.restore(&late);
    assert!(next.is_new("c"));
    // A longer time goes on from there.
    let longer = PolicySpec {
        learn_millis: 2 * HOUR,
        ..FIRST
    };
    let mut next = Bench::lease(longer);
    next.restore(&late);
    next.now = HOUR - 1;
    assert!(!next.is_new("c"));
    next.now = HOUR;
    assert!(next.is_new("d"));
}

/// Without a restart's help, learning begins with the first value.
#[test]
fn learning_without_a_start() {
    let mut bench = Bench::lease(PolicySpec {
        learn_millis: HOUR,
        ..FIRST
    });
    bench.now = 100 * HOUR;
    assert!(!bench.is_new("a"));
    bench.now += HOUR;
    assert!(bench.is_new("b"));
}

/// A value that reached nobody is new again, and one that reached somebody is not; with
/// a cooldown and without.
#[test]
fn failures() {
    for cooldown_millis in [0, 1] {
        let mut bench = Bench::new(&[(rule(0, LEASE, cooldown_millis), FIRST)]);
        let line = "assigned 10.0.0.1 to a";
        let head = bench.heads(1, line)[0];
        let other = bench.heads(1, "assigned 10.0.0.1 to b")[0];
        bench.now += 5;
        bench.fail(&head, 0);
        assert_eq!(bench.heads(1, line).len(), 0);
        bench.fail(&head, 1);
        assert_eq!(bench.heads(1, line).len(), 1);
        bench.fail(&other, 1);
        bench.fail(&other, 1);
        assert_eq!(bench.heads(1, "assigned 10.0.0.1 to b").len(), 0);
    }
}

/// The oldest of too many notifications is not watched any more, and the others are.
#[test]
fn watched_notifications_are_bounded() {
    let mut bench = Bench::lease(FIRST);
    let lines = (0..=NEW_VALUES_WATCHED_MAX).map(|number| number.to_string());
    let heads: Vec<_> = lines
        .flat_map(|device| bench.heads(1, &["assigned 10.0.0.1 to ", &device].concat()))
        .collect();
    assert_eq!(heads.len(), NEW_VALUES_WATCHED_MAX + 1);
    for head in &heads[..2] {
        bench.fail(head, 0);
        bench.fail(head, 1);
    }
    assert!(!bench.is_new("0"));
    assert!(bench.is_new("1"));
}

/// Inhibition comes before: what it holds back stays new. A threshold comes after, and
/// counts new values only.
#[test]
fn order_of_policies() {
    let power = rule(1, "power (fail)(ed)?", HOUR);
    let unless = [RuleName::Environment(1)];
    let policies = PolicySpec {
        unless: &unless,
        threshold: Some(Window {
            count: 2,
            millis: 60_000,
        }),
        key: Some(""),
        ..FIRST
    };
    let mut bench = Bench::new(&[
        (rule(0, LEASE, 0), policies),
        (power, PolicySpec::default()),
    ]);
    assert_eq!(bench.heads(1, "power failed").len(), 1);
    assert!(!bench.is_new("a"));
    bench.now = 2 * HOUR;
    assert!(!bench.is_new("a"));
    assert!(!bench.is_new("a"));
    assert!(bench.is_new("b"));
}

/// A restart changes nothing: neither what is known nor who goes first.
#[test]
fn restart() {
    let mut old = Bench::lease(FIRST);
    assert!(old.is_new("a") && old.is_new("b"));
    old.invent(1, 0..KNOWN_VALUES_MAX - 2);
    old.is_new("a");
    let saved = old.save();
    assert!(saved.len() <= STATE_BYTES_MAX);
    // Another process has another secret, and other rules before this one.
    let mut builder = RulesBuilder::new();
    builder.add(&rule(7, "x", 0)).unwrap();
    let id = builder.add(&rule(0, LEASE, 0)).unwrap();
    builder.set_policies(id, &FIRST).unwrap();
    let mut next = Bench {
        engine: Engine::new(builder.finish(), (3, 4)),
        now: 0,
    };
    let all = (RuleName::Environment(0), KNOWN_VALUES_MAX, Restored::Known);
    assert_eq!(next.restore(&saved), [all]);
    assert_eq!(next.save(), saved);
    assert_eq!(next.engine.counters().forgotten, 0);
    assert!(!next.engine.novelties_mut().is_changed());
    assert!(next.is_new("c"));
    assert!(next.engine.novelties_mut().is_changed());
    assert!(!next.is_new("a"));
    assert!(next.is_new("b"));
}

/// A rule that is gone, or has another condition or mask, loses what it knew; the others
/// keep it.
#[test]
fn other_rules() {
    let login = "logged ([^ ]+) from ([^ ]+)";
    let mut old = Bench::new(&[(rule(0, LEASE, 0), FIRST), (rule(1, login, 0), FIRST)]);
    assert!(old.is_new("a"));
    old.heads(1, "logged in from a");
    let saved = old.save();
    let kept = (RuleName::Environment(1), 1, Restored::Known);
    let mask = PolicySpec {
        first: Some("@1"),
        ..FIRST
    };
    let pattern = "assigned ([^ ]+) to ([^ ]*)";
    for (number, pattern, policies, expected) in [
        (0, LEASE, FIRST, Restored::Known),
        (0, LEASE, mask, Restored::Changed),
        (0, pattern, FIRST, Restored::Changed),
        (0, LEASE, PolicySpec::default(), Restored::Unused),
        (2, LEASE, FIRST, Restored::Unused),
    ] {
        let rules = [
            (rule(number, pattern, 0), policies),
            (rule(1, login, 0), FIRST),
        ];
        let mut next = Bench::new(&rules);
        let expected = (RuleName::Environment(0), 1, expected);
        assert_eq!(next.restore(&saved), [expected, kept]);
        assert_eq!(next.is_new("a"), expected.2 != Restored::Known);
        assert_eq!(next.heads(1, "logged in from a").len(), 0);
    }
}

/// If the share is smaller than it was, the values stay that were seen last.
#[test]
fn smaller_shares_keep_the_latest() {
    let mut old = Bench::lease(FIRST);
    assert!(old.is_new("a"));
    old.invent(1, 1..KNOWN_VALUES_MAX);
    let saved = old.save();
    let rules: Vec<_> = (0..8).map(|n| (rule(n, LEASE, 0), FIRST)).collect();
    let mut next = Bench::new(&rules);
    next.restore(&saved);
    // The seven others do not know it.
    let last = ["invented-", &(KNOWN_VALUES_MAX - 1).to_string()].concat();
    let line = ["assigned 10.0.0.1 to ", &last].concat();
    assert_eq!(next.heads(1, &line).len(), 7);
    assert_eq!(next.heads(1, "assigned 10.0.0.1 to a").len(), 8);
}

/// All that all rules can know has room in a state.
#[test]
fn the_largest_state() {
    let rules = (0..RULES_MAX).map(|number| {
        let name = match number {
            0..64 => RuleName::Environment(number as u8),
            _ => RuleName::Static(number as u8),
        };
        let substring = RuleSpec {
            name,
            match_type: MatchType::Substring,
            match_str: b"",
            mask: "",
            ..rule(0, "", 0)
        };
        let policies = PolicySpec {
            first: Some("@{text}"),
            ..FIRST
        };
        (substring, policies)
    });
    let mut bench = Bench::new(&rules.collect::<Vec<_>>());
    let share = KNOWN_VALUES_TOTAL_MAX / RULES_MAX;
    for line in 0..=share {
        bench.heads(1, &line.to_string());
    }
    assert_eq!(bench.engine.counters().forgotten, RULES_MAX as u64);
    let saved = bench.save();
    assert!(saved.len() > KNOWN_VALUE_BYTES * share * RULES_MAX);
    assert_eq!(bench.restore(&saved).len(), RULES_MAX);
}

/// Every truncation and every flipped bit is noticed, and random bytes with a right
/// checksum neither panic nor make too much of themselves.
#[test]
fn damage_is_noticed() {
    let mut old = Bench::lease(FIRST);
    for device in ["a", "b", "c"] {
        assert!(old.is_new(device));
    }
    let saved = old.save();
    for end in 0..saved.len() {
        assert!(State::parse(&saved[..end]).is_err());
    }
    for bit in 0..saved.len() * 8 {
        let mut damaged = saved.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(State::parse(&damaged).is_err(), "{bit}");
    }
    let mut random = 7_u32;
    let mut right = 0;
    for round in 0..20_000 {
        let mut bytes = saved[..saved.len() - 8].to_vec();
        for _ in 0..3 {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            let at = 32 + random as usize % (bytes.len() - 32);
            bytes[at] = (random >> 24) as u8;
        }
        bytes.truncate(bytes.len() - round % 7 * (round % 3));
        let sum = checksum(&bytes).to_le_bytes();
        bytes.extend(sum);
        if State::parse(&bytes).is_ok() {
            right += 1;
            let mut next = Bench::lease(FIRST);
            next.restore(&bytes);
            let saved = next.save();
            assert!(State::parse(&saved).is_ok());
        }
    }
    assert!(right > 1_000, "{right}");
}

/// The failure of a notification makes its own value new again, and no other.
#[test]
fn a_failure_concerns_its_own_value() {
    let mut bench = Bench::lease(FIRST);
    let mut heads = |device| bench.heads(1, device)[0];
    let _ = heads("assigned 10.0.0.1 to a");
    let second = heads("assigned 10.0.0.1 to b");
    bench.fail(&second, 0);
    bench.fail(&second, 1);
    assert!(!bench.is_new("a"));
    assert!(bench.is_new("b"));
}

/// Content that is none is noticed, although the checksum is right.
#[test]
fn wrong_content_is_noticed() {
    let mut saved = Bench::lease(FIRST).save();
    saved.truncate(saved.len() - 8);
    saved.push(0);
    saved.extend(checksum(&saved).to_le_bytes());
    assert!(State::parse(&saved).is_err());
}
