//! Forward mode: every datagram goes on to another server, byte for byte or with a header
//! that names its router.
//!
//! The receiver sends it, before anything else looks at it; a thread of its own
//! keeps the server's address up to date. The two share a [`ForwardState`].

mod forwarder;
mod resolver;
mod state;

pub(crate) use forwarder::Forwarder;
pub(crate) use resolver::{fault, resolve};
pub(crate) use state::ForwardState;
