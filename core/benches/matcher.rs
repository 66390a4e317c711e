//! The cost of the matcher, by number of rules: `cargo bench -p alertik-core`.
//!
//! For 1, 4, 15 and 64 regex rules of the README's kind it prints the time to
//! compile them, their memory, and what a 110-byte line that matches none of
//! them costs, in nanoseconds and, if valgrind is installed, in
//! instructions. Then it prints the instructions of lines by length, those that
//! match a pattern with two groups and those that do not; and the worst cases:
//! what a hostile line of 2,048 bytes costs with the patterns that are hardest on
//! the engines.
//!
//! It reports and does not judge: the figures belong to one machine.

use std::hint::black_box;
use std::net::IpAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleName};
use alertik_core::intake::Arrival;
use alertik_core::limits::GROUPS_MAX;
use alertik_core::matching::{Needle, Pattern, Scratch, Screen};
use alertik_core::rules::{
    Engine, Filter, MatchType, PolicySpec, RuleSpec, RulesBuilder, SilenceSpec, static_events,
};
use alertik_core::syslog::{OwnOutput, trim_line_end};
use alertik_core::text::TextBuffer;
use alertik_core::time::{self, Wall};

/// The line that the predecessor was measured with matches no rule either.
const LINE: &[u8; 110] = b"dhcp,info defconf assigned 192.168.88.254 for AA:BB:CC:DD:EE:FF \
android-4f1c2d3e4b5a69788, lease time 00:10:00";

/// The patterns of the README, then the same kinds for other events.
const PATTERNS: [&str; 15] = [
    r"login failure for user ([A-Za-z]+) from (\d{1,3}.*) via ssh",
    r"([a-zA-Z0-9]+) link up \(speed (\d+Mbps), full duplex\)",
    r"input: in:.*src-mac [0-9a-f:]+, proto [^,]+, ((\d{1,3}\.?)+):(\d{1,5})->((\d{1,3}\.?)+):(\d{1,5})",
    r"ether2 link up \(speed (.+), full duplex\)",
    r"user ([^ ]+) logged in from ([0-9.]+) via (winbox|ssh|telnet|web)",
    r"([0-9A-F:]+)@([a-z0-9]+): disconnected, (.*), signal strength (-\d+)",
    r"forward: in:(\w+) out:(\w+), .* proto (TCP|UDP)[^,]*, (.+)->(.+), len (\d+)",
    r"dhcp alert on ([^:]+): discovered unknown dhcp server, mac ([0-9A-F:]{17}), ip (.+)",
    r"phase1 negotiation failed due to time up ([0-9.]+)\[(\d+)\]<=>([0-9.]+)\[(\d+)\]",
    r"^system,info,account user (\w+) logged out from (\S+) via (\w+)$",
    r"router was rebooted without proper shutdown( by watchdog timer)?",
    r"(\w+): (authenticated|deauthenticated|received disassoc): (.*)",
    r"[Ll]ink (down|lost)|carrier (down|lost)",
    r"PPPoE connection (established|terminated) from (([0-9A-F]{2}:?){6})",
    r"cpu load (9[0-9]|100)% for (\d+) min",
];

/// Returns `count` patterns; those beyond the list differ in a number.
fn patterns(count: usize) -> Vec<String> {
    let numbered = |index: usize| {
        let pattern = PATTERNS[index % PATTERNS.len()];
        match index / PATTERNS.len() {
            0 => pattern.to_owned(),
            round => format!("{pattern}( again{round})?"),
        }
    };
    (0..count).map(numbered).collect()
}

/// Rules at work, as in the daemon.
fn engine(sources: &[String]) -> Engine {
    let mut builder = RulesBuilder::new();
    let mut notifiers = NotifierSet::EMPTY;
    notifiers.insert(Notifier::Console.id());
    for (number, source) in sources.iter().enumerate() {
        let spec = RuleSpec {
            name: RuleName::Environment(number as u8),
            match_type: MatchType::Regex,
            match_str: source.as_bytes(),
            mask: "",
            notifiers,
            cooldown_millis: 0,
        };
        builder.add(&spec).expect("a valid rule");
    }
    Engine::new(builder.finish(), (0, 0))
}

/// The first events of the pack at work, with their recoveries and without their policies.
fn pack_engine(count: usize) -> Engine {
    let mut builder = RulesBuilder::new();
    let events = static_events().filter(|event| event.is_in_pack);
    for event in events.take(count) {
        let filter = Filter {
            is_for_message: event.variable("MATCH_PART") != Some("line"),
            ..Filter::default()
        };
        let spec = RuleSpec::of_static_event(event, NotifierSet::EMPTY, 0);
        let id = builder.add_filtered(&spec, filter).expect("a valid rule");
        let policies = PolicySpec {
            key: event.variable("KEY"),
            ..PolicySpec::default()
        };
        builder.set_policies(id, &policies).expect("a valid key");
        if let Some(recovery) = event.variable("RECOVERY_STR") {
            let mask = event.variable("RECOVERY_MSG").expect("a text");
            let added = builder.add_recovery(id, recovery.as_bytes(), mask);
            added.expect("a valid recovery");
        }
    }
    Engine::new(builder.finish(), (0, 0))
}

