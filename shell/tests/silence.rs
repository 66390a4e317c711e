//! Routers that are not heard, the heartbeat, and the message of the start, end to end.

mod support;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::time::Duration;

use support::{Daemon, alertik, console, refused};

fn send_from(daemon: &Daemon, router: u8, line: &str) {
    let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, router), 0)).expect("loopback");
    let address = daemon.address();
    socket.send_to(line.as_bytes(), address).expect("loopback");
}

/// A router that was never heard is reported, and its return; what is turned off is not,
/// and the end of the daemon is no silence.
#[test]
fn silence_and_return() {
    let mut daemon = Daemon::start(&console(
        "substr",
        "match",
        "matched",
        &[
            ("ROUTERS", "office@127.0.0.2, lab@127.0.0.3"),
            ("SILENCE_SECS", "1"),
            ("SILENCE_ROUTERS", "lab:0"),
        ],
    ));
    let line = daemon.wait_for(" is silent: ");
    let expected = "notice: Router office is silent: nothing heard for 1 s since the start, at: ";
    assert!(line.contains(expected), "{line}");
    send_from(&daemon, 2, "a line that no rule matches");
    let line = daemon.wait_for(" is heard ");
    assert!(
        line.contains("notice: Router office is heard after "),
        "{line}"
    );
    let line = daemon.wait_for(" is silent: ");
    let expected = "notice: Router office is silent: nothing heard for 1 s, at: ";
    assert!(line.contains(expected), "{line}");
    send_from(&daemon, 2, "another line");
    daemon.wait_for("notice: Router office is heard again after ");
    let rest = daemon.stop();
    assert!(!rest.iter().any(|line| line.contains("silent")), "{rest:?}");
    assert!(!rest.iter().any(|line| line.contains("lab")), "{rest:?}");
}

/// The start is in the log with the names of rules, notifiers and routers, and goes to
/// the notifiers of rules if the user wants it.
#[test]
fn the_start() {
    let version = env!("CARGO_PKG_VERSION");
    let named = [
        ("ROUTERS", "pop@192.0.2.0/24,office@127.0.0.2,office@::1"),
        ("DEVICE_NAME", "bell"),
        ("STATIC_EVENTS_ENABLED", "0"),
        ("STATIC_EVENT0_NOTIFIER", "Console"),
    ];
    let started = format!(
        "alertik {version} has started on bell; rules: STATIC_EVENT0, EVENT0; notifiers: \
         Console; routers: pop, office, bell"
    );
    for wanted in [false, true] {
        let mut more = named.to_vec();
        if wanted {
            more.push(("STARTUP_MESSAGE", "1"));
        }
        let mut daemon = Daemon::start(&console("substr", "x", "matched", &more));
        if wanted {
            // Standard output has two writers, which may come in either order: the
            // notice may even stand before the line that the daemon listens.
            let is_start = |line: &&String| line.contains(&started);
            while daemon.seen().iter().filter(is_start).count() < 2 {
                daemon.wait_for(&started);
            }
            let is_notice = |line: &&String| line.contains("notice: ") && line.contains(", at: ");
            let notices = daemon.seen().iter().filter(is_start).filter(is_notice);
            assert_eq!(notices.count(), 1, "{:?}", daemon.seen());
        } else {
            let line = daemon.wait_for(&started);
            assert!(line.contains("info: "), "{line}");
            let rest = daemon.stop();
            assert!(!rest.iter().any(|line| line.contains(&started)), "{rest:?}");
        }
    }
}

/// Heartbeats reach a real server again and again, and end with the daemon.
#[test]
fn heartbeats() {
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let url = format!("http://{}/ping/s3cret", server.local_addr().expect("bound"));
    let more = [("HEARTBEAT_URL", url.as_str()), ("HEARTBEAT_SECS", "1")];
    let daemon = Daemon::start(&console("substr", "x", "matched", &more));
    for _ in 0..3 {
        let (mut stream, _) = server.accept().expect("a connection");
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            assert_eq!(stream.read(&mut byte).expect("a request"), 1);
            request.push(byte[0]);
        }
        assert!(request.starts_with(b"GET /ping/s3cret HTTP/1.1\r\n"));
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";
        stream.write_all(answer).expect("taken");
    }
    let rest = daemon.stop();
    assert!(!rest.iter().any(|line| line.contains("s3cret")), "{rest:?}");
}

