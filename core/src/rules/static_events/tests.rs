use core::net::{IpAddr, Ipv4Addr};
use std::collections::BTreeSet;

use super::event::Samples;
use super::*;
use crate::ids::NotifierSet;
use crate::intake::Arrival;
use crate::rules::engine::Engine;
use crate::rules::filter::Filter;
use crate::rules::policy::PolicySpec;
use crate::rules::priority::Priority;
use crate::rules::rule::RulesBuilder;
use crate::rules::spec::{Conditions, RuleSpec};
use crate::text::TextBuffer;
use crate::time::{Instant, Wall};

/// The samples of every family.
const SAMPLES: &[&[Samples]] = &[
    access::SAMPLES,
    device::SAMPLES,
    ports::SAMPLES,
    vpn::SAMPLES,
    wan::SAMPLES,
    wifi::SAMPLES,
    network::SAMPLES,
    rest::SAMPLES,
];

/// The event's filter, as the shell reads it from the variables.
fn filter(event: &StaticEvent) -> Filter {
    let topics = event.variable("TOPICS").unwrap_or_default().split(',');
    let (without, with): (Vec<_>, Vec<_>) = topics
        .filter(|topic| !topic.is_empty())
        .partition(|topic| topic.starts_with('!'));
    Filter {
        topics: with.into_iter().map(Into::into).collect(),
        without_topics: without.iter().map(|topic| topic[1..].into()).collect(),
        drops_unknown: event.variable("TOPICS_UNKNOWN") == Some("drop"),
        is_for_message: event.variable("MATCH_PART") != Some("line"),
        ..Filter::default()
    }
}

/// An engine with an event and its recovery, without its policies.
fn engine(event: &'static StaticEvent) -> Engine {
    let mut builder = RulesBuilder::new();
    let spec = RuleSpec::of_static_event(event, NotifierSet::EMPTY, 0);
    let except = event.variable("EXCEPT_STR").unwrap_or_default();
    let conditions = Conditions {
        filter: filter(event),
        except: except.as_bytes(),
        ignore_case: false,
    };
    let id = builder.add_with(&spec, conditions).unwrap();
    let policies = PolicySpec {
        key: event.variable("KEY"),
        ..PolicySpec::default()
    };
    builder.set_policies(id, &policies).unwrap();
    if let Some(pattern) = event.variable("RECOVERY_STR") {
        let mask = event.variable("RECOVERY_MSG").expect("a text");
        builder.add_recovery(id, pattern.as_bytes(), mask).unwrap();
    }
    let mut engine = Engine::new(builder.finish(), (1, 2));
    hear(&mut engine, Instant::ZERO, "a line that no event is about");
    engine
}

fn hear(engine: &mut Engine, at: Instant, line: &str) {
    let arrival = Arrival {
        at,
        source: IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    engine.handle(at, arrival, Wall::default, line.as_bytes());
}

/// Returns the messages that a line gives, without their time.
fn messages(engine: &mut Engine, line: &str) -> Vec<String> {
    hear(engine, Instant::from_millis(90_000), line);
    let mut text = TextBuffer::new();
    let mut messages = Vec::new();
    while engine.poll(&mut text).is_some() {
        let parts = text.as_text().parts().map(|(_, part)| part);
        let message: String = parts.collect();
        let (message, time) = message.rsplit_once(", at:").expect("a time");
        assert_eq!(time.trim_start(), "1970-01-01 00:00:00");
        messages.push(message.to_owned());
    }
    messages
}

fn samples_of(event: &StaticEvent) -> impl Iterator<Item = &'static Samples> {
    let all = SAMPLES.iter().flat_map(|family| family.iter());
    let number = event.number;
    all.filter(move |samples| samples.number == number)
}

/// An event calls as loudly as its sample is grave.
#[test]
fn priorities() {
    for (name, priority) in [
        ("brute-force", Priority::High),
        ("link", Priority::Normal),
        ("wifi-rejected", Priority::Low),
    ] {
        let mut events = static_events().filter(|event| event.name == name);
        assert_eq!(
            events.next().map(StaticEvent::priority),
            Some(priority),
            "{name}"
        );
    }
}

