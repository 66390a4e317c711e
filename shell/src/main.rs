//! alertik: takes a MikroTik router's log over syslog, matches it against the
//! user's rules and notifies.

#![allow(
    dead_code,
    unused_imports,
    reason = "the first commit lays out shared types only"
)]

mod clock;
mod notifier;
mod settings;

fn main() {
    println!("alertik {}", env!("CARGO_PKG_VERSION"));
}
