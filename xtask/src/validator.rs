//! Builds the validator page: one HTML file with the core inside, compiled to
//! WebAssembly.
//!
//! One file, because a page opened from a disk (`file:`) may not fetch others,
//! and because it can then be put on any web server, or mailed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::flags::Flags;
use crate::process::succeed;
use crate::toolchain::{NIGHTLY, Rust, find_linker, on_path};
use crate::{Result, workspace};

/// Rust's name for the module's kind of machine.
pub(crate) const TRIPLE: &str = "wasm32-unknown-unknown";

/// Largest module that the page may hold, in bytes.
const WASM_BYTES_MAX: usize = 320_000;

/// The page's script, in the order in which its parts need each other.
const SCRIPTS: &[&str] = &[
    "core.js",
    "examples.js",
    "rules.js",
    "undo.js",
    "result.js",
    "app.js",
];

/// Where the links of the page lead to: in a clone, the page is in target/validator.
const DOCS: &str = "../../";

const RUSTC_FLAGS: &[&str] = &[
    "-Zunstable-options",
    // A panic traps; the page says so.
    "-Cpanic=immediate-abort",
    "-Zlocation-detail=none",
    "-Zfmt-debug=none",
    // Addresses in the code take as many bytes as they need, not always five.
    "-Clink-arg=--compress-relocations",
];

/// The features that LLVM uses for `wasm32-unknown-unknown` (rustc book, "Platform Support").
/// Older versions of wasm-opt do not read it from the module, and "all features"
/// would have them write types in a form that no browser ever took.
const WASM_FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Runs `validator`.
pub(crate) fn run(mut flags: Flags) -> Result {
    let toolchain = flags.value("--toolchain")?;
    let docs = flags.value("--docs")?;
    let docs = docs.as_deref().unwrap_or(DOCS);
    flags.finish()?;
    if docs.contains(['"', '<', '&', ' ']) {
        return Err(format!("{docs} is no address that --docs takes").into());
    }
    let module = build(toolchain.as_deref())?;
    let wasm = shrunk(&module)?;
    if wasm.len() > WASM_BYTES_MAX {
        return Err(format!(
            "the WebAssembly module has {} bytes, more than {WASM_BYTES_MAX}; Binaryen's \
             wasm-opt makes it smaller if it is installed (Debian: binaryen)",
            wasm.len()
        )
        .into());
    }
    let page = page(&wasm, docs)?;
    let folder = workspace().join("target/validator");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("index.html"), &page)?;
    println!(
        "target/validator/index.html {:>9} bytes, {} of them WebAssembly as base64 (module: {} bytes)",
        page.len(),
        base64(&wasm).len(),
        wasm.len()
    );
    Ok(())
}

/// Compiles the module.
fn build(toolchain: Option<&str>) -> Result<PathBuf> {
    let missing = |what: &str| {
        format!(
            "the page needs {what}; on Debian 12 or later, as root: cargo xtask setup; \
             elsewhere: rustup toolchain install {NIGHTLY} -c rust-src -c llvm-tools"
        )
    };
    let Some(rust) = Rust::find(toolchain) else {
        return Err(missing("a Rust compiler with the source of its standard library").into());
    };
    let Some(linker) = find_linker("wasm-ld", Some(&rust)) else {
        return Err(missing("LLVM's linker wasm-ld").into());
    };
    println!("rust    {} ({})", rust.version, rust.rustc.display());
    println!("linker  {}", linker.display());
    let output = workspace().join("target/cross");
    let mut cargo = rust.cargo();
    cargo
        .current_dir(workspace())
        .args(["build", "--release", "--locked", "--offline"])
        .args(["--package", "alertik-validator"])
        .args(["--target", TRIPLE])
        .arg("--target-dir")
        .arg(&output)
        .args(["-Zbuild-std=std,panic_abort"])
        .args(["-Zbuild-std-features=optimize_for_size"])
        .env("CARGO_ENCODED_RUSTFLAGS", RUSTC_FLAGS.join("\x1f"))
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    succeed(&mut cargo)?;
    Ok(output.join(TRIPLE).join("release/alertik_validator.wasm"))
}

/// Lets Binaryen, if it is installed, remove the remains of LLVM and the linker:
/// identical functions above all.
fn shrunk(module: &Path) -> Result<Vec<u8>> {
    let Some(wasm_opt) = on_path("wasm-opt") else {
        return Ok(fs::read(module)?);
    };
    let output = module.with_extension("small.wasm");
    let mut command = Command::new(wasm_opt);
    command
        .arg("-Oz")
        .args(WASM_FEATURES)
        .args([module, Path::new("-o"), &output]);
    succeed(&mut command)?;
    Ok(fs::read(output)?)
}

/// Puts the page together, with links to the files below `docs`. It names the digests of its
/// style and its script, and the browser runs no other.
fn page(wasm: &[u8], docs: &str) -> Result<String> {
    let source = |name: &str| fs::read_to_string(sources().join(name));
    let style = source("style.css")?;
    let mut script = String::new();
    for name in SCRIPTS {
        script += &source(name)?;
    }
    let script = script.replace("{{wasm}}", &base64(wasm));
    let digest = |text: &str| format!("'sha256-{}'", base64(&Sha256::digest(text)));
    let page = source("index.html")?;
    Ok(page
        .replace("{{docs}}", docs)
        .replace("{{version}}", env!("CARGO_PKG_VERSION"))
        .replace("{{style-digest}}", &digest(&style))
        .replace("{{script-digest}}", &digest(&script))
        .replace("{{style}}", &style)
        .replace("{{script}}", &script))
}

fn sources() -> PathBuf {
    workspace().join("core/validator/page")
}

/// Encodes bytes in base64 (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * index) & 63) as usize];
            text.push(if index <= group.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every place of the page is filled in, its links lead below the given address, and its
    /// script is the one that it names.
    #[test]
    fn the_page_is_whole() {
        let page = page(b"module", "https://docs.example/").unwrap();
        let places = ["{{docs}}", "{{version}}", "{{wasm}}", "{{script", "{{style"];
        for place in places {
            assert!(!page.contains(place), "{place}");
        }
        assert!(page.matches("href=\"https://docs.example/").count() >= 6);
        assert!(page.contains(concat!("alertik ", env!("CARGO_PKG_VERSION"))));
        let script = page.split("<script>").nth(1).unwrap();
        let script = script.split("</script>").next().unwrap();
        assert!(script.starts_with("\"use strict\";") && script.contains(&base64(b"module")));
        let digest = base64(&Sha256::digest(script));
        assert!(page.contains(&format!("script-src 'sha256-{digest}'")));
    }

    /// RFC 4648, section 10.
    #[test]
    fn base64_test_vectors() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xFB, 0xFF]), "+/8=");
    }
}
