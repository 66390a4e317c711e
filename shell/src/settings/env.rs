//! The environment as it was at start-up.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use super::Problems;

/// A copy of the environment variables. Values are bytes: a rule may hold any.
#[derive(Debug, Default)]
pub(crate) struct Env {
    variables: Vec<(String, Vec<u8>)>,
}

impl Env {
    /// Copies variables; names that are not UTF-8 cannot be ours and are left
    /// out.
    pub(crate) fn new(variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let variables = variables
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_vec())))
            .collect();
        Self { variables }
    }

    /// Returns a variable's value, or `None` if it is not set.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        let (_, value) = self
            .variables
            .iter()
            .find(|(candidate, _)| candidate == name)?;
        Some(value)
    }

    /// Returns a variable's value as text; one that is not UTF-8 is a problem.
    pub(crate) fn text(&self, name: &str, problems: &mut Problems) -> Option<&str> {
        let value = self.bytes(name)?;
        match std::str::from_utf8(value) {
            Ok(text) => Some(text),
            Err(error) => {
                let at = error.valid_up_to();
                problems.error(name, format_args!("byte {at} is not valid UTF-8"));
                None
            }
        }
    }

    /// Returns the names of all variables.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|(name, _)| name.as_str())
    }
}
