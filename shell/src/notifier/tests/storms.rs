//! Outages, overload and shutdown, with real servers.

use std::time::{Duration, Instant as StdInstant};

use alertik_core::delivery::Notifier;
use alertik_core::delivery::{Loss, LossCause};
use alertik_core::time::Wall;

use super::support::{PATIENCE, Running, Server, answer, listen, read_request, run, shut_down};

const G1: Notifier = Notifier::Generic1;

/// Returns the lines of a `{"text":…}` body.
fn lines(body: &str) -> Vec<String> {
    let text = body.strip_prefix("{\"text\":\"").unwrap();
    let text = text.strip_suffix("\"}").unwrap();
    text.split("\\n").map(str::to_owned).collect()
}

/// A server is down for a hundred notifications and comes back: each arrives exactly
/// once, in order, in few messages.
#[test]
fn a_server_down_for_a_hundred_notifications() {
    let listener = listen(0);
    let address = listener.local_addr().unwrap();
    drop(listener);
    let running = run(
        &[G1],
        &[("GENERIC1_WEBHOOK_URL", &format!("http://{address}/"))],
    );
    let expected: Vec<String> = (0..100)
        .map(|n| format!("event {n} of the outage"))
        .collect();
    for (number, text) in expected.iter().enumerate() {
        running.push(&[G1], number as u32, "", text.as_bytes());
    }
    running.wait(G1, "failed", |status| status.failures >= 1);
    let listener = std::net::TcpListener::bind(address).unwrap();
    let server = Server::bound(listener, |_, _, stream| answer(stream, "200 OK", "", ""));
    let status = running.wait(G1, "sent", |status| status.counts.sent == 100);
    let mut received = Vec::new();
    for _ in 0..status.counts.messages {
        received.extend(lines(&server.next().body));
    }
    assert_eq!(received, expected);
    assert!(status.counts.messages <= 2, "{}", status.counts.messages);
    assert_eq!((status.waiting, running.failed_tickets().len()), (0, 0));
    server.expect_none(Duration::from_millis(50));
}

/// A service fails in every way that is retried: each notification still arrives
/// exactly once, in order.
#[test]
fn a_flapping_service() {
    let server = Server::serve(listen(0), |mut stream, number, sender| {
        let request = read_request(&mut stream).unwrap();
        match number % 6 {
            0 => {}
            1 => answer(&mut stream, "500 no", "", ""),
            2 => answer(&mut stream, "429 no", "Retry-After: 1\r\n", ""),
            3 => answer(&mut stream, "503 no", "Retry-After: 0.2\r\n", ""),
            4 => answer(&mut stream, "408 no", "", ""),
            _ => {
                sender.send(request).unwrap();
                answer(&mut stream, "200 OK", "", "");
            }
        }
    });
    let running = run(
        &[G1],
        &[
            ("GENERIC1_WEBHOOK_URL", &server.url("/")),
            ("GENERIC1_MIN_INTERVAL_MS", "0"),
        ],
    );
    for number in 0..20 {
        running.push(&[G1], number, "n", number.to_string().as_bytes());
    }
    let status = running.wait(G1, "sent", |status| status.counts.sent == 20);
    let mut received = Vec::new();
    for _ in 0..status.counts.messages {
        received.extend(lines(&server.next().body));
    }
    let expected: Vec<String> = (0..20).map(|n| format!("n{n}")).collect();
    assert_eq!(received, expected);
}

/// More than an outbox holds: the middle goes, and the user learns how many.
#[test]
fn an_outbox_that_overflows() {
    let listener = listen(0);
    let address = listener.local_addr().unwrap();
    drop(listener);
    let running = run(
        &[G1],
        &[("GENERIC1_WEBHOOK_URL", &format!("http://{address}/"))],
    );
    running.senders.report_loss(Loss {
        cause: LossCause::Kernel,
        count: 12,
        since: Wall {
            unix_secs: 38_467,
            offset_secs: 0,
        },
    });
    // Push the rest after the first attempt has failed and before the next one is
    // due, so that no notification is being sent when it is pushed out.
    running.push(&[G1], 0, "", b"event 0");
    running.wait(G1, "refused", |status| status.counts.failed_attempts > 0);
    for number in 1..6_000 {
        running.push(&[G1], number, "", format!("event {number}").as_bytes());
    }
    let lost = running.failed_tickets();
    assert!(!lost.is_empty());
    assert!(!lost.contains(&0) && !lost.contains(&5_999), "{lost:?}");
    let listener = std::net::TcpListener::bind(address).unwrap();
    let server = Server::bound(listener, |_, _, stream| answer(stream, "200 OK", "", ""));
    let left = 6_000 - lost.len();
    let status = running.wait(G1, "sent", |status| status.counts.sent == left as u64);
    let first = lines(&server.next().body);
    assert_eq!(first[0], "12 messages lost since 10:41:07 (receive buffer)");
    assert_eq!(
        first[1],
        format!(
            "{} notifications lost since 11:00:00 (outbox full)",
            lost.len()
        )
    );
    assert_eq!(first[2], "event 0");
    assert_eq!(status.counts.evicted, lost.len() as u64);
}

