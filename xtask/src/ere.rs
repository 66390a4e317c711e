//! The matcher as a filter, for comparing it with another engine.

use std::process::Command;

use crate::Result;
use crate::flags::Flags;

/// Runs core's example `ere` on this process's input and output. It is an
/// example so that building the other commands does not build the core.
pub(crate) fn run(flags: Flags) -> Result {
    flags.finish()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["run", "--quiet", "--release", "--package", "alertik-core"])
        .args(["--example", "ere"])
        .current_dir(crate::workspace())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err("the filter failed".into())
    }
}
