//! Look-ups alone: their results, their duration and their queries. If libc must
//! find the same, it is asked as well.

use std::net::{IpAddr, SocketAddrV6, ToSocketAddrs, UdpSocket};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant as StdInstant};

use super::super::support::PATIENCE;
use super::server::{A, AAAA, Asked, GOOD, NXDOMAIN, Question, SERVFAIL, address, alias, serve};
use super::{RESOLV_CONF, in_namespaces};
use crate::net::resolve::{Unresolved, resolve};
use crate::sys::clock;

const HOST: &str = "hook.example.test";
/// Less than the time after which a query is repeated.
const AT_ONCE: Duration = Duration::from_millis(1_500);

macro_rules! cases {
    ($($case:ident)*) => {
        $(
            /// The promise of the case of this name holds inside the namespaces.
            #[test]
            fn $case() {
                in_namespaces(stringify!($case));
            }
        )*

        /// Runs a case; called inside the namespaces.
        pub(super) fn inside(case: &str) {
            match case {
                $(stringify!($case) => inside::$case(),)*
                case => panic!("no case {case}"),
            }
        }
    };
}

cases! {
    nxdomain chain ipv6_only both_families wrong_answers wrong_senders two_servers
    failing_server search hosts_file special_names truncated large no_answer_for_ipv6
    nxdomain_for_ipv6 timeouts ipv6_server no_files literals
}

/// Looks up a host; returns the addresses as text, and the time it took.
fn look_up(host: &str) -> (Result<String, Unresolved>, Duration) {
    let started = StdInstant::now();
    let result = resolve(host, 80, clock::now().after(10_000));
    let text = |addresses: Vec<std::net::SocketAddr>| {
        assert!(addresses.iter().all(|address| address.port() == 80));
        let list = addresses.iter().map(|address| address.ip().to_string());
        list.collect::<Vec<_>>().join(" ")
    };
    (result.map(text), started.elapsed())
}

/// Asserts that a host has these addresses, and that they are found at once.
#[track_caller]
fn expect(host: &str, expected: &str) {
    let (found, elapsed) = look_up(host);
    assert_eq!(found.as_deref(), Ok(expected));
    assert!(elapsed < AT_ONCE, "{elapsed:?}");
}

/// Asserts that libc finds the same set of addresses, and that it is not empty.
#[track_caller]
fn same_as_libc(host: &str) {
    let addresses = |list: Vec<IpAddr>| {
        let mut list = list;
        list.sort_unstable();
        list.dedup();
        list
    };
    let theirs = (host, 80).to_socket_addrs().unwrap();
    let theirs = addresses(theirs.map(|address| address.ip()).collect());
    let ours = resolve(host, 80, clock::now().after(10_000)).unwrap();
    let ours = addresses(ours.iter().map(std::net::SocketAddr::ip).collect());
    assert!(!ours.is_empty());
    assert_eq!(ours, theirs);
}

/// Asserts that a host has no address; returns the time it took.
#[track_caller]
fn expect_none(host: &str) -> Duration {
    let (found, elapsed) = look_up(host);
    assert_eq!(found, Err(Unresolved::NoAddress));
    elapsed
}

/// Waits until a server has been asked `times` times, and asserts it was not more.
#[track_caller]
fn expect_asked(asked: &Asked, times: usize) {
    let started = StdInstant::now();
    while asked.lock().unwrap().len() < times && started.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(asked.lock().unwrap().len(), times);
}

fn configure(text: &str) {
    std::fs::write(RESOLV_CONF, text).unwrap();
}

/// Returns the names and types that a server was asked for.
fn questions(asked: &Asked) -> Vec<(String, u8)> {
    let asked = asked.lock().unwrap();
    asked.iter().map(|q| (q.name.clone(), q.kind)).collect()
}

/// Answers IPv4 queries, which come first, after IPv6 queries.
fn ipv6_first(answer: impl Fn(&Question) -> Vec<u8>) -> impl Fn(&Question) -> Vec<Vec<u8>> {
    let earlier = Mutex::new(None);
    move |q| match q.kind {
        A => {
            *earlier.lock().unwrap() = Some(answer(q));
            Vec::new()
        }
        _ => [Some(answer(q)), earlier.lock().unwrap().take()]
            .into_iter()
            .flatten()
            .collect(),
    }
}

mod inside {
    use super::*;

