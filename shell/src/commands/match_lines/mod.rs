//! `alertik match`: log lines run through the rules, by the daemon's engine.
//!
//! Every line counts as a datagram. Without `--step` and `--time-from-lines` all arrive
//! now, and cooldowns are off: a user who tries a rule wants to see each line that it
//! matches. What another policy holds back is shown with the reason in any case.

mod explain;
mod found;
mod input;
mod nearest;
mod options;
mod output;

use std::ffi::{OsStr, OsString};
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, BufReader};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;

use alertik_core::ids::{NotifierSet, RuleId, RuleName};
use alertik_core::limits::MESSAGE_BYTES_MAX;
use alertik_core::replay::{Outcome, Replay};
use alertik_core::rules::{MatchType, RuleSpec, Rules, RulesBuilder};
use alertik_core::syslog::trim_line_end;

use super::command::{BadArguments, Command, exit_status};
use crate::log::Escaped;
use crate::settings::{Env, Problems, rules, variables, written};
use crate::sys::clock;
use crate::sys::terminal::warn;
use found::{write_found, write_spoken};
use input::next_line;
use nearest::Nearest;
use options::Options;
use output::{BUFFER_BYTES, Output};

/// `match` could not do its work.
const EXIT_ERROR: i32 = 2;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "match",
    arguments: "[FILE] [--all | --explain] [--json] [--step SECS | --time-from-lines]
      [--pack | --regex EXPRESSION [--mask MASK]]",
    help: "      Show what the rules, or the expression given, make of the log lines in
      FILE or standard input: matches, groups, messages, and what policies hold back.
      Time passes as the lines say, or by --step; else there is none, and cooldowns
      are off.
      Of a rule without a match it names the line that came nearest, with --all of
      every line why it does not match. --explain adds what was understood
      of each: identity, topics, text; --json writes an object per line.
      --pack runs the recommended static events instead of the rules.
      Ends with 0 if a line matched, with 1 if none did, with 2 on errors.
",
    run,
};

/// See [`COMMAND`].
fn run(env: &Env, arguments: &[OsString]) -> Result<i32, BadArguments> {
    let options = Options::parse(arguments).map_err(BadArguments)?;
    Ok(match match_lines(env, &options) {
        Ok(has_matched) => exit_status(has_matched),
        Err(message) => {
            warn(&message);
            EXIT_ERROR
        }
    })
}

/// Matches the lines and returns whether one matched.
///
/// # Errors
///
/// Returns a message for the user: the configuration's problems, or what cannot
/// be read or written.
fn match_lines(env: &Env, options: &Options<'_>) -> Result<bool, String> {
    let pack = options.pack.then(|| Env::of_static_events("pack"));
    let env = pack.as_ref().unwrap_or(env);
    let mut problems = Problems::default();
    let compiled = match options.regex {
        Some(regex) => trial(regex, options.mask, &mut problems),
        None => {
            variables::check(env, &mut problems);
            rules::read(env, false, &mut problems).0.finish()
        }
    };
    if !problems.errors().is_empty() {
        return Err(problems.text());
    }
    problems.print();
    let cannot = |what: &str, error: &dyn fmt::Display| format!("alertik: {what}: {error}\n");
    let (name, opened) = match options.file {
        Some(name) if name != "-" => (name, File::open(name)),
        // As a file, so that there is one kind of input for both.
        _ => (
            OsStr::new("standard input"),
            io::stdin().as_fd().try_clone_to_owned().map(File::from),
        ),
    };
    let input = opened.map_err(|error| cannot(&Escaped(name.as_bytes()).to_string(), &error))?;
    let mut run = Run {
        hits: vec![0; compiled.rules().len()],
        nearest: Nearest::new(env, options, compiled.rules()),
        cut: None,
        replay: Replay::paced(compiled, clock::wall(), options.pace),
        held: 0,
        options,
        output: Output::default(),
        lines: 0,
        matched: 0,
    };
    match run.match_all(input) {
        Ok(()) => Ok(run.matched > 0),
        Err(Stop::Read(error)) => Err(cannot("cannot read the lines", &error)),
        // The reader of our output has seen enough, as `head` has.
        Err(Stop::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(run.matched > 0),
        Err(Stop::Write(error)) => Err(cannot("cannot write the result", &error)),
    }
}

/// Compiles the rule of the command line.
fn trial(regex: &[u8], mask: Option<&[u8]>, problems: &mut Problems) -> Rules {
    let mut builder = RulesBuilder::new();
    let spec = RuleSpec {
        name: RuleName::CommandLine,
        match_type: MatchType::Regex,
        match_str: regex,
        mask: &String::from_utf8_lossy(mask.unwrap_or_default()),
        notifiers: NotifierSet::EMPTY,
        cooldown_millis: 0,
    };
    let names = ["--regex", "--mask"];
    // A mask that is not given is none that is empty.
    let mask = mask.map_or("-", |_| spec.mask);
    written::hints(&RuleSpec { mask, ..spec }, names, problems);
    if let Err(errors) = builder.add(&spec) {
        written::report(&errors, &spec, names, problems);
    }
    builder.finish()
}

/// The reason for an end before the last line.
enum Stop {
    Read(io::Error),
    Write(io::Error),
}

struct Run<'a> {
    replay: Replay,
    options: &'a Options<'a>,
    output: Output,
    /// Lines that each rule matched.
    hits: Vec<u64>,
    nearest: Nearest,
    /// How many lines were longer than what is matched, and the first one's number and
    /// bytes.
    cut: Option<(u64, u64, usize)>,
    lines: u64,
    matched: u64,
    /// Matches that a policy held back.
    held: u64,
}

