//! The way to a server: names, connections, TLS and the bytes of a request.

pub(crate) mod connection;
pub(crate) mod request;
pub(crate) mod resolve;
pub(crate) mod tls;
