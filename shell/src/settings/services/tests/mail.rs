//! The variables of mails.

use super::*;

/// A mail's variables: what is right is taken, and each mistake is named with its remedy.
#[test]
fn mails() {
    let mail = |more: &[(&str, &str)]| {
        let mut variables = more.to_vec();
        for (name, value) in [
            ("MAIL_SERVER", "smtps://mail.example.org"),
            ("MAIL_FROM", "alertik@example.org"),
            ("MAIL_TO", "noc@example.org"),
        ] {
            if !more.iter().any(|(other, _)| *other == name) {
                variables.push((name, value));
            }
        }
        problems_of(Notifier::Mail, &variables).join("\n")
    };
    let login = |server| {
        mail(&[
            ("MAIL_SERVER", server),
            ("MAIL_USER", "me"),
            ("MAIL_PASSWORD", "secret"),
        ])
    };
    for server in [
        "SMTPS://Mail.example.org",
        "smtp+starttls://mail.example.org:2525/",
        "smtp://postfix",
        "smtp://192.168.88.10:25",
        // Its address is looked at when there is one.
        "smtp://mail.example.org",
    ] {
        assert_eq!(login(server), "", "{server}");
    }
    let words = "MAIL_SERVER: would send MAIL_PASSWORD over the internet without encryption";
    assert!(login("smtp://192.0.2.25").starts_with(words));
    assert_eq!(mail(&[("MAIL_SERVER", "smtp://192.0.2.25")]), "");
    for (name, value, words) in [
        (
            "MAIL_SERVER",
            "",
            "must begin with smtps:// (TLS, port 465)",
        ),
        (
            "MAIL_SERVER",
            "mail.example.org:587",
            "must begin with smtps:// (TLS, port 465)",
        ),
        (
            "MAIL_SERVER",
            "https://mail.example.org",
            "must begin with smtps:// (TLS",
        ),
        (
            "MAIL_SERVER",
            "smtps://me:secret@h",
            "set MAIL_USER and MAIL_PASSWORD",
        ),
        (
            "MAIL_SERVER",
            "smtps://h/x",
            "has more than a host and a port",
        ),
        (
            "MAIL_SERVER",
            "smtps://h:0",
            "has a port that is not a number",
        ),
        (
            "MAIL_USER",
            "me",
            "MAIL_PASSWORD: is not set, but MAIL_USER is",
        ),
        (
            "MAIL_PASSWORD",
            "secret",
            "MAIL_USER: is not set, but MAIL_PASSWORD is",
        ),
        (
            "MAIL_FROM",
            "alertik",
            "'alertik' is not an address; it looks like name@example.org",
        ),
        (
            "MAIL_TO",
            "a@b, c",
            "'c' is not an address; it looks like name@example.org",
        ),
        ("MAIL_TO", "", "is empty; set it to the addresses"),
        ("MAIL_TO", " , ", "has nothing between its commas"),
        ("MAIL_TO", &"a@b,".repeat(17), "has more than 16 addresses"),
        ("MAIL_SUBJECT", "{{txt}}", "at byte 0: unknown placeholder"),
        ("MAIL_SUBJECT", &"x".repeat(300), "is longer than 256 bytes"),
    ] {
        let problem = mail(&[(name, value)]);
        assert!(problem.contains(words), "{name}={value}: {problem}");
        assert!(
            !problem.contains('\n') && !problem.contains("secret"),
            "{problem}"
        );
    }
    // A user who is an address is the sender.
    let account = [("MAIL_USER", "me@example.org"), ("MAIL_PASSWORD", "secret")];
    assert_eq!(mail(&account), "");
    assert_eq!(
        problems_of(Notifier::Mail, &[]),
        [
            "MAIL_SERVER: is not set; set it to the server, such as smtps://mail.example.org",
            "MAIL_FROM: is not set; set it to the sender's address",
            "MAIL_TO: is not set; set it to the addresses that get the mails, separated by commas"
        ]
    );
}

/// A port of another way is probably a mistake, and `check` shows no password.
#[test]
fn ports_and_passwords_of_mails() {
    let read_mail = |server| {
        let variables = [
            ("MAIL_SERVER", server),
            ("MAIL_USER", "me@example.org"),
            ("MAIL_PASSWORD", "secret"),
            ("MAIL_TO", "a@example.org,b@example.org"),
        ];
        let env = Env::new(
            variables
                .map(|(name, value)| (name.into(), value.into()))
                .into_iter(),
        );
        let mut used = NotifierSet::EMPTY;
        used.insert(Notifier::Mail.id());
        let mut problems = Problems::default();
        let notifiers = read(&env, used, &mut problems);
        let mut shown = String::new();
        describe(&env, &notifiers.list[0], &mut shown).unwrap();
        (problems.warnings().concat(), shown)
    };
    for (server, words) in [
        ("smtps://h", ""),
        ("smtps://h:2465", ""),
        (
            "smtps://h:587",
            "MAIL_SERVER: port 587 is usually for smtp+starttls://",
        ),
        (
            "smtps://h:25",
            "MAIL_SERVER: port 25 is usually for smtp://",
        ),
        (
            "smtp+starttls://h:465",
            "MAIL_SERVER: port 465 is usually for smtps://",
        ),
        ("smtp+starttls://h:25", ""),
        (
            "smtp://h:465",
            "MAIL_SERVER: port 465 is usually for smtps://",
        ),
        ("smtp://h:587", ""),
    ] {
        let (warnings, shown) = read_mail(server);
        assert_eq!(warnings, words, "{server}");
        let site = server.trim_end_matches('/');
        let expected = format!(
            "{site}, from me@example.org to a@example.org, b@example.org, user me@example.org:***"
        );
        assert_eq!(shown, expected);
    }
}
