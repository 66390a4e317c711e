//! The state in words: a line for people, a line for each router, and JSON.

use std::fmt::{self, Write as _};

use alertik_core::bytes::write_json_string;
use alertik_core::delivery::Hold;
use alertik_core::routers::HeardRouter;

use super::Status;
use crate::log::Escaped;
use crate::sys::clock;

impl Status {
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
                ("waiting", status.waiting),
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
            let is_suspended = matches!(status.hold, (Hold::Suspended, _));
            write!(out, ",\"suspended\":{is_suspended}")?;
            write!(out, ",\"resumes_in\":{resumes_in},\"last_error\":")?;
            match &status.last_error {
                Some(error) => write_json_string(error.as_bytes(), out)?,
                None => out.write_str("null")?,
            }
            out.write_char('}')?;
        }
        out.write_str("],\"routers\":[")?;
        for (index, router) in self.routers.iter().enumerate() {
            out.write_str(if index == 0 {
                "{\"name\":"
            } else {
                ",{\"name\":"
            })?;
            write_json_string(name_of(router).as_bytes(), out)?;
            write!(out, ",\"address\":\"{}\"", router.source)?;
            for (name, count) in [
                ("last_heard", self.secs_since(router.last)),
                ("received", router.received),
                ("matched", router.matched),
            ] {
                write!(out, ",\"{name}\":{count}")?;
            }
            out.write_char('}')?;
        }
        out.write_str("]}")
    }

    /// Writes a line for each router.
    pub(crate) fn write_routers(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        for router in &self.routers {
            let name = name_of(router);
            out.write_str("  ")?;
            if !name.is_empty() {
                write!(out, "{} ", Escaped(name.as_bytes()))?;
            }
            let HeardRouter {
                source,
                received,
                matched,
                last,
                ..
            } = router;
            writeln!(
                out,
                "{source}: last heard {} s ago, received {received}, matched {matched}",
                self.secs_since(*last)
            )?;
        }
        Ok(())
    }
}

/// Returns a router's name, or nothing if it has none but its address.
fn name_of(router: &HeardRouter) -> String {
    let parts = router.name.as_text().parts();
    parts.map(|(_, part)| part).collect()
}

/// Writes one line. `received`, `foreign` and the losses of kernel and queue add up
/// to the number of datagrams sent to the daemon.
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
            if let (Hold::Suspended, until) = status.hold {
                let secs = until.since(self.now).div_ceil(1_000);
                let at = clock::wall_in(secs).time_of_day();
                write!(f, ", suspended, next attempt at {at}")?;
            }
            if let (Some(at), Some(error)) = (status.last_error_at, &status.last_error) {
                let ago = self.secs_since(at);
                write!(f, ", last error {ago} s ago: {}", Escaped(error.as_bytes()))?;
            }
        }
        Ok(())
    }
}
