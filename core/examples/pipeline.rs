//! The core on its own: one datagram in, the body of a request out.
//!
//! `cargo run -p alertik-core --example pipeline`
//!
//! There is no socket, no clock and no thread here. Time is a number that this
//! program chooses, so a cooldown of ten seconds ends at once.

use std::net::IpAddr;

use alertik_core::delivery::{
    Courier, CourierSettings, FixedStr, Form, Merging, Notifier, Step, Verdict,
};
use alertik_core::ids::{NotifierSet, RuleName};
use alertik_core::intake::{Arrival, MessageBuffer, Ring};
use alertik_core::limits::{BODY_BYTES_MAX, OUTBOX_BYTES};
use alertik_core::rules::{Engine, MatchType, RuleSpec, RulesBuilder};
use alertik_core::syslog::{OwnOutput, trim_line_end};
use alertik_core::text::TextBuffer;
use alertik_core::time::{Instant, Wall};

const LINE: &[u8] = b"system,error,critical login failure for user root from 192.0.2.9 via ssh\r\n";

fn main() {
    // Start-up: all that allocates.
    let mut notifiers = NotifierSet::EMPTY;
    notifiers.insert(Notifier::Slack.id());
    let mut builder = RulesBuilder::new();
    builder
        .add(&RuleSpec {
            name: RuleName::Environment(0),
            match_type: MatchType::Regex,
            match_str: b"login failure for user (.*) from ([^ ]+)",
            mask: "@1 failed to log in from @2",
            notifiers,
            cooldown_millis: 10_000,
        })
        .expect("the rule is right");
    let mut engine = Engine::new(builder.finish(), (1, 2));
    // Console is not used here; its lines would be remembered in this.
    let own = OwnOutput::new((3, 4));
    let mut courier = courier();
    let mut ring = Box::new(Ring::new());
    let (mut buffer, mut text) = (MessageBuffer::new(), TextBuffer::new());

    // The receiver: the same line three times, a second apart.
    for second in 0..3 {
        let at = Instant::from_millis(second * 1_000);
        let source = IpAddr::from([192, 0, 2, 1]);
        ring.push(Arrival { at, source }, LINE);
    }

    // The matcher: push one input, drain the engine; then let time pass.
    ring.pop(&mut buffer);
    while let Some((arrival, datagram)) = buffer.next_message() {
        let message = trim_line_end(datagram);
        if !own.contains(message) {
            engine.handle(arrival.at, arrival, || wall(arrival.at), message);
        }
        while let Some(head) = engine.poll(&mut text) {
            courier.push(arrival.at, &head, text.as_text(), &mut |_| {});
        }
        send(&mut courier, arrival.at);
    }
    while let Some(now) = engine.poll_timeout() {
        engine.handle_timeout(now, || wall(now));
        while let Some(head) = engine.poll(&mut text) {
            courier.push(now, &head, text.as_text(), &mut |_| {});
        }
        send(&mut courier, now);
    }
}

fn courier() -> Courier {
    Courier::new(&CourierSettings {
        pacing: Notifier::Slack.pacing(),
        max_age_millis: 3_600_000,
        outbox_bytes: OUTBOX_BYTES,
        merging: Merging::Routers,
        seed: 7,
    })
}

/// The sender: prints what it would send, and reports it as delivered.
fn send(courier: &mut Courier, now: Instant) {
    while courier.step(now, false, &mut |_| {}) == Step::Send {
        let mut bytes = vec![0; BODY_BYTES_MAX];
        let mut body = FixedStr::new(&mut bytes);
        courier.begin(now, &Form::Slack(None), &mut body);
        println!("{:>6} ms: {}", now.millis(), body.as_str());
        let delivered = Verdict::Delivered {
            pause_millis: 0,
            odd: false,
        };
        courier.finish(now, delivered, wall(now), &mut |_| {});
    }
}

/// 2026-11-22 10:41:07 UTC, and so much later.
fn wall(now: Instant) -> Wall {
    Wall {
        unix_secs: 1_795_344_067 + (now.millis() / 1_000) as i64,
        offset_secs: 0,
    }
}
