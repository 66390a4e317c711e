//! Installs everything that `dist` and the checks of its results need.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::flags::Flags;
use crate::process::succeed;
use crate::targets::{TARGETS, Target};
use crate::toolchain::{APT_SOURCES, NIGHTLY, Rust, on_path, sysroot};
use crate::{Result, validator, workspace};

/// Runs `setup`.
///
/// # Errors
///
/// On a system without apt, and if a command fails; the text says which command
/// to type instead.
pub(crate) fn run(flags: Flags) -> Result {
    flags.finish()?;
    if on_path("apt-get").is_none() || on_path("dpkg-deb").is_none() {
        return Err(format!(
            "this is not Debian; `rustup toolchain install {NIGHTLY} --profile minimal \
             -c rust-src` brings the compiler, and `cargo xtask dist` lists what else is missing"
        )
        .into());
    }
    install()?;
    for target in &TARGETS {
        unpack_musl(target)?;
    }
    fetch_crates()?;
    println!("ready: cargo xtask dist --target all");
    Ok(())
}

/// Installs the missing packages. Only root may; others get the command as an
/// error.
fn install() -> Result {
    let missing: Vec<_> = APT_SOURCES
        .iter()
        .filter(|package| !is_installed(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let words: Vec<_> = missing.iter().map(|&&package| package).collect();
    let command = format!(
        "apt-get update && apt-get install --yes --no-install-recommends {}",
        words.join(" ")
    );
    if !is_root()? {
        return Err(format!("run as root, then `cargo xtask setup` again:\n    {command}").into());
    }
    println!("{command}");
    // Wait for another package manager, up to five minutes.
    let lock = "DPkg::Lock::Timeout=300";
    // A third-party source that fails to update does not matter here.
    let _ = Command::new("apt-get")
        .args(["-o", lock, "update"])
        .status()?;
    succeed(
        Command::new("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["-o", lock, "install", "--yes", "--no-install-recommends"])
            .args(words),
    )
}

/// Downloads `musl-dev` of a target's architecture and unpacks it below
/// `target/`. Lists and caches are private: the machine's own apt does not
/// learn about foreign architectures, and apt checks the signatures as always.
fn unpack_musl(target: &Target) -> Result {
    let root = sysroot(target);
    if root.join("VERSION").is_file() {
        return Ok(());
    }
    let work = workspace().join("target/sysroot/apt").join(target.debian);
    let _ = fs::remove_dir_all(&work);
    for folder in ["lists/partial", "cache/archives/partial", "debs"] {
        fs::create_dir_all(work.join(folder))?;
    }
    let apt = || {
        let mut command = Command::new("apt-get");
        command.current_dir(work.join("debs"));
        for option in [
            format!("APT::Architecture={}", target.debian),
            format!("APT::Architectures={}", target.debian),
            format!("Dir::State::Lists={}", work.join("lists").display()),
            format!("Dir::Cache={}", work.join("cache").display()),
            "Dir::State::Status=/dev/null".to_owned(),
            // The folder is not readable for the user `_apt`.
            "APT::Sandbox::User=root".to_owned(),
        ] {
            command.arg("-o").arg(option);
        }
        command
    };
    println!("musl-dev:{} to {}", target.debian, root.display());
    // Not every configured source has every architecture.
    let _ = apt().args(["--quiet=2", "update"]).output()?;
    succeed(
        apt()
            .args(["--quiet=2", "download"])
            .arg(format!("musl-dev:{}", target.debian)),
    )?;
    let package = fs::read_dir(work.join("debs"))?
        .next()
        .ok_or("apt-get downloaded nothing")??;
    fs::create_dir_all(&root)?;
    succeed(
        Command::new("dpkg-deb")
            .arg("--extract")
            .arg(package.path())
            .arg(&root),
    )?;
    let name = package.file_name().to_string_lossy().into_owned();
    fs::write(root.join("VERSION"), name)?;
    fs::remove_dir_all(&work)?;
    Ok(())
}

/// Downloads the crates in `Cargo.lock` and those of the standard library.
fn fetch_crates() -> Result {
    let rust = Rust::find(None).ok_or("the Rust compiler is still missing")?;
    let fetch = |extra: &[&str]| {
        let mut cargo = rust.cargo();
        cargo.current_dir(workspace()).args(["fetch", "--locked"]);
        succeed(cargo.args(extra))
    };
    fetch(&[])?;
    // Linux needs the same ones everywhere, WebAssembly an allocator of its own.
    for triple in [TARGETS[0].triple, validator::TRIPLE] {
        fetch(&["-Zbuild-std=std,panic_abort", "--target", triple])?;
    }
    Ok(())
}

/// Asks dpkg whether a package is installed.
fn is_installed(package: &str) -> bool {
    let status = Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status}", package])
        .output();
    status.is_ok_and(|output| output.stdout == b"installed")
}

/// Returns whether this process is root's.
fn is_root() -> Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(fs::metadata(Path::new("/proc/self"))?.uid() == 0)
}
