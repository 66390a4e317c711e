//! A rule as configuration to paste: for a shell, for RouterOS before 7.20 and
//! since, and for Compose.
//!
//! Each form has its own quoting rules, and a regular expression contains most of
//! the characters that need quoting.

use crate::policies::Policies;
use crate::routeros;

/// The variables of one rule.
#[derive(Clone, Copy, Debug)]
pub struct Variables<'a> {
    /// The `n` of `EVENTn_…`.
    pub number: u8,
    /// `EVENTn_NOTIFIER`.
    pub notifier: &'a str,
    /// `EVENTn_MATCH_TYPE`.
    pub match_type: &'a str,
    /// `EVENTn_MATCH_STR`.
    pub match_str: &'a str,
    /// `EVENTn_MASK_MSG`.
    pub mask: &'a str,
    /// The optional variables.
    pub policies: Policies<'a>,
}

impl Variables<'_> {
    /// Returns every variable that is set with its value, in the documents' order.
    fn list(&self) -> Vec<(String, String)> {
        let number = self.number;
        let event = |field, value: &str| (format!("EVENT{number}_{field}"), value.to_owned());
        let mut list = vec![
            ("ENV_EVENTS".to_owned(), (u16::from(number) + 1).to_string()),
            event("NOTIFIER", self.notifier),
            event("MATCH_TYPE", self.match_type),
            event("MATCH_STR", self.match_str),
            event("MASK_MSG", self.mask),
        ];
        let set = self.policies.list().into_iter();
        list.extend(
            set.filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| event(name, value)),
        );
        list
    }
}

/// Returns the variables as `export` lines for a POSIX shell.
#[must_use]
pub fn shell(variables: &Variables<'_>) -> String {
    lines(variables, |name, value| {
        format!("export {name}={}", shell_quoted(value))
    })
}

/// Returns the variables as RouterOS commands, for 7.20 and later (`list=`) or for
/// earlier versions (`name=`).
#[must_use]
pub fn routeros(variables: &Variables<'_>, since_7_20: bool) -> String {
    let list = if since_7_20 { "list" } else { "name" };
    let add = |name: &str, value: &str| {
        format!(
            "/container/envs/add {list}=alertik key={name} value={}",
            routeros::quoted(value)
        )
    };
    lines(variables, add)
}

/// Returns the variables as a service of a Compose file.
#[must_use]
pub fn compose(variables: &Variables<'_>) -> String {
    let environment = lines(variables, |name, value| {
        format!("      {name}: {}", compose_quoted(value))
    });
    format!("services:\n  alertik:\n    environment:\n{environment}")
}

fn lines(variables: &Variables<'_>, line: impl Fn(&str, &str) -> String) -> String {
    let list = variables.list();
    list.iter()
        .map(|(name, value)| line(name, value) + "\n")
        .collect()
}

/// Quotes a value for a POSIX shell (POSIX.1-2024, Shell Command Language,
/// 2.2.2): in single quotes every character except the single quote is literal.
#[must_use]
pub fn shell_quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}

/// Quotes a value for a Compose file: a YAML 1.2 scalar (7.3.1 and 7.3.2) with
/// every `$` doubled, or else Compose would substitute a variable.
#[must_use]
pub fn compose_quoted(value: &str) -> String {
    let value = value.replace('$', "$$");
    if !value.contains(char::is_control) {
        return format!("'{}'", value.replace('\'', "''"));
    }
    let mut quoted = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const RULE: Variables<'_> = Variables {
        number: 2,
        notifier: "Telegram",
        match_type: "regex",
        match_str: r#"^a\(b\)? "it's" $HOME `x`"#,
        mask: r"cost: @1 é\n!",
        policies: Policies::NONE,
    };

    /// A shell that runs the lines gets the exact values.
    #[test]
    fn a_shell_reads_its_form() {
        let script = format!(
            "{}printf '%s|' \"$ENV_EVENTS\" \"$EVENT2_NOTIFIER\" \"$EVENT2_MATCH_TYPE\" \
             \"$EVENT2_MATCH_STR\" \"$EVENT2_MASK_MSG\"",
            shell(&RULE)
        );
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        let values = format!("3|Telegram|regex|{}|{}|", RULE.match_str, RULE.mask);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), values);
    }

    /// The two RouterOS forms differ only in the property that 7.20 renamed.
    #[test]
    fn both_generations_of_routeros() {
        let new = routeros(&RULE, true);
        assert_eq!(
            new.lines().nth(3).unwrap(),
            r#"/container/envs/add list=alertik key=EVENT2_MATCH_STR value="^a\\(b\\)\? \"it's\" \$HOME `x`""#
        );
        assert_eq!(
            routeros(&RULE, false),
            new.replace("list=alertik", "name=alertik")
        );
    }

    /// Compose gets YAML scalars in which no `$` starts a variable.
    #[test]
    fn compose_scalars() {
        assert_eq!(compose_quoted("it's $5"), "'it''s $$5'");
        assert_eq!(compose_quoted("a\t\"\\'"), r#""a\u0009\"\\'""#);
        let lines = compose(&RULE);
        assert_eq!(lines.lines().count(), 8);
        assert!(lines.contains("\n      EVENT2_MATCH_TYPE: 'regex'\n"));
    }
}
