//! Rules as configuration to paste: for a shell, for RouterOS before 7.20 and
//! since, and as a Compose file.
//!
//! Each form has its own quoting rules, and a regular expression contains most of
//! the characters that need quoting.

use std::fmt::{self, Write};

use alertik_core::bytes::write_json_string;
use alertik_core::delivery::Notifier;

use crate::routeros;

/// Names and values in the documents' order.
pub type Variables = Vec<(String, String)>;

/// The service that the documents have; the page fills in what it reads from a file there.
const COMPOSE_FILE: &str = include_str!("../../../docs/compose.yml");

/// The line that the variables take the place of.
const COMPOSE_ENV_FILE: &str = "    env_file: alertik.env\n";

/// Writes `,"forms":{…},"placeholders":[…]` for the variables of rules, whose order is the
/// documents'.
///
/// # Errors
///
/// Returns the writer's error.
pub(crate) fn write(rules: &[(&str, &str)], out: &mut String) -> fmt::Result {
    let (variables, placeholders) = complete(rules);
    let forms = [
        ("shell", shell(&variables)),
        ("routeros", routeros(&variables, true)),
        ("routeros_old", routeros(&variables, false)),
        ("compose", compose(&variables)),
    ];
    for (index, (name, form)) in forms.iter().enumerate() {
        let before = if index == 0 { ",\"forms\":{" } else { "," };
        write!(out, "{before}\"{name}\":")?;
        write_json_string(form.as_bytes(), out)?;
    }
    out.write_str("},\"placeholders\":[")?;
    for (index, name) in placeholders.iter().enumerate() {
        let before = if index == 0 { "" } else { "," };
        write!(out, "{before}\"{name}\"")?;
    }
    out.write_char(']')
}

/// Returns all that rules need, with a placeholder for each value that only the user knows, and
/// the names of these.
#[must_use]
pub fn complete(rules: &[(&str, &str)]) -> (Variables, Vec<String>) {
    let numbers = rules.iter().filter_map(|(name, _)| {
        let (number, _) = name.strip_prefix("EVENT")?.split_once('_')?;
        number.parse::<u32>().ok()
    });
    let count = numbers.max().map_or(0, |number| number + 1);
    let mut variables = vec![("ENV_EVENTS".to_owned(), count.to_string())];
    let lists = rules.iter().filter(|(name, _)| name.ends_with("_NOTIFIER"));
    let named: Vec<_> = lists
        .flat_map(|(_, list)| list.split(','))
        .filter_map(|name| Notifier::from_name(name.trim_ascii()))
        .collect();
    let mut placeholders = Vec::new();
    for notifier in Notifier::ALL {
        for (field, value) in address(notifier) {
            if named.contains(&notifier) {
                let name = format!("{}_{field}", notifier.name().to_ascii_uppercase());
                placeholders.push(name.clone());
                variables.push((name, (*value).to_owned()));
            }
        }
    }
    let rules = rules.iter();
    variables.extend(rules.map(|&(name, value)| (name.to_owned(), value.to_owned())));
    (variables, placeholders)
}

/// Returns the variables without which a notifier has no address, after its prefix, with
/// placeholders that have the right form.
const fn address(notifier: Notifier) -> &'static [(&'static str, &'static str)] {
    match notifier {
        Notifier::Telegram => &[
            ("BOT_TOKEN", "123456789:your-token"),
            ("CHAT_ID", "987654321"),
        ],
        Notifier::Slack => &[(
            "WEBHOOK_URL",
            "https://hooks.slack.com/services/your/web/hook",
        )],
        Notifier::Teams => &[(
            "WEBHOOK_URL",
            "https://your-environment.api.powerplatform.com/your-workflow",
        )],
        Notifier::Discord => &[(
            "WEBHOOK_URL",
            "https://discord.com/api/webhooks/123456789/your-token",
        )],
        Notifier::Generic1 | Notifier::Generic2 | Notifier::Generic3 | Notifier::Generic4 => {
            &[("WEBHOOK_URL", "https://example.com/your-webhook")]
        }
        Notifier::Mail => &[
            ("SERVER", "smtps://mail.example.org"),
            ("USER", "you@example.org"),
            ("PASSWORD", "your-password"),
            ("TO", "you@example.org"),
        ],
        Notifier::Console => &[],
    }
}

/// Returns the variables as `export` lines for a POSIX shell.
#[must_use]
pub fn shell(variables: &Variables) -> String {
    lines(variables, |name, value| {
        format!("export {name}={}", shell_quoted(value))
    })
}

/// Returns the variables as RouterOS commands, for 7.20 and later (`list=`) or for
/// earlier versions (`name=`).
#[must_use]
pub fn routeros(variables: &Variables, since_7_20: bool) -> String {
    let list = if since_7_20 { "list" } else { "name" };
    let add = |name: &str, value: &str| {
        format!(
            "/container/envs/add {list}=alertik key={name} value={}",
            routeros::quoted(value)
        )
    };
    lines(variables, add)
}

/// Returns the variables as a Compose file that runs.
#[must_use]
pub fn compose(variables: &Variables) -> String {
    let environment = lines(variables, |name, value| {
        format!("      {name}: {}", compose_quoted(value))
    });
    // Without its head, which is about the file of variables.
    let service = COMPOSE_FILE.find("services:").unwrap_or_default();
    let environment = format!("    environment:\n{environment}");
    COMPOSE_FILE[service..].replace(COMPOSE_ENV_FILE, &environment)
}

fn lines(variables: &Variables, line: impl Fn(&str, &str) -> String) -> String {
    let list = variables.iter();
    list.map(|(name, value)| line(name, value) + "\n").collect()
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
