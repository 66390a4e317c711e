//! The state for people: a line for each subject, and one for each router.

use std::fmt::{self, Write as _};

use alertik_core::delivery::Hold;
use alertik_core::routers::HeardRouter;
use alertik_core::time::Duration;

use super::{Count, Status};
use crate::log::Escaped;
use crate::notifier::NotifierStatus;
use crate::sys::clock;

/// The subjects, each with its counts by their names in JSON.
const SUBJECTS: [&str; 5] = [
    "intake: received own_output foreign cut",
    "rules: matched notified suppressed forgotten",
    "delivery: sent failed waiting restored",
    "forward: forwarded not_forwarded",
    "TCP: tcp_connections tcp_refused",
];
/// So many of the subjects are there even if all their counts are 0.
const ALWAYS: usize = 3;

impl Status {
    /// Writes whether somebody should look, and for how long the daemon has been up.
    pub(crate) fn write_head(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        match &self.complaint {
            None => out.write_str("healthy")?,
            Some(complaint) => write!(out, "unhealthy ({complaint})")?,
        }
        // The clock's epoch is its first use, at the start.
        write!(out, ", up {}", Duration(self.now.millis()))
    }

    /// Writes a line for each subject, for each notifier and for each router.
    pub(crate) fn write_lines(&self, out: &mut String) -> fmt::Result {
        for (index, subject) in SUBJECTS.iter().enumerate() {
            let mut words = subject.split(' ');
            let label = words.next().unwrap_or_default();
            let counts =
                words.filter_map(|word| self.counts.iter().find(|(name, _)| *name == word));
            if index < ALWAYS || counts.clone().any(|(_, count)| *count > 0) {
                write!(out, "{label:11}")?;
                write_counts(counts, out)?;
                out.push('\n');
            }
        }
        out.push_str("lost:      ");
        write_counts(self.lost.iter(), out)?;
        for (id, status) in &self.notifiers {
            write!(out, "\n{:11}", [id.name(), ":"].concat())?;
            self.write_notifier(status, out)?;
        }
        out.push('\n');
        self.write_routers(out)
    }

    /// Writes when a notifier succeeded and failed last.
    pub(super) fn write_notifier(
        &self,
        status: &NotifierStatus,
        out: &mut dyn fmt::Write,
    ) -> fmt::Result {
        let ago = |at| Duration(self.now.since(at));
        out.write_str("last success ")?;
        match status.last_success {
            Some(at) => write!(out, "{} ago", ago(at))?,
            None => out.write_str("never")?,
        }
        if let (Hold::Suspended, until) = status.hold {
            let secs = until.since(self.now).div_ceil(1_000);
            let at = clock::wall_in(secs).time_of_day();
            write!(out, ", suspended, next attempt at {at}")?;
        }
        if let (Some(at), Some(error)) = (status.last_error_at, &status.last_error) {
            let error = Escaped(error.as_bytes());
            write!(out, ", last error {} ago: {error}", ago(at))?;
        }
        Ok(())
    }

    /// Writes the routers, in columns.
    fn write_routers(&self, out: &mut String) -> fmt::Result {
        let labels = self.routers.iter().map(|router| {
            let mut label = Escaped(name_of(router).as_bytes()).to_string();
            if !label.is_empty() {
                label.push(' ');
            }
            label + &router.source.to_string()
        });
        let labels: Vec<_> = labels.collect();
        let width = labels.iter().map(|label| label.chars().count()).max();
        let width = width.unwrap_or_default();
        if width > 0 {
            out.push_str("routers:\n");
        }
        for (label, router) in labels.iter().zip(&self.routers) {
            let ago = Duration(self.now.since(router.last));
            writeln!(
                out,
                "  {label:width$}  last heard {ago} ago, received {}, matched {}",
                router.received, router.matched
            )?;
        }
        Ok(())
    }
}

/// Returns a router's name, or nothing if it has none but its address.
pub(super) fn name_of(router: &HeardRouter) -> String {
    let parts = router.name.as_text().parts();
    parts.map(|(_, part)| part).collect()
}

/// Writes counts with their names, whose underscores are for JSON.
pub(super) fn write_counts<'a>(
    counts: impl Iterator<Item = &'a Count>,
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    for (index, (name, count)) in counts.enumerate() {
        out.write_str(if index == 0 { "" } else { ", " })?;
        for word in name.split('_') {
            out.write_str(word)?;
            out.write_char(' ')?;
        }
        write!(out, "{count}")?;
    }
    Ok(())
}
