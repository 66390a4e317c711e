//! The third-party notices: the crates that are linked in, their licences, and
//! the texts that these require to be passed on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::flags::Flags;
use crate::process::{cargo, output_of};
use crate::targets::TARGETS;
use crate::{Result, workspace};

/// The file of the notices.
const FILE: &str = "docs/third-party.md";

/// Licence texts of parts that are not crates: a title and a file.
const OTHERS: [(&str, &str); 1] = [(
    "TRE, whose matching rules the core follows",
    "core/src/matching/ere/NOTICE-TRE.txt",
)];

/// Runs `notices`.
///
/// # Errors
///
/// If a crate carries no licence text or, with `--check`, if the file differs from
/// what would be written.
pub(crate) fn run(mut flags: Flags) -> Result {
    let check = flags.switch("--check");
    flags.finish()?;
    let notice = generate()?;
    let path = workspace().join(FILE);
    if check {
        if fs::read_to_string(&path).unwrap_or_default() != notice {
            return Err(format!("{FILE} is not what `cargo xtask notices` writes").into());
        }
        println!("{FILE} is up to date");
    } else {
        fs::write(path, notice)?;
    }
    Ok(())
}

/// A crate as `cargo tree` describes it.
struct Crate {
    name: String,
    version: String,
    licence: String,
    repository: String,
}

fn generate() -> Result<String> {
    let mut notice = String::from(
        "# Third-party notices\n\nalertik is public domain. This page lists everything else that is \
         linked into its binaries, with\nits licence; Rust's standard library (MIT or Apache-2.0) \
         and musl (MIT) come on top. Written by\n`cargo xtask notices`.\n\n| crate | version | \
         licence |\n| --- | --- | --- |\n",
    );
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Crate {
        name,
        version,
        licence,
        repository,
    } in linked_crates()?
    {
        writeln!(notice, "| [{name}]({repository}) | {version} | {licence} |")?;
        let found = licence_texts(&name, &version)?;
        if found.is_empty() {
            return Err(format!("{name} {version} carries no licence text").into());
        }
        for text in found {
            texts.entry(text).or_default().insert(name.clone());
        }
    }
    for (title, file) in OTHERS {
        let text = fs::read_to_string(workspace().join(file))?;
        texts
            .entry(tidy(&text))
            .or_default()
            .insert(title.to_owned());
    }
    let mut sections: Vec<_> = texts.into_iter().collect();
    sections.sort_by(|(_, a), (_, b)| a.cmp(b));
    for (text, names) in sections {
        let names: Vec<_> = names.into_iter().collect();
        write!(
            notice,
            "\n## {}\n\n```text\n{text}\n```\n",
            names.join(", ")
        )?;
    }
    Ok(notice)
}

/// Returns the crates of the registry that any of the shipped binaries is linked
/// from.
fn linked_crates() -> Result<Vec<Crate>> {
    let mut command = cargo();
    command
        .args(["tree", "--locked", "--package", "alertik"])
        .args(["--edges", "normal", "--prefix", "none", "--no-dedupe"])
        .args(["--format", "{p}|{l}|{r}"])
        .current_dir(workspace());
    for target in &TARGETS {
        command.args(["--target", target.triple]);
    }
    let printed = output_of(&mut command)?;
    // One tree for each target; empty lines lie between them.
    let lines: BTreeSet<_> = printed.lines().filter(|line| !line.is_empty()).collect();
    let mut crates = Vec::new();
    for line in lines {
        let fields: Vec<_> = line.split('|').collect();
        let [package, licence, repository] = fields[..] else {
            return Err(format!("cargo tree said {line:?}").into());
        };
        let words: Vec<_> = package.split(' ').collect();
        // A third word is the folder of a crate of our own.
        if let [name, version] = words[..] {
            crates.push(Crate {
                name: name.to_owned(),
                version: version.trim_start_matches('v').to_owned(),
                licence: licence.to_owned(),
                repository: repository.to_owned(),
            });
        }
    }
    Ok(crates)
}

/// Returns the licence texts that a crate carries. If there is a choice, the
/// shortest one is taken: MIT before Apache-2.0.
fn licence_texts(name: &str, version: &str) -> Result<Vec<String>> {
    let folder = source_folder(&format!("{name}-{version}"))?;
    let mut files: Vec<_> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().to_ascii_uppercase());
            path.is_file()
                && name.is_some_and(|name| name.starts_with("LICEN") || name.starts_with("COPYING"))
        })
        .collect();
    files.sort();
    let has = |part: &str, path: &Path| path.to_string_lossy().to_ascii_uppercase().contains(part);
    if let Some(mit) = files.iter().find(|path| has("MIT", path)).cloned() {
        files = vec![mit];
    }
    files
        .into_iter()
        .map(|path| Ok(tidy(&fs::read_to_string(path)?)))
        .collect()
}

/// Returns the folder into which cargo has unpacked a crate.
fn source_folder(name: &str) -> Result<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let sources = home
        .ok_or("neither CARGO_HOME nor HOME is set")?
        .join("registry/src");
    for registry in fs::read_dir(sources)? {
        let folder = registry?.path().join(name);
        if folder.is_dir() {
            return Ok(folder);
        }
    }
    Err(format!("the source of {name} is not there; run `cargo fetch`").into())
}

/// Evens out blanks at the ends of lines and of the text, so that equal licences
/// appear once.
fn tidy(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}
