//! Name resolution that fails, stalls or misleads, with a name server of our own on
//! the loopback of a separate network namespace.
//!
//! A namespace belongs to a process, so each case runs this test program again,
//! inside `unshare`. If that is not permitted, the cases are skipped and say so.

mod look_up;
mod server;

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant as StdInstant};

use alertik_core::delivery::Notifier;

use super::hostile::fill;
use super::support::{Running, Server, answer, run};
use server::{SERVFAIL, serve};

const G1: Notifier = Notifier::Generic1;
const CASE: &str = "ALERTIK_DNS_CASE";
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// Runs a case in namespaces of its own.
fn in_namespaces(case: &str) {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net", "--mount", "sh", "-ec", script]);
        command
    };
    // Replace the machine's files with ones of the namespace.
    let prepare = "ip link set lo up; mount -t tmpfs none /mnt; : > /mnt/h; \
                   echo nameserver 127.0.0.1 > /mnt/r; \
                   mount --bind /mnt/r /etc/resolv.conf; mount --bind /mnt/h /etc/hosts";
    match unshare(prepare).output() {
        Ok(output) if output.status.success() => {}
        _ => {
            eprintln!("SKIPPED: the DNS case {case} needs the right to make namespaces");
            return;
        }
    }
    let output = unshare(&format!("{prepare}; exec \"$0\" \"$@\""))
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "notifier::tests::dns::inside",
            "--ignored",
            "--nocapture",
        ])
        .env(CASE, case)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{case}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A name server that fails at first only delays a notification.
#[test]
fn servfail_then_good() {
    in_namespaces("servfail");
}

/// A silent name server cannot hold an attempt beyond its deadline, nor shutdown.
#[test]
fn silent() {
    in_namespaces("silent");
}

/// A new resolv.conf takes effect with the next attempt.
#[test]
fn the_resolver_changes() {
    in_namespaces("changes");
}

/// Addresses that lead nowhere do not use up the time of the one that works.
#[test]
fn a_black_hole_before_a_good_address() {
    in_namespaces("black-hole");
}

/// A host that has only an IPv6 address is reached.
#[test]
fn only_an_ipv6_address() {
    in_namespaces("ipv6");
}

/// A mail server whose name leads to the internet gets no password without encryption.
#[test]
fn no_password_for_a_stranger() {
    in_namespaces("stranger");
}

/// The cases themselves, run inside the namespaces.
#[test]
#[ignore = "runs inside the namespaces that the other tests make"]
fn inside() {
    match std::env::var(CASE).unwrap().as_str() {
        "servfail" => case_servfail(),
        "silent" => case_silent(),
        "changes" => case_changes(),
        "black-hole" => case_black_hole(),
        "ipv6" => case_ipv6(),
        "stranger" => case_stranger(),
        case => look_up::inside(case),
    }
}

fn case_stranger() {
    let added = Command::new("ip")
        .args(["address", "add", "203.0.113.25/32", "dev", "lo"])
        .status();
    assert!(added.expect("ip").success());
    std::fs::write("/etc/hosts", "203.0.113.25 mail.example.test\n").unwrap();
    let listener = TcpListener::bind("203.0.113.25:0").unwrap();
    let server = format!(
        "smtp://mail.example.test:{}",
        listener.local_addr().unwrap().port()
    );
    let id = Notifier::Mail;
    let mut variables = vec![
        ("MAIL_SERVER", server.as_str()),
        ("MAIL_FROM", "alertik@example.org"),
        ("MAIL_TO", "noc@example.org"),
    ];
    let got = thread::spawn(move || {
        let mut got = Vec::new();
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            stream.write_all(b"220 x\r\n").unwrap();
            let mut bytes = [0; 64];
            let count = stream.read(&mut bytes).unwrap_or(0);
            got.push(String::from_utf8_lossy(&bytes[..count]).into_owned());
        }
        got
    });
    // Without a password it is the user's own affair.
    for login in [&[("MAIL_USER", "me"), ("MAIL_PASSWORD", "secret")][..], &[]] {
        variables.extend(login);
        let running = run(&[id], &variables);
        running.push(&[id], 1, "x", b"");
        let status = running.wait(id, "failed", |status| status.counts.failed_attempts > 0);
        let words = status.last_error.unwrap();
        assert_eq!(
            words.starts_with("203.0.113.25 is not on a local"),
            !login.is_empty(),
            "{words}"
        );
        variables.truncate(3);
    }
    assert_eq!(got.join().unwrap(), ["", "EHLO [203.0.113.25]\r\n"]);
}

