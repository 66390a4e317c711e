//! The help texts.

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
