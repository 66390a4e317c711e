//! Quiet hours and digests, driven in virtual time on both clocks.

use std::cell::Cell;
use std::net::IpAddr;

use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleId, RuleName};
use alertik_core::intake::Arrival;
use alertik_core::limits::{COOLDOWN_TEXT_BYTES_MAX, DIGEST_TEXTS_MAX, NOTICE_BYTES_MAX};
use alertik_core::routers::{NotifyRouter, Routers};
use alertik_core::rules::{
    DigestTime, Engine, MatchType, NoticeHead, PolicySpec, Quiet, RuleSpec, RulesBuilder, Window,
};
use alertik_core::text::TextBuffer;
use alertik_core::time::{Instant, Wall};

/// Sunday, 2026-11-22 00:00:00 UTC.
const SUNDAY: i64 = 1_795_305_600;
const HOUR: i64 = 3_600;
const MINUTE: i64 = 60;
/// Sundays on which summer time begins and ends in the European Union, 00:00:00 UTC.
const SPRING: i64 = 1_774_742_400;
const AUTUMN: i64 = 1_792_886_400;

/// The offset of Central European time, in seconds.
fn berlin(unix: i64) -> i32 {
    let is_summer = (SPRING + HOUR..AUTUMN + HOUR).contains(&unix);
    if is_summer { 7_200 } else { 3_600 }
}

/// A rule that matches "text ..." and says it.
#[derive(Clone, Copy, Default)]
struct Setup<'a> {
    quiet: &'a str,
    digest: &'a str,
    urgent: bool,
    cooldown_millis: u64,
    threshold: Option<Window>,
    /// A pair of "text ... down" and "text ... up".
    pair: bool,
    grace_millis: u64,
    remind_millis: u64,
}

/// A night that is quiet.
const NIGHT: Setup<'_> = Setup {
    quiet: "22:00-07:00",
    digest: "",
    urgent: false,
    cooldown_millis: 0,
    threshold: None,
    pair: false,
    grace_millis: 0,
    remind_millis: 0,
};

/// An engine with two clocks. The monotonic one begins at 0.
struct Bench {
    engine: Engine,
    millis: u64,
    /// What the wall clock showed, or would have, when the monotonic one began.
    boot: i64,
    zone: fn(i64) -> i32,
    looks: Cell<u32>,
}

fn notifiers() -> NotifierSet {
    let mut set = NotifierSet::EMPTY;
    set.insert(Notifier::Telegram.id());
    set.insert(Notifier::Slack.id());
    set
}

