//! Builds the shipped files: a binary and an image per target, with checksums.

use std::fs;
use std::path::{Path, PathBuf};

use crate::flags::Flags;
use crate::image::{docker_archive, hex_digest};
use crate::process::{output_of, succeed};
use crate::targets::Target;
use crate::toolchain::{Toolchain, Wrappers};
use crate::{Result, elf, pack, workspace};

/// Flags of rustc for every target. None of them holds a path of this machine
/// (see `toolchain/wrappers.rs`).
const RUSTC_FLAGS: &[&str] = &[
    "-Zunstable-options",
    // A panic stops the process at once: no message, no formatting, no
    // unwinder. The daemon does not panic on input.
    "-Cpanic=immediate-abort",
    "-Zlocation-detail=none",
    "-Zfmt-debug=none",
    "-Cforce-unwind-tables=no",
    "-Crelocation-model=static",
    "-Ctarget-feature=+crt-static",
    "-Clinker-flavor=ld",
    "-Clink-self-contained=no",
    // The link map's names of sections give the crate in this mangling only.
    "-Csymbol-mangling-version=v0",
    // LLVM inlines a function with one caller whatever its size up to 3,000
    // instructions. The result has frames beyond the reach of two-byte loads and
    // stores, and spills. An instruction counts ten times as much
    // here, and so does a call, so that only that bound becomes a tenth.
    "-Cllvm-args=-inline-instr-cost=50",
    "-Cllvm-args=-inline-call-penalty=250",
    // Sequences of instructions that occur twice become functions. LLVM can do that
    // for Thumb-2, AArch64 and x86-64. Never once more over the result
    // (-machine-outliner-reruns): a function made so may call another one and lose
    // its own return address, which happened on ARMv7.
    "-Cllvm-args=-enable-machine-outliner=always",
    // Spills go where they take the fewest bytes.
    "-Cllvm-args=-split-spill-mode=size",
];

/// Runs `dist`.
pub(crate) fn run(mut flags: Flags) -> Result {
    let targets = Target::select(flags.value("--target")?.as_deref())?;
    let toolchain = flags.value("--toolchain")?;
    flags.finish()?;
    let toolchain = Toolchain::find(&targets, toolchain.as_deref())?;
    let tools = toolchain.describe(&targets);
    print!("{tools}");
    check_crates(&toolchain)?;

    let dist = folder();
    fs::create_dir_all(&dist)?;
    let mut report = Vec::new();
    for (target, libc) in targets.iter().zip(&toolchain.libcs) {
        let name = format!("alertik-{}", target.name);
        let wrappers = Wrappers::write(&toolchain, target, libc)?;
        let built = build(&toolchain, target, &wrappers, &DAEMON)?;
        fs::copy(&wrappers.map, dist.join(format!("{name}.map")))?;
        let mut binary = elf::finish(target, built)?;
        if target.packed {
            write_executable(&dist.join(format!("{name}.unpacked")), &binary)?;
            let loader = build(&toolchain, target, &wrappers, &LOADER)?;
            binary = pack::pack(&binary, &loader)
                .map_err(|error| format!("{}: {error}", target.name))?;
        }
        let image = docker_archive(target, env!("CARGO_PKG_VERSION"), &binary)?;
        write_executable(&dist.join(&name), &binary)?;
        fs::write(dist.join(format!("{name}.tar")), &image)?;
        report.push((name, binary.len(), image.len()));
    }
    fs::write(dist.join("TOOLCHAIN"), tools)?;
    write_sums(&dist)?;
    for (name, binary, image) in report {
        println!("target/dist/{name:15} {binary:>9} bytes, image {image:>9}");
    }
    println!("target/dist/SHA256SUMS");
    Ok(())
}

/// Returns the folder of the finished files.
pub(crate) fn folder() -> PathBuf {
    workspace().join("target/dist")
}

/// Checks that every crate is on this machine, so that the build itself never
/// asks the network.
fn check_crates(toolchain: &Toolchain) -> Result {
    let mut cargo = toolchain.rust.cargo();
    cargo.current_dir(workspace());
    cargo.args(["fetch", "--locked", "--offline"]);
    output_of(&mut cargo).map(drop).map_err(|error| {
        format!(
            "not all crates are on this machine; `cargo xtask setup` or \
             `cargo fetch --locked` downloads them\n{error}"
        )
        .into()
    })
}

/// A program, and what the compiler needs to know about it.
struct Program {
    package: &'static str,
    /// Which parts of Rust's library are built for it, and how.
    library: [&'static str; 2],
    linker: fn(&Wrappers) -> &Path,
}

const DAEMON: Program = Program {
    package: "alertik",
    library: [
        "-Zbuild-std=std,panic_abort",
        "-Zbuild-std-features=optimize_for_size",
    ],
    linker: |wrappers| &wrappers.ld,
};

const LOADER: Program = Program {
    package: "alertik-loader",
    // It has no libc, whose memcpy the compiler counts on.
    library: [
        "-Zbuild-std=core",
        "-Zbuild-std-features=compiler-builtins-mem",
    ],
    linker: |wrappers| &wrappers.loader_ld,
};

/// Builds a program for one target and returns the linker's output.
fn build(
    toolchain: &Toolchain,
    target: &Target,
    wrappers: &Wrappers,
    program: &Program,
) -> Result<Vec<u8>> {
    let package = program.package;
    // Each has a folder of its own: one library would replace the other's.
    let output = workspace().join("target/cross");
    let output = match package {
        "alertik" => output,
        _ => output.join(package),
    };
    let variable = target.variable();
    let flags: Vec<_> = RUSTC_FLAGS.iter().chain(target.rustc).copied().collect();

    let mut cargo = toolchain.rust.cargo();
    cargo
        .current_dir(workspace())
        .args(["build", "--release", "--locked", "--offline"])
        .args(["--package", package, "--bin", package])
        .args(["--target", target.triple])
        .arg("--target-dir")
        .arg(&output)
        .args(program.library)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env("RUSTC_WRAPPER", &wrappers.rustc)
        .env(format!("CC_{variable}"), &wrappers.cc)
        .env(format!("AR_{variable}"), "ar")
        .env(
            format!("CARGO_TARGET_{}_LINKER", variable.to_uppercase()),
            (program.linker)(wrappers),
        );
    println!("building {package} for {} ({})", target.name, target.triple);
    succeed(&mut cargo).map_err(|error| format!("{}: {error}", target.name))?;
    Ok(fs::read(
        output.join(target.triple).join("release").join(package),
    )?)
}

/// Writes a file that may be run.
pub(crate) fn write_executable(path: &Path, bytes: &[u8]) -> Result {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, bytes)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// Writes `SHA256SUMS` over every binary and image in the folder, in the form
/// of `sha256sum --check`.
fn write_sums(dist: &Path) -> Result {
    let mut names = Vec::new();
    for entry in fs::read_dir(dist)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let shipped = !name.contains('.') || name.ends_with(".tar");
        if name.starts_with("alertik-") && shipped {
            names.push(name);
        }
    }
    names.sort();
    let mut sums = String::new();
    for name in names {
        sums += &format!("{}  {name}\n", hex_digest(&fs::read(dist.join(&name))?));
    }
    fs::write(dist.join("SHA256SUMS"), sums)?;
    Ok(())
}
