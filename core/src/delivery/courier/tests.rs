//! Tests of the courier in virtual time, through its contract.

use core::net::{IpAddr, Ipv4Addr};
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::delivery::compose::writer::Encoding;
use crate::delivery::services::{
    Generic, MERGE_MAX, Notifier, ParseMode, SCALARS_MAX, Telegram, UTF16_MAX,
};
use crate::ids::{NotifierSet, RuleName};
use crate::limits::{BODY_BYTES_MAX, OUTBOX_BYTES};
use crate::text::TextBuffer;

const SENT: Verdict = Verdict::Delivered {
    pause_millis: 0,
    odd: false,
};

/// A courier with a clock that only the test moves.
struct Scenario {
    courier: Courier,
    now: Instant,
    form: Form<'static>,
    failed: Vec<u32>,
}

impl Scenario {
    fn new(pacing: Pacing) -> Self {
        let settings = CourierSettings {
            pacing,
            max_age_millis: 3_600_000,
            outbox_bytes: OUTBOX_BYTES,
            seed: 1,
        };
        Self {
            courier: Courier::new(&settings),
            now: Instant::from_millis(1_000_000),
            form: Form::Generic(Box::new(Generic::TEXT)),
            failed: Vec::new(),
        }
    }

    fn at(&self) -> Wall {
        Wall {
            unix_secs: (self.now.millis() / 1_000) as i64,
            offset_secs: 0,
        }
    }

    fn push(&mut self, ticket: u32, text: &str) {
        self.push_of(ticket, 0, text);
    }

    fn push_of(&mut self, ticket: u32, rule: u8, text: &str) {
        let mut buffer = TextBuffer::new();
        buffer.push_log(text.as_bytes());
        let head = NoticeHead {
            rule: RuleName::Environment(rule),
            notifiers: NotifierSet::EMPTY,
            at: self.at(),
            source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            ticket: Ticket(ticket),
        };
        let failed = &mut self.failed;
        self.courier
            .push(self.now, &head, buffer.as_text(), &mut |t| failed.push(t.0));
    }

    fn step(&mut self) -> Step {
        self.step_when(false)
    }

    fn step_when(&mut self, closing: bool) -> Step {
        let failed = &mut self.failed;
        self.courier
            .step(self.now, closing, &mut |t| failed.push(t.0))
    }

    /// Begins an attempt, which must be due, and returns its body.
    fn begin(&mut self) -> String {
        assert_eq!(self.step(), Step::Send);
        let mut bytes = [0; BODY_BYTES_MAX];
        let mut body = FixedStr::new(&mut bytes);
        self.courier.begin(self.now, &self.form, &mut body);
        assert!(!body.is_overfull());
        body.as_str().to_string()
    }

    fn finish(&mut self, verdict: Verdict) -> u64 {
        let at = self.at();
        let failed = &mut self.failed;
        self.courier
            .finish(self.now, verdict, at, &mut |t| failed.push(t.0))
    }

    /// Sends what is due, successfully, and returns the text of `{"text":…}`.
    fn send(&mut self) -> String {
        let body = self.begin();
        self.finish(SENT);
        text_of(&body)
    }

    fn pass(&mut self, millis: u64) {
        self.now = self.now.after(millis);
    }

    /// Lets the time pass until something is to be done; returns how much.
    fn pass_until_due(&mut self) -> u64 {
        let Step::Wait(until) = self.step() else {
            panic!("nothing to wait for");
        };
        let millis = until.since(self.now);
        self.now = until;
        millis
    }
}

fn text_of(body: &str) -> String {
    let text = body.strip_prefix("{\"text\":\"").unwrap();
    text.strip_suffix("\"}").unwrap().replace("\\n", "\n")
}

