//! Mutation testing of the core: which of its decisions does no test hold?
//!
//! cargo-mutants changes one thing in the source (a comparison, an operator, a
//! function's result) and runs tests. A mutant that they do not notice is
//! *missed*: the decision is held by nobody, or makes no difference.
//!
//! It works on a copy of the project, whose build is kept, so that a mutant costs one
//! incremental build without optimisation and the quick tests of its room. What these
//! miss is tried again with the slow ones.

mod tree;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::process::{cargo, output_of, succeed};
use crate::{Flags, Result, workspace};

/// The version of cargo-mutants whose output and exit status are read here.
const VERSION: &str = "^27";

/// Seconds that a mutant's tests may take: a test that does not end any more has noticed
/// the mutant. The quick ones have five times what they take without a mutant, if that is
/// more.
const QUICK_SECS: &str = "20";
const ALL_SECS: &str = "300";

/// A folder of `core/src`, and the tests of core beside the unit tests that hold its
/// decisions.
type Room = (&'static str, &'static [&'static str]);

/// The rooms, in the order of a datagram's life.
const ROOMS: [Room; 10] = [
    ("bytes", &[]),
    ("text", &[]),
    ("intake", &[]),
    ("syslog", &["syslog"]),
    ("matching", &["conditions", "engine", "ere", "memory"]),
    ("routers", &["engine"]),
    (
        "rules",
        &["conditions", "engine", "model", "policies", "quiet"],
    ),
    ("delivery", &["delivery", "model"]),
    ("dns", &[]),
    ("replay", &[]),
];

/// Tests that take longer than half a second without optimisation, by parts of their
/// names.
const SLOW: [&str; 25] = [
    "a_fleet_",
    "a_flood_",
    "agree",
    "ambiguous_patterns",
    "behaves_like_a_list",
    "bodies_are_json",
    "case_does_not_matter",
    "decoys_hide_no_alarm",
    "every_sample_gives_a_text",
    "exceptions_share_the_",
    "exceptions_that_take_too_much_work",
    "forged_addresses",
    "groups_are_those_of_tre",
    "hostile_streams",
    "invented_values",
    "musl",
    "no_event_takes_another_ones_lines",
    "nothing_allocates",
    "novelty::tests::damage",
    "own_suite",
    "rules_share_the_work",
    "screen_keeps_every_match",
    "spans_are_posix",
    "strangers_cannot_write_events",
    "ten_thousand_addresses",
];

/// Mutants that are known to be missed, a line each, with the reason after `#`.
const KNOWN: &str = "xtask/known-mutants.txt";

/// Which mutants are tried, and how long.
struct Scope {
    /// Those of a file: a pattern. Otherwise those of the room.
    file: Option<String>,
    /// Those in lines that a diff changes.
    diff: Option<PathBuf>,
    /// Until then.
    end: Option<Instant>,
}

/// Runs the command.
///
/// # Errors
///
/// If cargo-mutants cannot be installed or run, tests fail without any mutant, or a room
/// does not exist. Missed mutants are printed and are no error: this command reports, it
/// does not gate.
pub(crate) fn run(mut flags: Flags) -> Result {
    let room = flags.value("--room")?;
    let file = flags.value("--file")?;
    let base = flags.value("--in-diff")?;
    let minutes = flags.value("--minutes")?;
    flags.finish()?;
    let minutes = minutes.map(|minutes| minutes.parse::<u64>()).transpose()?;
    let room = match &file {
        Some(file) => Some(room_of(file)?.to_owned()),
        None => room,
    };
    let is_wanted = |known: &&Room| room.as_ref().is_none_or(|name| name == known.0);
    let rooms: Vec<_> = ROOMS.iter().filter(is_wanted).collect();
    if rooms.is_empty() {
        let names = ROOMS.map(|(name, _)| name).join(", ");
        return Err(format!("there is no such room; there are {names}").into());
    }
    install()?;
    let tree = tree::copy()?;
    let scope = Scope {
        file,
        diff: base.map(|base| tree::write_diff(&base)).transpose()?,
        end: minutes.map(|minutes| Instant::now() + Duration::from_secs(60 * minutes)),
    };
    let known = fs::read_to_string(workspace().join(KNOWN))?;
    let known: Vec<_> = known.lines().filter_map(known_mutant).collect();
    let (mut missed, mut caught) = (BTreeSet::new(), 0);
    for room in rooms {
        let report = mutate(&tree, &scope, room, &known)?;
        caught += report.caught.len();
        missed.extend(report.missed);
    }
    let all = missed.len();
    missed.retain(|mutant| !is_accepted(&tree, &known, mutant));
    println!(
        "mutants: {caught} caught, {all} missed, of which {} are known",
        all - missed.len()
    );
    missed
        .iter()
        .for_each(|mutant| println!("  missed: {mutant}"));
    Ok(())
}

/// Returns the room of a file, given as a path or a pattern.
fn room_of(file: &str) -> Result<&str> {
    let path = file.strip_prefix("core/src/");
    match path.and_then(|path| path.split_once('/')) {
        Some((room, _)) => Ok(room),
        None => Err(format!("{file} is not in a folder of core/src").into()),
    }
}

fn install() -> Result {
    if output_of(cargo().args(["mutants", "--version"])).is_ok() {
        return Ok(());
    }
    succeed(cargo().args(["install", "--locked", "--version", VERSION, "cargo-mutants"]))
}

/// The outcome of mutants, by their names.
struct Report {
    caught: BTreeSet<String>,
    missed: BTreeSet<String>,
}

/// Tries the mutants of one room: with its quick tests, and those that are left and not
/// known with all of its tests.
fn mutate(tree: &Path, scope: &Scope, room: &Room, known: &[&str]) -> Result<Report> {
    let (name, tests) = room;
    let out = workspace().join("target/mutants").join(name);
    // What an earlier run left there would count again.
    let _ = fs::remove_dir_all(&out);
    fs::create_dir_all(&out)?;
    let file = scope.file.clone();
    let file = file.unwrap_or_else(|| format!("core/src/{name}/**"));
    let run = |options: &[&str], skipped: &[&str]| {
        let mut arguments: Vec<_> = options.iter().map(|&option| option.to_owned()).collect();
        arguments.push(format!("--output={}", out.display()));
        arguments.push(format!("--file={file}"));
        if let Some(diff) = &scope.diff {
            arguments.push(format!("--in-diff={}", diff.display()));
        }
        arguments.extend(["--".to_owned(), "--lib".to_owned()]);
        arguments.extend(tests.iter().map(|test| format!("--test={test}")));
        arguments.push("--".to_owned());
        arguments.extend(skipped.iter().map(|test| format!("--skip={test}")));
        cargo_mutants(tree, scope, name, &arguments)
    };
    let results = out.join("mutants.out");
    run(&["--minimum-test-timeout", QUICK_SECS], &SLOW)?;
    let mut report = read(&results);
    let is_known = |mutant: &&String| is_accepted(tree, known, mutant);
    if report.missed.iter().all(|mutant| is_known(&mutant)) {
        return Ok(report);
    }
    // `--iterate` looks there for what need not be tried again.
    let known = report.missed.iter().filter(is_known);
    let done: BTreeSet<_> = report.caught.iter().chain(known).cloned().collect();
    let lines: String = done.iter().map(|mutant| format!("{mutant}\n")).collect();
    fs::write(results.join("caught.txt"), lines)?;
    let skipped: &[&str] = match *name {
        // They need an oracle, and seconds to ask it.
        "matching" => &["musl"],
        // These know the matcher alone, and are the slowest.
        _ => &["matching::ere"],
    };
    run(
        &["--iterate", "--baseline=skip", "--timeout", ALL_SECS],
        skipped,
    )?;
    let mut caught = read(&results).caught;
    caught.retain(|mutant| !done.contains(mutant));
    report.missed.retain(|mutant| !caught.contains(mutant));
    report.caught.append(&mut caught);
    Ok(report)
}

/// Runs cargo-mutants in the copy, until the time is over.
fn cargo_mutants(tree: &Path, scope: &Scope, room: &str, arguments: &[String]) -> Result {
    let mut command = cargo();
    if let Some(end) = scope.end {
        let left = end.saturating_duration_since(Instant::now()).as_secs();
        if left == 0 {
            println!("{room}: the time is over, so not all of its mutants are tried");
            return Ok(());
        }
        // coreutils' timeout: cargo-mutants itself has no limit for a whole run.
        let program = command.get_program().to_owned();
        command = Command::new("timeout");
        command.arg(left.to_string()).arg(program);
    }
    command.current_dir(tree);
    // One round of each model is what fits into a mutant's time.
    command.env("MODEL_SECS", "0");
    command.args(["mutants", "--in-place", "--package", "alertik-core"]);
    command.args(["--profile", "mutants", "--no-shuffle", "--colors=never"]);
    let status = command.args(arguments).status()?;
    match status.code() {
        // All are caught; some are missed; some tests did not end.
        Some(0 | 2 | 3) => Ok(()),
        Some(124) => {
            println!("{room}: the time is over, so not all of its mutants are tried");
            Ok(())
        }
        _ => Err(format!("cargo mutants failed in {room} ({status})").into()),
    }
}

/// Reads what cargo-mutants has written so far: a line per mutant.
fn read(folder: &Path) -> Report {
    let lines = |name: &str| -> BTreeSet<String> {
        let text = fs::read_to_string(folder.join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    };
    let mut caught = lines("caught.txt");
    caught.append(&mut lines("timeout.txt"));
    Report {
        caught,
        missed: lines("missed.txt"),
    }
}

/// Returns the mutant of a line of the list, or `None` for a comment.
fn known_mutant(line: &str) -> Option<&str> {
    let (mutant, _) = line.split_once('#').unwrap_or((line, ""));
    let mutant = mutant.trim();
    (!mutant.is_empty()).then_some(mutant)
}

/// Returns a mutant's change without file, line and column, which move with every
/// edit: of `FILE:LINE:COLUMN: CHANGE` the last part. The change names its
/// function, so it is unambiguous enough.
fn without_place(mutant: &str) -> &str {
    mutant.splitn(4, ':').nth(3).map_or(mutant, str::trim)
}

/// Returns whether a mutant may be missed: it is known, or changes an assertion only.
fn is_accepted(tree: &Path, known: &[&str], mutant: &str) -> bool {
    let mut place = mutant.splitn(3, ':');
    let (file, line) = (place.next(), place.next());
    let source = file.and_then(|file| fs::read_to_string(tree.join(file)).ok());
    let line = line.and_then(|line| line.parse().ok());
    known.contains(&without_place(mutant))
        || is_in_assertion(&source.unwrap_or_default(), line.unwrap_or_default())
}

/// Returns whether a line is in an assertion about constants, `const _`. That is no code
/// of the program, and a weaker one is as good as long as the constants are right.
fn is_in_assertion(source: &str, line: usize) -> bool {
    // In formatted source an item is what begins at the margin.
    let begins = |line: &&str| line.starts_with(|first: char| first.is_ascii_alphabetic());
    let item = source.lines().take(line).filter(begins).last();
    item.is_some_and(|item| item.starts_with("const _:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mutant is recognised wherever it has moved to in its file.
    #[test]
    fn a_known_mutant_may_move() {
        let mutant = "core/src/delivery/backoff.rs:43:21: replace ^= with |= in Backoff::next";
        let line = "replace ^= with |= in Backoff::next   # jitter: any bits will do";
        assert_eq!(known_mutant(line), Some(without_place(mutant)));
        assert_eq!(known_mutant("  # a heading"), None);
        assert_eq!(without_place("no place"), "no place");
    }

    /// What the compiler checks of constants is no decision; what stands around it is one.
    #[test]
    fn assertions_may_be_weaker() {
        let source = "const A: u8 = 1 + 1;\nconst _: () = {\n    assert!(A < 3);\n};\n\n\
                      const _: () = assert!(A < 3);\nfn f() {\n    A + 1;\n}\n";
        for (line, expected) in [(1, false), (2, true), (3, true), (6, true), (8, false)] {
            assert_eq!(is_in_assertion(source, line), expected, "{line}");
        }
    }

    /// A file says which tests are run for it.
    #[test]
    fn a_file_is_in_a_room() {
        let file = "core/src/rules/policy/*.rs";
        assert_eq!(room_of(file).unwrap(), "rules");
        assert!(room_of("core/src/lib.rs").is_err());
        assert!(room_of("shell/src/net/http.rs").is_err());
    }
}
