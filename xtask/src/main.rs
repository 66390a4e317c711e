//! Build, size, image and flashing tasks of alertik.
//!
//! This file only dispatches: one enum of commands whose doc comments are the
//! help text, one `match`, a module per command.

#![forbid(unsafe_code)]

mod bench;
mod dist;
mod elf;
mod emulate;
mod flags;
mod flash;
mod image;
mod mutants;
mod notices;
mod pack;
mod process;
mod roots;
mod say;
mod setup;
mod size;
mod targets;
mod toolchain;
mod validator;

use std::path::Path;
use std::process::ExitCode;

use flags::Flags;
use say::say;

/// The result of every command; the message is for the person at the terminal.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Declares [`Command`] and makes its doc comments the help text.
macro_rules! commands {
    ($( $(#[doc = $doc:literal])+ $name:ident = $word:literal $usage:literal; )+) => {
        /// A command: its word on the command line is the literal beside it.
        #[derive(Clone, Copy)]
        enum Command {
            $( $(#[doc = $doc])+ $name, )+
        }

        /// A command with its word, its arguments and its help.
        type Entry = (Command, &'static str, &'static str, &'static [&'static str]);

        /// Every command.
        const COMMANDS: &[Entry] = &[
            $( (Command::$name, $word, $usage, &[$($doc),+]), )+
        ];
    };
}

commands! {
    /// Measures target/dist/alertik-amd64, or --binary, and with --vs another
    /// binary alternately: instructions of a line, resident memory, start,
    /// latency, losses in bursts and at steady rates. Needs valgrind, and takes
    /// some minutes. docs/performance.md says how to read it.
    Bench = "bench" "[--binary PATH] [--vs PATH]";
    /// Builds the static binaries and their images: alertik-armv7,
    /// alertik-armv7.tar and so on, and SHA256SUMS, in target/dist. Without
    /// --target, all of them. --toolchain takes a Rust other than the first
    /// usable one: debian, or the name of a rustup toolchain. Downloads
    /// nothing.
    Dist = "dist" "[--target armv7|armv5|arm64|amd64|all] [--toolchain NAME]";
    /// Runs the binaries of dist, those for ARM under qemu-user: the
    /// demonstration, a regex rule, a notification to a TLS server with an
    /// authority of its own, SIGTERM.
    Emulate = "emulate" "[--target NAME]";
    /// Sets alertik up on a router, with the system's ssh and scp: checks the
    /// settings of --env-file (NAME=value lines) as alertik does, asks the router
    /// for its model, picks the image from target/dist (or --dist), uploads it,
    /// writes container, environment and logging, starts it and shows its log. The
    /// router's time zone is set unless the file has a TZ. --ca-file brings a
    /// certificate authority of your own along, --disk puts everything on that
    /// disk, --tcp sends the log over TCP. -v prints every command, --dry-run does
    /// so and changes nothing. --remove takes all of it off the router.
    Flash = "flash" "--host USER@ADDRESS [--env-file FILE] [--target NAME] [--ca-file PEM] [--tcp] [--disk NAME] [--dist FOLDER] [--port N] [--ssh-config FILE] [-v] [--dry-run] [--remove]";
    /// Prints this text; so does --help, which after a command prints that
    /// command's part alone.
    Help = "help" "";
    /// Changes one thing in the core at a time and runs its tests: prints the
    /// mutants that no test notices. --room takes one folder of core/src (intake,
    /// syslog, rules and so on), --file one file or pattern in it; without them,
    /// all folders in turn, which takes hours. --in-diff looks only at lines that
    /// have changed since that commit. --minutes ends it after so long. The known
    /// ones in xtask/known-mutants.txt are left out. Works on a copy in
    /// target/mutants, and installs cargo-mutants if it is missing.
    Mutants = "mutants" "[--room NAME] [--file PATH] [--in-diff COMMIT] [--minutes N]";
    /// Writes docs/third-party.md, the notice of what is linked into the binaries;
    /// with --check, fails if that would change it.
    Notices = "notices" "[--check]";
    /// Writes the table in shell/src/net/tls/anchors from the list there and
    /// Mozilla's; with --check, fails if that would change it.
    Roots = "roots" "[--check]";
    /// Downloads and installs everything that dist and the checks of its results
    /// need: on Debian packages (as root), musl of each target, and the crates.
    Setup = "setup" "";
    /// Prints the bytes of each crate and library in the binaries of dist, and
    /// fails above the budgets in xtask/size-budgets.txt. --save keeps the
    /// figures, --compare prints the changes since then, --symbols prints the
    /// largest symbols of one contributor, or of all.
    Size = "size" "[--target NAME] [--save] [--compare] [--symbols CRATE|all]";
    /// Builds the validator page, target/validator/index.html, which works from a
    /// disk and from any web server. Its links lead to the documents of this clone,
    /// or below the URL after --docs. --toolchain is as for dist.
    Validator = "validator" "[--docs URL] [--toolchain NAME]";
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let word = match words.next() {
        None => "help".to_owned(),
        Some(word) if is_help(&word) => "help".to_owned(),
        Some(word) => word,
    };
    let words: Vec<_> = words.collect();
    let Some(entry) = COMMANDS.iter().find(|(_, name, ..)| *name == word) else {
        eprintln!("error: there is no command `{word}`; `cargo xtask help` lists them");
        return ExitCode::from(2);
    };
    if words.iter().any(|word| is_help(word)) {
        say!("usage: cargo xtask COMMAND [ARGUMENTS]");
        print_help(entry);
        return ExitCode::SUCCESS;
    }
    match run(entry.0, Flags::new(words)) {
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
        Command::Bench => bench::run(flags),
        Command::Dist => dist::run(flags),
        Command::Emulate => emulate::run(flags),
        Command::Flash => flash::run(flags),
        Command::Help => help(flags),
        Command::Mutants => mutants::run(flags),
        Command::Notices => notices::run(flags),
        Command::Roots => roots::run(flags),
        Command::Setup => setup::run(flags),
        Command::Size => size::run(flags),
        Command::Validator => validator::run(flags),
    }
}

/// Returns whether a word asks for help instead of being an argument.
fn is_help(word: &str) -> bool {
    word == "--help" || word == "-h"
}

/// Prints every command with its arguments and help.
fn help(flags: Flags) -> Result {
    flags.finish()?;
    say!("usage: cargo xtask COMMAND [ARGUMENTS]");
    COMMANDS.iter().for_each(print_help);
    Ok(())
}

/// Prints one command with its arguments and help.
fn print_help((_, word, usage, lines): &Entry) {
    say!("\n  {}", format!("{word} {usage}").trim_end());
    for line in *lines {
        say!("     {line}");
    }
}

/// Returns the top folder of the project.
fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in a folder of the project")
}
