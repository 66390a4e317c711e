//! The daemon over real sockets, pipes and signals.

mod support;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use support::{Daemon, Logging, PATIENCE, alertik, console, folder, signal};

/// A rule that repeats the line it saw.
fn echo<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut variables = console("regex", "number ([0-9]+)", "got @1", more);
    variables.push(("EVENT0_COOLDOWN_SECS", "0"));
    variables
}

/// IPv4 and IPv6 both reach the socket that is open by default.
#[test]
fn both_address_families_reach_the_default_socket() {
    let port = support::free_port();
    let mut daemon = Daemon::start(&echo(&[("SYSLOG_PORT", &port)]));
    daemon.send(b"number 4");
    daemon.wait_for("got 4, at: ");
    let Ok(socket) = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)) else {
        println!("SKIPPED: this machine has no IPv6");
        return;
    };
    socket
        .send_to(b"number 6", (Ipv6Addr::LOCALHOST, daemon.port))
        .unwrap();
    daemon.wait_for("got 6, at: ");
}

/// One trailing line end is not part of the message, so `$` matches before it.
#[test]
fn a_trailing_line_end_is_not_matched() {
    let mut daemon = Daemon::start(&console("regex", "^number [0-9]$", "whole line", &[]));
    daemon.send(b"number 1\r\n");
    daemon.wait_for("notice: whole line, at: ");
}

/// Times are local to `TZ`: two zones show times as far apart as they are.
#[test]
fn times_are_local() {
    let mut east = Daemon::start(&echo(&[("TZ", "EAST-3")]));
    let mut west = Daemon::start(&echo(&[("TZ", "WEST+2:30")]));
    let minute_of_the_day = |daemon: &mut Daemon| -> i32 {
        daemon.send(b"number 1");
        let line = daemon.wait_for("got 1, at: ");
        let time = line.rsplit(' ').next().unwrap();
        let part = |at: usize| -> i32 { time[at..at + 2].parse().unwrap() };
        60 * part(0) + part(3)
    };
    let west = minute_of_the_day(&mut west);
    let ahead = (minute_of_the_day(&mut east) - west).rem_euclid(24 * 60);
    // The second one is asked a moment later.
    assert!((330..=331).contains(&ahead), "{ahead} minutes");
}

/// What the daemon prints, notifications and log alike, is dropped when a router
/// logs it and sends it back, whatever the router wraps it in; and a rule that
/// matches everything is not set off by it.
#[test]
fn own_output_does_not_loop() {
    let everything = console(
        "substr",
        "",
        "all\\nof it, and = too",
        &[("EVENT0_COOLDOWN_SECS", "0")],
    );
    let mut daemon = Daemon::start(&everything);
    daemon.send(b"the beginning");
    let mut printed = vec![
        daemon.wait_for("notice: all"),
        daemon.wait_for("notice: of it"),
    ];
    daemon.signal("USR1");
    printed.push(daemon.wait_for("info: healthy"));
    let mut sent = 0;
    for line in &printed {
        for wrapped in [
            format!("container,info,debug {line}"),
            format!("container,info,debug bell: {line}\r\n"),
            format!("<30>Nov  8 17:06:34 MikroTik {line}"),
            format!("<30>Nov  8 17:06:34 My Tik container,info {line}"),
            format!(
                "Oct  2 17:36:35 Tik CEF:0|MikroTik|hAP|7.25|10|container,info|Low|dvc=::1 msg={}\r\n",
                line.replace('=', "\\=")
            ),
        ] {
            daemon.send(wrapped.as_bytes());
            sent += 1;
        }
    }
    // RouterOS breaks long entries.
    let long = &printed[2][..270];
    daemon.send(format!("container,info,debug bell: {long}").as_bytes());
    let rest = daemon.stop();
    let own = format!("own output {},", sent + 1);
    assert!(
        rest.iter()
            .any(|line| line.contains("notified 1,") && line.contains(&own)),
        "{rest:?}"
    );
    assert!(!rest.iter().any(|line| line.contains("notice:")));
}

