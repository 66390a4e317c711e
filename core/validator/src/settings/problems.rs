//! Mistakes in variables, with their places.

use std::fmt;

use alertik_core::bytes::write_json_string;

/// A mistake in a variable.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    /// The variable's name.
    pub(crate) variable: String,
    /// The value with the mistake, and its offset there in bytes, if it has a place.
    pub(crate) place: Option<(String, usize)>,
    /// What is wrong, without a full stop.
    pub(crate) text: String,
    /// Whether the daemon would not start. Otherwise it would warn.
    pub(crate) is_error: bool,
}

/// The mistakes in the order they were found, under the interface of the daemon's own
/// collection.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    list: Vec<Problem>,
    errors: Vec<String>,
}

impl Problems {
    /// Adds a mistake that keeps the daemon from starting.
    pub(crate) fn error(&mut self, variable: &str, what: fmt::Arguments<'_>) {
        self.add(variable, None, what.to_string(), true);
    }

    /// Adds a value that is probably a mistake.
    pub(crate) fn warning(&mut self, variable: &str, what: fmt::Arguments<'_>) {
        self.add(variable, None, what.to_string(), false);
    }

    /// As [`Problems::error`], for a place: a value and an offset in it.
    pub(crate) fn error_at(&mut self, variable: &str, at: (&[u8], usize), what: &dyn fmt::Display) {
        self.add(variable, Some(at), what.to_string(), true);
    }

    /// As [`Problems::warning`], for a place: a value and an offset in it.
    pub(crate) fn warning_at(
        &mut self,
        variable: &str,
        at: (&[u8], usize),
        what: &dyn fmt::Display,
    ) {
        self.add(variable, Some(at), what.to_string(), false);
    }

    fn add(&mut self, variable: &str, at: Option<(&[u8], usize)>, text: String, is_error: bool) {
        if is_error {
            self.errors.push(text.clone());
        }
        self.list.push(Problem {
            variable: variable.to_owned(),
            place: at.map(|(value, at)| (String::from_utf8_lossy(value).into_owned(), at)),
            text,
            is_error,
        });
    }

    /// Returns the mistakes that keep the daemon from starting.
    pub(crate) fn errors(&self) -> &[String] {
        &self.errors
    }

    /// Returns all mistakes that `is_wanted` takes.
    pub(crate) fn filtered(self, is_wanted: impl Fn(&Problem) -> bool) -> Vec<Problem> {
        self.list.into_iter().filter(is_wanted).collect()
    }
}

impl Problem {
    /// Writes it as a JSON object:
    /// `{"variable":"EVENT0_KEY","text":"…","error":true,"value":"@2","offset":0}`.
    ///
    /// # Errors
    ///
    /// Returns the writer's error.
    pub(crate) fn write_json(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        out.write_str("{\"variable\":")?;
        write_json_string(self.variable.as_bytes(), out)?;
        out.write_str(",\"text\":")?;
        write_json_string(self.text.as_bytes(), out)?;
        write!(out, ",\"error\":{}", self.is_error)?;
        if let Some((value, offset)) = &self.place {
            out.write_str(",\"value\":")?;
            write_json_string(value.as_bytes(), out)?;
            write!(out, ",\"offset\":{offset}")?;
        }
        out.write_char('}')
    }
}

/// Writes `"problems":[…]`.
///
/// # Errors
///
/// Returns the writer's error.
pub(crate) fn write_problems(problems: &[Problem], out: &mut dyn fmt::Write) -> fmt::Result {
    out.write_str("\"problems\":[")?;
    for (index, problem) in problems.iter().enumerate() {
        out.write_str(if index == 0 { "" } else { "," })?;
        problem.write_json(out)?;
    }
    out.write_char(']')
}
