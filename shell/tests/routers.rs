//! Routers by name, and rules for some lines of theirs only.

mod support;

use std::net::{Ipv4Addr, UdpSocket};

use support::{Daemon, alertik, console, refused};

fn start(more: &[(&str, &str)]) -> Daemon {
    Daemon::start(&console("regex", "(ether[0-9]) link down", "@1 down", more))
}

/// Sends a line from 127.0.0.x.
fn send_from(daemon: &Daemon, router: u8, line: &str) {
    let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, router), 0)).unwrap();
    socket.send_to(line.as_bytes(), daemon.address()).unwrap();
}

const DOWN: &str = "interface,info ether1 link down";

/// Three routers that say the same within the cooldown are three notifications, each with
/// the name of its router.
#[test]
fn each_router_by_its_name() {
    let routers = "office@127.0.0.2, pop-1@127.0.0.16/28, lab@2001:db8::/64";
    let mut daemon = start(&[("ROUTERS", routers), ("DEVICE_NAME", "me")]);
    for (router, name) in [
        (2, "office"),
        (17, "pop-1"),
        (18, "pop-1"),
        (1, "me"),
        (9, "127.0.0.9"),
    ] {
        send_from(&daemon, router, DOWN);
        daemon.wait_for(&format!("notice: [{name}] ether1 down, at: "));
    }
    send_from(&daemon, 9, "<30>Nov  8 17:06:34 lab-chr ether1 link down");
    daemon.wait_for("notice: [lab-chr] ether1 down, at: ");
}

/// One router without a name is not named; the second one brings names, or does not, as
/// the setting says.
#[test]
fn one_router_is_not_named() {
    for (setting, first, second) in [
        ("auto", "", "[127.0.0.2] "),
        ("always", "[127.0.0.1] ", "[127.0.0.2] "),
        ("never", "", ""),
    ] {
        let mut daemon = start(&[("NOTIFY_ROUTER", setting)]);
        send_from(&daemon, 1, DOWN);
        daemon.wait_for(&format!("notice: {first}ether1 down, at: "));
        send_from(&daemon, 2, DOWN);
        daemon.wait_for(&format!("notice: {second}ether1 down, at: "));
    }
}

/// Rules and static events take the lines that their filters let through.
#[test]
fn filters() {
    let wifi = "AA:BB:CC:DD:EE:FF@wlan1: disconnected, unicast key exchange timeout";
    let mut daemon = start(&[
        ("EVENT0_TOPICS", "interface,!debug"),
        ("EVENT0_TOPICS_UNKNOWN", "drop"),
        ("EVENT0_ROUTERS", "office, 127.0.0.3"),
        ("ROUTERS", "office@127.0.0.2"),
        ("STATIC_EVENTS_ENABLED", "0"),
        ("STATIC_EVENT0_NOTIFIER", "Console"),
        ("STATIC_EVENT0_TOPICS", "wireless"),
    ]);
    send_from(&daemon, 4, "interface,info ether4 link down");
    send_from(&daemon, 2, "interface,debug ether5 link down");
    send_from(&daemon, 2, "ether6 link down");
    send_from(&daemon, 2, &format!("caps,info {wifi}"));
    send_from(&daemon, 3, "interface,info ether3 link down");
    send_from(&daemon, 2, "interface,info ether2 link down");
    send_from(&daemon, 2, &format!("wireless,info {wifi}"));
    let is_notice = |line: &String| line.contains("notice: ");
    daemon.wait_for("AA:BB:CC:DD:EE:FF");
    let mut seen: Vec<_> = daemon
        .seen()
        .iter()
        .filter(|line| is_notice(line))
        .cloned()
        .collect();
    seen.truncate(3);
    let begins = ["[127.0.0.3] ether3", "[office] ether2", "[office] "];
    for (line, begin) in seen.iter().zip(begins) {
        assert!(line.contains(&format!("notice: {begin}")), "{line}");
    }
    assert_eq!(
        daemon.seen().iter().filter(|line| is_notice(line)).count(),
        3
    );
}

/// A mask names the facts of a line.
#[test]
fn facts_in_masks() {
    let mask = "@{router} @{source} @{topics} @{severity} @{rule}: @{text} @@{text}";
    let mut daemon = Daemon::start(&console("substr", "down", mask, &[]));
    send_from(
        &daemon,
        1,
        "<27>Nov  8 17:06:34 tik system,error,critical it is down",
    );
    let expected =
        "notice: tik 127.0.0.1 system,error,critical critical EVENT0: it is down @{text}, at";
    daemon.wait_for(expected);
}

