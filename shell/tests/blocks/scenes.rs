//! What is there already when a block is run: files, variables, services, a daemon.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::Block;
use crate::support::pages::read;
use crate::support::{Daemon, PATIENCE};

/// A place in which a block is run.
pub(crate) struct Scene {
    /// What the shell runs: the block, and what makes a trial of it.
    pub(crate) script: String,
    pub(crate) variables: Vec<(String, String)>,
    /// Whether the lines of the output may come in any order.
    pub(crate) is_sorted: bool,
    /// Lives as long as the scene.
    _daemon: Option<Daemon>,
}

/// Two rules and their notifiers.
const RULES: &[(&str, &str)] = &[
    ("ENV_EVENTS", "2"),
    ("TELEGRAM_BOT_TOKEN", "123456789:AA-token"),
    ("TELEGRAM_CHAT_ID", "-100123"),
    ("EVENT0_NOTIFIER", "Telegram,Console"),
    ("EVENT0_MATCH_TYPE", "regex"),
    (
        "EVENT0_MATCH_STR",
        "login failure for user (.*) from ([^ ]+) via ([a-z-]+)",
    ),
    ("EVENT0_MASK_MSG", "Failed login as @1 from @2 (@3)"),
    ("EVENT1_NOTIFIER", "Console"),
    ("EVENT1_MATCH_TYPE", "regex"),
    ("EVENT1_MATCH_STR", "([^ ]+) link (up|down)"),
    ("EVENT1_MASK_MSG", "Interface @1 is @2"),
    ("TZ", "CET-1CEST,M3.5.0,M10.5.0/3"),
];

const LOG: &str = "\
system,error,critical login failure for user guest from 192.168.88.17 via ssh
system,info,account user admin logged in from 192.168.88.10 via winbox
interface,info ether9 link down
";

/// Sums as a release has them, of a file that is there and of one that is not.
const SUMS: &str = "mkdir -p target/dist
echo image > alertik-armv7.tar
sha256sum alertik-armv7.tar > SHA256SUMS
sed s/armv7/arm64/ SHA256SUMS >> SHA256SUMS.more
cat SHA256SUMS.more >> SHA256SUMS
cp alertik-armv7.tar SHA256SUMS target/dist
";

/// Makes the scene of a name in an empty folder. `None` if it needs a program that is not
/// installed.
pub(crate) fn scene(name: &str, block: &Block, folder: &Path) -> Option<Scene> {
    let port = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a port");
    let port = port.local_addr().expect("bound").port().to_string();
    let mut scene = Scene {
        script: block.text.clone(),
        variables: owned(&[("SYSLOG_PORT", &port)]),
        is_sorted: false,
        _daemon: None,
    };
    match name {
        "alone" => scene.variables.clear(),
        // Three rules in a file.
        "alertik.env" => {
            let readme = read("README.md");
            let (_, section) = readme.split_once("\n## Three rules").expect("the rules");
            let file = section.split("```sh\n").nth(1).expect("a block");
            let file = file.split("```").next().expect("its end");
            fs::write(folder.join("alertik.env"), file).expect("written");
        }
        // Variables alone are tried with `check`.
        "variables" => {
            let script = ["set -a\n", &rest_of(block), &block.text].concat();
            scene.script = script + "\nalertik check --only-variables\n";
        }
        "check" => {
            scene.variables.extend(owned(RULES));
            let mask = ("EVENT1_MASK_MSG", "@1 is down since @3");
            scene.variables.extend(owned(&[mask]));
        }
        "match" => {
            scene.variables.extend(owned(RULES));
            fs::write(folder.join("router.log"), LOG).expect("written");
        }
        "notify-test" => {
            scene.variables.extend(services());
            let webhook = ("TEAMS_WEBHOOK_URL", "http://nowhere.invalid/x");
            scene.variables.extend(owned(&[webhook]));
            scene.is_sorted = true;
        }
        "health" => {
            let daemon = daemon();
            scene.variables = owned(&[("SYSLOG_PORT", &daemon.port.to_string())]);
            scene._daemon = Some(daemon);
        }
        "sums" => scene.script = [SUMS, &block.text].concat(),
        "promtool" | "rsyslogd" => {
            Command::new(name).arg("--help").output().ok()?;
            fs::write(folder.join("file"), &block.text).expect("written");
            let arguments = match name {
                "promtool" => "check config --syntax-only file",
                _ => "-N1 -f \"$PWD/file\"",
            };
            scene.script = format!("{name} {arguments}\n");
        }
        _ => panic!("{}: there is no scene {name}", block.place),
    }
    Some(scene)
}

fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let variables = variables.iter();
    variables
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// What a page leaves out of its variables because it is about others: the rest of each
/// rule, or a rule, and where lines are forwarded to.
fn rest_of(block: &Block) -> String {
    let names = block.text.lines().filter_map(|line| line.split_once('='));
    let number = |name: &str| {
        name.trim_start_matches("export ")
            .strip_prefix("EVENT")?
            .chars()
            .next()?
            .to_digit(10)
    };
    let numbers = names.filter_map(|(name, _)| number(name));
    let last = numbers.max().unwrap_or(0);
    let mut rest = format!("ENV_EVENTS={}\n", last + 1);
    for number in 0..=last {
        for variable in [
            "NOTIFIER=Console",
            "MATCH_TYPE=substr",
            "MATCH_STR=x",
            "MASK_MSG=x",
        ] {
            rest += &format!("EVENT{number}_{variable}\n");
        }
    }
    if block.text.contains("FORWARD_") {
        rest += "FORWARD_HOST=192.0.2.9\nFORWARD_PORT=1514\n";
    }
    rest
}

/// A service that takes everything, as Slack, and one that knows no token, as Telegram.
fn services() -> Vec<(String, String)> {
    let refusal = r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#;
    let telegram = format!("http://127.0.0.1:{}", server("401 Unauthorized", refusal));
    let slack = format!("http://127.0.0.1:{}/x", server("200 OK", "ok"));
    owned(&[
        ("TELEGRAM_API_URL", &telegram),
        ("TELEGRAM_BOT_TOKEN", "123456789:AA-token"),
        ("TELEGRAM_CHAT_ID", "-100123"),
        ("SLACK_WEBHOOK_URL", &slack),
    ])
}

/// Answers each request alike, until the test ends. Returns its port.
fn server(status: &'static str, body: &'static str) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = Vec::new();
            let mut buffer = [0; 4_096];
            // Both bodies are objects.
            while !request.ends_with(b"}") {
                match stream.read(&mut buffer) {
                    Ok(0) | Err(_) => break,
                    Ok(count) => request.extend(&buffer[..count]),
                }
            }
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n");
            let _ = stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice());
        }
    });
    port
}

/// A daemon that has matched the same line three times, and heard from both services.
fn daemon() -> Daemon {
    let mut variables = services();
    variables.extend(owned(RULES));
    variables.extend(owned(&[
        ("ENV_EVENTS", "1"),
        ("EVENT0_NOTIFIER", "Telegram,Slack"),
        ("ROUTERS", "office@127.0.0.1"),
    ]));
    // Those of the second rule would be warned of.
    variables.retain(|(name, _)| !name.starts_with("EVENT1_"));
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let daemon = Daemon::start(&variables);
    for _ in 0..3 {
        daemon.send(LOG.lines().next().expect("a line").as_bytes());
    }
    let started = Instant::now();
    loop {
        let mut health = Command::new(env!("CARGO_BIN_EXE_alertik"));
        health
            .arg("health")
            .env("SYSLOG_PORT", daemon.port.to_string());
        let said = health.output().expect("the binary runs").stdout;
        let said = String::from_utf8_lossy(&said).into_owned();
        if ["received 3", "sent 1", "failed 1"]
            .iter()
            .all(|part| said.contains(part))
        {
            return daemon;
        }
        assert!(started.elapsed() < PATIENCE, "{said}");
    }
}