impl Bench {
    /// Returns an engine with a rule for each setup, in UTC, at a time of the wall clock.
    fn new(unix: i64, setups: &[Setup<'_>]) -> Self {
        let mut builder = RulesBuilder::new();
        for (number, setup) in setups.iter().enumerate() {
            add(&mut builder, number as u8, setup);
        }
        Self {
            engine: Engine::new(builder.finish(), (1, 2)),
            millis: 0,
            boot: unix,
            zone: |_| 0,
            looks: Cell::new(0),
        }
    }

    fn unix(&self) -> i64 {
        self.boot + (self.millis / 1_000) as i64
    }

    fn wall(&self) -> Wall {
        self.looks.set(self.looks.get() + 1);
        Wall {
            unix_secs: self.unix(),
            offset_secs: (self.zone)(self.unix()),
        }
    }

    /// Lets a line arrive, and returns what is notified at once.
    fn line(&mut self, line: &str) -> Vec<String> {
        self.line_from(1, line)
    }

    fn line_from(&mut self, router: u8, line: &str) -> Vec<String> {
        let now = Instant::from_millis(self.millis);
        let source = IpAddr::from([192, 0, 2, router]);
        let wall = self.wall();
        let arrival = Arrival { at: now, source };
        self.engine.handle(now, arrival, || wall, line.as_bytes());
        self.texts()
    }

    /// Sleeps as the daemon does until the wall clock shows a time, and returns what is
    /// notified meanwhile, with the time.
    fn sleep_until(&mut self, unix: i64) -> Vec<(i64, String)> {
        let end = u64::try_from(unix - self.boot).expect("later") * 1_000;
        let mut found = Vec::new();
        loop {
            let next = self.engine.poll_timeout().map(Instant::millis);
            let at = next.unwrap_or(end).clamp(self.millis, end);
            self.millis = at;
            let before = self.looks.get();
            let wall = self.wall();
            self.looks.set(before);
            let now = Instant::from_millis(at);
            let looks = &self.looks;
            let look = || {
                looks.set(looks.get() + 1);
                wall
            };
            self.engine.handle_timeout(now, look);
            let unix = self.unix();
            found.extend(self.texts().into_iter().map(|text| (unix, text)));
            if at == end && self.engine.poll_timeout().is_none_or(|next| next > now) {
                return found;
            }
        }
    }

    /// Ends the daemon.
    fn end(&mut self) -> Vec<String> {
        let wall = self.wall();
        let end = Instant::from_millis(u64::MAX);
        self.engine.handle_timeout(end, || wall);
        let texts = self.texts();
        assert_eq!(self.engine.poll_timeout(), None);
        texts
    }

    fn texts(&mut self) -> Vec<String> {
        self.drain().into_iter().map(|(_, text)| text).collect()
    }

    fn drain(&mut self) -> Vec<(NoticeHead, String)> {
        let mut buffer = TextBuffer::new();
        let mut found = Vec::new();
        while let Some(head) = self.engine.poll(&mut buffer) {
            let text = buffer.as_text();
            assert!(text.as_bytes().len() <= NOTICE_BYTES_MAX);
            found.push((head, text.parts().map(|(_, part)| part).collect()));
        }
        found
    }
}

fn add(builder: &mut RulesBuilder, number: u8, setup: &Setup<'_>) -> RuleId {
    let beginning = if setup.pair { " down" } else { "" };
    let id = builder
        .add(&RuleSpec {
            name: RuleName::Environment(number),
            match_type: MatchType::Regex,
            match_str: format!("text{number} (.*){beginning}").as_bytes(),
            mask: "<@1>",
            notifiers: notifiers(),
            cooldown_millis: setup.cooldown_millis,
        })
        .expect("a right rule");
    let quiet = (!setup.quiet.is_empty()).then(|| Quiet::parse(setup.quiet).expect("right"));
    let digest =
        (!setup.digest.is_empty()).then(|| DigestTime::parse(setup.digest).expect("right"));
    let spec = PolicySpec {
        threshold: setup.threshold,
        grace_millis: setup.grace_millis,
        remind_millis: setup.remind_millis,
        quiet: quiet.as_ref(),
        digest: digest.as_ref(),
        is_urgent: setup.urgent,
        ..PolicySpec::default()
    };
    builder.set_policies(id, &spec).expect("right policies");
    if setup.pair {
        let end = format!("text{number} (.*) up");
        let mask = "<@1> for @{duration}";
        builder
            .add_recovery(id, end.as_bytes(), mask)
            .expect("a right recovery");
    }
    id
}

/// A text with its time.
fn at(text: &str, unix: i64) -> String {
    let wall = Wall {
        unix_secs: unix,
        offset_secs: 0,
    };
    format!("{text}, at: {wall}")
}

/// The first second of quiet hours is quiet and the first after them is not; what was held
/// goes then, to the second, and a single text as it would have been at once.
#[test]
fn edges() {
    let night = SUNDAY + 22 * HOUR;
    let morning = SUNDAY + 31 * HOUR;
    let mut bench = Bench::new(night - 1, &[NIGHT]);
    assert_eq!(bench.line("text0 a"), [at("<a>", night - 1)]);
    assert_eq!(bench.engine.poll_timeout(), None);
    assert_eq!(bench.sleep_until(night), []);
    assert!(bench.line("text0 b").is_empty());
    assert_eq!(bench.sleep_until(morning - 1), []);
    assert_eq!(bench.sleep_until(morning), [(morning, at("<b>", night))]);
    assert_eq!(bench.line("text0 c"), [at("<c>", morning)]);
    assert_eq!(bench.engine.poll_timeout(), None);
    assert_eq!(bench.engine.counters().suppressed, 1);
}

/// A digest counts each text, says when it came first and last, and begins with the most
/// frequent; texts of other rules are no part of it.
#[test]
fn digests() {
    let night = SUNDAY + 22 * HOUR;
    let mut bench = Bench::new(night, &[NIGHT, NIGHT]);
    for (minute, line) in [
        (0, "text0 once"),
        (1, "text0 often"),
        (2, "text1 other"),
        (3, "text0 often"),
        (180, "text0 later"),
        (200, "text0 often"),
    ] {
        assert_eq!(bench.sleep_until(night + minute * MINUTE), []);
        assert!(bench.line(line).is_empty());
    }
    let digest = "Digest of EVENT0: 5 in all since 2026-11-22 22:00:00\n\
        <often>, 3 times, first at: 2026-11-22 22:01:00, last at: 2026-11-23 01:20:00\n\
        <once>, at: 2026-11-22 22:00:00\n\
        <later>, at: 2026-11-23 01:00:00";
    let morning = SUNDAY + 31 * HOUR;
    let other = at("<other>", night + 2 * MINUTE);
    assert_eq!(
        bench.sleep_until(morning),
        [(morning, digest.into()), (morning, other)]
    );
}

/// A digest's head says whose it is, who gets it and when the last came; its delivery arms
/// nothing.
#[test]
fn heads() {
    let night = SUNDAY + 22 * HOUR;
    let mut bench = Bench::new(night, &[NIGHT]);
    bench.line_from(1, "text0 a");
    bench.sleep_until(night + HOUR);
    bench.line_from(2, "text0 a");
    let last = bench.wall();
    bench.millis += 9 * HOUR as u64 * 1_000;
    let (now, wall) = (Instant::from_millis(bench.millis), bench.wall());
    bench.engine.handle_timeout(now, || wall);
    let (head, text) = bench.drain().remove(0);
    // The second router brings the names, and so another text.
    assert_eq!(text.lines().count(), 3, "{text}");
    assert_eq!(
        (head.rule, head.notifiers, head.at, head.source),
        (
            RuleName::Environment(0),
            notifiers(),
            last,
            IpAddr::from([192, 0, 2, 1])
        )
    );
    assert_eq!(head.ticket, Default::default());
    // It is about no single router, and its text is none that another router may say.
    assert!(head.about.router.as_text().as_bytes().is_empty());
    assert_eq!((head.name_bytes, head.time_bytes), (0, 0));
}

/// A digest of one router's lines is about that router.
#[test]
fn heads_of_one_router() {
    let night = SUNDAY + 22 * HOUR;
    let mut bench = Bench::new(night, &[NIGHT]);
    bench.line("<30>Nov  8 17:06:34 lab text0 a");
    bench.line("<30>Nov  8 17:06:34 lab text0 b");
    bench.millis += 10 * HOUR as u64 * 1_000;
    let (now, wall) = (Instant::from_millis(bench.millis), bench.wall());
    bench.engine.handle_timeout(now, || wall);
    let (head, text) = bench.drain().remove(0);
    assert_eq!(text.lines().count(), 3, "{text}");
    let router = head.about.router.as_text().parts();
    assert_eq!(router.map(|(_, part)| part).collect::<String>(), "lab");
}

/// Equal texts of routers whose names are shown are distinguished by these, also if they
/// come from one address; without names they are counted together.
#[test]
fn texts_with_and_without_names() {
    let night = SUNDAY + 22 * HOUR;
    for (shown, expected) in [
        (
            NotifyRouter::Always,
            "Digest of EVENT0: 3 in all since 2026-11-22 22:00:00\n\
            [lab-1] <a>, at: 2026-11-22 22:00:00\n\
            [lab-2] <a>, at: 2026-11-22 22:00:00\n\
            [192.0.2.2] <a>, at: 2026-11-22 22:00:00",
        ),
        (
            NotifyRouter::Never,
            "<a>, 3 times, last at: 2026-11-22 22:00:00",
        ),
    ] {
        let mut bench = Bench::new(night, &[NIGHT]);
        let routers = Routers::new(vec![], vec![], shown);
        bench.engine = bench.engine.with_routers(routers);
        for name in ["lab-1", "lab-2"] {
            let line = format!("<30>Nov  8 17:06:34 {name} text0 a");
            assert!(bench.line(&line).is_empty());
        }
        assert!(bench.line_from(2, "text0 a").is_empty());
        let morning = SUNDAY + 31 * HOUR;
        assert_eq!(bench.sleep_until(morning), [(morning, expected.into())]);
    }
}

/// A single text is about its router and can share a record with the same from another one.
#[test]
fn heads_of_single_texts() {
    let night = SUNDAY + 22 * HOUR;
    let mut bench = Bench::new(night, &[NIGHT, NIGHT]);
    bench.line_from(1, "text1 b");
    bench.line_from(2, "text0 a");
    bench.line_from(2, "text0 a");
    bench.millis += 9 * HOUR as u64 * 1_000;
    let (now, wall) = (Instant::from_millis(bench.millis), bench.wall());
    bench.engine.handle_timeout(now, || wall);
    let mut buffer = TextBuffer::new();
    let about_0 = std::iter::from_fn(|| {
        let head = bench.engine.poll(&mut buffer)?;
        let body: String = head
            .body(buffer.as_text())
            .parts()
            .map(|part| part.1)
            .collect();
        Some((head, body))
    });
    let is_0 = |(head, _): &(NoticeHead, String)| head.rule == RuleName::Environment(0);
    let (head, body) = about_0.into_iter().find(is_0).expect("a digest");
    assert_eq!(body, "<a>, 2 times, last at: ");
    let router: String = head
        .about
        .router
        .as_text()
        .parts()
        .map(|part| part.1)
        .collect();
    assert_eq!(router, "192.0.2.2");
}

/// Night after night, on the days that are named: a range belongs to the day on which it
/// begins.
#[test]
fn days() {
    let week = Setup {
        quiet: "fri 22:00-07:00, sun 00:00-24:00",
        ..NIGHT
    };
    let mut bench = Bench::new(SUNDAY, &[week]);
    let mut quiet = Vec::new();
    let mut digests = Vec::new();
    for hour in 0..8 * 24 {
        for (unix, _) in bench.sleep_until(SUNDAY + hour * HOUR) {
            digests.push((unix - SUNDAY) / HOUR);
        }
        if bench.line("text0 x").is_empty() {
            quiet.push(hour);
        }
    }
    let (friday, saturday, next_sunday) = (5 * 24, 6 * 24, 7 * 24);
    let night = friday + 22..saturday + 7;
    let expected = (0..24).chain(night).chain(next_sunday..next_sunday + 24);
    assert!(quiet.iter().copied().eq(expected), "{quiet:?}");
    assert_eq!(digests, [24, saturday + 7]);
}

/// On the nights in which summer time begins and ends, quiet hours end when the local clock
/// shows their end: after eight hours, and after ten.
#[test]
fn summer_time_within_a_quiet_night() {
    for (night, hours) in [(SPRING, 8), (AUTUMN, 10)] {
        let mut bench = Bench::new(night - 12 * HOUR, &[NIGHT]);
        bench.zone = berlin;
        let begins = night - i64::from(berlin(night)) - 2 * HOUR;
        bench.sleep_until(begins - 1);
        assert_eq!(bench.line("text0 before").len(), 1);
        bench.sleep_until(begins);
        assert!(bench.line("text0 first").is_empty());
        let ends = begins + hours * HOUR;
        assert_eq!(bench.sleep_until(ends - 1), []);
        assert!(bench.line("text0 last").is_empty());
        let sent = bench.sleep_until(ends + HOUR);
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].0, ends);
        assert!(sent[0].1.ends_with("06:59:59"), "{}", sent[0].1);
    }
}

