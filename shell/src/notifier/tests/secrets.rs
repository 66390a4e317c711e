//! No token, path, query, header value or body of the user ever gets into the log,
//! whatever goes wrong.

use std::io::Write;

use alertik_core::delivery::Notifier;

use super::super::NotifierStatus;
use super::support::{Running, Server, answer, listen, logged, read_request, run};

const G1: Notifier = Notifier::Generic1;

/// Every secret in these tests contains this mark.
const MARK: &str = "hUsHhUsH";

/// Starts a generic webhook full of secrets, sends, and waits for a failure.
fn fail(base: &str) -> Running {
    let url = format!("{base}/{MARK}-path/x?sig={MARK}-query&a=b");
    let running = run(
        &[G1],
        &[
            ("GENERIC1_WEBHOOK_URL", &url),
            (
                "GENERIC1_HEADERS",
                &format!("Authorization: Bearer {MARK}-header"),
            ),
            (
                "GENERIC1_BODY",
                &format!("{{\"token\":\"{MARK}-body-12345\",\"m\":\"{{{{text}}}}\"}}"),
            ),
            ("HTTP_TIMEOUT_SECS", "1"),
        ],
    );
    running.push(&[G1], 1, "text", b"");
    let done = |status: &NotifierStatus| status.counts.failed_attempts > 0;
    let status = running.wait(G1, "failed", done);
    assert!(!status.last_error.unwrap().contains(MARK));
    running
}

/// Failures log no secrets, not even at the most verbose level, nor if a server echoes
/// everything that it receives.
#[test]
fn no_secret_is_logged() {
    for status in [
        "301 x", "302 x", "307 x", "400 x", "401 x", "403 x", "404 x", "410 x", "413 x", "429 x",
        "500 x", "503 x",
    ] {
        let server = Server::http(move |_, request, stream| {
            let (line, token) = (&request.line, request.header("authorization").unwrap());
            let echo = format!("cannot {line}\n{token}\n{}", request.body);
            let location = format!("Location: http://10.0.0.1/{MARK}-path/y\r\n");
            answer(stream, status, &location, &echo);
        });
        fail(&server.url(""));
    }
    for bytes in [
        b"" as &[u8],
        b"\x00\xFFgarbage\r\n\r\n",
        b"HTTP/1.1 500 x\r\nContent-Length: abc\r\n\r\n",
        b"HTTP/1.1 500 x\r\n\xFF\xFE: x\r\n\r\n",
    ] {
        let server = Server::serve(listen(0), move |mut stream, _, _| {
            let _ = read_request(&mut stream);
            let _ = stream.write_all(bytes);
        });
        fail(&server.url(""));
    }
    // Silence, a closed port, a name that does not exist, a server without TLS.
    let silent = Server::serve(listen(0), |mut stream, _, _| {
        let _ = read_request(&mut stream);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    fail(&silent.url(""));
    let listener = listen(0);
    let closed = listener.local_addr().unwrap();
    drop(listener);
    fail(&format!("http://{closed}"));
    fail(&format!("http://{MARK}.invalid").replace(MARK, "name"));
    let server = Server::answering("400 x", "");
    fail(&format!("https://localhost:{}", server.address.port()));
    // Telegram has its token in the path.
    let server = Server::http(|_, request, stream| answer(stream, "404 x", "", &request.line));
    let id = Notifier::Telegram;
    let running = run(
        &[id],
        &[
            ("TELEGRAM_API_URL", &server.url("")),
            ("TELEGRAM_BOT_TOKEN", &format!("123456789:{MARK}")),
            ("TELEGRAM_CHAT_ID", "1"),
        ],
    );
    running.push(&[id], 1, "text", b"");
    running.wait(id, "failed", |status| status.counts.failed_attempts > 0);
    crate::notifier::tests::support::shut_down(&running.senders, 0);

    let log = logged();
    assert!(
        log.contains("Generic1: notifications dropped: 1;"),
        "nothing was logged"
    );
    let leak = log
        .lines()
        .find(|line| line.contains(MARK) || line.contains("123456789"));
    assert_eq!(leak, None);
}
