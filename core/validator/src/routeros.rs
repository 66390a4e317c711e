//! Quoting for RouterOS' command line.
//!
//! `cargo xtask flash` includes this file by its path: the page and the tool must
//! quote alike, and xtask depends on none of our packages.

/// Returns `value` as a RouterOS string literal, quotes included.
///
/// Inside double quotes RouterOS reads `\` as an escape, `$` as a variable and, at
/// the terminal, `?` as the help key; each gets a `\` before it. Every byte outside
/// printable ASCII is written as `\XX` or as a short escape, so a value arrives
/// unchanged regardless of the terminal's character set (RouterOS manual,
/// "Scripting", "Constant Escape Sequences").
///
/// The rules are the same in a script, over ssh and pasted into a terminal.
pub(crate) fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for byte in value.bytes() {
        match byte {
            b'\\' | b'"' | b'$' | b'?' => {
                text.push('\\');
                text.push(char::from(byte));
            }
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\{byte:02X}")),
        }
    }
    text.push('"');
    text
}

/// Returns the value of a string literal, of which `text` begins after the opening quote, and
/// what follows it; `None` if it does not end, or is not UTF-8.
#[allow(dead_code)] // The flashing tool writes only.
pub(crate) fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = Vec::new();
    let mut rest = text.bytes();
    loop {
        match rest.next()? {
            b'"' => break,
            b'\\' => match rest.next()? {
                b'n' => value.push(b'\n'),
                b'r' => value.push(b'\r'),
                b't' => value.push(b'\t'),
                // An exported line goes on in the next one, which is indented.
                b'\n' => skip_blanks(&mut rest),
                b'\r' => {
                    rest.next();
                    skip_blanks(&mut rest);
                }
                digit if digit.is_ascii_digit() || (b'A'..=b'F').contains(&digit) => {
                    let digits = [digit, rest.next()?];
                    let digits = str::from_utf8(&digits).ok()?;
                    value.push(u8::from_str_radix(digits, 16).ok()?);
                }
                other => value.push(other),
            },
            byte => value.push(byte),
        }
    }
    let after = &text[text.len() - rest.len()..];
    Some((String::from_utf8(value).ok()?, after))
}

#[allow(dead_code)]
fn skip_blanks(rest: &mut core::str::Bytes<'_>) {
    while rest.clone().next() == Some(b' ') {
        rest.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a literal as RouterOS does.
    fn read(literal: &str) -> String {
        let inner = literal
            .strip_prefix('"')
            .unwrap()
            .strip_suffix('"')
            .unwrap();
        let mut bytes = Vec::new();
        let mut rest = inner.bytes();
        while let Some(byte) = rest.next() {
            assert!(
                !b"\"$?".contains(&byte),
                "{literal}: unescaped {}",
                byte as char
            );
            bytes.push(match byte {
                b'\\' => match rest.next().unwrap() {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    digit if digit.is_ascii_digit() || (b'A'..=b'F').contains(&digit) => {
                        let digits = [digit, rest.next().unwrap()];
                        u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                    }
                    other => other,
                },
                other => other,
            });
        }
        String::from_utf8(bytes).unwrap()
    }

    /// Every character that RouterOS interprets is escaped.
    #[test]
    fn the_special_characters_are_escaped() {
        assert_eq!(
            quoted(r"link up \(speed (.+)"),
            r#""link up \\(speed (.+)""#
        );
        assert_eq!(quoted(r"^a\d?$"), r#""^a\\d\?\$""#);
        assert_eq!(quoted("say \"hi\""), r#""say \"hi\"""#);
        assert_eq!(quoted("é\n\u{7f}"), r#""\C3\A9\n\7F""#);
        assert_eq!(quoted(""), r#""""#);
    }

    /// The patterns and masks in the README's examples reach the router unchanged,
    /// and so does every other ASCII and some other text.
    #[test]
    fn values_arrive_unchanged() {
        let every_byte: String = (1..=127).map(|byte: u8| char::from(byte)).collect();
        for value in [
            r"ether2 link up \(speed (.+), full duplex\)",
            r"login failure for user ([A-Za-z]+) from (\d{1,3}.*) via ssh",
            r"([a-zA-Z0-9]+) link up \(speed (\d+Mbps), full duplex\)",
            r"input: in:.*src-mac [0-9a-f:]+, proto [^,]+, ((\d{1,3}\.?)+):(\d{1,5})->((\d{1,3}\.?)+):(\d{1,5})",
            "The IP @1:@3 is trying to connect to your router @4:@6, please do something",
            "https://hooks.example/a?b=$c&d=\"e\"",
            "trailing \\",
            "Ünïcode 🔔",
            &every_byte,
        ] {
            assert_eq!(read(&quoted(value)), value);
        }
    }

    /// Each value in the table has its literal. `%XX` in a value is a byte that
    /// cannot stand in a line.
    #[test]
    fn the_table_holds() {
        let table = include_str!("../tests/routeros-quoting.tsv");
        let mut seen = 0;
        for row in table.lines().filter(|line| !line.starts_with('#')) {
            let (value, literal) = row.split_once('\t').unwrap();
            let mut pieces = value.split('%');
            let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
            for piece in pieces {
                bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
                bytes.extend(&piece.as_bytes()[2..]);
            }
            let value = String::from_utf8(bytes).unwrap();
            assert_eq!(quoted(&value), literal);
            assert_eq!(read(literal), value);
            seen += 1;
        }
        assert!(seen > 10, "{seen} rows");
    }
}