/// Quiet hours whose end is left out when summer time begins end when it begins; a time of
/// day that is left out has come then, and one that comes twice comes once for each digest.
#[test]
fn times_that_summer_time_skips_or_repeats() {
    // From 02:00 to 03:00, at 01:00 UTC.
    let until_two = Setup {
        quiet: "22:00-02:30",
        ..NIGHT
    };
    let at_two = Setup {
        digest: "02:30",
        quiet: "",
        ..NIGHT
    };
    for setup in [until_two, at_two] {
        let mut bench = Bench::new(SPRING, &[setup]);
        bench.zone = berlin;
        assert!(bench.line("text0 x").is_empty());
        let sent = bench.sleep_until(SPRING + 3 * HOUR);
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].0, SPRING + HOUR);
    }
    let mut bench = Bench::new(AUTUMN, &[at_two]);
    bench.zone = berlin;
    assert!(bench.line("text0 x").is_empty());
    let sent = bench.sleep_until(AUTUMN + HOUR);
    assert_eq!(sent[0].0, AUTUMN + 30 * MINUTE);
    assert_eq!(bench.sleep_until(AUTUMN + 3 * HOUR), []);
}

/// A router's clock is in 1970 until NTP answers: nothing is quiet then, and a digest that
/// waits for a time of day waits for an hour.
#[test]
fn a_clock_that_is_not_set_holds_nothing_back() {
    let all_day = Setup {
        quiet: "00:00-23:59",
        ..NIGHT
    };
    let seven = Setup {
        digest: "07:00",
        ..Setup::default()
    };
    let mut bench = Bench::new(600, &[all_day, seven]);
    assert_eq!(bench.line("text0 a"), [at("<a>", 600)]);
    assert!(bench.line("text1 b").is_empty());
    assert_eq!(bench.sleep_until(600 + HOUR - 1), []);
    let sent = bench.sleep_until(2 * HOUR);
    assert_eq!(sent, [(600 + HOUR, at("<b>", 600))]);
    // Now NTP answers: it is Sunday noon, and the digest goes in the morning.
    assert!(bench.line("text1 c").is_empty());
    bench.boot = SUNDAY + 12 * HOUR - 2 * HOUR;
    assert!(bench.line("text0 d").is_empty());
    assert_eq!(bench.sleep_until(SUNDAY + 23 * HOUR), []);
    let sent = bench.sleep_until(SUNDAY + 31 * HOUR);
    let times: Vec<i64> = sent.iter().map(|&(unix, _)| unix).collect();
    assert_eq!(times, [SUNDAY + 24 * HOUR - MINUTE, SUNDAY + 31 * HOUR]);
}

