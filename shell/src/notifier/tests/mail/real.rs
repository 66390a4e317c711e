//! A real server: aiosmtpd, and its mails as Python's parser understands them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use alertik_core::delivery::Hold;
use rcgen::{CertificateParams, Issuer, KeyPair};

use super::super::ca::{ca, new_ca};
use super::super::support::{PATIENCE, logged_lines};
use super::{ACCOUNT, MAIL, start};
use crate::sys::clock;

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/src/notifier/tests/mail/server.py"
);

/// A mail that the server got: who sent it to whom, its fields and its text.
type Mail = BTreeMap<String, String>;

/// A running server.
struct Server {
    child: Child,
    port: u16,
    mails: Receiver<Mail>,
    folder: PathBuf,
    /// The server ends with it.
    _stdin: Option<ChildStdin>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Server {
    /// Starts a server, if there is one on this machine. Its certificate is for
    /// `localhost`, by `issuer`.
    fn start(arguments: &[&str], issuer: &Issuer<'_, KeyPair>) -> Option<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let has_it = |python: &&str| {
            let import = Command::new(python)
                .args(["-c", "import aiosmtpd"])
                .output();
            import.is_ok_and(|output| output.status.success())
        };
        let Some(python) = ["/usr/bin/python3", "python3"].into_iter().find(has_it) else {
            eprintln!("SKIPPED: needs aiosmtpd (Debian's python3-aiosmtpd)");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("alertik-test-mail-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".into()]).unwrap();
        let certificate = params.signed_by(&key, issuer).unwrap();
        let files = [folder.join("cert.pem"), folder.join("key.pem")];
        fs::write(&files[0], certificate.pem()).unwrap();
        fs::write(&files[1], key.serialize_pem()).unwrap();
        let (mode, mechanism) = arguments.split_first().unwrap();
        let mut child = Command::new(python)
            .args([SCRIPT, mode])
            .args(files)
            .args(mechanism)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // It warns of logins without TLS.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().expect("a port").unwrap().parse().unwrap();
        let (sender, mails) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(line.split(' ').map(decode).collect());
            }
        });
        let stdin = child.stdin.take();
        Some(Self {
            child,
            port,
            mails,
            folder,
            _stdin: stdin,
        })
    }

    fn next(&self) -> Mail {
        self.mails.recv_timeout(PATIENCE).expect("no mail arrived")
    }
}

/// Decodes `NAME=VALUE`.
fn decode(word: &str) -> (String, String) {
    let (name, digits) = word.split_once('=').expect("a name");
    let bytes = digits.as_bytes().chunks(2).map(|digits| {
        let digits = std::str::from_utf8(digits).unwrap();
        u8::from_str_radix(digits, 16).unwrap()
    });
    let value = String::from_utf8(bytes.collect()).expect("UTF-8");
    (name.to_owned(), value)
}

