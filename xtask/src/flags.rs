//! Command line arguments of a command.

use std::fmt;

/// Error returned if a command does not take its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FlagError {
    /// An option that takes a value ends the line.
    MissingValue(String),
    /// An argument that nobody asked for.
    Unknown(String),
}

impl fmt::Display for FlagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingValue(name) => write!(f, "{name} takes a value"),
            Self::Unknown(word) => write!(
                f,
                "unknown argument `{word}`; `cargo xtask help` lists the arguments"
            ),
        }
    }
}

impl std::error::Error for FlagError {}

/// The arguments of one command. Each is taken out by its name; any that is left
/// at the end is an error.
#[derive(Debug)]
pub(crate) struct Flags {
    words: Vec<String>,
}

impl Flags {
    /// Wraps the words after the command's name.
    pub(crate) fn new(words: Vec<String>) -> Self {
        Self { words }
    }

    /// Takes a switch, for example `--save`; returns whether it was there.
    pub(crate) fn switch(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() != before
    }

    /// Takes an option with its value, `--target armv7` or `--target=armv7`.
    ///
    /// # Errors
    ///
    /// [`FlagError::MissingValue`] if the line ends after the name.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>, FlagError> {
        for at in 0..self.words.len() {
            if self.words[at] == name {
                if at + 1 == self.words.len() {
                    return Err(FlagError::MissingValue(name.to_owned()));
                }
                self.words.remove(at);
                return Ok(Some(self.words.remove(at)));
            }
            let value = self.words[at]
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('='));
            if let Some(value) = value {
                let value = value.to_owned();
                self.words.remove(at);
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Ends the parsing.
    ///
    /// # Errors
    ///
    /// [`FlagError::Unknown`] for the first argument that was not taken.
    pub(crate) fn finish(self) -> Result<(), FlagError> {
        match self.words.into_iter().next() {
            None => Ok(()),
            Some(word) => Err(FlagError::Unknown(word)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(line: &str) -> Flags {
        Flags::new(line.split(' ').map(str::to_owned).collect())
    }

    /// Options are taken as `--name value` and as `--name=value`.
    #[test]
    fn both_forms_of_a_value_are_taken() {
        let mut flags = flags("--target armv7 --out=here --dry-run");
        assert_eq!(flags.value("--out"), Ok(Some("here".to_owned())));
        assert_eq!(flags.value("--target"), Ok(Some("armv7".to_owned())));
        assert_eq!(flags.value("--host"), Ok(None));
        assert!(flags.switch("--dry-run"));
        assert!(!flags.switch("--dry-run"));
        assert_eq!(flags.finish(), Ok(()));
    }

    /// A mistyped option is reported, not ignored.
    #[test]
    fn a_value_that_is_missing_and_a_word_too_many_are_errors() {
        let missing = flags("--host").value("--host");
        assert_eq!(missing, Err(FlagError::MissingValue("--host".to_owned())));
        let rest = flags("--hots x").finish();
        assert_eq!(rest, Err(FlagError::Unknown("--hots".to_owned())));
    }
}
