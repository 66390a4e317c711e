//! The lines of one message: losses first, then the notifications.

use core::fmt::Write;

use crate::delivery::compose::fixed_str::FixedStr;
use crate::delivery::compose::writer::{Size, Style, TextWriter};
use crate::delivery::losses::{Loss, LossCause, Losses};
use crate::delivery::outbox::{Iter, Waiting, write_router};
use crate::text::Origin;
use crate::time::{Instant, Wall};

/// A notification that leaves later than this says so, in milliseconds.
pub(super) const DELAY_TOLD_MILLIS: u64 = 60_000;

/// The content of one message, before any service's form.
#[derive(Clone, Debug)]
pub(in crate::delivery) struct Message<'a> {
    /// The notifications that wait, the message's own first.
    pub(in crate::delivery) waiting: Iter<'a>,
    /// How many of their records the message holds.
    pub(in crate::delivery) count: usize,
    /// The losses it reports.
    pub(in crate::delivery) losses: &'a Losses,
    /// The number that Telegram gave the chat meanwhile.
    pub(in crate::delivery) moved_to: Option<i64>,
    /// Whether the message reports that number to the user.
    pub(in crate::delivery) reports_move: bool,
    /// The time by which ages are counted.
    pub(in crate::delivery) composed_at: Instant,
    /// The wall clock at that time, if the form shows it.
    pub(in crate::delivery) composed_wall: Wall,
    /// How long a notification may wait, in milliseconds.
    pub(in crate::delivery) max_age_millis: u64,
    pub(in crate::delivery) id: MessageId,
}

/// Tells a message from all others, and stays when it is repeated, so that a
/// service can recognise the repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::delivery) struct MessageId {
    /// Differs between starts of the daemon.
    pub(in crate::delivery) start: u32,
    /// Differs between messages of one notifier.
    pub(in crate::delivery) number: u32,
}

/// The most that a line break between notifications takes.
pub(in crate::delivery) const LINE_BREAK: Size = Size { units: 1, bytes: 3 };

/// One line of a message. A notification's own text may hold newlines.
#[derive(Clone, Copy, Debug)]
pub(in crate::delivery) enum Line<'a> {
    /// Messages or notifications were lost.
    Lost(Loss),
    /// Telegram gave the chat a new number.
    Moved(i64),
    /// A notification, or the same of several routers, and its age in milliseconds.
    Notice(Waiting<'a>, u64),
}

impl<'a> Message<'a> {
    /// Returns the lines in order: alertik's own first, then the notifications,
    /// the oldest first.
    pub(in crate::delivery) fn lines(&self) -> impl Iterator<Item = Line<'a>> {
        let (now, max_age_millis) = (self.composed_at, self.max_age_millis);
        self.own_lines().chain(
            self.waiting
                .clone()
                .take(self.count)
                .map(move |waiting| Line::Notice(waiting, waiting.age_millis(now, max_age_millis))),
        )
    }

    /// Returns the lines that are alertik's own.
    pub(in crate::delivery) fn own_lines(&self) -> impl Iterator<Item = Line<'a>> + use<'a> {
        self.moved_to
            .filter(|_| self.reports_move)
            .into_iter()
            .map(Line::Moved)
            .chain(self.losses.iter().map(Line::Lost))
    }

    /// Returns the first notification of the message.
    pub(in crate::delivery) fn first(&self) -> Option<Waiting<'a>> {
        self.waiting.clone().take(self.count).next()
    }

    /// Returns the same message with another number of notifications.
    #[must_use]
    pub(in crate::delivery) fn with_count(&self, count: usize) -> Self {
        Self {
            count,
            ..self.clone()
        }
    }

    /// Writes all lines, separated by newlines.
    pub(in crate::delivery) fn write(&self, writer: &mut TextWriter<'_, '_>) {
        for (index, line) in self.lines().enumerate() {
            if index > 0 {
                writer.write_part(Origin::Mask, "\n");
            }
            line.write(writer);
        }
    }

    /// Writes the lines, cut and marked only if they exceed the quota.
    pub(in crate::delivery) fn write_within(
        &self,
        style: Style,
        quota: Size,
        out: &mut FixedStr<'_>,
    ) {
        write_within(&|writer| self.write(writer), style, quota, out);
    }

    /// Writes the names of the routers, each once, in the order in which they are first
    /// heard of.
    pub(in crate::delivery) fn write_routers(&self, writer: &mut TextWriter<'_, '_>) {
        let routers = || {
            let records = self.waiting.clone().take(self.count);
            records.flat_map(|waiting| waiting.routers())
        };
        if self.count == 0 {
            // A message that only reports a loss is alertik's own.
            return writer.write_part(Origin::Mask, "alertik");
        }
        for (index, router) in routers().enumerate() {
            if routers().take(index).any(|earlier| earlier == router) {
                continue;
            }
            if index > 0 {
                writer.write_part(Origin::Mask, ", ");
            }
            write_router(router, &mut |origin, part| writer.write_part(origin, part));
        }
    }

    /// Writes the topics of the first notification.
    pub(in crate::delivery) fn write_topics(&self, writer: &mut TextWriter<'_, '_>) {
        if let Some(first) = self.first() {
            writer.write_text(first.topics);
        }
    }

    /// Returns how many notifications, at least one if any waits, fit into
    /// `quota` together with alertik's own lines. `per_line` is what the
    /// service's form adds to each line.
    #[must_use]
    pub(in crate::delivery) fn count_that_fits(
        &self,
        style: Style,
        quota: Size,
        per_line: Size,
    ) -> usize {
        let mut used = Size::default();
        for line in self.own_lines() {
            used = used.plus(line.size(style)).plus(per_line);
        }
        let mut count = 0;
        for line in self.lines().skip(self.own_lines().count()) {
            used = used.plus(line.size(style)).plus(per_line);
            if count > 0 && !used.fits(quota) {
                break;
            }
            count += 1;
        }
        count
    }
}

