//! What is lost, when and of whom, and how that is reported.

use super::*;

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
