//! The operating system: one small file per need, and the only place with
//! `unsafe`.

pub(crate) mod clock;
pub(crate) mod datagrams;
pub(crate) mod default_gateway;
#[cfg(target_env = "musl")]
mod errno_texts;
pub(crate) mod local_time;
pub(crate) mod poll;
pub(crate) mod random;
pub(crate) mod signals;
pub(crate) mod tcp_listener;
pub(crate) mod terminal;
pub(crate) mod threads;
pub(crate) mod udp_socket;
pub(crate) mod whole_file;
