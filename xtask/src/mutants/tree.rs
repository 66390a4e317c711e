//! The copy of the project in which mutants are tried.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::output_of;
use crate::{Result, workspace};

/// The copy, below the project's folder.
const TREE: &str = "target/mutants/tree";

/// Brings the copy up to date and returns its folder. A file that is the same stays as
/// it is, so that cargo does not build it again.
///
/// # Errors
///
/// If git does not list the files, or one of them cannot be written.
pub(super) fn copy() -> Result<PathBuf> {
    let tree = workspace().join(TREE);
    let mut git = Command::new("git");
    git.current_dir(workspace());
    git.args(["ls-files", "-z", "--cached", "--others"]);
    git.arg("--exclude-standard");
    let list = output_of(&mut git)?;
    let files: Vec<_> = list.split_terminator('\0').map(Path::new).collect();
    for file in &files {
        let to = tree.join(file);
        // What was deleted and not committed is in the list.
        let Ok(bytes) = fs::read(workspace().join(file)) else {
            let _ = fs::remove_file(to);
            continue;
        };
        if fs::read(&to).is_ok_and(|there| there == bytes) {
            continue;
        }
        fs::create_dir_all(to.parent().unwrap_or(&tree))?;
        fs::write(to, bytes)?;
    }
    remove_others(&tree, &tree, &files)?;
    Ok(tree)
}

/// Removes the files of the copy that the project does not have any more.
fn remove_others(tree: &Path, folder: &Path, files: &[&Path]) -> Result {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let inside = path.strip_prefix(tree)?;
        if path.is_dir() {
            if inside != Path::new("target") {
                remove_others(tree, &path, files)?;
            }
        } else if !files.contains(&inside) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Writes the change of the core since `base` to a file and returns that.
///
/// # Errors
///
/// If git does not know the commit.
pub(super) fn write_diff(base: &str) -> Result<PathBuf> {
    let mut git = Command::new("git");
    git.current_dir(workspace());
    // As cargo-mutants reads it, whatever the user's configuration is.
    git.args(["diff", "--no-color", "--no-ext-diff"]);
    git.args(["--src-prefix=a/", "--dst-prefix=b/", base]);
    git.args(["--", "core/src"]);
    let path = workspace().join("target/mutants/since.diff");
    fs::write(&path, output_of(&mut git)?)?;
    Ok(path)
}
