//! Behaviour at the limits.

use std::time::{Duration, Instant};

use alertik_core::limits::{MESSAGE_BYTES_MAX, PATTERN_BYTES_MAX, RUN_WORK_MAX};
use alertik_core::matching::{Pattern, Scratch, Span};

use crate::answer;

/// Even the deepest nesting that fits into a pattern needs no more than a 64 KiB
/// stack.
#[test]
fn deep_nesting() {
    let run = || {
        let depth = PATTERN_BYTES_MAX / 2 - 1;
        let pattern = [&b"(".repeat(depth)[..], b"a", &b")".repeat(depth)].concat();
        assert!(answer(&pattern, b"ba").starts_with(&format!("M{depth} 1,2 1,2")));
        let pattern = [&b"(".repeat(300)[..], b"a", &b")*".repeat(300)].concat();
        let pattern = Pattern::compile(&pattern).expect("valid");
        assert!(pattern.is_match(b"aa", &mut Scratch::for_patterns([&pattern])));
        assert_eq!(answer(&b"(".repeat(PATTERN_BYTES_MAX), b""), "E8");
        assert_eq!(answer(&b"(|".repeat(PATTERN_BYTES_MAX / 2), b""), "E8");
    };
    let thread = std::thread::Builder::new().stack_size(64 * 1024);
    thread
        .spawn(run)
        .expect("a thread")
        .join()
        .expect("no overflow");
}

/// Patterns that are too large are refused, and quickly.
#[test]
fn too_large() {
    for pattern in [
        "((a{255}){255}){255}",
        "((((a{255}){255}){255}){255}){255}",
        "((a{100}){100}){100}",
        "(((a?){255}){255}){255}",
        "(.?){255}(.?){255}(.?){255}(.?){255}",
    ] {
        let start = Instant::now();
        let error = Pattern::compile(pattern.as_bytes())
            .map(drop)
            .expect_err(pattern);
        let took = start.elapsed();
        assert_eq!(error.code(), 12, "{pattern}");
        assert!(error.to_string().contains("too large"), "{error}");
        // The target is 50 ms in release builds; a busy machine needs this margin.
        assert!(took < Duration::from_secs(2), "{pattern}: {took:?}");
    }
    let long = b"a".repeat(PATTERN_BYTES_MAX + 1);
    let error = Pattern::compile(&long).expect_err("too long");
    assert_eq!(error.offset(), PATTERN_BYTES_MAX);
    assert_eq!(answer(&b"a".repeat(PATTERN_BYTES_MAX), b"a"), "N");
}

/// With hundreds of optional groups, nearly every transition gets its own list of
/// tags. Such a pattern is compiled or refused quickly.
#[test]
fn many_lists_of_tags() {
    for (pattern, is_valid) in [
        // 180,000 transitions, most of them with a list that is already known.
        (["(a)?".repeat(100), "b?".repeat(500)].concat(), true),
        // Lists so long that copying them for each literal would take 700 MB.
        ("(a)?".repeat(700), false),
        // A list that grows by a tag with each of many empty groups.
        (
            ["(", &"a|".repeat(900), "a)", &"()".repeat(1_100)].concat(),
            true,
        ),
    ] {
        let start = Instant::now();
        let compiled = Pattern::compile_within(pattern.as_bytes(), &mut 0);
        let took = start.elapsed();
        assert_eq!(compiled.is_ok(), is_valid, "{}", &pattern[..20]);
        // It takes 50 ms in release builds; a linear search took 1.5 s.
        assert!(
            took < Duration::from_secs(1),
            "{}: {took:?}",
            &pattern[..20]
        );
    }
}

/// A pattern is not refused for counts on pieces that can be repeated without limit
/// anyway.
#[test]
fn idle_counts() {
    let pattern = b"(((((aa)|((a?)*))*){0,10}){0,10}){0,10}";
    assert_eq!(
        answer(pattern, b""),
        "M7 0,0 -1,-1 -1,-1 -1,-1 -1,-1 -1,-1 -1,-1 -1,-1"
    );
    assert_eq!(
        answer(pattern, b"aaa"),
        "M7 0,3 0,3 0,3 0,3 0,3 -1,-1 0,3 2,3"
    );
    assert!(answer(b"(((a*){9}){99}){99}b", b"xaab").starts_with("M3 1,4"));
}

/// A branch longer than any message is valid, as in musl, and takes no memory.
#[test]
fn too_long_for_any_message() {
    let pattern = Pattern::compile(b"(a{255}){255}|b").expect("valid");
    let mut scratch = Scratch::for_patterns([&pattern]);
    assert!(!pattern.is_match(&b"a".repeat(MESSAGE_BYTES_MAX), &mut scratch));
    assert!(pattern.is_match(b"b", &mut scratch));
    assert!(pattern.memory() + scratch.memory() < 2_000);
}

