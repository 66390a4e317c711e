//! What the page writes to be copied, and what it reads back.

use std::process::Command;

use alertik_validator::answer::answer;
use alertik_validator::forms::{Variables, complete, compose, compose_quoted, routeros, shell};
use alertik_validator::import::parse;

const PATTERN: &str = r#"^a\(b\)? "it's" $HOME `x`"#;
const MASK: &str = r"cost: $$@1 é\n!";

fn rule() -> (Variables, Vec<String>) {
    complete(&[
        ("EVENT2_NOTIFIER", "Telegram,console"),
        ("EVENT2_MATCH_TYPE", "regex"),
        ("EVENT2_MATCH_STR", PATTERN),
        ("EVENT2_MASK_MSG", MASK),
        ("EVENT2_EXCEPT_STR", "one # '\ntwo\t"),
    ])
}

/// A shell that runs the lines gets the exact values.
#[test]
fn a_shell_reads_its_form() {
    let script = format!(
        "{}printf '%s|' \"$ENV_EVENTS\" \"$EVENT2_NOTIFIER\" \"$EVENT2_MATCH_TYPE\" \
         \"$EVENT2_MATCH_STR\" \"$EVENT2_MASK_MSG\"",
        shell(&rule().0)
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let values = format!("3|Telegram,console|regex|{PATTERN}|{MASK}|");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), values);
}

/// The notifiers' variables are there once, whoever needs them, and Console has none.
#[test]
fn placeholders() {
    let (variables, names) = rule();
    assert_eq!(names, ["TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID"]);
    let first: Vec<_> = variables.iter().take(4).map(|(name, _)| &**name).collect();
    let expected = [
        "ENV_EVENTS",
        "TELEGRAM_BOT_TOKEN",
        "TELEGRAM_CHAT_ID",
        "EVENT2_NOTIFIER",
    ];
    assert_eq!(first, expected);
    let all = "Telegram, Slack, Teams, Discord, Generic1, Generic2, Generic3, Generic4, Console";
    let (_, names) = complete(&[("EVENT0_NOTIFIER", all), ("EVENT1_NOTIFIER", "Slack")]);
    assert_eq!(names.len(), 9, "{names:?}");
}

/// The two RouterOS forms differ only in the property that 7.20 renamed.
#[test]
fn both_generations_of_routeros() {
    let new = routeros(&rule().0, true);
    assert_eq!(
        new.lines().nth(5).unwrap(),
        r#"/container/envs/add list=alertik key=EVENT2_MATCH_STR value="^a\\(b\\)\? \"it's\" \$HOME `x`""#
    );
    let old = new.replace("list=alertik", "name=alertik");
    assert_eq!(routeros(&rule().0, false), old);
}

