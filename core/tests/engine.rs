//! The engine's contract, driven in virtual time: push one input, drain.

use std::net::IpAddr;

use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierId, NotifierSet, RuleName};
use alertik_core::intake::Arrival;
use alertik_core::limits::{COOLDOWNS_MAX, MESSAGE_BYTES_MAX, NOTICE_BYTES_MAX};
use alertik_core::routers::{HeardRouters, NamedPrefix, NotifyRouter, Routers};
use alertik_core::rules::{
    Engine, Filter, MatchType, NoticeHead, RouterFilter, RuleSpec, RulesBuilder, static_event,
};
use alertik_core::syslog::Severity;
use alertik_core::text::{Label, TextBuffer};
use alertik_core::time::{Instant, Wall};

/// 2026-11-22 10:41:07 UTC, when virtual time begins.
const START: i64 = 1_795_344_067;

/// An engine with a clock that moves only by hand.
struct Bench {
    engine: Engine,
    now: u64,
}

impl Bench {
    fn new(rules: &[RuleSpec<'_>]) -> Self {
        let mut builder = RulesBuilder::new();
        for rule in rules {
            builder.add(rule).expect("the rule compiles");
        }
        Self {
            engine: Engine::new(builder.finish(), (1, 2)),
            now: 0,
        }
    }

    /// Lets a line arrive and returns the notifications: heads and texts.
    fn line(&mut self, line: &[u8]) -> Vec<(NoticeHead, String)> {
        self.line_from(1, line)
    }

    /// Lets a line arrive from router 192.0.2.x.
    fn line_from(&mut self, router: u8, line: &[u8]) -> Vec<(NoticeHead, String)> {
        let now = Instant::from_millis(self.now);
        let arrival = Arrival {
            at: now,
            source: IpAddr::from([192, 0, 2, router]),
        };
        let wall = self.wall();
        self.engine.handle(now, arrival, || wall, line);
        self.drain()
    }

    /// Returns what the wall clock shows.
    fn wall(&self) -> Wall {
        Wall {
            unix_secs: START + (self.now / 1_000) as i64,
            offset_secs: 0,
        }
    }

    /// Lets time pass to `millis` without a line.
    fn wait_until(&mut self, millis: u64) -> Vec<(NoticeHead, String)> {
        self.now = millis;
        let wall = self.wall();
        self.engine
            .handle_timeout(Instant::from_millis(millis), || wall);
        self.drain()
    }

    fn drain(&mut self) -> Vec<(NoticeHead, String)> {
        let mut buffer = TextBuffer::new();
        let mut notices = Vec::new();
        while let Some(head) = self.engine.poll(&mut buffer) {
            notices.push((
                head,
                buffer.as_text().parts().map(|(_, part)| part).collect(),
            ));
        }
        notices
    }
}

fn texts(notices: Vec<(NoticeHead, String)>) -> Vec<String> {
    notices.into_iter().map(|(_, text)| text).collect()
}

fn set(ids: &[NotifierId]) -> NotifierSet {
    let mut set = NotifierSet::EMPTY;
    ids.iter().for_each(|&id| set.insert(id));
    set
}

fn rule<'a>(number: u8, match_type: MatchType, match_str: &'a str, mask: &'a str) -> RuleSpec<'a> {
    RuleSpec {
        name: RuleName::Environment(number),
        match_type,
        match_str: match_str.as_bytes(),
        mask,
        notifiers: set(&[Notifier::Telegram.id(), Notifier::Slack.id()]),
        cooldown_millis: 10_000,
    }
}

const REGEX: MatchType = MatchType::Regex;
const SUBSTR: MatchType = MatchType::Substring;
const AT: &str = ", at: 2026-11-22 10:41:07";

/// All rules that match notify, in order; the others do not.
#[test]
fn every_matching_rule_notifies_in_order() {
    let mut bench = Bench::new(&[
        rule(0, SUBSTR, "login failure", "substr"),
        rule(1, REGEX, "user ([a-z]+)", "user @1"),
        rule(2, SUBSTR, "logged in", "never"),
        rule(3, REGEX, "ssh$", "by ssh"),
    ]);
    let notices = bench.line(b"login failure for user root from 192.0.2.9 via ssh");
    let rules: Vec<_> = notices.iter().map(|(head, _)| head.rule).collect();
    assert_eq!(rules, [0, 1, 3].map(RuleName::Environment));
    assert_eq!(
        texts(notices),
        [
            format!("substr{AT}"),
            format!("user root{AT}"),
            format!("by ssh{AT}")
        ]
    );
    assert!(bench.line(b"dhcp,info something else").is_empty());
    let counters = bench.engine.counters();
    assert_eq!(
        (counters.handled, counters.matched, counters.notified),
        (2, 1, 3)
    );
}

/// Groups that took no part, or matched nothing, add nothing to the text.
#[test]
fn absent_and_empty_groups() {
    let mut bench = Bench::new(&[
        rule(0, REGEX, "(x)|(b)", "[@1|@2]"),
        rule(1, REGEX, "b(z*)", "[@1]"),
    ]);
    assert_eq!(
        texts(bench.line(b"abcd tail")),
        [format!("[|b]{AT}"), format!("[]{AT}")]
    );
}

/// The same text of the same rule is sent once; when the cooldown ends, one
/// notification says how often it came again and when last.
#[test]
fn cooldown_counts_and_reports() {
    let mut bench = Bench::new(&[rule(0, REGEX, "user (.*)", "failed: @1")]);
    assert_eq!(bench.line(b"user a").len(), 1);
    for millis in [1_000, 4_000, 9_999] {
        bench.now = millis;
        assert!(bench.line(b"user a").is_empty(), "at {millis}");
    }
    // Another text of the same rule is untouched.
    assert_eq!(texts(bench.line(b"user b")).len(), 1);
    assert_eq!(
        bench.engine.poll_timeout(),
        Some(Instant::from_millis(10_000))
    );
    assert_eq!(
        texts(bench.wait_until(10_000)),
        ["failed: a, repeated 3 times, last at: 2026-11-22 10:41:16"]
    );
    assert_eq!(bench.engine.counters().suppressed, 3);
    // The cooldown is over: the next one is news again.
    assert_eq!(bench.line(b"user a").len(), 1);
    // The other text came once, so its end is silent.
    assert!(bench.wait_until(19_999).is_empty());
    assert!(bench.wait_until(60_000).is_empty());
    assert_eq!(bench.engine.poll_timeout(), None);
}

/// The window is exact to the millisecond, and a line at its end is notified
/// after the summary of the lines within it.
#[test]
fn cooldown_ends_exactly() {
    let mut bench = Bench::new(&[rule(0, SUBSTR, "x", "m")]);
    bench.line(b"x");
    bench.now = 9_999;
    assert!(bench.line(b"x").is_empty());
    bench.now = 10_000;
    let texts = texts(bench.line(b"x"));
    assert_eq!(texts.len(), 2);
    assert!(texts[0].starts_with("m, repeated 1 time, last at: "));
    assert_eq!(texts[1], "m, at: 2026-11-22 10:41:17");
}

/// Two rules with the same text do not share a cooldown, and 0 turns it off.
#[test]
fn cooldown_is_per_rule() {
    let off = RuleSpec {
        cooldown_millis: 0,
        ..rule(1, SUBSTR, "x", "same")
    };
    let mut bench = Bench::new(&[rule(0, SUBSTR, "x", "same"), off]);
    assert_eq!(bench.line(b"x").len(), 2);
    for _ in 0..5 {
        let notices = bench.line(b"x");
        assert_eq!(notices.len(), 1);
        assert_eq!(notices[0].0.rule, RuleName::Environment(1));
    }
}

/// A delivery that failed does not keep its notifier quiet; the other notifier
/// of the rule stays quiet.
#[test]
fn failed_delivery_disarms_its_notifier() {
    let mut bench = Bench::new(&[rule(0, SUBSTR, "x", "m")]);
    let first = bench.line(b"x");
    bench
        .engine
        .handle_failure(first[0].0.ticket, Notifier::Slack.id());
    bench.now = 1_000;
    let second = bench.line(b"x");
    assert_eq!(second.len(), 1);
    assert_eq!(second[0].0.notifiers, set(&[Notifier::Slack.id()]));
    assert!(bench.line(b"x").is_empty());
    let summary = bench.wait_until(10_000);
    assert_eq!(
        summary[0].1,
        "m, repeated 2 times, last at: 2026-11-22 10:41:08"
    );
    // If every delivery failed, nothing was held back, so there is no summary.
    let third = bench.line(b"x");
    for id in [Notifier::Telegram.id(), Notifier::Slack.id()] {
        bench.engine.handle_failure(third[0].0.ticket, id);
    }
    assert_eq!(bench.line(b"x").len(), 1);
    assert!(bench.wait_until(30_000).is_empty());
}

/// Repeats that a cooldown has counted are reported to the notifiers that they were
/// held back from, although the delivery that began it failed afterwards.
#[test]
fn repeats_outlive_a_failed_delivery() {
    let mut bench = Bench::new(&[rule(0, SUBSTR, "x", "m")]);
    let first = bench.line(b"x");
    for _ in 0..20 {
        assert!(bench.line(b"x").is_empty());
    }
    for id in [Notifier::Telegram.id(), Notifier::Slack.id()] {
        bench.engine.handle_failure(first[0].0.ticket, id);
    }
    let summary = bench.wait_until(10_000);
    assert_eq!(summary.len(), 1);
    assert!(summary[0].1.starts_with("m, repeated 20 times"));
    assert_eq!(
        summary[0].0.notifiers,
        set(&[Notifier::Telegram.id(), Notifier::Slack.id()])
    );
}

/// More texts than the table holds: none is lost, none is sent twice within its
/// time unless it had to leave the table, and then its count is reported.
#[test]
fn full_table_ends_the_oldest_cooldown_early() {
    let mut bench = Bench::new(&[rule(0, REGEX, "user (.*)", "@1")]);
    for number in 0..COOLDOWNS_MAX {
        bench.now = number as u64;
        assert_eq!(bench.line(format!("user {number}").as_bytes()).len(), 1);
    }
    assert!(bench.line(b"user 0").is_empty());
    let texts = texts(bench.line(b"user new"));
    assert_eq!(texts.len(), 2);
    assert!(texts[0].starts_with("0, repeated 1 time"), "{texts:?}");
    assert!(texts[1].starts_with("new, at: "));
}

/// A notification that no message carries comes out of `poll` as any other: from
/// the passing of time, and from the push of a message that matches nothing. It
/// has its own text, source and time, and it is counted.
#[test]
fn timers_speak_without_a_message() {
    for other_line in [None, Some(&b"matches nothing"[..])] {
        let mut bench = Bench::new(&[rule(0, REGEX, "user (.*) failed", "<@1>")]);
        let first = bench.line(b"user a failed")[0].0;
        bench.now = 5_000;
        assert!(bench.line(b"user a failed").is_empty());
        // The engine's copy of that message is gone before the timer speaks.
        bench.line(b"user b failed");
        bench.now = 10_000;
        let notices = match other_line {
            None => bench.wait_until(10_000),
            Some(line) => bench.line(line),
        };
        let [(head, text)] = &notices[..] else {
            panic!("{notices:?}");
        };
        let expected = NoticeHead {
            at: Wall {
                unix_secs: START + 5,
                offset_secs: 0,
            },
            ticket: Default::default(),
            ..first
        };
        assert_eq!(*head, expected);
        assert_eq!(text, "<a>, repeated 1 time, last at: 2026-11-22 10:41:12");
        assert_eq!(bench.engine.counters().notified, 3);
    }
}

/// The same text of another router is news; each notification and each summary names
/// the router that sent the line, by whatever is known of it.
#[test]
fn each_router_is_notified() {
    let named = |name: &str, prefix: &str| NamedPrefix {
        name: name.into(),
        prefix: prefix.parse().unwrap(),
    };
    let mut bench = Bench::new(&[rule(0, REGEX, "(ether[0-9]) link down", "@1 down")]);
    let list = vec![named("office", "192.0.2.1"), named("pop", "192.0.2.128/25")];
    bench.engine = bench
        .engine
        .with_routers(Routers::new(list, vec![], NotifyRouter::Auto));
    for (router, line, name) in [
        (1, "interface,info ether1 link down", "office"),
        (200, "interface,info ether1 link down", "pop"),
        (201, "interface,info ether1 link down", "pop"),
        (9, "<30>Nov  8 17:06:34 lab ether1 link down", "lab"),
        (9, "interface,info ether1 link down", "192.0.2.9"),
    ] {
        bench.now += 1;
        let notices = bench.line_from(router, line.as_bytes());
        assert_eq!(notices[0].0.source, IpAddr::from([192, 0, 2, router]));
        assert_eq!(texts(notices), [format!("[{name}] ether1 down{AT}")]);
        assert!(bench.line_from(router, line.as_bytes()).is_empty());
    }
    let notices = bench.wait_until(10_010);
    let sources: Vec<_> = notices.iter().map(|(head, _)| head.source).collect();
    assert_eq!(
        sources,
        [1, 200, 201, 9, 9].map(|x| IpAddr::from([192, 0, 2, x]))
    );
    let names: Vec<_> = texts(notices);
    for (text, name) in names
        .iter()
        .zip(["office", "pop", "pop", "lab", "192.0.2.9"])
    {
        assert!(
            text.starts_with(&format!("[{name}] ether1 down, repeated 1 time")),
            "{text}"
        );
    }
}

/// A single router has no name in front, until a second one is heard, whatever that
/// says; the cooldown goes on.
#[test]
fn a_second_router_brings_names() {
    let mut bench = Bench::new(&[rule(0, SUBSTR, "x", "m")]);
    assert_eq!(texts(bench.line(b"x")), [format!("m{AT}")]);
    assert!(bench.line_from(2, b"nothing that matches").is_empty());
    assert!(bench.line(b"x").is_empty());
    assert_eq!(
        texts(bench.line_from(2, b"x")),
        [format!("[192.0.2.2] m{AT}")]
    );
}

/// A filter is tried beside the pattern; a rule without one takes the line.
#[test]
fn filters() {
    let mut builder = RulesBuilder::new();
    let filter = Filter {
        topics: Box::new(["system".into()]),
        without_topics: Box::new(["debug".into()]),
        routers: Box::new([RouterFilter::Prefix("192.0.2.1".parse().unwrap())]),
        ..Filter::default()
    };
    builder
        .add_filtered(&rule(0, SUBSTR, "x", "filtered"), filter)
        .unwrap();
    builder.add(&rule(1, SUBSTR, "x", "all")).unwrap();
    // A filter by topics leaves the header in what an expression is about.
    let topics = Filter {
        topics: Box::new(["system".into()]),
        ..Filter::default()
    };
    builder
        .add_filtered(&rule(2, REGEX, "^system,info x1$", "header"), topics)
        .unwrap();
    let mut bench = Bench {
        engine: Engine::new(builder.finish(), (1, 2)).with_routers(Routers::new(
            vec![],
            vec![],
            NotifyRouter::Never,
        )),
        now: 0,
    };
    for (router, line, count) in [
        (1, "system,info x1", 3),
        (1, "system,debug x2", 1),
        (1, "dhcp,info x3", 1),
        (1, "x4", 2),
        (2, "system,info x5", 1),
    ] {
        bench.now += 20_000;
        bench.wait_until(bench.now);
        assert_eq!(
            bench.line_from(router, line.as_bytes()).len(),
            count,
            "{line}"
        );
    }
}

/// A case that has nothing to say leaves a full table without a word, and the
/// match that needs its place is notified at once.
#[test]
fn full_table_drops_silent_cooldowns() {
    let mut bench = Bench::new(&[rule(0, REGEX, "user (.*)", "@1")]);
    for number in 0..=COOLDOWNS_MAX {
        bench.now = number as u64;
        assert_eq!(bench.line(format!("user {number}").as_bytes()).len(), 1);
    }
    // The first one went: it is news again. The second one is still quiet, as
    // is the last.
    assert!(bench.line(b"user 2").is_empty());
    assert!(
        bench
            .line(format!("user {COOLDOWNS_MAX}").as_bytes())
            .is_empty()
    );
    let again = texts(bench.line(b"user 0"));
    assert!(again.len() == 1 && again[0].starts_with("0, at: "));
    let counters = bench.engine.counters();
    let matched = COOLDOWNS_MAX as u64 + 4;
    assert_eq!((counters.matched, counters.suppressed), (matched, 2));
}

/// A thousand texts in turn are each sent once and counted from then on; at the
/// end each has its summary, in the order in which their cooldowns end. Texts for
/// which there is no room are cut.
#[test]
fn a_thousand_texts_in_turn() {
    let mut bench = Bench::new(&[rule(0, REGEX, "port (.*)", "port @1")]);
    let mut sent = 0;
    for round in 0..3 {
        for port in 0..1_000 {
            bench.now = round * 2_000 + port;
            let line = format!("port {port} {}", "x".repeat(60));
            sent += bench.line(line.as_bytes()).len();
        }
    }
    assert_eq!(sent, 1_000);
    let summaries = texts(bench.wait_until(20_000));
    assert_eq!(summaries.len(), 1_000);
    for (port, summary) in summaries.iter().enumerate() {
        let beginning = format!("port {port} xxx");
        assert!(summary.starts_with(&beginning), "{summary}");
        assert!(
            summary.contains("x, repeated 2 times, last at: "),
            "{summary}"
        );
    }
    assert!(bench.engine.poll_timeout().is_none());
}

/// Five thousand routers that say the same three times within the cooldown are notified
/// once each, and each has a whole summary of its own with what is known of it.
#[test]
fn a_fleet_that_says_the_same() {
    let mut bench = Bench::new(&[rule(0, REGEX, "(ether1) link down", "@1 is down")]);
    let mut sent = 0;
    for round in 0..3 {
        for router in 0..5_000_u16 {
            bench.now = round * 3_000 + u64::from(router) / 2;
            let [high, low] = router.to_be_bytes();
            let arrival = Arrival {
                at: Instant::ZERO,
                source: IpAddr::from([10, 0, high, low]),
            };
            let line = format!("<30>Nov  8 17:06:34 pop-{router} interface,info ether1 link down");
            let now = Instant::from_millis(bench.now);
            let wall = Wall::default;
            bench.engine.handle(now, arrival, wall, line.as_bytes());
            sent += bench.drain().len();
        }
    }
    assert_eq!(sent, 5_000);
    let mut summaries = bench.wait_until(20_000);
    assert_eq!(summaries.len(), 5_000);
    summaries.sort_by_key(|(head, _)| head.source);
    for (router, (head, text)) in summaries.iter().enumerate() {
        let expected = format!(
            "[pop-{router}] ether1 is down, repeated 2 times, last at: 1970-01-01 00:00:00"
        );
        assert_eq!(*text, expected);
        let label =
            |label: Label| -> String { label.as_text().parts().map(|(_, part)| part).collect() };
        assert_eq!(label(head.about.router), format!("pop-{router}"));
        assert_eq!(label(head.about.topics), "interface,info");
        assert_eq!(head.about.severity, Some(Severity::Info));
        let [high, low] = (router as u16).to_be_bytes();
        assert_eq!(head.source, IpAddr::from([10, 0, high, low]));
    }
    assert!(bench.engine.poll_timeout().is_none());
}

/// Texts stay those of their cooldowns while others end, and while room is made for more.
#[test]
fn texts_stay_with_their_cooldowns() {
    let mut short = rule(0, REGEX, "both (.*)", "short @1");
    short.cooldown_millis = 1_000;
    let mut long = rule(1, REGEX, "(both|long) (.*)", "long @2");
    long.cooldown_millis = 60_000;
    let mut bench = Bench::new(&[short, long]);
    let say = |bench: &mut Bench, what: &str, numbers: core::ops::Range<u32>| {
        for number in numbers.clone().chain(numbers) {
            bench.line(format!("{what} {number:040}").as_bytes());
        }
    };
    say(&mut bench, "both", 0..2_000);
    assert_eq!(bench.wait_until(1_000).len(), 2_000);
    say(&mut bench, "long", 2_000..4_800);
    let mut summaries = texts(bench.wait_until(61_001));
    summaries.sort();
    assert_eq!(summaries.len(), 4_800);
    for (number, summary) in summaries.iter().enumerate() {
        let expected = format!("long {number:040}, repeated 1 time, last at: ");
        assert!(summary.starts_with(&expected), "{summary}");
    }
}

/// A wall clock that jumps moves no cooldown, and is shown as it is.
#[test]
fn wall_clock_jumps_do_not_matter() {
    let mut bench = Bench::new(&[rule(0, SUBSTR, "x", "m")]);
    let arrival = Arrival {
        at: Instant::ZERO,
        source: IpAddr::from([192, 0, 2, 1]),
    };
    bench.line(b"x");
    let epoch = Wall {
        unix_secs: 0,
        offset_secs: 7_200,
    };
    bench
        .engine
        .handle(Instant::from_millis(5_000), arrival, || epoch, b"x");
    assert!(bench.drain().is_empty());
    bench
        .engine
        .handle(Instant::from_millis(5_000), arrival, || epoch, b"xy");
    assert!(bench.drain().is_empty());
    let ended = texts(bench.wait_until(10_000));
    assert_eq!(ended, ["m, repeated 2 times, last at: 1970-01-01 02:00:00"]);
}

/// A static event's time follows its comma without a blank, as the predecessor
/// wrote it; the samples beside the events are tests of their own.
#[test]
fn static_events_keep_their_spelling() {
    let event = static_event(0).expect("event 0 exists");
    let spec = RuleSpec::of_static_event(event, set(&[Notifier::Telegram.id()]), 0);
    let mut bench = Bench::new(&[spec]);
    let line = b"36:7F:7F:07:C4:B0@honeypot: disconnected, unicast key exchange timeout";
    assert_eq!(
        texts(bench.line(line)),
        [
            "There is someone trying to connect to your WiFi: honeypot, with the mac-address: \
             36:7F:7F:07:C4:B0, at:2026-11-22 10:41:07"
        ]
    );
}

/// Long messages are matched as far as promised, and an overlong text is cut but
/// keeps its time.
#[test]
fn lengths() {
    let mut bench = Bench::new(&[rule(0, REGEX, "(x+)END", "@1@1@1")]);
    let mut line = vec![b'x'; MESSAGE_BYTES_MAX - 3];
    line.extend(b"END");
    let notices = bench.line(&line);
    assert!(notices[0].1.ends_with(&format!("x…{AT}")));
    assert!(notices[0].1.len() <= NOTICE_BYTES_MAX);
    line.insert(0, b'x');
    assert!(bench.line(&line).is_empty());
}

/// A group that finds no room at all is marked as cut, too: here three of four
/// fit, and the fourth finds one byte.
#[test]
fn a_group_without_room_is_marked() {
    let mut bench = Bench::new(&[rule(0, REGEX, "(x+)", "@1@1@1@1")]);
    let text = &texts(bench.line(&[b'x'; 2_695]))[0];
    assert_eq!(*text, format!("{}…{AT}", "x".repeat(3 * 2_695)));
}

/// Any byte may be in a message; the notification is UTF-8 all the same.
#[test]
fn hostile_bytes() {
    let mut bench = Bench::new(&[rule(0, REGEX, "user (.*) from", "@1")]);
    let text = &texts(bench.line(b"user \xff\xfe\x1b[2J\xc3 @1 from"))[0];
    assert!(text.starts_with("\u{fffd}\u{fffd}\u{1b}[2J\u{fffd} @1, at: "));
}

/// A NUL in a name hides the line from no rule, with a DFA or without, and does
/// not reach a service.
#[test]
fn a_nul_hides_nothing() {
    const LINE: &[u8] = b"login failure for user ab\0cd from 1.2.3.4 via ssh";
    for pattern in [
        "login failure for user (.*) from ([^ ]+) via",
        "user ([^ ]+) from",
        "user ([[:alpha:][:cntrl:]]*) from",
        r"user (\S+) from",
        r"user (ab\Wcd) from",
        r"user (ab\x00cd) from",
        r"user (ab\b.\bcd) from",
        // Too large for a DFA.
        "user ([^ ]+) (o*f.{60})*from",
    ] {
        let mut bench = Bench::new(&[rule(0, REGEX, pattern, "<@1>")]);
        let found = texts(bench.line(LINE));
        assert_eq!(found, [format!("<ab\u{fffd}cd>{AT}")], "{pattern}");
    }
    for pattern in ["user ([a-z]+) from", "user (ab cd) from", "abcd"] {
        let mut bench = Bench::new(&[rule(0, REGEX, pattern, "m")]);
        assert!(bench.line(LINE).is_empty(), "{pattern}");
    }
    let mut bench = Bench::new(&[rule(0, SUBSTR, "1.2.3.4", "m")]);
    assert_eq!(bench.line(LINE).len(), 1);
}

/// The work on one message is bounded over all rules together, and a rule that
/// takes much starves no other: each has its part.
#[test]
fn rules_share_the_work_on_a_message() {
    // Each of these alone would use up the limit; the last one needs little.
    let mut rules: Vec<_> = (0..63)
        .map(|number| rule(number, REGEX, "([ab]*)a[ab]{200}c$", "<@1>"))
        .collect();
    rules.push(rule(63, REGEX, "c([ab]*)$", "last <@1>"));
    let mut bench = Bench::new(&rules);
    let mut line = b"ab".repeat(1_000);
    line[100] = b'c';
    let start = std::time::Instant::now();
    let found = texts(bench.line(&line));
    let took = start.elapsed();
    // Too much work counts as a match without groups.
    assert_eq!(found.len(), 64);
    assert!(found[..63].iter().all(|text| *text == format!("<>{AT}")));
    assert!(found[63].starts_with("last <baba"), "{}", found[63]);
    // Alone, the limit is 12 ms with optimisation. Without any it is some 20 times
    // that; 63 times the limit would be minutes.
    assert!(took < std::time::Duration::from_secs(3), "{took:?}");
}

/// What passes is no difference: a text that names the time, and how often it came, is
/// the same text a second later. What a line says of itself makes another one.
#[test]
fn what_passes_makes_no_other_text() {
    let mask = "m @{topics} @{count} @{first} @{last} @{time}";
    let mut bench = Bench::new(&[rule(0, SUBSTR, "x", mask)]);
    let told = texts(bench.line(b"system,info x"));
    let time = "2026-11-22 10:41:07";
    assert_eq!(told, [format!("m system,info 1 {time} {time} {time}{AT}")]);
    bench.now = 2_000;
    assert!(bench.line(b"system,info x").is_empty());
    assert_eq!(bench.line(b"system,error x").len(), 1);
    assert_eq!(bench.wait_until(10_000).len(), 1);
}

/// A rule for the message alone does not see the header, whose bytes shift its groups;
/// one for the rest takes only lines that no rule before it has matched.
#[test]
fn parts_and_rests() {
    let mut builder = RulesBuilder::new();
    let message = || Filter {
        is_for_message: true,
        ..Filter::default()
    };
    let rest = Filter {
        is_for_unmatched: true,
        ..Filter::default()
    };
    let rules = [
        (rule(0, REGEX, "^link ([a-z]+)", "regex @1"), message()),
        (rule(1, SUBSTR, "link", "substr"), message()),
        (rule(2, SUBSTR, "tik", "header"), message()),
        (rule(3, SUBSTR, "", "rest"), rest),
    ];
    for (rule, filter) in rules {
        builder.add_filtered(&rule, filter).expect("right");
    }
    let mut bench = Bench {
        engine: Engine::new(builder.finish(), (1, 2)),
        now: 0,
    };
    for (line, expected) in [
        (
            "<30>Nov  8 17:06:34 tik link up",
            &["regex up", "substr"][..],
        ),
        ("<30>Nov  8 17:06:34 tik a link", &["substr"]),
        ("<30>Nov  8 17:06:34 tik other", &["rest"]),
    ] {
        bench.now += 20_000;
        bench.wait_until(bench.now);
        let told = texts(bench.line(line.as_bytes()));
        let told: Vec<_> = told.iter().map(|text| text.split(", at").next()).collect();
        let expected: Vec<_> = expected.iter().map(|&text| Some(text)).collect();
        assert_eq!(told, expected, "{line}");
    }
}

/// The routers that were heard have the names by which notifications call them; one that
/// has none is not called by its address, and one that was renamed has its present name.
#[test]
fn names_of_routers_that_were_heard() {
    let mut bench = Bench::new(&[rule(0, SUBSTR, "x", "m")]);
    let named = NamedPrefix {
        name: "office".into(),
        prefix: "192.0.2.1".parse().unwrap(),
    };
    let routers = Routers::new(vec![named], vec![], NotifyRouter::Auto);
    bench.engine = bench.engine.with_routers(routers);
    for router in [1, 2] {
        assert_eq!(bench.line_from(router, b"x").len(), 1);
    }
    for line in ["<30>Nov  8 17:06:34 old x", "<30>Nov  8 17:06:35 new x"] {
        assert_eq!(bench.line_from(3, line.as_bytes()).len(), 1);
    }
    let mut heard = HeardRouters::new();
    bench.engine.copy_heard(&mut heard);
    let mut names: Vec<(IpAddr, String)> = heard
        .iter()
        .map(|router| {
            let parts = router.name.as_text().parts();
            (router.source, parts.map(|(_, part)| part).collect())
        })
        .collect();
    names.sort();
    let address = |last| IpAddr::from([192, 0, 2, last]);
    assert_eq!(
        names,
        [
            (address(1), "office".into()),
            (address(2), String::new()),
            (address(3), "new".into())
        ]
    );
}
