//! `alertik health`: asks the daemon on this machine for its status.

use std::ffi::OsString;
use std::io;

use alertik_core::bytes::write_json_string;
use alertik_core::metrics::{Family, Labels};

use super::command::{BadArguments, Command, exit_status};
use crate::daemon::health_socket::{self, Answer};
use crate::settings::{Env, Problems, read_port};
use crate::sys::terminal::print;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "health",
    arguments: "[--json | --prometheus | --live]",
    help: "      Ask the daemon that runs here with the same SYSLOG_PORT for its status: a
      line for each subject, each notifier, and each of the 64 routers heard most
      recently; --json is for scripts.
      Ends with 0 if it is healthy, with 1 if somebody should look: it does not
      work, loses messages, or a notifier is suspended or fails. With --live it
      ends with 1 only if the process does not work: for a probe that restarts
      it, which would help no service. --prometheus prints metrics in the text
      format; METRICS_ADDR serves them over HTTP.
",
    run,
};

/// See [`COMMAND`].
fn run(env: &Env, arguments: &[OsString]) -> Result<i32, BadArguments> {
    if let [word] = arguments
        && word == "--live"
    {
        let answer = ask(env);
        print(match &answer {
            Ok(answer) if answer.live => "live",
            Ok(answer) => &answer.head,
            Err(complaint) => complaint,
        });
        print("\n");
        return Ok(exit_status(answer.is_ok_and(|answer| answer.live)));
    }
    let text: fn(&Answer) -> String = match arguments {
        [] => |answer| [&answer.head, "\n", &answer.lines].concat(),
        [word] if word == "--json" => |answer| [&answer.json, "\n"].concat(),
        [word] if word == "--prometheus" => |answer| answer.metrics.clone(),
        _ => return Err(BadArguments::unknown(arguments)),
    };
    let answer = ask(env).unwrap_or_else(|complaint| unhealthy(&complaint));
    print(&text(&answer));
    Ok(exit_status(answer.healthy))
}

/// Asks the daemon.
///
/// # Errors
///
/// Returns the reason if there is no answer.
fn ask(env: &Env) -> Result<Answer, String> {
    let mut problems = Problems::default();
    let port = read_port(env, &mut problems);
    if let Some(error) = problems.errors().first() {
        return Err(error.clone());
    }
    health_socket::ask(port).map_err(|error| match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            format!("no daemon with SYSLOG_PORT={port} runs here")
        }
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            "the daemon does not answer".to_owned()
        }
        _ => format!("cannot ask the daemon: {error}"),
    })
}

/// Returns the answer of a daemon with this complaint.
fn unhealthy(complaint: &str) -> Answer {
    let mut json = "{\"healthy\":false,\"complaint\":".to_owned();
    // Writing to a string cannot fail.
    let _ = write_json_string(complaint.as_bytes(), &mut json);
    json.push('}');
    let mut metrics = String::new();
    // As the daemon has it.
    let help = "Whether nobody needs to look.";
    let _ = Family::new("healthy", help, &mut metrics).sample(&Labels::default(), 0);
    Answer {
        healthy: false,
        live: false,
        head: format!("unhealthy ({complaint})"),
        json,
        lines: String::new(),
        metrics,
    }
}
