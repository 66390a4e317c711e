//! The heartbeat against real servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{PKCS_ECDSA_P256_SHA256, SanType};
use rustls::version::{TLS12, TLS13};

use super::super::heartbeat::Heartbeat;
use super::ca::ca;
use super::support::{Server, answer, capture_log, logged, logged_lines, read};
use super::tls::{good, issue, serve};
use crate::net::tls::Tls;
use crate::settings::Url;
use crate::settings::heartbeat::Heartbeat as Settings;

/// Returns a heartbeat to a URL every ten minutes, of a daemon that works as long as the
/// switch says so.
fn heartbeat(url: &str) -> (Heartbeat, Arc<AtomicBool>) {
    capture_log();
    let anchors = read(&[], &[]).unwrap().anchors;
    let settings = Settings {
        url: Url::parse(url).unwrap_or_else(|error| panic!("{error}")),
        secs: 600,
    };
    let works = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&works);
    let is_alive = Box::new(move || works.load(Ordering::Relaxed));
    let tls = Arc::new(Tls::new(anchors));
    (Heartbeat::new(settings, 5, tls, is_alive), switch)
}

const INTERVAL: Duration = Duration::from_secs(600);
const RETRY: Duration = Duration::from_secs(60);

/// A heartbeat is a GET of the whole URL without a body.
#[test]
fn a_request() {
    let server = Server::answering("200 OK", "OK");
    let (mut heartbeat, _) = heartbeat(&server.url("/api/push/Zx81?status=up&msg=OK"));
    assert_eq!(heartbeat.beat(), INTERVAL);
    let request = server.next();
    assert_eq!(request.line, "GET /api/push/Zx81?status=up&msg=OK HTTP/1.1");
    assert_eq!(request.body, "");
    assert_eq!(request.header("content-length"), None);
}

/// While the daemon does not do its work nothing is sent, which the log says once.
#[test]
fn withheld_while_the_daemon_does_not_work() {
    let server = Server::answering("200 OK", "");
    let (mut heartbeat, works) = heartbeat(&server.url("/"));
    works.store(false, Ordering::Relaxed);
    for _ in 0..3 {
        assert_eq!(heartbeat.beat(), Duration::from_secs(1));
    }
    server.expect_none(Duration::ZERO);
    assert_eq!(logged_lines("the daemon does not do its work").len(), 1);
    works.store(true, Ordering::Relaxed);
    assert_eq!(heartbeat.beat(), INTERVAL);
    server.next();
    let again = format!("heartbeat: http://{} takes it again", server.address);
    assert_eq!(logged_lines(&again).len(), 1);
}

/// A failure and its end are logged once each, with the host and without the secret; the
/// next attempt comes sooner.
#[test]
fn failures_are_logged_once() {
    let count = Arc::new(AtomicUsize::new(0));
    let requests = Arc::clone(&count);
    let server = Server::http(move |_, request, stream| {
        let number = requests.fetch_add(1, Ordering::Relaxed);
        let status = if number < 3 {
            "404 Not Found"
        } else {
            "200 OK"
        };
        answer(stream, status, "", &request.line);
    });
    let (mut heartbeat, _) = heartbeat(&server.url("/S3cr3tPath"));
    for _ in 0..3 {
        assert_eq!(heartbeat.beat(), RETRY);
    }
    assert_eq!(heartbeat.beat(), INTERVAL);
    assert_eq!(heartbeat.beat(), INTERVAL);
    assert_eq!(count.load(Ordering::Relaxed), 5);
    let site = format!("http://{}", server.address);
    let failed = logged_lines(&format!("WARN HEARTBEAT_URL: {site}: HTTP 404: GET /***"));
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].contains("; check HEARTBEAT_URL; "), "{failed:?}");
    let works = logged_lines(&format!("INFO heartbeat: {site} takes it again"));
    assert_eq!(works.len(), 1);
    assert!(!logged().contains("S3cr3tPath"));
}

/// A redirect is a failure, and nobody is asked where it leads to.
#[test]
fn redirects_are_not_followed() {
    let target = Server::answering("200 OK", "");
    let location = format!("Location: {}\r\n", target.url("/elsewhere"));
    let server = Server::http(move |_, _, stream| answer(stream, "302 Found", &location, ""));
    let (mut heartbeat, _) = heartbeat(&server.url("/"));
    assert_eq!(heartbeat.beat(), RETRY);
    server.next();
    target.expect_none(Duration::ZERO);
    let words = format!(
        "it redirects to http://{}, which is never followed: check HEARTBEAT_URL",
        target.address
    );
    assert_eq!(logged_lines(&words).len(), 1);
}

/// Over TLS the certificate is verified: a right one is taken in either version, one for
/// another host is not.
#[test]
fn over_tls() {
    for version in [&TLS12, &TLS13] {
        let server = serve(good(), &[version]);
        let port = server.address.port();
        let (mut heartbeat, _) = heartbeat(&format!("https://localhost:{port}/ping"));
        assert_eq!(heartbeat.beat(), INTERVAL);
        assert_eq!(server.next().line, "GET /ping HTTP/1.1");
    }
    let wrong = issue(&ca().issuer, &PKCS_ECDSA_P256_SHA256, |params| {
        params.subject_alt_names = vec![SanType::DnsName("other.example".try_into().unwrap())];
    });
    let server = serve(wrong, &[&TLS13]);
    let site = format!("https://localhost:{}", server.address.port());
    let (mut heartbeat, _) = heartbeat(&format!("{site}/ping"));
    assert_eq!(heartbeat.beat(), RETRY);
    server.expect_none(Duration::ZERO);
    assert_eq!(logged_lines(&format!("HEARTBEAT_URL: {site}: ")).len(), 1);
}

/// A server that stays silent holds the thread until the deadline and no longer.
#[test]
fn a_silent_server() {
    let server = Server::http(|_, _, _| std::thread::sleep(Duration::from_secs(60)));
    let anchors = read(&[], &[]).unwrap().anchors;
    let settings = Settings {
        url: Url::parse(&server.url("/")).unwrap_or_else(|error| panic!("{error}")),
        secs: 10,
    };
    let tls = Arc::new(Tls::new(anchors));
    let begun = std::time::Instant::now();
    capture_log();
    let mut heartbeat = Heartbeat::new(settings, 1, tls, Box::new(|| true));
    assert_eq!(heartbeat.beat(), Duration::from_secs(10));
    assert!(begun.elapsed() < Duration::from_secs(10));
    let words = format!(
        "http://{}: no answer from 127.0.0.1 within 1 s",
        server.address
    );
    assert_eq!(logged_lines(&words).len(), 1);
}
