//! The commands in the documents: each block is run, here or by another test, or says why not.
//!
//! A comment on the line before a block says which, and nobody who reads the page sees it:
//! `run: SCENE` for this test (`blocks/scenes.rs`), `tested by: FILE NAME` for another one,
//! `not run: REASON`.

mod blocks;
mod support;

use std::path::Path;
use std::process::{Command, Output};

use blocks::scenes::{Scene, scene};
use blocks::{Block, Mark, blocks, files};
use support::folder;
use support::pages::{pages, read};

fn all() -> Vec<Block> {
    let pages = pages();
    let mut all: Vec<_> = pages.iter().flat_map(|page| blocks(page)).collect();
    all.extend(files());
    all
}

/// No block is without a mark, and no mark names a test that does not exist. A step of
/// the gate runs the very commands that the page has.
#[test]
fn every_block_has_a_mark_that_is_true() {
    let mut faults = Vec::new();
    for block in all() {
        match block.mark() {
            Err(fault) => faults.push(format!("{}: {fault}", block.place)),
            Ok(Mark::TestedBy(tests)) => {
                let fault = tested_by(&block, &tests).err();
                faults.extend(fault.map(|fault| format!("{}: {fault}", block.place)));
            }
            Ok(Mark::Run(_) | Mark::NotRun) => {}
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn tested_by(block: &Block, tests: &[(String, String)]) -> Result<(), String> {
    let mut gate = String::new();
    for (file, name) in tests {
        let text = read(file);
        let is_gate = file.starts_with(".ci/");
        let start = match is_gate {
            true => format!("\n{name}() {{"),
            false => format!("#[test]\nfn {name}() {{"),
        };
        if !text.contains(&start) {
            return Err(format!("{file} has no {name}"));
        }
        if is_gate {
            gate += &text;
        }
    }
    let is_missing = |command: &&str| !gate.is_empty() && !gate.contains(*command);
    match block.commands().into_iter().find(is_missing) {
        Some(command) => Err(format!("the gate does not run `{command}`")),
        None => Ok(()),
    }
}

/// Each block that is marked so runs in its scene, in an empty folder and with the binary
/// in its PATH: a console prints what stands there, and all others end with 0 and without
/// a warning.
#[test]
fn blocks_run() {
    let (mut seen, mut faults) = (0, Vec::new());
    for block in all() {
        let Ok(Mark::Run(name)) = block.mark() else {
            continue;
        };
        let place = folder(&format!("block-{}", block.place.replace(['/', ':'], "-")));
        let Some(scene) = scene(&name, &block, &place) else {
            eprintln!("skipped, because {name} is not installed: {}", block.place);
            continue;
        };
        seen += 1;
        let fault = play(&block, &scene, &place).err();
        faults.extend(fault.map(|fault| format!("{}: {fault}", block.place)));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n\n"));
    assert!(seen > 12, "{seen} blocks");
}

/// Runs a block, and says what is wrong with what came of it.
fn play(block: &Block, scene: &Scene, place: &Path) -> Result<(), String> {
    let console = (block.language == "console").then(|| split(block));
    let script = console.map_or(scene.script.as_str(), |(command, _)| command);
    let output = run(script, &scene.variables, place);
    let said = String::from_utf8_lossy(&output.stdout);
    if let Some((_, expected)) = console {
        let tidied = [&said, expected].map(|text| tidy(text, scene.is_sorted));
        return match is_alike(&tidied[0], &tidied[1]) {
            true => Ok(()),
            false => Err(format!("prints\n{said}\nand not\n{expected}")),
        };
    }
    // A page may leave the file out that a rule's memory wants.
    let is_fault =
        |line: &str| line.contains("warning:") && !line.contains("STATE_FILE is not set");
    match output.status.success() && !said.lines().any(is_fault) {
        true => Ok(()),
        false => Err(format!("{}\n{said}", output.status)),
    }
}

/// Runs a script with nothing but these variables. Its errors are in its output.
fn run(script: &str, variables: &[(String, String)], place: &Path) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_alertik"));
    let folder = binary.parent().expect("a folder").display();
    let path = std::env::var("PATH").expect("a path");
    Command::new("sh")
        .args(["-ec", &format!("exec 2>&1\n{script}")])
        .env_clear()
        .env("PATH", format!("{folder}:{path}:/usr/sbin"))
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .current_dir(place)
        .output()
        .expect("sh")
}

/// Divides a console's text into the command and what it prints. A command goes on after
/// a pipe.
fn split(block: &Block) -> (&str, &str) {
    let text = block.text.strip_prefix("$ ").expect("a prompt");
    let mut end = text.find('\n').expect("output");
    while text[..end].ends_with('|') {
        end += 1 + text[end + 1..].find('\n').expect("output");
    }
    (&text[..end], &text[end + 1..])
}

/// Replaces what differs from run to run: times, ports and addresses.
fn tidy(text: &str, is_sorted: bool) -> String {
    let mut text = text.replace("office 192.0.2.1 ", "office 127.0.0.1 ");
    for (before, more) in [
        (", at: ", "-: "),
        ("  time      ", "-: "),
        ("now, UTC+", ":"),
        ("next attempt at ", ":"),
        ("after ", ""),
        ("127.0.0.1:", ""),
        (" up ", ""),
        ("last success ", ""),
        ("last error ", ""),
        ("last heard ", ""),
    ] {
        let mut pieces = text.split(before);
        let mut tidied = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit() || more.contains(c));
            tidied += before;
            tidied += if rest.len() < piece.len() { "N " } else { "" };
            tidied += rest;
        }
        text = tidied;
    }
    let mut lines: Vec<_> = text.lines().collect();
    if is_sorted {
        lines.sort_unstable();
    }
    lines.join("\n")
}

/// Returns whether a text is as expected, in which a line `…` stands for any lines.
fn is_alike(text: &str, expected: &str) -> bool {
    match expected.split_once("\n…\n") {
        Some((start, end)) => text.starts_with(start) && text.ends_with(end),
        None => text == expected,
    }
}

/// A command that a sentence names exists, and so do its options.
#[test]
fn commands_in_sentences_exist() {
    let mut seen = 0;
    for page in pages() {
        let text = read(&page).replace('\n', " ");
        let spans = text.split('`').skip(1).step_by(2);
        for span in spans.filter_map(|span| span.strip_prefix("alertik ")) {
            let (word, arguments) = span.split_once(' ').unwrap_or((span, ""));
            let is_word = |c: char| c.is_ascii_lowercase() || c == '-';
            if word == "help" || word.starts_with('-') || !word.chars().all(is_word) {
                continue;
            }
            let output = Command::new(env!("CARGO_BIN_EXE_alertik"))
                .args([word, "--help"])
                .output()
                .expect("the binary runs");
            let help = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{page}: `alertik {span}`");
            for option in arguments.split([' ', '[', ']']) {
                let is_known = !option.starts_with("--") || help.contains(option);
                assert!(is_known, "{page}: `alertik {span}`");
            }
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} commands");
}

/// The commands in the unit's comment install it, in another root.
#[test]
fn the_units_commands_install_it() {
    let place = folder("unit");
    for file in ["alertik", "alertik.env", "alertik.service"] {
        std::fs::write(place.join(file), file).expect("written");
    }
    let root = place.join("root");
    for folder in ["usr/local/bin", "etc/systemd/system"] {
        std::fs::create_dir_all(root.join(folder)).expect("a folder");
    }
    let unit = read("docs/alertik.service");
    let commands = unit.lines().filter_map(|line| line.strip_prefix("#   "));
    let commands = commands.filter(|command| command.starts_with("install "));
    let script: Vec<_> = commands
        .map(|command| command.replace(" /", &format!(" {}/", root.display())))
        .collect();
    assert_eq!(script.len(), 3);
    let output = run(&script.join("\n"), &[], &place);
    assert!(output.status.success(), "{script:?}");
    for line in unit.lines() {
        let path = line
            .strip_prefix("ExecStart=")
            .or_else(|| line.strip_prefix("EnvironmentFile="));
        if let Some(path) = path.and_then(|path| path.strip_prefix('/')) {
            assert!(root.join(path).exists(), "{line}");
        }
    }
}