/// A pattern whose DFA would be too large works without it.
#[test]
fn without_dfa() {
    let pattern = Pattern::compile(b"a.{20}b").expect("valid");
    assert_eq!(pattern.dfa_states(), None);
    assert_eq!(answer(b"a.{20}b", b"xa01234567890123456789b"), "M0 1,23");
    assert_eq!(answer(b"a.{20}b", b"xa0123456789012345678b"), "N");
}

/// Construction of a DFA stops if it takes too much memory or work, even if the
/// result would be small.
#[test]
fn costly_dfa() {
    for (pattern, text, expected) in [
        // Each state holds every position that an `a` may be at.
        ("(a{200}){4}", "aaaa", "N"),
        // Each state holds the first 200 positions, with 20,000 transitions.
        ("((a?b?){100}|[ab]*a[ab]{8})c", "xaababc", "M2 1,7 1,6 6,6"),
        // Few states, but each is read for 27 classes of bytes: work.
        (
            "(x?y?){60}(a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w)!",
            "xya",
            "N",
        ),
    ] {
        let start = Instant::now();
        let compiled = Pattern::compile(pattern.as_bytes()).expect("valid");
        let took = start.elapsed();
        assert_eq!(compiled.dfa_states(), None, "{pattern}");
        assert!(took < Duration::from_secs(2), "{pattern}: {took:?}");
        assert_eq!(answer(pattern.as_bytes(), text.as_bytes()), expected);
    }
}

/// Without a DFA, a search that exceeds the work limit counts as a match without
/// groups. Texts up to the promised length never reach the limit.
#[test]
fn too_much_work() {
    let pattern = Pattern::compile_within(b"(a?){100}b$", &mut 0).expect("valid");
    let mut scratch = Scratch::for_patterns([&pattern]);
    let exact = pattern.exact_up_to();
    assert!((50..MESSAGE_BYTES_MAX).contains(&exact), "{exact}");
    let text = |bytes: usize| [b"b", &b"a".repeat(bytes - 1)[..]].concat();
    let mut spans = [None; 2];
    assert!(!pattern.captures(&text(exact), &mut scratch, &mut spans));
    assert!(pattern.captures(&text(MESSAGE_BYTES_MAX), &mut scratch, &mut spans));
    assert_eq!(spans, [None, None]);
    assert!(pattern.is_match(&text(MESSAGE_BYTES_MAX), &mut scratch));
}

/// The work of a run stays within the limit that the caller sets, one state's
/// transitions aside, even if each byte moves all threads; and it is reported.
#[test]
fn work_is_limited_and_reported() {
    let pattern = Pattern::compile_within(b"(a?){250}b$", &mut 0).expect("valid");
    let mut scratch = Scratch::for_patterns([&pattern]);
    let text = [b"b", &b"a".repeat(MESSAGE_BYTES_MAX - 1)[..]].concat();
    for limit in [0, 50_000, 500_000, RUN_WORK_MAX] {
        scratch.limit_work(limit);
        assert!(pattern.is_match(&text, &mut scratch));
        let work = scratch.take_work();
        assert!((limit..limit + 10_000).contains(&work), "{limit}: {work}");
        assert_eq!(scratch.take_work(), 0);
    }
}

/// A match that goes on by itself costs nothing where it stays as it is, and else a look at
/// each way out of its state, of 4, as long as no other can begin. It obeys the limit like
/// any other.
#[test]
fn work_of_a_match_that_goes_on_by_itself() {
    let stay = "y".repeat(4_000);
    for (source, text, work, with_groups) in [
        ("b", format!("{stay}b"), 12, 14),
        ("a[^b]*b", format!("a{stay}b"), 36, 38),
        ("a(.*)b", format!("a{stay}b"), 48, 53),
        ("user ([^,]*),", format!("user {stay},"), 60, 64),
        // Each `y` may be the one before `z`.
        (
            "^x[a-z]*yz",
            format!("x{stay}z"),
            48 + 4_000 * 8,
            54 + 4_000 * 8,
        ),
        // One way leads on, but from the last of the group, where two do.
        (
            "^(abcd)*e",
            "abcd".repeat(1_000) + "e",
            12 + 1_000 * 24,
            14 + 1_000 * 25,
        ),
        (
            "^(ab)*c",
            "ab".repeat(2_000) + "c",
            12 + 2_000 * 16,
            14 + 2_000 * 17,
        ),
    ] {
        let pattern = Pattern::compile_within(source.as_bytes(), &mut 0).expect("valid");
        let mut scratch = Scratch::for_patterns([&pattern]);
        assert!(pattern.is_match(text.as_bytes(), &mut scratch));
        assert_eq!(scratch.work(), work, "{source}");
        assert_eq!(scratch.take_work(), work, "{source}");
        let mut spans = [None; 2];
        assert!(pattern.captures(text.as_bytes(), &mut scratch, &mut spans));
        assert_eq!(scratch.take_work(), with_groups, "{source}");
        for limit in [0, 100, 1_000] {
            scratch.limit_work(limit);
            pattern.is_match(text.as_bytes(), &mut scratch);
            let stopped = scratch.take_work();
            assert!(
                stopped == work || (limit..limit + 20).contains(&stopped),
                "{source}: {stopped}"
            );
        }
    }
}