/// A clock that is set forward over the end of quiet hours, or over a digest's time, is
/// noticed within 15 minutes, or with the next match, which is part of the digest then.
#[test]
fn clock_jumps() {
    let night = SUNDAY + 23 * HOUR;
    let seven = Setup {
        digest: "07:00",
        ..Setup::default()
    };
    for setup in [NIGHT, seven] {
        let mut bench = Bench::new(night, &[setup]);
        assert!(bench.line("text0 a").is_empty());
        bench.boot += 20 * HOUR;
        let sent = bench.sleep_until(night + 21 * HOUR);
        assert_eq!(sent.len(), 1);
        assert!(sent[0].0 - (night + 20 * HOUR) <= 15 * MINUTE);
    }
    let mut bench = Bench::new(night, &[NIGHT]);
    assert!(bench.line("text0 a").is_empty());
    bench.boot += 20 * HOUR;
    assert!(bench.line("text0 b").is_empty());
    let sent = bench.sleep_until(night + 20 * HOUR);
    assert_eq!(sent.len(), 1);
    assert!(
        sent[0].1.starts_with("Digest of EVENT0: 2 in all"),
        "{}",
        sent[0].1
    );
    assert_eq!(bench.line("text0 c").len(), 1);
    // Back into the night: it is quiet for as long as the clock says so.
    bench.boot -= 20 * HOUR;
    assert!(bench.line("text0 d").is_empty());
    let sent = bench.sleep_until(SUNDAY + 32 * HOUR);
    assert_eq!(sent, [(SUNDAY + 31 * HOUR, at("<d>", night))]);
}

