//! Properties that hold for every pattern and text.

use alertik_core::ids::RuleIds;
use alertik_core::limits::GROUPS_MAX;
use alertik_core::matching::{Needle, Pattern, Scratch, Screen};

use crate::generate::{self, Ast, Random};
use crate::posix::{self, EmptyPaths};
use crate::tre::{Compiled, Quirks};
use crate::{answer, show};

const CASES: usize = 2_000;

fn each_case(mut check: impl FnMut(&Ast, &Pattern, &[u8])) {
    let mut random = Random::new(7);
    for index in 0..CASES {
        let (ast, text) = if index % 2 == 0 {
            generate::ambiguous(&mut random)
        } else {
            generate::log_like(&mut random)
        };
        let pattern = ast.pattern();
        let compiled = Pattern::compile(&pattern)
            .unwrap_or_else(|error| panic!("{}: {error}", show(&pattern)));
        check(&ast, &compiled, &text);
    }
}

/// Matches and spans are those of POSIX, except for pieces with several empty paths,
/// where they are those of musl. Few cases depend on that.
#[test]
fn spans_are_posix() {
    let mut copied = 0;
    each_case(|ast, pattern, text| {
        let mut scratch = Scratch::for_patterns([pattern]);
        let mut spans = [None];
        let found = pattern.captures(text, &mut scratch, &mut spans);
        let ours = spans[0].map(|span| (span.start, span.end));
        assert_eq!(found, ours.is_some());
        let expected = posix::find(ast, text, EmptyPaths::One);
        assert_eq!(ours, expected, "{} on {}", show(&ast.pattern()), show(text));
        copied += usize::from(expected != posix::find(ast, text, EmptyPaths::All));
    });
    assert!(
        copied < CASES / 50,
        "{copied} cases depend on the empty path"
    );
}

/// Groups are those of TRE without Q1 and Q2, the quirks that are not copied.
#[test]
fn groups_are_those_of_tre() {
    each_case(|ast, _, text| {
        let quirks = Quirks {
            q1: false,
            q2: false,
        };
        let pattern = ast.pattern();
        let expected = Compiled::new(ast, quirks).answer(text);
        let ours = answer(&pattern, text);
        assert_eq!(ours, expected, "{} on {}", show(&pattern), show(text));
    });
}

/// So they are on texts in which each byte comes several times, over which the
/// engine takes its short cuts.
#[test]
fn groups_are_those_of_tre_on_long_texts() {
    let mut random = Random::new(17);
    each_case(|ast, _, text| {
        let quirks = Quirks {
            q1: false,
            q2: false,
        };
        let times = |random: &mut Random| [1, 1, 2, 3, 7][random.below(5)];
        let long: Vec<u8> = text
            .iter()
            .flat_map(|&byte| std::iter::repeat_n(byte, times(&mut random)))
            .collect();
        let expected = Compiled::new(ast, quirks).answer(&long);
        let (pattern, long) = (ast.pattern(), &long[..]);
        assert_eq!(
            answer(&pattern, long),
            expected,
            "{} on {}",
            show(&pattern),
            show(long)
        );
    });
}

/// The DFA, the run without tags and the run with tags agree.
#[test]
fn engines_agree() {
    each_case(|ast, pattern, text| {
        let mut scratch = Scratch::for_patterns([pattern]);
        let mut spans = [None; GROUPS_MAX + 1];
        let without_dfa = Pattern::compile_within(&ast.pattern(), &mut 0).expect("valid");
        let quick = pattern.is_match(text, &mut scratch);
        let bounded = without_dfa.is_match(text, &mut scratch);
        let full = without_dfa.captures(text, &mut scratch, &mut spans);
        assert!(
            quick == bounded && bounded == full,
            "{} on {}: {quick} {bounded} {full}",
            show(&ast.pattern()),
            show(text)
        );
    });
}

/// Every span lies in the text and in the whole match, does not end before it
/// begins, and does not depend on earlier searches with the same scratch.
#[test]
fn spans_are_sane() {
    let mut random = Random::new(11);
    let patterns: Vec<Pattern> = (0..200)
        .map(|_| generate::ambiguous(&mut random).0.pattern())
        .map(|pattern| Pattern::compile(&pattern).expect("valid"))
        .collect();
    let mut shared = Scratch::for_patterns(&patterns);
    for round in 0..2_000 {
        let (_, text) = generate::ambiguous(&mut random);
        let pattern = &patterns[round % patterns.len()];
        let (mut spans, mut alone) = ([None; GROUPS_MAX + 1], [None; GROUPS_MAX + 1]);
        let found = pattern.captures(&text, &mut shared, &mut spans);
        pattern.captures(&text, &mut Scratch::for_patterns([pattern]), &mut alone);
        assert_eq!(spans, alone, "the scratch remembers");
        assert_eq!(found, spans[0].is_some());
        let whole = spans[0].map_or(0..0, |span| span.start..span.end);
        assert!(whole.end <= text.len());
        for span in spans.iter().flatten() {
            assert!(span.start <= span.end);
            assert!(whole.start <= span.start && span.end <= whole.end);
        }
        for span in &spans[(pattern.groups() + 1).min(spans.len())..] {
            assert_eq!(*span, None);
        }
    }
}

/// The screen never loses a rule that matches.
#[test]
fn screen_keeps_every_match() {
    let mut random = Random::new(13);
    for _ in 0..100 {
        let cases: Vec<_> = (0..16).map(|_| generate::log_like(&mut random)).collect();
        let patterns: Vec<Pattern> = cases
            .iter()
            .map(|(ast, _)| Pattern::compile(&ast.pattern()).expect("valid"))
            .collect();
        let screen = Screen::build(patterns.iter().map(Needle::Pattern));
        let mut scratch = Scratch::for_patterns(&patterns);
        for (_, text) in &cases {
            let mut found = RuleIds::EMPTY;
            screen.candidates(text, &mut found);
            let candidates: Vec<usize> = found.iter().map(|rule| rule.index()).collect();
            for (index, pattern) in patterns.iter().enumerate() {
                assert!(
                    candidates.contains(&index) || !pattern.is_match(text, &mut scratch),
                    "{} on {}",
                    show(&cases[index].0.pattern()),
                    show(text)
                );
            }
        }
    }
}
