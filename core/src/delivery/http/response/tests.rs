use super::*;
use crate::limits::{ANSWER_BODY_BYTES_MAX, ANSWER_HEAD_BYTES_MAX};

/// What became of an answer: its status and body, and whether its end was seen.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    status: u16,
    body: Vec<u8>,
    complete: bool,
}

/// Takes an answer in pieces of the given size, the connection's end included.
fn taken(bytes: &[u8], piece: usize) -> Result<Option<Outcome>, Malformed> {
    let mut head = [0; ANSWER_HEAD_BYTES_MAX];
    let mut body = [0; ANSWER_BODY_BYTES_MAX];
    let mut response = Response::new(Notifier::Slack, &mut head, &mut body);
    for piece in bytes.chunks(piece) {
        response.push(piece)?;
    }
    let complete = response.is_complete();
    response.end();
    assert_eq!(response.is_complete(), response.status().is_some());
    Ok(response.status().map(|status| Outcome {
        status,
        body: response.body().into(),
        complete,
    }))
}

/// Takes an answer, which must not depend on the pieces it arrives in.
fn take(bytes: &[u8]) -> Result<Option<Outcome>, Malformed> {
    let whole = taken(bytes, bytes.len().max(1));
    for piece in [1, 2, 3, 7, 1_024] {
        assert_eq!(taken(bytes, piece), whole, "in pieces of {piece}");
    }
    whole
}

/// Asserts status, body and whether the end was seen before the connection's.
#[track_caller]
fn assert_taken(bytes: impl AsRef<[u8]>, status: u16, body: impl AsRef<[u8]>, complete: bool) {
    let body = body.as_ref().to_vec();
    let expected = Outcome {
        status,
        body,
        complete,
    };
    assert_eq!(take(bytes.as_ref()), Ok(Some(expected)));
}

#[track_caller]
fn assert_malformed(bytes: impl AsRef<[u8]>) {
    assert_eq!(take(bytes.as_ref()), Err(Malformed));
}

/// The three ways in which the end of a body is known, and the statuses that
/// have none.
#[test]
fn framing() {
    let ok = "HTTP/1.1 200 OK\r\n";
    assert_taken(
        format!("{ok}Content-Length: 2\r\n\r\nokay"),
        200,
        "ok",
        true,
    );
    assert_taken(format!("{ok}content-LENGTH:2 \r\n\r\nok"), 200, "ok", true);
    assert_taken(format!("{ok}Content-Length: 0\r\n\r\n"), 200, "", true);
    assert_taken(format!("{ok}Content-Length: 9\r\n\r\nok"), 200, "ok", false);
    assert_taken(
        format!("{ok}\r\nuntil the end"),
        200,
        "until the end",
        false,
    );
    assert_taken("HTTP/1.0 500 \r\n\r\nx", 500, "x", false);
    assert_taken("HTTP/1.1 404\r\n\r\nno reason", 404, "no reason", false);
    for status in [204, 304] {
        let head = format!("HTTP/1.1 {status} x\r\nContent-Length: 3\r\n\r\nabc");
        assert_taken(head, status, "", true);
    }
    // Both: the coding counts (section 6.3).
    let both = "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    assert_taken(format!("{ok}{both}"), 200, "ok", true);
    // A coding that is not ours to undo, before chunks and without them.
    let coded = "Transfer-Encoding: gzip, Chunked\r\n\r\n2\r\n\x1f\x0b\r\n0\r\n\r\n";
    assert_taken(format!("{ok}{coded}"), 200, b"\x1f\x0b", true);
    let two = "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n";
    assert_taken(format!("{ok}{two}"), 200, "x", true);
    assert_taken(
        format!("{ok}Transfer-Encoding: gzip\r\n\r\n2\r\n"),
        200,
        "2\r\n",
        false,
    );
}

/// Chunks with extensions, leading zeros, either case and trailers.
#[test]
fn chunks() {
    let head = "HTTP/1.1 429 x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (chunks, body, complete) in [
        ("5\r\nhello\r\n0\r\n\r\n", "hello", true),
        (
            "5;x=\"y;0\";z\r\nhello\r\n6 ; a\r\n world\r\n0\r\n\r\n",
            "hello world",
            true,
        ),
        (
            "00000a\r\n0123456789\r\n000\r\nTrailer: x\r\n\r\n",
            "0123456789",
            true,
        ),
        ("A\n0123456789\n0\n\n", "0123456789", true),
        // The last chunk is all that is waited for.
        ("1\r\nx\r\n0\r\n", "x", true),
        ("1\r\nx\r\n0", "x", false),
        ("9\r\nbroken", "broken", false),
        ("0;x\r\n\r\n", "", true),
        // Wrong: what came before stays.
        ("2\r\nok\r\nzz\r\nmore", "ok", true),
        ("2\r\nok\r\n-5\r\nmore", "ok", true),
        ("2\r\nok\r\n;x\r\nmore", "ok", true),
        ("2\r\nok\r\n0x5\r\nmore", "ok", true),
        // A size beyond every number is only more than is kept.
        ("ffffffffffffffffffffffff\r\nmuch", "much", false),
        ("1000000000000000000000000\r\nmuch", "much", false),
    ] {
        let answer = [head, chunks].concat();
        assert_taken(answer, 429, body, complete);
    }
}

