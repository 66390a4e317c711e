//! `alertik check`: shows the mistakes in the configuration, and how the rest
//! was understood. It sends nothing.

mod report;
mod trial;

use std::ffi::OsString;
use std::fmt::Write as _;

use super::command::{BadArguments, Command, exit_status};
use crate::settings::{Env, Problems, Settings};
use crate::sys::terminal::print;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "check",
    arguments: "[--verbose] [--only-variables]",
    help: "      Show the mistakes in the configuration, and how the rest was understood.
      It tries whether the ports are free, files can be written and names found;
      --only-variables tries nothing. --verbose adds how each rule is matched and
      what that costs. Ends with 0 if there are no mistakes, with 1 otherwise.
",
    run,
};

/// See [`COMMAND`].
fn run(env: &Env, arguments: &[OsString]) -> Result<i32, BadArguments> {
    let (mut is_verbose, mut tries) = (false, true);
    for word in arguments {
        match word.to_str() {
            Some("--verbose" | "-v") => is_verbose = true,
            Some("--only-variables") => tries = false,
            _ => return Err(BadArguments::unknown(std::slice::from_ref(word))),
        }
    }
    let mut problems = Problems::default();
    let settings = Settings::read(env, false, &mut problems);
    let tried = tries.then(|| trial::run(&settings, &mut problems));
    let mut out = problems.text();
    // Writing to a string cannot fail.
    let _ = report::write(env, &settings, is_verbose, &mut out);
    if let Some(tried) = tried {
        out.push_str(&tried);
    }
    let errors = problems.errors().len();
    let _ = match errors {
        0 => out.write_str("\nNo errors: alertik can start with this configuration.\n"),
        _ => writeln!(
            out,
            "\nErrors: {errors}. alertik cannot start with this configuration. Faulty entries are \
             not listed above."
        ),
    };
    print(&out);
    Ok(exit_status(errors == 0))
}
