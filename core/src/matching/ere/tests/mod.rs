//! The automaton against another determiniser, and against the engine that
//! works without one.

mod subsets;

use std::collections::HashSet;

use subsets::Subsets;

use super::dfa::{DEAD, Dfa, MATCHED};
use super::{Pattern, Scratch};

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

impl Dfa {
    /// Returns the state after a byte, or after the end of the text.
    fn next(&self, state: u16, byte: Option<u8>) -> u16 {
        let class = byte.map(|byte| self.classes[usize::from(byte)]);
        let column = class.map_or(self.stride - 1, usize::from);
        self.table[usize::from(state) * self.stride + column]
    }
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
        let at_end = dfa.next(state, None) == MATCHED;
        assert_eq!(at_end, judge.matches_at_end(other), "{source}: at the end");
        for byte in 0..=u8::MAX {
            open.push((dfa.next(state, Some(byte)), judge.step(other, byte)));
        }
    }
}

/// On generated patterns full of conditions, the table is that of another
/// determiniser.
#[test]
fn other_determiniser_agrees() {
    each_pattern(3_000, |source, pattern, dfa| {
        assert_same(source, dfa, &mut Subsets::new(&pattern.program));
    });
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
        assert_same(source, dfa, &mut Subsets::new(&pattern.program));
    }
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
        // At the start, after a word byte and after another; and then the letters,
        // of which the first one is a word byte.
        (r"\bfoo", 2 + 5),
        // Certain after `a`, whatever follows.
        ("a|ab", 2 + 1),
    ] {
        let pattern = Pattern::compile(source.as_bytes()).expect(source);
        assert_eq!(pattern.dfa_states(), Some(states), "{source}");
    }
}

/// An anchored pattern is dead after the first byte that does not fit.
#[test]
fn anchored_is_dead_soon() {
    let pattern = Pattern::compile(b"^ab").expect("valid");
    let dfa = pattern.dfa.as_ref().expect("small");
    assert_eq!(dfa.next(dfa.start, Some(b'x')), DEAD);
}
