//! The documents, compared with the code and with each other.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use support::pages::{pages, read, root};

/// Every variable that the daemon reads is on the page of variables, and every
/// one on the page is read.
#[test]
fn every_variable_is_documented_and_every_documented_one_exists() {
    let documented = documented_variables();
    let mut read_by_code = BTreeSet::new();
    collect_names(&root().join("shell/src"), &documented, &mut read_by_code);
    assert!(documented.len() > 25, "{documented:?}");
    assert!(read_by_code.len() > 25, "{read_by_code:?}");

    // The code has whole names and ends of names: "_CHAT_ID", "MATCH_STR".
    let is_pair = |document: &str, code: &str| {
        let code = code.trim_start_matches('_');
        let before = document.strip_suffix(code);
        before.is_some_and(|before| before.is_empty() || before.ends_with('_'))
    };
    for code in &read_by_code {
        let found = documented.iter().any(|document| is_pair(document, code));
        assert!(found, "docs/variables.md lacks {code}");
    }
    for document in &documented {
        let found = read_by_code.iter().any(|code| is_pair(document, code));
        assert!(
            found,
            "docs/variables.md has {document}, which nothing reads"
        );
    }
}

/// `alertik help variables` lists the variables of the page, in its order and under
/// its headings, and each on one line of a terminal.
#[test]
fn help_on_variables_is_the_page() {
    let output = Command::new(env!("CARGO_BIN_EXE_alertik"))
        .args(["help", "variables"])
        .output()
        .expect("the binary runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines = || text.lines().skip(1).filter(|line| !line.is_empty());
    assert!(lines().all(|line| line.chars().count() <= 90), "{text}");
    let (names, headings): (Vec<_>, Vec<_>) = lines().partition(|line| line.starts_with("  "));
    let names = names.iter().map(|line| line.split_whitespace().next());
    let names: Vec<_> = names.map(|name| name.expect("a name").to_owned()).collect();
    let page = read("docs/variables.md");
    assert_eq!(names, variables_in(&page));
    for heading in headings {
        assert!(page.contains(&format!("\n## {heading}\n")), "{heading}");
    }
}

/// The names in the first column of the page's tables of variables.
fn documented_variables() -> BTreeSet<String> {
    variables_in(&read("docs/variables.md"))
        .into_iter()
        .collect()
}

fn variables_in(page: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut in_table = false;
    for line in page.lines() {
        in_table = line.starts_with("| variable |") || in_table && line.starts_with('|');
        let Some(cell) = line.split('|').nth(1).filter(|_| in_table) else {
            continue;
        };
        names.extend(cell.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    names
}

/// Collects the string literals in a folder's code that are names of variables or
/// the ends of such names.
fn collect_names(folder: &Path, documented: &BTreeSet<String>, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str());
        if path.is_dir() {
            // The table of names is compared by itself, below.
            if name != Some("tests") && name != Some("variables") {
                collect_names(&path, documented, names);
            }
            continue;
        }
        if !name.is_some_and(|name| name.ends_with(".rs") && name != "tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a file");
        let code = text.split("mod tests {").next().unwrap_or_default();
        // The fields of a rule, some of which are single words.
        let is_field = |text: &&str| documented.contains(&format!("EVENTn_{text}"));
        let literals = code.split('"').skip(1).step_by(2);
        names.extend(literals.filter(is_field).map(str::to_owned));
        for line in code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
        {
            names.extend(line.split('"').skip(1).step_by(2).filter_map(variable));
        }
    }
}

/// Returns the part of a literal that names a variable. Cargo's own are none of
/// ours; rules of the demonstration have a number where the page has an `n`.
fn variable(literal: &str) -> Option<String> {
    let is_name = |text: &str| {
        text.contains('_')
            // The beginning of a name is none.
            && !text.ends_with('_')
            && text != "STATIC_EVENT"
            && text
                .trim_start_matches('_')
                .starts_with(|c: char| c.is_ascii_uppercase())
            && text
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    match literal {
        "TZ" => Some(literal.to_owned()),
        _ if literal.starts_with("CARGO_") || !is_name(literal) => None,
        _ => {
            let (start, end) = literal.split_once('_')?;
            let start = start.trim_end_matches(|c: char| c.is_ascii_digit());
            Some(match start {
                "EVENT" | "STATIC_EVENT" => end.to_owned(),
                "STATIC" => end.trim_start_matches("EVENT0_").to_owned(),
                _ => literal.to_owned(),
            })
        }
    }
}

/// The page of static events has them as `alertik events` lists them: its tables are made
/// from that, in the same order. UPDATE_SNAPSHOTS=1 writes them again.
#[test]
fn the_page_of_events_is_the_list() {
    const MARKS: [&str; 2] = ["<!-- events -->\n", "<!-- /events -->"];
    let output = Command::new(env!("CARGO_BIN_EXE_alertik"))
        .arg("events")
        .output()
        .expect("the binary runs");
    let list = String::from_utf8(output.stdout).expect("UTF-8");
    let mut rows = String::from("| number | name | reports | policies | in the pack |\n");
    rows.push_str("| --- | --- | --- | --- | --- |\n");
    let mut lines = list.lines();
    while let (Some(head), Some(policies)) = (lines.next(), lines.next()) {
        let (name, title) = head.split_once(": ").expect("a title");
        let (name, pack) = match name.strip_suffix(", in the pack") {
            Some(name) => (name, " yes"),
            None => (name, ""),
        };
        let (number, name) = name.split_once(' ').expect("a name");
        let policies = policies.strip_prefix("    policies  ").expect("policies");
        rows += &format!("| {number} | `{name}` | {title} | {policies} |{pack} |\n");
        // The line and the message.
        lines.nth(1);
    }
    let path = root().join("docs/events.md");
    let page = read("docs/events.md");
    let (before, rest) = page.split_once(MARKS[0]).expect("the mark");
    let (_, after) = rest.split_once(MARKS[1]).expect("the end");
    let made = [before, MARKS[0], &rows, MARKS[1], after].concat();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &made).expect("written");
    }
    assert_eq!(fs::read_to_string(&path).expect("the page"), made);
}

