//! alertik: takes a MikroTik router's log over syslog, matches it against the
//! user's rules and notifies.

#![deny(unsafe_code)]

mod cli;
mod commands;
mod daemon;
mod intake;
mod log;
mod net;
mod notifier;
mod settings;
// The only exception; each block there says why it is sound.
#[allow(unsafe_code)]
mod sys;

use settings::Env;

fn main() {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let env = Env::new(std::env::vars_os());
    std::process::exit(cli::run(env, &arguments));
}
