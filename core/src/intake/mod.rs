//! Bytes in: what has been received waits here for the matcher.
//!
//! [`Ring`] is the queue of received messages.

mod ring;

pub use ring::{Arrival, MessageBuffer, Ring, RingLoss};
