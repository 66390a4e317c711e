//! Bytes in: received messages wait here for the matcher.
//!
//! [`Ring`] is their queue, [`MessageBuffer`] what the matcher takes
//! them into.

mod ring;

pub use ring::{Arrival, MessageBuffer, Ring, RingLoss};
