//! Any bytes as a mail server, in pieces of any size: the dialogue ends, says each thing
//! once, writes nothing but lines of its own, and shows neither login nor mail before the
//! TLS that it wants.

#![no_main]

use alertik_core::delivery::{Dialogue, Encoding, FixedStr, Mail, Next, Template, Verdict};
use alertik_core::limits::MAIL_COMMAND_BYTES_MAX;
use libfuzzer_sys::fuzz_target;

/// EHLO twice, STARTTLS, three for a login, MAIL, DATA and QUIT, and each recipient.
const COMMANDS_MAX: usize = 9 + 2;

fuzz_target!(|bytes: &[u8]| {
    let Some((&how, bytes)) = bytes.split_first() else {
        return;
    };
    let wants_tls = how & 1 != 0;
    let mail = Mail {
        name: None,
        login: (how & 2 != 0).then_some(("me", "secret")),
        from: "alertik@example.org",
        to: vec!["a@example.org", "b@example.org"],
        subject: Template::parse("{{text}}", Encoding::Raw).expect("a template"),
    };
    let mut dialogue = Dialogue::new(&mail, "[192.0.2.1]", wants_tls);
    let (mut commands, mut is_secure, mut has_text) = (0, !wants_tls, false);
    for piece in bytes.chunks(usize::from(how >> 2) + 1) {
        let mut buffer = [0; MAIL_COMMAND_BYTES_MAX];
        let mut out = FixedStr::new(&mut buffer);
        let mut next = dialogue.take(piece, &mut out);
        if next == Next::Secure {
            assert!(!is_secure && out.is_empty());
            is_secure = true;
            next = dialogue.secured(&mut out);
        }
        assert!(!out.is_overfull());
        if !out.is_empty() {
            commands += 1;
            let line = out.as_str().strip_suffix("\r\n").expect("a line");
            assert!(!line.contains(['\r', '\n']));
            let is_harmless = ["EHLO ", "STARTTLS", "QUIT"]
                .iter()
                .any(|start| line.starts_with(start));
            assert!(is_secure || is_harmless, "{line}");
        }
        if next == Next::Text {
            assert!(is_secure && !has_text);
            has_text = true;
        }
        if next == Next::End {
            break;
        }
    }
    assert!(commands <= COMMANDS_MAX);
    let delivered = matches!(dialogue.verdict(), Verdict::Delivered { .. });
    assert!(has_text || !delivered);
});
