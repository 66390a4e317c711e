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
use crate::limits::BODY_BYTES_MAX;
use crate::rules::About;
use crate::syslog::Severity;
use crate::text::{Label, TextBuffer};

/// Bytes of the outbox: few, so that it is soon full.
const OUTBOX_BYTES: usize = 32 * 1_024;

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
            merging: Merging::Routers,
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
        self.push_from(ticket, rule, 1, text);
    }

    fn push_from(&mut self, ticket: u32, rule: u8, source: u8, text: &str) {
        let mut buffer = TextBuffer::new();
        buffer.push_log(text.as_bytes());
        let head = NoticeHead {
            rule: RuleName::Environment(rule),
            notifiers: NotifierSet::EMPTY,
            at: self.at(),
            source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, source)),
            ticket: Ticket(ticket),
            about: About::NOTHING,
            name_bytes: 0,
            time_bytes: 0,
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
        assert_eq!(s.finish(Verdict::Retry(Doubt::None)), 0);
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

/// A refused message is gone, counted and reported, and holds nothing up.
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

/// A service that answers 404 once, as a proxy does while its upstream server
/// restarts, is asked again within a minute, and gets all there is.
#[test]
fn one_404_costs_half_a_minute() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push(1, "one");
    s.begin();
    s.finish(Verdict::Gone);
    s.push(2, "two");
    assert_eq!(
        s.courier.hold(s.now),
        (Hold::Suspended, s.now.after(30_000))
    );
    assert!(matches!(s.step_when(true), Step::Wait(_)));
    assert_eq!(s.pass_until_due(), 30_000);
    assert_eq!(s.send(), "one\ntwo");
    assert!(s.failed.is_empty());
}

/// Suspensions double up to their limit, a success starts them over, and what waits
/// goes by its age alone.
#[test]
fn suspensions_grow() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push(1, "one");
    let mut waits = Vec::new();
    loop {
        s.begin();
        s.finish(Verdict::Gone);
        let (_, until) = s.courier.hold(s.now);
        if until.since(Instant::from_millis(1_000_000)) >= 3_600_000 {
            break;
        }
        waits.push(s.pass_until_due() / 1_000);
    }
    assert_eq!(waits, [30, 60, 120, 240, 480, 960, 960]);
    s.push(2, "two");
    s.pass_until_due();
    assert_eq!(s.step(), Step::Expired(LossCause::Expired, 1));
    assert_eq!(s.failed, [1]);
    s.pass_until_due();
    assert_eq!(
        s.send(),
        "1 notification lost since 00:16:40 (too old)\ntwo (delayed 16 min)"
    );
    s.push(3, "three");
    s.begin();
    s.finish(Verdict::Gone);
    assert_eq!(s.pass_until_due(), 30_000);
}

/// An answer that may come from something that passes, such as a captive portal:
/// the message once more after a minute, then it is refused and the next one goes.
#[test]
fn barred() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push(1, "one");
    let first = s.begin();
    assert_eq!(s.finish(Verdict::Barred), 0);
    s.push(2, "two");
    assert_eq!(s.pass_until_due(), 60_000);
    assert_eq!(s.begin(), first);
    // What cannot even connect in between is not the second attempt.
    s.finish(Verdict::Retry(Doubt::None));
    s.pass_until_due();
    assert_eq!(s.begin(), first);
    assert_eq!(s.finish(Verdict::Barred), 1);
    assert_eq!(s.failed, [1]);
    assert!(
        s.send()
            .ends_with("(refused by the service)\ntwo (delayed 1 min)")
    );
}

/// The last notifications to expire are reported although nothing follows them.
#[test]
fn expiry_is_reported_by_itself() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push(1, "one");
    s.begin();
    s.finish(Verdict::Retry(Doubt::None));
    s.pass(3_600_000);
    assert_eq!(s.step(), Step::Expired(LossCause::Expired, 1));
    assert_eq!(s.courier.waiting(), 0);
    assert_eq!(s.send(), "1 notification lost since 00:16:40 (too old)");
    assert_eq!(s.step(), Step::Idle);
    // A service that refuses even that is not asked again.
    s.push(2, "two");
    s.begin();
    s.finish(Verdict::Retry(Doubt::None));
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
    s.finish(Verdict::Retry(Doubt::None));
    assert_eq!(s.pass_until_due(), 10);
    assert_eq!(s.step(), Step::Expired(LossCause::Expired, 1));
}

