//! The size of the shipped binaries, against their budgets and against an earlier
//! state.

mod map;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::flags::Flags;
use crate::say::say;
use crate::targets::Target;
use crate::{Result, dist, workspace};

/// Bytes per contributor of one binary; the last word of the name of a saved
/// line is the number.
type Weights = BTreeMap<String, u64>;

/// Largest number of single symbols that `--symbols` prints.
const SYMBOLS_MAX: usize = 60;

/// Runs `size`.
///
/// # Errors
///
/// If a binary is above its budget, or nothing has been built.
pub(crate) fn run(mut flags: Flags) -> Result {
    let targets = Target::select(flags.value("--target")?.as_deref())?;
    let symbols = flags.value("--symbols")?;
    let (save, compare) = (flags.switch("--save"), flags.switch("--compare"));
    flags.finish()?;
    let budgets = budgets(&fs::read_to_string(
        workspace().join("xtask/size-budgets.txt"),
    )?)?;

    let mut over = Vec::new();
    let mut seen = 0;
    for target in targets {
        let path = dist::folder().join(format!("alertik-{}", target.name));
        let Ok(binary) = fs::metadata(&path) else {
            say!("{}: not built (cargo xtask dist --target {0})", target.name);
            continue;
        };
        seen += 1;
        let mut totals = vec![(target.name.to_owned(), binary.len())];
        if target.packed {
            // What the linker made, which is what the contributors are parts of.
            let unpacked = fs::metadata(path.with_added_extension("unpacked"))?;
            totals.push((format!("{}.unpacked", target.name), unpacked.len()));
        }
        say!("");
        for (name, bytes) in &totals {
            let budget = budgets.get(name).copied();
            print_total(name, *bytes, budget);
            if budget.is_some_and(|budget| *bytes > budget) {
                over.push(name.clone());
            }
        }
        let map = fs::read_to_string(path.with_added_extension("map"))?;
        let pieces = map::parse(&map);
        let linked = totals.last().map_or(0, |(_, bytes)| *bytes);
        let weights = weigh(&pieces, linked);
        let saved = saved_path(target);
        if compare {
            let text = fs::read_to_string(&saved)
                .map_err(|_| format!("{}: nothing saved; run size --save first", target.name))?;
            print_difference(&read_saved(&text), &weights);
        } else {
            print_weights(&weights);
        }
        if let Some(contributor) = &symbols {
            print_symbols(&pieces, contributor);
        }
        if save {
            let lines: String = weights
                .iter()
                .map(|(name, bytes)| format!("{name} {bytes}\n"))
                .collect();
            fs::write(&saved, lines)?;
            say!("saved; `cargo xtask size --compare` shows what changes");
        }
    }
    if seen == 0 {
        return Err("nothing is built; run cargo xtask dist first".into());
    }
    if !over.is_empty() {
        return Err(format!(
            "above the budget in xtask/size-budgets.txt: {}",
            over.join(", ")
        )
        .into());
    }
    Ok(())
}

/// Reads lines of a target's name, with `.unpacked` after it or not, and its budget in bytes; `#` starts a
/// comment.
fn budgets(text: &str) -> Result<BTreeMap<String, u64>> {
    let mut budgets = BTreeMap::new();
    for line in text
        .lines()
        .map(|line| line.split('#').next().unwrap_or(line).trim())
    {
        if line.is_empty() {
            continue;
        }
        let (name, bytes) = line
            .split_once(char::is_whitespace)
            .ok_or_else(|| format!("xtask/size-budgets.txt: `{line}` lacks a number"))?;
        let bytes = bytes.trim().replace('_', "").parse()?;
        budgets.insert(name.to_owned(), bytes);
    }
    Ok(budgets)
}

/// Sums up per contributor; the rest of the file is headers and padding.
fn weigh(pieces: &[map::Piece], file: u64) -> Weights {
    let mut weights = Weights::new();
    for piece in pieces {
        *weights.entry(piece.contributor.clone()).or_default() += piece.bytes;
    }
    let known: u64 = weights.values().sum();
    weights.insert("(headers, padding)".to_owned(), file.saturating_sub(known));
    weights
}