    /// A name that does not exist is reported at once.
    pub(super) fn nxdomain() {
        let asked = serve("127.0.0.1", |q| vec![q.answer(NXDOMAIN, &[])]);
        assert!(expect_none(HOST) < AT_ONCE);
        expect_asked(&asked, 2);
    }

    /// A chain of aliases leads to the addresses of the last name.
    pub(super) fn chain() {
        let middle = "cdn.example.net";
        serve("127.0.0.1", move |q| {
            let last = "edge.example.org";
            vec![q.answer(
                GOOD,
                &[
                    alias(&q.name, middle),
                    alias(middle, last),
                    address(last, "192.0.2.1"),
                    address(last, "192.0.2.2"),
                    address(last, "2001:db8::1"),
                ],
            )]
        });
        expect(HOST, "192.0.2.1 2001:db8::1 192.0.2.2");
        same_as_libc(HOST);
    }

    /// IPv6 addresses suffice.
    pub(super) fn ipv6_only() {
        serve("127.0.0.1", |q| vec![q.addresses(&["2001:db8::1"])]);
        expect(HOST, "2001:db8::1");
        same_as_libc(HOST);
    }

    /// The families alternate, IPv4 first, in whatever order the answers arrive.
    pub(super) fn both_families() {
        let addresses = [
            "2001:db8::1",
            "2001:db8::2",
            "192.0.2.1",
            "192.0.2.2",
            "192.0.2.3",
        ];
        serve(
            "127.0.0.1",
            ipv6_first(move |q: &Question| q.addresses(&addresses)),
        );
        expect(
            HOST,
            "192.0.2.1 2001:db8::1 192.0.2.2 2001:db8::2 192.0.2.3",
        );
        same_as_libc(HOST);
    }

    /// Datagrams with another id or question are ignored.
    pub(super) fn wrong_answers() {
        serve("127.0.0.1", |q| {
            let mut id = q.addresses(&["198.51.100.1", "2001:db8::bad"]);
            id[0] ^= 1;
            let mut name = q.addresses(&["198.51.100.2", "2001:db8::bad"]);
            name[13] ^= 1;
            let mut kind = q.addresses(&["198.51.100.3", "2001:db8::bad"]);
            // The type follows the question's name.
            let at = 12 + HOST.len() + 2;
            kind[at + 1] ^= A ^ AAAA;
            let query = q.addresses(&[])[..2].to_vec();
            let right = q.addresses(&["192.0.2.1", "2001:db8::1"]);
            vec![id, name, kind, query, Vec::new(), right]
        });
        expect(HOST, "192.0.2.1 2001:db8::1");
    }

    /// Correct answers from a wrong address or port are ignored.
    pub(super) fn wrong_senders() {
        let address = UdpSocket::bind(("127.0.0.9", 53)).unwrap();
        let port = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        serve("127.0.0.1", move |q| {
            let wrong = q.addresses(&["198.51.100.1", "2001:db8::bad"]);
            address.send_to(&wrong, q.from).unwrap();
            port.send_to(&wrong, q.from).unwrap();
            vec![q.addresses(&["192.0.2.1", "2001:db8::1"])]
        });
        expect(HOST, "192.0.2.1 2001:db8::1");
    }

    /// All servers are asked at once, so a silent one costs no time.
    pub(super) fn two_servers() {
        configure("nameserver 127.0.0.2\nnameserver 127.0.0.1\n");
        let silent = serve("127.0.0.2", |_| Vec::new());
        serve("127.0.0.1", |q| vec![q.addresses(&["192.0.2.1"])]);
        expect(HOST, "192.0.2.1");
        expect_asked(&silent, 2);
    }

    /// A server that fails does no harm; it is asked again a limited number of times.
    pub(super) fn failing_server() {
        configure("nameserver 127.0.0.2\nnameserver 127.0.0.1\n");
        let failing = serve("127.0.0.2", |q| vec![q.answer(SERVFAIL, &[])]);
        serve("127.0.0.1", |q| {
            std::thread::sleep(Duration::from_millis(100));
            vec![q.addresses(&["192.0.2.1"])]
        });
        expect(HOST, "192.0.2.1");
        expect_asked(&failing, 6);
    }

