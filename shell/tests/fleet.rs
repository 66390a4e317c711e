//! A fleet of routers that all say the same within the cooldown: each is named, in few
//! messages.

mod support;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

use support::{Daemon, PATIENCE, port_of, read_body};

/// A webhook that hands out the body of each request.
fn webhook() -> (String, Receiver<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let (sender, bodies) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream: TcpStream = stream.expect("a connection");
            let body = read_body(&mut stream);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            let _ = sender.send(body);
        }
    });
    (url, bodies)
}

/// Starts a daemon that notifies a webhook of links that go down.
fn start(url: &str, more: &[(&str, &str)]) -> Daemon {
    let mut variables = vec![
        ("ENV_EVENTS", "1"),
        ("EVENT0_NOTIFIER", "Generic1"),
        ("EVENT0_MATCH_TYPE", "regex"),
        ("EVENT0_MATCH_STR", "(ether[0-9]) link down"),
        ("EVENT0_MASK_MSG", "@1 is down"),
        ("EVENT0_COOLDOWN_SECS", "3600"),
        ("NOTIFY_ROUTER", "always"),
        ("GENERIC1_WEBHOOK_URL", url),
    ];
    variables.extend(more);
    Daemon::start(&variables)
}

/// Takes messages until so many routers were named, and returns their names and how many
/// messages it took. Each may be named once.
fn names(bodies: &Receiver<String>, count: usize) -> (BTreeSet<String>, usize) {
    let mut names = BTreeSet::new();
    let deadline = Instant::now() + 3 * PATIENCE;
    for messages in 1.. {
        let left = deadline.saturating_duration_since(Instant::now());
        let body = bodies.recv_timeout(left);
        let body = body.unwrap_or_else(|_| panic!("{} of {count} named", names.len()));
        let text = body.split("\"text\":\"").nth(1).expect("a text");
        assert!(!text.contains("lost since"), "{text}");
        for line in text.trim_end_matches("\"}").split("\\n") {
            let inside = line.strip_prefix('[').expect("names in front");
            let (routers, said) = inside.split_once("] ").expect("names in front");
            assert!(said.starts_with("ether1 is down, at: "), "{said}");
            for router in routers.split(", ") {
                assert!(names.insert(router.to_owned()), "{router} is named twice");
            }
        }
        if names.len() == count {
            return (names, messages);
        }
    }
    unreachable!("the loop ends by itself");
}

/// Sends a line from each of so many addresses of the loopback, several times.
fn storm(daemon: &Daemon, count: usize, rounds: usize) {
    for number in (0..rounds).flat_map(|_| 0..count) {
        let socket = UdpSocket::bind((address(number), 0)).expect("a socket");
        let line = b"interface,info ether1 link down";
        socket.send_to(line, daemon.address()).expect("loopback");
        // However slow the machine is, the kernel's buffer loses nothing.
        while number % 64 == 0 && waiting_bytes(daemon.port) > 64 * 1_024 {
            thread::yield_now();
        }
    }
}

/// Returns how many bytes wait in the kernel for a UDP port (proc(5), `/proc/net/udp`).
fn waiting_bytes(port: u16) -> u64 {
    let tables = ["/proc/net/udp", "/proc/net/udp6"].map(std::fs::read_to_string);
    let rows = tables.iter().flatten().flat_map(|table| table.lines());
    let queues = rows.filter_map(|row| {
        let fields: Vec<_> = row.split_whitespace().collect();
        let (_, own) = fields.get(1)?.rsplit_once(':')?;
        let (_, waiting) = fields.get(4)?.split_once(':')?;
        let is_its = u16::from_str_radix(own, 16) == Ok(port);
        u64::from_str_radix(waiting, 16).ok().filter(|_| is_its)
    });
    queues.sum()
}

fn address(number: usize) -> Ipv4Addr {
    let [_, _, high, low] = (number as u32 + 1).to_be_bytes();
    Ipv4Addr::new(127, 1, high, low)
}

/// Three, 64 and 5,000 routers that say the same three times: each is named once, in few
/// messages. Five thousand addresses need 17 messages of 4,000 characters; some more leave
/// before the others are heard.
#[test]
fn each_router_is_named() {
    for (count, messages_max) in [(3, 3), (64, 12), (5_000, 30)] {
        let (url, bodies) = webhook();
        let daemon = start(&url, &[("GENERIC1_MIN_INTERVAL_MS", "400")]);
        storm(&daemon, count, 3);
        let (names, messages) = names(&bodies, count);
        let expected: BTreeSet<_> = (0..count)
            .map(|number| address(number).to_string())
            .collect();
        assert_eq!(names, expected);
        assert!(messages <= messages_max, "{count} in {messages} messages");
        println!("{count} routers in {messages} messages");
    }
}

/// The same over TCP from one address: each line has its router's identity,
/// and each identity is named.
#[test]
fn each_identity_is_named() {
    let (url, bodies) = webhook();
    let more = [
        ("SYSLOG_TCP_PORT", "0"),
        ("GENERIC1_MIN_INTERVAL_MS", "400"),
    ];
    let mut daemon = start(&url, &more);
    let port = port_of(&daemon.wait_for("listens on TCP "));
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a connection");
    let mut lines = String::new();
    for number in (0..3).flat_map(|_| 0..5_000) {
        lines += &format!("<30>Nov  8 17:06:34 pop-{number} interface,info ether1 link down\n");
    }
    stream.write_all(lines.as_bytes()).expect("it reads");
    let (names, messages) = names(&bodies, 5_000);
    let expected: BTreeSet<_> = (0..5_000).map(|number| format!("pop-{number}")).collect();
    assert_eq!(names, expected);
    assert!(messages <= 25, "{messages} messages");
    println!("5000 identities in {messages} messages");
}

/// Addresses distinguish the routers that share the name of their network, except one
/// whose line leaves alone.
#[test]
fn each_router_of_a_network_is_named() {
    const COUNT: usize = 1_000;
    let (url, bodies) = webhook();
    let more = [
        ("ROUTERS", "pop@127.1.0.0/16"),
        ("GENERIC1_MIN_INTERVAL_MS", "400"),
    ];
    let daemon = start(&url, &more);
    storm(&daemon, COUNT, 3);
    let (names, messages) = names(&bodies, COUNT);
    let expected: BTreeSet<_> = (0..COUNT)
        .map(|number| format!("pop {}", address(number)))
        .collect();
    let others: Vec<_> = names.difference(&expected).collect();
    assert!(others.is_empty() || others == ["pop"], "{others:?}");
    assert!(messages <= 10, "{messages} messages");
}
