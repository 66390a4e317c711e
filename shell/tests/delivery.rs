//! Delivery by the real binary: from a datagram to a request, and its end with
//! a full outbox.

mod support;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use support::{Daemon, PATIENCE, read_body};

/// A webhook on loopback: hands out each request's body with its time, and
/// answers if told to at its start.
struct Sink {
    url: String,
    bodies: Receiver<(Instant, String)>,
}

impl Sink {
    fn start(answers: bool) -> Self {
        Self::with(answers, Duration::ZERO)
    }

    /// A webhook that takes so long to answer.
    fn slow(delay: Duration) -> Self {
        Self::with(true, delay)
    }

    fn with(answers: bool, delay: Duration) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let (sender, bodies) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, sender) = (stream.expect("a connection"), sender.clone());
                thread::spawn(move || {
                    let body = read_body(&mut stream);
                    let _ = sender.send((Instant::now(), body));
                    thread::sleep(delay);
                    if answers {
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                    } else {
                        let _ = stream.read(&mut [0]);
                    }
                });
            }
        });
        Self { url, bodies }
    }

    fn next(&self) -> (Instant, String) {
        self.bodies.recv_timeout(PATIENCE).expect("a request")
    }
}

/// A daemon that notifies Generic1 of everything, without a cooldown.
fn daemon(url: &str, more: &[(&str, &str)]) -> Daemon {
    let mut variables = vec![
        ("ENV_EVENTS", "1"),
        ("EVENT0_NOTIFIER", "Generic1"),
        ("EVENT0_MATCH_TYPE", "regex"),
        ("EVENT0_MATCH_STR", "event ([0-9]+)"),
        ("EVENT0_MASK_MSG", "got @1"),
        ("EVENT0_COOLDOWN_SECS", "0"),
        ("GENERIC1_WEBHOOK_URL", url),
    ];
    variables.extend(more);
    Daemon::start(&variables)
}

/// Sends SIGTERM; the daemon must end in two seconds with status 0.
fn terminate(daemon: Daemon) -> Vec<String> {
    daemon.signal("TERM");
    let (status, elapsed, output) = daemon.wait();
    assert!(status.success(), "{output:?}");
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
    output
}

/// Notifications held back by pacing go out before the end, in order.
#[test]
fn sigterm_flushes_a_full_outbox() {
    let sink = Sink::start(true);
    let daemon = daemon(&sink.url, &[("GENERIC1_MIN_INTERVAL_MS", "600000")]);
    daemon.send(b"event 0");
    sink.next();
    for number in 1..=100 {
        daemon.send(format!("event {number}").as_bytes());
    }
    terminate(daemon);
    let mut received = Vec::new();
    while received.len() < 100 {
        let (_, body) = sink.next();
        let numbers = body.split("got ").skip(1);
        received.extend(numbers.map(|text| text.split(',').next().unwrap_or("").to_owned()));
    }
    let expected: Vec<String> = (1..=100).map(|number| number.to_string()).collect();
    assert_eq!(received, expected);
}

/// A service that hangs, or is not there, delays the end by `STOP_SECS` and no more;
/// undelivered notifications are reported with their texts.
#[test]
fn sigterm_with_a_dead_service() {
    let hanging = Sink::start(false);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let absent = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    for url in [&hanging.url, &absent] {
        let daemon = daemon(url, &[("STOP_SECS", "1")]);
        for number in 0..50 {
            daemon.send(format!("event {number}").as_bytes());
        }
        let output = terminate(daemon);
        let is_report = |line: &String| line.contains("Generic1: notifications not delivered: 50");
        assert!(output.iter().any(is_report), "{output:?}");
        for number in 0..50 {
            let text = format!(": got {number}, at: ");
            assert!(output.iter().any(|line| line.contains(&text)), "{output:?}");
        }
    }
}

/// Starts a daemon with a `SPOOL_FILE` in a folder of its own.
fn spooling(folder: &std::path::Path, url: &str) -> Daemon {
    let path = folder.join("spool").to_string_lossy().into_owned();
    daemon(url, &[("SPOOL_FILE", &path), ("STOP_SECS", "1")])
}

/// What waits at the end reaches the service after the next start, says that it is
/// late, and the file is gone.
#[test]
fn a_spool_survives_a_restart() {
    let folder = support::folder("spool");
    let hanging = Sink::start(false);
    let first = spooling(&folder, &hanging.url);
    for number in 0..5 {
        first.send(format!("event {number}").as_bytes());
    }
    hanging.next();
    terminate(first);
    let files = std::fs::read_dir(&folder).expect("the folder").count();
    assert_eq!(files, 1, "the spool, and nothing beside it");
    let sink = Sink::start(true);
    let mut second = spooling(&folder, &sink.url);
    let (_, body) = sink.next();
    for number in 0..5 {
        assert!(body.contains(&format!("got {number}, at: ")), "{body}");
    }
    assert_eq!(body.matches(" (delayed by a restart)").count(), 5, "{body}");
    assert!(!folder.join("spool").exists());
    second.signal("USR1");
    second.wait_for("restored 5");
    terminate(second);
}

