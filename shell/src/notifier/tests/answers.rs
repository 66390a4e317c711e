//! The fate of a notification, by the service's answer.

use std::time::Duration;

use alertik_core::delivery::Hold;
use alertik_core::delivery::Notifier;

use super::support::{Server, answer, logged_lines, run};

const G1: Notifier = Notifier::Generic1;

/// The plain webhook sends the predecessor's request, with the same body.
#[test]
fn the_plain_webhook() {
    let server = Server::answering("200 OK", "");
    let url = server.url("/hook?x=1");
    let running = run(&[G1], &[("GENERIC1_WEBHOOK_URL", &url)]);
    running.push(&[G1], 1, "say \"@\" ", b"a\\b\x01\xff");
    let request = server.next();
    assert_eq!(request.line, "POST /hook?x=1 HTTP/1.1");
    assert_eq!(
        request.body,
        "{\"text\":\"say \\\"@\\\" a\\\\b\u{fffd}\u{fffd}\"}"
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("connection"), Some("close"));
    assert_eq!(
        request.header("host"),
        Some(server.address.to_string().as_str())
    );
    assert!(
        request
            .header("user-agent")
            .unwrap()
            .starts_with("alertik/")
    );
    running.wait(G1, "sent", |status| status.counts.sent == 1);
}

/// Any 2xx is success, and the sender does not wait for the body.
#[test]
fn every_2xx_is_success() {
    for status in [
        "200 OK",
        "201 Created",
        "202 Accepted",
        "204 No Content",
        "299 x",
    ] {
        let server = Server::http(move |_, _, stream| {
            // No Content-Length, and the connection stays open.
            let _ = stream.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes());
            let _ = stream.read(&mut [0]);
        });
        let url = server.url("/");
        let running = run(&[G1], &[("GENERIC1_WEBHOOK_URL", &url)]);
        running.push(&[G1], 1, "x", b"");
        running.wait(G1, "sent", |status| status.counts.sent == 1);
        assert_eq!(running.failed_tickets(), []);
    }
}

/// Refusals and redirects drop the message and say what to check; the next message
/// is sent at once.
#[test]
fn refusals_drop_only_their_message() {
    for status in ["400 x", "413 x", "414 x", "415 x", "422 x"] {
        let server = Server::http(move |number, _, stream| match number {
            0 => answer(stream, status, "", "why: /in/T0K3N"),
            _ => answer(stream, "200 OK", "", ""),
        });
        let url = server.url("/in/T0K3N");
        let running = run(&[G1], &[("GENERIC1_WEBHOOK_URL", &url)]);
        running.push(&[G1], 7, "poison", b"");
        let status = running.wait(G1, "refused", |status| status.counts.refused == 1);
        assert!(
            status
                .last_error
                .unwrap()
                .contains("check GENERIC1_WEBHOOK_URL")
        );
        assert_eq!(running.failed_tickets(), [7]);
        running.push(&[G1], 8, "good", b"");
        server.next();
        let body = server.next().body;
        assert!(
            body.starts_with("{\"text\":\"1 notification lost since 11:00:00 ("),
            "{body}"
        );
        assert!(body.ends_with("\\ngood\"}"), "{body}");
        running.wait(G1, "sent", |status| status.counts.sent == 1);
        let lines = logged_lines(&format!("http://{}", server.address));
        assert!(lines[0].starts_with("ERROR Generic1: notifications dropped: 1;"));
        assert!(lines[0].contains("why: "));
    }
}

/// Redirects, which are never followed, and answers that a filter or a captive
/// portal may give: nothing is dropped at once, and the log says what will be done.
#[test]
fn what_may_pass_is_waited_for() {
    for status in [
        "301 x", "302 x", "303 x", "307 x", "308 x", "405 x", "407 x", "409 x",
    ] {
        let elsewhere = Server::answering("200 OK", "");
        let location = format!("Location: {}\r\n", elsewhere.url("/secret-target"));
        let server = Server::http(move |_, _, stream| answer(stream, status, &location, ""));
        let running = run(&[G1], &[("GENERIC1_WEBHOOK_URL", &server.url("/"))]);
        running.push(&[G1], 7, "x", b"");
        let status = running.wait(G1, "barred", |status| status.counts.failed_attempts == 1);
        assert_eq!((status.waiting, status.counts.refused), (1, 0));
        assert_eq!(running.failed_tickets(), []);
        elsewhere.expect_none(Duration::ZERO);
        let lines = logged_lines(&format!("http://{}", server.address));
        let told = "; one more attempt in 60 s, then they are dropped";
        assert!(lines[0].ends_with(told), "{lines:?}");
    }
}

/// "Unauthorised", "forbidden" and "gone" suspend the notifier for less than a minute at first,
/// and the log says until when; what met the answer and what comes meanwhile waits.
#[test]
fn gone_suspends_for_half_a_minute() {
    for status in ["401 x", "403 x", "404 x", "410 x"] {
        let server = Server::answering(status, "");
        let url = server.url("/");
        let running = run(&[G1], &[("GENERIC1_WEBHOOK_URL", &url)]);
        running.push(&[G1], 1, "x", b"");
        server.next();
        let status = running.wait(G1, "suspended", |status| status.hold.0 == Hold::Suspended);
        running.push(&[G1], 2, "y", b"");
        server.expect_none(Duration::from_millis(50));
        let secs = status.hold.1.since(crate::sys::clock::now()) / 1_000;
        assert!((20..=30).contains(&secs), "{secs}");
        assert_eq!(running.senders.status(G1).unwrap().waiting, 2);
        assert_eq!(running.failed_tickets(), []);
        let lines = logged_lines(&format!("http://{}", server.address));
        assert!(
            lines[0].contains("; suspended, next attempt at "),
            "{lines:?}"
        );
    }
}
