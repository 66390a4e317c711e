//! Mails: to a real server, and to servers that lie, stall and break off.

mod hostile;
mod real;

use alertik_core::delivery::Notifier;

use super::support::{Running, read, run};

const MAIL: Notifier = Notifier::Mail;

/// Starts the notifier for a server, with an account and one recipient unless `more`
/// says otherwise.
fn start(server: &str, more: &[(&str, &str)]) -> Running {
    let mut variables = vec![
        ("MAIL_SERVER", server),
        ("MAIL_TO", "noc@example.org"),
        ("MAIL_MIN_INTERVAL_MS", "0"),
        ("HTTP_TIMEOUT_SECS", "5"),
    ];
    // The first one of a name counts.
    variables.splice(0..0, more.iter().copied());
    run(&[MAIL], &variables)
}

/// The page's examples are read without a problem: a password that is too short for its
/// service would not be found, but a name or an address that is wrong is.
#[test]
fn examples_of_the_page() {
    let page = include_str!("../../../../../docs/notifiers.md");
    let (_, section) = page.split_once("\n## Mail\n").expect("the section");
    let (section, _) = section.split_once("\n## ").expect("the next one");
    let mut seen = 0;
    for block in section.split("```sh\n").skip(1) {
        let (block, _) = block.split_once("```").expect("the end of a block");
        let variables: Vec<_> = block
            .lines()
            .map(|line| {
                let (name, value) = line.split_once('=').expect("a variable");
                (name, value.trim_matches('\''))
            })
            .collect();
        let notifiers = read(&[MAIL], &variables).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(notifiers.list.len(), 1);
        seen += 1;
    }
    assert_eq!(seen, 4);
}

/// The account of the real server.
const ACCOUNT: [(&str, &str); 2] = [
    ("MAIL_USER", "alertik@example.org"),
    ("MAIL_PASSWORD", "pass wörd"),
];
