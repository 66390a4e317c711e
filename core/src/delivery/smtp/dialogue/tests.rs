use super::*;
use std::string::{String, ToString};
use std::vec::Vec;

use crate::delivery::compose::template::Template;
use crate::delivery::compose::writer::Encoding;

fn mail(login: Option<(&'static str, &'static str)>, to: &[&'static str]) -> Mail<'static> {
    Mail {
        name: None,
        login,
        from: "alertik@example.org",
        to: to.to_vec(),
        subject: Template::parse("{{text}}", Encoding::Raw).expect("a template"),
    }
}

const LOGIN: Option<(&str, &str)> = Some(("me", "secret"));
const ALL: &str = "250-host\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n";

/// Says `replies` one after the other, each in pieces of `piece` bytes, and returns what
/// was sent, with `TLS` and `MAIL` for the shell's deeds, and the dialogue.
fn talk<'a>(
    mail: &'a Mail<'a>,
    wants_tls: bool,
    replies: &[&str],
    piece: usize,
) -> (Vec<String>, Dialogue<'a>) {
    let mut dialogue = Dialogue::new(mail, "[192.0.2.1]", wants_tls);
    let mut sent = Vec::new();
    for reply in replies {
        for bytes in reply.as_bytes().chunks(piece) {
            let mut buffer = [0; MAIL_COMMAND_BYTES_MAX];
            let mut out = FixedStr::new(&mut buffer);
            let mut next = dialogue.take(bytes, &mut out);
            if next == Next::Secure {
                sent.push("TLS".to_string());
                next = dialogue.secured(&mut out);
            }
            assert!(!out.is_overfull());
            if !out.is_empty() {
                let command = out.as_str().strip_suffix("\r\n").expect("a line");
                sent.push(command.to_string());
            }
            match next {
                Next::Text => sent.push("MAIL".to_string()),
                Next::End => return (sent, dialogue),
                Next::Receive => {}
                Next::Secure => panic!("TLS twice"),
            }
        }
    }
    (sent, dialogue)
}

/// A mail with everything: TLS by STARTTLS, a login, two recipients; the same whether
/// replies arrive whole or byte by byte.
#[test]
fn a_whole_dialogue() {
    let mail = mail(LOGIN, &["a@example.org", "b@example.org"]);
    let replies = [
        "220-host\r\n220 ready\r\n",
        ALL,
        "220 go\r\n",
        "250-host\r\n250 AUTH PLAIN\r\n",
        "235 yes\r\n",
        "250 ok\r\n",
        "250 ok\r\n",
        "251 ok\r\n",
        "354 go\r\n",
        "250 queued\r\n",
    ];
    for piece in [1, 1_000] {
        let (sent, dialogue) = talk(&mail, true, &replies, piece);
        let expected = [
            "EHLO [192.0.2.1]",
            "STARTTLS",
            "TLS",
            "EHLO [192.0.2.1]",
            "AUTH PLAIN AG1lAHNlY3JldA==",
            "MAIL FROM:<alertik@example.org>",
            "RCPT TO:<a@example.org>",
            "RCPT TO:<b@example.org>",
            "DATA",
            "MAIL",
            "QUIT",
        ];
        assert_eq!(sent, expected);
        let delivered = Verdict::Delivered {
            pause_millis: 0,
            odd: false,
        };
        assert_eq!(dialogue.verdict(), delivered);
        assert_eq!((dialogue.code(), dialogue.text()), (250, &b"queued "[..]));
    }
}

/// Without a login none is tried; with one, LOGIN is used if PLAIN is not offered, in
/// Microsoft's old form of the line, too.
#[test]
fn ways_to_log_in() {
    let without = mail(None, &["a@example.org"]);
    let (sent, _) = talk(&without, false, &["220 x\r\n", ALL], 1_000);
    assert_eq!(sent[1], "MAIL FROM:<alertik@example.org>");
    let with = mail(LOGIN, &["a@example.org"]);
    let replies = [
        "220 x\r\n",
        "250-x\r\n250 auth=LOGIN\r\n",
        "334 VXNlcm5hbWU6\r\n",
        "334 UGFzc3dvcmQ6\r\n",
        "235 x\r\n",
    ];
    let (sent, _) = talk(&with, false, &replies, 1_000);
    let expected = [
        "AUTH LOGIN",
        "bWU=",
        "c2VjcmV0",
        "MAIL FROM:<alertik@example.org>",
    ];
    assert_eq!(sent[1..], expected);
    let offers_nothing = [
        "220 x\r\n",
        "250-x PLAIN\r\n250-SIZE 1\r\n250 AUTH XOAUTH2\r\n",
    ];
    let (sent, dialogue) = talk(&with, false, &offers_nothing, 1_000);
    assert_eq!(sent.last().map(String::as_str), Some("QUIT"));
    assert_eq!(dialogue.lack(), Some(Lack::Login));
    assert_eq!(dialogue.verdict(), Verdict::Gone);
}

/// A server that does not offer STARTTLS, or not any more, gets neither the login nor
/// the mail.
#[test]
fn no_downgrade() {
    let mail = mail(LOGIN, &["a@example.org"]);
    let (sent, dialogue) = talk(&mail, true, &["220 x\r\n", "250 AUTH PLAIN\r\n"], 1_000);
    assert_eq!(sent, ["EHLO [192.0.2.1]", "QUIT"]);
    assert_eq!(dialogue.lack(), Some(Lack::StartTls));
    assert_eq!(dialogue.verdict(), Verdict::Gone);
    for (reply, verdict) in [
        ("454 x\r\n", Verdict::Retry(Doubt::None)),
        ("502 x\r\n", Verdict::Gone),
    ] {
        let (sent, dialogue) = talk(&mail, true, &["220 x\r\n", ALL, reply], 1_000);
        assert_eq!(sent, ["EHLO [192.0.2.1]", "STARTTLS", "QUIT"]);
        assert_eq!(
            (dialogue.stage(), dialogue.verdict()),
            (Stage::Secure, verdict)
        );
    }
}

/// What follows a reply in the same packet was not asked for. Before TLS it could be
/// another's words, so the dialogue ends; what the server offered then is forgotten.
#[test]
fn nothing_may_follow_a_reply() {
    let mail = mail(LOGIN, &["a@example.org"]);
    for replies in [
        &["220 x\r\n250 x\r\n"][..],
        &["220 x\r\n", ALL, "220 go\r\n250 AUTH PLAIN\r\n"],
        &["220 x\r\n", ALL, "220 go\r\n2"],
    ] {
        let (sent, dialogue) = talk(&mail, true, replies, 1_000);
        assert!(!sent.contains(&"TLS".to_string()), "{sent:?}");
        assert_eq!(
            (dialogue.code(), dialogue.verdict()),
            (0, Verdict::Retry(Doubt::None))
        );
    }
    // Only what follows the mail's own reply changes nothing: the mail was taken.
    let replies = [
        "220 x\r\n",
        ALL,
        "235 x\r\n",
        "250 x\r\n",
        "250 x\r\n",
        "354 x\r\n",
        "250 x\r\n421 x\r\n",
    ];
    let (sent, dialogue) = talk(&mail, false, &replies, 1_000);
    assert_eq!(sent.last().map(String::as_str), Some("QUIT"));
    let delivered = Verdict::Delivered {
        pause_millis: 0,
        odd: false,
    };
    assert_eq!(dialogue.verdict(), delivered);
    // AUTH was offered before TLS only.
    let replies = ["220 x\r\n", ALL, "220 go\r\n", "250 x\r\n"];
    let (_, dialogue) = talk(&mail, true, &replies, 1_000);
    assert_eq!(dialogue.lack(), Some(Lack::Login));
}

/// A refusal means the same at each stage: later, never, or a mistake in the account.
#[test]
fn verdicts() {
    let mail = mail(LOGIN, &["a@example.org"]);
    let good = [
        "220 x\r\n",
        ALL,
        "235 x\r\n",
        "250 x\r\n",
        "250 x\r\n",
        "354 x\r\n",
        "250 x\r\n",
    ];
    for at in 0..good.len() {
        let verdict = |reply| {
            let mut replies = good;
            replies[at] = reply;
            let (_, dialogue) = talk(&mail, false, &replies, 1_000);
            dialogue.verdict()
        };
        for reply in ["421 x\r\n", "451 x\r\n"] {
            assert_eq!(verdict(reply), Verdict::Retry(Doubt::None), "{at} {reply}");
        }
        let refused = if at >= 5 {
            Verdict::Refused
        } else {
            Verdict::Gone
        };
        assert_eq!(verdict("550-x\r\n550 x\r\n"), refused, "{at}");
        let doubt = if at == 6 {
            Doubt::Unanswered
        } else {
            Doubt::None
        };
        for reply in ["354 x\r\n", "\r\n", "x"] {
            // A dialogue that goes on nevertheless has not met its end.
            if at != 5 || reply != "354 x\r\n" {
                assert_eq!(verdict(reply), Verdict::Retry(doubt), "{at} {reply:?}");
            }
        }
    }
}

/// A recipient that is refused does not keep the mail from the others, and is reported.
#[test]
fn some_recipients() {
    let mail = mail(None, &["a@example.org", "b@example.org", "c@example.org"]);
    let start = ["220 x\r\n", "250 x\r\n", "250 x\r\n"];
    let run = |replies: &[&str]| {
        let (sent, dialogue) = talk(&mail, false, &[&start[..], replies].concat(), 1_000);
        (
            sent[2..].join(" "),
            dialogue.refused(),
            dialogue.code(),
            dialogue.verdict(),
        )
    };
    let (sent, refused, _, verdict) = run(&[
        "250 x\r\n",
        "550 x\r\n",
        "250 x\r\n",
        "354 x\r\n",
        "250 x\r\n",
    ]);
    assert!(
        sent.ends_with("RCPT TO:<c@example.org> DATA MAIL QUIT"),
        "{sent}"
    );
    assert_eq!(
        (refused, verdict),
        (Some(("b@example.org", 550)), Verdict::ODD)
    );
    // Nobody: the one that may be taken later decides.
    let (sent, refused, code, verdict) = run(&["550 x\r\n", "450 x\r\n", "550 x\r\n"]);
    assert!(sent.ends_with("RCPT TO:<c@example.org> QUIT"), "{sent}");
    assert_eq!((refused, code), (Some(("b@example.org", 450)), 450));
    assert_eq!(verdict, Verdict::Retry(Doubt::None));
    let (.., code, verdict) = run(&["550 x\r\n", "553 x\r\n", "550 x\r\n"]);
    assert_eq!((code, verdict), (550, Verdict::Gone));
}

/// The longest login fits into a command.
#[test]
fn the_longest_login() {
    const LONGEST: &str = match core::str::from_utf8(&[b'x'; MAIL_LOGIN_BYTES_MAX]) {
        Ok(text) => text,
        Err(_) => panic!("ASCII"),
    };
    let mail = mail(Some((LONGEST, LONGEST)), &["a@example.org"]);
    let (sent, _) = talk(&mail, false, &["220 x\r\n", ALL], 1_000);
    assert_eq!(sent[1].len(), "AUTH PLAIN ".len() + 688);
}