/// A clock that is no longer set lets everything go.
#[test]
fn a_clock_that_loses_its_time() {
    let night = SUNDAY + 23 * HOUR;
    let mut bench = Bench::new(night, &[NIGHT]);
    assert!(bench.line("text0 a").is_empty());
    bench.boot = 0;
    assert_eq!(bench.sleep_until(15 * MINUTE).len(), 1);
}

/// A digest collects from the first that it holds for so many seconds, whatever the wall
/// clock does; the next one begins with the next match.
#[test]
fn collects_for_a_time() {
    let hourly = Setup {
        digest: "3600",
        ..Setup::default()
    };
    let mut bench = Bench::new(SUNDAY, &[hourly]);
    assert_eq!(bench.sleep_until(SUNDAY + 100), []);
    assert!(bench.line("text0 a").is_empty());
    bench.boot += 5 * HOUR;
    let begins = bench.unix();
    assert_eq!(bench.sleep_until(begins + HOUR - 1), []);
    assert!(bench.line("text0 b").is_empty());
    let sent = bench.sleep_until(begins + HOUR);
    assert_eq!(sent.len(), 1);
    assert!(sent[0].1.starts_with("Digest of EVENT0: 2 in all"));
    assert_eq!(bench.sleep_until(begins + 4 * HOUR), []);
    assert!(bench.line("text0 c").is_empty());
    assert_eq!(bench.sleep_until(begins + 5 * HOUR - 1), []);
    assert_eq!(bench.sleep_until(begins + 5 * HOUR).len(), 1);
}

