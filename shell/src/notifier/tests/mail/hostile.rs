//! Servers that follow a script of their own: what they get is all that they may get.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant as StdInstant};

use super::super::support::{PATIENCE, Request, Server, listen, logged_lines};
use super::{ACCOUNT, MAIL, start};

/// What a server says until it is shown the mail, in this order: once, to `EHLO`, to the
/// sender and to the recipient, and to `DATA`.
const READY: &str = "220 x\r\n";
const TAKEN: &str = "250 x\r\n";
const GO_ON: &str = "354 x\r\n";

/// Says `replies` one after the other, each after a command. Hangs up after
/// a mail that none of them answers, and otherwise waits for the client to do so.
/// A `Request` has the commands as its line and the mail as its body.
fn serve(replies: &'static [&'static str]) -> Server {
    Server::serve(listen(0), move |stream, _, sender| {
        let (commands, mail) = talk(&stream, replies);
        let _ = sender.send(Request {
            line: commands.join("|"),
            headers: Vec::new(),
            body: mail,
            at: StdInstant::now(),
        });
    })
}

fn talk(mut stream: &TcpStream, replies: &[&str]) -> (Vec<String>, String) {
    let (mut commands, mut mail) = (Vec::new(), String::new());
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut bytes = Vec::new();
        let count = reader.read_until(b'\n', &mut bytes).unwrap_or(0);
        (count > 0).then(|| String::from_utf8_lossy(&bytes).trim_end().to_owned())
    };
    for reply in replies {
        if stream.write_all(reply.as_bytes()).is_err() {
            break;
        }
        let Some(command) = line() else { break };
        if reply.starts_with("354") {
            let mut next = Some(command);
            while let Some(text) = next.filter(|text| text != ".") {
                mail.push_str(&text);
                mail.push('\n');
                next = line();
            }
        } else {
            commands.push(command);
        }
    }
    if replies.last().is_some_and(|reply| reply.starts_with("354")) {
        return (commands, mail);
    }
    // The client ends.
    while let Some(command) = line() {
        commands.push(command);
    }
    (commands, mail)
}

fn url(scheme: &str, server: &Server) -> String {
    format!("{scheme}://localhost:{}", server.address.port())
}

/// Sends a mail to a server and returns what the server got, and the error.
fn failure(scheme: &str, replies: &'static [&'static str]) -> (String, String) {
    let server = serve(replies);
    let running = start(&url(scheme, &server), &ACCOUNT);
    running.push(&[MAIL], 1, "x", b"");
    let status = running.wait(MAIL, "failed", |status| status.counts.failed_attempts > 0);
    assert_eq!(status.waiting, 1);
    (server.next().line, status.last_error.unwrap())
}

/// Somebody between us and the server takes STARTTLS out of its offer, or refuses it:
/// neither the login nor the mail is sent.
#[test]
fn starttls_is_never_left_out() {
    let (got, words) = failure(
        "smtp+starttls",
        &["220 x\r\n", "250-x\r\n250 AUTH PLAIN\r\n"],
    );
    assert_eq!(got, "EHLO [127.0.0.1]|QUIT");
    assert!(
        words.starts_with("the server does not offer STARTTLS"),
        "{words}"
    );
    let (got, words) = failure(
        "smtp+starttls",
        &["220 x\r\n", "250 STARTTLS\r\n", "502 no\r\n"],
    );
    assert_eq!(got, "EHLO [127.0.0.1]|STARTTLS|QUIT");
    assert!(
        words.starts_with("SMTP 502: no; check MAIL_SERVER"),
        "{words}"
    );
}

/// Replies that somebody adds to the server's own before TLS protects the connection are
/// not believed, whether they come in the same packet or in another one.
#[test]
fn nothing_from_before_tls_counts() {
    let (got, words) = failure(
        "smtp+starttls",
        &[
            "220 x\r\n",
            "250 STARTTLS\r\n",
            "220 go\r\n250 AUTH PLAIN\r\n235 x\r\n",
        ],
    );
    assert_eq!(got, "EHLO [127.0.0.1]|STARTTLS");
    assert!(words.contains("no proper SMTP"), "{words}");
    let server = Server::serve(listen(0), |mut stream, _, sender| {
        let (commands, _) = {
            let _ = stream.write_all(b"220 x\r\n");
            let mut bytes = [0; 512];
            let _ = stream.read(&mut bytes);
            let _ = stream.write_all(b"250 STARTTLS\r\n");
            let _ = stream.read(&mut bytes);
            let _ = stream.write_all(b"220 go\r\n");
            // The ClientHello has come: what follows is in another packet.
            let _ = stream.read(&mut bytes);
            talk(&stream, &["250 AUTH PLAIN\r\n", "235 x\r\n"])
        };
        let _ = sender.send(Request {
            line: commands.join("|"),
            headers: Vec::new(),
            body: String::new(),
            at: StdInstant::now(),
        });
    });
    let running = start(&url("smtp+starttls", &server), &ACCOUNT);
    running.push(&[MAIL], 1, "x", b"");
    let status = running.wait(MAIL, "failed", |status| status.counts.failed_attempts > 0);
    let words = status.last_error.unwrap();
    assert!(words.contains("is not TLS"), "{words}");
    assert!(!server.next().line.contains("EHLO"), "a command in clear");
}

