//! TCP intake, with clients as they are: `logger`, RouterOS' framing, and bad ones.

mod support;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use support::{Daemon, PATIENCE, console, port_of, refused};

/// A daemon that repeats every line that ends with a number, and its TCP address.
fn start(more: &[(&str, &str)]) -> (Daemon, SocketAddr) {
    let mut variables = console("regex", "(.*)number ([0-9]+)$", "got @2: @1", more);
    variables.push(("EVENT0_COOLDOWN_SECS", "0"));
    variables.push(("SYSLOG_TCP_PORT", "0"));
    let mut daemon = Daemon::start(&variables);
    let port = port_of(&daemon.wait_for("listens on TCP "));
    (daemon, (Ipv4Addr::LOCALHOST, port).into())
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the daemon listens");
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// util-linux' client is understood in both framings and in both formats.
#[test]
fn logger() {
    let (mut daemon, address) = start(&[]);
    let port = address.port().to_string();
    for (number, options) in [
        (1, &["--rfc3164"][..]),
        (2, &["--rfc5424"]),
        (3, &["--rfc3164", "--octet-count"]),
        (4, &["--rfc5424", "--octet-count"]),
    ] {
        let mut command = Command::new("logger");
        command.args(["--tcp", "-n", "127.0.0.1", "-P", &port, "--tag", "tag"]);
        command
            .args(options)
            .arg(format!("this is number {number}"));
        match command.status() {
            Ok(status) => assert!(status.success()),
            Err(_) => return println!("SKIPPED: there is no logger"),
        }
        let line = daemon.wait_for(&format!("got {number}: "));
        assert!(line.contains("this is "), "{line}");
    }
}

/// RouterOS ends CEF with CR LF, and nothing else with anything: entries that come at
/// once and in several reads are found, and the last one after a pause.
#[test]
fn routeros() {
    let (mut daemon, address) = start(&[]);
    let cef = "Oct  2 17:36:35 R CEF:0|MikroTik|b|7.25|1|dhcp,info|Low|dvc=::1 msg=number";
    let mut stream = connect(address);
    write!(stream, "{cef} 1\r\n{cef} 2\r\n").unwrap();
    daemon.wait_for("got 1: ");
    daemon.wait_for("got 2: ");
    let mut stream = connect(address);
    let entry = |number| format!("system,info,account user admin logged in, number {number}");
    let burst: String = (10..60).map(entry).collect();
    for piece in burst.as_bytes().chunks(1_000) {
        stream.write_all(piece).unwrap();
    }
    for number in 10..60 {
        daemon.wait_for(&format!(
            "got {number}: system,info,account user admin logged in, , at"
        ));
    }
    let bsd = |number| format!("<30>Nov  8 17:06:34 MikroTik link down, number {number}");
    let mut stream = connect(address);
    write!(stream, "{}{}", bsd(70), bsd(71)).unwrap();
    daemon.wait_for("got 70: <30>Nov  8 17:06:34 MikroTik link down, ");
    daemon.wait_for("got 71: ");
}

/// A line that trickles in byte by byte is one line, and other connections do not wait
/// for it, nor for one that stalls within a line.
#[test]
fn slow_connections_delay_nobody() {
    let (mut daemon, address) = start(&[]);
    let mut stalled = connect(address);
    stalled.write_all(b"<13>stalled, number ").unwrap();
    let mut slow = connect(address);
    for byte in b"<13>slow, num" {
        slow.write_all(&[*byte]).unwrap();
        sleep(Duration::from_millis(20));
    }
    connect(address)
        .write_all(b"<13>quick, number 1\n")
        .unwrap();
    daemon.wait_for("got 1: <13>quick, ");
    daemon.send(b"udp, number 2");
    daemon.wait_for("got 2: udp, ");
    slow.write_all(b"ber 3\n").unwrap();
    daemon.wait_for("got 3: <13>slow, ");
    stalled.write_all(b"4\n").unwrap();
    daemon.wait_for("got 4: <13>stalled, ");
}

/// What is there when a connection ends is a line, whether it was closed or cut.
#[test]
fn the_end_of_a_connection_is_the_end_of_a_line() {
    let (mut daemon, address) = start(&[]);
    connect(address).write_all(b"<13>closed, number 1").unwrap();
    daemon.wait_for("got 1: <13>closed, ");
    connect(address)
        .write_all(b"900 <13>counted, number 2")
        .unwrap();
    daemon.wait_for("got 2: <13>counted, ");
}

/// Sixteen connections are served; one more is refused and counted, and a place that
/// becomes free is taken again.
#[test]
fn connections_are_limited() {
    let (mut daemon, address) = start(&[]);
    let mut streams: Vec<_> = (0..16).map(|_| connect(address)).collect();
    for (number, stream) in streams.iter_mut().enumerate() {
        writeln!(stream, "<13>number {number}").unwrap();
        daemon.wait_for(&format!("got {number}: "));
    }
    let mut refused = connect(address);
    assert!(matches!(refused.read(&mut [0]), Ok(0) | Err(_)));
    daemon.wait_for("refused: there are 16 already");
    daemon.signal("USR1");
    daemon.wait_for(" tcp connections 16, tcp refused 1,");
    drop(streams);
    loop {
        daemon.signal("USR1");
        if daemon
            .wait_for(" tcp connections ")
            .contains(" tcp connections 0,")
        {
            break;
        }
        sleep(Duration::from_millis(10));
    }
    connect(address).write_all(b"<13>number 99\n").unwrap();
    daemon.wait_for("got 99: ");
}

/// A flood of lines, and one of a line without an end, neither grow the memory nor lose
/// a datagram; a line that is too long is cut and counted.
#[test]
fn floods() {
    let (mut daemon, address) = start(&[]);
    let before = daemon.resident_kib();
    let mut endless = connect(address);
    let flood = std::thread::spawn(move || {
        let lines = "<13>nothing that matches\n".repeat(10_000);
        let mut stream = connect(address);
        for _ in 0..20 {
            stream.write_all(lines.as_bytes()).unwrap();
        }
    });
    let long = vec![b'x'; 1_000_000];
    for number in 0..10 {
        endless.write_all(&long).unwrap();
        daemon.send(format!("number {number}").as_bytes());
        daemon.wait_for(&format!("got {number}: "));
    }
    endless.write_all(b"\n<13>number 10\n").unwrap();
    daemon.wait_for("got 10: <13>");
    flood.join().unwrap();
    loop {
        daemon.signal("USR1");
        let status = daemon.wait_for(" received ");
        if status.contains(" received 200012,") {
            assert!(status.contains(" cut 1,"), "{status}");
            assert!(status.contains(" lost: kernel 0, queue 0,"), "{status}");
            break;
        }
        sleep(Duration::from_millis(50));
    }
    let grown = daemon.resident_kib().saturating_sub(before);
    assert!(grown < 1_024, "{grown} KiB");
}

/// A port that is taken, and one that is none, end the start with a line that says
/// what to change.
#[test]
fn wrong_ports() {
    let (_daemon, address) = start(&[]);
    let port = address.port().to_string();
    let run = |port: &str| refused(&console("substr", "x", "y", &[("SYSLOG_TCP_PORT", port)]));
    let (status, errors) = run(&port);
    assert_eq!(status, Some(1), "{errors}");
    let expected = format!("SYSLOG_TCP_PORT: TCP port {port} is in use by another program");
    assert!(errors.contains(&expected), "{errors}");
    let (_, errors) = run("x");
    assert!(
        errors.contains("SYSLOG_TCP_PORT: 'x' is not a whole number"),
        "{errors}"
    );
}
