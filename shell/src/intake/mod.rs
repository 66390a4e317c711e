//! Bytes in: the sockets, the gate, the hand-over to the matcher, and forward mode.

pub(crate) mod forward;
pub(crate) mod gate;
pub(crate) mod queue;
pub(crate) mod receiver;
pub(crate) mod tcp;
pub(crate) mod udp;