/// The daemon's own output, of which none comes back here.
static OWN: std::sync::LazyLock<OwnOutput> = std::sync::LazyLock::new(|| OwnOutput::new((0, 0)));

/// Takes a datagram as the daemon does, and returns how many rules matched.
fn handle(engine: &mut Engine, text: &mut TextBuffer, datagram: &[u8]) -> usize {
    let arrival = Arrival {
        at: time::Instant::ZERO,
        source: IpAddr::from([192, 0, 2, 1]),
    };
    let message = trim_line_end(datagram);
    if OWN.contains(message) {
        return 0;
    }
    engine.handle(arrival.at, arrival, Wall::default, message);
    core::iter::from_fn(|| engine.poll(text)).count()
}

/// Returns the bytes of compiled patterns, their screen and their scratch.
fn memory(sources: &[String]) -> usize {
    let compile = |source: &String| Pattern::compile(source.as_bytes()).expect("valid");
    let patterns: Vec<_> = sources.iter().map(compile).collect();
    let screen = Screen::build(patterns.iter().map(Needle::Pattern));
    let scratch = Scratch::for_patterns(&patterns);
    let each: usize = patterns.iter().map(Pattern::memory).sum();
    each + screen.memory() + scratch.memory()
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let word = arguments.next();
    if let Some(word @ ("count" | "pack" | "watched" | "matching" | "other")) = word.as_deref() {
        let mut number = || arguments.next().and_then(|word| word.parse().ok());
        let (first, lines) = number().zip(number()).expect("two numbers");
        return match word {
            "count" => count(first, lines),
            "pack" => repeat_with(pack_engine(first), lines),
            "watched" => watched(first, lines),
            _ => repeat(&long_line(word == "matching", first), lines),
        };
    }
    println!("rules  compile ms  memory KiB  ns/line  instructions/line");
    for count in [1, 4, 15, 64] {
        rules(count);
    }
    pack();
    println!("\nrouters  instructions/line if silence watches them and they take turns");
    for routers in [0, 1, 2, 64] {
        println!("{routers:7}  {}", per_line("watched", routers));
    }
    println!("\nbytes  instructions if the line matches two groups, and if not");
    for bytes in [100, 500, 1_000, 2_000, 4_000] {
        let each = |word| per_line(word, bytes);
        println!("{bytes:5}  {:>8}  {:>8}", each("matching"), each("other"));
    }
    println!("\n2,048-byte line against the hardest patterns, ms");
    println!("DFA states  groups  exact up to  is_match  captures  pattern");
    for (pattern, text) in hard() {
        worst(&pattern, &text);
    }
}

fn rules(count: usize) {
    let sources = patterns(count);
    let compile = fastest(|| drop(black_box(engine(&sources))));
    let (mut rules, mut text) = (engine(&sources), TextBuffer::new());
    let matched = handle(&mut rules, &mut text, LINE);
    assert_eq!(matched, 0, "the line must match nothing");
    let line = fastest(|| {
        for _ in 0..1_000 {
            black_box(handle(&mut rules, &mut text, black_box(LINE)));
        }
    });
    println!(
        "{count:5}  {:10.2}  {:10}  {:7}  {}",
        compile.as_secs_f64() * 1e3,
        memory(&sources) / 1024,
        line.as_nanos() / 1_000,
        per_line("count", count),
    );
}

/// A line of so many bytes for the README's first pattern: its second group takes
/// most of it.
fn long_line(matches: bool, bytes: usize) -> Vec<u8> {
    let head = "login failure for user admin from 192.0.2.1";
    let tail = if matches { " via ssh" } else { " via www" };
    let padding = bytes.saturating_sub(head.len() + tail.len());
    format!(
        "{head}{}{tail}",
        "0123456789 port "
            .repeat(padding / 16 + 1)
            .split_at(padding)
            .0
    )
    .into_bytes()
}

/// Matches a line against the README's first pattern, to be run under valgrind.
fn repeat(line: &[u8], lines: usize) {
    let pattern = Pattern::compile(PATTERNS[0].as_bytes()).expect("valid");
    let mut scratch = Scratch::for_patterns([&pattern]);
    let mut spans = [None; GROUPS_MAX + 1];
    for _ in 0..lines {
        black_box(pattern.captures(black_box(line), &mut scratch, &mut spans));
    }
}

/// Compiles rules and matches lines, to be run under valgrind.
fn count(rules: usize, lines: usize) {
    repeat_with(engine(&patterns(rules)), lines);
}

