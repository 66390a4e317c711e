//! The static events with their policies, as the daemon has them, in virtual time.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use alertik_core::intake::Arrival;
use alertik_core::rules::{Engine, NoticeHead, static_events};
use alertik_core::text::TextBuffer;
use alertik_core::time::{Instant, Wall};

use crate::settings::{Env, Problems, rules};

/// All lines that we have of real routers, and some of other devices. The last column is
/// the line.
const LINES: &str = include_str!("../../../../core/tests/data/lines.tsv");

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// 2026-11-22 00:00 UTC.
const MIDNIGHT: i64 = 1_795_305_600;

/// Lines with their times go in, and what the daemon would say comes out.
struct Daemon {
    engine: Engine,
    text: TextBuffer,
    /// Each with its time.
    said: Vec<(u64, String)>,
}

impl Daemon {
    fn new(env: &Env) -> Self {
        let mut problems = Problems::default();
        let rules = rules::read(env, true, &mut problems).0.finish();
        let none: [&str; 0] = [];
        assert_eq!(problems.errors(), none);
        Self {
            engine: Engine::new(rules, (1, 2)),
            text: TextBuffer::new(),
            said: Vec::new(),
        }
    }

    /// The daemon of somebody who turned the pack on and set nothing else.
    fn with_pack() -> Self {
        Self::new(&Env::of_static_events("pack"))
    }

    fn hear(&mut self, at: u64, line: &str) {
        self.wait(at);
        let now = Instant::from_millis(at);
        let arrival = Arrival {
            at: now,
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        self.engine
            .handle(now, arrival, || wall(at), line.as_bytes());
        self.poll(at);
    }

    /// Lets the timers speak that are due by then.
    fn wait(&mut self, until: u64) {
        while let Some(due) = self.engine.poll_timeout() {
            if due.millis() > until {
                break;
            }
            self.engine.handle_timeout(due, || wall(due.millis()));
            self.poll(due.millis());
        }
    }

    fn poll(&mut self, at: u64) {
        while let Some(NoticeHead { rule, .. }) = self.engine.poll(&mut self.text) {
            let parts = self.text.as_text().parts().map(|(_, part)| part);
            let text: String = parts.collect();
            self.said.push((at, format!("{rule}: {text}")));
        }
    }

    /// What was said, a line each.
    fn said(&self) -> String {
        let mut out = String::new();
        for (at, text) in &self.said {
            let secs = at / SECOND;
            let (hours, minutes) = (secs / 3_600, secs / 60 % 60);
            let _ = writeln!(out, "{hours:02}:{minutes:02}:{:02} {text}", secs % 60);
        }
        out
    }
}

const fn wall(at: u64) -> Wall {
    Wall {
        unix_secs: MIDNIGHT + (at / SECOND) as i64,
        offset_secs: 0,
    }
}

fn lines() -> impl Iterator<Item = &'static str> {
    let last = |row: &'static str| row.rsplit_once('\t').map(|(_, line)| line);
    LINES.lines().filter_map(last)
}

/// Compares with a file in `snapshots/`, or writes it if `UPDATE_SNAPSHOTS` is set.
fn compare(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/snapshots")
        .join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, actual).expect("written");
    }
    let expected = std::fs::read_to_string(&path).expect("a snapshot of that name");
    assert_eq!(actual, expected, "{name}");
}

/// An environment with all events, and none of their policies but recoveries.
fn without_policies() -> Env {
    let names: Vec<_> = static_events().map(|event| event.name).collect();
    let mut variables = vec![
        ("STATIC_EVENTS_ENABLED".to_owned(), names.join(",")),
        ("STATIC_NOTIFIER".to_owned(), "Console".to_owned()),
    ];
    for event in static_events() {
        for (field, value) in [
            ("THRESHOLD", ""),
            ("DISTINCT", ""),
            ("AFTER", ""),
            ("UNLESS", ""),
            ("FIRST", ""),
            ("LEARN_SECS", "0"),
            ("DIGEST", ""),
            ("GRACE_SECS", "0"),
            ("COOLDOWN_SECS", "0"),
        ] {
            if event.variable(field).is_some() || field == "COOLDOWN_SECS" {
                let name = format!("STATIC_EVENT{}_{field}", event.number);
                variables.push((name, value.to_owned()));
            }
        }
    }
    Env::new(
        variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into())),
    )
}

