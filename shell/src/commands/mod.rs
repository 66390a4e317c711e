//! The commands, each with its name, its arguments, its help and its code.
//!
//! None but `demo` opens the daemon's socket, so each can be used beside a
//! running daemon.

mod check;
mod command;
mod demo;
mod events;
mod health;
mod match_lines;
mod notify_test;
mod serve;

pub(crate) use command::{BadArguments, Command};
pub(crate) use serve::serve;

/// Every command, in the order in which the help lists them.
pub(crate) const COMMANDS: [Command; 6] = [
    check::COMMAND,
    match_lines::COMMAND,
    events::COMMAND,
    notify_test::COMMAND,
    health::COMMAND,
    demo::COMMAND,
];
