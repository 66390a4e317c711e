//! The file with the daemon's settings.

use std::fmt;

/// Error returned when a line of the file is not a setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EnvFileError {
    /// Line number, from 1.
    line: usize,
    what: &'static str,
}

impl fmt::Display for EnvFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for EnvFileError {}

/// Reads `NAME=value` lines, in their order.
///
/// Empty lines and lines that start with `#` are skipped, a leading `export`
/// is allowed, so that the same file serves `sh`, Docker and this. A value is
/// taken as it stands, blanks at its end included (a pattern may end in one); in
/// single quotes too, without them; in double quotes `\\`, `\"`, `\$` and `` \` ``
/// are escapes, as in `sh`. Blanks after a closing quote do not count.
///
/// # Errors
///
/// [`EnvFileError`] for the first line that is no setting, names a variable
/// twice, or does not close its quotes.
pub(crate) fn parse(text: &str) -> Result<Vec<(String, String)>, EnvFileError> {
    let mut settings: Vec<(String, String)> = Vec::new();
    if text.starts_with('\u{feff}') {
        return Err(EnvFileError {
            line: 1,
            what: "the file begins with a byte order mark; save it as UTF-8 without one (BOM)",
        });
    }
    for (index, line) in text.lines().enumerate() {
        let error = |what| EnvFileError {
            line: index + 1,
            what,
        };
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").map_or(line, str::trim_start);
        let Some((name, value)) = line.split_once('=') else {
            return Err(error("there is no `=`; write NAME=value"));
        };
        let is_name = !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.ends_with(char::is_whitespace)
            || value.starts_with(" \"")
            || value.starts_with(" '")
        {
            return Err(error("there are blanks around `=`; write NAME=value"));
        }
        if !is_name {
            return Err(error(
                "the name before `=` may hold letters, digits and `_` only",
            ));
        }
        if settings.iter().any(|(other, _)| other == name) {
            return Err(error("this variable is set twice"));
        }
        let value = unquoted(value).ok_or_else(|| error("the quotes do not close"))?;
        settings.push((name.to_owned(), value));
    }
    Ok(settings)
}

/// Takes the quotes off a value, and the blanks after them.
fn unquoted(value: &str) -> Option<String> {
    if let Some(inner) = value.strip_prefix('\'') {
        let inner = inner.trim_end().strip_suffix('\'')?;
        return (!inner.contains('\'')).then(|| inner.to_owned());
    }
    let Some(inner) = value.strip_prefix('"') else {
        return Some(value.to_owned());
    };
    let mut text = String::new();
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => return rest.as_str().trim().is_empty().then_some(text),
            '\\' => match rest.next()? {
                escaped @ ('\\' | '"' | '$' | '`') => text.push(escaped),
                other => {
                    text.push('\\');
                    text.push(other);
                }
            },
            other => text.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value comes out as it was meant, in each form.
    #[test]
    fn the_forms_of_a_value_are_read() {
        let text = "# rules\n\nENV_EVENTS=1\nexport A=\"link \\(up\\) \\\"x\\\" \\$\"\nB='it is \\d$'\nC=a=b c\nD=\n";
        let expected = [
            ("ENV_EVENTS", "1"),
            ("A", r#"link \(up\) "x" $"#),
            ("B", r"it is \d$"),
            ("C", "a=b c"),
            ("D", ""),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parse(text).unwrap(), expected);
    }

    /// The last blank of a pattern reaches the router; those after a quote, a
    /// carriage return and the blanks of an empty line do not matter.
    #[test]
    fn blanks_at_the_end_belong_to_the_value() {
        let text = "EVENT0_MATCH_STR=login failure \r\n  A= x\t\n \t\nB='y '  \nC=\"z \" \n";
        let expected = [
            ("EVENT0_MATCH_STR", "login failure "),
            ("A", " x\t"),
            ("B", "y "),
            ("C", "z "),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parse(text).unwrap(), expected);
    }

    /// An error names the line that is wrong.
    #[test]
    fn what_is_no_setting_is_refused_with_its_line() {
        for (text, line) in [
            ("A=1\nB", 2),
            ("1A=1", 1),
            ("A B=1", 1),
            ("A =1", 1),
            ("A=1\nB= 'x'", 2),
            ("\u{feff}A=1", 1),
            ("A=1\n\nA=2", 3),
            ("A=\"open", 1),
            ("A=\"closed\"more", 1),
            ("A='open", 1),
        ] {
            assert_eq!(parse(text).unwrap_err().line, line, "{text}");
        }
        let said = |text| parse(text).unwrap_err().to_string();
        assert!(said("A = 1").ends_with("blanks around `=`; write NAME=value"));
        assert!(said("\u{feff}A=1").contains("byte order mark"));
    }
}