    /// The search list is tried in order, before the name itself, only for names
    /// without a dot.
    pub(super) fn search() {
        configure("nameserver 127.0.0.1\nsearch lan example.test\n");
        let asked = serve("127.0.0.1", |q| {
            vec![match q.name.as_str() {
                HOST => q.addresses(&["192.0.2.1"]),
                "top" | "a.b" => q.addresses(&["192.0.2.2"]),
                _ => q.answer(NXDOMAIN, &[]),
            }]
        });
        let names = |host: &str, expected: &str| {
            asked.lock().unwrap().clear();
            expect(host, expected);
            let mut names: Vec<_> = questions(&asked);
            names.retain(|&(_, kind)| kind == A);
            let names: Vec<_> = names.into_iter().map(|(name, _)| name).collect();
            names.join(" ")
        };
        assert_eq!(names("hook", "192.0.2.1"), "hook.lan hook.example.test");
        assert_eq!(names("top", "192.0.2.2"), "top.lan top.example.test top");
        assert_eq!(names("top.", "192.0.2.2"), "top");
        assert_eq!(names("a.b", "192.0.2.2"), "a.b");
        same_as_libc("hook");
        same_as_libc("top");
        assert!(expect_none("none") < AT_ONCE);
    }

    /// Names in the hosts file cause no query.
    pub(super) fn hosts_file() {
        let asked = serve("127.0.0.1", |q| vec![q.addresses(&["192.0.2.1"])]);
        let filler = "# nothing\n".repeat(500);
        let entries = format!("{filler}::5 hook.example.test\n10.1.2.3 x Hook.Example.Test # y\n");
        std::fs::write("/etc/hosts", entries).unwrap();
        expect(HOST, "10.1.2.3 ::5");
        same_as_libc(HOST);
        assert!(questions(&asked).is_empty());
        std::fs::write("/etc/hosts", "10.1.2.3 localhost\n").unwrap();
        expect("localhost", "10.1.2.3");
        // Only the complete lines at the beginning of an overlong file count.
        let filler = "#".repeat(63) + "\n";
        let filler = filler.repeat(1_023) + &"#".repeat(33) + "\n";
        let entries = format!("10.0.0.1 first\n{filler}10.0.0.2 second-to-last");
        std::fs::write("/etc/hosts", &entries).unwrap();
        expect("first", "10.0.0.1");
        assert!(entries.len() > 64 * 1_024);
        expect("second", "192.0.2.1");
        expect("second-to-last", "192.0.2.1");
    }

    /// RFC 6761, sections 6.3 and 6.4: special names need neither file nor server.
    pub(super) fn special_names() {
        let asked = serve("127.0.0.1", |q| vec![q.addresses(&["192.0.2.1"])]);
        expect("localhost", "127.0.0.1 ::1");
        expect("hook.LOCALHOST.", "127.0.0.1 ::1");
        assert!(expect_none("nowhere.invalid") < AT_ONCE);
        assert!(expect_none("..") < AT_ONCE);
        assert!(questions(&asked).is_empty());
    }

    /// The complete records of a truncated answer count; without any, the look-up
    /// goes on to its end.
    pub(super) fn truncated() {
        configure("nameserver 127.0.0.1\noptions timeout:1\n");
        serve("127.0.0.1", |q| {
            let mut answer = match q.name.as_str() {
                HOST => q.addresses(&["192.0.2.1", "192.0.2.2"]),
                _ => q.answer(GOOD, &[alias(&q.name, "edge.example.org")]),
            };
            answer[2] |= 2;
            if q.kind == A && q.name == HOST {
                // Cut within the second address, with three announced.
                answer[7] = 3;
                answer.truncate(answer.len() - 2);
            }
            vec![answer]
        });
        expect(HOST, "192.0.2.1");
        assert!(expect_none("long.example.test") >= Duration::from_millis(900));
    }

    /// An answer that does not fit into 512 bytes is requested again in full.
    pub(super) fn large() {
        let asked = serve("127.0.0.1", |q| {
            let names = (0..7).map(|n| format!("{n}.{}.example.org", "x".repeat(50)));
            let names: Vec<_> = names.collect();
            let mut records = vec![alias(&q.name, &names[0])];
            records.extend(names.windows(2).map(|pair| alias(&pair[0], &pair[1])));
            records.push(address(&names[6], "192.0.2.1"));
            records.push(address(&names[6], "2001:db8::1"));
            let mut answer = q.answer(GOOD, &records);
            assert!((1_024..=1_232).contains(&answer.len()), "{}", answer.len());
            if !q.large {
                answer.truncate(512);
                answer[2] |= 2;
            }
            vec![answer]
        });
        expect(HOST, "192.0.2.1 2001:db8::1");
        expect_asked(&asked, 4);
    }

