//! A match, or what a timer says, for people.

use std::fmt::{self, Write as _};

use alertik_core::delivery::Notifier;
use alertik_core::matching::Span;
use alertik_core::replay::{Found, Spoken};
use alertik_core::text::Text;

use super::options::Options;
use crate::log::Escaped;

/// Shows one match: its text, its groups, and the message.
pub(super) fn write_found(
    found: &Found<'_>,
    options: &Options<'_>,
    out: &mut String,
) -> fmt::Result {
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
    if let Some(held) = found.held {
        return writeln!(out, "    held back: {held}");
    }
    match (options.regex, options.mask) {
        (None, _) => write!(out, "    {} gets: ", Notifier::names(found.notifiers))?,
        (Some(_), Some(_)) => out.push_str("    message: "),
        (Some(_), None) => return Ok(()),
    }
    write_text(found.text, out)
}

/// Shows what a timer says.
pub(super) fn write_spoken(spoken: &Spoken<'_>, out: &mut String) -> fmt::Result {
    let Spoken {
        rule,
        at,
        notifiers,
        text,
    } = *spoken;
    write!(
        out,
        "at {at}, {rule}: {} gets: ",
        Notifier::names(notifiers)
    )?;
    write_text(text, out)
}

fn write_text(text: Text<'_>, out: &mut String) -> fmt::Result {
    for (_, part) in text.parts() {
        write!(out, "{}", Escaped(part.as_bytes()))?;
    }
    out.write_char('\n')
}
