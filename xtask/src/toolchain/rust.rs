//! A Rust compiler together with the source of its standard library.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::output_of;

/// The rustup toolchain that `dist` asks for if there is no usable one.
pub(crate) const NIGHTLY: &str = "nightly-2026-05-20";

/// Oldest minor version of Rust 1 that builds the workspace; keep it at
/// `rust-version` in the top `Cargo.toml`.
const OLDEST_MINOR: u32 = 95;

/// A Rust compiler, its cargo, and their folder.
#[derive(Debug)]
pub(crate) struct Rust {
    pub(crate) cargo: PathBuf,
    pub(crate) rustc: PathBuf,
    pub(crate) sysroot: PathBuf,
    pub(crate) version: String,
}

impl Rust {
    /// Finds a usable Rust: Debian's packages, then the pinned nightly, then
    /// any other nightly. `wanted` takes one of them by name.
    pub(crate) fn find(wanted: Option<&str>) -> Option<Self> {
        match wanted {
            Some("debian") => Self::debian(),
            Some(name) => Self::rustup(name),
            None => Self::debian()
                .or_else(|| Self::rustup(NIGHTLY))
                .or_else(|| {
                    rustup_nightlies()
                        .iter()
                        .find_map(|name| Self::rustup(name))
                }),
        }
    }

    /// Debian's `rustc-web` and `cargo-web` install in `/usr/bin`, beside a
    /// rustup in the home directory that usually hides them.
    fn debian() -> Option<Self> {
        Self::at("/usr/bin/cargo".into(), "/usr/bin/rustc".into())
    }

    fn rustup(toolchain: &str) -> Option<Self> {
        let which = |tool| {
            let mut command = Command::new("rustup");
            let path = output_of(command.args(["which", "--toolchain", toolchain, tool])).ok()?;
            Some(PathBuf::from(path.trim()))
        };
        Self::at(which("cargo")?, which("rustc")?)
    }

    /// Checks that a compiler is new enough and has its library's source.
    fn at(cargo: PathBuf, rustc: PathBuf) -> Option<Self> {
        if !cargo.is_file() || !rustc.is_file() {
            return None;
        }
        let version = output_of(plain(&rustc).arg("--version")).ok()?;
        let version = version.trim().to_owned();
        if minor(&version)? < OLDEST_MINOR {
            return None;
        }
        let sysroot = output_of(plain(&rustc).args(["--print", "sysroot"])).ok()?;
        let sysroot = PathBuf::from(sysroot.trim());
        let library = sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml");
        library.is_file().then_some(Self {
            cargo,
            rustc,
            sysroot,
            version,
        })
    }

    /// Returns a command that runs this cargo with this compiler, whatever
    /// the surrounding `cargo run` and rustup have put in the environment.
    ///
    /// `RUSTC_BOOTSTRAP` unlocks the options that build the standard library;
    /// on a nightly it changes nothing.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = plain(&self.cargo);
        command
            .env("RUSTC", &self.rustc)
            .env("RUSTC_BOOTSTRAP", "1");
        command
    }
}

/// Returns the names of all rustup toolchains that are nightlies.
fn rustup_nightlies() -> Vec<String> {
    let list = output_of(Command::new("rustup").args(["toolchain", "list"]));
    list.unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| name.starts_with("nightly"))
        .map(str::to_owned)
        .collect()
}

/// Returns a command without the variables by which cargo and rustup choose
/// or configure a compiler.
fn plain(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let keep = ["CARGO_HOME", "CARGO_NET_OFFLINE", "RUSTUP_HOME"].contains(&&*text);
        if !keep && (text.starts_with("CARGO") || text.starts_with("RUST")) {
            command.env_remove(&name);
        }
    }
    command
}

/// Takes the minor version out of `rustc 1.96.0 (…)`.
fn minor(version: &str) -> Option<u32> {
    version
        .strip_prefix("rustc 1.")?
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A compiler's age is recognised in every form of its version.
    #[test]
    fn versions_of_distributions_and_nightlies_are_read() {
        assert_eq!(minor("rustc 1.96.0 (ac68faa20 2026-05-25)"), Some(96));
        assert_eq!(
            minor("rustc 1.97.0-nightly (e50aa6fba 2026-05-19)"),
            Some(97)
        );
        assert_eq!(minor("rustc 2.0.0"), None);
    }

    /// The oldest compiler here is the workspace's `rust-version`.
    #[test]
    fn the_oldest_version_is_the_workspaces() {
        let manifest = include_str!("../../../Cargo.toml");
        assert!(manifest.contains(&format!("rust-version = \"1.{OLDEST_MINOR}\"")));
    }
}