/// What only looks like the daemon's output is matched: a hotspot user's name,
/// another container's line, and a line of an earlier start.
#[test]
fn what_looks_like_own_output_is_matched() {
    let mut daemon = Daemon::start(&console("substr", "alertik: ", "seen", &[]));
    daemon.send(
        b"<30>Nov  8 17:06:34 MikroTik alertik: notice: x (10.5.50.2): login failed: invalid password",
    );
    daemon.wait_for("notice: seen");
    daemon.send(b"container,info,debug web: alertik: notice: x");
    daemon.send(b"container,info,debug alertik: 2026-11-22 10:00:00 info: ended");
    let rest = after(daemon, 3);
    assert!(
        rest.iter()
            .any(|line| line.contains("matched 3,") && line.contains("own output 0,")),
        "{rest:?}"
    );
}

/// A sender that is not allowed is counted and reported once; what it sends is
/// neither matched nor forwarded.
#[test]
fn only_allowed_senders_get_in() {
    let sink = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    sink.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = sink.local_addr().unwrap().port().to_string();
    let mut daemon = Daemon::start(&echo(&[
        ("SYSLOG_ALLOW", "2001:db8::/64, 127.0.0.2"),
        ("FORWARD_HOST", "127.0.0.1"),
        ("FORWARD_PORT", &port),
    ]));
    daemon.wait_for("forwarding to 127.0.0.1");
    daemon.send(b"number 1");
    daemon.send(b"number 2");
    daemon.wait_for(
        "SYSLOG_ALLOW: ignored 1 of senders that are not in it, the last one from 127.0.0.1",
    );
    let allowed = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).unwrap();
    allowed.send_to(b"number 3", daemon.address()).unwrap();
    let line = daemon.wait_for("notice: ");
    assert!(line.contains("got 3, at: "), "{line}");
    let mut buffer = [0; 64];
    let length = sink.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"number 3");
    let rest = daemon.stop();
    let status = |line: &String| line.contains("received 1,") && line.contains("foreign 2,");
    assert!(rest.iter().any(status), "{rest:?}");
    assert!(!rest.iter().any(|line| line.contains("SYSLOG_ALLOW")));
}

/// Received lines are logged at debug level only, and with control bytes shown.
#[test]
fn received_lines_are_logged_at_debug_level() {
    for (level, expected) in [("debug", true), ("info", false)] {
        let daemon = Daemon::start(&echo(&[("LOG_LEVEL", level)]));
        daemon.send(b"secret \x1b[31m\nforged");
        let rest = after(daemon, 1);
        let shown = rest
            .iter()
            .any(|line| line.contains("secret \\x1b[31m\\x0aforged"));
        assert_eq!(shown, expected, "{level}: {rest:#?}");
    }
}

/// Waits until `count` messages were received, ends the daemon and returns its
/// output since it was ready.
fn after(mut daemon: Daemon, count: u64) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    let mut output = Vec::new();
    loop {
        daemon.signal("USR1");
        while let Some(line) = daemon.next_line(Duration::from_millis(200)) {
            output.push(line);
            if output
                .last()
                .is_some_and(|line| line.contains(&format!("received {count},")))
            {
                output.extend(daemon.stop());
                return output;
            }
        }
        assert!(Instant::now() < deadline, "{output:#?}");
    }
}

/// Datagrams of every kind go on byte for byte, before anything else.
#[test]
fn forwarding_is_byte_exact() {
    let sink = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    sink.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = sink.local_addr().unwrap().port().to_string();
    let mut daemon = Daemon::start(&echo(&[
        ("FORWARD_HOST", "127.0.0.1"),
        ("FORWARD_PORT", &port),
    ]));
    daemon.wait_for("forwarding to 127.0.0.1");
    let all_bytes: Vec<u8> = (0..=255).collect();
    let largest = vec![0xA5; 65_507];
    let mut buffer = vec![0; 70_000];
    for datagram in [
        &b""[..],
        b"number 1\r\n",
        &all_bytes,
        &largest[..2_048],
        &largest,
    ] {
        daemon.send(datagram);
        let length = sink.recv(&mut buffer).expect("the datagram arrives");
        assert!(
            buffer[..length] == *datagram,
            "{} bytes became {length}",
            datagram.len()
        );
    }
    let rest = daemon.stop();
    assert!(
        rest.iter()
            .any(|line| line.contains("forwarded 5, not forwarded 0")),
        "{rest:?}"
    );
}

