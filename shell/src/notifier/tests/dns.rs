//! Name resolution that fails, stalls or misleads: in a network namespace of its
//! own, with a resolver of our own on its loopback.
//!
//! Each case runs in a process of its own (this test program once more, inside
//! `unshare`), for a namespace belongs to a process. Where that is not permitted
//! the cases are skipped, and say so.

use std::net::{Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant as StdInstant};

use alertik_core::NotifierId;

use super::hostile::fill;
use super::support::{Running, Server, answer, run};

const G1: NotifierId = NotifierId::GENERIC1;
const CASE: &str = "ALERTIK_DNS_CASE";
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// Runs a case in namespaces of its own.
fn in_namespaces(case: &str) {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net", "--mount", "sh", "-ec", script]);
        command
    };
    // A file of the namespace's own in place of the machine's.
    let prepare = "ip link set lo up; mount -t tmpfs none /mnt; \
                   echo nameserver 127.0.0.1 > /mnt/r; mount --bind /mnt/r /etc/resolv.conf";
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

#[test]
fn servfail_then_good() {
    in_namespaces("servfail");
}

#[test]
fn silent() {
    in_namespaces("silent");
}

#[test]
fn the_resolver_changes() {
    in_namespaces("changes");
}

#[test]
fn a_black_hole_before_a_good_address() {
    in_namespaces("black-hole");
}

#[test]
fn only_an_ipv6_address() {
    in_namespaces("ipv6");
}

/// The cases themselves, inside of the namespaces.
#[test]
#[ignore = "runs inside the namespaces that the other tests make"]
fn inside() {
    match std::env::var(CASE).unwrap().as_str() {
        "servfail" => case_servfail(),
        "silent" => case_silent(),
        "changes" => case_changes(),
        "black-hole" => case_black_hole(),
        "ipv6" => case_ipv6(),
        case => panic!("no case {case}"),
    }
}

/// What the resolver does with a query.
#[derive(Clone, Copy)]
enum Reply {
    Servfail,
    Silence,
    /// 127.0.0.1 for an A query, and ::1 for an AAAA query where wanted.
    Addresses {
        v4: bool,
        v6: bool,
    },
}

const GOOD: Reply = Reply::Addresses {
    v4: true,
    v6: false,
};

/// Serves DNS on port 53 (RFC 1035, section 4.1). Returns the count of queries.
fn resolver(reply: impl Fn(usize) -> Reply + Send + 'static) -> Arc<AtomicUsize> {
    let socket = UdpSocket::bind(("127.0.0.1", 53)).unwrap();
    let queries = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&queries);
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut query) {
            let reply = reply(count.fetch_add(1, Ordering::SeqCst));
            if let Some(answer) = dns_answer(&query[..length], reply) {
                let _ = socket.send_to(&answer, from);
            }
        }
    });
    queries
}

fn dns_answer(query: &[u8], reply: Reply) -> Option<Vec<u8>> {
    let name = query[12..].iter().position(|&b| b == 0)?;
    let question_end = 12 + name + 5;
    let kind = query[question_end - 3];
    let (code, address): (u8, &[u8]) = match reply {
        Reply::Silence => return None,
        Reply::Servfail => (2, &[]),
        Reply::Addresses { v4: true, .. } if kind == 1 => (0, &[127, 0, 0, 1]),
        Reply::Addresses { v6: true, .. } if kind == 28 => (0, &Ipv6Addr::LOCALHOST.octets()),
        Reply::Addresses { .. } => (0, &[]),
    };
    let mut answer = query[..question_end].to_vec();
    // Response, recursion available; one question, up to one answer.
    (answer[2], answer[3]) = (0x81, 0x80 | code);
    answer[6..12].copy_from_slice(&[0, u8::from(!address.is_empty()), 0, 0, 0, 0]);
    if !address.is_empty() {
        let length = address.len() as u8;
        answer.extend([0xC0, 12, 0, kind, 0, 1, 0, 0, 0, 0, 0, length]);
        answer.extend(address);
    }
    Some(answer)
}

/// Starts a webhook to a name, with a message.
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

fn case_servfail() {
    let server = Server::answering("200 OK", "");
    let queries = resolver(|number| if number < 4 { Reply::Servfail } else { GOOD });
    let running = start(server.address.port(), "15");
    let status = running.wait(G1, "failed", |status| status.failures > 0);
    let error = status.last_error.unwrap();
    assert!(
        error.contains("hook.example.test cannot be resolved"),
        "{error}"
    );
    server.next();
    running.wait(G1, "sent", |status| status.counts.sent == 1);
    assert!(queries.load(Ordering::SeqCst) > 4);
}

/// The deadline covers the lookup; the thread that is stuck in it ends when libc
/// gives up, and until then no other one is started.
fn case_silent() {
    let server = Server::answering("200 OK", "");
    let good = Arc::new(AtomicUsize::new(0));
    let switch = Arc::clone(&good);
    resolver(move |_| match switch.load(Ordering::SeqCst) {
        0 => Reply::Silence,
        _ => GOOD,
    });
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    let started = StdInstant::now();
    let running = start(server.address.port(), "1");
    let status = running.wait(G1, "failed", |status| status.failures > 0);
    let elapsed = started.elapsed();
    assert!(elapsed < Duration::from_millis(1_800), "{elapsed:?}");
    assert_eq!(
        status.last_error.as_deref(),
        Some("no answer from DNS for hook.example.test within 1 s")
    );
    // One sender and one request, for as long as libc is stuck (glibc: 10 s).
    while started.elapsed() < Duration::from_secs(8) {
        assert!(
            threads() <= before + 2,
            "{} threads more",
            threads() - before
        );
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(running.senders.status(G1).unwrap().failures, 1);
    good.store(1, Ordering::SeqCst);
    server.next();
    running.wait(G1, "sent", |status| status.counts.sent == 1);
}

fn case_changes() {
    let server = Server::answering("200 OK", "");
    // Nobody answers there.
    std::fs::write(RESOLV_CONF, "nameserver 127.0.0.2\n").unwrap();
    let running = start(server.address.port(), "15");
    running.wait(G1, "failed", |status| status.failures > 0);
    resolver(|_| GOOD);
    std::fs::write(RESOLV_CONF, "nameserver 127.0.0.1\n").unwrap();
    server.next();
    running.wait(G1, "sent", |status| status.counts.sent == 1);
}

/// IPv6 first, as usual, and it leads nowhere: the first attempt still arrives
/// over IPv4 within its time.
fn case_black_hole() {
    let server = Server::answering("200 OK", "");
    let port = server.address.port();
    let v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).unwrap();
    let _full = fill(v6.local_addr().unwrap());
    resolver(|_| Reply::Addresses { v4: true, v6: true });
    let started = StdInstant::now();
    let running = start(port, "6");
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
    let listener = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, 0))).unwrap();
    let server = Server::bound(listener, |_, _, stream| answer(stream, "200 OK", "", ""));
    resolver(|_| Reply::Addresses {
        v4: false,
        v6: true,
    });
    let running = start(server.address.port(), "15");
    server.next();
    running.wait(G1, "sent", |status| status.counts.sent == 1);
}
