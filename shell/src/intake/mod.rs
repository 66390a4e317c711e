//! Bytes in: the socket, the gate, the hand-over to the matcher, and forward mode.

pub(crate) mod forward;
pub(crate) mod gate;
pub(crate) mod queue;
pub(crate) mod receiver;
pub(crate) mod udp;
