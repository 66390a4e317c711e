//! The facts that travel with a notification's text.

use core::net::IpAddr;

use crate::ids::{NotifierSet, RuleName, Ticket};
use crate::time::Wall;

/// The facts that travel with a notification's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeHead {
    /// The rule that matched.
    pub rule: RuleName,
    /// Where the text goes.
    pub notifiers: NotifierSet,
    /// When the line arrived.
    pub at: Wall,
    /// Who sent the line.
    pub source: IpAddr,
    /// What to report a failed delivery with.
    pub ticket: Ticket,
}
