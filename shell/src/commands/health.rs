//! `alertik health`: how the daemon in this container is.

use std::io;

use crate::daemon::health_socket;
use crate::settings::{Env, Problems, read_port};

/// Asks the daemon, prints what it says, and returns whether it is healthy.
pub(super) fn run(env: &Env, json: bool) -> bool {
    let (text, healthy) = ask(env, json);
    super::print(&text);
    healthy
}

fn ask(env: &Env, json: bool) -> (String, bool) {
    let mut problems = Problems::default();
    let port = read_port(env, &mut problems);
    if !problems.errors().is_empty() {
        return (problems.text(), false);
    }
    match health_socket::ask(port) {
        Ok(answer) => {
            let text = if json { answer.json } else { answer.line };
            (text + "\n", answer.healthy)
        }
        Err(error) => {
            let why = match error.kind() {
                io::ErrorKind::ConnectionRefused => {
                    format!("no daemon with SYSLOG_PORT={port} runs here")
                }
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                    "the daemon does not answer".to_owned()
                }
                _ => format!("cannot ask the daemon: {error}"),
            };
            let text = if json {
                format!("{{\"healthy\":false,\"complaint\":\"{why}\"}}\n")
            } else {
                format!("unhealthy ({why})\n")
            };
            (text, false)
        }
    }
}
