//! Tests of the senders against real servers on loopback.
//!
//! Each test configures notifiers through their variables, starts them as the
//! daemon does, and inspects the requests that a server receives.

mod answers;
mod ca;
mod client;
mod console;
mod dns;
mod examples;
mod heartbeat;
mod hostile;
mod mail;
mod secrets;
mod services;
mod storms;
mod support;
mod tls;
