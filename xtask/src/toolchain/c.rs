//! The C side: a compiler, and musl of each target.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Rust, newest_on_path, on_path, version_of};
use crate::process::output_of;
use crate::targets::Target;
use crate::workspace;

/// The LLVM version that `setup` installs. Debian 12 and 13 both have it.
pub(crate) const LLVM: u32 = 19;

/// The version of the PyPI package `ziglang` that is known to work.
pub(crate) const ZIGLANG: &str = "0.17.1";

/// Packages that `setup` installs: for the build, and for CI to check the result
/// (an emulator, an image reader, a TLS server and an ssh server).
pub(crate) const APT_SOURCES: &[&str] = &[
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "clang-19",
    "lld-19",
    "binutils",
    "qemu-user-static",
    "skopeo",
    "openssl",
    "openssh-server",
    "openssh-client",
];

/// A C compiler that knows all targets.
#[derive(Debug)]
pub(crate) enum Compiler {
    /// clang, with musl's headers from Debian's package.
    Clang(PathBuf),
    /// zig's C compiler, which brings headers of its own.
    Zig(Vec<String>),
}

impl Compiler {
    /// Finds clang, or else zig as a program or as a Python package.
    pub(super) fn find() -> Option<Self> {
        newest_on_path("clang")
            .map(Self::Clang)
            .or_else(|| on_path("zig").map(|zig| Self::Zig(vec![zig.display().to_string()])))
            .or_else(|| {
                let words = ["python3", "-m", "ziglang"].map(str::to_owned);
                output_of(Command::new(&words[0]).args(&words[1..]).arg("version")).ok()?;
                Some(Self::Zig(words.to_vec()))
            })
    }

    /// Returns the version it states.
    pub(super) fn version(&self) -> String {
        match self {
            Self::Clang(path) => version_of(path),
            Self::Zig(words) => output_of(Command::new(&words[0]).args(&words[1..]).arg("version"))
                .map_or_else(|_| "zig".to_owned(), |text| format!("zig {}", text.trim())),
        }
    }

    /// Returns the command line that compiles for `target`, words separated
    /// as `sh` wants them.
    pub(super) fn command_line(&self, target: &Target, libc: &Libc) -> String {
        let mut words = Vec::new();
        match self {
            Self::Clang(path) => {
                words.push(super::wrappers::quoted(&path.display().to_string()));
                words.push(format!("--target={}", target.musl));
                words.extend(target.clang.iter().map(|&word| word.to_owned()));
                words.push("-nostdlibinc".to_owned());
                if let Some(include) = &libc.include {
                    words.push("-isystem".to_owned());
                    words.push(super::wrappers::quoted(&include.display().to_string()));
                }
            }
            Self::Zig(program) => {
                words.extend(program.iter().map(|word| super::wrappers::quoted(word)));
                words.push("cc".to_owned());
                words.extend(target.zig.iter().map(|&word| word.to_owned()));
            }
        }
        words.join(" ")
    }
}

impl fmt::Display for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clang(path) => write!(f, "{}", path.display()),
            Self::Zig(words) => f.write_str(&words.join(" ")),
        }
    }
}

/// musl of one target.
#[derive(Debug)]
pub(crate) struct Libc {
    /// Folder with `crt1.o`, `crti.o`, `crtn.o` and `libc.a`.
    pub(crate) lib: PathBuf,
    /// Folder with the headers; none if the compiler brings its own.
    pub(crate) include: Option<PathBuf>,
    /// Its origin, in one line.
    pub(crate) version: String,
}

impl Libc {
    /// Finds Debian's `musl-dev` as unpacked by `setup`, or, for a compiler
    /// with headers of its own, the one in rustup's `rust-std`.
    pub(super) fn find(
        target: &Target,
        rust: Option<&Rust>,
        compiler: Option<&Compiler>,
    ) -> Option<Self> {
        let root = sysroot(target);
        let lib = root.join("usr/lib").join(target.musl);
        if lib.join("libc.a").is_file() {
            let version = std::fs::read_to_string(root.join("VERSION")).unwrap_or_default();
            return Some(Self {
                lib,
                include: Some(root.join("usr/include").join(target.musl)),
                version: version.trim().to_owned(),
            });
        }
        let Some(Compiler::Zig(_)) = compiler else {
            return None;
        };
        let rust = rust?;
        let lib = self_contained(&rust.sysroot, target);
        lib.join("libc.a").is_file().then(|| Self {
            lib,
            include: None,
            version: format!("musl of rust-std {}", target.rustup_std),
        })
    }
}

/// Returns the folder in which rustup's `rust-std` keeps musl.
fn self_contained(sysroot: &Path, target: &Target) -> PathBuf {
    sysroot
        .join("lib/rustlib")
        .join(target.rustup_std)
        .join("lib/self-contained")
}

/// Returns the folder into which `setup` unpacks `musl-dev` of a target.
pub(crate) fn sysroot(target: &Target) -> PathBuf {
    workspace().join("target/sysroot").join(target.debian)
}