/// Each way to a server and each way to log in: the mail arrives, once, with its
/// envelope, its fields, and the text as it was, whatever that holds.
#[test]
fn every_way() {
    for (scheme, arguments) in [
        ("smtps", &["tls"][..]),
        ("smtps", &["tls", "LOGIN"]),
        ("smtp+starttls", &["starttls"]),
        ("smtp+starttls", &["starttls", "LOGIN"]),
        ("smtp", &["plain"]),
        ("smtp", &["login"]),
    ] {
        let Some(server) = Server::start(arguments, &ca().issuer) else {
            return;
        };
        let url = format!("{scheme}://localhost:{}", server.port);
        let with_login = arguments[0] != "plain";
        let running = match with_login {
            true => start(
                &url,
                &[
                    ACCOUNT[0],
                    ACCOUNT[1],
                    ("DEVICE_NAME", "router.example.org"),
                ],
            ),
            // No domain, so it is the address that is said.
            false => start(
                &url,
                &[
                    ("MAIL_FROM", "alertik@example.org"),
                    ("DEVICE_NAME", "office"),
                ],
            ),
        };
        let mask = "Grüße: \u{1F600} [office]\n.\n..x\nMAIL FROM:<x@example.org>\n\n";
        running.push(&[MAIL], 1, mask, b"a\r\n.\r\nQUIT\r\nSubject: x\xFF <&\"");
        let mail = server.next();
        let python = |value| if value { "True" } else { "False" };
        assert_eq!(mail["tls"], python(scheme != "smtp"), "{arguments:?}");
        assert_eq!(mail["login"], python(with_login), "{arguments:?}");
        assert_eq!(mail["from"], "alertik@example.org");
        assert_eq!(mail["to"], "noc@example.org");
        let name = if with_login {
            "router.example.org"
        } else {
            "[127.0.0.1]"
        };
        assert_eq!(mail["hello"], name);
        assert_eq!(mail["defects"], "[]");
        let text = "a  .  QUIT  Subject: x\u{fffd} <&\"";
        let expected = [mask, text, "\n"].concat().replace('\n', "\r\n");
        assert_eq!(mail["text"], expected);
        assert_eq!(mail["field-subject"], "Grüße: \u{1F600} [office]");
        assert_eq!(mail["field-from"], "alertik <alertik@example.org>");
        assert_eq!(mail["field-to"], "noc@example.org");
        assert_eq!(mail["field-auto-submitted"], "auto-generated");
        let id = mail["field-message-id"].as_str();
        assert!(id.starts_with('<') && id.ends_with("@example.org>"), "{id}");
        assert!(mail["date"].starts_with("20"), "{}", mail["date"]);
        let status = running.wait(MAIL, "sent", |status| status.counts.sent == 1);
        assert_eq!(status.counts.failed_attempts, 0);
        assert!(server.mails.try_recv().is_err(), "a second mail");
    }
}

/// What comes together is one mail, whose subject says how much it is; and lines are
/// short enough for every server.
#[test]
fn many_notifications_are_one_mail() {
    let Some(server) = Server::start(&["plain"], &ca().issuer) else {
        return;
    };
    let url = format!("smtp://localhost:{}", server.port);
    let running = start(
        &url,
        &[
            ("MAIL_FROM", "alertik@example.org"),
            ("MAIL_TO", "noc@example.org, boss@example.org,"),
            ("MAIL_SUBJECT", "Router: {{text:10}}"),
            ("MAIL_MIN_INTERVAL_MS", "1000"),
        ],
    );
    for number in 0..30 {
        let text = format!("{number:02} {}", "x".repeat(500));
        running.push(&[MAIL], number, &text, b"");
    }
    let status = running.wait(MAIL, "sent", |status| status.counts.sent == 30);
    let count = status.counts.messages;
    assert!(count <= 3, "{count} mails");
    let (mut lines, mut total) = (0, 0);
    for _ in 0..count {
        let mail = server.next();
        assert_eq!(mail["to"], "noc@example.org,boss@example.org");
        assert_eq!(mail["field-to"], "noc@example.org, boss@example.org");
        let count = mail["text"].as_str().lines().count();
        let raw = mail["raw"].as_str();
        lines = lines.max(count);
        total += count;
        assert!(raw.lines().all(|line| line.len() <= 78), "{raw}");
        let subject = mail["field-subject"].as_str();
        assert!(subject.starts_with("Router: "), "{subject}");
        let more = format!("… (+{})", count - 1);
        assert_eq!(subject.ends_with(&more), count > 1, "{subject}");
    }
    assert_eq!(total, 30);
    assert!(lines > 10, "{lines}");
}

/// A wrong password is a mistake in the configuration: it is reported as such, without the
/// password, and the mail waits.
#[test]
fn a_wrong_password() {
    let Some(server) = Server::start(&["tls"], &ca().issuer) else {
        return;
    };
    let url = format!("smtps://localhost:{}", server.port);
    let account = [ACCOUNT[0], ("MAIL_PASSWORD", "wrong-and-secret")];
    let running = start(&url, &account);
    running.push(&[MAIL], 1, "x", b"");
    let status = running.wait(MAIL, "failed", |status| status.counts.failed_attempts > 0);
    let words = status.last_error.unwrap();
    assert!(words.starts_with("SMTP 535: "), "{words}");
    assert!(words.contains("check MAIL_USER and MAIL_PASSWORD (many providers want an app"));
    assert_eq!((status.waiting, status.hold.0), (1, Hold::Suspended));
    assert!(status.hold.1.since(clock::now()) > 20_000);
    assert!(logged_lines("wrong-and-secret").is_empty());
}