/// A pattern without a DFA is not run on a text that lacks a byte of every match,
/// wherever in the pattern that is.
#[test]
fn bytes_that_must_be_there() {
    for (pattern, lacks) in [
        ("([ab]*)a[ab]{200}c", "abab"),
        ("([ab]*)a[ab]{200}(c|dc|c?c)b", "abdbd"),
        ("([ab]*)a[ab]{200}(xc)+", "ababx"),
    ] {
        let pattern = Pattern::compile_within(pattern.as_bytes(), &mut 0).expect("valid");
        let mut scratch = Scratch::for_patterns([&pattern]);
        let text = lacks.repeat(800);
        let mut spans = [None; 2];
        assert!(!pattern.captures(text.as_bytes(), &mut scratch, &mut spans));
        assert!(!pattern.is_match(text.as_bytes(), &mut scratch));
        assert_eq!(scratch.take_work(), 0);
    }
    // Not one that is in some matches only.
    let pattern = Pattern::compile_within(b"a[ab]{21}(c|d)e?", &mut 0).expect("valid");
    let mut scratch = Scratch::for_patterns([&pattern]);
    assert!(pattern.is_match(&[&b"ab".repeat(20)[..], b"d"].concat(), &mut scratch));
}

/// With a DFA, the work limit never causes a false match: it only costs a match its
/// groups.
#[test]
fn dfa_decides_before_groups_are_sought() {
    let pattern = Pattern::compile(b"([a-z]?){100}!!$").expect("valid");
    assert!(pattern.dfa_states().is_some());
    let mut scratch = Scratch::for_patterns([&pattern]);
    let letters = b"a".repeat(4_000);
    assert!(letters.len() > pattern.exact_up_to());
    for (end, expected) in [("!!x", false), ("!!", true)] {
        let text = [&letters[..], end.as_bytes()].concat();
        let mut spans = [Some(Span { start: 0, end: 0 }); 2];
        let found = pattern.captures(&text, &mut scratch, &mut spans);
        assert_eq!(found, expected, "{end}");
        assert_eq!(spans, [None, None], "{end}");
        assert_eq!(pattern.is_match(&text, &mut scratch), expected, "{end}");
    }
}

/// Patterns for log lines are exact on every message.
#[test]
fn usual_patterns_are_exact() {
    for pattern in [
        r"login failure for user ([A-Za-z]+) from (\d{1,3}.*) via ssh",
        r"([a-zA-Z0-9]+) link up \(speed (\d+Mbps), full duplex\)",
        r"input: in:.*src-mac [0-9a-f:]+, proto [^,]+, ((\d{1,3}\.?)+):(\d{1,5})->((\d{1,3}\.?)+):(\d{1,5})",
    ] {
        let pattern = Pattern::compile(pattern.as_bytes()).expect("valid");
        assert!(pattern.exact_up_to() >= MESSAGE_BYTES_MAX);
        assert!(pattern.dfa_states().is_some());
    }
}

/// The DFAs of several patterns share a budget; once it is used up, further patterns
/// work without a DFA.
#[test]
fn shared_budget() {
    let mut bytes = 6_000;
    let source = br"login failure for user ([A-Za-z]+) from (\d{1,3}.*) via ssh";
    let patterns: Vec<Pattern> = (0..6)
        .map(|_| Pattern::compile_within(source, &mut bytes).expect("valid"))
        .collect();
    let with = patterns
        .iter()
        .filter(|pattern| pattern.dfa_states().is_some());
    assert!((1..6).contains(&with.count()));
    let mut scratch = Scratch::for_patterns(&patterns);
    for pattern in &patterns {
        assert!(pattern.is_match(
            b"login failure for user admin from 10.0.0.1 via ssh",
            &mut scratch
        ));
        assert!(!pattern.is_match(b"login failure for user admin", &mut scratch));
    }
}
