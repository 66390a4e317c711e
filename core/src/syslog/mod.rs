//! What a line is: the formats that routers wrap their log messages in.
//!
//! Rules see the datagram's text as it came, header included, because that is
//! what users wrote their patterns for. The formats matter for one question
//! only: whether a line is our own output that the router logged and sent back.

mod own_output;

pub use own_output::{OWN_NOTICE, OWN_OUTPUT_PREFIX, is_own_output, trim_line_end};