/// The first notification leaves at once and alone; what comes while it is under
/// way or paced is merged, in order.
#[test]
fn merging() {
    let mut s = Scenario::new(Notifier::Slack.pacing());
    s.push(1, "one");
    let body = s.begin();
    s.push(2, "two");
    s.push(3, "three");
    assert_eq!(s.step(), Step::Idle, "one attempt at a time");
    assert_eq!(s.finish(SENT), 1);
    assert_eq!(text_of(&body), "one");
    assert_eq!(s.pass_until_due(), 1_000);
    s.push(4, "four");
    assert_eq!(s.send(), "two\nthree\nfour");
    assert_eq!(s.step(), Step::Idle);
    assert_eq!(s.courier.counts().sent, 4);
    assert_eq!(s.courier.counts().messages, 2);
    assert!(s.failed.is_empty());
}

/// A storm arrives whole and in order, each message within the limit.
#[test]
fn a_storm_is_split_at_the_limit() {
    let utf16 = |text: &str| text.encode_utf16().count();
    let scalars = |text: &str| text.chars().count();
    for (form, limit, count) in [
        (Form::Discord, UTF16_MAX, utf16 as fn(&str) -> usize),
        (Form::Generic(Box::new(Generic::TEXT)), MERGE_MAX, scalars),
    ] {
        let mut s = Scenario::new(Pacing::NONE);
        s.form = form;
        let lines: Vec<String> = (0..200)
            .map(|n| std::format!("line {n} 😀 of a storm"))
            .collect();
        for (number, line) in lines.iter().enumerate() {
            s.push(number as u32, line);
        }
        let mut received = Vec::new();
        while s.step() == Step::Send {
            let body = s.begin();
            s.finish(SENT);
            let (_, text) = body.split_once(":\"").unwrap();
            let (text, _) = text.split_once("\"").unwrap();
            let text = text.replace("\\n", "\n");
            assert!(count(&text) <= limit);
            received.extend(text.lines().map(ToString::to_string));
        }
        assert_eq!(received, lines);
        assert!(s.courier.counts().messages <= 5, "{:?}", s.courier.counts());
    }
}

/// Failures: back-off that grows, nothing lost, all of it afterwards in one.
#[test]
fn backing_off() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push(1, "one");
    let mut last = 0;
    for failure in 1..=8 {
        s.begin();
        s.push(failure + 1, "more");
        assert_eq!(s.finish(Verdict::Retry), 0);
        assert_eq!(s.courier.failures(), failure);
        let waited = s.pass_until_due();
        assert!(waited > last || waited >= 30_000, "{last} then {waited}");
        last = waited;
    }
    assert_eq!(s.courier.hold(s.now).0, Hold::None);
    let text = s.send();
    assert_eq!(text.lines().count(), 9);
    assert!(text.starts_with("one (delayed "), "{text}");
    assert_eq!(s.courier.failures(), 0);
    assert_eq!(s.courier.counts().failed_attempts, 8);
}

/// A wait that the service asks for is kept, and not a millisecond more.
#[test]
fn asked_to_wait() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push(1, "one");
    s.begin();
    s.finish(Verdict::Wait { millis: 7_000 });
    assert_eq!(s.courier.hold(s.now).0, Hold::Asked);
    assert_eq!(s.pass_until_due(), 7_000);
    assert_eq!(s.send(), "one");
    s.push(2, "two");
    s.begin();
    s.finish(Verdict::Delivered {
        pause_millis: 500,
        odd: false,
    });
    s.push(3, "three");
    assert_eq!(s.pass_until_due(), 500);
}

/// A refused message is gone, counted, told, and in nobody's way.
#[test]
fn refused() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push(1, "poison");
    s.begin();
    s.push(2, "good");
    assert_eq!(s.finish(Verdict::Refused), 1);
    assert_eq!(s.failed, [1]);
    assert_eq!(
        s.send(),
        "1 notification lost since 00:16:40 (refused by the service)\ngood"
    );
    s.push(3, "next");
    assert_eq!(s.send(), "next", "told once");
}

