//! The head of a notification: all but its text.

use core::net::IpAddr;

use crate::ids::{NotifierSet, RuleName, Ticket};
use crate::time::Wall;

/// All of a notification but its text, which is in the
/// [`TextBuffer`](crate::text::TextBuffer) beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeHead {
    /// The rule that matched.
    pub rule: RuleName,
    /// The notifiers that get the text.
    pub notifiers: NotifierSet,
    /// When the line arrived; for a timer's notification, the last line that it
    /// sums up.
    pub at: Wall,
    /// The sender of the line.
    pub source: IpAddr,
    /// The name under which a failed delivery is reported to the engine.
    pub ticket: Ticket,
}