/// A full outbox evicts from its largest rule, says how many and since when, and
/// reports their tickets; both ends of the flood stay.
#[test]
fn overflow() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push_of(0, 7, "of another rule");
    s.begin();
    s.finish(Verdict::Retry(Doubt::None));
    let mut pushed = 1;
    while s.failed.len() < 10 {
        s.push(pushed, &"x".repeat(400));
        pushed += 1;
    }
    assert!(pushed > 70, "the outbox holds {pushed} texts of 400 bytes");
    let gone = s.failed.len() as u64;
    assert!(!s.failed.contains(&0) && !s.failed.contains(&1));
    assert!(!s.failed.contains(&(pushed - 1)));
    assert_eq!(s.courier.counts().evicted, gone);
    s.pass_until_due();
    let text = s.send();
    let told = std::format!("{gone} notifications lost since 00:16:40 (outbox full)\nof another");
    assert!(text.starts_with(&told), "{text}");
    while s.step() == Step::Send {
        s.send();
    }
    assert_eq!(s.courier.counts().sent, u64::from(pushed) - gone);
}

/// Someone who wants to hide an alarm: seven decoys use up the pace, the alarm has
/// to wait, and 32 KiB and more of other texts follow before its turn comes. The
/// alarm arrives all the same, whatever rule and sender the flood has.
#[test]
fn decoys_hide_no_alarm() {
    for (rule, source) in [(0, 66), (1, 1), (1, 66)] {
        for (count, length) in [(40, 1_000), (260, 60), (2_000, 30)] {
            let mut s = Scenario::new(Notifier::Telegram.pacing());
            s.form = Form::Telegram(Telegram {
                chat_id: "1",
                thread_id: None,
                silent: false,
                protected: false,
                parse_mode: ParseMode::Plain,
            });
            let mut told = String::new();
            for decoy in 0..7 {
                s.push_from(decoy, rule, source, &std::format!("decoy {decoy}"));
                if s.step() == Step::Send {
                    told += &s.begin();
                    s.finish(SENT);
                }
                s.pass(250);
            }
            s.push_from(500, 1, 1, "the real alarm");
            for number in 0..count {
                let text = std::format!("{number} {}", "x".repeat(length));
                s.push_from(1_000 + number, rule, source, &text);
            }
            while s.courier.waiting() > 0 {
                if s.step() != Step::Send {
                    s.pass_until_due();
                }
                told += &s.begin();
                s.finish(SENT);
            }
            assert!(
                told.contains("the real alarm"),
                "{rule} {source} {count} of {length} bytes"
            );
        }
    }
}

/// What is pushed out while it is under way counts by how that ends.
#[test]
fn overflow_during_an_attempt() {
    for (verdict, sent, evicted) in [
        (SENT, 1, 0),
        (Verdict::Retry(Doubt::None), 0, 1),
        (Verdict::Retry(Doubt::Unanswered), 0, 1),
        (Verdict::Refused, 0, 1),
    ] {
        let mut s = Scenario::new(Pacing::NONE);
        s.push(1, &"under way".repeat(800));
        s.begin();
        // The first of its rule goes once it is the largest and has no middle.
        for rule in 1..=4 {
            s.push_of(u32::from(rule) + 1, rule, &"x".repeat(6_500));
        }
        s.push_of(6, 5, "one more than fits".repeat(200).as_str());
        assert_eq!(s.failed, [1]);
        s.finish(verdict);
        let counts = s.courier.counts();
        assert_eq!(
            (counts.sent, counts.evicted),
            (sent, evicted),
            "{verdict:?}"
        );
    }
}

