//! Patterns that ignore case, compared with musl's `REG_ICASE`, with the models, and
//! with each other.

use alertik_core::ids::RuleIds;
use alertik_core::limits::DFA_BYTES_MAX;
use alertik_core::matching::{Flags, Needle, Pattern, Scratch, Screen};

use crate::generate::{self, Ast, Random};
use crate::musl::{ask, compare, compare_soup, setting};
use crate::{answer_with, show};

const ANY_CASE: Flags = Flags {
    literal: false,
    ignore_case: true,
};

fn compile(pattern: &[u8]) -> Pattern {
    Pattern::compile_with(pattern, ANY_CASE, &mut { DFA_BYTES_MAX }).expect("valid")
}

/// Gives each letter of a text a random case.
fn shuffle_case(random: &mut Random, text: &mut [u8]) {
    for byte in text {
        if random.below(3) == 0 && byte.is_ascii_alphabetic() {
            *byte ^= 0x20;
        }
    }
}

fn log_like(random: &mut Random) -> (Ast, Vec<u8>) {
    let (ast, mut text) = generate::log_like(random);
    shuffle_case(random, &mut text);
    (ast, text)
}

fn ambiguous(random: &mut Random) -> (Ast, Vec<u8>) {
    let (ast, mut text) = generate::ambiguous(random);
    shuffle_case(random, &mut text);
    (ast, text)
}

/// What musl answers with `REG_ICASE`; the groups as well, which depend on how many
/// alternatives a letter and a bracket expression are.
#[rustfmt::skip]
const CASES: &[(&[u8], &[u8], &str)] = &[
    (b"link", b"ether1 LiNK up", "M0 7,11"),
    (b"LINK", b"link", "M0 0,4"),
    (b"\xc3\xa4", b"\xc3\x84", "N"),
    (b"[@-`]", b"{", "N"),
    // An escape that stands for its letter is one; a code point is not.
    (b"\\Q", b"q", "M0 0,1"),
    (b"\\x41", b"a", "N"),
    (b"\\x41", b"A", "M0 0,1"),
    (b"\\x{61}", b"A", "N"),
    // Groups of letters, brackets and repeats.
    (b"(a)", b"A", "M1 0,1 0,1"),
    (b"(a)*", b"aA", "M1 0,2 1,2"),
    // Letters in groups of their own are no one literal.
    (b"(a)|(b)", b"B", "M2 0,1 -1,-1 0,1"),
    (b"(a|(b))c", b"Bc", "M2 0,2 0,1 0,1"),
    (b"((a)|b)c", b"Bc", "M2 0,2 0,1 -1,-1"),
    (b"(a|aB)(c|bCd)(d*)", b"ABCD", "M3 0,4 0,1 1,4 4,4"),
    (b"(a*)(a|b)*(B*)", b"aABb", "M3 0,4 0,2 3,4 4,4"),
    (b"(a){3}", b"aAaA", "M1 0,3 2,3"),
    (b"((a)|b)*", b"Ab", "M2 0,2 1,2 -1,-1"),
    // Brackets: letters of both cases, before the negation.
    (b"[a-c]+", b"xAbCD", "M0 1,4"),
    (b"[^a-c]+", b"AbxYC", "M0 2,4"),
    (b"[Z-a]", b"A", "M0 0,1"),
    (b"[Z-a]", b"z", "M0 0,1"),
    (b"[Z-a]", b"b", "N"),
    (b"([a-c0-9])+", b"xB2c", "M1 1,4 3,4"),
    // Classes.
    (b"[[:upper:]]+", b"1aB2", "M0 1,3"),
    (b"[[:lower:]]+", b"1aB2", "M0 1,3"),
    (b"[^[:upper:]]+", b"aB12c", "M0 2,4"),
    (b"[[:xdigit:]]+", b"gaFG", "M0 1,3"),
    (b"\\w+", b"-aZ_9-", "M0 1,5"),
    (b"\\W", b"aZ_9", "N"),
    // A range from ASCII to the bytes from 80 on holds letters that no byte stands for.
    (b"[{-\xff]", b"k", "M0 0,1"),
    (b"[{-\xff]", b"K", "N"),
    (b"[{-\xff]", b"s", "N"),
    (b"[{-\xff]", b"S", "M0 0,1"),
    (b"[{-\xff]+", b"aIiIa", "M0 1,4"),
    (b"[^{-\xff]+", b"kSaKsi", "M0 2,5"),
    (b"[\x80-\xff]", b"k", "N"),
    (b"([{-\xff])+", b"kI", "M1 0,2 1,2"),
    (b"([^{-\xff])+", b"aK", "M1 0,2 1,2"),
    // Conditions on words know no case.
    (b"\\bUP\\b", b"link up, down", "M0 5,7"),
    // Errors are the same.
    (b"[z-A]", b"", "E11"),
    (b"[[:UPPER:]]", b"", "E4"),
    (b"(?i)a", b"", "E13"),
];

