//! `docs/dependencies.md` names every package that we name, and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A package, who names it, and the requirement.
type Entry = (String, String, String);

/// The short names of our packages.
const WHERE: [(&str, &str); 6] = [
    ("alertik", "shell"),
    ("alertik-core", "core"),
    ("alertik-core-fuzz", "fuzz"),
    ("alertik-loader", "loader"),
    ("alertik-validator", "page"),
    ("xtask", "xtask"),
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(workspace().join(file)).expect(file)
}

/// Returns the entries of a workspace's manifests, our own packages left out.
fn named(manifest: &str) -> BTreeSet<Entry> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .arg("--manifest-path")
        .arg(workspace().join(manifest))
        .output()
        .expect("cargo");
    assert!(output.status.success(), "cargo metadata: {manifest}");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut entries = BTreeSet::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let name = text(&package["name"]).expect("a name");
        let (_, short) = WHERE
            .iter()
            .find(|(ours, _)| *ours == name)
            .unwrap_or_else(|| panic!("{name} has no short name here"));
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            if dependency["source"].is_null() {
                continue;
            }
            let place = match dependency["kind"].as_str() {
                None => (*short).to_owned(),
                Some("dev") => format!("{short} tests"),
                Some(kind) => format!("{short} {kind}"),
            };
            let name = text(&dependency["name"]).expect("a name");
            entries.insert((
                name,
                place,
                text(&dependency["req"]).expect("a requirement"),
            ));
        }
    }
    entries
}

/// Returns the cells of the rows that begin with a package in code marks.
fn rows(page: &str) -> impl Iterator<Item = Vec<&str>> {
    page.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
}

/// A package that comes or goes, or changes its requirement, changes the page.
#[test]
fn every_package_is_explained() {
    let page = read("docs/dependencies.md");
    let mut explained = BTreeSet::new();
    for row in rows(&page) {
        let code = |cell: &str| cell.trim_matches('`').to_owned();
        for place in row[1].split(", ") {
            let entry = (code(row[0]), place.to_owned(), code(row[2]));
            assert!(explained.insert(entry), "twice: {row:?}");
        }
    }
    let mut expected = named("Cargo.toml");
    expected.extend(named("core/fuzz/Cargo.toml"));
    let missing: Vec<_> = expected.difference(&explained).collect();
    let stale: Vec<_> = explained.difference(&expected).collect();
    assert!(
        missing.is_empty(),
        "not in docs/dependencies.md: {missing:?}"
    );
    assert!(stale.is_empty(), "only in docs/dependencies.md: {stale:?}");
}

/// A package that ships has a paragraph, and the licence that the notices have
/// from cargo.
#[test]
fn shipped_packages_have_a_reason_and_their_licence() {
    let notices = read("docs/third-party.md");
    // `| [name](repository) | version | licence |`
    let licences: BTreeMap<&str, &str> = notices
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.strip_prefix("| [")?.split_once(']')?;
            Some((name, rest.rsplit(" | ").next()?.trim_end_matches(" |")))
        })
        .collect();
    let page = read("docs/dependencies.md");
    let shipped = page
        .split("\n## ")
        .find(|part| part.starts_with("Packages that ship"));
    let shipped = shipped.expect("the first table");
    for row in rows(shipped) {
        let name = row[0].trim_matches('`');
        assert_eq!(licences.get(name), Some(&row[3]), "{name}");
        assert!(
            shipped.contains(&format!("**{name}**")),
            "{name}: no reason"
        );
    }
}
