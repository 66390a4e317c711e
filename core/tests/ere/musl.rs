//! Comparison with musl itself, if `musl-gcc` is installed (Debian: musl-tools).
//!
//! Every difference must be one of two departures of musl from POSIX:
//!
//! * Q1: when the accepting state is reached twice at one offset, a match that
//!   begins later can replace the leftmost one.
//! * Q2: literals in nested repeat counts can get the same number, and then share
//!   a state.
//!
//! `tre` proves it: with both quirks it answers like musl, without them like the
//! product. A third departure, Q3, is copied: of several empty paths through a
//! piece, only one is kept. So the product does not differ from musl there, but
//! from POSIX; `properties` covers that.
//!
//! `ERE_CASES` sets the number of cases of each kind, `ERE_SEED` the seed.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use alertik_core::limits::DFA_BYTES_MAX;
use alertik_core::matching::{Flags, Pattern};

use crate::generate::{self, Ast, Random};
use crate::tre::{Compiled, Quirks};
use crate::{answer_with, show, suite};

/// Returns the oracle's program, or `None` if it cannot be built.
fn oracle() -> Option<PathBuf> {
    let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("musl-oracle-{:?}", std::thread::current().id()));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ere/musl.c");
    let compiler = Command::new("musl-gcc")
        .args(["-O2", "-static", "-o"])
        .arg(&program)
        .arg(source)
        .status();
    match compiler {
        Ok(status) => {
            assert!(status.success(), "musl-gcc does not build {source}");
            Some(program)
        }
        Err(_) => {
            // Bypass the test harness, which hides the output of passing tests.
            let mut stderr = std::io::stderr();
            writeln!(
                stderr,
                "SKIPPED: no comparison with musl: musl-gcc is not installed"
            )
            .expect("a terminal");
            None
        }
    }
}

/// Returns musl's answers.
pub(crate) fn ask(cases: &[(Vec<u8>, Vec<u8>)], flags: Flags) -> Option<Vec<String>> {
    let program = oracle()?;
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the oracle runs");
    let mut input = child.stdin.take().expect("piped");
    let mut lines = String::new();
    for (pattern, text) in cases {
        for byte in pattern {
            lines += &format!("{byte:02x}");
        }
        lines.push('\t');
        for byte in text {
            lines += &format!("{byte:02x}");
        }
        lines += if flags.ignore_case { "\t\n" } else { "\n" };
    }
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("the oracle answers");
    writer
        .join()
        .expect("no panic")
        .expect("all cases were read");
    let answers = String::from_utf8(output.stdout).expect("ASCII");
    let answers: Vec<String> = answers.lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), cases.len(), "one answer per case");
    Some(answers)
}

pub(crate) fn setting(name: &str, otherwise: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(otherwise, |value| value.parse().expect("a number"))
}

pub(crate) fn compare(make: fn(&mut Random) -> (Ast, Vec<u8>), flags: Flags, most: [f64; 2]) {
    let count = setting("ERE_CASES", 3_000) as usize;
    let mut random = Random::new(setting("ERE_SEED", 1));
    let cases: Vec<(Ast, Vec<u8>)> = (0..count).map(|_| make(&mut random)).collect();
    let asked: Vec<_> = cases
        .iter()
        .map(|(ast, text)| (ast.pattern(), text.clone()))
        .collect();
    let Some(answers) = ask(&asked, flags) else {
        return;
    };
    let (mut differences, mut too_much) = ([0; 2], 0);
    for ((ast, text), ((pattern, _), musl)) in cases.iter().zip(asked.iter().zip(&answers)) {
        let ours = answer_with(pattern, text, flags);
        // The models know no flags, but what the tree means with them.
        let ast = &if flags.ignore_case {
            ast.in_any_case()
        } else {
            ast.clone()
        };
        let with = |q1, q2| Compiled::new(ast, Quirks { q1, q2 }).answer(text);
        let case = || format!("{} on {}", show(pattern), show(text));
        // A match without even its own span took too much work, which no text of
        // the promised length does.
        if ours.split(' ').nth(1) == Some("-1,-1") {
            let compiled = Pattern::compile_with(pattern, flags, &mut { DFA_BYTES_MAX });
            let compiled = compiled.expect("it matched");
            assert!(compiled.exact_up_to() < text.len(), "given up: {}", case());
            assert!(musl.starts_with('M'), "given up: {}", case());
            too_much += 1;
            continue;
        }
        assert_eq!(ours, with(false, false), "without quirks: {}", case());
        if ours != *musl {
            assert_eq!(with(true, true), *musl, "with both quirks: {}", case());
            let is_q2 = with(false, true) != ours;
            differences[usize::from(is_q2)] += 1;
        }
    }
    assert!(
        too_much * 10_000 <= count,
        "given up: {too_much} of {count}"
    );
    for (quirk, (times, most)) in differences.into_iter().zip(most).enumerate() {
        let share = f64::from(times) / count as f64;
        assert!(share <= most, "Q{}: {times} of {count}", quirk + 1);
    }
}

/// On patterns made from log lines, at most one case in a thousand differs.
#[test]
fn log_lines() {
    compare(generate::log_like, Flags::default(), [0.001, 0.0]);
}

/// On ambiguous patterns, Q1 and Q2 explain every difference.
#[test]
fn ambiguous() {
    compare(generate::ambiguous, Flags::default(), [0.01, 0.05]);
}

/// The parser makes the same decisions as musl, and returns the same error codes.
#[test]
fn soup() {
    compare_soup(Flags::default());
}

pub(crate) fn compare_soup(flags: Flags) {
    let mut random = Random::new(setting("ERE_SEED", 1));
    let cases: Vec<_> = (0..setting("ERE_CASES", 10_000))
        .map(|_| generate::soup(&mut random))
        .collect();
    let Some(answers) = ask(&cases, flags) else {
        return;
    };
    let refused = answers.iter().filter(|answer| answer.starts_with('E'));
    assert!(
        (cases.len() / 4..cases.len() * 3 / 4).contains(&refused.count()),
        "the soup must hold valid and malformed patterns"
    );
    for ((pattern, text), musl) in cases.iter().zip(answers) {
        let ours = answer_with(pattern, text, flags);
        assert_eq!(ours, musl, "{} on {}", show(pattern), show(text));
    }
}

/// The suite's expectations are musl's answers.
#[test]
fn own_suite() {
    let cases: Vec<_> = suite::cases()
        .map(|case| (case.pattern, case.text))
        .collect();
    let Some(answers) = ask(&cases, Flags::default()) else {
        return;
    };
    for (case, musl) in suite::cases().zip(answers) {
        if case.differs {
            assert_ne!(case.answer, musl, "line {}: no longer differs", case.line);
        } else {
            assert_eq!(case.answer, musl, "line {}", case.line);
        }
    }
}