/// Prints what the pack takes: as above, and the instructions to compile it.
fn pack() {
    let events = static_events().filter(|event| event.is_in_pack).count();
    let compile = fastest(|| drop(black_box(pack_engine(events))));
    let rules = pack_engine(events);
    let patterns = rules.rules().iter().filter_map(|rule| rule.pattern());
    let memory: usize = patterns.map(Pattern::memory).sum();
    let all = |events: usize| instructions(["pack", &events.to_string(), "0"]);
    let each = all(0)
        .zip(all(events))
        .map_or(0, |(none, all)| (all - none) / events as u64);
    println!(
        "\nthe pack of {events} events: {:.2} ms to compile, {each} instructions for each, {} KiB; {} \
         instructions/line",
        compile.as_secs_f64() * 1e3,
        memory / 1_024,
        per_line("pack", events)
    );
}

/// Matches lines, to be run under valgrind.
fn repeat_with(mut rules: Engine, lines: usize) {
    let mut text = TextBuffer::new();
    for _ in 0..lines {
        black_box(handle(&mut rules, &mut text, black_box(LINE)));
    }
}

/// As [`count`] with one rule, while silence watches so many routers, each of which sends
/// a line in turn; 0 turns it off.
fn watched(routers: usize, lines: usize) {
    let (mut engine, mut text) = (engine(&patterns(1)), TextBuffer::new());
    if routers > 0 {
        let spec = SilenceSpec {
            millis: 900_000,
            ..SilenceSpec::default()
        };
        engine = engine.with_silence(spec, time::Instant::ZERO, 0x9E37_79B9_7F4A_7C15);
    }
    // What is done for the first two lines of each is no part of the difference.
    for number in (0..192).chain(0..lines) {
        let arrival = Arrival {
            at: time::Instant::from_millis(1),
            source: IpAddr::from([192, 0, 2, (number % routers.max(1)) as u8]),
        };
        engine.handle(arrival.at, arrival, Wall::default, black_box(LINE));
        black_box(engine.poll(&mut text));
    }
}

/// Returns the instructions that one line takes: the difference of two runs of
/// this program.
fn per_line(word: &str, number: usize) -> String {
    const LINES: u64 = 200;
    let run = |lines: u64| instructions([word, &number.to_string(), &lines.to_string()]);
    match run(0).zip(run(LINES)) {
        Some((without, with)) => ((with - without) / LINES).to_string(),
        None => "valgrind is not installed".to_owned(),
    }
}

/// Returns the instructions of this program with the given arguments.
fn instructions(arguments: [&str; 3]) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().ok()?)
        .args(arguments)
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    let (_, total) = report.split_once("Collected :")?;
    total.split_whitespace().next()?.parse().ok()
}

/// Returns the hardest patterns that are known, each with a text that is hard
/// for it.
fn hard() -> Vec<(String, Vec<u8>)> {
    let patterns = [
        "(a?){20}b",
        "(a?){60}b",
        "(a*)*b",
        "x(.{0,255})y",
        ".{0,255}.{0,255}y",
        "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)z",
        "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)z",
        "((a|ab)(c|bcd)(d*))*z",
        "((a{1,20}){1,20}b)",
        "((a|aa|aaa|aaaa){1,9}|(a+)(a+)(a+)){1,9}b",
        "(.{1,60},){3}",
        "(((a|b)|(a|c)|(a|d)|(a|e))((a|b)|(a|c)|(a|d)|(a|e))){1,7}z",
    ];
    let hard = |pattern: &str| (pattern.to_owned(), vec![b'a'; 2_048]);
    let mut cases: Vec<_> = patterns.map(hard).into();
    cases.push((PATTERNS[2].to_owned(), {
        let mut text = b"input: in:src-mac 0, proto 0, ".to_vec();
        text.resize(2_048, b'1');
        text
    }));
    cases
}

fn worst(source: &str, text: &[u8]) {
    let pattern = match Pattern::compile(source.as_bytes()) {
        Ok(pattern) => pattern,
        Err(error) => {
            println!("refused: {error}: {source}");
            return;
        }
    };
    let mut scratch = Scratch::for_patterns([&pattern]);
    let mut spans = [None; GROUPS_MAX + 1];
    let is_match = fastest(|| {
        black_box(pattern.is_match(text, &mut scratch));
    });
    let captures = fastest(|| {
        black_box(pattern.captures(text, &mut scratch, &mut spans));
    });
    println!(
        "{:>10}  {:>6}  {:>11}  {:8.3}  {:8.3}  {source}",
        pattern
            .dfa_states()
            .map_or_else(|| "none".to_owned(), |n| n.to_string()),
        pattern.groups(),
        pattern.exact_up_to(),
        is_match.as_secs_f64() * 1e3,
        captures.as_secs_f64() * 1e3,
    );
}

/// Returns the shortest time of several runs.
fn fastest(mut work: impl FnMut()) -> Duration {
    let runs = (0..7).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    runs.min().expect("at least one run")
}
