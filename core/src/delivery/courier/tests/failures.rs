//! What becomes of a message that was not delivered, and of the service then.

use super::*;

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
