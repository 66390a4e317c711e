//! Console: lines on a terminal or in a pipe.

use super::{Facts, FixedStr, Message, no_judgement};
use crate::delivery::compose::message::Line;
use crate::delivery::compose::writer::{Encoding, Markup, Size, Style, TextWriter, Unit};
use crate::delivery::pacing::Pacing;
use crate::limits::BODY_BYTES_MAX;
use crate::syslog::{OWN_NOTICE, OWN_OUTPUT_PREFIX};

/// Bytes up to which several lines are written at once: Linux's `PIPE_BUF`, so
/// that a line in a pipe is never interleaved with the log's (POSIX, write).
const WRITE_BYTES: usize = 4_096;

const _: () = assert!(WRITE_BYTES <= BODY_BYTES_MAX);

pub(super) const FACTS: Facts = Facts {
    name: "Console",
    pacing: Pacing::NONE,
    reads_success: false,
    judge: no_judgement,
};

pub(super) fn write(message: &Message<'_>, out: &mut FixedStr<'_>) -> usize {
    let style = Style {
        markup: Markup::Terminal,
        encoding: Encoding::Raw,
        unit: Unit::Scalars,
    };
    let quota = Size {
        units: usize::MAX,
        bytes: WRITE_BYTES,
    };
    // Around each line are the prefix and the line end.
    let around = OWN_OUTPUT_PREFIX.len() + OWN_NOTICE.len() + 1;
    let per_line = Size {
        units: 0,
        bytes: around,
    };
    let count = message.count_that_fits(style, quota, per_line);
    for line in message.with_count(count).lines() {
        let quota = Size {
            units: usize::MAX,
            bytes: out.room().saturating_sub(around),
        };
        out.push(OWN_OUTPUT_PREFIX);
        out.push(OWN_NOTICE);
        let mut writer = TextWriter::within(out, style, line.size(style), quota);
        // A late notification says so elsewhere; a pipe's reader wants the text.
        match line {
            Line::Notice(waiting, _) => {
                waiting.write(&mut |origin, part| writer.write_part(origin, part));
            }
            own => own.write(&mut writer),
        }
        out.push("\n");
    }
    count
}