/// Every event is proved by lines of both kinds, and each does what it must.
#[test]
fn samples() {
    for event in static_events() {
        let name = event.name;
        let (mut is_first, mut foreign) = (true, 0);
        let mut engine = engine(event);
        for samples in samples_of(event) {
            for &(line, expected) in samples.matching {
                assert_eq!(messages(&mut engine, line), [expected], "{name}: {line}");
                if core::mem::take(&mut is_first) {
                    assert_eq!(event.sample, line, "{name}");
                }
            }
            for &(line, expected) in samples.recovering {
                // Any beginning of the same case: the first line is of it.
                let (first, _) = samples.matching[0];
                assert_eq!(messages(&mut engine, first).len(), 1, "{name}: {first}");
                assert_eq!(messages(&mut engine, line), [expected], "{name}: {line}");
            }
            for line in samples.foreign {
                let none: [&str; 0] = [];
                assert_eq!(messages(&mut engine, line), none, "{name}: {line}");
            }
            foreign += samples.foreign.len();
            let ends = event.variable("RECOVERY_STR").is_some();
            assert_eq!(ends, !samples.recovering.is_empty(), "{name}: its recovery");
        }
        assert!(!is_first, "{name} has no line that it must match");
        assert!(foreign > 0, "{name} has no line that it must not match");
    }
}

/// No line of another event's samples is taken for one of this event, unless the event that
/// comes first takes it away, or the two are named here.
#[test]
fn no_event_takes_another_ones_lines() {
    /// Events that report the same lines in another way.
    const SAME: &[(&str, &str)] = &[
        ("brute-force", "login-failed"),
        ("brute-force", "user-enumeration"),
        ("config-changed", "compromise"),
        ("link", "link-speed"),
        ("login", "login-after-failures"),
        ("login", "login-new"),
        ("login-after-failures", "login-new"),
        ("user-enumeration", "login-failed"),
        ("wifi-key", "wifi-login-attempts"),
    ];
    for event in static_events() {
        let mut engine = engine(event);
        for other in static_events().filter(|other| other.number != event.number) {
            let pair = (event.name, other.name);
            let reversed = (other.name, event.name);
            if SAME.contains(&pair) || SAME.contains(&reversed) || event.variable("ELSE").is_some()
            {
                continue;
            }
            for samples in samples_of(other) {
                for (line, _) in samples.matching {
                    let messages = messages(&mut engine, line);
                    assert!(messages.is_empty(), "{} takes {line}", event.name);
                }
            }
        }
    }
}

/// Users write numbers and names into their configuration, so each is one event's.
#[test]
fn numbers_and_names() {
    let mut seen = BTreeSet::new();
    for event in static_events() {
        assert!(seen.insert(event.number.to_string()), "{}", event.number);
        assert!(seen.insert(event.name.to_owned()), "{}", event.name);
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(event.name.bytes().all(is_part), "{}", event.name);
        assert!(event.name.parse::<u8>().is_err(), "{}", event.name);
    }
    assert!(static_event(u8::MAX).is_none());
}

/// Strangers choose host names, users, network names and the like. A text of ours in one of
/// these alarms nobody.
#[test]
fn strangers_cannot_write_events() {
    for event in static_events().filter(|event| event.number != 0) {
        let mut engine = engine(event);
        for (sample, _) in samples_of(event).flat_map(|samples| samples.matching) {
            let line = crate::syslog::parse(sample.as_bytes());
            let text = String::from_utf8_lossy(line.text);
            for (before, after) in FRAMES {
                // An event before it takes the line.
                let is_taken = event.variable("ELSE").is_some();
                if is_taken && before.starts_with("login failure") {
                    continue;
                }
                // The frame may be an event by itself, about the stranger as such.
                let of_frame = messages(&mut engine, &format!("{before}x{after}")).len();
                // What begins the datagram is the router's.
                let count = if before.is_empty() { 1 } else { 2 };
                for text in [&text, *sample].iter().take(count) {
                    let line = format!("{before}{text}{after}");
                    let messages = messages(&mut engine, &line);
                    assert!(messages.len() <= of_frame, "{}: {line}", event.name);
                }
            }
        }
    }
}

