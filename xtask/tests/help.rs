//! The help texts.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs xtask and returns its exit status, standard output and standard error.
fn xtask(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// `--help` lists every command; after a command it prints that one and does
/// nothing else.
#[test]
fn every_command_explains_itself() {
    let (status, all, _) = xtask(&["--help"]);
    assert_eq!(status, Some(0));
    assert_eq!(xtask(&["help"]).1, all);
    let words: Vec<_> = all
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|word| !word.is_empty())
        .collect();
    assert!(words.contains(&"dist"), "{words:?}");
    for word in words {
        for option in ["--help", "-h"] {
            let (status, one, _) = xtask(&[word, option]);
            assert_eq!(status, Some(0), "{word}");
            assert!(one.contains(&format!("\n  {word}")), "{word}: {one}");
            assert!(one.len() < all.len() / 2, "{word}: {one}");
        }
    }
}

/// A command that a page of the documents names exists, and so do its options.
#[test]
fn commands_in_documents_exist() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
    let mut paths = vec![Path::new(docs).join("../README.md")];
    paths.extend(
        fs::read_dir(docs)
            .unwrap()
            .map(|entry| entry.unwrap().path()),
    );
    let mut seen = 0;
    for path in paths {
        if path.extension().is_none_or(|end| end != "md") {
            continue;
        }
        // A command ends with its line, its backticks or the next command.
        let text = fs::read_to_string(&path).unwrap();
        for command in text.split("cargo xtask ").skip(1) {
            let command = command.split(['`', '\n', '#', '&']).next().unwrap();
            let mut words = command.split([' ', '[', ']', ',', ')', ':']);
            let word = words.next().unwrap();
            let (status, help, _) = xtask(&[word, "--help"]);
            let place = path.display();
            assert_eq!(status, Some(0), "{place}: cargo xtask {command}");
            for option in words.filter(|word| word.starts_with("--")) {
                assert!(help.contains(option), "{place}: cargo xtask {command}");
            }
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} commands");
}

/// A command that does not exist, or an argument that it does not take, is an
/// error that says where to look.
#[test]
fn wrong_words_are_refused() {
    let (status, _, said) = xtask(&["dits"]);
    assert_eq!(status, Some(2));
    assert!(
        said.contains("`dits`") && said.contains("cargo xtask help"),
        "{said}"
    );
    let (status, _, said) = xtask(&["size", "--hots"]);
    assert_eq!(status, Some(1));
    assert!(
        said.contains("`--hots`") && said.contains("cargo xtask help"),
        "{said}"
    );
}
