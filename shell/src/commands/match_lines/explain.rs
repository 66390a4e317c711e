//! What the parser understood of a line, for people.

use std::fmt::{self, Write as _};

use alertik_core::syslog::{Line, parse};

use crate::log::Escaped;

/// Writes the parts of a line, one each; those that it lacks are left out.
pub(super) fn write_parts(line: &[u8], out: &mut String) -> fmt::Result {
    let parsed = parse(line);
    let Line {
        format,
        priority,
        time,
        identity,
        topics,
        ..
    } = parsed;
    writeln!(out, "  read as {}", format.name())?;
    if let Some(priority) = priority {
        writeln!(out, "    priority  {priority}")?;
    }
    let topics = (!topics.is_empty()).then_some(topics.as_bytes());
    for (name, part) in [("time", time), ("identity", identity), ("topics", topics)] {
        if let Some(part) = part {
            writeln!(out, "    {name:8}  {}", Escaped(part))?;
        }
    }
    if let Some(severity) = parsed.severity() {
        writeln!(out, "    severity  {}", severity.name())?;
    }
    let text: Vec<u8> = parsed.text_bytes().collect();
    writeln!(out, "    text      {}", Escaped(&text))
}