impl Run<'_> {
    fn match_all(&mut self, input: File) -> Result<(), Stop> {
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, input);
        let mut line = Vec::new();
        loop {
            if reader.buffer().is_empty() {
                // The next read may wait for a user who types or follows a log.
                self.output.flush().map_err(Stop::Write)?;
            }
            let Some(bytes) = next_line(&mut reader, &mut line).map_err(Stop::Read)? else {
                break;
            };
            self.lines += 1;
            if bytes > MESSAGE_BYTES_MAX {
                let (count, ..) = self.cut.get_or_insert((0, self.lines, bytes));
                *count += 1;
            }
            // Writing to a string cannot fail.
            let _ = self.match_one(&line);
            self.output.flush_if_long().map_err(Stop::Write)?;
        }
        let _ = self.end();
        let _ = self.write_summary();
        self.output.flush().map_err(Stop::Write)
    }

    fn match_one(&mut self, line: &[u8]) -> fmt::Result {
        let (hits, out) = (&mut self.hits, &mut self.output.text);
        let mut matches = false;
        let Options {
            include_unmatched,
            explain,
            json,
            ..
        } = *self.options;
        if json {
            let mut count = |id: RuleId| {
                hits[id.index()] += 1;
                matches = true;
            };
            let written = self.replay.write_json_line(
                self.lines,
                line,
                include_unmatched,
                out,
                &mut count,
            )?;
            out.push_str(if written { "\n" } else { "" });
        } else {
            while let Some(spoken) = self.replay.wait_for(line) {
                write_spoken(&spoken, out)?;
            }
            let is_foreign = self.replay.push(line);
            while let Some(outcome) = self.replay.poll() {
                let found = match outcome {
                    Outcome::Match(found) => found,
                    Outcome::Timer(spoken) => {
                        write_spoken(&spoken, out)?;
                        continue;
                    }
                };
                self.held += u64::from(found.held.is_some());
                if !matches {
                    writeln!(out, "{}: {}", self.lines, Escaped(found.message))?;
                    if explain {
                        explain::write_parts(found.message, out)?;
                    }
                    matches = true;
                }
                hits[found.id.index()] += 1;
                write_found(&found, self.options, out)?;
            }
            if include_unmatched && !matches {
                writeln!(out, "{}: {}", self.lines, Escaped(trim_line_end(line)))?;
                if explain {
                    explain::write_parts(line, out)?;
                }
                out.push_str(if is_foreign {
                    "  no match\n"
                } else {
                    "  alertik's own output, never matched\n"
                });
            }
            if is_foreign {
                self.ask_why(line, matches)?;
            }
        }
        self.matched += u64::from(matches);
        Ok(())
    }

    /// Finds out how far a line agrees with the rules that do not match it: of every
    /// line without a match if they are listed, else of the nearest one to each rule.
    fn ask_why(&mut self, line: &[u8], matches: bool) -> fmt::Result {
        // Nobody wants to know it of each event of the pack.
        if self.options.pack {
            return Ok(());
        }
        let message = trim_line_end(line);
        let message = &message[..message.len().min(MESSAGE_BYTES_MAX)];
        let rules = self.replay.rules().iter().zip(&self.hits);
        for (index, (rule, hits)) in rules.enumerate() {
            if self.options.include_unmatched {
                if matches {
                    break;
                }
                let out = &mut self.output.text;
                self.nearest.write_why(index, rule, message, out)?;
            } else if *hits == 0 {
                self.nearest.look(index, rule, self.lines, message);
            }
        }
        Ok(())
    }

    /// Shows what is said when the daemon ends.
    fn end(&mut self) -> fmt::Result {
        let out = &mut self.output.text;
        while let Some(spoken) = self.replay.end() {
            if self.options.json {
                spoken.write_json(out)?;
                out.push('\n');
            } else {
                write_spoken(&spoken, out)?;
            }
        }
        Ok(())
    }

    fn write_summary(&mut self) -> fmt::Result {
        let (lines, matched) = (self.lines, self.matched);
        let unmatched = lines - matched;
        let out = &mut self.output.text;
        let rules = self.replay.rules().iter().zip(&self.hits);
        if self.options.json {
            write!(
                out,
                "{{\"lines\":{lines},\"matched\":{matched},\"unmatched\":{unmatched},\"rules\":["
            )?;
            for (index, (rule, hits)) in rules.enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write!(out, "{{\"rule\":\"{}\",", rule.name)?;
                if rule.recovers.is_some() {
                    out.push_str("\"recovery\":true,");
                }
                write!(out, "\"lines\":{hits}}}")?;
            }
            let cut = self.cut.map_or(0, |(count, ..)| count);
            return writeln!(out, "],\"cut\":{cut}}}");
        }
        writeln!(
            out,
            "lines: {lines}, matched: {matched}, unmatched: {unmatched}"
        )?;
        if self.held > 0 {
            writeln!(out, "matches that were held back: {}", self.held)?;
        }
        for (index, (rule, hits)) in rules.enumerate() {
            let recovery = match rule.recovers {
                Some(_) => ", recovery,",
                None => "",
            };
            writeln!(out, "  {}{recovery} matched {hits}", rule.name)?;
            if *hits == 0 {
                self.nearest.write_nearest(index, out)?;
            }
        }
        match self.cut {
            Some((count, first, bytes)) => writeln!(
                out,
                "cut: {count}; of a line the first {MESSAGE_BYTES_MAX} bytes are matched, and line \
                 {first} has {bytes}"
            ),
            None => Ok(()),
        }
    }
}