/// Lines with a place that a stranger fills in, with and without topics.
const FRAMES: &[(&str, &str)] = &[
    (
        "dhcp,info defconf assigned 10.0.0.5 for 00:00:5E:00:53:01 ",
        "",
    ),
    (
        "<30>Oct  2 17:36:35 R defconf assigned 10.0.0.5 for 00:00:5E:00:53:01 ",
        "",
    ),
    (
        "Oct  2 17:36:35 R CEF:0|MikroTik|hAP|7.25|16|dhcp,info|Low|dvchost=R dvc=::1 msg=defconf assigned 10.0.0.5 for 00:00:5E:00:53:01 ",
        "",
    ),
    ("dhcp,debug,packet     Host-Name = \"", "\""),
    (
        "hotspot,info,debug ",
        " (10.5.50.2): login failed: invalid username or password",
    ),
    (
        "hotspot,info,debug ->: ",
        " (10.5.50.2): trying to log in by http-chap",
    ),
    ("hotspot,account,info,debug ", " (10.5.50.2): logged in"),
    (
        "<30>Oct  2 17:36:35 R ",
        " (10.5.50.2): login failed: invalid username or password",
    ),
    (
        "<30>Oct  2 17:36:35 R ->: ",
        " (10.5.50.2): logged out: keepalive timeout",
    ),
    ("", " (10.5.50.2): trying to log in by mac-cookie"),
    (
        "wireless,info 00:00:5E:00:53:01@wlan1(",
        "): connected, signal strength -40",
    ),
    (
        "00:00:5E:00:53:01@wlan1(",
        "): connected, signal strength -40",
    ),
    ("pppoe,ppp,info <pppoe-", ">: authenticated"),
    ("<pppoe-", ">: authenticated"),
    ("ppp,error user ", " authentication failed"),
    ("<0010>: user ", " authentication failed"),
    (
        "system,error,critical login failure for user ",
        " from 192.0.2.9 via ssh",
    ),
    ("login failure for user ", " from 192.0.2.9 via ssh"),
    ("ssh,info 4d2e0 password failed for user: ", ""),
    ("4d2e0 password failed for user: ", ""),
    (
        "web-proxy,account 10.0.0.5 GET http://example.org/",
        " action=allow cache=MISS",
    ),
    (
        "10.0.0.5 GET http://example.org/",
        " action=allow cache=MISS",
    ),
    ("firewall,info forward: in:ether1 out:ether2, prefix ", ""),
    ("container,info,debug 10.0.0.5 GET ", ""),
    ("script,info Got data {", "} from topic {my/test/topic}"),
    (
        "smb,info connect request user: ",
        " share: x from ::ffff:192.168.88.10 ok",
    ),
    ("<30>Oct  2 17:36:35 R local query: #1 ", ". A"),
];

/// Whatever command stands in the brackets, and wherever it is cut off, a compromise shows.
#[test]
fn no_command_hides_a_compromise() {
    let mut engine = engine(static_event(53).unwrap());
    let whole =
        "system,info user x added by ssh:-2@192.0.2.1 (*2 = /user add comment=\"a): b\" name=x)";
    let bracket = whole.find("(*").expect("a bracket") + 2;
    for end in bracket..=whole.len() {
        assert_eq!(messages(&mut engine, &whole[..end]).len(), 1, "{end}");
    }
}

/// Names as long as a message can hold are taken whole.
#[test]
fn long_names() {
    let long = "n".repeat(300);
    let line = format!("{long}@{long}: disconnected, unicast key exchange timeout");
    let messages = messages(&mut engine(static_event(0).unwrap()), &line);
    let expected = format!(": {long}, with the mac-address: {long}");
    assert!(messages[0].ends_with(&expected), "{messages:?}");
}