/// Every case gets its expected answer, which is musl's.
#[test]
fn own_suite() {
    for (pattern, text, expected) in CASES {
        let ours = answer_with(pattern, text, ANY_CASE);
        assert_eq!(ours, *expected, "{} on {}", show(pattern), show(text));
    }
    let cases: Vec<_> = CASES
        .iter()
        .map(|(pattern, text, _)| (pattern.to_vec(), text.to_vec()))
        .collect();
    let Some(answers) = ask(&cases, ANY_CASE) else {
        return;
    };
    for ((pattern, text, expected), musl) in CASES.iter().zip(answers) {
        assert_eq!(musl, *expected, "musl: {} on {}", show(pattern), show(text));
    }
}

/// On patterns made from log lines, at most one case in a thousand differs.
#[test]
fn log_lines_as_musl() {
    compare(log_like, ANY_CASE, [0.001, 0.0]);
}

/// On ambiguous patterns, the two departures of musl explain every difference.
#[test]
fn ambiguous_patterns_as_musl() {
    compare(ambiguous, ANY_CASE, [0.01, 0.05]);
}

/// The parser makes the same decisions as musl, and returns the same error codes.
#[test]
fn soup_as_musl() {
    compare_soup(ANY_CASE);
}

/// Returns a bracket expression of letters, ranges and classes. Ranges over all letters
/// of the world are left to the suite: musl takes seconds for some.
fn bracket(random: &mut Random) -> Vec<u8> {
    const TERMS: [&[u8]; 17] = [
        b"a",
        b"B",
        b"k",
        b"_",
        b"1",
        b"\xe9",
        b"a-c",
        b"B-D",
        b"A-z",
        b"Z-a",
        b"M-m",
        b"@-[",
        b"`-{",
        b"[:upper:]",
        b"[:lower:]",
        b"[:alpha:]",
        b"[:punct:]",
    ];
    let mut out = b"[".to_vec();
    out.extend(&b"^"[random.below(2)..]);
    for _ in 0..=random.below(3) {
        out.extend(*random.pick(&TERMS));
    }
    out.push(b']');
    out
}

/// Bytes at the borders of what brackets are made of.
const BYTES: &[u8] = b"\x01!/19@ACIKLMSYZ[_`aciklmsyz{~\x7f\x80\xe9\xea\xff";

/// Bracket expressions match the bytes that they match in musl.
#[test]
fn brackets_as_musl() {
    let mut random = Random::new(setting("ERE_SEED", 1));
    let brackets: Vec<_> = (0..setting("ERE_CASES", 300))
        .map(|_| bracket(&mut random))
        .collect();
    let every_byte = |bracket: &Vec<u8>| {
        let bracket = bracket.clone();
        BYTES.iter().map(move |&byte| (bracket.clone(), vec![byte]))
    };
    let cases: Vec<_> = brackets.iter().flat_map(every_byte).collect();
    let Some(answers) = ask(&cases, ANY_CASE) else {
        return;
    };
    for (bracket, answers) in brackets.iter().zip(answers.chunks(BYTES.len())) {
        if answers[0].starts_with('E') {
            assert_eq!(answer_with(bracket, b"", ANY_CASE), answers[0]);
            continue;
        }
        let pattern = compile(bracket);
        let mut scratch = Scratch::for_patterns([&pattern]);
        for (byte, musl) in BYTES.iter().zip(answers) {
            let ours = pattern.is_match(&[*byte], &mut scratch);
            assert_eq!(ours, musl.starts_with('M'), "{} {byte:x}", show(bracket));
        }
    }
}

