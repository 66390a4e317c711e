//! Other programs: runs them and turns their failure into an error of ours.

use std::io;
use std::process::Command;

use crate::Result;

/// Runs a command that prints to our own streams.
///
/// # Errors
///
/// Names the program that cannot be started or ends with a failure; its own
/// message is on the terminal already.
pub(crate) fn succeed(command: &mut Command) -> Result {
    let status = command
        .status()
        .map_err(|error| not_started(command, &error))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{} failed ({status})", name(command)).into())
}

/// Runs a command and returns its standard output.
///
/// # Errors
///
/// Names the program that cannot be started, ends with a failure (its standard
/// error is part of the text), or prints something else than UTF-8.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .map_err(|error| not_started(command, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let (name, said) = (name(command), String::from_utf8_lossy(&output.stderr));
    Err(format!("{name} failed ({}): {}", output.status, said.trim_end()).into())
}

/// Returns a command that runs the cargo we were started by.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn not_started(command: &Command, error: &io::Error) -> String {
    let name = name(command);
    if error.kind() == io::ErrorKind::NotFound {
        return format!("{name} is not installed; on Debian `cargo xtask setup` installs it");
    }
    format!("cannot start {name}: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure names the program and, if it was captured, what it said.
    #[test]
    fn failures_name_the_program() {
        let script = |text: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", text]);
            command
        };
        assert!(succeed(&mut script("exit 0")).is_ok());
        let error = succeed(&mut script("exit 3")).unwrap_err().to_string();
        assert!(
            error.starts_with("sh failed (") && error.contains('3'),
            "{error}"
        );
        assert_eq!(output_of(&mut script("echo yes")).unwrap(), "yes\n");
        let error = output_of(&mut script("echo no >&2; exit 1")).unwrap_err();
        assert!(error.to_string().ends_with(": no"), "{error}");
        let error = succeed(&mut Command::new("alertik-has-no-such-program")).unwrap_err();
        assert!(error.to_string().contains("is not installed"), "{error}");
    }
}