/// A courier whose messages show their id, and a push of "one".
fn with_ids() -> Scenario {
    let mut s = Scenario::new(Pacing::NONE);
    s.form = Form::Generic(Box::new(Generic {
        body: Some(Template::parse("{\"text\":\"{{id}} {{text}}\"}", Encoding::Json).unwrap()),
        ..Generic::TEXT
    }));
    s.push(1, "one");
    s
}

/// An answer that is missed: the same message with the same id, to the byte, until
/// it is too old; then it is reported as unanswered, and the next one goes.
#[test]
fn unanswered() {
    let mut s = with_ids();
    let begun = s.now;
    let first = s.begin();
    s.push(2, "two");
    let mut attempts = 0;
    loop {
        assert_eq!(s.finish(Verdict::Retry(Doubt::Unanswered)), 0);
        attempts += 1;
        s.pass_until_due();
        if s.now.since(begun) >= 3_600_000 {
            break;
        }
        assert_eq!(s.begin(), first, "repeated as it was");
    }
    assert!((60..130).contains(&attempts), "{attempts}");
    assert_eq!(s.step(), Step::Expired(LossCause::Unanswered, 1));
    assert_eq!(s.step(), Step::Expired(LossCause::Expired, 1));
    assert_eq!(s.failed, [1, 2]);
    let counts = s.courier.counts();
    assert_eq!(
        (counts.unanswered, counts.expired, counts.refused),
        (1, 1, 0)
    );
    if let Step::Wait(_) = s.step() {
        s.pass_until_due();
    }
    let second = s.begin();
    assert!(
        second.ends_with(
            "1 notification lost since 00:16:40 (too old)\\n1 notification lost since 00:16:40 \
             (no answer)\"}"
        ),
        "{second}"
    );
    assert_ne!(first[..25], second[..25], "another id");
}

/// A service that hangs for some minutes costs nothing.
#[test]
fn a_hanging_service_loses_nothing() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push(1, "one");
    for _ in 0..5 {
        s.begin();
        s.pass(15_000);
        s.finish(Verdict::Retry(Doubt::Unanswered));
        s.push(2, "more");
        s.pass_until_due();
    }
    assert_eq!(s.send(), "one");
    assert_eq!(s.send().lines().count(), 5);
    assert!(s.failed.is_empty());
}

/// Whatever may have arrived keeps its id and its text, whatever fails after it;
/// whatever has not is written once more, with what came meanwhile.
#[test]
fn only_what_may_have_arrived_is_frozen() {
    let kept = [Doubt::Failed, Doubt::Unanswered].map(Verdict::Retry);
    let open = [
        Verdict::Retry(Doubt::None),
        Verdict::Wait { millis: 9_000 },
        Verdict::Gone,
    ];
    for (verdict, is_kept) in kept
        .map(|v| (v, true))
        .into_iter()
        .chain(open.map(|v| (v, false)))
    {
        for then in open {
            let mut s = with_ids();
            s.pass(50_000);
            let first = s.begin();
            s.push(2, "two");
            s.finish(verdict);
            s.pass(20_000);
            for _ in 0..3 {
                if s.step() != Step::Send {
                    s.pass_until_due();
                }
                let again = s.begin();
                assert_eq!(again == first, is_kept, "{verdict:?} {then:?}: {again}");
                s.finish(then);
            }
        }
    }
}

/// If the first notifications of a frozen message become too old, the others go
/// under an id of its own.
#[test]
fn a_frozen_message_ages() {
    let mut s = with_ids();
    s.pass(30_000);
    s.push(2, "two");
    let first = s.begin();
    s.pass(3_569_990);
    s.finish(Verdict::Retry(Doubt::Unanswered));
    assert_eq!(s.pass_until_due(), 10);
    assert_eq!(s.step(), Step::Expired(LossCause::Unanswered, 1));
    s.pass_until_due();
    let rest = s.begin();
    assert_ne!(rest[..25], first[..25], "another text, another id");
    assert!(rest.contains("two (delayed 59 min)"), "{rest}");
    s.finish(SENT);
    assert_eq!(s.failed, [1]);
}

