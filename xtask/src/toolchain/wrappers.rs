//! Small programs that stand between cargo and the tools.
//!
//! They hold every path of this machine, so that the flags cargo sees are the
//! same everywhere: cargo hashes its flags into symbol names, and two builds
//! in different folders would differ by that alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Libc, Toolchain};
use crate::targets::Target;
use crate::{Result, workspace};

/// The wrappers of one target.
#[derive(Debug)]
pub(crate) struct Wrappers {
    pub(crate) cc: PathBuf,
    pub(crate) ld: PathBuf,
    /// The linker for the loader, which has neither a libc nor more than one segment.
    pub(crate) loader_ld: PathBuf,
    pub(crate) rustc: PathBuf,
    pub(crate) map: PathBuf,
}

impl Wrappers {
    /// Writes the wrappers of one target below `target/cross/`. The linker
    /// writes its map beside them.
    ///
    /// cargo does not see a change in them, as in any compiler. So a change removes
    /// everything that the old ones have built.
    pub(crate) fn write(toolchain: &Toolchain, target: &Target, libc: &Libc) -> Result<Self> {
        let output = workspace().join("target/cross");
        let folder = output.join("tools").join(target.name);
        fs::create_dir_all(&folder)?;
        // panic=immediate-abort leaves nothing that unwinds, but std still
        // asks for these libraries by name.
        for name in ["libunwind.a", "libgcc.a", "libgcc_eh.a", "libgcc_s.a"] {
            fs::write(folder.join(name), "!<arch>\n")?;
        }
        let wrappers = Self {
            cc: folder.join("cc"),
            ld: folder.join("link"),
            loader_ld: folder.join("link-loader"),
            rustc: folder.join("rustc"),
            map: folder.join("map"),
        };
        let compiler = toolchain.compiler.command_line(target, libc);
        let no_neon = folder.join("no-neon.h");
        let cc = CC_SCRIPT
            .replace("COMPILER", &compiler)
            .replace("NO_NEON", &quoted(&no_neon.display().to_string()))
            .replace("REGISTRY", &quoted(&registry().display().to_string()));
        let mut changed = write(&no_neon, NO_NEON)?;
        changed |= script(&wrappers.cc, &cc)?;
        let cold = folder.join("cold.ld");
        changed |= write(&cold, COLD_LAYOUT)?;
        let mut flags = link_flags(target)?;
        if !target.packed {
            // A packed file is in memory as a whole.
            flags.push(format!("-T {}", quoted(&cold.display().to_string())));
        }
        let start = |name: &str| quoted(&libc.lib.join(name).display().to_string());
        let ld = format!(
            "# Of two contradicting options the last one counts: ours come last.\n\
             exec {} {} {} -L{} -L{} -Map={} \"$@\" {} {}\n",
            quoted(&toolchain.linker.display().to_string()),
            start("crt1.o"),
            start("crti.o"),
            quoted(&libc.lib.display().to_string()),
            quoted(&folder.display().to_string()),
            quoted(&wrappers.map.display().to_string()),
            flags.join(" "),
            start("crtn.o"),
        );
        changed |= script(&wrappers.ld, &ld)?;
        let layout = folder.join("loader.ld");
        changed |= write(&layout, LOADER_LAYOUT)?;
        let loader_ld = format!(
            "exec {} \"$@\" --gc-sections --icf=all -T {}\n",
            quoted(&toolchain.linker.display().to_string()),
            quoted(&layout.display().to_string()),
        );
        changed |= script(&wrappers.loader_ld, &loader_ld)?;
        // The first path that fits is the last one given.
        let rustc = format!(
            "exec \"$@\" --remap-path-prefix={}=/registry --remap-path-prefix={}=/alertik\n",
            quoted(&registry().display().to_string()),
            quoted(&workspace().display().to_string()),
        );
        changed |= script(&wrappers.rustc, &rustc)?;
        let built = output.join(target.triple);
        if changed && built.exists() {
            fs::remove_dir_all(built)?;
        }
        Ok(wrappers)
    }
}

