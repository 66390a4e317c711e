//! The state as a line for the log, and as JSON.

use std::fmt;

use alertik_core::bytes::write_json_string;

use super::lines::{name_of, write_counts};
use super::{Fact, SUSPENDED, Status};

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

/// Writes one line. `received`, `foreign` and the losses of kernel and queue add up
/// to the number of datagrams sent to the daemon.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_head(f)?;
        f.write_str(": ")?;
        write_counts(self.counts.iter(), f)?;
        f.write_str(", lost: ")?;
        write_counts(self.lost.iter(), f)?;
        for (id, status) in &self.notifiers {
            write!(f, "; {}: ", id.name())?;
            self.write_notifier(status, f)?;
        }
        Ok(())
    }
}