/// A body is cut where its buffer ends, however it is framed.
#[test]
fn long_bodies_are_cut() {
    let ok = "HTTP/1.1 200 OK\r\n";
    let long = "x".repeat(9_999);
    let cut = &long[..ANSWER_BODY_BYTES_MAX];
    let many = "1\r\nx\r\n".repeat(9_999);
    for rest in [
        format!("\r\n{long}"),
        format!("Content-Length: 18446744073709551616000\r\n\r\n{long}"),
        format!("Content-Length: 209715200\r\n\r\n{long}"),
        format!("Transfer-Encoding: chunked\r\n\r\n{many}"),
        format!("Transfer-Encoding: chunked\r\n\r\nFFFF\r\n{long}"),
    ] {
        assert_taken(format!("{ok}{rest}"), 200, cut, true);
    }
    let exact = format!("{ok}Content-Length: {ANSWER_BODY_BYTES_MAX}\r\n\r\n{cut}");
    assert_taken(exact, 200, cut, true);
}

/// Informational answers are skipped, fields and all; one alone is no answer.
#[test]
fn informational_answers() {
    let hints = "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\nRetry-After: 9\r\n\r\n";
    let early = [hints, "HTTP/1.1 100 Continue\r\n\r\n"].concat();
    assert_taken(early.clone() + "HTTP/1.1 204 x\r\n\r\n", 204, "", true);
    assert_taken(
        early.repeat(999) + "HTTP/1.1 500 x\r\n\r\nno",
        500,
        "no",
        false,
    );
    assert_eq!(take(early.as_bytes()), Ok(None));
    assert_malformed(early.clone() + "200 OK\r\n");

    let mut head = [0; ANSWER_HEAD_BYTES_MAX];
    let mut response = Response::new(Notifier::Slack, &mut head, &mut []);
    let last = early + "HTTP/1.1 503 x\r\nDate: now\r\n\r\n";
    assert_eq!(response.push(last.as_bytes()), Ok(()));
    assert_eq!(response.header("retry-after"), None);
    assert_eq!(response.header("date"), Some("now"));
}

/// Names in any case, blanks around values, lines that end in a bare LF, the
/// first of several.
#[test]
fn fields() {
    let mut head = [0; ANSWER_HEAD_BYTES_MAX];
    let mut response = Response::new(Notifier::Slack, &mut head, &mut []);
    let answer = b"HTTP/1.1 302 Found\nLocation:http://x:1/y\nRETRY-after: \t120 \t\r\n\
        Retry-After: 7\r\n Date: folded\r\n\tDate: folded\r\nno colon\r\nX-RateLimit-Remaining : 0\r\n\
        X-Latin: caf\xE9\r\nEmpty:\r\n\n";
    assert_eq!(response.push(answer), Ok(()));
    assert_eq!(response.status(), Some(302));
    for (name, value) in [
        ("location", Some("http://x:1/y")),
        ("Retry-After", Some("120")),
        ("date", None),
        ("x-ratelimit-remaining", Some("0")),
        ("x-latin", None),
        ("empty", Some("")),
        ("no colon", None),
        ("HTTP/1.1 302 Found\nLocation", None),
        ("", None),
    ] {
        assert_eq!(response.header(name), value, "{name}");
    }
}

/// A connection that ends: nothing before the status line's end is an answer,
/// everything after it is.
#[test]
fn early_ends() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello";
    let line = b"HTTP/1.1 200 OK\r\n".len();
    for end in 0..answer.len() {
        let outcome = take(&answer[..end]).unwrap();
        let status = outcome.map(|outcome| (outcome.status, outcome.complete));
        assert_eq!(status, (end >= line).then_some((200, false)), "{end}");
    }
}