/// Suspension: nothing leaves for an hour, what is too old by then expires, the
/// rest goes out.
#[test]
fn suspended() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push(1, "one");
    s.begin();
    s.finish(Verdict::Gone);
    s.pass(1_000);
    s.push(2, "two");
    assert_eq!(s.courier.hold(s.now).0, Hold::Suspended);
    assert_eq!(s.step_when(true), Step::Wait(s.now.after(3_598_900 + 100)));
    // The first one's hour is over before the suspension's.
    s.pass_until_due();
    assert_eq!(s.step(), Step::Expired(1));
    assert_eq!(s.failed, [1]);
    assert_eq!(
        s.send(),
        "1 notification lost since 00:16:40 (too old)\ntwo (delayed 59 min)"
    );
}

/// What expired last is told although nothing follows it.
#[test]
fn expiry_is_told_by_itself() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push(1, "one");
    s.begin();
    s.finish(Verdict::Retry);
    s.pass(3_600_000);
    assert_eq!(s.step(), Step::Expired(1));
    assert_eq!(s.courier.waiting(), 0);
    assert_eq!(s.send(), "1 notification lost since 00:16:40 (too old)");
    assert_eq!(s.step(), Step::Idle);
    // A service that refuses even that is not asked again.
    s.push(2, "two");
    s.begin();
    s.finish(Verdict::Retry);
    s.pass(3_600_000);
    s.step();
    s.begin();
    s.finish(Verdict::Refused);
    assert_eq!(s.step(), Step::Idle);
}

/// The wait for a late attempt ends early for what expires meanwhile.
#[test]
fn expiry_is_on_time() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push(1, "one");
    s.pass(3_599_990);
    s.begin();
    s.finish(Verdict::Retry);
    assert_eq!(s.pass_until_due(), 10);
    assert_eq!(s.step(), Step::Expired(1));
}

/// A full outbox loses its oldest, tells how many and since when, and reports
/// their tickets.
#[test]
fn overflow() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push(0, "first");
    s.begin();
    s.finish(Verdict::Retry);
    let mut pushed = 1;
    while s.failed.len() < 10 {
        s.push(pushed, &"x".repeat(400));
        pushed += 1;
    }
    assert!(pushed > 70, "the outbox holds {pushed} texts of 400 bytes");
    assert_eq!(s.failed, (0..10).collect::<Vec<_>>());
    assert_eq!(s.courier.counts().evicted, 10);
    s.pass_until_due();
    let text = s.send();
    assert!(
        text.starts_with("10 notifications lost since 00:16:40 (outbox full)\nxxx"),
        "{text}"
    );
    let mut arrived = s.courier.counts().sent;
    while s.step() == Step::Send {
        s.send();
        arrived = s.courier.counts().sent;
    }
    assert_eq!(arrived, u64::from(pushed) - 10);
}

/// What is pushed out while it is under way counts by how that ends.
#[test]
fn overflow_during_an_attempt() {
    for (verdict, sent, evicted) in [
        (SENT, 1, 0),
        (Verdict::Retry, 0, 1),
        (Verdict::Refused, 0, 1),
    ] {
        let mut s = Scenario::new(Pacing::NONE);
        s.push(0, &"under way".repeat(50));
        s.begin();
        let mut pushed = 1;
        while s.failed.is_empty() {
            s.push(pushed, &"x".repeat(400));
            pushed += 1;
        }
        s.finish(verdict);
        let counts = s.courier.counts();
        assert_eq!(
            (counts.sent, counts.evicted),
            (sent, evicted),
            "{verdict:?}"
        );
        assert_eq!(counts.refused, 0);
        assert_eq!(s.courier.waiting(), pushed as usize - 1);
        assert_eq!(s.failed, [0]);
    }
}

