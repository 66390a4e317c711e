//! The automaton against another determiniser, and against the engine that
//! works without one.

mod subsets;

use std::collections::HashSet;

use subsets::Subsets;

use super::dfa::{CLASSES_MAX, DEAD, Dfa};
use super::{Pattern, Scratch, Span};

/// Steele, Lea and Flood's SplitMix64 (2014).
struct Random(u64);

impl Random {
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        from[((z ^ (z >> 31)) % from.len() as u64) as usize]
    }

    /// Returns a pattern in which nearly every place has conditions.
    fn pattern(&mut self, depth: usize) -> String {
        const CONDITIONS: [&str; 9] = ["", "", "", "^", "$", r"\b", r"\B", r"\<", r"\>"];
        const LITERALS: [&str; 8] = ["a", "a", "b", "-", ".", r"\w", r"\W", "[^a]"];
        const SUFFIXES: [&str; 6] = ["", "", "*", "?", "+", "{2}"];
        let before = self.pick(&CONDITIONS);
        let piece = match self.pick(&[0, 0, 0, 1, 2, 2]) {
            _ if depth == 0 => self.pick(&LITERALS).to_owned(),
            0 => format!("{}{}", self.pattern(depth - 1), self.pattern(depth - 1)),
            1 => format!("({}|{})", self.pattern(depth - 1), self.pattern(depth - 1)),
            _ => format!("({}){}", self.pattern(depth - 1), self.pick(&SUFFIXES)),
        };
        format!("{before}{piece}{}", self.pick(&CONDITIONS))
    }

    /// Returns a pattern of which most can be divided at `.*` and `.+`, or nearly.
    fn parts(&mut self) -> String {
        const PIECES: [&str; 20] = [
            "a", "b", "a?", "[^a]", ".", ".*", ".*", ".*", ".+", ".+", "(.*)", "a{2,3}", "(b|.+)",
            "(b.*)?", "(a.*b)+", "(.+a){2}", "(b|a*)", ".{2}", "^", "$",
        ];
        let count = self.pick(&[2, 3, 4, 5, 6]);
        let parts: String = (0..count).map(|_| self.pick(&PIECES)).collect();
        match self.pick(&[0, 1, 2, 3, 4, 5]) {
            0 => format!("({parts})+"),
            1 => format!("{parts}|ab"),
            _ => parts,
        }
    }
}

/// Runs a check on every generated pattern whose automaton is not too large.
fn each_pattern(count: usize, mut check: impl FnMut(&str, &Pattern, &Dfa)) {
    let mut random = Random(count as u64);
    let mut checked = 0;
    for _ in 0..count {
        let depth = random.pick(&[1, 2, 3, 4]);
        let source = random.pattern(depth);
        let pattern = Pattern::compile(source.as_bytes()).expect(&source);
        if let Some(dfa) = &pattern.dfa {
            check(&source, &pattern, dfa);
            checked += 1;
        }
    }
    assert!(checked > count * 99 / 100, "{checked} of {count}");
}

/// Walks both automata over all texts at once: wherever the text ends, both say
/// the same.
fn assert_same(source: &str, dfa: &Dfa, judge: &mut Subsets<'_>) {
    let mut reached = HashSet::new();
    let mut open = vec![(dfa.start, judge.start())];
    while let Some((state, other)) = open.pop() {
        if !reached.insert((state, other)) {
            continue;
        }
        assert_eq!(
            dfa.ends(state),
            judge.matches_at_end(other),
            "{source}: at the end"
        );
        for byte in 0..=u8::MAX {
            open.push((dfa.next(state, byte), judge.step(other, byte)));
        }
    }
}

/// On generated patterns full of conditions, the table is that of another
/// determiniser.
#[test]
fn other_determiniser_agrees() {
    each_pattern(3_000, |source, pattern, dfa| {
        assert_same(
            source,
            dfa,
            &mut Subsets::new(pattern.program.as_ref().expect("kept")),
        );
    });
}

/// So it is on generated patterns that are divided into segments.
#[test]
fn other_determiniser_agrees_on_segments() {
    let mut random = Random(7);
    for _ in 0..3_000 {
        let source = random.parts();
        let pattern = Pattern::compile(source.as_bytes()).expect(&source);
        let dfa = pattern.dfa.as_ref().expect(&source);
        let mut judge = Subsets::new(pattern.program.as_ref().expect("kept"));
        assert_same(&source, dfa, &mut judge);
    }
}