/// A digest goes at each of its times of day, if there is anything in it.
#[test]
fn collects_until_a_time() {
    let twice = Setup {
        digest: "07:00,19:00",
        ..Setup::default()
    };
    let seven = SUNDAY + 7 * HOUR;
    let mut bench = Bench::new(seven, &[twice]);
    // At the very time the next one counts.
    assert!(bench.line("text0 a").is_empty());
    let sent = bench.sleep_until(seven + 23 * HOUR);
    assert_eq!(sent, [(SUNDAY + 19 * HOUR, at("<a>", seven))]);
    assert!(bench.line("text0 b").is_empty());
    let sent = bench.sleep_until(seven + 24 * HOUR);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].0, seven + 24 * HOUR);
}

/// A digest that is due in quiet hours waits for their end, also if it began before them.
#[test]
fn digests_wait_for_the_end_of_quiet_hours() {
    for digest in ["3600", "23:00"] {
        let both = Setup { digest, ..NIGHT };
        let night = SUNDAY + 22 * HOUR;
        let mut bench = Bench::new(night - 30 * MINUTE, &[both]);
        assert!(bench.line("text0 a").is_empty());
        assert_eq!(bench.sleep_until(night + 2 * HOUR), []);
        assert!(bench.line("text0 a").is_empty());
        let sent = bench.sleep_until(SUNDAY + 40 * HOUR);
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].0, SUNDAY + 31 * HOUR);
        assert!(sent[0].1.starts_with("<a>, 2 times, first at: "));
    }
}

/// An urgent rule is held by neither, and costs no look at the clock.
#[test]
fn urgent() {
    let urgent = Setup {
        urgent: true,
        digest: "3600",
        ..NIGHT
    };
    let mut bench = Bench::new(SUNDAY + 23 * HOUR, &[urgent]);
    assert_eq!(bench.line("text0 a").len(), 1);
    assert_eq!(bench.engine.poll_timeout(), None);
}

/// At the daemon's end everything that is held is notified, what the other policies hold
/// included, and it makes no difference whether it is quiet.
#[test]
fn the_end_of_the_daemon() {
    let night = Setup {
        cooldown_millis: 60_000,
        ..NIGHT
    };
    let hourly = Setup {
        quiet: "",
        digest: "3600",
        ..night
    };
    let mut bench = Bench::new(SUNDAY + 23 * HOUR, &[night, hourly]);
    for line in ["text0 a", "text0 a", "text0 a", "text1 b", "text1 b"] {
        assert!(bench.line(line).is_empty());
        bench.millis += 1_000;
    }
    assert_eq!(
        bench.end(),
        [
            "<a>, 3 times, first at: 2026-11-22 23:00:00, last at: 2026-11-22 23:00:02",
            "<b>, 2 times, first at: 2026-11-22 23:00:03, last at: 2026-11-22 23:00:04",
        ]
    );
}

/// What a cooldown has counted since before quiet hours is held in them, with its count.
#[test]
fn threshold_cooldown_and_quiet_hours() {
    let combined = Setup {
        cooldown_millis: 600_000,
        threshold: Some(Window {
            count: 3,
            millis: 60_000,
        }),
        ..NIGHT
    };
    let night = SUNDAY + 22 * HOUR;
    let mut bench = Bench::new(night - 5 * MINUTE, &[combined]);
    // Two do not suffice; the third is notified, and the cooldown counts two more.
    for expected in [0, 0, 1, 0, 0] {
        assert_eq!(bench.line("text0 a").len(), expected);
    }
    // It ends in quiet hours.
    assert_eq!(bench.sleep_until(night + 10 * MINUTE), []);
    // Again the third is notified, into the digest, and 7 more are counted.
    for _ in 0..10 {
        assert!(bench.line("text0 a").is_empty());
    }
    // This one is below the threshold.
    assert!(bench.line("text0 b").is_empty());
    let morning = SUNDAY + 31 * HOUR;
    let sent = bench.sleep_until(morning);
    let digest = "Digest of EVENT0: 3 in all since 2026-11-22 21:55:00\n\
        <a>, 2 more, at: 2026-11-22 21:55:00\n\
        <a>, at: 2026-11-22 22:10:00\n\
        <a>, 7 more, at: 2026-11-22 22:10:00";
    assert_eq!(sent, [(morning, digest.into())]);
}

