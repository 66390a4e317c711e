//! Mistakes in the configuration, collected so that all of them are reported at
//! once.

use std::fmt;

use alertik_core::syslog::OWN_OUTPUT_PREFIX;

use crate::log::Escaped;
use crate::sys::terminal::warn;

/// Errors and warnings in the order they were found, one line each:
/// `VARIABLE: the mistake, and what is allowed`.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    errors: Vec<String>,
    warnings: Vec<String>,
}

impl Problems {
    /// Adds a mistake that keeps the daemon from starting.
    pub(crate) fn error(&mut self, variable: &str, what: fmt::Arguments<'_>) {
        self.errors.push(shown(variable, what));
    }

    /// Adds a value that is probably a mistake.
    pub(crate) fn warning(&mut self, variable: &str, what: fmt::Arguments<'_>) {
        self.warnings.push(shown(variable, what));
    }

    /// Prints everything to standard error, see [`Problems::text`].
    pub(crate) fn print(&self) {
        warn(&self.text());
    }

    /// Returns everything, one line each. Warnings come first, so that the last
    /// lines say why the daemon does not start.
    pub(crate) fn text(&self) -> String {
        let warnings = self.warnings.iter().map(|line| ("warning", line));
        let errors = self.errors.iter().map(|line| ("error", line));
        let mut text = String::new();
        for (kind, line) in warnings.chain(errors) {
            for part in [OWN_OUTPUT_PREFIX, kind, ": ", line, "\n"] {
                text.push_str(part);
            }
        }
        text
    }

    /// Returns the mistakes that keep the daemon from starting.
    pub(crate) fn errors(&self) -> &[String] {
        &self.errors
    }

    /// Returns the values that are probably mistakes.
    #[cfg(test)]
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// Returns a line without control characters: it may repeat a value.
fn shown(variable: &str, what: fmt::Arguments<'_>) -> String {
    Escaped(format!("{variable}: {what}").as_bytes()).to_string()
}