/// The C compiler's wrapper.
const CC_SCRIPT: &str = r#"
# The cc crate adds its own idea of the target, some of it unknown to this
# compiler; what follows is complete.
for word do
  shift
  case $word in
    --target=* | -march=* | -mcpu=* | -mfpu=* | -mfloat-abi=*) ;;
    *) set -- "$@" "$word" ;;
  esac
done
# ring's 32-bit assembly has its NEON code in one piece with the rest.
case " $* " in
  *-linux32.S\ *) set -- -include NO_NEON "$@" ;;
esac
exec COMPILER -fno-unwind-tables -fno-asynchronous-unwind-tables \
  -ffile-prefix-map=REGISTRY=/registry "$@"
"#;

/// Read before ring's 32-bit assembly: its own header says that code for NEON is
/// wanted, once. Without that code, SHA-2 and the modular multiplication take 5.5
/// kB on ARMv7 instead of 15.4.
const NO_NEON: &str = "\
#include <ring-core/asm_base.h>
#undef __ARM_MAX_ARCH__
#define __ARM_MAX_ARCH__ 6
";

/// Where the linker puts what: code that is seldom needed, and the loader.
const COLD_LAYOUT: &str = include_str!("cold.ld");
const LOADER_LAYOUT: &str = include_str!("../../../shell/loader/loader.ld");

/// Flags for the linker besides those of rustc.
const LINK_FLAGS: &[&str] = &[
    "--gc-sections",
    // Identical functions become one; nothing here compares their addresses.
    "--icf=all",
    // lld aligns segments to 64 KiB otherwise, and the file has holes.
    "-zmax-page-size=4096",
    "-znorelro",
    // Read-only data in the segment of the code: one page rounding less.
    "--no-rosegment",
    "--build-id=none",
    // std names its threads, and musl's function for that is the only one
    // that formats with printf: 9.5 kB for names nobody sees on a router. The
    // stand-in does nothing, and std ignores what it returns.
    "--defsym=pthread_setname_np=pthread_self",
];

/// Returns the linker's flags for a target: the common ones, and one for each
/// function of ring that another one stands in for.
fn link_flags(target: &Target) -> Result<Vec<String>> {
    let mut flags: Vec<_> = LINK_FLAGS.iter().map(|&flag| flag.to_owned()).collect();
    let lock = fs::read_to_string(workspace().join("Cargo.lock"))?;
    if let Some(version) = locked_version(&lock, "ring") {
        let prefix = format!("ring_core_{}__", version.replace('.', "_"));
        for (function, instead) in target.ring_instead {
            let instead = match instead.strip_prefix("ring ") {
                Some(other) => format!("{prefix}{other}"),
                None => (*instead).to_owned(),
            };
            flags.push(format!("--defsym={prefix}{function}={instead}"));
        }
    }
    Ok(flags)
}

/// Finds the version of a package in `Cargo.lock`.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, behind) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    Some(behind.split_once('"')?.0)
}

/// cargo's folder of unpacked crates.
fn registry() -> PathBuf {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cargo")
    });
    home.join("registry/src")
}

/// Writes an executable shell script; returns whether it is another one than
/// before.
fn script(path: &Path, body: &str) -> Result<bool> {
    let changed = write(path, &format!("#!/bin/sh\n{body}"))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(changed)
}

/// Writes a file; returns whether it is another one than before.
fn write(path: &Path, text: &str) -> Result<bool> {
    if fs::read_to_string(path).is_ok_and(|before| before == text) {
        return Ok(false);
    }
    fs::write(path, text)?;
    Ok(true)
}

/// Quotes a word for `sh`.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ring's symbols are named after the version in `Cargo.lock`.
    #[test]
    fn the_version_of_a_package_is_the_locked_one() {
        let lock = "[[package]]\nname = \"ring\"\nversion = \"0.17.14\"\nsource = \"x\"\n";
        assert_eq!(locked_version(lock, "ring"), Some("0.17.14"));
        assert_eq!(locked_version(lock, "rin"), None);
    }

    /// Any path can be written into a wrapper.
    #[test]
    fn a_quoted_word_survives_the_shell() {
        for word in ["plain", "with blank", "it's", "$HOME", "a\\b\"c"] {
            let output = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", quoted(word))])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word);
        }
    }
}
