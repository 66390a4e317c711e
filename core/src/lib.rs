//! The core of alertik: everything between a datagram's bytes and the bytes of a
//! notification, as pure functions of their arguments.
//!
//! # What this crate does
//!
//! The rooms, in the order of a datagram's life:
//!
//! 1. [`intake`]: messages of senders that are allowed wait in a fixed ring.
//! 2. [`syslog`]: where a message ends in a stream, what a line is, and whether it
//!    is our own output come back.
//! 3. [`matching`]: substrings and POSIX extended regular expressions as musl
//!    takes them.
//! 4. [`routers`]: who sent a line.
//! 5. [`rules`]: what a match means. The [`rules::Engine`] turns messages and the
//!    passing of time into notifications.
//! 6. [`delivery`]: each service's notifications are queued, merged, paced, aged
//!    and written as requests.
//!
//! [`replay`] is all rooms in a row, to try rules; [`dns`] writes and reads the
//! messages by which names are looked up, [`metrics`] those by which the daemon is asked
//! how it is. [`limits`], [`time`], [`text`], [`ids`],
//! [`prefix`] and [`bytes`] are what the rooms have in common. A room knows those before
//! it, and none after it.
//!
//! # What this crate does not do
//!
//! It reads no clock, no environment and no socket, writes no log, and does not
//! panic on input.
//!
//! # Contract
//!
//! Every state machine here is driven in the same way: push one input with the
//! current time, drain the outputs until `None`, and ask when to call again. The
//! inputs and outputs are named at [`rules::Engine`] and [`delivery::Courier`];
//! `examples/pipeline.rs` drives both in thirty lines. Time is always an argument
//! ([`time::Instant`], [`time::Wall`]). Compiling rules and creating a state
//! machine allocate; nothing does so afterwards.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![warn(clippy::std_instead_of_core, clippy::alloc_instead_of_core)]

extern crate alloc;

pub mod bytes;
pub mod delivery;
pub mod dns;
pub mod ids;
pub mod intake;
pub mod limits;
pub mod matching;
pub mod metrics;
pub mod prefix;
pub mod replay;
pub mod routers;
pub mod rules;
pub mod syslog;
pub mod text;
pub mod time;