/// A name that does not resolve stops nothing, and is reported once.
#[test]
fn forwarding_to_an_unknown_name_is_not_fatal() {
    let mut daemon = Daemon::start(&echo(&[
        ("FORWARD_HOST", "nonexistent.invalid"),
        ("FORWARD_PORT", "514"),
    ]));
    daemon.wait_for("FORWARD_HOST: nonexistent.invalid has no address yet, still trying");
    daemon.send(b"number 1");
    daemon.wait_for("got 1");
    let rest = daemon.stop();
    assert!(
        rest.iter()
            .any(|line| line.contains("forwarded 0, not forwarded 1")),
        "{rest:?}"
    );
}

/// Forwarding to ourselves, an endless loop, is refused.
#[test]
fn forwarding_to_ourselves_is_refused() {
    // The port must be known before the start, so it is one that was free a
    // moment ago; another program may take it, and then the test says so.
    let free = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let variables = [
        ("SYSLOG_PORT", &*port),
        ("FORWARD_HOST", "127.0.0.1"),
        ("FORWARD_PORT", &port),
    ];
    let mut daemon = Daemon::start(&echo(&variables));
    daemon.wait_for("is this daemon itself; not forwarding");
    daemon.send(b"number 1");
    daemon.wait_for("got 1");
    let rest = daemon.stop();
    assert!(
        rest.iter().any(|line| line.contains("received 1, ")),
        "{rest:?}"
    );
}

/// A closed target is reported once.
#[test]
fn forwarding_reports_changes_of_state_only() {
    let sink = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = sink.local_addr().unwrap();
    let port = address.port().to_string();
    let mut daemon = Daemon::start(&echo(&[
        ("FORWARD_HOST", "127.0.0.1"),
        ("FORWARD_PORT", &port),
    ]));
    daemon.wait_for("forwarding to");
    drop(sink);
    for number in 0..6 {
        daemon.send(format!("number {number}").as_bytes());
        daemon.wait_for(&format!("got {number}"));
    }
    let rest = daemon.stop();
    let reports = rest
        .iter()
        .filter(|line| line.contains("cannot forward"))
        .count();
    // The line may have come before one of the notifications that were waited for.
    assert!(reports <= 1, "{rest:?}");
    assert!(
        !rest.iter().any(|line| line.contains("not forwarded 0")),
        "{rest:?}"
    );
}

/// Each signal that ends the daemon does so in time and with status 0.
#[test]
fn signals_end_it_with_status_zero() {
    for name in ["TERM", "INT"] {
        let daemon = Daemon::start(&echo(&[]));
        daemon.signal(name);
        let (status, took, rest) = daemon.wait();
        assert!(status.success(), "{name}: {status}");
        assert!(took < Duration::from_secs(2), "{name}: {took:?}");
        assert!(
            rest.last()
                .is_some_and(|line| line.ends_with("info: ended")),
            "{rest:?}"
        );
    }
}

/// A log file that was moved away is made again, and SIGHUP, which tools that
/// rotate logs send then, does not end the daemon.
#[test]
fn sighup_goes_on_in_a_new_log_file() {
    let daemon = Logging::start("hup", &echo(&[("LOG_FILE", "own.log")]), "own.log");
    std::fs::rename(&daemon.path, daemon.path.with_extension("moved")).unwrap();
    signal(daemon.guard.0.id(), "HUP");
    daemon.wait_for_status("received 0,");
    let new = std::fs::read_to_string(&daemon.path).unwrap();
    assert!(new.contains("SIGHUP"), "{new}");
    assert!(!new.contains("listens on UDP"), "{new}");
    daemon.stop();
}

/// Messages that were received before the signal are matched and notified.
#[test]
fn nothing_received_is_lost_at_the_end() {
    for _ in 0..5 {
        let daemon = Daemon::start(&echo(&[]));
        for number in 0..50 {
            daemon.send(format!("number {number}").as_bytes());
        }
        let output = after(daemon, 50);
        assert!(
            output.iter().any(|line| line.contains("notified 50,")),
            "{output:?}"
        );
        let notices = output
            .iter()
            .filter(|line| line.contains("notice: got "))
            .count();
        assert_eq!(notices, 50);
    }
}