/// Every line is taken for what it is: the snapshot has the events of each.
#[test]
fn every_line_is_taken_for_what_it_is() {
    let mut daemon = Daemon::new(&without_policies());
    let mut out = String::new();
    for line in lines() {
        daemon.said.clear();
        daemon.hear(0, line);
        let mut names = Vec::new();
        for (_, text) in &daemon.said {
            let (rule, _) = text.split_once(':').expect("a rule");
            let number = rule.trim_start_matches("STATIC_EVENT");
            let is_it = |name: &u8| name.to_string() == number;
            let event = static_events().find(|event| is_it(&event.number));
            names.push(event.map_or(rule, |event| event.name));
        }
        names.dedup();
        let names = if names.is_empty() {
            "-".to_owned()
        } else {
            names.join(",")
        };
        let _ = writeln!(out, "{names}\t{line}");
    }
    compare("events-of-lines", &out);
}

/// Every incident that the pack is for is reported, once or with its end; the snapshot has
/// what is said of each.
#[test]
fn incidents() {
    let mut out = String::new();
    let incidents = include_str!("incidents.txt").split("\n= ").skip(1);
    for incident in incidents {
        let (title, lines) = incident.split_once('\n').expect("a title");
        let mut daemon = Daemon::with_pack();
        let mut at = 0;
        for row in lines.lines().filter(|row| !row.is_empty()) {
            let (secs, line) = row.split_once(' ').expect("a time");
            at = secs.parse::<u64>().expect("seconds") * SECOND;
            daemon.hear(at, line);
        }
        daemon.wait(at + 2 * DAY);
        let _ = writeln!(out, "{title}\n{}", daemon.said());
    }
    compare("incidents", &out);
}

/// The routine of a hotspot, by beginning, a part of the line, and how often lines of the
/// kind come.
const ROUTINE: &[(&str, &str, u32)] = &[
    ("hotspot,", "", 60),
    ("dhcp,info", "assigned", 20),
    ("dhcp,warning", "without success", 1),
    ("wireless,info", "connected", 12),
    ("wireless,debug", "", 4),
    ("pppoe,ppp,info", "<", 1),
    ("system,info,account", "via rest-api", 1),
    ("script,info", "", 1),
];

/// Twenty thousand lines of a busy hotspot in one day, with a power cut, a provider that is
/// away for twenty minutes, and an administrator who logs in from two places: fewer than ten
/// notifications, all of these.
#[test]
fn a_busy_day() {
    let is_of = |line: &&str, start: &str, part: &str| {
        // A silent RADIUS server is no routine.
        line.starts_with(start) && line.contains(part) && !line.contains("RADIUS")
    };
    let kinds = ROUTINE.iter().map(|&(start, part, weight)| {
        let lines = lines().filter(|line| is_of(line, start, part));
        (lines.collect(), weight)
    });
    let kinds: Vec<(Vec<&str>, u32)> = kinds.collect();
    let all: u32 = kinds.iter().map(|(_, weight)| weight).sum();
    let mut day: Vec<(u64, &str)> = Vec::new();
    let mut random = Random(14);
    for _ in 0..20_000 {
        let mut at = random.below(all);
        let mut kinds = kinds.iter();
        let (lines, _) = kinds
            .find(|(_, weight)| {
                let is_it = at < *weight;
                at = at.saturating_sub(*weight);
                is_it
            })
            .expect("a kind");
        let line = lines[random.below(lines.len() as u32) as usize];
        let at = u64::from(random.below((DAY / SECOND) as u32)) * SECOND;
        day.push((at, line));
    }
    for (at, line) in [
        (
            3 * HOUR,
            "system,error,critical router was rebooted without proper shutdown, probably power outage",
        ),
        (3 * HOUR + SECOND, "system,info router rebooted"),
        (
            11 * HOUR,
            "pppoe,ppp,info pppoe-out1: terminating... - peer is not responding",
        ),
        (
            11 * HOUR + SECOND,
            "pppoe,ppp,info pppoe-out1: disconnected",
        ),
        (
            11 * HOUR + 20 * MINUTE,
            "pppoe,ppp,info pppoe-out1: connected",
        ),
        (
            12 * HOUR,
            "system,info,account user admin logged in from 192.168.88.10 via web",
        ),
        (
            13 * HOUR,
            "system,info,account user admin logged in from 192.168.88.10 via web",
        ),
        (
            22 * HOUR,
            "system,info,account user admin logged in from 181.64.241.178 via winbox",
        ),
    ] {
        day.push((at, line));
    }
    day.sort_by_key(|(at, _)| *at);
    let mut daemon = Daemon::with_pack();
    for (at, line) in day {
        daemon.hear(at, line);
    }
    daemon.wait(2 * DAY);
    compare("a-busy-day", &daemon.said());
    assert!(daemon.said.len() < 10, "{}", daemon.said());
}

/// Numbers that look random and are the same in each run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        for shift in [13, -7, 17] {
            self.0 ^= if shift > 0 {
                self.0 << shift
            } else {
                self.0 >> -shift
            };
        }
        (self.0 >> 16) as u32 % end
    }
}
