//! Values in quotes: YAML's, and a shell's.

/// A value that does not end.
pub(super) const OPEN: &str = "has quotes that do not close";

/// Reads a YAML scalar in quotes.
pub(super) fn yaml_quoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut rest = text.chars();
    if rest.next() == Some('\'') {
        while let Some(c) = rest.next() {
            match c {
                '\'' if rest.as_str().starts_with('\'') => {
                    rest.next();
                    value.push('\'');
                }
                '\'' => return Ok((value, rest.as_str())),
                '\n' => return Err(OPEN),
                c => value.push(c),
            }
        }
        return Err(OPEN);
    }
    while let Some(c) = rest.next() {
        match c {
            '"' => return Ok((value, rest.as_str())),
            '\n' => return Err(OPEN),
            '\\' => {
                let digits = match rest.next() {
                    Some('n') => {
                        value.push('\n');
                        0
                    }
                    Some('r') => {
                        value.push('\r');
                        0
                    }
                    Some('t') => {
                        value.push('\t');
                        0
                    }
                    Some('x') => 2,
                    Some('u') => 4,
                    Some(c @ ('"' | '\\' | '/' | ' ')) => {
                        value.push(c);
                        0
                    }
                    _ => return Err("has an escape that YAML does not know"),
                };
                if digits > 0 {
                    let code = rest.as_str().get(..digits).ok_or(OPEN)?;
                    let code = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
                    value.push(code.ok_or("has an escape that YAML does not know")?);
                    rest = rest.as_str()[digits..].chars();
                }
            }
            c => value.push(c),
        }
    }
    Err(OPEN)
}

/// Reads a word as a shell does, which may have several pieces: `'it'\''s'`.
pub(super) fn shell_word(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        if let Some(inner) = rest.strip_prefix('\'') {
            let (piece, after) = inner.split_once('\'').ok_or(OPEN)?;
            // A file from Windows has its line ends inside of the quotes, too.
            value.push_str(&piece.replace("\r\n", "\n"));
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('"') {
            rest = double_quoted(inner, &mut value)?;
        } else if let Some(escaped) = rest.strip_prefix('\\').and_then(|rest| rest.chars().next()) {
            value.push(escaped);
            rest = &rest[1 + escaped.len_utf8()..];
        } else {
            return Ok((value, rest));
        }
    }
}

/// Reads the rest of a double-quoted piece into `value`, and returns what follows it.
fn double_quoted<'a>(text: &'a str, value: &mut String) -> Result<&'a str, &'static str> {
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => return Ok(rest.as_str()),
            '\\' => match rest.next().ok_or(OPEN)? {
                escaped @ ('\\' | '"' | '$' | '`') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            c => value.push(c),
        }
    }
    Err(OPEN)
}
