//! Bytes in: received messages wait here for the matcher.
//!
//! [`Ring`] is their queue, [`MessageBuffer`] what the matcher takes one into, and
//! [`Framing`] finds them in the bytes of a TCP connection.

mod framing;
mod ring;

pub use framing::Framing;
pub use ring::{Arrival, MessageBuffer, Ring, RingLoss};