/// The repeats that a cooldown has counted are reported before the end.
#[test]
fn counted_repeats_are_reported_at_the_end() {
    let more = [("EVENT0_COOLDOWN_SECS", "600")];
    let daemon = Daemon::start(&console("substr", "x", "again", &more));
    for _ in 0..3 {
        daemon.send(b"x");
    }
    let output = after(daemon, 3);
    let count = |part: &str| output.iter().filter(|line| line.contains(part)).count();
    assert_eq!(count("notice: again, at: "), 1, "{output:#?}");
    assert_eq!(
        count("notice: again, repeated 2 times, last at: "),
        1,
        "{output:#?}"
    );
}

/// It ends on a signal as PID 1, for whom signals without a handler do nothing.
#[test]
fn ends_as_pid_1() {
    let mut command = Command::new("unshare");
    command
        .args(["--pid", "--fork", "--kill-child", "--"])
        .arg(env!("CARGO_BIN_EXE_alertik"));
    command
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap_or_default());
    command.envs(support::ANY_PORT).envs(echo(&[]));
    let allowed = Command::new("unshare")
        .args(["--pid", "--fork", "true"])
        .status();
    if !allowed.is_ok_and(|status| status.success()) {
        println!("SKIPPED: no PID namespaces here");
        return;
    }
    let mut daemon = Daemon::from_command(command);
    daemon.send(b"number 1");
    daemon.wait_for("got 1");
    let parent = daemon.child.id();
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    let pid_1: u32 = children.unwrap().trim().parse().unwrap();
    let namespaced = std::fs::read_to_string(format!("/proc/{pid_1}/status")).unwrap();
    let ids = namespaced
        .lines()
        .find(|line| line.starts_with("NSpid"))
        .unwrap();
    assert!(ids.ends_with("\t1"), "{ids}");
    signal(pid_1, "TERM");
    let (status, took, _) = daemon.wait();
    assert!(
        status.success() && took < Duration::from_secs(2),
        "{status} {took:?}"
    );
}