    /// A server that never answers IPv6 queries does not hide the IPv4 addresses.
    pub(super) fn no_answer_for_ipv6() {
        serve("127.0.0.1", |q| match q.kind {
            A => vec![q.addresses(&["192.0.2.1"])],
            _ => Vec::new(),
        });
        expect(HOST, "192.0.2.1");
    }

    /// Nor does one that denies the name when asked for IPv6.
    pub(super) fn nxdomain_for_ipv6() {
        let answer = |q: &Question| match q.kind {
            A => q.addresses(&["192.0.2.1"]),
            _ => q.answer(NXDOMAIN, &[]),
        };
        serve("127.0.0.1", ipv6_first(answer));
        expect(HOST, "192.0.2.1");
    }

    /// `timeout` covers all `attempts`, as in musl, and the caller's deadline
    /// overrides both.
    pub(super) fn timeouts() {
        configure("nameserver 127.0.0.1\noptions timeout:1 attempts:4\n");
        let asked = serve("127.0.0.1", |q| match q.name.as_str() {
            // The third round.
            HOST if q.number >= 4 => vec![q.addresses(&["192.0.2.1"])],
            _ => Vec::new(),
        });
        let (found, elapsed) = look_up(HOST);
        assert_eq!(found.as_deref(), Ok("192.0.2.1"));
        assert!(elapsed >= Duration::from_millis(499), "{elapsed:?}");
        assert!(elapsed < Duration::from_millis(740), "{elapsed:?}");
        asked.lock().unwrap().clear();
        let elapsed = expect_none("silent.example.test");
        assert!(elapsed >= Duration::from_millis(999), "{elapsed:?}");
        assert!(elapsed < Duration::from_millis(1_200), "{elapsed:?}");
        expect_asked(&asked, 8);
        let started = StdInstant::now();
        let found = resolve("silent.example.test", 80, clock::now().after(333));
        let elapsed = started.elapsed();
        assert_eq!(found, Err(Unresolved::Deadline));
        assert!(elapsed >= Duration::from_millis(332), "{elapsed:?}");
        assert!(elapsed < Duration::from_millis(500), "{elapsed:?}");
        assert_eq!(
            resolve(HOST, 80, clock::now()),
            Err(Unresolved::Deadline),
            "no time at all"
        );
    }

    /// One socket reaches servers of both families, and an unreachable one does not
    /// keep the others from being asked.
    pub(super) fn ipv6_server() {
        configure("nameserver 2001:db8::53\nnameserver ::1\n");
        serve("::1", |q| vec![q.addresses(&["192.0.2.1"])]);
        expect(HOST, "192.0.2.1");
        configure("nameserver 2001:db8::53\nnameserver 127.0.0.1\n");
        serve("127.0.0.1", |q| vec![q.addresses(&["192.0.2.2"])]);
        expect(HOST, "192.0.2.2");
    }

    /// Without a resolv.conf, this machine's own server is asked.
    pub(super) fn no_files() {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "none", "/etc"])
            .status();
        assert!(mounted.unwrap().success());
        assert!(!std::fs::exists(RESOLV_CONF).unwrap());
        serve("127.0.0.1", |q| vec![q.addresses(&["192.0.2.1"])]);
        expect(HOST, "192.0.2.1");
        expect("localhost", "127.0.0.1 ::1");
    }

    /// Literal addresses cause no query.
    pub(super) fn literals() {
        let asked = serve("127.0.0.1", |q| vec![q.addresses(&["192.0.2.1"])]);
        expect("10.0.0.7", "10.0.0.7");
        expect("2001:db8::7", "2001:db8::7");
        expect("10.7", "10.0.0.7");
        // With an interface by number and by name; lo has number 1.
        for host in ["fe80::7%1", "fe80::7%lo"] {
            let found = resolve(host, 514, clock::now().after(1_000)).unwrap();
            let address = "fe80::7".parse().unwrap();
            assert_eq!(found, [SocketAddrV6::new(address, 514, 0, 1).into()]);
        }
        same_as_libc("10.7");
        assert!(questions(&asked).is_empty());
    }
}
