//! Delivery by the real binary: from a datagram to a request, and its end with
//! a full outbox.

mod support;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use support::{Daemon, PATIENCE};

/// A webhook on loopback: hands out each request's body with its time, and
/// answers if told to at its start.
struct Sink {
    url: String,
    bodies: Receiver<(Instant, String)>,
}

impl Sink {
    fn start(answers: bool) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let (sender, bodies) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, sender) = (stream.expect("a connection"), sender.clone());
                thread::spawn(move || {
                    let body = read_body(&mut stream);
                    let _ = sender.send((Instant::now(), body));
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

fn read_body(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let (_, length) = head.split_once("Content-Length: ").expect("a length");
            let length = length.split("\r\n").next().unwrap_or(length);
            if body.len() >= length.parse().expect("a number") {
                return body.to_owned();
            }
        }
        let count = stream.read(&mut chunk).expect("a request");
        assert!(count > 0, "the request broke off");
        bytes.extend_from_slice(&chunk[..count]);
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

/// A service that hangs, or is not there, does not delay the end; undelivered
/// notifications are reported.
#[test]
fn sigterm_with_a_dead_service() {
    let hanging = Sink::start(false);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let absent = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    for url in [&hanging.url, &absent] {
        let daemon = daemon(url, &[]);
        for number in 0..50 {
            daemon.send(format!("event {number}").as_bytes());
        }
        let output = terminate(daemon);
        let is_report = |line: &String| line.contains("Generic1: notifications not delivered: 50");
        assert!(output.iter().any(is_report), "{output:?}");
    }
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