/// An answer that is missed: the same message once more, with the same id, then
/// it is given up.
#[test]
fn unanswered() {
    let template = Template::parse("{\"text\":\"{{id}} {{text}}\"}", Encoding::Json).unwrap();
    let mut s = Scenario::new(Pacing::NONE);
    s.form = Form::Generic(Box::new(Generic {
        body: Some(template),
        ..Generic::TEXT
    }));
    s.push(1, "one");
    let first = s.begin();
    s.push(2, "two");
    s.finish(Verdict::Unanswered);
    s.pass_until_due();
    assert_eq!(s.begin(), first, "repeated as it was");
    assert_eq!(s.finish(Verdict::Unanswered), 1);
    assert_eq!(s.failed, [1]);
    if let Step::Wait(_) = s.step() {
        s.pass_until_due();
    }
    let second = s.begin();
    assert!(second.ends_with("\\ntwo\"}"));
    assert_ne!(first[..25], second[..25], "another id");
    s.finish(Verdict::Unanswered);
    // What cannot even connect in between does not use up the repetition.
    s.pass_until_due();
    s.begin();
    s.finish(Verdict::Retry);
    s.pass_until_due();
    s.begin();
    assert_eq!(s.finish(SENT), 1);
}

/// A repetition is the same to the byte, however old it has become meanwhile; one
/// whose beginning newer notifications pushed out has an id of its own.
#[test]
fn a_repetition_keeps_its_text() {
    let template = || Template::parse("{\"text\":\"{{id}} {{text}}\"}", Encoding::Json).unwrap();
    let mut s = Scenario::new(Pacing::NONE);
    s.form = Form::Generic(Box::new(Generic {
        body: Some(template()),
        ..Generic::TEXT
    }));
    s.push(1, "one");
    s.pass(50_000);
    let first = s.begin();
    s.finish(Verdict::Unanswered);
    s.pass(20_000);
    assert_eq!(s.begin(), first, "no age is added under the same id");
    s.finish(Verdict::Retry);
    s.pass_until_due();
    assert!(s.begin().contains("one (delayed 1 min)"), "composed anew");
    s.finish(Verdict::Unanswered);
    let mut pushed = 1;
    while s.failed.is_empty() {
        pushed += 1;
        s.push(pushed, &"x".repeat(400));
    }
    s.pass_until_due();
    let rest = s.begin();
    assert_ne!(rest[..25], first[..25], "another text, another id");
}

/// Losses from elsewhere wait for a message, survive a failed one, and those
/// that come while it is under way are left for the next.
#[test]
fn losses_are_reported_once() {
    let mut s = Scenario::new(Pacing::NONE);
    let loss = |count, unix_secs| Loss {
        cause: LossCause::Kernel,
        count,
        since: Wall {
            unix_secs,
            offset_secs: 0,
        },
    };
    s.courier.report_loss(loss(12, 38_467));
    assert_eq!(s.step(), Step::Idle);
    s.push(1, "one");
    s.begin();
    s.finish(Verdict::Retry);
    s.pass_until_due();
    let body = s.begin();
    s.courier.report_loss(loss(1, 38_500));
    s.finish(SENT);
    assert_eq!(
        text_of(&body),
        "12 messages lost since 10:41:07 (receive buffer)\none"
    );
    s.push(2, "two");
    let text = s.send();
    assert!(text.starts_with("1 message lost since 00:16:4"), "{text}");
}

/// Telegram's chat with a new number: followed once, at once, and told.
#[test]
fn migration() {
    let mut s = Scenario::new(Pacing::NONE);
    s.form = Form::Telegram(Telegram {
        chat_id: "-5",
        thread_id: None,
        silent: false,
        protected: false,
        parse_mode: ParseMode::Plain,
    });
    s.push(1, "one");
    assert!(s.begin().starts_with("{\"chat_id\":\"-5\","));
    s.finish(Verdict::Moved(-100_777));
    let body = s.begin();
    assert!(body.starts_with("{\"chat_id\":\"-100777\","), "{body}");
    assert!(
        body.contains("set TELEGRAM_CHAT_ID to that.\\none"),
        "{body}"
    );
    s.finish(SENT);
    s.push(2, "two");
    let body = s.begin();
    assert!(body.starts_with("{\"chat_id\":\"-100777\","));
    assert!(!body.contains("TELEGRAM_CHAT_ID"));
    assert_eq!(s.finish(Verdict::Moved(-100_888)), 1, "not a second time");
}

