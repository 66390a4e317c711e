//! Proves that once the rules are compiled nothing is allocated from a datagram
//! to the text of its notifications.
//!
//! A program of its own (`harness = false`), so that nothing but the code under
//! test runs while allocations are counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleName};
use alertik_core::intake::{Arrival, MessageBuffer, Ring};
use alertik_core::limits::STATE_BYTES_MAX;
use alertik_core::routers::{NamedPrefix, NotifyRouter, Routers};
use alertik_core::rules::{
    Conditions, DigestTime, Engine, MatchType, PolicySpec, RuleSpec, RulesBuilder, SilenceSpec,
    static_event,
};
use alertik_core::syslog::{OwnOutput, trim_line_end};
use alertik_core::text::TextBuffer;
use alertik_core::time::{Instant, Wall};

/// The system's allocator, with a count of its calls.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are the system allocator's conditions.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Seventeen rules with the static event: substrings, expressions with and
/// without groups, one that matches everything, one whose groups are nested and
/// repeated, one without a DFA. Each has exceptions.
const RULES: [(MatchType, &str, &str); 16] = [
    (MatchType::Substring, "login failure", "A login failed"),
    (
        MatchType::Regex,
        r"login failure for user (.*) from ([^ ]+) via ([a-z-]+)",
        "@1 from @2 by @3",
    ),
    (
        MatchType::Regex,
        r"([a-zA-Z0-9-]+) link (up|down)( \(speed ([0-9]+[MG]))?",
        "@1 @2 @4",
    ),
    (
        MatchType::Regex,
        r"input: in:.*src-mac [0-9a-f:]+, proto [^,]+, ((\d{1,3}\.?)+):(\d{1,5})->((\d{1,3}\.?)+):(\d{1,5})",
        "@1:@3 -> @4:@6",
    ),
    (MatchType::Regex, r"user ([^ ]+) logged (in|out)", "@1 @2"),
    (MatchType::Substring, "rebooted", "reboot"),
    (
        MatchType::Regex,
        r"(assigned|deassigned) ([0-9.]+) (for|to) ([0-9A-F:]{17})",
        "@4 @1 @2",
    ),
    (MatchType::Regex, r"^([a-z,]+) ", "topics @1"),
    (MatchType::Regex, r"(warning|error|critical)", "severity @1"),
    (MatchType::Substring, "", "everything"),
    (MatchType::Regex, r"-[0-9]{2}$", "weak signal"),
    (
        MatchType::Regex,
        r"([0-9A-F]{2}:){5}[0-9A-F]{2}",
        "a MAC ending in @1",
    ),
    (MatchType::Regex, r"(a|ab)(c|bcd)(d*)", "@1@2@3"),
    (MatchType::Substring, "dhcp alert", "rogue DHCP"),
    (
        MatchType::Regex,
        r"by ([^ ]+):([^@]+)@([0-9.]+)",
        "@2 by @1 from @3",
    ),
    // Too large for a DFA: the bounded engine decides.
    (MatchType::Regex, r"(o.{25}).*via", "@1"),
];

/// Real lines of RouterOS.
const CORPUS: &[u8] = include_bytes!("data/routeros.log");

/// Lines that the corpus has nothing like: our own output, and a match of nested
/// groups.
const MORE_LINES: &[u8] = b"\
container,info,debug alertik: notice: x
abcd";

fn main() {
    let lines = [CORPUS, MORE_LINES].concat();
    let mut notifiers = NotifierSet::EMPTY;
    notifiers.insert(Notifier::Console.id());
    let mut builder = RulesBuilder::new();
    builder
        .add(&RuleSpec::of_static_event(
            static_event(0).unwrap(),
            notifiers,
            10_000,
        ))
        .unwrap();
    for (number, (match_type, match_str, mask)) in RULES.into_iter().enumerate() {
        let (name, match_str) = (RuleName::Environment(number as u8), match_str.as_bytes());
        let spec = RuleSpec {
            name,
            match_type,
            match_str,
            mask,
            notifiers,
            cooldown_millis: 10_000,
        };
        // The second exception is too large for a DFA, too.
        let conditions = Conditions {
            except: b"winbox\n(o.{25}).*telnet",
            ignore_case: number % 2 == 1,
            ..Conditions::default()
        };
        let id = builder.add_with(&spec, conditions).unwrap();
        // Every other rule collects digests of ten seconds.
        let digest = DigestTime::parse("10").unwrap();
        let (collects, learns) = (number % 2 == 0, mask.contains("@4 @1"));
        if collects || learns {
            let policies = PolicySpec {
                digest: collects.then_some(&digest),
                first: learns.then_some("@4"),
                ..PolicySpec::default()
            };
            builder.set_policies(id, &policies).unwrap();
        }
    }
    let office = NamedPrefix {
        name: "office".into(),
        prefix: "198.51.100.1".parse().unwrap(),
    };
    let silence = SilenceSpec {
        millis: 1_000,
        notifiers,
        ..SilenceSpec::default()
    };
    let engine = Engine::new(builder.finish(), (3, 4))
        .with_routers(Routers::new(vec![office], vec![], NotifyRouter::Auto))
        .with_silence(silence, Instant::ZERO, 7);
    let mut engine = Box::new(engine);
    let mut own = OwnOutput::new((5, 6));
    let mut ring = Box::new(Ring::new());
    let mut buffer = MessageBuffer::new();
    let mut text = TextBuffer::new();
    let mut state = vec![0; STATE_BYTES_MAX];

    let before = ALLOCATIONS.load(Ordering::Relaxed);
    own.remember(b"alertik: notice: x\n");
    let (mut handled, mut notified, mut rendered) = (0, 0, 0);
    let mut silent = 0;
    for (number, line) in lines.split(|&byte| byte == b'\n').enumerate() {
        let now = Instant::from_millis(number as u64 * 100);
        // More senders than the table of those that were heard has room for.
        let source = IpAddr::from([192, 0, 2, number as u8]);
        ring.push(Arrival { at: now, source }, line);
        assert!(ring.pop(&mut buffer));
        let (arrival, datagram) = buffer.next_message().unwrap();
        let message = trim_line_end(datagram);
        if own.contains(message) {
            continue;
        }
        handled += 1;
        engine.handle(now, arrival, Wall::default, message);
        while let Some(head) = engine.poll(&mut text) {
            notified += 1;
            silent += usize::from(head.rule == RuleName::Silence);
            rendered += text
                .as_text()
                .parts()
                .map(|(_, part)| part.len())
                .sum::<usize>();
        }
    }
    let saved = engine.novelties_mut().save(Instant::ZERO, &mut state);
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    println!(
        "{handled} lines, {notified} notifications, {rendered} bytes, {allocations} allocations"
    );
    assert!(
        handled > 200 && notified > handled / 2 && rendered > notified && saved > 70,
        "the rules matched too little"
    );
    assert_eq!(silent, 1, "office was never heard");
    assert_eq!(allocations, 0);
    println!("test result: ok. 1 passed; 0 failed");
}
