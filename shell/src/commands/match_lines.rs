//! `alertik match`: log lines run through the rules, by the daemon's engine.
//!
//! Every line is taken as a datagram that arrives now. Cooldowns are off: who
//! tries a rule wants to see each line that it matches, and a replayed file has
//! no times to count by.

use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Write as _};
use std::os::fd::AsFd as _;

use alertik_core::ids::{NotifierSet, RuleId, RuleName};
use alertik_core::limits::DATAGRAM_BYTES_MAX;
use alertik_core::matching::Span;
use alertik_core::rules::{Found, MatchType, Replay, RuleSpec, Rules, RulesBuilder};
use alertik_core::syslog::trim_line_end;
use alertik_core::time::Instant;

use crate::log::Escaped;
use crate::settings::{Env, Problems, rules};
use crate::sys::clock;

/// Bytes read at a time, and bytes of output that are collected at most.
const BUFFER_BYTES: usize = 64 * 1_024;
/// Lines between two looks at the clock.
const PROGRESS_LINES: u64 = 10_000;
/// Milliseconds between two signs of progress.
const PROGRESS_MILLIS: u64 = 200;

/// What is to be matched, and how it is to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options<'a> {
    /// The file; `None` or `-` is standard input.
    pub(crate) file: Option<&'a OsStr>,
    /// Lines that match nothing are shown too.
    pub(crate) all: bool,
    /// One JSON object per line.
    pub(crate) json: bool,
    /// An expression to try instead of the rules.
    pub(crate) regex: Option<&'a [u8]>,
    /// Its mask.
    pub(crate) mask: Option<&'a [u8]>,
}

/// Runs the command and returns whether a line matched.
///
/// # Errors
///
/// Returns what to tell the user: the configuration's problems, or what cannot
/// be read or written.
pub(super) fn run(env: &Env, options: &Options<'_>) -> Result<bool, String> {
    let mut problems = Problems::default();
    let compiled = match options.regex {
        Some(regex) => trial(regex, options.mask, &mut problems),
        None => rules::read(env, &mut problems).0.finish(),
    };
    if !problems.errors().is_empty() {
        return Err(problems.text());
    }
    problems.print();
    let cannot = |what: &str, error: &dyn fmt::Display| format!("alertik: {what}: {error}\n");
    let (name, opened) = match options.file {
        Some(name) if name != "-" => (name, File::open(name)),
        // As a file, so that there is one kind of input.
        _ => (
            OsStr::new("standard input"),
            io::stdin().as_fd().try_clone_to_owned().map(File::from),
        ),
    };
    let input = opened.map_err(|error| cannot(&name.to_string_lossy(), &error))?;
    let mut run = Run {
        hits: vec![0; compiled.rules().len()],
        replay: Replay::new(compiled, clock::wall()),
        options,
        output: Output::new(),
        lines: 0,
        matched: 0,
    };
    match run.all(input) {
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
    rules::warn_of_habits(regex, "--regex", problems);
    if let Err(errors) = builder.add(&spec) {
        rules::tell(&errors, "--regex", "--mask", problems);
    }
    builder.finish()
}

/// Why it ended before the last line.
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
    fn all(&mut self, input: File) -> Result<(), Stop> {
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, input);
        let mut line = Vec::new();
        loop {
            if reader.buffer().is_empty() {
                // The next read may wait for somebody who types or follows a log.
                self.output.flush().map_err(Stop::Write)?;
            }
            if !next_line(&mut reader, &mut line).map_err(Stop::Read)? {
                break;
            }
            self.lines += 1;
            // Writing to a string cannot fail.
            let _ = self.one(&line);
            self.output.progress(self.lines).map_err(Stop::Write)?;
        }
        let _ = self.write_summary();
        self.output.flush().map_err(Stop::Write)
    }

    fn one(&mut self, line: &[u8]) -> fmt::Result {
        let (hits, out) = (&mut self.hits, &mut self.output.text);
        let mut matches = false;
        let Options { all, json, .. } = *self.options;
        if json {
            let mut count = |id: RuleId| {
                hits[id.index()] += 1;
                matches = true;
            };
            let written = self
                .replay
                .write_json_line(self.lines, line, all, out, &mut count)?;
            out.push_str(if written { "\n" } else { "" });
        } else {
            let is_foreign = self.replay.push(line);
            while let Some(found) = self.replay.poll() {
                if !matches {
                    writeln!(out, "{}: {}", self.lines, Escaped(found.message))?;
                    matches = true;
                }
                hits[found.id.index()] += 1;
                write_found(&found, self.options, out)?;
            }
            if all && !matches {
                writeln!(out, "{}: {}", self.lines, Escaped(trim_line_end(line)))?;
                out.push_str(if is_foreign {
                    "  no match\n"
                } else {
                    "  alertik's own output come back, never matched\n"
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

/// Shows one match: what matched, its groups, and the message.
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
                out.push_str(" (too much work to find where, so the message has no groups)\n");
                break;
            }
            None => out.push_str(" took no part\n"),
        }
    }
    match (options.regex, options.mask) {
        (None, _) => write!(out, "    {} gets: ", found.notifiers)?,
        (Some(_), Some(_)) => out.push_str("    message: "),
        (Some(_), None) => return Ok(()),
    }
    for (_, part) in found.text.parts() {
        write!(out, "{}", Escaped(part.as_bytes()))?;
    }
    out.write_char('\n')
}

/// Reads a line without its newline. Of one that is longer than a datagram can
/// be, the rest is passed over. Returns false at the end.
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

/// Standard output, collected; and progress on standard error, where that is a
/// terminal.
struct Output {
    text: String,
    shows_progress: bool,
    /// When progress was shown last.
    shown: Instant,
    /// A sign of progress stands in the terminal's current line.
    standing: bool,
}

impl Output {
    fn new() -> Self {
        Self {
            text: String::new(),
            shows_progress: io::stderr().is_terminal(),
            shown: clock::now(),
            standing: false,
        }
    }

    /// Writes what was collected.
    fn flush(&mut self) -> io::Result<()> {
        if self.text.is_empty() && !self.standing {
            return Ok(());
        }
        self.clear_progress();
        let mut stdout = io::stdout().lock();
        stdout.write_all(self.text.as_bytes())?;
        stdout.flush()?;
        self.text.clear();
        Ok(())
    }

    /// Shows how far it has got, if that is due.
    fn progress(&mut self, lines: u64) -> io::Result<()> {
        if self.text.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        if self.shows_progress && lines.is_multiple_of(PROGRESS_LINES) {
            let now = clock::now();
            if now.since(self.shown) >= PROGRESS_MILLIS {
                self.flush()?;
                self.shown = now;
                self.standing = true;
                eprint!("\r{lines} lines");
            }
        }
        Ok(())
    }

    fn clear_progress(&mut self) {
        if self.standing {
            self.standing = false;
            // Back to the line's beginning, and erase it (ECMA-48, EL).
            eprint!("\r\x1b[K");
        }
    }
}
