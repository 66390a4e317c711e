//! Tests of the verdicts, against the contracts of the services.

use super::*;
use crate::delivery::services::Notifier;

/// 2026-11-22 10:00:00 UTC.
const NOW: i64 = 1_795_341_600;

const G1: Notifier = Notifier::Generic1;
const SENT: Verdict = Verdict::Delivered {
    pause_millis: 0,
    odd: false,
};

fn judge(notifier: Notifier, status: u16, body: &str) -> Verdict {
    let answer = Answer {
        status,
        body: body.as_bytes(),
        ..Answer::default()
    };
    answer.judge(notifier.judge(&answer), NOW)
}

fn wait(secs: u64) -> Verdict {
    Verdict::Wait {
        millis: secs * 1_000,
    }
}

/// Every status code of every notifier has one of the documented outcomes.
#[test]
fn status_matrix() {
    for notifier in Notifier::ALL {
        for status in 0..=999 {
            let body = if notifier == Notifier::Slack {
                "ok"
            } else {
                ""
            };
            let expected = match status {
                200..=299 => SENT,
                408 | 425 | 429 => Verdict::Retry(Doubt::None),
                401 | 403 | 404 | 410 => Verdict::Gone,
                300..=399 | 405 | 407 | 409 => Verdict::Barred,
                400..=499 | 600.. => Verdict::Refused,
                _ => Verdict::Retry(Doubt::Failed),
            };
            assert_eq!(
                judge(notifier, status, body),
                expected,
                "{} {status}",
                notifier.name()
            );
        }
    }
}

/// Unusual successes are reported, and Teams' errors in a 200 are errors.
#[test]
fn odd_successes() {
    let odd = Verdict::Delivered {
        pause_millis: 0,
        odd: true,
    };
    assert_eq!(judge(Notifier::Slack, 200, "ok\n"), SENT);
    assert_eq!(judge(Notifier::Slack, 200, "<html>"), odd);
    assert_eq!(judge(Notifier::Teams, 202, ""), SENT);
    assert_eq!(judge(Notifier::Teams, 200, "1"), SENT);
    assert_eq!(
        judge(
            Notifier::Teams,
            200,
            "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP \
             error 429 with ContextId"
        ),
        Verdict::Retry(Doubt::None)
    );
    assert_eq!(judge(Notifier::Teams, 200, "some error"), odd);
    assert_eq!(judge(G1, 200, "HTTP error 429"), SENT);
}

/// Seconds, fractions, dates by either clock, nonsense, and the cap.
#[test]
fn retry_after_header() {
    for (status, without) in [
        (429, Verdict::Retry(Doubt::None)),
        (503, Verdict::Retry(Doubt::Failed)),
    ] {
        for (value, date, expected) in [
            ("7", None, wait(7)),
            (" 7 ", None, wait(7)),
            ("1.5", None, Verdict::Wait { millis: 1_500 }),
            ("0", None, wait(1)),
            ("86400", None, wait(900)),
            ("99999999999999999999", None, wait(900)),
            ("-5", None, without),
            ("", None, without),
            ("soon", None, without),
            ("Sun, 22 Nov 2026 10:01:00 GMT", None, wait(60)),
            ("Sun, 22 Nov 2026 09:59:00 GMT", None, wait(1)),
            ("Sun, 22 Nov 2099 10:01:00 GMT", None, wait(900)),
            ("Sun, 22 Nov 2026 24:00:00 GMT", None, without),
            ("Sun, 22 Nov 2026 10:60:00 GMT", None, without),
            // The server's own clock counts where it is known.
            (
                "Sun, 22 Nov 2026 10:01:00 GMT",
                Some("Sun, 22 Nov 2026 10:00:30 GMT"),
                wait(30),
            ),
            (
                "Fri, 02 Jan 1970 00:00:10 GMT",
                Some("Fri, 02 Jan 1970 00:00:05 GMT"),
                wait(5),
            ),
            ("Sun, 22 Nov 2026 10:01:00 GMT", Some("broken"), wait(60)),
        ] {
            let answer = Answer {
                status,
                retry_after: Some(value),
                date,
                ..Answer::default()
            };
            assert_eq!(
                answer.judge(G1.judge(&answer), NOW),
                expected,
                "{value} {date:?}"
            );
        }
        assert_eq!(judge(G1, status, ""), without);
        // Before the router's clock is set, a date alone says nothing.
        let answer = Answer {
            status,
            retry_after: Some("Sun, 22 Nov 2026 10:01:00 GMT"),
            ..Answer::default()
        };
        assert_eq!(answer.judge(G1.judge(&answer), 86_400), without);
    }
    let answer = Answer {
        status: 500,
        retry_after: Some("7"),
        ..Answer::default()
    };
    assert_eq!(
        answer.judge(G1.judge(&answer), NOW),
        Verdict::Retry(Doubt::Failed)
    );
}

