//! Bytes from the network, made safe to print.

use std::fmt;

/// Shows bytes as text in which no control byte survives: they, and bytes that
/// are not UTF-8, are written as `\xHH`. A line cannot forge another one or
/// command a terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Escaped<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            let mut rest = chunk.valid();
            // C1 controls (U+0080 to U+009F) command terminals as well.
            while let Some(at) = rest.find(char::is_control) {
                let (plain, control) = rest.split_at(at);
                f.write_str(plain)?;
                let mut characters = control.chars();
                write!(f, "\\x{:02x}", characters.next().map_or(0, u32::from))?;
                rest = characters.as_str();
            }
            f.write_str(rest)?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte value, and a C1 control in UTF-8.
    #[test]
    fn no_control_byte_survives() {
        let all: Vec<u8> = (0..=255).collect();
        let shown = Escaped(&all).to_string();
        assert!(!shown.chars().any(char::is_control));
        assert!(shown.starts_with("\\x00\\x01") && shown.contains("\\x7f\\x80"));
        assert_eq!(Escaped("a\u{9b}é\n".as_bytes()).to_string(), "a\\x9bé\\x0a");
    }
}
