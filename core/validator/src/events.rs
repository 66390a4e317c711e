//! What the page shows before anything is typed, as JSON:
//!
//! ```json
//! {"notifiers":["Telegram","Slack"],
//!  "events":[{"number":4,"name":"brute-force","title":"…","sample":"…",
//!             "variables":{"MATCH_STR":"…","MASK_MSG":"…","THRESHOLD":"5/60"}}]}
//! ```

use std::fmt::{self, Write};

use alertik_core::bytes::write_json_string;
use alertik_core::delivery::Notifier;
use alertik_core::rules::static_events;

/// Writes all notifiers, and all static events in the order in which they notify.
///
/// # Errors
///
/// Returns the writer's error.
pub fn write(out: &mut String) -> fmt::Result {
    for (index, notifier) in Notifier::ALL.into_iter().enumerate() {
        let before = if index == 0 { "{\"notifiers\":[" } else { "," };
        write!(out, "{before}\"{}\"", notifier.name())?;
    }
    for (index, event) in static_events().enumerate() {
        let before = if index == 0 { "],\"events\":[" } else { "," };
        write!(out, "{before}{{\"number\":{},\"name\":", event.number)?;
        write_json_string(event.name.as_bytes(), out)?;
        out.write_str(",\"title\":")?;
        write_json_string(event.title.as_bytes(), out)?;
        out.write_str(",\"sample\":")?;
        write_json_string(event.sample.as_bytes(), out)?;
        let variables = event.variables.lines();
        let variables = variables.filter_map(|line| line.split_once('='));
        write_object(",\"variables\":", variables, out)?;
        out.write_char('}')?;
    }
    out.write_str("]}")
}

/// Writes texts by their names: `before{"MATCH_STR":"…"}`.
///
/// # Errors
///
/// Returns the writer's error.
pub fn write_object<'a>(
    before: &str,
    texts: impl Iterator<Item = (&'a str, &'a str)>,
    out: &mut String,
) -> fmt::Result {
    write!(out, "{before}{{")?;
    for (index, (name, text)) in texts.enumerate() {
        out.write_str(if index == 0 { "" } else { "," })?;
        write_json_string(name.as_bytes(), out)?;
        out.write_char(':')?;
        write_json_string(text.as_bytes(), out)?;
    }
    out.write_char('}')
}
