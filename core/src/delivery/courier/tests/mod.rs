//! Tests of the courier in virtual time, through its contract.

mod failures;
mod losses;
mod room;
mod unanswered;

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
