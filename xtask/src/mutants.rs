//! Mutation testing of the core: which of its decisions does no test hold?
//!
//! cargo-mutants changes one thing in the source (a comparison, an operator, a
//! function's result) and runs tests. A mutant that they do not notice is
//! *missed*: the decision is held by nobody, or makes no difference.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::process::{cargo, output_of, succeed};
use crate::{Flags, Result, workspace};

/// The version of cargo-mutants whose output is read here.
const VERSION: &str = "^27";

/// A room, and the tests of core that hold its decisions.
struct Room {
    name: &'static str,
    tests: &'static [&'static str],
}

/// The rooms, in the order of a datagram's life. The matcher's tests against
/// musl are left out: they take seconds a mutant and need its oracle.
const ROOMS: [Room; 5] = [
    Room {
        name: "intake",
        tests: &["--lib"],
    },
    Room {
        name: "syslog",
        tests: &["--lib"],
    },
    Room {
        name: "matching",
        tests: &["--lib", "--test=engine"],
    },
    Room {
        name: "rules",
        tests: &["--lib", "--test=engine"],
    },
    Room {
        name: "delivery",
        tests: &["--lib", "--test=delivery"],
    },
];

/// Mutants that are known to be missed, a line each, with the reason after `#`.
const KNOWN: &str = "xtask/known-mutants.txt";

/// Runs the command.
///
/// # Errors
///
/// If cargo-mutants cannot be installed or run, or a room does not exist. Missed
/// mutants are printed and are no error: this command reports, it does not gate.
pub(crate) fn run(mut flags: Flags) -> Result {
    let room = flags.value("--room")?;
    let base = flags.value("--in-diff")?;
    let minutes = flags.value("--minutes")?;
    flags.finish()?;
    let end = match minutes {
        Some(minutes) => Some(Instant::now() + Duration::from_secs(60 * minutes.parse::<u64>()?)),
        None => None,
    };
    let rooms: Vec<_> = ROOMS
        .iter()
        .filter(|known| room.as_ref().is_none_or(|name| name == known.name))
        .collect();
    if rooms.is_empty() {
        let names = ROOMS.map(|room| room.name).join(", ");
        return Err(format!("there is no such room; there are {names}").into());
    }
    install()?;
    let diff = base.map(|base| write_diff(&base)).transpose()?;
    let mut total = Report::default();
    for room in rooms {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            println!("{}: not looked at, the time is over", room.name);
            continue;
        }
        total.add(mutate(room, diff.as_deref(), left)?);
    }
    println!(
        "mutants: {} caught, {} missed, of which {} are known",
        total.caught,
        total.missed.len() + total.known,
        total.known
    );
    total
        .missed
        .iter()
        .for_each(|mutant| println!("  missed: {mutant}"));
    Ok(())
}

/// What one or several runs came to.
#[derive(Default)]
struct Report {
    caught: usize,
    known: usize,
    missed: Vec<String>,
}

impl Report {
    fn add(&mut self, other: Self) {
        self.caught += other.caught;
        self.known += other.known;
        self.missed.extend(other.missed);
    }
}

fn install() -> Result {
    if output_of(cargo().args(["mutants", "--version"])).is_ok() {
        return Ok(());
    }
    succeed(cargo().args(["install", "--locked", "--version", VERSION, "cargo-mutants"]))
}

/// Writes the change of the core since `base` to a file.
fn write_diff(base: &str) -> Result<PathBuf> {
    let mut git = Command::new("git");
    git.current_dir(workspace());
    git.args(["diff", base, "--", "core/src"]);
    let path = workspace().join("target/mutants.diff");
    fs::write(&path, output_of(&mut git)?)?;
    Ok(path)
}

/// Tries the mutants of one room.
fn mutate(room: &Room, diff: Option<&Path>, left: Option<Duration>) -> Result<Report> {
    let out = workspace().join("target/mutants").join(room.name);
    // What an earlier run left there would count again.
    let _ = fs::remove_dir_all(&out);
    fs::create_dir_all(&out)?;
    let mut command = match left {
        // coreutils' timeout: cargo-mutants itself has no limit for a whole run.
        Some(left) => {
            let mut timeout = Command::new("timeout");
            timeout.arg(left.as_secs().max(1).to_string());
            timeout.arg(cargo().get_program());
            timeout
        }
        None => cargo(),
    };
    command.current_dir(workspace());
    command.args([
        "mutants",
        "--package",
        "alertik-core",
        "--no-shuffle",
        "--colors=never",
    ]);
    command
        .args(["--minimum-test-timeout", "20", "--output"])
        .arg(&out);
    command.args(["--file", &format!("core/src/{}/**", room.name)]);
    if let Some(diff) = diff {
        command.arg("--in-diff").arg(diff);
    }
    command.arg("--").args(room.tests);
    // Its exit status says that mutants were missed, or that the time was over.
    let status = command.status()?;
    println!("{}: cargo mutants ended with {status}", room.name);
    read(&out.join("mutants.out"))
}

/// Reads what cargo-mutants has written so far: a line per mutant.
fn read(folder: &Path) -> Result<Report> {
    let lines = |name: &str| -> Vec<String> {
        let text = fs::read_to_string(folder.join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    };
    let known = fs::read_to_string(workspace().join(KNOWN))?;
    let known: Vec<_> = known.lines().filter_map(known_mutant).collect();
    let (known, missed): (Vec<_>, Vec<_>) = lines("missed.txt")
        .into_iter()
        .partition(|mutant| known.contains(&without_place(mutant)));
    Ok(Report {
        caught: lines("caught.txt").len() + lines("timeout.txt").len(),
        known: known.len(),
        missed,
    })
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
}
