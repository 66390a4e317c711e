//! The screen compared with plain searching.

use alertik_core::ids::RuleIds;
use alertik_core::limits::RULES_MAX;
use alertik_core::matching::{Needle, Pattern, Screen};

use crate::generate::Random;
use crate::show;

fn found(screen: &Screen, text: &[u8]) -> Vec<usize> {
    let mut found = RuleIds::EMPTY;
    screen.candidates(text, &mut found);
    found.iter().map(|rule| rule.index()).collect()
}

/// A substring rule is a candidate exactly if the text contains the substring. Tried
/// with the maximum number of rules, over an alphabet so small that the substrings
/// overlap, contain each other, and share beginnings and ends.
#[test]
fn substrings_are_exact() {
    let mut random = Random::new(3);
    let mut word = |most: usize, letters: &[u8]| -> Vec<u8> {
        let length = random.below(most + 1);
        (0..length).map(|_| *random.pick(letters)).collect()
    };
    for round in 0..300 {
        let letters: &[u8] = if round % 2 == 0 {
            b"ab"
        } else {
            b"abcdef\x00\xff"
        };
        let words: Vec<Vec<u8>> = (0..RULES_MAX).map(|_| word(6, letters)).collect();
        let screen = Screen::build(words.iter().map(|word| Needle::Substring(word)));
        assert!(!screen.ignores_case());
        for _ in 0..20 {
            let text = word(40, letters);
            let expected: Vec<usize> = (0..RULES_MAX)
                .filter(|&rule| {
                    let word = &words[rule];
                    word.is_empty() || text.windows(word.len()).any(|window| window == word)
                })
                .collect();
            assert_eq!(found(&screen, &text), expected, "{}", show(&text));
        }
    }
}

/// A pattern is a candidate for texts that contain one of its literals; a pattern
/// without literals is a candidate for every text.
#[test]
fn patterns_are_screened_by_literals() {
    let patterns = [
        "(up|down): [0-9]+",
        "[a-z]+",
        "link (up|down) on ether",
        "a{3}b?c{2}",
        "(reboot)?ed",
    ];
    let patterns = patterns.map(|pattern| Pattern::compile(pattern.as_bytes()).expect("valid"));
    let screen = Screen::build(patterns.iter().map(Needle::Pattern));
    for (text, expected) in [
        ("", &[1][..]),
        ("x down: y", &[0, 1]),
        ("x down y", &[1]),
        ("link ? on ether1", &[1, 2]),
        ("aaa", &[1, 3]),
        ("aa", &[1]),
        ("edge", &[1, 4]),
    ] {
        assert_eq!(found(&screen, text.as_bytes()), expected, "{text}");
    }
}

/// A literal ends with a part that may come more than once, and a part of several forms
/// has a literal for each or none: a text that matches is always a candidate. Not every
/// text is one.
#[test]
fn literals_end_where_a_text_may_differ() {
    for (pattern, text, other) in [
        ("x(ab)+c", "xababc", "xa"),
        ("x(ab){1,2}c", "xababc", "xa"),
        ("x(ab){2}c", "xababc", "xa"),
        ("xy(ab){1}c", "xyabc", "xyab"),
        ("xy(a?b){1}c", "xyabc", "x"),
        ("(xy|zw)+c", "xyzwc", "xz"),
        ("(a|b|c)xyz(d|e|f)", "bxyzf", "bxy"),
        ("(abc|abd)(e|fe)", "abdfe", "ab"),
    ] {
        let compiled = Pattern::compile(pattern.as_bytes()).expect("valid");
        let screen = Screen::build([Needle::Pattern(&compiled)]);
        assert_eq!(found(&screen, text.as_bytes()), [0], "{pattern}");
        assert_eq!(found(&screen, other.as_bytes()), [0; 0], "{pattern}");
    }
}

/// If one substring is searched for in any case, all are found in any case, and nothing
/// else.
#[test]
fn substrings_in_any_case() {
    let mut random = Random::new(5);
    let mut word = |most: usize, letters: &[u8]| -> Vec<u8> {
        let length = random.below(most + 1);
        (0..length).map(|_| *random.pick(letters)).collect()
    };
    for round in 0..300 {
        let letters: &[u8] = if round % 2 == 0 {
            b"abAB"
        } else {
            b"zZ[{@`\x00\xe9\xc9"
        };
        let words: Vec<Vec<u8>> = (0..RULES_MAX).map(|_| word(6, letters)).collect();
        let needles = words.iter().enumerate().map(|(rule, word)| match rule {
            7 => Needle::AnyCase(word),
            _ => Needle::Substring(word),
        });
        let screen = Screen::build(needles);
        assert!(screen.ignores_case());
        for _ in 0..20 {
            let text = word(40, letters);
            let lower = text.to_ascii_lowercase();
            let expected: Vec<usize> = (0..RULES_MAX)
                .filter(|&rule| {
                    let word = words[rule].to_ascii_lowercase();
                    word.is_empty() || lower.windows(word.len()).any(|window| window == word)
                })
                .collect();
            assert_eq!(found(&screen, &text), expected, "{}", show(&text));
        }
    }
}

/// Without rules there are no candidates.
#[test]
fn without_rules() {
    let screen = Screen::build([]);
    assert_eq!(found(&screen, b"anything"), []);
}
