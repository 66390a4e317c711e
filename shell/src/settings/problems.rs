//! Mistakes in the configuration, collected so that all of them are reported at
//! once.

use std::fmt;

use alertik_core::syslog::OWN_OUTPUT_PREFIX;

use crate::log::Escaped;
use crate::sys::terminal::warn;

/// Bytes of a value that are shown on each side of a mistake.
const AROUND_BYTES: usize = 40;

/// Errors and warnings in the order they were found, one line each:
/// `VARIABLE: the mistake, and what is allowed`. If a mistake has a place, the value
/// follows on a line of its own, and a caret under the place.
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

    /// Adds a port that the system chooses: a mistake, unless it is on a loopback address.
    pub(crate) fn any_port(&mut self, variable: &str, is_loopback: bool, what: fmt::Arguments<'_>) {
        let list = match is_loopback {
            true => &mut self.warnings,
            false => &mut self.errors,
        };
        list.push(shown(variable, what));
    }

    /// Adds a line about a mistake that begins with its variable already.
    pub(crate) fn line(&mut self, line: String) {
        self.errors.push(line);
    }

    /// As [`Problems::error`], for a place: a value and an offset in it.
    pub(crate) fn error_at(&mut self, variable: &str, at: (&[u8], usize), what: &dyn fmt::Display) {
        self.errors.push(located(variable, at, what));
    }

    /// As [`Problems::warning`], for a place: a value and an offset in it.
    pub(crate) fn warning_at(
        &mut self,
        variable: &str,
        at: (&[u8], usize),
        what: &dyn fmt::Display,
    ) {
        self.warnings.push(located(variable, at, what));
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

/// Returns the line of a mistake, and the two that show its place.
fn located(variable: &str, (value, offset): (&[u8], usize), what: &dyn fmt::Display) -> String {
    let offset = offset.min(value.len());
    // A character is not torn apart.
    let is_inside = |at: &usize| value.get(*at).is_some_and(|byte| byte & 0xC0 == 0x80);
    let mut starts = (0..=offset.saturating_sub(AROUND_BYTES)).rev();
    let start = starts.find(|at| !is_inside(at)).unwrap_or(0);
    let end = (offset.saturating_add(AROUND_BYTES)..value.len()).find(|at| !is_inside(at));
    let before = Escaped(&value[start..offset]).to_string();
    let after = Escaped(&value[offset..end.unwrap_or(value.len())]);
    let [left, right] = [start > 0, end.is_some()].map(|is_cut| if is_cut { "…" } else { "" });
    let width = before.chars().count() + left.chars().count();
    let line = shown(variable, format_args!("at byte {offset}: {what}"));
    format!(
        "{line}\n{OWN_OUTPUT_PREFIX}  {left}{before}{after}{right}\n{OWN_OUTPUT_PREFIX}  {:width$}^",
        ""
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the two lines after that of the mistake.
    fn place(value: &[u8], offset: usize) -> (String, String) {
        let text = located("V", (value, offset), &"wrong");
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(&*format!("V: at byte {offset}: wrong")));
        let mut line = || {
            let line = lines
                .next()
                .and_then(|line| line.strip_prefix("alertik:   "));
            line.expect("a line of ours").to_owned()
        };
        (line(), line())
    }

    /// The caret stands under the character, however wide what is before it.
    #[test]
    fn carets() {
        assert_eq!(place(b"a(b", 1), ("a(b".into(), " ^".into()));
        assert_eq!(place(b"", 0), (String::new(), "^".into()));
        assert_eq!(place(b"ab", 2), ("ab".into(), "  ^".into()));
        let escaped = ("\\x0dé\\xff(".into(), "         ^".into());
        assert_eq!(place(b"\r\xC3\xA9\xFF(", 4), escaped);
    }

    /// Of a long value the part around the place is shown, in whole characters.
    #[test]
    fn long_values() {
        let value = "é".repeat(100);
        let (line, caret) = place(value.as_bytes(), 100);
        assert_eq!(line, format!("…{}…", "é".repeat(40)));
        assert_eq!(caret, format!("{}^", " ".repeat(21)));
        let (line, _) = place(&value.as_bytes()[1..], 101);
        assert!(!line.contains("\\x"), "{line}");
    }
}
