//! The manual page and the completions, which are made from the help texts.
//! UPDATE_SNAPSHOTS=1 writes them again.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Says how each file came to be; a comment follows the mark of its language.
const ORIGIN: &str =
    "Made from the help texts: UPDATE_SNAPSHOTS=1 cargo test -p alertik --test manual\n";

/// A command as the help has it.
struct Entry {
    /// Its name and its arguments.
    usage: String,
    /// Its explanation.
    text: String,
}

impl Entry {
    fn name(&self) -> &str {
        self.usage.split(' ').next().unwrap_or_default()
    }

    fn switches(&self) -> impl Iterator<Item = &str> {
        let words = self.usage.split([' ', '[', ']', '|']);
        words.filter(|word| word.starts_with("--"))
    }
}

/// Returns what the binary prints on standard output and standard error.
fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_alertik"))
        .args(arguments)
        .env_clear()
        .output()
        .expect("the binary runs");
    String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8")
}

/// Returns the entries between the head of the help and its examples.
fn entries(help: &str) -> Vec<Entry> {
    let (_, list) = help.split_once("\ncommands:\n").expect("the commands");
    let (list, _) = list.split_once("\n\n").expect("the end of the commands");
    let mut entries: Vec<Entry> = Vec::new();
    let mut is_usage = false;
    for line in list.lines() {
        let begins = !line.starts_with("   ");
        let line = line.trim();
        if begins {
            let usage = line.to_owned();
            let text = String::new();
            entries.push(Entry { usage, text });
            is_usage = true;
            continue;
        }
        let entry = entries.last_mut().expect("an entry");
        // Arguments may go on in the next line.
        is_usage &= line.starts_with('[');
        let part = match is_usage {
            true => &mut entry.usage,
            false => &mut entry.text,
        };
        let separator = if part.is_empty() { "" } else { " " };
        *part += separator;
        *part += line;
    }
    entries
}

/// Returns a text for troff, each character of which is shown as it is typed.
fn troff(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\\' => escaped += "\\e",
            '-' => escaped += "\\-",
            '\'' => escaped += "\\(aq",
            '`' => escaped += "\\(ga",
            '^' => escaped += "\\(ha",
            '~' => escaped += "\\(ti",
            _ => escaped.push(c),
        }
    }
    match escaped.starts_with('.') {
        true => ["\\&", &escaped].concat(),
        false => escaped,
    }
}

fn manual() -> String {
    let help = printed(&["--help"]);
    let (title, rest) = help.split_once("\n\n").expect("a title");
    let (name, title) = title.split_once(": ").expect("a name");
    let (usage, rest) = rest.split_once("\n\n").expect("the usage");
    let (about, _) = rest.split_once("\n\n").expect("the description");
    let (_, example) = help
        .split_once("\nA configuration that works:\n")
        .expect("an example");
    let (example, _) = example.split_once("\n\n").expect("its end");
    let mut page = format!(
        ".\\\" {ORIGIN}.TH ALERTIK 1 \"\" \"alertik {}\" \"User Commands\"\n",
        env!("CARGO_PKG_VERSION")
    );
    let arguments = usage.trim_start_matches("usage: alertik ");
    let _ = write!(
        page,
        ".SH NAME\n{name} \\- {}\n.SH SYNOPSIS\n.B alertik\n{}\n.SH DESCRIPTION\n{}\n.SH COMMANDS\n",
        troff(title),
        troff(arguments),
        troff(about),
    );
    for Entry { usage, text } in entries(&help) {
        let (usage, text) = (troff(&usage), troff(&text));
        let _ = write!(page, ".TP\n.B {usage}\n{text}\n");
    }
    page += ".SH ENVIRONMENT\n";
    let variables = printed(&["help", "variables"]);
    let mut lines = variables.lines();
    let _ = writeln!(page, "{}", troff(lines.next().expect("a line")));
    for line in lines.filter(|line| !line.is_empty()) {
        let _ = match line.trim_start().split_once("  ") {
            Some((name, meaning)) => {
                let (name, meaning) = (troff(name), troff(meaning.trim()));
                write!(page, ".TP\n.B {name}\n{meaning}\n")
            }
            None if line.starts_with(' ') => {
                let (name, meaning) = line.trim().split_once(' ').expect("a meaning");
                write!(page, ".TP\n.B {}\n{}\n", troff(name), troff(meaning))
            }
            None => writeln!(page, ".SS {}", troff(line)),
        };
    }
    page += ".SH EXIT STATUS\n0 for yes, 1 for no, as each command says; 2 if the command line is \
             wrong.\n";
    page += ".SH EXAMPLES\nA configuration that works:\n.PP\n.nf\n";
    for line in example.lines() {
        let _ = writeln!(page, "{}", troff(line.trim()));
    }
    page + ".fi\n"
}

/// Returns what may follow each command, and what may be the first word.
fn words() -> (Vec<(String, String)>, String) {
    let help = printed(&["--help"]);
    let entries = entries(&help);
    let commands: Vec<_> = entries
        .iter()
        .filter(|entry| !entry.name().starts_with('-'))
        .collect();
    let names: Vec<_> = commands.iter().map(|entry| entry.name()).collect();
    let mut words = Vec::new();
    for command in &commands {
        let mut list: Vec<_> = command.switches().map(str::to_owned).collect();
        list.push("--help".to_owned());
        if command.usage.contains("NAME") {
            let known = printed(&["notify-test", "-"]);
            let (_, known) = known.split_once("known are ").expect("the notifiers");
            let known = known.lines().next().unwrap_or_default();
            list.extend(known.split(", ").map(str::to_owned));
        }
        words.push((command.name().to_owned(), list.join(" ")));
    }
    words.push(("help".to_owned(), [&names.join(" "), " variables"].concat()));
    (words, [&names.join(" "), " help --help --version"].concat())
}