/// Writes a text, cut and marked only if it exceeds the quota.
pub(in crate::delivery) fn write_within(
    write: &dyn Fn(&mut TextWriter<'_, '_>),
    style: Style,
    quota: Size,
    out: &mut FixedStr<'_>,
) {
    let mut measure = TextWriter::measuring(style);
    write(&mut measure);
    write(&mut TextWriter::within(out, style, measure.used(), quota));
}

impl Line<'_> {
    /// Writes the line.
    pub(in crate::delivery) fn write(&self, writer: &mut TextWriter<'_, '_>) {
        // A writer that is full swallows the rest, it never fails.
        let _ = match self {
            Self::Lost(loss) => write_loss(loss, writer),
            Self::Moved(chat) => write!(
                writer,
                "This chat became {chat}: set TELEGRAM_CHAT_ID to that."
            ),
            Self::Notice(waiting, age) => {
                waiting.write(&mut |origin, part| writer.write_part(origin, part));
                write_delay(*age, waiting.is_restored, writer)
            }
        };
    }

    /// Returns the line's size.
    #[must_use]
    pub(in crate::delivery) fn size(&self, style: Style) -> Size {
        let mut writer = TextWriter::measuring(style);
        self.write(&mut writer);
        writer.used()
    }
}

fn write_loss(loss: &Loss, out: &mut dyn Write) -> core::fmt::Result {
    let (what, why) = match loss.cause {
        LossCause::Kernel => ("message", "receive buffer"),
        LossCause::Ring => ("message", "intake queue"),
        LossCause::Outbox => ("notification", "outbox full"),
        LossCause::Expired => ("notification", "too old"),
        LossCause::Unanswered => ("notification", "no answer"),
        LossCause::Refused => ("notification", "refused by the service"),
        LossCause::Crash => {
            let since = loss.since;
            return write!(
                out,
                "alertik did not end as it should before its start at {since}: what waited then \
                 is lost"
            );
        }
    };
    let plural = if loss.count == 1 { "" } else { "s" };
    let (count, since) = (loss.count, loss.since.time_of_day());
    write!(out, "{count} {what}{plural} lost since {since} ({why})")
}

fn write_delay(age_millis: u64, is_restored: bool, out: &mut dyn Write) -> core::fmt::Result {
    if age_millis < DELAY_TOLD_MILLIS {
        return out.write_str(if is_restored {
            " (delayed by a restart)"
        } else {
            ""
        });
    }
    let minutes = age_millis / 60_000;
    if minutes < 120 {
        write!(out, " (delayed {minutes} min)")
    } else {
        write!(out, " (delayed {} h)", minutes / 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    /// A delay is worth a word from a minute's fraction on that users would notice, and
    /// two hours are hours.
    #[test]
    fn delays() {
        let minute = 60_000;
        for (age_millis, is_restored, expected) in [
            (DELAY_TOLD_MILLIS - 1, false, ""),
            (DELAY_TOLD_MILLIS - 1, true, " (delayed by a restart)"),
            (119 * minute, false, " (delayed 119 min)"),
            (120 * minute, false, " (delayed 2 h)"),
        ] {
            let mut out = String::new();
            let _ = write_delay(age_millis, is_restored, &mut out);
            assert_eq!(out, expected);
        }
        let mut out = String::new();
        let _ = write_delay(DELAY_TOLD_MILLIS, true, &mut out);
        assert!(out.ends_with(" min)"), "{out}");
    }
}
