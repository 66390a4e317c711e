//! The state in words: a line for people, a line for each router, and JSON.
//! [`super::metrics`] has it for Prometheus.

use std::fmt::{self, Write as _};

use alertik_core::bytes::write_json_string;
use alertik_core::delivery::Hold;
use alertik_core::routers::HeardRouter;

use super::{Fact, SUSPENDED, Status};
use crate::log::Escaped;
use crate::sys::clock;

impl Status {
    /// Writes the state as a JSON object without a newline. Times are seconds
    /// before now; `null` is never.
    pub(crate) fn write_json(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let up = self.up_secs();
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
            write_facts(&self.facts_of_notifier(status), out)?;
            out.write_str(",\"last_error\":")?;
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
            write_facts(&self.facts_of_router(router), out)?;
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

/// Writes facts as further members of an object.
fn write_facts(facts: &[Fact], out: &mut dyn fmt::Write) -> fmt::Result {
    for (name, fact) in facts {
        write!(out, ",\"{name}\":")?;
        match fact {
            Some(fact) if *name == SUSPENDED => write!(out, "{}", *fact != 0)?,
            Some(fact) => write!(out, "{fact}")?,
            None => out.write_str("null")?,
        }
    }
    Ok(())
}

/// Returns a router's name, or nothing if it has none but its address.
pub(super) fn name_of(router: &HeardRouter) -> String {
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
        write!(f, ", up {} s:", self.up_secs())?;
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