/// So it is on patterns for log lines, which have more states.
#[test]
fn other_determiniser_agrees_on_rules() {
    for source in [
        r"login failure for user ([A-Za-z]+) from (\d{1,3}.*) via ssh",
        r"^system,info,account user (\w+) logged out from (\S+) via (\w+)$",
        r"forward: in:(\w+) out:(\w+), .* proto (TCP|UDP)[^,]*, (.+)->(.+), len (\d+)",
        r"\<(up|down)\>.*\b[0-9]{1,3}(\.[0-9]{1,3}){3}\b",
    ] {
        let pattern = Pattern::compile(source.as_bytes()).expect(source);
        let dfa = pattern.dfa.as_ref().expect(source);
        assert_same(
            source,
            dfa,
            &mut Subsets::new(pattern.program.as_ref().expect("kept")),
        );
    }
}

/// Without what finds groups, a pattern with a DFA matches as before, takes less memory
/// and knows how many groups it had; one without a DFA stays as it is.
#[test]
fn forgotten_groups() {
    let mut pattern = Pattern::compile(b"user (.*) from (.*)").expect("valid");
    let memory = pattern.memory();
    pattern.forget_groups();
    assert!(pattern.memory() < memory);
    assert_eq!(pattern.groups(), 2);
    let mut scratch = Scratch::for_patterns([&pattern]);
    let mut spans = [Some(Span { start: 0, end: 0 })];
    assert!(pattern.captures(b"user a from b", &mut scratch, &mut spans));
    assert_eq!(spans, [None]);
    assert!(!pattern.captures(b"user a", &mut scratch, &mut spans));
    let mut bounded = Pattern::compile_within(b"a(b)", &mut 0).expect("valid");
    bounded.forget_groups();
    let mut scratch = Scratch::for_patterns([&bounded]);
    let mut spans = [None; 2];
    assert!(bounded.captures(b"xab", &mut scratch, &mut spans));
    assert_eq!(spans[1], Some(Span { start: 2, end: 3 }));
}

/// The table and the bounded engine agree on all texts of up to five bytes.
#[test]
fn bounded_engine_agrees() {
    let mut texts: Vec<Vec<u8>> = vec![Vec::new()];
    for shorter in 0.. {
        if texts[shorter].len() == 5 {
            break;
        }
        for byte in b"ab-" {
            texts.push([&texts[shorter][..], &[*byte]].concat());
        }
    }
    assert_eq!(texts.len(), 364);
    each_pattern(2_000, |source, pattern, dfa| {
        let mut scratch = Scratch::for_patterns([pattern]);
        let bounded = Pattern::compile_within(source.as_bytes(), &mut 0).expect(source);
        for text in &texts {
            let expected = bounded.is_match(text, &mut scratch);
            let shown = text.escape_ascii();
            assert_eq!(dfa.is_match(text), expected, "{source} on {shown}");
        }
    });
}

/// A state is a row only if it makes a difference. Two of each count are [`DEAD`]
/// and [`MATCHED`].
#[test]
fn states_are_few() {
    for (source, states) in [
        ("", 2),
        ("foo", 2 + 3),
        ("^foo", 2 + 3),
        // After a word byte and elsewhere; and then the letters, of which the last
        // one makes it certain.
        (r"\bfoo", 2 + 4),
        // Certain after `a`, whatever follows.
        ("a|ab", 2 + 1),
        // What might begin after `.*` makes no difference.
        ("ab.*cd", 2 + 4),
    ] {
        let pattern = Pattern::compile(source.as_bytes()).expect(source);
        assert_eq!(pattern.dfa_states(), Some(states), "{source}");
    }
}

/// A pattern that distinguishes more bytes than there are numbers for classes works
/// without a DFA.
#[test]
fn too_many_classes() {
    // Which bits a byte has distinguishes all bytes but those that are left out.
    for (classes, has_dfa) in [(CLASSES_MAX, true), (CLASSES_MAX + 1, false)] {
        let left_out = (256 - classes) as u8;
        let mut source = Vec::new();
        for bit in 0..8 {
            let has_it = |byte: u8| byte > left_out && byte >> bit & 1 != 0;
            let mut set: Vec<u8> = (1..=u8::MAX).filter(|&byte| has_it(byte)).collect();
            // Their places decide what these four mean.
            set.sort_by_key(|byte| b"]\0^[-".iter().position(|b| b == byte).unwrap_or(1));
            source.extend([b"|[", &set[..], b"]"].concat());
        }
        let pattern = Pattern::compile(&source[1..]).expect("valid");
        assert_eq!(pattern.dfa.is_some(), has_dfa, "{classes}");
        let mut scratch = Scratch::for_patterns([&pattern]);
        for byte in 0..=u8::MAX {
            let expected = byte > left_out;
            assert_eq!(pattern.is_match(&[byte], &mut scratch), expected, "{byte}");
        }
    }
}

/// An anchored pattern is dead after the first byte that does not fit.
#[test]
fn anchored_is_dead_soon() {
    let pattern = Pattern::compile(b"^ab").expect("valid");
    let dfa = pattern.dfa.as_ref().expect("small");
    assert_eq!(dfa.next(dfa.start, b'x'), DEAD);
}
