//! The text exposition format, version 0.0.4
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use alloc::string::String;
use core::fmt::{self, Write};

/// The media type of the format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// One metric and its samples, which stand together. Its name begins with `alertik_`; it
/// is a counter if the name ends in `_total`, and a gauge otherwise.
pub struct Family<'a> {
    name: &'a str,
    help: &'a str,
    out: &'a mut dyn Write,
    has_head: bool,
}

impl<'a> Family<'a> {
    /// Begins a metric, of which nothing is written before its first sample. `help` has
    /// neither backslashes nor line ends.
    pub fn new(name: &'a str, help: &'a str, out: &'a mut dyn Write) -> Self {
        Self {
            name,
            help,
            out,
            has_head: false,
        }
    }

    /// Writes a sample. Its labels must differ from those of the samples before it.
    ///
    /// # Errors
    ///
    /// Returns the writer's error.
    pub fn sample(&mut self, labels: &Labels, value: u64) -> fmt::Result {
        let Self { name, help, .. } = *self;
        let out = &mut *self.out;
        if !self.has_head {
            self.has_head = true;
            let kind = match name.ends_with("_total") {
                true => "counter",
                false => "gauge",
            };
            write!(
                out,
                "# HELP alertik_{name} {help}\n# TYPE alertik_{name} {kind}\n"
            )?;
        }
        let end = if labels.0.is_empty() { "" } else { "}" };
        writeln!(out, "alertik_{name}{}{end} {value}", labels.0)
    }
}

/// The labels of a sample.
#[derive(Default)]
pub struct Labels(String);

impl Labels {
    /// Adds a label, whose value may hold anything.
    pub fn push(&mut self, name: &str, value: &str) {
        let Self(out) = self;
        out.push(if out.is_empty() { '{' } else { ',' });
        out.push_str(name);
        out.push_str("=\"");
        value.chars().for_each(|one| push_escaped(one, out));
        out.push('"');
    }
}

/// Appends a character of a label's value. The format allows every one, but not every
/// reader takes control characters, and one of them must not cost all metrics.
fn push_escaped(character: char, out: &mut String) {
    let character = match character {
        '\\' | '"' => {
            out.push('\\');
            character
        }
        '\n' => {
            out.push('\\');
            'n'
        }
        '\0'..='\x1F' | '\x7F' => char::REPLACEMENT_CHARACTER,
        _ => character,
    };
    out.push(character);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(list: &[(&str, &str)]) -> Labels {
        let mut labels = Labels::default();
        list.iter()
            .for_each(|(name, value)| labels.push(name, value));
        labels
    }

    /// Help and type stand once before the samples of a metric, and not at all if it has
    /// none.
    #[test]
    fn families() {
        let mut out = String::new();
        let mut sent = Family::new("sent_total", "What was sent.", &mut out);
        sent.sample(&labels(&[("to", "a")]), 1).unwrap();
        sent.sample(&labels(&[("to", "b"), ("by", "c")]), u64::MAX)
            .unwrap();
        Family::new("none", "Nothing.", &mut out);
        let mut up = Family::new("up_seconds", "Seconds.", &mut out);
        up.sample(&labels(&[]), 0).unwrap();
        let expected = "# HELP alertik_sent_total What was sent.\n\
                        # TYPE alertik_sent_total counter\n\
                        alertik_sent_total{to=\"a\"} 1\n\
                        alertik_sent_total{to=\"b\",by=\"c\"} 18446744073709551615\n\
                        # HELP alertik_up_seconds Seconds.\n\
                        # TYPE alertik_up_seconds gauge\n\
                        alertik_up_seconds 0\n";
        assert_eq!(out, expected);
    }

    /// Whatever a label's value holds, it stays one value on one line.
    #[test]
    fn hostile_labels() {
        let mut out = String::new();
        let value = "a\\n\"} 1\nalertik_x 2\r\t\0\x7F\u{85}\u{2028}é";
        let mut family = Family::new("x", "X.", &mut out);
        family.sample(&labels(&[("v", value)]), 3).unwrap();
        let last = out.lines().last().unwrap();
        let expected = "alertik_x{v=\"a\\\\n\\\"} 1\\nalertik_x 2\
                        \u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{85}\u{2028}é\"} 3";
        assert_eq!(last, expected);
        assert_eq!(out.lines().count(), 3);
    }
}
