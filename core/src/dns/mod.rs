//! Looking a host's addresses up: the messages, the files and the rules of a
//! stub resolver, without a socket.
//!
//! Followed are RFC 1035 (messages) with RFC 2181 (what names may hold), RFC 1123,
//! section 2.1 (names of hosts), RFC 6761 (special names), resolv.conf(5) and
//! hosts(5). Where these leave a choice it is musl's (1.2.3), which did this
//! before; what differs is said where it does.

mod address;
mod addresses;
mod conf;
mod hosts;
mod query;

pub use address::parse_address;
pub use addresses::Addresses;
pub use conf::ResolvConf;
pub use hosts::{add_from_hosts, add_special};
pub use query::{Kind, Query, Reply};