/// Compose gets the documents' service with YAML scalars in which no `$` starts a variable.
#[test]
fn a_compose_file() {
    assert_eq!(compose_quoted("it's $5"), "'it''s $$5'");
    assert_eq!(compose_quoted("a\t\"\\'"), r#""a\u0009\"\\'""#);
    let file = compose(&rule().0);
    assert!(
        file.starts_with("services:\n  alertik:\n    image: alertik:"),
        "{file}"
    );
    assert!(
        file.contains("\n    environment:\n      ENV_EVENTS: '3'\n"),
        "{file}"
    );
    assert!(
        file.contains("\n      EVENT2_MATCH_TYPE: 'regex'\n"),
        "{file}"
    );
    assert!(!file.contains("alertik.env"), "{file}");
}

/// Every form that the page writes comes back unchanged when it is pasted, with either kind of
/// line ends.
#[test]
fn forms_come_back() {
    let (variables, _) = rule();
    for form in [
        shell(&variables),
        routeros(&variables, true),
        routeros(&variables, false),
        compose(&variables),
    ] {
        for form in [form.replace('\n', "\r\n"), form] {
            let (read, unread) = parse(&form);
            assert_eq!((read, unread), (variables.clone(), vec![]), "{form}");
        }
    }
}

/// Returns the values that a text gives, and the lines that it does not.
fn values(text: &str) -> (Vec<String>, Vec<usize>) {
    let (read, unread) = parse(text);
    let read = read
        .into_iter()
        .map(|(name, value)| format!("{name}|{value}"));
    (
        read.collect(),
        unread.into_iter().map(|(line, _)| line).collect(),
    )
}

/// What users have: quotes, `export`, blanks, comments, a byte order mark, line ends of
/// Windows, and Compose's two ways.
#[test]
fn pasted_texts() {
    for (text, expected) in [
        ("A=b c \nB=", &["A|b c ", "B|"][..]),
        ("\u{feff}A=1\r\nexport B=2\r\n", &["A|1", "B|2"]),
        ("  export\tA = 'x y' # why\n# B=1\n\n", &["A|x y"]),
        ("A='it'\\''s'\nB=\"a\\\"\\$\\d\"", &["A|it's", "B|a\"$\\d"]),
        ("A='x'; B='y'; export C='z'", &["A|x", "B|y", "C|z"]),
        ("A='one\ntwo'\nB=\\(c\\)$", &["A|one\ntwo", "B|\\(c\\)$"]),
        ("A=1\nA=2", &["A|2"]),
        (
            "services:\n  x:\n    ports: [\"1:1/udp\"]\n    environment:\n      A: 5 # five\n      B: 'it''s $$1'\n      C: \"\\u00e9\\n\"\n      D:\n",
            &["A|5", "B|it's $1", "C|é\n", "D|"],
        ),
        (
            "environment:\n  - A=x $$y\n  - 'B=it''s'\n  - \"C=\\\\d$$\"\n",
            &["A|x $y", "B|it's", "C|\\d$"],
        ),
        (
            "/container/envs\n/container/envs/add list=a key=A value=\"a\\\\(b\\$\\C3\\A9\"\n/container/envs/add key=B value=x name=y\n",
            &["A|a\\(b$é", "B|x"],
        ),
        (
            "# 2026-11-22 by RouterOS 7.20\n/container envs\nadd key=A list=alertik value=\"a \\\r\n    b\"\nadd key=B list=alertik \\\n    value=\\\n",
            &["A|a b", "B|\\"],
        ),
    ] {
        let expected = expected.iter().map(|value| (*value).to_owned()).collect();
        assert_eq!(values(text).0, Vec::<String>::clone(&expected), "{text}");
    }
}

/// A line that is no variable is reported with its number, and the others are read.
#[test]
fn lines_that_are_no_variables() {
    for (text, lines, read) in [
        ("A=1\nhello\nB=2", &[2][..], 2),
        ("A='open\nB=1", &[1], 1),
        ("1A=1\nÄ=1", &[1, 2], 0),
        ("A='x' y", &[1], 0),
        ("  A: |\n    x\n", &[1, 2], 0),
        ("  A: \"\\q\"", &[1], 0),
        ("/container/envs/add list=a key=A", &[1], 0),
        ("/x/add key=A\n/x/add key=B value=x", &[1], 1),
        ("/x/add key=A value=\"\\F", &[1], 0),
        (
            "- \"\\\\é=x\"\n- 'é=x'\n-  \n- 'x'\n- \"\\u00e",
            &[1, 2, 3, 4, 5],
            0,
        ),
        ("  A: \"\\ud800\"\nB=\"\\", &[1, 2], 0),
        ("export A B", &[1], 0),
        ("\u{0}\u{7f}=é\n=\n:", &[1, 2, 3], 0),
    ] {
        let (values, unread) = values(text);
        assert_eq!(
            (values.len(), &unread[..]),
            (read, lines),
            "{text}: {values:?}"
        );
    }
}

fn import(text: &str) -> String {
    let mut out = String::new();
    answer(&[b"import\xFF", text.as_bytes()].concat(), &mut out);
    out
}

/// An import gives rules, the names of other variables without their values, and all that the
/// daemon says.
#[test]
fn an_import() {
    let out = import(
        "ENV_EVENTS=2\nTELEGRAM_BOT_TOKEN=secret\nEVENT1_MATCH_STR='a(b'\nEVENT1_MASK=x\nEVENT0_NOTIFIER=Console\n\
         EVENT0_MATCH_TYPE=substr\nEVENT0_MATCH_STR=x\nEVENT0_MASK_MSG=y\nSYSLOG_PROT=1\nFOO=1\nwhat\n",
    );
    for part in [
        "{\"rules\":[{\"number\":0,\"variables\":{\"NOTIFIER\":\"Console\",\"MATCH_TYPE\":\"substr\",",
        "{\"number\":1,\"variables\":{\"MATCH_STR\":\"a(b\"}}],\"others\":[\"TELEGRAM_BOT_TOKEN\"],",
        "\"unread\":[{\"line\":11,\"text\":\"is no variable; write NAME='value'\"}],",
        "{\"variable\":\"EVENT1_MASK\",\"text\":\"is not known, so it does nothing; did you mean EVENT1_MASK_MSG?\"",
        "did you mean SYSLOG_PORT?",
        "{\"variable\":\"EVENT1_NOTIFIER\",\"text\":\"is not set, although ENV_EVENTS counts",
    ] {
        assert!(out.contains(part), "{part} is not in {out}");
    }
    assert!(!out.contains("secret"), "{out}");
    // A piece need not have the number of rules, and rules that are not counted are reported.
    let rule = "EVENT3_NOTIFIER=Console\nEVENT3_MATCH_TYPE=substr\nEVENT3_MATCH_STR=x\nEVENT3_MASK_MSG=y\n";
    assert!(import(rule).contains("{\"number\":3,"));
    assert!(!import(rule).contains("ENV_EVENTS"), "{}", import(rule));
    let few = import(&format!("ENV_EVENTS=2\n{rule}"));
    assert!(
        few.contains("is 2, so EVENT3_ is not read; set it to 4"),
        "{few}"
    );
    let none = import("PATH=/bin\n");
    assert_eq!(
        none,
        "{\"rules\":[],\"others\":[],\"unread\":[],\"problems\":[]}"
    );
}

/// Whatever is pasted, the page answers: all short texts of the signs that mean something.
#[test]
fn hostile_texts() {
    const SIGNS: [&str; 14] = [
        "A", "=", "'", "\"", "\\", "\n", " ", "- ", ":", "/ key=", " value=", "é", "$", "\\x4",
    ];
    let mut seen = 0;
    for number in 0..SIGNS.len().pow(5) {
        let mut rest = number;
        let mut text = String::new();
        for _ in 0..5 {
            text += SIGNS[rest % SIGNS.len()];
            rest /= SIGNS.len();
        }
        let (read, unread) = parse(&text);
        seen += read.len() + unread.len();
    }
    assert!(seen > 100_000, "{seen}");
}
