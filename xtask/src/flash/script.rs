//! Commands that may hold secrets.
//!
//! They reach the router in a file, because whoever is on this machine can read
//! the arguments of ssh; and they are shown without the secrets.

use super::quote::quoted;

/// The name of the file on the router. Where the flash is small, files outside
/// of the folder `flash` are in memory; and the file is removed after its use.
pub(crate) const FILE: &str = "alertik-env.rsc";

/// Stands for a value that is not shown.
const HIDDEN: &str = "***";

/// Shortest secret that is taken out of a router's answers, in bytes. Shorter
/// ones are parts of ordinary words.
const SECRET_BYTES_MIN: usize = 4;

/// A script for RouterOS.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Script {
    commands: Vec<String>,
    /// The commands as they may be shown.
    shown: Vec<String>,
    /// The values that may not be, as they are and as they are quoted.
    secrets: Vec<String>,
}

impl Script {
    /// Adds a command, which ends with a value.
    pub(crate) fn push(&mut self, command: &str, value: &str, show: bool) {
        let literal = quoted(value);
        let shown = if show { &literal } else { HIDDEN };
        self.shown.push(format!("{command}{shown}"));
        self.commands.push(format!("{command}{literal}"));
        if !show {
            let inner = literal.trim_matches('"').to_owned();
            self.secrets.extend([value.to_owned(), inner]);
        }
    }

    /// Returns the content of the file.
    pub(crate) fn text(&self) -> String {
        self.commands.iter().fold(String::new(), |mut text, line| {
            text.push_str(line);
            text.push('\n');
            text
        })
    }

    /// Returns the commands as they may be shown.
    pub(crate) fn shown(&self) -> &[String] {
        &self.shown
    }

    /// Returns a router's answer without the secrets that it may repeat.
    pub(crate) fn without_secrets(&self, said: &str) -> String {
        let secrets = self.secrets.iter();
        secrets
            .filter(|secret| secret.len() >= SECRET_BYTES_MIN)
            .fold(said.to_owned(), |said, secret| said.replace(secret, HIDDEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file has every value; what is shown, and a router's answer, have the
    /// harmless ones only.
    #[test]
    fn secrets_are_in_the_file_alone() {
        let mut script = Script::default();
        script.push("add key=\"A\" value=", "a$b?c", false);
        script.push("add key=\"B\" value=", "shown", true);
        assert_eq!(
            script.text(),
            "add key=\"A\" value=\"a\\$b\\?c\"\nadd key=\"B\" value=\"shown\"\n"
        );
        assert_eq!(
            script.shown(),
            ["add key=\"A\" value=***", "add key=\"B\" value=\"shown\""]
        );
        assert_eq!(
            script.without_secrets("bad value a$b?c or a\\$b\\?c, shown"),
            "bad value *** or ***, shown"
        );
    }
}
