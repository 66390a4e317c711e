//! Build, size, image and flashing tasks of alertik.
//!
//! This file only dispatches: one enum of commands whose doc comments are the
//! help text, one `match`, a module per command.

#![forbid(unsafe_code)]

mod dist;
mod elf;
mod emulate;
mod ere;
mod flags;
mod flash;
mod image;
mod notices;
mod roots;
mod setup;
mod size;
mod targets;
mod toolchain;
mod validator;

use std::path::Path;
use std::process::ExitCode;

use flags::Flags;

/// What every command returns; the message is for the person at the terminal.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Declares [`Command`] and makes its doc comments the help text.
macro_rules! commands {
    ($( $(#[doc = $doc:literal])+ $name:ident = $word:literal $usage:literal; )+) => {
        /// A command: its word on the command line is the literal beside it.
        #[derive(Clone, Copy)]
        enum Command {
            $( $(#[doc = $doc])+ $name, )+
        }

        /// Every command with its word, its arguments and its help.
        const COMMANDS: &[(Command, &str, &str, &[&str])] = &[
            $( (Command::$name, $word, $usage, &[$($doc),+]), )+
        ];
    };
}

commands! {
    /// Builds the static binaries and their images: alertik-armv7,
    /// alertik-armv7.tar and so on, and SHA256SUMS, in target/dist. Without
    /// --target, all of them. --toolchain takes a Rust other than the first
    /// usable one: debian, or the name of a rustup toolchain. Downloads
    /// nothing.
    Dist = "dist" "[--target armv7|armv5|arm64|amd64|all] [--toolchain NAME]";
    /// Answers cases of patterns and texts, one per line of standard input, with
    /// the product's own matcher: HEXPATTERN TAB HEXTEXT in; E, N or M and the
    /// spans out.
    Ere = "ere" "";
    /// Runs the binaries of dist, those for ARM under qemu-user: the
    /// demonstration, a regex rule, a notification to a TLS server with an
    /// authority of its own, SIGTERM.
    Emulate = "emulate" "[--target NAME]";
    /// Sets alertik up on a router, with the system's ssh and scp: asks what it
    /// is, picks the image out of target/dist (or --dist), uploads it, writes
    /// container, environment and logging, starts it and shows its state. The
    /// environment comes from --env-file (NAME=value lines). --ca-file brings a
    /// certificate authority of your own along, --disk puts everything on that
    /// disk, --dry-run prints every command and changes nothing.
    Flash = "flash" "--host USER@ADDRESS [--target NAME] [--env-file FILE] [--ca-file PEM] [--tcp] [--disk NAME] [--dist FOLDER] [--port N] [--ssh-config FILE] [--dry-run]";
    /// Prints this text.
    Help = "help" "";
    /// Writes THIRD-PARTY.md, the notice of what is linked into the binary; with
    /// --check, fails if that would change it.
    Notices = "notices" "[--check]";
    /// Writes the table in shell/src/net/tls/anchors from the list there and
    /// Mozilla's; with --check, fails if that would change it.
    Roots = "roots" "[--check]";
    /// Downloads and installs what dist and the checks of its results need: on
    /// Debian packages (as root), musl of each target and the crates.
    Setup = "setup" "";
    /// Prints what the binaries of dist weigh, per crate and library, and
    /// fails above the budgets in xtask/size-budgets.txt. --save keeps the
    /// figures, --compare prints what has changed since; --symbols prints the
    /// largest symbols of one contributor, or of all.
    Size = "size" "[--target NAME] [--save] [--compare] [--symbols CRATE|all]";
    /// Builds the validator page, target/validator/index.html: it opens from a
    /// disk and from any web server. --toolchain is as for dist.
    Validator = "validator" "[--toolchain NAME]";
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let word = words.next().unwrap_or_else(|| "help".to_owned());
    let Some((command, ..)) = COMMANDS.iter().find(|(_, name, ..)| *name == word) else {
        eprintln!("error: there is no command `{word}`; `cargo xtask help` lists them");
        return ExitCode::from(2);
    };
    match run(*command, Flags::new(words)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Delegates to the command's module.
fn run(command: Command, flags: Flags) -> Result {
    match command {
        Command::Dist => dist::run(flags),
        Command::Ere => ere::run(flags),
        Command::Emulate => emulate::run(flags),
        Command::Flash => flash::run(flags),
        Command::Help => help(flags),
        Command::Notices => notices::run(flags),
        Command::Roots => roots::run(flags),
        Command::Setup => setup::run(flags),
        Command::Size => size::run(flags),
        Command::Validator => validator::run(flags),
    }
}

/// Prints every command with its arguments and help.
fn help(flags: Flags) -> Result {
    flags.finish()?;
    println!("usage: cargo xtask COMMAND [ARGUMENTS]");
    for (_, word, usage, lines) in COMMANDS {
        println!("\n  {word} {usage}");
        for line in *lines {
            println!("     {line}");
        }
    }
    Ok(())
}

/// Returns the top folder of the project.
fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in a folder of the project")
}