/// `match` takes the name of a file as well, which bash completes where no word fits.
fn bash() -> String {
    let (words, first) = words();
    let mut text = format!(
        "# {ORIGIN}_alertik() {{\n    local words=\n    if ((COMP_CWORD == 1)); then\n        \
         words='{first}'\n    else\n        case ${{COMP_WORDS[1]}} in\n"
    );
    for (name, list) in &words {
        let _ = writeln!(text, "            {name}) words='{list}' ;;");
    }
    text + "        esac\n    fi\n    \
            mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n}\n\
            complete -o default -F _alertik alertik\n"
}

fn zsh() -> String {
    let (words, first) = words();
    let mut text = format!(
        "#compdef alertik\n# {ORIGIN}if ((CURRENT == 2)); then\n    compadd -- {first}\nelse\n    \
         case $words[2] in\n"
    );
    for (name, list) in &words {
        let files = if name == "match" { "; _files" } else { "" };
        let _ = writeln!(text, "        {name}) compadd -- {list}{files} ;;");
    }
    text + "    esac\nfi\n"
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(name)
}

fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output();
    if found.is_err() {
        println!("SKIPPED: there is no {program}");
    }
    found.is_ok()
}

/// The page and the completions are what the help texts say.
#[test]
fn they_are_what_the_help_says() {
    for (name, made) in [
        ("alertik.1", manual()),
        ("alertik.bash", bash()),
        ("_alertik", zsh()),
    ] {
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::write(path(name), &made).expect("written");
        }
        let kept = fs::read_to_string(path(name)).expect("the file");
        assert_eq!(kept, made, "docs/{name}");
    }
}

/// `man` has nothing to say against the page, and shows every command and every variable.
#[test]
fn man_takes_the_page() {
    if !is_there("man") {
        return;
    }
    let output = Command::new("man")
        .args(["--warnings", "-E", "UTF-8", "-l"])
        .arg(path("alertik.1"))
        .env("LC_ALL", "C.UTF-8")
        .env("MANWIDTH", "100")
        .output()
        .expect("man");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    // Bold is made by typing a character over itself, unless it is shown by an escape.
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    let mut plain = String::new();
    for c in shown.chars() {
        match c {
            '\u{8}' => drop(plain.pop()),
            _ => plain.push(c),
        }
    }
    let variables = printed(&["help", "variables"]);
    let names = variables.lines().filter(|line| line.starts_with("  "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    assert!(names.clone().count() > 60);
    let help = printed(&["--help"]);
    let entries = entries(&help);
    assert_eq!(entries.len(), 8);
    for word in names.chain(entries.iter().map(Entry::name)) {
        let shows = |line: &str| line.split_whitespace().next() == Some(word);
        assert!(plain.lines().any(shows), "{word} in {plain}");
    }
    for text in ["MASK_MSG='Somebody failed", "sat,sun 00:00-24:00"] {
        assert!(plain.contains(text), "{text} in {plain}");
    }
}

/// mandoc finds nothing to correct, but for the date, which the page does not have.
#[test]
fn mandoc_takes_the_page() {
    if Command::new("mandoc").arg("-h").output().is_err() {
        println!("SKIPPED: there is no mandoc");
        return;
    }
    let output = Command::new("mandoc")
        .args(["-T", "lint", "-W", "warning"])
        .arg(path("alertik.1"))
        .output()
        .expect("mandoc");
    let said = String::from_utf8_lossy(&output.stdout);
    let faults = said.lines().filter(|line| !line.contains("missing date"));
    assert_eq!(faults.count(), 0, "{said}");
}

/// bash completes commands, their switches, and notifiers.
#[test]
fn bash_completes() {
    if !is_there("bash") {
        return;
    }
    for (line, expected) in [
        ("alertik ma", "match"),
        ("alertik he", "health help"),
        ("alertik match --e", "--explain"),
        ("alertik match --mask", "--mask"),
        ("alertik health --", "--json --prometheus --live --help"),
        (
            "alertik notify-test Gen",
            "Generic1 Generic2 Generic3 Generic4",
        ),
        ("alertik notify-test Slack Te", "Telegram Teams"),
        ("alertik help var", "variables"),
        ("alertik unknown x", ""),
    ] {
        let words: Vec<_> = line.split(' ').collect();
        let script = format!(
            "set -eu; . \"$1\"; COMP_WORDS=({line}); COMP_CWORD={}; _alertik; echo \"${{COMPREPLY[*]-}}\"",
            words.len() - 1
        );
        let output = Command::new("bash")
            .args(["--norc", "-c", &script, "bash"])
            .arg(path("alertik.bash"))
            .output()
            .expect("bash");
        let said = String::from_utf8_lossy(&output.stderr);
        let completed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(completed.trim_end(), expected, "{line}: {said}");
    }
}

/// zsh can read its file.
#[test]
fn zsh_reads_its_file() {
    if is_there("zsh") {
        let status = Command::new("zsh").arg("-n").arg(path("_alertik")).status();
        assert!(status.expect("zsh").success());
    }
}