/// A frozen message that loses a notification to eviction is none any more.
#[test]
fn a_frozen_message_that_is_evicted() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push(1, &"under way".repeat(800));
    s.push_of(2, 7, "beside it");
    s.begin();
    s.finish(Verdict::Retry(Doubt::Unanswered));
    for rule in 1..=5 {
        s.push_of(u32::from(rule) + 2, rule, &"x".repeat(6_400));
    }
    assert_eq!(s.failed, [1]);
    assert_eq!(s.courier.counts().evicted, 1);
    s.pass_until_due();
    let text = s.send();
    assert!(text.contains("(outbox full)\nbeside it"), "{text}");
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
    s.finish(Verdict::Retry(Doubt::None));
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

/// A Telegram chat with a new number: followed once, at once, and reported.
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

/// A request that names a field once holds notifications that have it in common, and
/// those may differ in all the others.
#[test]
fn merging_what_has_a_field_in_common() {
    let fields = ["rule", "source", "time", "topics", "severity"];
    for (index, field) in fields.into_iter().enumerate() {
        let mut s = Scenario::new(Pacing::NONE);
        let header = std::format!("{{{{{field}}}}}");
        let header = header.leak();
        s.form = Form::Generic(Box::new(Generic {
            headers: std::vec![(
                "X-Field",
                Template::parse(header, Encoding::Header).unwrap()
            )],
            ..Generic::TEXT
        }));
        for (ticket, other) in [(1, 0), (2, 1), (3, 2), (4, 2)] {
            // The first two differ in all fields but this one, the third one in it.
            let differs = |field| {
                u8::from(if field == index {
                    other == 2
                } else {
                    other == 1
                })
            };
            let mut buffer = TextBuffer::new();
            buffer.push_log(if differs(3) == 1 { b"dhcp" } else { b"ppp," });
            let topics = Label::beginning_of(buffer.as_text());
            buffer.clear();
            buffer.push_log(ticket.to_string().as_bytes());
            let mut at = s.at();
            at.unix_secs += i64::from(differs(2));
            let head = NoticeHead {
                rule: RuleName::Environment(differs(0)),
                notifiers: NotifierSet::EMPTY,
                at,
                source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, differs(1))),
                ticket: Ticket(ticket),
                about: About {
                    topics,
                    severity: Some(Severity::from_priority(differs(4))),
                    ..About::NOTHING
                },
                name_bytes: 0,
                time_bytes: 0,
            };
            s.courier.push(s.now, &head, buffer.as_text(), &mut |_| {});
        }
        assert_eq!([s.send(), s.send()], ["1\n2", "3\n4"], "{field}");
    }
}

/// When the daemon ends, the pace no longer counts and a long back-off ends; what a
/// service asked for still counts.
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
    s.finish(Verdict::Retry(Doubt::None));
    assert!(matches!(s.step_when(true), Step::Wait(_)));
    s.courier.hurry(s.now);
    assert_eq!(s.step_when(true), Step::Send);
    s.pass_until_due();
    s.begin();
    s.finish(Verdict::Wait { millis: 5_000 });
    s.courier.hurry(s.now);
    assert_eq!(s.step_when(true), Step::Wait(s.now.after(5_000)));
}

