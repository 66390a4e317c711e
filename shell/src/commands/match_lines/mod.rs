//! `alertik match`: log lines run through the rules, by the daemon's engine.
//!
//! Every line counts as a datagram that arrives now. Cooldowns are off: a user
//! who tries a rule wants to see each line that it matches, and the lines of a
//! file have no times that the daemon would trust.

mod explain;
mod options;

use std::ffi::{OsStr, OsString};
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;

use alertik_core::delivery::Notifier;
use alertik_core::ids::{NotifierSet, RuleId, RuleName};
use alertik_core::limits::DATAGRAM_BYTES_MAX;
use alertik_core::matching::Span;
use alertik_core::replay::{Found, Replay};
use alertik_core::rules::{MatchType, RuleSpec, Rules, RulesBuilder};
use alertik_core::syslog::trim_line_end;

use super::command::{BadArguments, Command, exit_status};
use crate::log::Escaped;
use crate::settings::{Env, Problems, rules, variables, written};
use crate::sys::clock;
use crate::sys::terminal::warn;
use options::Options;

/// Bytes read at a time, and bytes of output that are collected at most.
const BUFFER_BYTES: usize = 64 * 1_024;
/// `match` could not do its work.
const EXIT_ERROR: i32 = 2;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "match",
    arguments: "[FILE] [--all | --explain] [--json] [--regex EXPRESSION [--mask MASK]]",
    help: "      Show what the rules, or the expression given, make of the log lines in
      FILE or standard input: matches, groups, messages; cooldowns are off.
      --all lists lines without a match too, --explain adds what was understood
      of each: identity, topics, text; --json writes an object per line.
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
    let mut problems = Problems::default();
    let compiled = match options.regex {
        Some(regex) => trial(regex, options.mask, &mut problems),
        None => {
            variables::check(env, &mut problems);
            rules::read(env, &mut problems).0.finish()
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
        replay: Replay::new(compiled, clock::wall()),
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
        rules::report(&errors, &spec, names, problems);
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
    lines: u64,
    matched: u64,
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
            if !next_line(&mut reader, &mut line).map_err(Stop::Read)? {
                break;
            }
            self.lines += 1;
            // Writing to a string cannot fail.
            let _ = self.match_one(&line);
            self.output.flush_if_long().map_err(Stop::Write)?;
        }
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
            let is_foreign = self.replay.push(line);
            while let Some(found) = self.replay.poll() {
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
        }
        self.matched += u64::from(matches);
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
                write!(out, "{{\"rule\":\"{}\",\"lines\":{hits}}}", rule.name)?;
            }
            out.push_str("]}\n");
            return Ok(());
        }
        writeln!(
            out,
            "lines: {lines}, matched: {matched}, unmatched: {unmatched}"
        )?;
        for (rule, hits) in rules {
            writeln!(out, "  {} matched {hits}", rule.name)?;
        }
        Ok(())
    }
}

/// Shows one match: its text, its groups, and the message.
fn write_found(found: &Found<'_>, options: &Options<'_>, out: &mut String) -> fmt::Result {
    let part = |span: Span| found.message.get(span.start..span.end).unwrap_or_default();
    for (index, span) in found.spans.iter().enumerate() {
        match index {
            0 => write!(out, "  {} matches", found.rule.name)?,
            _ => write!(out, "    @{index}")?,
        }
        match span {
            Some(span) => {
                let Span { start, end } = *span;
                writeln!(out, " {start}-{end}: {}", Escaped(part(*span)))?;
            }
            None if index == 0 => {
                out.push_str(
                    " (the groups would take too long to find, so the message has none)\n",
                );
                break;
            }
            None => out.push_str(" is not part of the match\n"),
        }
    }
    match (options.regex, options.mask) {
        (None, _) => write!(out, "    {} gets: ", Notifier::names(found.notifiers))?,
        (Some(_), Some(_)) => out.push_str("    message: "),
        (Some(_), None) => return Ok(()),
    }
    for (_, part) in found.text.parts() {
        write!(out, "{}", Escaped(part.as_bytes()))?;
    }
    out.write_char('\n')
}

/// Reads a line without its newline, and skips the part of it that no datagram
/// would have room for. Returns false at the end.
fn next_line(reader: &mut BufReader<File>, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut begun = false;
    loop {
        let buffer = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if buffer.is_empty() {
            return Ok(begun);
        }
        begun = true;
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        let room = DATAGRAM_BYTES_MAX - line.len();
        line.extend_from_slice(&part[..part.len().min(room)]);
        let taken = part.len() + usize::from(end.is_some());
        reader.consume(taken);
        if end.is_some() {
            return Ok(true);
        }
    }
}

/// Standard output, collected.
#[derive(Default)]
struct Output {
    text: String,
}

impl Output {
    /// Writes what was collected if it is much.
    fn flush_if_long(&mut self) -> io::Result<()> {
        if self.text.len() < BUFFER_BYTES {
            return Ok(());
        }
        self.flush()
    }

    /// Writes what was collected.
    fn flush(&mut self) -> io::Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(self.text.as_bytes())?;
        stdout.flush()?;
        self.text.clear();
        Ok(())
    }
}