/// If nobody reads standard output, intake, matching and the end work.
#[test]
fn stalled_stdout_stops_nothing() {
    let variables = echo(&[("LOG_FILE", "own.log"), ("STOP_SECS", "1")]);
    let daemon = Logging::start("stalled", &variables, "own.log");
    // 20,000 notifications of 50 bytes are far more than a pipe's 64 KiB and the
    // outbox together; sent in small groups so that the kernel loses none.
    for number in 0..20_000 {
        daemon.send(format!("number {number}").as_bytes());
        if number % 100 == 99 {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    daemon.wait_for_status("received 20000, matched 20000, notified 20000,");
    daemon.stop();
}

/// If the reader of standard output goes away, intake and matching work.
#[test]
fn closed_stdout_stops_nothing() {
    let mut daemon = Logging::start("closed", &echo(&[("LOG_FILE", "own.log")]), "own.log");
    drop(daemon.guard.0.stdout.take());
    for number in 0..100 {
        daemon.send(format!("number {number}").as_bytes());
    }
    daemon.wait_for_status("received 100, matched 100, notified 100,");
    daemon.stop();
}

/// The predecessor's log file is used if its folder exists, and kept small.
#[test]
fn customary_log_file() {
    let variables = echo(&[("LOG_LEVEL", "debug"), ("LOG_MAX_BYTES", "4096")]);
    std::fs::create_dir(folder("customary").join("log")).unwrap();
    let mut daemon = Logging::start_in("customary", &variables, "log/log.txt");
    let older = daemon.path.with_extension("txt.1");
    for number in 0..200 {
        daemon.send(format!("line {number}").as_bytes());
    }
    daemon.wait_for_status("received 200,");
    let mut stdout = daemon.guard.0.stdout.take().unwrap();
    let path = daemon.path.clone();
    daemon.stop();
    let mut printed = String::new();
    stdout.read_to_string(&mut printed).unwrap();
    assert_eq!(printed, "");
    let size = |path| std::fs::metadata(path).map(|file| file.len()).unwrap_or(0);
    assert!(size(&older) > 0, "it was not rotated");
    assert!(size(&path) + size(&older) <= 4_096);
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .ends_with("info: ended\n")
    );
}

/// The newcomer's command notifies of the sample lines and ends.
#[test]
fn demo_once() {
    let output = alertik(&[]).args(["demo", "--once"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    for part in [
        "info: a router writes: interface,info ether2 link up (speed 1G, full duplex)",
        "notice: Interface ether2 is up, at: ",
        "notice: Failed login as admin from 192.168.88.17 (ssh), at: ",
        "notice: Failed login as root from 192.168.88.17 (ssh), at: ",
        "notice: Failed login as guest from 192.168.88.17 (ssh), at: ",
        "notice: There is someone trying to connect to your WiFi: honeypot, with the mac-address: 36:7F:7F:07:C4:B0, at:",
        "notice: Interface ether9 is down, at: ",
        "notice: The router lost power, at: ",
        "notice: Failed login as admin from 192.168.88.17 (ssh), repeated 1 time, last at: ",
        "received 12, matched 8, notified 8, suppressed 1,",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

/// 100,000 datagrams at full speed: the daemon survives, notifies of every
/// matching one that it received, and received plus lost is the number sent.
#[test]
fn a_flood_is_accounted_for_to_the_datagram() {
    const SENT: u64 = 100_000;
    let mut daemon = Daemon::start(&console(
        "regex",
        "number ([0-9]+)00 ",
        "got @1",
        &[("EVENT0_COOLDOWN_SECS", "0")],
    ));
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.connect(daemon.address()).unwrap();
    let mut line = Vec::new();
    for number in 0..SENT {
        line.clear();
        write!(
            line,
            "dhcp,info number {number} assigned 192.168.88.37 for B0:E4:5C:8D:2D:AC Samsung"
        )
        .unwrap();
        socket.send(&line).unwrap();
    }
    let (mut output, received, lost) = accounted(&mut daemon, SENT);
    output.extend(daemon.stop());
    println!("received {received}, lost {lost} of {SENT}");
    let notices = output
        .iter()
        .filter(|line| line.contains("notice: got "))
        .count() as u64;
    let last = output
        .iter()
        .rfind(|line| line.contains(" matched "))
        .unwrap();
    assert_eq!(notices, figure(last, "matched "), "{last}");
    assert!(notices > 0);
}

/// While the daemon is held up, the kernel drops datagrams: they are counted,
/// reported in the log, and reported in the next notification.
#[test]
fn losses_are_reported() {
    const SENT: u64 = 20_000;
    let mut daemon = Daemon::start(&echo(&[]));
    daemon.signal("STOP");
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    for _ in 0..SENT {
        socket
            .send_to(b"nothing of interest", daemon.address())
            .unwrap();
    }
    daemon.signal("CONT");
    let (mut output, _, lost) = accounted(&mut daemon, SENT);
    assert!(lost > 0, "the kernel held all of them: {output:?}");
    while !output
        .iter()
        .any(|line| line.contains(" messages lost since "))
    {
        output.push(daemon.next_line(PATIENCE).expect("the log reports it"));
    }
    daemon.send(b"number 7");
    let notice = daemon.wait_for("notice: ");
    assert!(
        notice.contains(&format!("{lost} messages lost since ")),
        "{notice}"
    );
    assert!(notice.ends_with("(receive buffer)"), "{notice}");
    daemon.wait_for("notice: got 7, at: ");
}

/// Waits until what was received and what was lost add up to `sent`; returns the
/// output so far and both.
fn accounted(daemon: &mut Daemon, sent: u64) -> (Vec<String>, u64, u64) {
    let mut output = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    loop {
        daemon.signal("USR1");
        let status = loop {
            output.push(daemon.next_line(PATIENCE).expect("the daemon is alive"));
            if output
                .last()
                .is_some_and(|line| line.contains(" received "))
            {
                break output.last().cloned().unwrap_or_default();
            }
        };
        let received = figure(&status, "received ");
        let lost = figure(&status, "queue ") + figure(&status, "kernel ");
        if received + lost == sent {
            return (output, received, lost);
        }
        assert!(Instant::now() < deadline, "{status}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Returns the number after `name` in a status line.
fn figure(status: &str, name: &str) -> u64 {
    let rest = &status[status.find(name).expect(name) + name.len()..];
    let digits = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..digits].parse().expect("a number")
}

/// Ctrl-C in a terminal, which goes to a whole process group, ends the daemon.
#[test]
fn interrupt_of_a_process_group() {
    let mut command = alertik(&echo(&[]));
    command.process_group(0);
    let daemon = Daemon::from_command(command);
    let group = format!("-{}", daemon.child.id());
    let kill = Command::new("kill")
        .args(["-s", "INT", "--", &group])
        .status()
        .unwrap();
    assert!(kill.success());
    assert!(daemon.wait().0.success());
}