/// Leaps of the clock, to the end of time and back to back, break nothing.
#[test]
fn leaps_of_the_clock() {
    let mut s = Scenario::new(Notifier::Telegram.pacing());
    s.push(1, "one");
    s.begin();
    s.finish(Verdict::Retry(Doubt::None));
    // Fifty-six years, as when NTP answers on a router that booted in 1970.
    s.pass(56 * 365 * 86_400_000);
    assert_eq!(s.step(), Step::Expired(LossCause::Expired, 1));
    s.push(2, "two");
    s.now = Instant::from_millis(u64::MAX - 3_600_001);
    s.step();
    s.push(3, "three");
    s.begin();
    s.finish(Verdict::Retry(Doubt::None));
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

/// What another router says while a message is under way, or is going to be repeated, is
/// no part of that: it goes with the next one.
#[test]
fn nothing_is_added_to_a_message_under_way() {
    for verdict in [SENT, Verdict::Retry(Doubt::Unanswered)] {
        let mut s = with_ids();
        let push = |s: &mut Scenario, router: &str| {
            let mut buffer = TextBuffer::new();
            buffer.push_mask(router);
            let about = About {
                router: Label::beginning_of(buffer.as_text()),
                ..About::NOTHING
            };
            buffer.clear();
            buffer.push_mask(&std::format!("[{router}] down"));
            let head = NoticeHead {
                rule: RuleName::Environment(1),
                notifiers: NotifierSet::EMPTY,
                at: s.at(),
                source: IpAddr::V4(Ipv4Addr::LOCALHOST),
                ticket: Ticket(9),
                about,
                name_bytes: router.len() as u8 + 3,
                time_bytes: 0,
            };
            s.courier.push(s.now, &head, buffer.as_text(), &mut |_| {});
        };
        push(&mut s, "a");
        let first = s.begin();
        assert!(first.contains("[a] down"), "{first}");
        push(&mut s, "b");
        s.finish(verdict);
        if s.step() != Step::Send {
            s.pass_until_due();
        }
        push(&mut s, "c");
        if verdict != SENT {
            assert_eq!(s.begin(), first);
            s.finish(SENT);
        }
        let next = s.begin();
        assert!(
            next.contains("[b, c] down") && !next.contains("[a"),
            "{next}"
        );
    }
}

/// What is pushed out beside the message that is under way is lost at once, and the time
/// of a loss is that of the first that goes.
#[test]
fn overflow_beside_an_attempt() {
    let mut s = Scenario::new(Pacing::NONE);
    s.push(1, "under way");
    s.begin();
    for ticket in 2..12 {
        s.pass(1_000);
        s.push_of(ticket, 7, &"x".repeat(6_500));
    }
    let evicted = s.courier.counts().evicted;
    assert!(
        evicted > 0 && s.failed.len() as u64 == evicted,
        "{:?}",
        s.failed
    );
    assert!(!s.failed.contains(&1));
    s.finish(SENT);
    assert_eq!(s.courier.counts().evicted, evicted);
}

/// If several notifications of a message that is under way are pushed out, their loss is
/// dated by the first of them.
#[test]
fn losses_of_an_attempt_have_the_first_time() {
    let mut s = Scenario::new(Pacing::NONE);
    let mut times = Vec::new();
    for ticket in 1..=3 {
        times.push(s.at().time_of_day().to_string());
        s.push(ticket, &"y".repeat(1_330));
        s.pass(5_000);
    }
    s.begin();
    // Small enough that the three, of one rule, are the largest to the last.
    for rule in 1..=24 {
        s.push_of(100 + u32::from(rule), rule, &"x".repeat(1_293));
    }
    // The middle one goes first.
    assert_eq!(s.failed, [2, 1, 3]);
    s.finish(Verdict::Retry(Doubt::None));
    s.pass_until_due();
    let text = s.send();
    let told = std::format!("3 notifications lost since {} (outbox full)", times[1]);
    assert!(text.starts_with(&told), "{text:.99}");
}

/// A message to repeat stays as it was although others are pushed out.
#[test]
fn overflow_beside_a_message_to_repeat() {
    let mut s = with_ids();
    let first = s.begin();
    s.finish(Verdict::Retry(Doubt::Unanswered));
    for ticket in 2..12 {
        s.push_of(ticket, 7, &"x".repeat(6_500));
    }
    assert!(s.courier.counts().evicted > 0);
    s.pass_until_due();
    assert_eq!(s.begin(), first);
}

/// An answer, though not the one that was hoped for, ends the growing of pauses; and a
/// refused message does not keep losses from being reported by themselves.
#[test]
fn a_refusal_is_an_answer() {
    let pause = |failures| {
        let mut s = Scenario::new(Pacing::NONE);
        s.push(1, "one");
        for _ in 0..failures {
            s.begin();
            s.finish(Verdict::Retry(Doubt::None));
            s.pass_until_due();
        }
        s.begin();
        s.push(2, "two");
        s.finish(Verdict::Refused);
        assert_eq!(s.courier.failures(), 0);
        assert_eq!(s.step(), Step::Send);
        s.begin();
        s.finish(Verdict::Retry(Doubt::None));
        s.pass_until_due()
    };
    assert!(pause(6) < 2 * pause(0));
    let mut s = Scenario::new(Pacing::NONE);
    s.push_of(1, 1, "old");
    s.begin();
    s.finish(Verdict::Retry(Doubt::None));
    s.pass(3_599_999);
    s.push_of(2, 2, &"x".repeat(30_000));
    s.pass(1);
    assert_eq!(s.step(), Step::Expired(LossCause::Expired, 1));
    s.begin();
    s.finish(Verdict::Refused);
    assert!(
        s.send()
            .contains("1 notification lost since 00:16:40 (too old)")
    );
}

/// As many lines go at once as a write to a pipe is whole for, or as a card has room for,
/// and not one less. Each line of ours is known as ours.
#[test]
fn lines_up_to_the_limit() {
    for (form, limit, around) in [
        (Form::Console, 4_096, "alertik: notice: \n".len()),
        (
            Form::Teams,
            28_000,
            r#"{"type":"TextBlock","wrap":true,"text":""},"#.len(),
        ),
    ] {
        for length in [1, 7, 40, 100, 333] {
            let mut s = Scenario::new(Pacing::NONE);
            s.form = form.clone();
            let most = OUTBOX_BYTES / (length + 72);
            for ticket in 0..most as u32 {
                s.push(ticket, &"Q".repeat(length));
            }
            let body = s.begin();
            assert!(body.len() <= limit, "{}", body.len());
            if !matches!(form, Form::Console) {
                let json: serde_json::Value = serde_json::from_str(&body).expect("JSON");
                assert_eq!(json["type"], "message");
            }
            let sent = body.matches(&"Q".repeat(length)).count();
            if sent < most {
                assert!(
                    body.len() + around + length > limit,
                    "{length}: {}",
                    body.len()
                );
            }
            s.finish(SENT);
            assert_eq!(s.courier.counts().sent, sent as u64);
        }
    }
    let mut s = Scenario::new(Pacing::NONE);
    s.form = Form::Console;
    s.push(1, "one");
    s.push(2, "two");
    assert_eq!(s.begin(), "alertik: notice: one\nalertik: notice: two\n");
}

/// Requests that hold the text more than once, in a URL as well or beside other fields,
/// take as many notifications as the place with the most room for text.
#[test]
fn places_for_the_text() {
    let template = |source| Template::parse(source, Encoding::Json).unwrap();
    for (url, body) in [
        (Some("https://192.0.2.1/?q={{text|url}}"), "{{text:1000}}"),
        (None, "{{topics:5}} {{text:1000}}"),
    ] {
        let mut s = Scenario::new(Pacing::NONE);
        s.form = Form::Generic(Box::new(Generic {
            url: url.map(template),
            body: Some(template(body)),
            ..Generic::TEXT
        }));
        for ticket in 1..=5 {
            s.push(ticket, "text");
        }
        let body = s.begin();
        assert_eq!(body.matches("text").count(), 5, "{body}");
    }
}

/// A single line that is too long for a card is cut, so that the card is whole.
#[test]
fn a_line_longer_than_a_card() {
    let mut s = Scenario::new(Pacing::NONE);
    s.form = Form::Teams;
    let mut buffer = TextBuffer::new();
    buffer.push_mask(&"\u{1}".repeat(8_000));
    let head = NoticeHead {
        rule: RuleName::Environment(1),
        notifiers: NotifierSet::EMPTY,
        at: s.at(),
        source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        ticket: Ticket(1),
        about: About::NOTHING,
        name_bytes: 0,
        time_bytes: 0,
    };
    s.courier.push(s.now, &head, buffer.as_text(), &mut |_| {});
    let body = s.begin();
    assert!((27_900..=28_000).contains(&body.len()), "{}", body.len());
}
