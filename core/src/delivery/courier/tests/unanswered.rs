//! A message that may have arrived: it comes again as it was, under its id.

use super::*;

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

/// What may have arrived and was pushed out meanwhile does not come again: what is left
/// goes under another id.
#[test]
fn what_was_pushed_out_is_not_repeated() {
    let mut s = with_ids();
    s.push(2, &"under way".repeat(800));
    let first = s.begin();
    for rule in 1..=4 {
        s.push_of(u32::from(rule) + 2, rule, &"x".repeat(6_500));
    }
    s.push_of(7, 5, &"one more than fits".repeat(200));
    assert!(!s.failed.is_empty());
    s.finish(Verdict::Retry(Doubt::Unanswered));
    s.pass_until_due();
    let second = s.begin();
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
