//! The tools that turn the source into the shipped binaries, as found on this
//! machine.
//!
//! Four parts: a Rust compiler with the source of its own standard library, a
//! C compiler (for ring), LLVM's linker, and musl of each target. Each has a
//! preferred source, Debian's packages, and one for machines without them:
//! rustup and zig. Nothing here downloads anything; `setup` does.

mod c;
mod rust;
mod wrappers;

pub(crate) use c::{APT_SOURCES, Libc, sysroot};
pub(crate) use rust::{NIGHTLY, Rust};
pub(crate) use wrappers::Wrappers;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::process::output_of;
use crate::targets::Target;
use c::Compiler;

/// A complete set of tools for some targets.
#[derive(Debug)]
pub(crate) struct Toolchain {
    pub(crate) rust: Rust,
    pub(crate) compiler: Compiler,
    pub(crate) linker: PathBuf,
    /// One per target asked for, in that order.
    pub(crate) libcs: Vec<Libc>,
}

impl Toolchain {
    /// Finds the tools for `targets`. `rust` names a Rust other than the first
    /// usable one: `debian` or a rustup toolchain.
    ///
    /// # Errors
    ///
    /// One message that lists everything missing and the command that installs it.
    pub(crate) fn find(targets: &[&Target], rust: Option<&str>) -> Result<Self> {
        let mut missing = Vec::new();
        let rust = Rust::find(rust);
        if rust.is_none() {
            missing.push("a Rust compiler with the source of its standard library".to_owned());
        }
        let compiler = Compiler::find();
        if compiler.is_none() {
            missing.push("a C compiler for ARM: clang, or zig".to_owned());
        }
        let linker = find_linker("ld.lld", rust.as_ref());
        if linker.is_none() {
            missing.push("LLVM's linker ld.lld".to_owned());
        }
        let mut libcs = Vec::new();
        for target in targets {
            match Libc::find(target, rust.as_ref(), compiler.as_ref()) {
                Some(libc) => libcs.push(libc),
                None => missing.push(format!(
                    "musl for {} (musl-dev:{})",
                    target.name, target.debian
                )),
            }
        }
        let (Some(rust), Some(compiler), Some(linker), true) =
            (rust, compiler, linker, missing.is_empty())
        else {
            return Err(advice(&missing).into());
        };
        Ok(Self {
            rust,
            compiler,
            linker,
            libcs,
        })
    }

    /// Returns one line per tool: its path and version. The bytes of the result
    /// depend on these and on the source only.
    pub(crate) fn describe(&self, targets: &[&Target]) -> String {
        let mut text = format!(
            "rust    {} ({})\nC       {} ({})\nlinker  {} ({})\n",
            self.rust.version,
            self.rust.rustc.display(),
            self.compiler.version(),
            self.compiler,
            version_of(&self.linker),
            self.linker.display(),
        );
        for (target, libc) in targets.iter().zip(&self.libcs) {
            text += &format!("{:7} {}\n", target.name, libc.version);
        }
        text
    }
}

/// Lists the missing parts and how to get them.
fn advice(missing: &[String]) -> String {
    let mut text = "the build needs tools that are not on this machine:\n".to_owned();
    for part in missing {
        text += &format!("  - {part}\n");
    }
    text += &format!(
        "Debian 12 or later, as root:\n\
         \x20   cargo xtask setup\n\
         elsewhere, with rustup and pip:\n\
         \x20   rustup toolchain install {NIGHTLY} --profile minimal -c rust-src -c llvm-tools \
         -t armv7-unknown-linux-musleabihf -t armv5te-unknown-linux-musleabi \
         -t aarch64-unknown-linux-musl -t x86_64-unknown-linux-musl \
         && python3 -m pip install ziglang=={}",
        c::ZIGLANG
    );
    text
}

/// Finds LLVM's linker: the distribution's by its newest version, or the one
/// inside a rustup toolchain.
///
/// It goes by the name of the kind of file it makes: `ld.lld`, `wasm-ld`.
pub(crate) fn find_linker(name: &str, rust: Option<&Rust>) -> Option<PathBuf> {
    newest_on_path(name).or_else(|| {
        let inside = rust?.sysroot.join("lib/rustlib");
        let hosts = std::fs::read_dir(inside).ok()?;
        hosts
            .filter_map(|host| Some(host.ok()?.path().join("bin/gcc-ld").join(name)))
            .find(|candidate| candidate.is_file())
    })
}

/// Finds a program that Debian installs under its name and under
/// `name-VERSION`; the version that `setup` installs comes first, so that a
/// second one on the machine does not change the bytes.
fn newest_on_path(name: &str) -> Option<PathBuf> {
    on_path(&format!("{name}-{}", c::LLVM))
        .or_else(|| on_path(name))
        .or_else(|| {
            (14..40)
                .rev()
                .find_map(|version| on_path(&format!("{name}-{version}")))
        })
}

/// Finds a program in `PATH`.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}

/// Returns the first line that a program prints for `--version`.
fn version_of(program: &Path) -> String {
    output_of(Command::new(program).arg("--version"))
        .ok()
        .and_then(|text| Some(text.lines().next()?.to_owned()))
        .unwrap_or_else(|| "unknown version".to_owned())
}