/// A process that was stopped for a while takes its own pause for nobody's silence.
#[test]
fn an_own_pause_is_no_silence() {
    let more = [("ROUTERS", "office@127.0.0.2"), ("SILENCE_SECS", "8")];
    let mut daemon = Daemon::start(&console("substr", "x", "matched", &more));
    send_from(&daemon, 2, "x");
    // It is heard before the pause, not after it.
    daemon.wait_for("notice: ");
    daemon.signal("STOP");
    std::thread::sleep(Duration::from_secs(9));
    daemon.signal("CONT");
    // Far more than the matcher needs to look at the time.
    while let Some(line) = daemon.next_line(Duration::from_millis(2_500)) {
        assert!(!line.contains("is silent"), "{line}");
    }
    let line = daemon.wait_for("is silent");
    assert!(
        line.contains(", messages were lost here meanwhile, at: "),
        "{line}"
    );
}

/// Each mistake names its variable and what is allowed.
#[test]
fn mistakes() {
    let (status, errors) = refused(&console(
        "substr",
        "x",
        "matched",
        &[
            ("ROUTERS", "office@192.0.2.1,pop@198.51.100.0/28"),
            ("SILENCE_SECS", "604801"),
            ("SILENCE_ROUTERS", "office:300,lab:5,home,pop:x,192.0.2.1:0"),
            ("SILENCE_NOTIFIER", "Console,Pager"),
            ("HEARTBEAT_URL", "hc-ping.com/s3cret"),
            ("HEARTBEAT_SECS", "0"),
            ("STARTUP_MESSAGE", "maybe"),
        ],
    ));
    assert_eq!(status, Some(1));
    for expected in [
        "SILENCE_SECS: '604801' is not a whole number from 0 to 604800",
        "SILENCE_ROUTERS: 'lab' is neither an address nor the name of a router; known are: \
         office, pop",
        "SILENCE_ROUTERS: 'home' is not a router with its seconds, 0 to 604800, such as \
         office:300 or 192.0.2.1:0",
        "SILENCE_ROUTERS: 'pop:x' is not a router with its seconds",
        "SILENCE_NOTIFIER: 'Pager' is not a notifier; known are ",
        "HEARTBEAT_URL: must begin with https:// or http://",
        "HEARTBEAT_SECS: '0' is not a whole number from 1 to 86400",
        "STARTUP_MESSAGE: 'maybe' is not known; allowed are 0, no, false, 1, yes, true",
    ] {
        assert!(errors.contains(expected), "{expected}\n{errors}");
    }
    assert_eq!(errors.lines().count(), 8, "{errors}");
    assert!(!errors.contains("s3cret"));
}

/// `check` has a line each for what is watched and for who is notified.
#[test]
fn check() {
    let more = [
        ("ROUTERS", "office@192.0.2.1"),
        ("SILENCE_SECS", "900"),
        ("SILENCE_ROUTERS", "office:300, 2001:db8::1:0"),
        ("SILENCE_NOTIFIER", "Console"),
        ("HEARTBEAT_URL", "https://hc-ping.com/s3cret"),
        ("STARTUP_MESSAGE", "yes"),
    ];
    let output = alertik(&console("substr", "x", "matched", &more))
        .arg("check")
        .output()
        .expect("the binary runs");
    assert!(output.status.success());
    let shown = String::from_utf8_lossy(&output.stdout);
    for line in [
        "  silence   of 15 min (office 5 min, 2001:db8::1 off) goes to Console",
        "  heartbeat to https://hc-ping.com/*** every 1 min",
        "  start     is reported to Console",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
    let unused = [("SILENCE_NOTIFIER", "Console"), ("HEARTBEAT_SECS", "60")];
    let output = alertik(&console("substr", "x", "matched", &unused))
        .arg("check")
        .output()
        .expect("the binary runs");
    let shown = String::from_utf8_lossy(&output.stdout);
    for line in [
        "alertik: warning: SILENCE_NOTIFIER: is not used: neither SILENCE_SECS nor \
         SILENCE_ROUTERS has a time above 0",
        "alertik: warning: HEARTBEAT_SECS: is not used: HEARTBEAT_URL is not set",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
}
