//! Priorities, from a rule's variable to the webhook's request.

mod support;

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use support::{Daemon, PATIENCE, read_body, refused, rule};

/// Answers requests, and hands on their bodies.
fn webhook() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let (sender, bodies) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let body = read_body(&mut stream);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            if sender.send(body).is_err() {
                return;
            }
        }
    });
    (url, bodies)
}

/// A rule's own priority, that of an urgent rule, that of a static event's line, and that
/// of a recovery, which is no louder than others.
#[test]
fn priorities_reach_the_webhook() {
    let (url, bodies) = webhook();
    let mut variables = Vec::new();
    for (number, text) in [(0, "plain"), (1, "loud"), (2, "quiet"), (3, "urgent")] {
        variables.extend(rule(number, "Generic1", "substr", text, text));
    }
    for (name, value) in [
        ("ENV_EVENTS", "4"),
        ("EVENT1_PRIORITY", "Highest"),
        ("EVENT1_RECOVERY_STR", "over"),
        ("EVENT1_RECOVERY_MSG", "loud"),
        ("EVENT1_KEY", "one"),
        ("EVENT2_PRIORITY", "low"),
        ("EVENT2_URGENT", "1"),
        ("EVENT3_URGENT", "1"),
        ("STATIC_EVENTS_ENABLED", "login-failed"),
        ("STATIC_NOTIFIER", "Generic1"),
        ("STATIC_EVENT_LOGIN_FAILED_UNLESS", ""),
        ("GENERIC1_WEBHOOK_URL", &url),
        ("GENERIC1_BODY", "{{rule}} {{priority}} {{priority:gotify}}"),
        ("GENERIC1_MIN_INTERVAL_MS", "0"),
    ] {
        variables.push((name.to_owned(), value));
    }
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let daemon = Daemon::start(&variables);
    for (line, expected) in [
        ("plain", "EVENT0 normal 5"),
        ("loud", "EVENT1 highest 10"),
        ("over", "EVENT1 normal 5"),
        ("quiet", "EVENT2 low 2"),
        ("urgent", "EVENT3 high 8"),
        (
            "system,error,critical login failure for user admin from 192.168.88.17 via ssh",
            "STATIC_EVENT1 high 8",
        ),
    ] {
        daemon.send(line.as_bytes());
        let body = bodies.recv_timeout(PATIENCE).expect("a request");
        assert_eq!(body, expected, "{line}");
    }
}

/// Another word is a mistake, with those that are allowed.
#[test]
fn a_wrong_word() {
    let mut variables = support::console("substr", "x", "y", &[]);
    variables.push(("EVENT0_PRIORITY", "urgent"));
    let (status, errors) = refused(&variables);
    assert_eq!(status, Some(1));
    let expected =
        "EVENT0_PRIORITY: 'urgent' is not known; allowed are lowest, low, normal, high, highest";
    assert!(errors.contains(expected), "{errors}");
}