/// Beginnings, recoveries, reminders and flapping are held like matches.
#[test]
fn pairs_in_quiet_hours() {
    let pair = Setup {
        pair: true,
        grace_millis: 30_000,
        remind_millis: 2 * HOUR as u64 * 1_000,
        cooldown_millis: 300_000,
        ..NIGHT
    };
    let night = SUNDAY + 22 * HOUR;
    let mut bench = Bench::new(night, &[pair]);
    // One lasts until the morning, one for ten minutes, one is over within its grace time,
    // one flaps.
    for line in ["text0 long down", "text0 short down", "text0 brief down"] {
        assert!(bench.line(line).is_empty());
    }
    bench.sleep_until(night + 10);
    assert!(bench.line("text0 brief up").is_empty());
    bench.sleep_until(night + 10 * MINUTE);
    assert!(bench.line("text0 short up").is_empty());
    for _ in 0..4 {
        assert!(bench.line("text0 flap down").is_empty());
        assert!(bench.line("text0 flap up").is_empty());
    }
    let sent = bench.sleep_until(night + 8 * HOUR + 59 * MINUTE);
    assert_eq!(sent, []);
    let sent = bench.sleep_until(SUNDAY + 31 * HOUR);
    let expected = "Digest of EVENT0: 8 in all since 2026-11-22 22:00:00\n\
        <long>, still lasts, 4 times, first at: 2026-11-23 00:00:30, last at: 2026-11-23 06:00:30\n\
        <long>, at: 2026-11-22 22:00:00\n\
        <short>, at: 2026-11-22 22:00:00\n\
        <short> for 10 min, at: 2026-11-22 22:10:00\n\
        <flap>, has flapped 4 times in 0 s and now is over, at: 2026-11-22 22:10:00";
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].1, expected);
    // Out of quiet hours all is as ever.
    let reminded = bench.sleep_until(SUNDAY + 32 * HOUR + MINUTE);
    assert_eq!(reminded[0].1, "<long>, lasts for 10 h");
    assert_eq!(bench.line("text0 long up").len(), 1);
}

/// However long a text is, what a timer says of it is not cut off.
#[test]
fn remarks_on_long_texts() {
    let pair = Setup {
        pair: true,
        remind_millis: HOUR as u64 * 1_000,
        ..NIGHT
    };
    let mut bench = Bench::new(SUNDAY + 22 * HOUR, &[pair]);
    let long = "é".repeat(COOLDOWN_TEXT_BYTES_MAX);
    assert!(bench.line(&format!("text0 {long} down")).is_empty());
    let sent = bench.sleep_until(SUNDAY + 31 * HOUR);
    assert!(
        sent[0].1.contains("é, still lasts, 9 times, first at: "),
        "{}",
        sent[0].1
    );
}

/// What only some notifiers must still get, because the others have it, is a digest of its
/// own.
#[test]
fn some_notifiers() {
    let night = SUNDAY + 22 * HOUR;
    let combined = Setup {
        cooldown_millis: 3_600_000,
        ..NIGHT
    };
    let mut bench = Bench::new(night - MINUTE, &[combined]);
    let now = Instant::from_millis(bench.millis);
    let source = IpAddr::from([192, 0, 2, 1]);
    let wall = bench.wall();
    let arrival = Arrival { at: now, source };
    bench.engine.handle(now, arrival, || wall, b"text0 a");
    let (head, _) = bench.drain().remove(0);
    bench
        .engine
        .handle_failure(head.ticket, Notifier::Slack.id());
    bench.sleep_until(night);
    // Slack alone still has to get it; both get the other.
    assert!(bench.line("text0 a").is_empty());
    assert!(bench.line("text0 b").is_empty());
    bench.millis += 9 * HOUR as u64 * 1_000;
    let (now, wall) = (Instant::from_millis(bench.millis), bench.wall());
    bench.engine.handle_timeout(now, || wall);
    let sent = bench.drain();
    let mut found: Vec<_> = sent
        .iter()
        .map(|(head, text)| (head.notifiers.iter().count(), &text[..3]))
        .collect();
    found.sort_unstable();
    // The summary for Telegram, and the repetition for Slack, in one.
    assert_eq!(found, [(2, "<a>"), (2, "<b>")]);
}

