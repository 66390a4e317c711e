//! The program without a command: the daemon, from its start to a signal.

use crate::daemon::{self, Daemon, StartError};
use crate::settings::{Env, Problems, Settings};
use crate::sys::signals::Blocked;
use crate::sys::terminal::warn;

/// The exit status if the daemon cannot start with this configuration.
const EXIT_CONFIGURATION: i32 = 1;

/// Runs the daemon until a signal, or until `then`, called once it is running,
/// returns false. Returns the exit status. The copy of the environment is needed no
/// longer than until it has been read.
pub(crate) fn serve(env: Env, then: impl FnOnce(&Daemon) -> bool) -> i32 {
    // Before any thread is started, so that all of them inherit it.
    let signals = Blocked::new();
    let mut problems = Problems::default();
    let settings = Settings::read(&env, true, &mut problems);
    drop(env);
    problems.print();
    if !problems.errors().is_empty() {
        return EXIT_CONFIGURATION;
    }
    match daemon::start(settings) {
        Ok(daemon) => {
            if then(daemon) {
                daemon::wait(daemon, &signals);
            }
            daemon::stop(daemon, signals);
            0
        }
        Err(StartError(error)) => {
            warn(&["alertik: ", &error, "\n"].concat());
            EXIT_CONFIGURATION
        }
    }
}
