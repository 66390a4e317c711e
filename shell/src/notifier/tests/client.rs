//! Our HTTP beside that of a client which is not ours. The server of these tests
//! and what it is asked by were written by the same people, and so would share a
//! misunderstanding.

use alertik_core::delivery::{Notifier, Response};

use super::support::{PATIENCE, Server, run};

const G1: Notifier = Notifier::Generic1;

/// Asks as a client that is not ours.
fn other(method: minreq::Method, url: &str) -> minreq::Request {
    minreq::Request::new(method, url).with_timeout(PATIENCE.as_secs())
}

/// The same message leaves both clients as the same request: line, host, length and
/// body.
#[test]
fn requests_are_written_alike() {
    let server = Server::answering("200 OK", "");
    let url = server.url("/hook/a%20b?x=1&y=%2F");
    let running = run(&[G1], &[("GENERIC1_WEBHOOK_URL", &url)]);
    running.push(&[G1], 1, "link down", b"");
    let ours = server.next();
    let answer = other(minreq::Method::Post, &url)
        .with_body("{\"text\":\"link down\"}")
        .send()
        .expect("an answer");
    assert_eq!(answer.status_code, 200);
    let theirs = server.next();
    assert_eq!(ours.line, theirs.line);
    assert_eq!(ours.body, theirs.body);
    for name in ["host", "content-length"] {
        assert!(ours.header(name).is_some(), "{name}");
        assert_eq!(ours.header(name), theirs.header(name), "{name}");
    }
}

/// Both clients read the same status, field and body from an answer, whatever way
/// its body ends.
#[test]
fn answers_are_read_alike() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 429 Too Many Requests\r\nretry-after:  7 \r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 503 Service Unavailable\r\nRETRY-AFTER: 120\r\n\r\nuntil it closes",
        "HTTP/1.1 400 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwhy\r\nC;x=1\r\n not at all!\r\n0\r\n\r\n",
        "HTTP/1.0 500 no\r\n\r\n{\"ok\":false}",
    ] {
        let server = Server::http(move |_, _, stream| {
            let _ = stream.write_all(answer.as_bytes());
        });
        let theirs = other(minreq::Method::Get, &server.url("/")).send();
        let theirs = theirs.expect(answer);
        let (mut head, mut body) = ([0; 512], [0; 512]);
        // Slack's successes have a body that is read.
        let mut ours = Response::new(Notifier::Slack, &mut head, &mut body);
        ours.push(answer.as_bytes()).expect(answer);
        ours.end();
        assert_eq!(ours.status(), Some(theirs.status_code), "{answer}");
        assert_eq!(ours.body(), theirs.as_bytes(), "{answer}");
        let field = theirs.header("retry-after").map(str::trim);
        assert_eq!(ours.header("retry-after"), field, "{answer}");
    }
}