/// A connection that breaks after the mail: it may have arrived, so it comes again, the
/// same to the byte, under the same id.
#[test]
fn a_repetition_is_the_same_mail() {
    let server = serve(&[READY, TAKEN, TAKEN, TAKEN, GO_ON]);
    let running = start(&url("smtp", &server), &[("MAIL_FROM", "a@example.org")]);
    running.push(&[MAIL], 1, "first", b"");
    let first = server.next();
    running.push(&[MAIL], 2, "second", b"");
    let again = server.next();
    assert!(first.body.contains("\nMessage-ID: <"), "{}", first.body);
    assert!(first.body.contains("\nDate: "), "{}", first.body);
    assert_eq!(first.body, again.body);
    assert_eq!(running.senders.status(MAIL).unwrap().waiting, 2);
    // One that did not leave is another mail the next time.
    let server = serve(&[READY, TAKEN, TAKEN, TAKEN, "451 x\r\n"]);
    let running = start(&url("smtp", &server), &[("MAIL_FROM", "a@example.org")]);
    running.push(&[MAIL], 1, "first", b"");
    let status = running.wait(MAIL, "failed twice", |status| {
        status.counts.failed_attempts > 1
    });
    assert!(status.last_error.unwrap().starts_with("SMTP 451: x"));
}

/// A mail that the server does not want is dropped and reported, like a body that a
/// webhook does not want.
#[test]
fn a_mail_is_refused() {
    let server = serve(&[READY, TAKEN, TAKEN, TAKEN, GO_ON, "554 spam\r\n"]);
    let running = start(&url("smtp", &server), &[("MAIL_FROM", "a@example.org")]);
    running.push(&[MAIL], 7, "x", b"");
    let status = running.wait(MAIL, "refused", |status| status.counts.refused == 1);
    assert_eq!((status.waiting, running.failed_tickets()), (0, vec![7]));
    let words = status.last_error.unwrap();
    assert_eq!(words, "SMTP 554: spam; the server did not accept the mail");
}

/// A server that repeats what it got, in clear or as it was sent, gives no secret away.
#[test]
fn echoes_are_redacted() {
    let account = [
        ("MAIL_USER", "me@example.org"),
        ("MAIL_PASSWORD", "hunter2secret"),
    ];
    // "\0me@example.org\0hunter2secret", and the password alone.
    let server = serve(&[
        "220 x\r\n",
        "250 AUTH PLAIN\r\n",
        "535 hunter2secret AG1lQGV4YW1wbGUub3JnAGh1bnRlcjJzZWNyZXQ= aHVudGVyMnNlY3JldA==\r\n",
    ]);
    let running = start(&url("smtp", &server), &account);
    running.push(&[MAIL], 1, "x", b"");
    let status = running.wait(MAIL, "failed", |status| status.counts.failed_attempts > 0);
    let words = status.last_error.unwrap();
    assert!(
        words.starts_with("SMTP 535: *** ***= ***==; check MAIL_USER"),
        "{words}"
    );
    for secret in ["hunter2secret", "AG1lQGV4", "aHVudGVy"] {
        assert!(logged_lines(secret).is_empty(), "{secret}");
    }
}

/// Lines without end, replies without end, and another protocol: the attempt ends soon,
/// and the mail waits.
#[test]
fn floods_and_strangers() {
    for (reply, expected) in [
        ("x", "the answer is far too long"),
        ("250-x\r\n", "the answer is far too long"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "the answer is no proper SMTP"),
    ] {
        let server = Server::serve(listen(0), move |mut stream, _, _| {
            while stream.write_all(reply.repeat(1_000).as_bytes()).is_ok() {}
        });
        let running = start(&url("smtp", &server), &ACCOUNT);
        running.push(&[MAIL], 1, "x", b"");
        let status = running.wait(MAIL, "failed", |status| status.counts.failed_attempts > 0);
        let words = status.last_error.unwrap();
        assert!(words.starts_with(expected), "{words}");
        assert_eq!(status.waiting, 1);
    }
}

/// A server that says one byte at a time, or nothing, does not hold an attempt longer
/// than its deadline.
#[test]
fn a_slow_server() {
    for text in ["220-x\r\n", ""] {
        let server = Server::serve(listen(0), move |mut stream, _, _| {
            for byte in text.bytes().cycle() {
                if stream.write_all(&[byte]).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(100));
            }
            let _ = stream.read(&mut [0; 16]);
            thread::sleep(PATIENCE);
        });
        let variables = [ACCOUNT[0], ACCOUNT[1], ("HTTP_TIMEOUT_SECS", "1")];
        let began = StdInstant::now();
        let running = start(&url("smtp", &server), &variables);
        running.push(&[MAIL], 1, "x", b"");
        let status = running.wait(MAIL, "failed", |status| status.counts.failed_attempts > 0);
        assert!(began.elapsed() < Duration::from_secs(3));
        let words = status.last_error.unwrap();
        assert_eq!(words, "no answer from localhost within 1 s");
    }
}
