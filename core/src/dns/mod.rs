//! Looks up a host's addresses: the messages, the files and the rules of a stub
//! resolver, without a socket.
//!
//! This follows RFC 1035 (messages) with RFC 2181 (bytes allowed in names), RFC
//! 1123, section 2.1 (host names), RFC 6761 (special names), resolv.conf(5) and
//! hosts(5). If these leave a choice, it follows musl 1.2.3, whose resolver it
//! replaces; each difference is noted where it occurs.

mod address;
mod addresses;
mod conf;
mod hosts;
mod query;

pub use address::parse_address;
pub use addresses::Addresses;
pub use conf::ResolvConf;
pub use hosts::{add_from_hosts, add_special};
pub use query::{Query, RecordType, Reply};
