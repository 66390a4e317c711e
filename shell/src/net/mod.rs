//! The path to a server: name resolution, connections, TLS and HTTP requests.

pub(crate) mod connection;
pub(crate) mod local;
pub(crate) mod request;
pub(crate) mod resolve;
pub(crate) mod tls;
