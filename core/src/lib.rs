//! The core of alertik: everything between a datagram's bytes and the bytes of
//! a notification, as pure functions of their arguments.
//!
//! # What this crate does
//!
//! * keeps received messages in a fixed ring ([`limits`] names every capacity),
//! * matches them against rules: substrings and POSIX extended regular
//!   expressions as musl takes them,
//! * expands masks into notification texts ([`Text`]),
//! * keeps, merges, paces and ages the notifications of each service,
//! * writes and reads the messages by which names are looked up ([`dns`]).
//!
//! # What this crate does not do
//!
//! It reads no clock, no environment and no socket, writes no log, and does not
//! panic on input. Time is always an argument ([`Instant`], [`Wall`]). It
//! allocates while rules are compiled (feature `compile`) and never afterwards.

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
pub mod replay;
pub mod rules;
pub mod syslog;
pub mod text;
pub mod time;