/// `check` says the filters in words, and each mistake in its variable.
#[test]
fn check() {
    let variables = [
        ("EVENT0_TOPICS", "system,error,!debug"),
        ("EVENT0_ROUTERS", "office,198.51.100.0/28"),
        ("SYSLOG_TCP_PORT", "601"),
    ];
    let output = alertik(&console("substr", "x", "y", &variables))
        .args(["check", "--only-variables"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "topics    lines with system and error, without debug; a line without topics passes\n",
        "routers   office (not in ROUTERS: only lines that say so themselves) or 198.51.100.0/28\n",
        "receives  UDP port 0 and TCP port 601 on 127.0.0.1\n",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let sixty_five = vec!["a@192.0.2.1"; 65].join(",");
    for (variable, value, error) in [
        (
            "ROUTERS",
            "office",
            "'office' is not a name with an address",
        ),
        (
            "ROUTERS",
            "office@x",
            "'office@x' is not a name with an address",
        ),
        (
            "ROUTERS",
            "@192.0.2.1",
            "'@192.0.2.1' is not a name with an address",
        ),
        (
            "ROUTERS",
            &sixty_five,
            "has 65 entries, at most 64 are allowed",
        ),
        (
            "NOTIFY_ROUTER",
            "yes",
            "'yes' is not known; allowed are auto, always, never",
        ),
        ("EVENT0_TOPICS", "System", "'System' is not a topic"),
        (
            "EVENT0_TOPICS_UNKNOWN",
            "x",
            "'x' is not known; allowed are pass, drop",
        ),
    ] {
        let (status, errors) = refused(&console("substr", "x", "y", &[(variable, value)]));
        assert_eq!(status, Some(1));
        assert!(errors.contains(&format!("{variable}: {error}")), "{errors}");
    }
}

/// `health` has a line for each of the 64 routers heard most recently, the last one first.
#[test]
fn health_of_each_router() {
    let mut daemon = start(&[("ROUTERS", "office@127.0.0.2")]);
    // The one that is heard once only has gone by then.
    for router in 100..=170 {
        send_from(&daemon, router, "system,info x");
    }
    send_from(&daemon, 3, "<30>Nov  8 17:06:34 lab\x1b x");
    send_from(&daemon, 3, "<30>Nov  8 17:06:34 lab\x1b x");
    send_from(&daemon, 3, "<30>Nov  8 17:06:34 lab\x1b x");
    send_from(&daemon, 2, "system,info x");
    send_from(&daemon, 2, DOWN);
    daemon.wait_for("notice: [office] ether1 down, at: ");
    let port = daemon.port.to_string();
    let health = |arguments: &[&str]| {
        let mut command = alertik(&[("SYSLOG_PORT", port.as_str())]);
        let output = command.args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let deadline = std::time::Instant::now() + support::PATIENCE;
    let text = loop {
        let text = health(&["health"]);
        if text.contains(" matched 1,") {
            break text;
        }
        assert!(std::time::Instant::now() < deadline, "{text}");
    };
    let (_, routers) = text.split_once("\nrouters:\n").expect("the routers");
    let lines: Vec<_> = routers.lines().collect();
    assert_eq!(lines.len(), 64, "{text}");
    let is = |line: &str, begin: &str, end: &str| {
        let secs = line
            .strip_prefix(begin)
            .and_then(|rest| rest.strip_suffix(end));
        assert!(
            secs.is_some_and(|secs| secs.parse::<u32>().is_ok()),
            "{line}"
        );
    };
    let begin = "  office 127.0.0.2   last heard ";
    is(lines[0], begin, " s ago, received 2, matched 1");
    let begin = "  lab\\x1b 127.0.0.3  last heard ";
    is(lines[1], begin, " s ago, received 3, matched 0");
    let begin = "  127.0.0.170        last heard ";
    is(lines[2], begin, " s ago, received 1, matched 0");
    let json = health(&["health", "--json"]);
    let office = r#""routers":[{"name":"office","address":"127.0.0.2","last_heard":"#;
    assert!(json.contains(office), "{json}");
    let lab = r#"{"name":"lab\u001b","address":"127.0.0.3","last_heard":"#;
    assert!(json.contains(lab), "{json}");
    assert_eq!(json.matches("\"last_heard\":").count(), 64);
}