/// A notification that waits too long expires. It is counted, passed on as failed,
/// and reported in the next message.
#[test]
fn expiry() {
    let server = Server::http(|number, _, stream| match number {
        0 => answer(stream, "503 no", "Retry-After: 2\r\n", ""),
        _ => answer(stream, "200 OK", "", ""),
    });
    let url = server.url("/");
    let running = run(
        &[G1],
        &[("GENERIC1_WEBHOOK_URL", &url), ("NOTIFY_MAX_AGE_SECS", "1")],
    );
    running.push(&[G1], 5, "old", b"");
    server.next();
    running.wait(G1, "expired", |status| status.counts.expired == 1);
    assert_eq!(running.failed_tickets(), [5]);
    assert_eq!(
        lines(&server.next().body),
        ["1 notification lost since 11:00:00 (too old)"]
    );
}

/// On shutdown, all waiting notifications are sent as one message.
#[test]
fn shutting_down_flushes() {
    let server = Server::answering("200 OK", "");
    let url = server.url("/");
    let running = run(
        &[G1],
        &[
            ("GENERIC1_WEBHOOK_URL", &url),
            ("GENERIC1_MIN_INTERVAL_MS", "60000"),
        ],
    );
    running.push(&[G1], 0, "first", b"");
    server.next();
    for number in 1..=200 {
        running.push(&[G1], number, "", format!("event {number}").as_bytes());
    }
    let start = StdInstant::now();
    shut_down(&running.senders, 1_500);
    assert!(start.elapsed() < Duration::from_millis(1_600));
    let received = lines(&server.next().body);
    assert_eq!(received.len(), 200);
    assert_eq!(received[199], "event 200");
    assert_eq!(running.senders.status(G1).unwrap().waiting, 0);
}

/// A service that takes a request and never answers, and a sender that waits for it
/// with its first notification.
fn waiting_for_a_hanging_service() -> (Server, Running) {
    let server = Server::http(|_, _, stream| {
        let _ = stream.read(&mut [0]);
    });
    let url = server.url("/");
    let running = run(&[G1], &[("GENERIC1_WEBHOOK_URL", &url)]);
    running.push(&[G1], 1, "x", b"");
    server.next();
    (server, running)
}

/// Shutdown ends in time even if a service hangs, and the log reports the
/// notifications left.
#[test]
fn shutting_down_in_time() {
    let (_server, running) = waiting_for_a_hanging_service();
    running.push(&[G1], 2, "y", b"");
    let start = StdInstant::now();
    shut_down(&running.senders, 300);
    let elapsed = start.elapsed();
    assert!(elapsed < Duration::from_millis(600), "{elapsed:?}");
    assert_eq!(running.senders.status(G1).unwrap().waiting, 2);
}

/// With a service that is down, attempts go on until the time is over: it may be
/// back any moment.
#[test]
fn shutting_down_without_hope() {
    let listener = listen(0);
    let address = listener.local_addr().unwrap();
    drop(listener);
    let running = run(
        &[G1],
        &[("GENERIC1_WEBHOOK_URL", &format!("http://{address}/"))],
    );
    running.push(&[G1], 1, "x", b"");
    running.wait(G1, "failed", |status| status.failures >= 1);
    let start = StdInstant::now();
    shut_down(&running.senders, 1_500);
    assert!(start.elapsed() < Duration::from_millis(2_000));
    let status = running.senders.status(G1).unwrap();
    assert!(status.counts.failed_attempts >= 3, "{status:?}");
}

/// A second request to end, sooner than the first, is obeyed at once.
#[test]
fn shutting_down_twice() {
    let (_server, running) = waiting_for_a_hanging_service();
    let start = StdInstant::now();
    running.senders.close(crate::sys::clock::now().after(8_000));
    shut_down(&running.senders, 0);
    assert!(start.elapsed() < Duration::from_millis(900));
}

/// Messages keep the service's pace, a second apart; the rest are merged.
#[test]
fn pace() {
    let id = Notifier::Slack;
    let server = Server::answering("200 OK", "ok");
    let url = server.url("/");
    let running = run(&[id], &[("SLACK_WEBHOOK_URL", &url)]);
    running.push(&[id], 1, "one", b"");
    let first = server.next();
    for number in 2..=9 {
        running.push(&[id], number, "more", b"");
    }
    let second = server.next();
    let waited = second.at - first.at;
    assert!(waited >= Duration::from_millis(990), "{waited:?}");
    assert!(waited < PATIENCE / 2);
    assert_eq!(second.body.matches("more").count(), 8);
}
