//! Keeps secrets out of what a server's answer adds to the log.

use alertik_core::bytes::split_at_mark;

/// What must not be logged of a notifier's configuration.
///
/// An error page often repeats the path ("Cannot POST /hooks/…"), so an excerpt
/// is searched for every word of the URL's path and query and of the headers,
/// and for those words of a body that are no plain English: with digits, with
/// capitals, or long (application tokens).
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets {
    words: Vec<String>,
}

/// Shorter words of a path, query or header are no secrets ("v2").
const WORD_BYTES_MIN: usize = 3;
/// Shorter words of a body are no secrets.
const BODY_WORD_BYTES_MIN: usize = 6;
/// Shorter words of a body are its keys and English, if they are only of small
/// letters.
const BODY_PLAIN_BYTES_MIN: usize = 16;
/// Longest excerpt, in bytes.
const EXCERPT_BYTES_MAX: usize = 200;

impl Secrets {
    /// Adds the words of a path, a query or a header's value.
    pub(super) fn add(&mut self, text: &str) {
        self.add_words(text, |word| word.len() >= WORD_BYTES_MIN);
    }

    /// Adds the words of a body that may be secrets.
    pub(super) fn add_body(&mut self, text: &str) {
        self.add_words(text, |word| {
            let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            // The first letter may begin a sentence.
            let is_english = word.bytes().skip(1).all(is_plain);
            let shortest = if is_english {
                BODY_PLAIN_BYTES_MIN
            } else {
                BODY_WORD_BYTES_MIN
            };
            word.len() >= shortest
        });
    }

    fn add_words(&mut self, text: &str, is_secret: fn(&str) -> bool) {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        for word in text.split(|c| !word(c)) {
            if is_secret(word) {
                // The longest first, so that no part of one is left over. A
                // sort would be another 318 bytes on ARM.
                let longer = |other: &String| other.len() >= word.len();
                let at = self.words.partition_point(longer);
                self.words.insert(at, word.to_owned());
            }
        }
    }

    /// Returns the beginning of an answer for the log: one line, printable
    /// ASCII, without secrets.
    pub(super) fn excerpt(&self, body: &[u8]) -> String {
        let mut text: String = body
            .iter()
            .map(|&b| match b {
                b' '..=b'~' => char::from(b),
                _ => ' ',
            })
            .collect();
        for word in &self.words {
            let mut shown = String::with_capacity(text.len());
            let mut rest = text.as_str();
            while let Some((before, behind)) = split_at_mark(rest, word) {
                shown.push_str(before);
                shown.push_str("***");
                rest = behind;
            }
            shown.push_str(rest);
            text = shown;
        }
        let mut words = text.split_ascii_whitespace();
        let mut line = words.next().unwrap_or_default().to_owned();
        for word in words {
            line.push(' ');
            line.push_str(word);
        }
        line.truncate(EXCERPT_BYTES_MAX);
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page that repeats everything it was sent gives nothing away.
    #[test]
    fn echoes_are_redacted() {
        let mut secrets = Secrets::default();
        secrets.add("/bot123456:AAF-x_y/sendMessage?sig=Zm9vYmFy");
        secrets.add("Bearer tk_0123");
        secrets.add_body(r#"{"token":"azGDORePK8gMaC0QOYAMyEEuzJnyUi","message":"{{text}}"}"#);
        let page = b"<p>Cannot POST /bot123456:AAF-x_y/sendMessage?sig=Zm9vYmFy\r\n\x1b[1m\xff \
            tk_0123 azGDORePK8gMaC0QOYAMyEEuzJnyUi message</p>";
        let excerpt = secrets.excerpt(page);
        assert_eq!(
            excerpt,
            "<p>Cannot POST /***:***/***?***=*** [1m *** *** message</p>"
        );
    }

    /// Short secrets, too: a topic of three letters in a path, a token in a body. Keys
    /// and English of a body stay readable.
    #[test]
    fn short_secrets_are_redacted() {
        let mut secrets = Secrets::default();
        secrets.add("/abc");
        secrets.add_body(r#"{"token":"BODYSECRET","pin":"a1b2c3","message":"Router says"}"#);
        assert_eq!(
            secrets.excerpt(b"/abc: token BODYSECRET a1b2c3, message Router says"),
            "/***: token *** ***, message Router says"
        );
    }

    /// Long answers are cut.
    #[test]
    fn excerpts_are_short() {
        assert_eq!(Secrets::default().excerpt(&[b'x'; 5_000]).len(), 200);
        assert_eq!(Secrets::default().excerpt(b" \r\n "), "");
    }
}