/// Every link to a file of ours leads to one, and to a heading that it has.
#[test]
fn links_lead_somewhere() {
    for page in pages() {
        let text = read(&page);
        let folder = root().join(&page).parent().expect("a folder").to_owned();
        for target in links(&text) {
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() {
                root().join(&page)
            } else {
                folder.join(file)
            };
            assert!(path.exists(), "{page}: {target}: no such file");
            if !anchor.is_empty() {
                let headings = headings(&fs::read_to_string(&path).expect("a page"));
                assert!(
                    headings.contains(anchor),
                    "{page}: {target}: no such heading"
                );
            }
        }
    }
}

/// The targets of links and pictures that are not on other sites.
fn links(text: &str) -> Vec<String> {
    let inline = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let pictures = text
        .split("src=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    inline
        .chain(pictures)
        .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        .map(str::to_owned)
        .collect()
}

/// The anchors of a page's headings, as GitHub makes them.
fn headings(text: &str) -> BTreeSet<String> {
    let mut in_code = false;
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        in_code ^= line.trim_start().starts_with("```");
        if !in_code && line.starts_with('#') {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|&c| c.is_alphanumeric() || c == ' ' || c == '-' || c == '_');
            anchors.insert(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
        }
    }
    anchors
}

/// The README fits on a few screens, and its two commands stand on the first.
#[test]
fn the_readme_is_short() {
    let readme = read("README.md");
    // Marks of tests are invisible.
    let seen = readme.lines().filter(|line| !line.starts_with("<!-- "));
    assert!(seen.count() <= 160);
    for command in ["cargo run --release -- demo", "cargo test --workspace"] {
        let line = readme.lines().position(|line| line == command);
        assert!(line.is_some_and(|line| line < 25), "{command}");
    }
}

/// Each time zone of the page is the one that its place has.
#[test]
fn time_zones_are_those_of_zoneinfo() {
    let page = read("docs/variables.md");
    let mut seen = 0;
    for line in page.lines() {
        let Some((place, zone)) = line
            .strip_prefix("| ")
            .and_then(|row| row.split_once(" | `"))
        else {
            continue;
        };
        let place = place.split(' ').next().expect("a place");
        let file = Path::new("/usr/share/zoneinfo").join(place);
        if !place.contains('/') || !file.exists() {
            continue;
        }
        // The footer of a file of RFC 9636 is its last line.
        let bytes = fs::read(file).expect("a zone");
        let footer = bytes
            .rsplit(|&byte| byte == b'\n')
            .nth(1)
            .expect("a footer");
        let zone = zone.split('`').next().expect("a zone");
        assert_eq!(zone.as_bytes(), footer, "{place}");
        seen += 1;
    }
    let has_zones = Path::new("/usr/share/zoneinfo/Europe").exists();
    assert!(seen >= 15 || !has_zones, "{seen} zones");
}

/// systemd finds no mistake in the unit.
#[test]
fn the_unit_is_right() {
    if Command::new("systemd-analyze")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("skipped: there is no systemd-analyze");
        return;
    }
    // The binary must exist where the unit says it is.
    let unit = read("docs/alertik.service").replace("/usr/local/bin/alertik", "/bin/true");
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("alertik.service");
    fs::write(&copy, unit).expect("written");
    let output = Command::new("systemd-analyze")
        .arg("verify")
        .arg(&copy)
        .output()
        .expect("systemd-analyze");
    let said = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<_> = said
        .lines()
        .filter(|line| line.contains("alertik.service"))
        .collect();
    assert!(output.status.success() && ours.is_empty(), "{said}");
}

/// Every action of the workflows is fixed to a commit: a tag can be moved.
#[test]
fn actions_are_pinned() {
    let mut seen = 0;
    for file in ["gate", "release"] {
        let workflow = read(&format!(".github/workflows/{file}.yml"));
        for line in workflow.lines() {
            let Some((_, action)) = line.split_once("uses: ") else {
                continue;
            };
            let pin = action.split_once('@').map(|(_, pin)| pin.split(' ').next());
            let is_commit = pin.flatten().is_some_and(|pin| {
                pin.len() == 40 && pin.bytes().all(|byte| byte.is_ascii_hexdigit())
            });
            assert!(is_commit || action.starts_with("./"), "{file}: {action}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen} actions");
}

/// The pages for Docker name the version that is built.
#[test]
fn the_version_is_everywhere_the_same() {
    let image = concat!("alertik:", env!("CARGO_PKG_VERSION"));
    for page in ["docs/compose.yml", "docs/operating.md"] {
        assert!(read(page).contains(image), "{page} does not name {image}");
    }
}