/// A request that names the rule once holds notifications of one rule only.
#[test]
fn merging_what_has_a_field_in_common() {
    let mut s = Scenario::new(Pacing::NONE);
    s.form = Form::Generic(Box::new(Generic {
        headers: std::vec![(
            "X-Rule",
            Template::parse("{{rule}}", Encoding::Header).unwrap()
        )],
        ..Generic::TEXT
    }));
    for (ticket, rule) in [(1, 3), (2, 3), (3, 4), (4, 3)] {
        s.push_of(ticket, rule, &ticket.to_string());
    }
    assert_eq!([s.send(), s.send(), s.send()], ["1\n2", "3", "4"]);
}

/// When the daemon ends, pace and back-off no longer count; what a service asked
/// for still does.
#[test]
fn closing() {
    let mut s = Scenario::new(Notifier::Slack.pacing());
    s.push(1, "one");
    s.send();
    s.push(2, "two");
    assert!(matches!(s.step(), Step::Wait(_)));
    assert_eq!(s.step_when(true), Step::Send);
    s.pass_until_due();
    s.begin();
    s.finish(Verdict::Retry);
    assert_eq!(s.step_when(true), Step::Send);
    s.pass_until_due();
    s.begin();
    s.finish(Verdict::Wait { millis: 5_000 });
    assert!(matches!(s.step_when(true), Step::Wait(_)));
}

/// Leaps of the clock, to the end of time and back to back, break nothing.
#[test]
fn leaps_of_the_clock() {
    let mut s = Scenario::new(Notifier::Telegram.pacing());
    s.push(1, "one");
    s.begin();
    s.finish(Verdict::Retry);
    // Fifty-six years, as when NTP answers on a router that booted in 1970.
    s.pass(56 * 365 * 86_400_000);
    assert_eq!(s.step(), Step::Expired(1));
    s.push(2, "two");
    s.now = Instant::from_millis(u64::MAX);
    s.step();
    s.push(3, "three");
    s.begin();
    s.finish(Verdict::Retry);
    s.step();
    let _ = s.step();
    assert_eq!(s.courier.waiting(), 1);
}

/// Limits to the unit: at the limit whole, above it cut and marked.
#[test]
fn limits() {
    let telegram = Form::Telegram(Telegram {
        chat_id: "@x",
        thread_id: None,
        silent: false,
        protected: false,
        parse_mode: ParseMode::Plain,
    });
    for (form, key, unit, limit, c) in [
        (telegram.clone(), "\"text\":\"", 1, SCALARS_MAX, "x"),
        (Form::Discord, "\"content\":\"", 2, UTF16_MAX, "😀"),
        (Form::Discord, "\"content\":\"", 1, UTF16_MAX, "x"),
    ] {
        for (length, whole) in [
            (limit / unit - 1, true),
            (limit / unit, true),
            (limit / unit + 1, false),
        ] {
            let mut s = Scenario::new(Pacing::NONE);
            s.form = form.clone();
            s.push(1, &c.repeat(length));
            let body = s.begin();
            let text = body.split_once(key).unwrap().1.split_once('"').unwrap().0;
            let used: usize = text.chars().count() * if c == "😀" { 2 } else { 1 };
            assert!(used <= limit + 1, "{used}");
            assert_eq!(text.ends_with('…'), !whole, "{length}");
            assert_eq!(text.trim_end_matches('…').replace(c, ""), "");
            if whole {
                assert_eq!(text.chars().count(), length);
            }
        }
    }
    // Telegram counts scalars: these two fit together, in UTF-16 they would not.
    let mut s = Scenario::new(Pacing::NONE);
    s.form = telegram;
    s.push(1, &"😀".repeat(2_000));
    s.push(2, &"😀".repeat(2_000));
    s.begin();
    assert_eq!(s.finish(SENT), 2);
}