/// What other protocols, and nobody, would say.
#[test]
fn no_http() {
    for line in [
        "",
        "hello",
        "\x15\x03\x03\0\x02\x02\x28",
        "220 mail.example.org ESMTP",
        "SSH-2.0-OpenSSH_9.2",
        "PRI * HTTP/2.0",
        "HTTP/2 200 OK",
        "HTTP/2.0 200 OK",
        "http/1.1 200 OK",
        "HTTP/1.1",
        "HTTP/1.1 ",
        "HTTP/1.1 20",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 099 OK",
        "HTTP/1.1 -20 OK",
        "HTTP/1.1 2 0 OK",
        "HTTP/1.x 200 OK",
        "HTTP/1.10 200 OK",
        "HTTP/1.1  200 OK",
        " HTTP/1.1 200 OK",
        "ICY 200 OK",
        "<html>",
    ] {
        assert_malformed(format!("{line}\r\n\r\n"));
        assert_malformed(format!("{line}\n"));
    }
    assert_malformed(b"\x00\xFF\r\n\r\n");
    // HTTP/2's SETTINGS frame has no line end: nothing, until there is more.
    assert_eq!(take(b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80"), Ok(None));
}

/// A server that has said 200 has taken the message, whatever fields follow. A
/// length that is none, or two of them, means that the body ends with the
/// connection; other lines mean nothing.
#[test]
fn wrong_fields() {
    for field in [
        "Content-Length: -1",
        "Content-Length: +1",
        "Content-Length: abc",
        "Content-Length: 0x10",
        "Content-Length: 1 2",
        "Content-Length: 5, 5",
        "Content-Length:",
        "Content-Length: 5\r\nContent-Length: 6",
        ": no name",
        "two words: x",
        "no colon",
        " Content-Length: 1",
        "Ctrl\x01: x",
        "X\0: x",
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\nhello");
        assert_taken(answer, 200, "hello", false);
    }
    assert_taken(b"HTTP/1.1 200 OK\r\n\xFF\xFE: x\r\n\r\n", 200, "", false);
    let twice = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\ncontent-length: 05\r\n\r\nhello!";
    assert_taken(twice, 200, "hello", true);
}

/// A head may fill its buffer; of a longer one the beginning counts, in one line
/// or in many, if it holds the status line.
#[test]
fn long_heads() {
    let status = "HTTP/1.1 429 Slow down\r\nRetry-After: 5\r\n";
    let fill = |length: usize| "y".repeat(length - status.len() - "X: \r\n\r\n".len());
    let fits = fill(ANSWER_HEAD_BYTES_MAX);
    assert_taken(format!("{status}X: {fits}\r\n\r\n"), 429, "", false);
    for longer in [
        format!("X: {}\r\n\r\n", fill(ANSWER_HEAD_BYTES_MAX + 1)),
        "X: y\r\n".repeat(2_000),
        "y".repeat(65_536),
        "\r".repeat(65_536),
    ] {
        let answer = [status, &longer].concat();
        assert_taken(&answer, 429, "", true);
        let (mut head, mut body) = ([0; ANSWER_HEAD_BYTES_MAX], [0; 1]);
        let mut response = Response::new(Notifier::Slack, &mut head, &mut body);
        assert_eq!(response.push(answer.as_bytes()), Ok(()));
        assert_eq!(response.header("retry-after"), Some("5"));
    }
    // A success is one, however much follows it.
    let answer = ["HTTP/1.1 200 OK\r\n", &"X: y\r\n".repeat(2_000)].concat();
    assert_taken(&answer, 200, "", true);
    assert_malformed("y".repeat(65_536));
    assert_malformed(["HTTP/1.1 100 x\r\n", &"X: y\r\n".repeat(2_000)].concat());
}

/// Random bytes, random cuts and random changes of a good answer: no panic, and
/// the same whatever the pieces are.
#[test]
fn hostile_bytes() {
    let good =
        b"HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 OK\r\nDate: x\r\nTransfer-Encoding: chunked\r\n\
        Content-Length: 3\r\n\r\n1f;x\r\n0123456789012345678901234567890\r\n2\r\nok\r\n0\r\n\r\n";
    let mut seed = 1_u64;
    let mut random = move |below: usize| {
        // Knuth's MMIX generator; its high bits are the good ones.
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let (mut answers, mut refused) = (0, 0);
    for _ in 0..3_000 {
        let mut bytes = good.to_vec();
        for _ in 0..random(4) {
            let at = random(bytes.len());
            match random(3) {
                0 => bytes[at] = random(256) as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"\r\n :;0f\0"[random(8)]),
            }
        }
        match take(&bytes) {
            Ok(answer) => answers += usize::from(answer.is_some()),
            Err(Malformed) => refused += 1,
        }
    }
    assert!(answers > 1_000 && refused > 100, "{answers} {refused}");
}