/// The bodies of Telegram and Discord, and the longer of body and header.
#[test]
fn retry_after_body() {
    let telegram = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}"#;
    assert_eq!(judge(Notifier::Telegram, 429, telegram), wait(35));
    let discord =
        r#"{"message": "You are being rate limited.", "retry_after": 64.57, "global": false}"#;
    assert_eq!(judge(Notifier::Discord, 429, discord), wait(65));
    for (body, expected) in [
        (r#"{"retry_after":0}"#, wait(1)),
        (r#"{"retry_after":0.30}"#, wait(1)),
        (r#"{"retry_after":2.000}"#, wait(2)),
        (r#"{"retry_after":-4}"#, Verdict::Retry(Doubt::None)),
        (r#"{"retry_after":null}"#, Verdict::Retry(Doubt::None)),
        (r#"{"retry_after":"4"}"#, Verdict::Retry(Doubt::None)),
        (
            r#"{"retry_after":99999999999999999999999}"#,
            Verdict::Retry(Doubt::None),
        ),
        (r#"{"retry_after":"#, Verdict::Retry(Doubt::None)),
        (r#"{"retry_after":9000}"#, wait(900)),
    ] {
        assert_eq!(judge(Notifier::Telegram, 429, body), expected, "{body}");
    }
    let both = Answer {
        status: 429,
        retry_after: Some("10"),
        body: telegram.as_bytes(),
        ..Answer::default()
    };
    assert_eq!(both.judge(Notifier::Telegram.judge(&both), NOW), wait(35));
}

/// Discord's headers: an empty bucket means a pause after a success.
#[test]
fn rate_limit_headers() {
    for (remaining, reset_after, pause_millis) in [
        (Some("0"), Some("1.337"), 1_337),
        (Some("0"), Some("4000"), WAIT_MAX_MILLIS),
        (Some("0"), Some("x"), 0),
        (Some("0"), None, 0),
        (Some("3"), Some("1.337"), 0),
        (None, Some("1.337"), 0),
    ] {
        let answer = Answer {
            status: 200,
            remaining,
            reset_after,
            ..Answer::default()
        };
        assert_eq!(
            answer.judge(Notifier::Discord.judge(&answer), NOW),
            Verdict::Delivered {
                pause_millis,
                odd: false
            }
        );
    }
}

/// A chat's new number, and what only looks like one.
#[test]
fn migration() {
    let body = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001234567890}}"#;
    assert_eq!(
        judge(Notifier::Telegram, 400, body),
        Verdict::Moved(-1_001_234_567_890)
    );
    assert_eq!(judge(G1, 400, body), Verdict::Refused);
    for body in [
        r#"{"migrate_to_chat_id":7}"#,
        r#"{"migrate_to_chat_id":0}"#,
        r#"{"migrate_to_chat_id":-}"#,
        r#"{"migrate_to_chat_id":-99999999999999999999}"#,
        r#"{"description":"Bad Request: chat not found"}"#,
    ] {
        assert_eq!(judge(Notifier::Telegram, 400, body), Verdict::Refused);
    }
}

/// What a person should look at when a service does not take a message.
#[test]
fn advice() {
    for (status, expected) in [
        (200, Advice::None),
        (301, Advice::Redirect),
        (400, Advice::Message),
        (401, Advice::Address),
        (404, Advice::Address),
        (413, Advice::Message),
        (422, Advice::Message),
        (429, Advice::None),
        (500, Advice::None),
    ] {
        assert_eq!(Advice::of(status), expected, "{status}");
        let answer = Answer {
            status,
            ..Answer::default()
        };
        assert_eq!(answer.is_success(), status == 200);
    }
}
