//! Generic webhooks' variables.

use alertik_core::bytes::{find, split_at_mark};
use alertik_core::delivery::{Encoding, Template};
use alertik_core::limits::{BODY_BYTES_MAX, HEAD_BYTES_MAX};

use super::reader::{Reader, keep};
use super::{Endpoint, Generic, Service, Target};
use crate::log::Escaped;
use crate::settings::url::Url;

impl Reader<'_, '_> {
    pub(super) fn generic(&mut self) -> Option<Target> {
        let webhook = self.required("_WEBHOOK_URL", "the webhook's URL");
        let (url, template) = webhook.and_then(|text| self.url_template(text)).unzip();
        let method = self.method();
        let headers = self.headers();
        let text = self.optional("_BODY");
        let content_type = self.content_type(text);
        let default = match (text, content_type) {
            (_, Some(content_type)) if find(content_type.as_bytes(), b"urlencoded").is_some() => {
                Encoding::Url
            }
            (Some(text), _) if looks_like_json(text) => Encoding::Json,
            (_, Some(content_type)) if find(content_type.as_bytes(), b"json").is_some() => {
                Encoding::Json
            }
            _ => Encoding::Raw,
        };
        // Half of a request's buffer is the text's.
        let body = text.map(|text| self.template("_BODY", text, default, BODY_BYTES_MAX / 4));
        let service = Service::Generic(Box::new(Generic {
            url: template?,
            method: method?,
            headers: headers?,
            body: match body {
                Some(body) => Some(body?),
                None => None,
            },
            content_type: content_type?,
        }));
        Some(Target::Http(Box::new(Endpoint { url: url?, service })))
    }

    /// Reads a URL with or without placeholders. Those may stand in the path
    /// and the query: a host that came from a log line would be an open door.
    fn url_template(&mut self, text: &str) -> Option<(Url, Option<Template<'static>>)> {
        if find(text.as_bytes(), b"{{").is_none() {
            return Some((self.url("_WEBHOOK_URL", text)?, None));
        }
        let template = self.template("_WEBHOOK_URL", text, Encoding::Url, HEAD_BYTES_MAX / 2)?;
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, behind)) = split_at_mark(rest, "{{") {
            filled.push_str(before);
            filled.push('x');
            rest = split_at_mark(behind, "}}").map_or("", |(_, rest)| rest);
        }
        filled.push_str(rest);
        let url = self.url("_WEBHOOK_URL", &filled)?;
        if template.literal_prefix().len() <= url.site().len() {
            self.problem(
                "_WEBHOOK_URL",
                format_args!("has a placeholder before its path; only path and query may have any"),
            );
            return None;
        }
        Some((url, Some(template)))
    }

    fn method(&mut self) -> Option<&'static str> {
        match self.optional("_METHOD") {
            None | Some("POST") => Some("POST"),
            Some("PUT") => Some("PUT"),
            Some("GET") => Some("GET"),
            Some("PATCH") => Some("PATCH"),
            Some(_) => {
                self.problem("_METHOD", format_args!("must be POST, PUT, PATCH or GET"));
                None
            }
        }
    }

    fn content_type(&mut self, body: Option<&str>) -> Option<&'static str> {
        let suffix = "_CONTENT_TYPE";
        if let Some(text) = self.optional(suffix) {
            let right = text.contains('/') && text.bytes().all(|b| (b' '..0x7F).contains(&b));
            if !right {
                self.problem(
                    suffix,
                    format_args!("must be a media type, like application/json"),
                );
                return None;
            }
            return Some(keep(text));
        }
        Some(match body {
            None => "application/json",
            Some(body) if looks_like_json(body) => "application/json",
            Some(_) => "text/plain; charset=utf-8",
        })
    }

    /// Reads `Name: value` pairs, separated by `|` or a newline.
    fn headers(&mut self) -> Option<Vec<(&'static str, Template<'static>)>> {
        let mut headers = Vec::new();
        let mut right = true;
        let text = self.optional("_HEADERS").unwrap_or_default();
        for line in separate(text) {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            match self.header(line) {
                Some(header) => headers.push(header),
                None => right = false,
            }
        }
        right.then_some(headers)
    }

    fn header(&mut self, line: &str) -> Option<(&'static str, Template<'static>)> {
        let suffix = "_HEADERS";
        let Some((name, value)) = line.split_once(':') else {
            self.problem(
                suffix,
                format_args!("has an entry without \":\"; write Name: value | Name: value"),
            );
            return None;
        };
        let name = name.trim_ascii_end();
        // RFC 9110, section 5.6.2: tokens.
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`~".contains(&b);
        if name.is_empty() || !name.bytes().all(token) {
            self.problem(
                suffix,
                format_args!(
                    "has the name \"{}\", which no header can have",
                    Escaped(name.as_bytes())
                ),
            );
            return None;
        }
        let ours = [
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
            "content-type",
        ];
        if ours.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            let remedy = if name.eq_ignore_ascii_case("content-type") {
                "set GENERICn_CONTENT_TYPE instead"
            } else {
                "leave it out, alertik sets it"
            };
            self.problem(suffix, format_args!("has the header {name}; {remedy}"));
            return None;
        }
        let value = value.trim_ascii();
        if value.chars().any(char::is_control) {
            self.problem(
                suffix,
                format_args!("has a control character in the value of {name}"),
            );
            return None;
        }
        let template = self.template(suffix, value, Encoding::Header, HEAD_BYTES_MAX / 2)?;
        Some((keep(name), template))
    }
}

/// Splits at `|` and newlines outside of placeholders, which have a `|` of
/// their own.
fn separate(text: &str) -> Vec<&str> {
    let mut entries = Vec::new();
    let (mut start, mut inside) = (0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' if text[at..].starts_with("{{") => inside = true,
            b'}' if text[at..].starts_with("}}") => inside = false,
            b'|' if !inside => {
                entries.push(&text[start..at]);
                start = at + 1;
            }
            b'\n' => {
                entries.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    entries.push(&text[start..]);
    entries
}

/// Returns whether a body's template is JSON: it begins with a bracket that is
/// not a placeholder's.
fn looks_like_json(body: &str) -> bool {
    body.starts_with(['{', '[']) && !body.starts_with("{{")
}