/// As groups, bracket expressions carry the tags that they carry in musl.
#[test]
fn groups_of_brackets_as_musl() {
    const AROUND: [(&[u8], &[u8]); 4] = [
        (b"(", b")*x"),
        (b"(", b"|b)+"),
        (b"(a*)(", b")*(.*)"),
        (b"(", b"){2}"),
    ];
    let mut random = Random::new(setting("ERE_SEED", 1));
    let cases: Vec<(Vec<u8>, Vec<u8>)> = (0..setting("ERE_CASES", 1_000))
        .map(|_| {
            let (before, after) = *random.pick(&AROUND);
            let pattern = [before, &bracket(&mut random), after].concat();
            let letters = (0..6).map(|_| *random.pick(b"aAbBkKzZ_x\xe9"));
            (pattern, letters.collect())
        })
        .collect();
    let Some(answers) = ask(&cases, ANY_CASE) else {
        return;
    };
    for ((pattern, text), musl) in cases.iter().zip(answers) {
        let ours = answer_with(pattern, text, ANY_CASE);
        assert_eq!(ours, musl, "{} on {}", show(pattern), show(text));
    }
}

/// The case of a text never changes whether it matches, with and without a DFA, unless a
/// code point in the pattern does.
#[test]
fn case_does_not_matter() {
    let mut random = Random::new(23);
    for round in 0..1_000 {
        let (ast, mut text) = if round % 2 == 0 {
            ambiguous(&mut random)
        } else {
            log_like(&mut random)
        };
        let pattern = ast.pattern();
        let expected = answer_with(&pattern, &text, ANY_CASE);
        let without_dfa = Pattern::compile_with(&pattern, ANY_CASE, &mut 0).expect("valid");
        let mut scratch = Scratch::for_patterns([&without_dfa]);
        let found = without_dfa.is_match(&text, &mut scratch);
        assert_eq!(found, expected.starts_with('M'), "{}", show(&pattern));
        shuffle_case(&mut random, &mut text);
        let again = answer_with(&pattern, &text, ANY_CASE);
        assert_eq!(again, expected, "{} on {}", show(&pattern), show(&text));
    }
}

/// The screen never loses a rule that matches, and still narrows, among rules of both
/// kinds.
#[test]
fn screen_keeps_every_match_and_narrows() {
    let mut random = Random::new(29);
    let (mut candidates, mut tried) = (0, 0);
    for _ in 0..100 {
        let cases: Vec<_> = (0..16).map(|_| log_like(&mut random)).collect();
        let patterns: Vec<Pattern> = cases
            .iter()
            .enumerate()
            .map(|(index, (ast, _))| match index % 2 {
                0 => compile(&ast.pattern()),
                _ => Pattern::compile(&ast.pattern()).expect("valid"),
            })
            .collect();
        let screen = Screen::build(patterns.iter().map(Needle::Pattern));
        let mut scratch = Scratch::for_patterns(&patterns);
        for (_, text) in &cases {
            let mut found = RuleIds::EMPTY;
            screen.candidates(text, &mut found);
            let found: Vec<usize> = found.iter().map(|rule| rule.index()).collect();
            for (index, pattern) in patterns.iter().enumerate() {
                let matches = pattern.is_match(text, &mut scratch);
                assert!(
                    found.contains(&index) || !matches,
                    "{} on {}",
                    show(&cases[index].0.pattern()),
                    show(text)
                );
                candidates += usize::from(found.contains(&index) && !matches);
                tried += usize::from(!matches);
            }
        }
    }
    assert!(candidates * 5 < tried, "{candidates} of {tried}");
}

/// The literals are as long as they are with case.
#[test]
fn literals() {
    for (pattern, expected) in [
        (
            "Login failure for user ([^ ]+)",
            &["login failure for user "][..],
        ),
        ("(UP|down)[0-9]+", &["up", "down"]),
        ("link[Ss] [0-9]", &["links "]),
        ("[a-z]+", &[]),
        ("(a)*", &[]),
    ] {
        let pattern = compile(pattern.as_bytes());
        assert!(pattern.ignores_case());
        let literals = pattern.literals().iter();
        let literals: Vec<_> = literals.map(|literal| show(literal)).collect();
        assert_eq!(literals, expected);
    }
}

/// A letter whose case is ignored is one state, not two.
#[test]
fn letters_are_single_states() {
    let source = b"login failure for user [a-z]+ from";
    let (with, without) = (Pattern::compile(source).expect("valid"), compile(source));
    assert_eq!(with.dfa_states(), without.dfa_states());
    assert!(without.memory() < with.memory() * 5 / 4);
    assert_eq!(with.work_max(true), without.work_max(true));
}
