//! Load and latency, with the release binary. These take time and both cores,
//! so they run when asked for: `cargo test --release --test load -- --ignored`.

mod support;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use support::{Daemon, PATIENCE, console};

/// The 110-byte line of a busy network, with a number.
fn dhcp_line(number: u64) -> String {
    format!(
        "dhcp,info server1 assigned 192.168.201.140 for EC:64:C9:8B:62:3C ESP-EA6264 {number:>8} lease time 10m"
    )
}

/// Of 30,000 datagrams a second for ten seconds, none is lost.
#[test]
#[ignore = "ten seconds of load"]
fn thirty_thousand_a_second() {
    const PER_SECOND: u64 = 30_000;
    const SECONDS: u64 = 10;
    let mut daemon = Daemon::start(&console(
        "regex",
        "assigned ([0-9.]+) .* ([0-9]+)0000 lease",
        "@1 @2",
        &[("EVENT0_COOLDOWN_SECS", "0")],
    ));
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.connect(daemon.address()).unwrap();
    let started = Instant::now();
    let mut late = Duration::ZERO;
    // In groups of 30, one each millisecond, as a paced sender would.
    for group in 0..PER_SECOND * SECONDS / 30 {
        let due = started + Duration::from_millis(group);
        let now = Instant::now();
        match due.checked_duration_since(now) {
            Some(early) => std::thread::sleep(early),
            None => late = late.max(now - due),
        }
        for number in group * 30..(group + 1) * 30 {
            socket.send(dhcp_line(number).as_bytes()).unwrap();
        }
    }
    println!("sent in {:?}, at most {late:?} late", started.elapsed());
    let status = settled(&mut daemon, PER_SECOND * SECONDS);
    println!("{status}");
    assert!(status.contains("lost: kernel 0, queue 0,"), "{status}");
}

/// Asks for the status until all that was sent is accounted for.
fn settled(daemon: &mut Daemon, sent: u64) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        daemon.signal("USR1");
        let status = daemon.wait_for(" received ");
        let counted = ["received ", "queue ", "kernel "].map(|name| {
            let rest = &status[status.find(name).unwrap() + name.len()..];
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            rest[..digits].parse::<u64>().unwrap()
        });
        if counted.iter().sum::<u64>() == sent {
            return status;
        }
        assert!(Instant::now() < deadline, "{status}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// From the datagram to the whole HTTP request at a local sink, 200 times. Prints
/// the figures; the machine decides them, so only the order of magnitude is
/// checked: a median of 20 ms would be a design gone wrong.
#[test]
#[ignore = "a measurement"]
fn latency_to_the_request() {
    let sink = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!(
        "http://127.0.0.1:{}/hook",
        sink.local_addr().unwrap().port()
    );
    let mut variables = console(
        "regex",
        "number ([0-9]+)",
        "@1",
        &[("EVENT0_COOLDOWN_SECS", "0")],
    );
    variables[1].1 = "Generic1";
    variables.push(("GENERIC1_WEBHOOK_URL", &url));
    variables.push(("GENERIC1_MIN_INTERVAL_MS", "0"));
    let daemon = Daemon::start(&variables);
    println!("resident when idle: {} KiB", daemon.resident_kib());
    let mut taken = Vec::new();
    for number in 0..200 {
        let sent = Instant::now();
        daemon.send(format!("number {number}").as_bytes());
        let (mut stream, _) = sink.accept().unwrap();
        read_request(&mut stream);
        taken.push(sent.elapsed());
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            .unwrap();
        drop(stream);
        std::thread::sleep(Duration::from_millis(10));
    }
    taken.sort_unstable();
    let at = |share: usize| taken[taken.len() * share / 100];
    println!(
        "datagram to request: min {:?}, median {:?}, p99 {:?}",
        taken[0],
        at(50),
        at(99)
    );
    println!(
        "resident after 200 notifications: {} KiB",
        daemon.resident_kib()
    );
    assert!(at(50) < Duration::from_millis(20));
}

/// Reads one request to the end of its body.
fn read_request(stream: &mut impl Read) {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
}

/// With 16 expressions, the idle daemon's resident memory is below 16 MiB.
#[test]
#[ignore = "a measurement"]
fn resident_memory_with_sixteen_expressions() {
    let mut owned = vec![("ENV_EVENTS".to_owned(), "16".to_owned())];
    for number in 0..16 {
        let pattern = format!(
            "input: in:.*src-mac [0-9a-f:]+, proto [^,]+, ((\\d{{1,3}}\\.?)+):({number}\\d{{1,5}})->"
        );
        for (field, value) in [
            ("NOTIFIER", "Console"),
            ("MATCH_TYPE", "regex"),
            ("MATCH_STR", &pattern),
            ("MASK_MSG", "@1:@3"),
        ] {
            let mut name = String::new();
            write!(name, "EVENT{number}_{field}").unwrap();
            owned.push((name, value.to_owned()));
        }
    }
    let variables: Vec<_> = owned
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let daemon = Daemon::start(&variables);
    println!(
        "resident with 16 expressions, idle: {} KiB",
        daemon.resident_kib()
    );
    assert!(daemon.resident_kib() < 16 * 1_024);
}
