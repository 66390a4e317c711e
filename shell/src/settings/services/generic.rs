//! Generic webhooks: `GENERICn_WEBHOOK_URL` and the rest of the request.

use std::fmt;

use alertik_core::bytes::{JsonCheck, find, split_at_mark};
use alertik_core::delivery::{Encoding, Form, Generic, Template};
use alertik_core::limits::{BODY_BYTES_MAX, HEAD_TEMPLATE_BYTES_MAX};

use super::Endpoint;
use super::reader::{Reader, keep};
use crate::log::Escaped;
use crate::settings::url::Url;

/// What `{{title}}` stands for if nothing is said.
const TITLE_DEFAULT: &str = "alertik";

pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<Endpoint> {
    reader.read_title();
    let webhook = reader.required("_WEBHOOK_URL", "the webhook's URL");
    let (url, template) = webhook.and_then(|text| reader.url_template(text)).unzip();
    let method = reader.method();
    let headers = reader.headers();
    let text = reader.verbatim("_BODY");
    let content_type = reader.content_type(text);
    let default = default_encoding(text, content_type);
    // Half of a request's buffer is the text's.
    let body = text.map(|text| reader.template("_BODY", text, default, BODY_BYTES_MAX / 4));
    if text.is_some() && method == "GET" {
        let name = reader.name("_BODY");
        let what = "most servers ignore the body of a GET; put {{text}} into the URL, or use POST";
        reader.problems.warning(&name, format_args!("{what}"));
    }
    if let (Some(Some(_)), Some(text)) = (&body, text)
        && content_type.is_some_and(is_json)
    {
        reader.check_json(text);
    }
    Some(Endpoint {
        url: url?,
        form: Form::Generic(Box::new(Generic {
            url: template?,
            method,
            headers: headers?,
            body: match body {
                Some(body) => Some(body?),
                None => None,
            },
            content_type: content_type?,
        })),
    })
}

fn is_json(media_type: &str) -> bool {
    find(media_type.as_bytes(), b"json").is_some()
}

/// Returns the encoding of placeholders that name none: what the body is, by its
/// media type or its look.
fn default_encoding(body: Option<&str>, content_type: Option<&str>) -> Encoding {
    let is_form = |kind: &str| find(kind.as_bytes(), b"urlencoded").is_some();
    if content_type.is_some_and(is_form) {
        Encoding::Url
    } else if body.is_some_and(looks_like_json) || content_type.is_some_and(is_json) {
        Encoding::Json
    } else {
        Encoding::Raw
    }
}

/// Writes the request without its path, query and headers.
pub(super) fn describe(form: &Generic<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    write!(out, "/***, {}, {}", form.method, form.content_type)?;
    match form.headers.len() {
        0 => Ok(()),
        count => write!(out, ", additional headers: {count}"),
    }
}

impl Reader<'_, '_> {
    /// Reads a URL with or without placeholders. Those may stand in the path
    /// and the query: a host that came from a log line would be an open door.
    fn url_template(&mut self, text: &str) -> Option<(Url, Option<Template<'static>>)> {
        if find(text.as_bytes(), b"{{").is_none() {
            return Some((self.url("_WEBHOOK_URL", text)?, None));
        }
        let template =
            self.template("_WEBHOOK_URL", text, Encoding::Url, HEAD_TEMPLATE_BYTES_MAX)?;
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = split_at_mark(rest, "{{") {
            filled.push_str(before);
            filled.push('x');
            rest = split_at_mark(after, "}}").map_or("", |(_, rest)| rest);
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

    /// Reads what `{{title}}` stands for.
    fn read_title(&mut self) {
        const TITLE: &str = "_TITLE";
        let text = self.optional(TITLE).unwrap_or(TITLE_DEFAULT);
        let title = self.title_template(text);
        // After a mistake, that one is enough.
        self.title = title.or_else(|| Template::parse("", Encoding::Raw).ok());
        let is_used = ["_WEBHOOK_URL", "_HEADERS", "_BODY"].iter().any(|suffix| {
            let value = self.env.bytes(&self.name(suffix)).unwrap_or_default();
            ["{{title", "{{ title"]
                .iter()
                .any(|mark| find(value, mark.as_bytes()).is_some())
        });
        if !is_used && self.optional(TITLE).is_some() {
            let name = self.name(TITLE);
            let what = "is not used: nothing has the placeholder {{title}}";
            self.problems.warning(&name, format_args!("{what}"));
        }
    }

    /// Checks that a body is JSON with whatever its placeholders stand for. Outside
    /// of a string only those that are numbers can be.
    fn check_json(&mut self, text: &str) {
        let mut check = JsonCheck::default();
        let mut rest = text;
        let wrong = loop {
            let start = text.len() - rest.len();
            let (before, after) = split_at_mark(rest, "{{").unwrap_or((rest, ""));
            if let Err(offset) = check.push(before.as_bytes()) {
                break Some(start + offset);
            }
            let Some((inside, after)) = split_at_mark(after, "}}") else {
                break (!check.is_complete()).then_some(text.len());
            };
            let inside = inside.trim_ascii();
            let is_scale = inside.starts_with("priority") && inside.contains(':');
            let sample: &[u8] = match is_scale || inside.starts_with("id") {
                true => b"1",
                false => b"x",
            };
            if check.push(sample).is_err() {
                break Some(start + before.len());
            }
            rest = after;
        };
        if let Some(offset) = wrong {
            let content_type = self.name("_CONTENT_TYPE");
            self.problem(
                "_BODY",
                format_args!(
                    "at byte {offset}: this is not JSON (text needs quotes around it); if it is \
                     not meant to be, set {content_type} to what it is"
                ),
            );
        }
    }

    fn method(&mut self) -> &'static str {
        const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "GET"];
        // After a mistake nothing is sent.
        METHODS[self.choice("_METHOD", &METHODS).unwrap_or(0)]
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
        let template = self.template(suffix, value, Encoding::Header, HEAD_TEMPLATE_BYTES_MAX)?;
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
