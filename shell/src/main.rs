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
// Each block there says why it is sound.
#[allow(unsafe_code)]
mod sys;

use std::process::exit;

use cli::Command;
use commands::demo;
use settings::{Env, Problems, Settings};
use sys::signals::Blocked;
use sys::terminal::{print, warn};

/// Wrong configuration.
const EXIT_CONFIGURATION: i32 = 1;
/// Wrong command line.
const EXIT_USAGE: i32 = 2;

fn main() {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let env = Env::new(std::env::vars_os());
    match cli::parse(&arguments) {
        Ok(Command::Run) => run(&env, |_| true),
        Ok(Command::Demo { once }) => run(&demo::environment(&env), |daemon| {
            demo::run(daemon) && !once
        }),
        Ok(Command::Version) => print(concat!("alertik ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(Command::Help) => print(cli::HELP),
        Ok(command) => exit(commands::run(&env, &command)),
        Err(wrong) => {
            warn(&wrong);
            warn("\n\n");
            warn(cli::HELP);
            exit(EXIT_USAGE);
        }
    }
}

/// Runs the daemon until a signal, or until `then`, called once it is running,
/// returns false.
fn run(env: &Env, then: impl FnOnce(&daemon::Daemon) -> bool) {
    // Before any thread is started, so that all of them inherit it.
    let signals = Blocked::new();
    let mut problems = Problems::default();
    let settings = Settings::read(env, &mut problems);
    problems.print();
    if !problems.errors().is_empty() {
        exit(EXIT_CONFIGURATION);
    }
    match daemon::start(settings) {
        Ok(daemon) => {
            if then(daemon) {
                daemon::wait(daemon, &signals);
            }
            daemon::stop(daemon);
            exit(0);
        }
        Err(daemon::StartError(error)) => {
            warn("alertik: ");
            warn(&error);
            warn("\n");
            exit(EXIT_CONFIGURATION);
        }
    }
}