/// Without a login, a server that wants one says so, and so do we.
#[test]
fn a_login_is_missing() {
    let Some(server) = Server::start(&["login"], &ca().issuer) else {
        return;
    };
    let url = format!("smtp://localhost:{}", server.port);
    let running = start(&url, &[("MAIL_FROM", "alertik@example.org")]);
    running.push(&[MAIL], 1, "x", b"");
    let status = running.wait(MAIL, "failed", |status| status.counts.failed_attempts > 0);
    let words = status.last_error.unwrap();
    assert!(words.starts_with("SMTP 530: "), "{words}");
    assert!(
        words.ends_with("whether the server wants MAIL_USER and MAIL_PASSWORD"),
        "{words}"
    );
    assert_eq!(status.waiting, 1);
}

/// A recipient that is refused does not keep the mail from the others. If all are, the
/// mail waits for a better configuration, or for later if the server says so.
#[test]
fn refused_recipients() {
    let Some(server) = Server::start(&["plain"], &ca().issuer) else {
        return;
    };
    let url = format!("smtp://localhost:{}", server.port);
    let run = |to| {
        let running = start(&url, &[("MAIL_FROM", "a@example.org"), ("MAIL_TO", to)]);
        running.push(&[MAIL], 1, "x", b"");
        running
    };
    let running = run("550x@example.org,noc@example.org,450x@example.org");
    running.wait(MAIL, "sent", |status| status.counts.sent == 1);
    assert_eq!(server.next()["to"], "noc@example.org");
    let reported = "450x@example.org was refused with 450: check MAIL_TO";
    assert_eq!(logged_lines(reported).len(), 1);
    let running = run("550x@example.org");
    let status = running.wait(MAIL, "failed", |status| status.counts.failed_attempts > 0);
    let words = status.last_error.unwrap();
    assert!(
        words.starts_with("SMTP 550: relaying denied; check MAIL_TO"),
        "{words}"
    );
    assert_eq!((status.waiting, status.hold.0), (1, Hold::Suspended));
    let running = run("451x@example.org");
    let status = running.wait(MAIL, "failed twice", |status| {
        status.counts.failed_attempts > 1
    });
    assert_eq!((status.waiting, status.hold.0), (1, Hold::Failed));
}

/// A certificate that nobody vouches for ends the connection before the login, with
/// STARTTLS as with TLS from the start; and a port of the other kind is named.
#[test]
fn certificates_and_ports() {
    let (stranger, _) = new_ca("mail stranger");
    for (mode, scheme) in [("tls", "smtps"), ("starttls", "smtp+starttls")] {
        let Some(server) = Server::start(&[mode], &stranger) else {
            return;
        };
        let url = format!("{scheme}://localhost:{}", server.port);
        let running = start(&url, &ACCOUNT);
        running.push(&[MAIL], 1, "x", b"");
        let status = running.wait(MAIL, "failed", |status| status.counts.failed_attempts > 0);
        let words = status.last_error.unwrap();
        assert!(words.contains("untrusted issuer"), "{words}");
        assert_eq!(status.waiting, 1);
    }
    let Some(server) = Server::start(&["starttls"], &ca().issuer) else {
        return;
    };
    let running = start(&format!("smtps://localhost:{}", server.port), &ACCOUNT);
    running.push(&[MAIL], 1, "x", b"");
    let status = running.wait(MAIL, "failed", |status| status.counts.failed_attempts > 0);
    let words = status.last_error.unwrap();
    assert!(
        words.contains("not TLS: smtps:// is usually at port 465"),
        "{words}"
    );
}
