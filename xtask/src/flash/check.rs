//! The daemon's own check of the settings, before anything is changed.

use std::path::Path;
use std::process::Command;

use crate::process::{cargo, output_of};
use crate::say::say;
use crate::{Result, workspace};

/// Runs `alertik check` over the settings, on this machine: so it tries neither
/// ports nor files. Warnings are shown. `authority` is the file that the router will
/// have at the path of `TLS_CA_FILE`.
///
/// # Errors
///
/// The mistakes with which the daemon would not start.
pub(super) fn run(settings: &[(String, String)], authority: Option<&Path>) -> Result {
    let mut check = Command::new(build()?);
    check.args(["check", "--only-variables"]).env_clear();
    for (name, value) in settings {
        check.env(name, value);
    }
    if let Some(authority) = authority {
        check.env("TLS_CA_FILE", std::path::absolute(authority)?);
    }
    // No folder `log` must be there, which would be taken for the router's.
    let output = check.current_dir("/").output()?;
    let report = String::from_utf8_lossy(&output.stdout);
    let mistakes = report
        .lines()
        .take_while(|line| line.starts_with("alertik: "));
    if output.status.success() {
        mistakes.for_each(|line| say!("{line}"));
        return Ok(());
    }
    let mistakes: Vec<_> = mistakes.collect();
    Err(format!(
        "alertik would not start with these settings, so nothing was changed:\n{}",
        mistakes.join("\n")
    )
    .into())
}

/// How the variables begin that cargo sets for a program of one package.
const OF_THIS_PROGRAM: [&str; 3] = ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_"];

/// Builds the daemon for this machine, and returns the path of its binary.
fn build() -> Result<String> {
    let mut cargo = cargo();
    // What cargo has set for this program would count as a change for build scripts,
    // and everything would be built again.
    for (name, _) in std::env::vars_os() {
        let is_of = |start: &&str| name.to_string_lossy().starts_with(*start);
        if OF_THIS_PROGRAM.iter().any(is_of) {
            cargo.env_remove(&name);
        }
    }
    let said = output_of(
        cargo
            .args(["build", "--quiet", "--locked", "--package", "alertik"])
            .arg("--message-format=json-render-diagnostics")
            .current_dir(workspace()),
    )?;
    let executable = said.split("\"executable\":\"").skip(1).last();
    let executable = executable.and_then(|rest| rest.split('"').next());
    Ok(executable.ok_or("cargo built no alertik")?.to_owned())
}
