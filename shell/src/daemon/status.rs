//! How the daemon is doing: one line for people, the same as JSON for scripts,
//! and whether somebody should look. SIGUSR1 and `alertik health` report the same.

use std::fmt::{self, Write as _};

use alertik_core::bytes::write_json_string;
use alertik_core::delivery::{Hold, Notifier};
use alertik_core::time::Instant;

use crate::daemon::shared::Daemon;
use crate::intake::forward::ForwardState;
use crate::log::Escaped;
use crate::notifier::NotifierStatus;
use crate::sys::clock;

/// A notifier that has failed for longer than this, in milliseconds, makes the
/// daemon unhealthy: services have bad minutes.
const NOTIFIER_FAILING_MILLIS: u64 = 60 * 60 * 1_000;
/// A receiver that gets only errors, or a matcher that has not moved, for longer
/// than this, in milliseconds, has stopped. Both should move within a second.
const INTAKE_STOPPED_MILLIS: u64 = 60 * 1_000;

/// The daemon's state at one moment.
pub(crate) struct Status {
    now: Instant,
    /// Each with its name in JSON.
    counts: [(&'static str, u64); COUNTS],
    /// Messages and notifications that were lost, by cause.
    lost: [(&'static str, u64); LOSSES],
    notifiers: Vec<(Notifier, NotifierStatus)>,
    /// The reason why somebody should look, if there is one.
    complaint: Option<String>,
}

const COUNTS: usize = 12;
const LOSSES: usize = 6;

/// Returns the state.
pub(crate) fn of(daemon: &Daemon) -> Status {
    let now = clock::now();
    let matcher = daemon.matcher_status();
    let notifiers: Vec<_> = Notifier::ALL
        .into_iter()
        .filter_map(|id| Some((id, daemon.senders.status(id)?)))
        .collect();
    let sum = |count: fn(&NotifierStatus) -> u64| notifiers.iter().map(|(_, n)| count(n)).sum();
    let intake = daemon.queue.status();
    let forward = daemon.forward.map(ForwardState::counts);
    let forward = forward.unwrap_or_default();
    let failing = notifiers
        .iter()
        .map(|(id, status)| (*id, status.failing_since));
    let complaint = complaint(now, intake.failing_since, matcher.moved_at, failing);
    Status {
        // The clock's epoch is its first use, at the start.
        now,
        counts: [
            ("received", intake.accepted),
            ("matched", matcher.engine.matched),
            ("notified", matcher.engine.notified),
            ("suppressed", matcher.engine.suppressed),
            ("restored", sum(|n| n.counts.restored)),
            ("sent", sum(|n| n.counts.sent)),
            ("failed", sum(|n| n.counts.failed_attempts)),
            ("waiting", sum(|n| n.waiting as u64)),
            ("own_output", matcher.own_output),
            ("cut", intake.cut),
            ("forwarded", forward.forwarded),
            ("not_forwarded", forward.failed),
        ],
        lost: [
            ("kernel", matcher.lost_kernel),
            ("queue", matcher.lost_ring),
            ("outbox", sum(|n| n.counts.evicted)),
            ("expired", sum(|n| n.counts.expired)),
            ("unanswered", sum(|n| n.counts.unanswered)),
            ("refused", sum(|n| n.counts.refused)),
        ],
        notifiers,
        complaint,
    }
}

/// Returns the reason why somebody should look, if there is one: nothing has been
/// received since `failing_since`, the matcher has not moved since `moved_at`, or
/// a notifier has failed for too long.
fn complaint(
    now: Instant,
    failing_since: Option<Instant>,
    moved_at: Instant,
    notifiers: impl Iterator<Item = (Notifier, Option<Instant>)>,
) -> Option<String> {
    if failing_since.is_some_and(|since| now.since(since) > INTAKE_STOPPED_MILLIS) {
        return Some("intake stopped: nothing can be received".to_owned());
    }
    if now.since(moved_at) > INTAKE_STOPPED_MILLIS {
        return Some("intake stopped: the matcher has stopped".to_owned());
    }
    notifiers.into_iter().find_map(|(id, since)| {
        let millis = now.since(since?);
        (millis > NOTIFIER_FAILING_MILLIS)
            .then(|| format!("{} has failed for {} s", id.name(), millis / 1_000))
    })
}

/// Writes the state to the log.
pub(crate) fn log(daemon: &Daemon) {
    log::info!("{}", of(daemon));
}

impl Status {
    /// Returns whether nobody needs to look.
    pub(crate) const fn is_healthy(&self) -> bool {
        self.complaint.is_none()
    }

    fn secs_since(&self, at: Instant) -> u64 {
        self.now.since(at) / 1_000
    }

    /// Writes the state as a JSON object without a newline. Times are seconds
    /// before now; `null` is never.
    pub(crate) fn write_json(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let up = self.now.millis() / 1_000;
        write!(out, "{{\"healthy\":{},\"complaint\":", self.is_healthy())?;
        match &self.complaint {
            Some(complaint) => write_json_string(complaint.as_bytes(), out)?,
            None => out.write_str("null")?,
        }
        write!(out, ",\"up_secs\":{up}")?;
        for (name, count) in self.counts {
            write!(out, ",\"{name}\":{count}")?;
        }
        for (index, (name, count)) in self.lost.into_iter().enumerate() {
            out.write_str(if index == 0 { ",\"lost\":{" } else { "," })?;
            write!(out, "\"{name}\":{count}")?;
        }
        out.write_str("},\"notifiers\":[")?;
        for (index, (id, status)) in self.notifiers.iter().enumerate() {
            out.write_str(if index == 0 { "" } else { "," })?;
            write!(out, "{{\"name\":\"{}\"", id.name())?;
            let counts = status.counts;
            for (name, count) in [
                ("sent", counts.sent),
                ("failed", counts.failed_attempts),
                ("waiting", status.waiting as u64),
                ("failures_in_a_row", status.failures.into()),
            ] {
                write!(out, ",\"{name}\":{count}")?;
            }
            for (name, at) in [
                ("last_success", status.last_success),
                ("failing_since", status.failing_since),
                ("last_error_at", status.last_error_at),
            ] {
                write!(out, ",\"{name}\":")?;
                match at {
                    Some(at) => write!(out, "{}", self.secs_since(at))?,
                    None => out.write_str("null")?,
                }
            }
            let resumes_in = match status.hold {
                (Hold::None, _) => 0,
                (_, until) => until.since(self.now) / 1_000,
            };
            write!(out, ",\"resumes_in\":{resumes_in},\"last_error\":")?;
            match &status.last_error {
                Some(error) => write_json_string(error.as_bytes(), out)?,
                None => out.write_str("null")?,
            }
            out.write_char('}')?;
        }
        out.write_str("]}")
    }
}

/// Writes one line. `received` and the losses of kernel and queue add up to the
/// number of datagrams sent to the daemon.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.complaint {
            None => f.write_str("healthy")?,
            Some(complaint) => write!(f, "unhealthy ({complaint})")?,
        }
        write!(f, ", up {} s:", self.now.millis() / 1_000)?;
        for (name, count) in self.counts {
            // Underscores are for JSON.
            f.write_char(' ')?;
            for word in name.split_inclusive('_') {
                f.write_str(word.trim_end_matches('_'))?;
                f.write_char(' ')?;
            }
            write!(f, "{count},")?;
        }
        f.write_str(" lost:")?;
        for (index, (name, count)) in self.lost.into_iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            write!(f, " {name} {count}")?;
        }
        for (id, status) in &self.notifiers {
            write!(f, "; {}: last success ", id.name())?;
            match status.last_success {
                Some(at) => write!(f, "{} s ago", self.secs_since(at))?,
                None => f.write_str("never")?,
            }
            if let (Some(at), Some(error)) = (status.last_error_at, &status.last_error) {
                let ago = self.secs_since(at);
                write!(f, ", last error {ago} s ago: {}", Escaped(error.as_bytes()))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each reason on its own, on both sides of its limit.
    #[test]
    fn complaints() {
        let now = Instant::from_millis(100_000_000);
        let ago = |millis| Instant::from_millis(now.millis() - millis);
        let ask = |receiver, moved, slack| {
            let notifiers = [(Notifier::Console, None), (Notifier::Slack, slack)];
            complaint(now, receiver, moved, notifiers.into_iter())
        };
        let (minute, hour) = (60_000, 3_600_000);
        assert_eq!(ask(Some(ago(minute)), ago(minute), Some(ago(hour))), None);
        assert_eq!(
            ask(Some(ago(minute + 1)), now, None).as_deref(),
            Some("intake stopped: nothing can be received")
        );
        assert_eq!(
            ask(None, ago(minute + 1), None).as_deref(),
            Some("intake stopped: the matcher has stopped")
        );
        assert_eq!(
            ask(None, now, Some(ago(2 * hour))).as_deref(),
            Some("Slack has failed for 7200 s")
        );
    }
}