/// When there is no room for another text, one of the rule and router with the most goes,
/// and is counted; the most frequent stays, and so do the texts of other rules and routers.
#[test]
fn more_texts_than_room() {
    let night = SUNDAY + 22 * HOUR;
    let mut bench = Bench::new(night, &[NIGHT, NIGHT]);
    bench.line("text1 other rule");
    bench.line_from(2, "text0 other router");
    let count = 3 * DIGEST_TEXTS_MAX;
    for number in 0..count {
        if number % 2 == 0 {
            assert!(bench.line("text0 frequent").is_empty());
        }
        assert!(bench.line(&format!("text0 {number}")).is_empty());
    }
    let sent = bench.sleep_until(SUNDAY + 31 * HOUR);
    assert_eq!(sent.len(), 2);
    let mut texts: Vec<&str> = sent.iter().map(|(_, text)| &text[..]).collect();
    texts.sort_unstable_by_key(|text| !text.starts_with("Digest"));
    let all = 1 + count + count / 2;
    let heading = format!("Digest of EVENT0: {all} in all since 2026-11-22 22:00:00\n");
    let digest = texts[0].strip_prefix(&heading).expect(texts[0]);
    let (listed, rest) = digest.split_once("\nand ").expect(digest);
    let times = count / 2;
    let frequent = format!(
        "[192.0.2.1] <frequent>, {times} times, last at: 2026-11-22 22:00:00\n\
         [192.0.2.2] <other router>, at: "
    );
    assert!(listed.starts_with(&frequent), "{listed}");
    // Nothing is lost: what is not listed is counted.
    let lines = listed.lines().count();
    let others = count + 2 - lines;
    assert_eq!(rest, format!("{others} more texts, {others} times"));
    assert!(lines > 100, "{lines}");
    assert_eq!(texts[1], at("<other rule>", night));
}

/// However long the texts are, a digest is one notification: what does not fit is counted.
#[test]
fn long_texts() {
    let night = SUNDAY + 22 * HOUR;
    let mut bench = Bench::new(night, &[NIGHT]);
    let long = "é".repeat(COOLDOWN_TEXT_BYTES_MAX);
    for number in 0..40 {
        assert!(bench.line(&format!("text0 {number:02}{long}")).is_empty());
        assert!(bench.line(&format!("text0 {number:02}{long}")).is_empty());
    }
    let sent = bench.sleep_until(SUNDAY + 31 * HOUR);
    assert_eq!(sent.len(), 1);
    let text = &sent[0].1;
    let listed = text
        .matches(", 2 times, last at: 2026-11-22 22:00:00")
        .count();
    assert!(listed > 8, "{text}");
    let others = 40 - listed;
    let rest = format!("\nand {others} more texts, {} times", 2 * others);
    assert!(text.ends_with(&rest), "{text}");
    assert!(!text.contains('…'), "nothing is cut");
}

/// A digest of texts that have all lost their places still says how many there were.
#[test]
fn a_digest_without_texts() {
    let night = SUNDAY + 22 * HOUR;
    let mut bench = Bench::new(night, &[NIGHT, NIGHT]);
    // From more routers than there is room for: each has one text.
    bench.line_from(0, "text1 lost");
    for router in 0..=255 {
        for number in 0..3 {
            bench.line_from(router, &format!("text0 {number}"));
        }
    }
    let sent = bench.sleep_until(SUNDAY + 31 * HOUR);
    assert_eq!(sent.len(), 2);
    let total = |text: &str| text.contains(": 768 in all since");
    assert!(sent.iter().any(|(_, text)| total(text)), "{sent:?}");
    let of_other = |text: &str| {
        text == at("<lost>", night)
            || text
                == "Digest of EVENT1: 1 in all since 2026-11-22 22:00:00\nand 1 more text, 1 time"
    };
    assert!(sent.iter().any(|(_, text)| of_other(text)), "{sent:?}");
}

/// The clock is looked at four times an hour while something is held, and never while
/// nothing is, or by rules that are never held.
#[test]
fn the_clock_is_rarely_read() {
    let plain = Setup {
        quiet: "",
        cooldown_millis: 10_000,
        ..NIGHT
    };
    let mut bench = Bench::new(SUNDAY, &[plain]);
    bench.line("text0 a");
    bench.line("text0 a");
    bench.looks.set(0);
    assert_eq!(bench.sleep_until(SUNDAY + HOUR).len(), 1);
    assert_eq!(bench.looks.get(), 0);
    let mut bench = Bench::new(SUNDAY + 12 * HOUR, &[NIGHT]);
    assert_eq!(bench.line("text0 a").len(), 1);
    bench.looks.set(0);
    assert_eq!(bench.sleep_until(SUNDAY + 22 * HOUR), []);
    assert_eq!(bench.looks.get(), 0);
    assert!(bench.line("text0 b").is_empty());
    bench.looks.set(0);
    assert_eq!(bench.sleep_until(SUNDAY + 31 * HOUR).len(), 1);
    assert_eq!(bench.looks.get(), 9 * 4);
}
