//! Bytes in: whose messages are taken, and where they wait for the matcher.
//!
//! [`AllowList`] is the first question about a datagram, [`Ring`] the queue of
//! those that passed it, and [`MessageBuffer`] what the matcher takes them into.

mod allow;
mod ring;

pub use allow::{AllowList, Prefix, PrefixError};
pub use ring::{Arrival, MessageBuffer, Ring, RingLoss};
