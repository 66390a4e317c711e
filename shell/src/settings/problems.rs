//! What is wrong with the configuration, collected so that all of it is told at
//! once.

use std::fmt;

use alertik_core::syslog::OWN_OUTPUT_PREFIX;

use crate::sys::terminal::warn;

/// Errors and warnings in the order they were found, one line each:
/// `VARIABLE: what is wrong and what is allowed`.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    errors: Vec<String>,
    warnings: Vec<String>,
}

impl Problems {
    /// Adds something the daemon cannot start with.
    pub(crate) fn error(&mut self, variable: &str, what: fmt::Arguments<'_>) {
        self.errors.push(format!("{variable}: {what}"));
    }

    /// Adds something that is probably not what the user wants.
    pub(crate) fn warning(&mut self, variable: &str, what: fmt::Arguments<'_>) {
        self.warnings.push(format!("{variable}: {what}"));
    }

    /// Prints everything to standard error, see [`Problems::text`].
    pub(crate) fn print(&self) {
        warn(&self.text());
    }

    /// Returns everything, one line each, warnings first so that what keeps the
    /// daemon from starting stands last.
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

    /// Returns what the daemon cannot start with.
    pub(crate) fn errors(&self) -> &[String] {
        &self.errors
    }

    /// Returns what is probably a mistake.
    #[cfg(test)]
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }
}
