//! The static events as JSON, for the page's list:
//!
//! ```json
//! [{"number":4,"name":"brute-force","title":"…","sample":"…",
//!   "variables":{"MATCH_STR":"…","MASK_MSG":"…","THRESHOLD":"5/60"}}]
//! ```

use std::fmt::{self, Write};

use alertik_core::bytes::write_json_string;
use alertik_core::rules::static_events;

/// Writes all of them, in the order in which they notify.
///
/// # Errors
///
/// Returns the writer's error.
pub fn write(out: &mut String) -> fmt::Result {
    for (index, event) in static_events().enumerate() {
        out.write_char(if index == 0 { '[' } else { ',' })?;
        write!(out, "{{\"number\":{},\"name\":", event.number)?;
        write_json_string(event.name.as_bytes(), out)?;
        out.write_str(",\"title\":")?;
        write_json_string(event.title.as_bytes(), out)?;
        out.write_str(",\"sample\":")?;
        write_json_string(event.sample.as_bytes(), out)?;
        let variables = event.variables.lines();
        let variables = variables.filter_map(|line| line.split_once('='));
        for (index, (name, value)) in variables.enumerate() {
            let before = if index == 0 { ",\"variables\":{" } else { "," };
            write!(out, "{before}\"{name}\":")?;
            write_json_string(value.as_bytes(), out)?;
        }
        out.write_str("}}")?;
    }
    out.write_char(']')
}