/// Starts a webhook to a host name, and sends a message.
fn start(port: u16, timeout_secs: &str) -> Running {
    let url = format!("http://hook.example.test:{port}/");
    let variables = [
        ("GENERIC1_WEBHOOK_URL", url.as_str()),
        ("HTTP_TIMEOUT_SECS", timeout_secs),
    ];
    let running = run(&[G1], &variables);
    running.push(&[G1], 1, "x", b"");
    running
}

/// Fails every query of one look-up: each of the two is sent twice, and up to four
/// are repeated at once each time.
fn case_servfail() {
    let server = Server::answering("200 OK", "");
    let asked = serve("127.0.0.1", |question| {
        vec![match question.number {
            0..12 => question.answer(SERVFAIL, &[]),
            _ => question.addresses(&["127.0.0.1"]),
        }]
    });
    let running = start(server.address.port(), "15");
    let status = running.wait(G1, "failed", |status| status.failures > 0);
    let error = status.last_error.unwrap();
    assert!(
        error.contains("hook.example.test cannot be resolved"),
        "{error}"
    );
    assert_eq!(asked.lock().unwrap().len(), 12);
    server.next();
    running.wait(G1, "sent", |status| status.counts.sent == 1);
}

/// The deadline covers the look-up, exactly except for the machine's own delays. No
/// thread is started for the look-up, and shutdown does not wait for it.
fn case_silent() {
    let server = Server::answering("200 OK", "");
    let silent = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&silent);
    serve("127.0.0.1", move |question| {
        let addresses = question.addresses(&["127.0.0.1"]);
        vec![addresses; usize::from(!switch.load(Ordering::SeqCst))]
    });
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    let started = StdInstant::now();
    let running = start(server.address.port(), "1");
    let most = Cell::new(0);
    let status = running.wait(G1, "failed", |status| {
        most.set(threads().max(most.get()));
        status.failures > 0
    });
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_secs(1), "{elapsed:?}");
    assert!(elapsed < Duration::from_millis(1_300), "{elapsed:?}");
    assert_eq!(most.get(), before + 1, "more than the sender's own thread");
    assert_eq!(
        status.last_error.as_deref(),
        Some("no answer from DNS for hook.example.test within 1 s")
    );
    // The failed attempt does not delay the next one.
    running.wait(G1, "failed again", |status| status.failures > 1);
    silent.store(false, Ordering::SeqCst);
    server.next();
    running.wait(G1, "sent", |status| status.counts.sent == 1);
    // Shut down while an attempt hangs in a look-up.
    silent.store(true, Ordering::SeqCst);
    running.push(&[G1], 2, "x", b"");
    thread::sleep(Duration::from_millis(100));
    let started = StdInstant::now();
    crate::notifier::tests::support::shut_down(&running.senders, 300);
    let elapsed = started.elapsed();
    assert!(elapsed < Duration::from_millis(600), "{elapsed:?}");
}

fn case_changes() {
    let server = Server::answering("200 OK", "");
    // No server answers there.
    std::fs::write(RESOLV_CONF, "nameserver 127.0.0.2\n").unwrap();
    let running = start(server.address.port(), "15");
    running.wait(G1, "failed", |status| status.failures > 0);
    serve("127.0.0.1", |question| {
        vec![question.addresses(&["127.0.0.1"])]
    });
    std::fs::write(RESOLV_CONF, "nameserver 127.0.0.1\n").unwrap();
    server.next();
    running.wait(G1, "sent", |status| status.counts.sent == 1);
}

/// IPv4 comes first and leads nowhere: the first attempt still arrives over IPv6
/// within its time.
fn case_black_hole() {
    let listener = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
    // On every IPv4 address.
    let port = listener.local_addr().unwrap().port();
    let _v4 = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap();
    let server = Server::bound(listener, |_, _, stream| answer(stream, "200 OK", "", ""));
    let _full = fill((Ipv4Addr::LOCALHOST, port).into());
    serve("127.0.0.1", |question| {
        // Tried one after the other, three would use up the time.
        vec![question.addresses(&["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"])]
    });
    let started = StdInstant::now();
    let running = start(server.address.port(), "6");
    server.next();
    let elapsed = started.elapsed();
    assert!(
        elapsed >= Duration::from_millis(1_900),
        "it was no black hole"
    );
    assert!(elapsed < Duration::from_secs(6), "{elapsed:?}");
    let status = running.wait(G1, "sent", |status| status.counts.sent == 1);
    assert_eq!(status.counts.failed_attempts, 0);
}

fn case_ipv6() {
    let listener = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
    let server = Server::bound(listener, |_, _, stream| answer(stream, "200 OK", "", ""));
    serve("127.0.0.1", |question| vec![question.addresses(&["::1"])]);
    let running = start(server.address.port(), "15");
    server.next();
    running.wait(G1, "sent", |status| status.counts.sent == 1);
}