fn saved_path(target: &Target) -> PathBuf {
    dist::folder().join(format!("alertik-{}.saved", target.name))
}

/// Reads the lines that `--save` wrote.
fn read_saved(text: &str) -> Weights {
    text.lines()
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(name, bytes)| Some((name.to_owned(), bytes.parse().ok()?)))
        .collect()
}

fn print_total(name: &str, bytes: u64, budget: Option<u64>) {
    let against = match budget {
        None => String::new(),
        Some(budget) if bytes <= budget => {
            format!(", {} below its budget of {budget}", budget - bytes)
        }
        Some(budget) => format!(", {} ABOVE its budget of {budget}", bytes - budget),
    };
    say!("{name}: {bytes} bytes{against}");
}

fn print_weights(weights: &Weights) {
    let mut lines: Vec<_> = weights.iter().collect();
    lines.sort_by_key(|(name, bytes)| (std::cmp::Reverse(**bytes), (*name).clone()));
    for (name, bytes) in lines {
        say!("  {bytes:>8}  {name}");
    }
}

/// Prints every change, the largest first.
fn print_difference(before: &Weights, after: &Weights) {
    let mut lines = difference(before, after);
    lines.sort_by_key(|(name, change)| (std::cmp::Reverse(change.abs()), name.clone()));
    let total: i64 = lines.iter().map(|(_, change)| change).sum();
    say!("  {total:>+8}  in all since the saved state");
    for (name, change) in lines.iter().filter(|(_, change)| *change != 0) {
        say!("  {change:>+8}  {name}");
    }
}

/// Returns the change of every contributor of either state.
fn difference(before: &Weights, after: &Weights) -> Vec<(String, i64)> {
    let mut changes: BTreeMap<&String, i64> = BTreeMap::new();
    for (name, &bytes) in after {
        *changes.entry(name).or_default() += i64::try_from(bytes).unwrap_or(i64::MAX);
    }
    for (name, &bytes) in before {
        *changes.entry(name).or_default() -= i64::try_from(bytes).unwrap_or(i64::MAX);
    }
    changes
        .into_iter()
        .map(|(name, change)| (name.clone(), change))
        .collect()
}

/// Prints the largest symbols of one contributor, or of `all`.
fn print_symbols(pieces: &[map::Piece], contributor: &str) {
    let mut found: Vec<_> = pieces
        .iter()
        .filter(|piece| contributor == "all" || piece.contributor == contributor)
        .collect();
    found.sort_by_key(|piece| std::cmp::Reverse(piece.bytes));
    say!("  the largest symbols of {contributor}:");
    for piece in found.iter().take(SYMBOLS_MAX) {
        say!("  {:>8}  {}", piece.bytes, piece.symbol);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A broken budget is an error, not a missing one.
    #[test]
    fn budgets_are_read_and_broken_lines_refused() {
        let read = budgets("# bytes\narmv7 450_560 # goal\n\narmv5 1\n").unwrap();
        assert_eq!(read["armv7"], 450_560);
        assert_eq!(read["armv5"], 1);
        assert!(budgets("armv7").is_err());
        assert!(budgets("armv7 many").is_err());
    }

    /// No target can grow unnoticed.
    #[test]
    fn every_target_has_a_budget() {
        let read = budgets(include_str!("../../size-budgets.txt")).unwrap();
        for target in &crate::targets::TARGETS {
            assert!(read.contains_key(target.name), "{}", target.name);
            let unpacked = format!("{}.unpacked", target.name);
            assert_eq!(read.contains_key(&unpacked), target.packed, "{unpacked}");
        }
    }

    /// A comparison shows contributors of either state.
    #[test]
    fn differences_name_what_came_and_what_went() {
        let before = read_saved("ring (C, assembly) 100\ngone 5\nsame 7\n");
        let after = read_saved("ring (C, assembly) 90\nnew 3\nsame 7\n");
        let found = difference(&before, &after);
        let expected = [
            ("gone", -5),
            ("new", 3),
            ("ring (C, assembly)", -10),
            ("same", 0),
        ];
        assert_eq!(
            found,
            expected.map(|(name, change)| (name.to_owned(), change))
        );
    }
}