/// A damaged file is reported and ignored; and after an end without a stop the first
/// message says so.
#[test]
fn a_damaged_spool_and_a_crash() {
    let folder = support::folder("crash");
    std::fs::write(folder.join("spool"), b"alertik spool 1\nrubbish").expect("a file");
    let sink = Sink::start(true);
    let mut command = support::alertik(&[
        ("ENV_EVENTS", "1"),
        ("EVENT0_NOTIFIER", "Generic1"),
        ("EVENT0_MATCH_TYPE", "substr"),
        ("EVENT0_MATCH_STR", "event"),
        ("EVENT0_MASK_MSG", "got it"),
        ("GENERIC1_WEBHOOK_URL", &sink.url),
    ]);
    command.env("SPOOL_FILE", folder.join("spool"));
    let first = Daemon::from_command(command);
    // Before it listens: the damaged file has been removed, the marker laid.
    assert!(!folder.join("spool").exists());
    assert!(folder.join("spool.running").exists());
    first.send(b"event");
    let (_, body) = sink.next();
    assert!(!body.contains("did not end"), "{body}");
    drop(first);
    let second = spooling(&folder, &sink.url);
    second.send(b"event 2");
    let (_, body) = sink.next();
    assert!(body.contains("alertik did not end as it should"), "{body}");
    terminate(second);
}

/// A second signal ends it at once, however much time there is.
#[test]
fn a_second_signal() {
    let sink = Sink::start(false);
    let daemon = daemon(&sink.url, &[("STOP_SECS", "60")]);
    daemon.send(b"event 1");
    sink.next();
    daemon.signal("TERM");
    thread::sleep(Duration::from_millis(300));
    terminate(daemon);
}

/// A stranger's decoys use up the pace, and more texts than an outbox holds follow
/// the real alarm before its turn comes. It arrives all the same, from the same
/// sender and from another one.
#[test]
fn decoys_hide_no_alarm() {
    for stranger in [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)] {
        let sink = Sink::start(true);
        let daemon = daemon(
            &sink.url,
            &[
                ("EVENT0_MATCH_STR", "(.*)"),
                ("EVENT0_MASK_MSG", "@1"),
                ("GENERIC1_MIN_INTERVAL_MS", "1000"),
            ],
        );
        let socket = UdpSocket::bind((stranger, 0)).expect("a socket");
        let lie = |text: String| {
            let sent = socket.send_to(text.as_bytes(), daemon.address());
            sent.expect("loopback takes it");
        };
        (0..7).for_each(|number| lie(format!("decoy {number}")));
        sink.next();
        daemon.send(b"the real alarm");
        (0..60).for_each(|number| lie(format!("{number} {}", "x".repeat(1_000))));
        let mut all = String::new();
        while !all.contains("the real alarm") {
            all.push_str(&sink.next().1);
        }
    }
}

/// A slow service gets all there is within the time of the end.
#[test]
fn a_slow_service_at_the_end() {
    let sink = Sink::slow(Duration::from_millis(700));
    let daemon = daemon(&sink.url, &[("GENERIC1_MIN_INTERVAL_MS", "600000")]);
    for number in 0..60 {
        daemon.send(format!("event {number}").as_bytes());
    }
    daemon.signal("TERM");
    let (status, elapsed, output) = daemon.wait();
    assert!(
        status.success() && elapsed < Duration::from_secs(9),
        "{elapsed:?}"
    );
    assert!(
        output
            .iter()
            .any(|line| line.contains("waiting 0,") && line.contains("sent 60,"))
    );
}

/// Every datagram leads to its request at the service. The time that takes is
/// printed and not judged, because it depends on the machine; with `--release` it
/// is the shipped figure.
#[test]
fn latency() {
    let sink = Sink::start(true);
    let daemon = daemon(&sink.url, &[("GENERIC1_MIN_INTERVAL_MS", "0")]);
    let mut latencies = Vec::new();
    for number in 0..200 {
        let sent = Instant::now();
        daemon.send(format!("event {number}").as_bytes());
        let (arrived, body) = sink.next();
        assert!(body.contains(&format!("got {number},")), "{body}");
        latencies.push(arrived - sent);
        thread::sleep(Duration::from_millis(5));
    }
    latencies.sort_unstable();
    println!(
        "datagram to request: median {:?}, 99th percentile {:?}, worst {:?}",
        latencies[100], latencies[198], latencies[199]
    );
    terminate(daemon);
}
