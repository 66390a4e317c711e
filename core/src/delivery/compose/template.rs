//! A user's template for a generic webhook's URL, headers or body.
//!
//! ```text
//! template    = *( literal / placeholder )
//! placeholder = "{{" field [ ":" limit ] [ "|" encoding ] "}}"
//! field       = "text" / "router" / "rule" / "severity" / "source" / "time" / "topics" / "id"
//!             / "priority" [ ":" scale ] / "title"
//! scale       = "ntfy" / "gotify" / "pushover"
//! limit       = 1*5DIGIT              ; characters, only of text, router and topics
//! encoding    = "json" / "url" / "raw"
//! ```
//!
//! A title is a template of its own, which takes the place of its placeholder.
//!
//! Blanks around the three parts are ignored. A template is parsed once, at
//! start-up, and its expansion is a single pass: what a placeholder expands to
//! is never looked at again, so a log line that holds `{{text}}` is just text.

use core::fmt::{self, Write};

use crate::bytes::{find, split_at_mark};
use crate::delivery::compose::fixed_str::FixedStr;
use crate::delivery::compose::message::{LINE_BREAK, Message, write_within};
use crate::delivery::compose::writer::{Encoding, Markup, Size, Style, TextWriter, Unit};
use crate::limits::TEMPLATE_PIECES_MAX;
use crate::rules::Priority;
use crate::syslog::Severity;
use crate::text::Origin;

/// The value that a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The message: one notification, or several lines.
    Text,
    /// The names of the message's routers, each once.
    Router,
    /// The name of the rule of the message's first notification.
    Rule,
    /// The severity of its log line, if it has one.
    Severity,
    /// How loudly it calls.
    Priority,
    /// The address of the device that sent the line.
    Source,
    /// When the line arrived, local time.
    Time,
    /// The line's topics, separated by commas.
    Topics,
    /// A number that differs between messages and stays when one is repeated
    /// because its answer was missed, so that a service can tell a repetition.
    Id,
}

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    pieces: heapless::Vec<Piece<'a>, TEMPLATE_PIECES_MAX>,
}

#[derive(Clone, Copy, Debug)]
enum Piece<'a> {
    Literal(&'a str),
    /// A literal of a title, which is encoded as its place demands.
    Title(&'a str, Encoding),
    Placeholder {
        field: Field,
        encoding: Encoding,
        /// Most characters of a text; of a priority, its scale.
        limit: Option<usize>,
    },
}

/// The scales of a priority that services have, each with its numbers from the lowest to
/// the highest priority.
const SCALES: [(&str, [i8; 5]); 3] = [
    // https://docs.ntfy.sh/publish/#message-priority
    ("ntfy", [1, 2, 3, 4, 5]),
    // 0 shows nothing, 1 to 3 are silent, 4 to 7 have a sound, from 8 on they vibrate
    // (https://github.com/gotify/android, README, "Message Priorities").
    ("gotify", [0, 2, 5, 8, 10]),
    // https://pushover.net/api#priority
    ("pushover", [-2, -1, 0, 1, 2]),
];

/// Error returned by [`Template::parse`]: what is wrong, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Offset of the placeholder in the template, in bytes.
    pub offset: usize,
    /// What is wrong with it.
    pub kind: TemplateErrorKind,
}

/// What is wrong with a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateErrorKind {
    /// `{{` without `}}`.
    Unclosed,
    /// A field that does not exist.
    Field,
    /// An encoding that does not exist.
    Encoding,
    /// A limit that is no number from 1 to 99999, or of a field that takes none.
    Limit,
    /// A scale of the priority that does not exist.
    Scale,
    /// More than [`TEMPLATE_PIECES_MAX`] pieces.
    TooLong,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TemplateErrorKind::Unclosed => "\"{{\" without \"}}\"",
            TemplateErrorKind::Field => {
                "unknown placeholder; there are {{text}}, {{router}}, {{rule}}, {{severity}}, \
                 {{priority}}, {{source}}, {{time}}, {{topics}}, {{id}} and, in a webhook, {{title}}"
            }
            TemplateErrorKind::Encoding => {
                "unknown encoding; there are |json, |url and |raw, as in {{text|url}}"
            }
            TemplateErrorKind::Limit => {
                "only text, router and topics take a limit, from 1 to 99999 characters, as in \
                 {{text:1024}}"
            }
            TemplateErrorKind::Scale => {
                "unknown scale; there are {{priority}} (a word), {{priority:ntfy}}, \
                 {{priority:gotify}} and {{priority:pushover}}"
            }
            TemplateErrorKind::TooLong => "too many placeholders",
        })
    }
}

impl Field {
    /// Returns whether it can be long, so that it shares the room for text.
    const fn is_long(self) -> bool {
        matches!(self, Self::Text | Self::Router | Self::Topics)
    }
}

impl Piece<'_> {
    /// Returns a piece of a title as its place demands it.
    const fn encoded(self, as_its_place: Encoding) -> Self {
        match self {
            Self::Literal(text) => Self::Title(text, as_its_place),
            Self::Placeholder { field, limit, .. } => Self::Placeholder {
                field,
                encoding: as_its_place,
                limit,
            },
            Self::Title(..) => self,
        }
    }
}

impl<'a> Template<'a> {
    /// Parses a template whose placeholders are encoded in `default` where
    /// they do not say otherwise.
    ///
    /// # Errors
    ///
    /// See [`TemplateErrorKind`].
    pub fn parse(source: &'a str, default: Encoding) -> Result<Self, TemplateError> {
        Self::parse_with(source, default, None)
    }

    /// The same for a template that may hold `{{title}}`, which stands for another one.
    ///
    /// # Errors
    ///
    /// See [`TemplateErrorKind`].
    pub fn parse_with(
        source: &'a str,
        default: Encoding,
        title: Option<&Self>,
    ) -> Result<Self, TemplateError> {
        let mut pieces = heapless::Vec::new();
        let mut rest = source;
        while !rest.is_empty() {
            let offset = source.len() - rest.len();
            let error = |kind| TemplateError { offset, kind };
            let piece = if let Some(inside) = rest.strip_prefix("{{") {
                let Some((inside, after)) = split_at_mark(inside, "}}") else {
                    return Err(error(TemplateErrorKind::Unclosed));
                };
                rest = after;
                let piece = placeholder(inside, default).map_err(error)?;
                if let Piece::Title(_, encoding) = piece {
                    let title = title.ok_or_else(|| error(TemplateErrorKind::Field))?;
                    for piece in &title.pieces {
                        let pushed = pieces.push(piece.encoded(encoding));
                        pushed.map_err(|_| error(TemplateErrorKind::TooLong))?;
                    }
                    continue;
                }
                piece
            } else {
                let (literal, after) =
                    rest.split_at(find(rest.as_bytes(), b"{{").unwrap_or(rest.len()));
                rest = after;
                Piece::Literal(literal)
            };
            if pieces.push(piece).is_err() {
                return Err(error(TemplateErrorKind::TooLong));
            }
        }
        Ok(Self { pieces })
    }

    /// Returns whether the template holds a placeholder of `field`.
    #[must_use]
    pub fn uses(&self, field: Field) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Placeholder { field: f, .. } if *f == field))
    }

    /// Returns the literal parts, in order.
    pub fn literals(&self) -> impl Iterator<Item = &'a str> {
        self.pieces.iter().filter_map(|piece| match *piece {
            Piece::Literal(literal) => Some(literal),
            _ => None,
        })
    }

    /// Returns the literal beginning of the template.
    #[must_use]
    pub fn literal_prefix(&self) -> &'a str {
        match self.pieces.first() {
            Some(Piece::Literal(literal)) => literal,
            _ => "",
        }
    }

    /// Returns how many of the message's notifications fit where the template
    /// has the most room for text; elsewhere (a title) text may be cut.
    ///
    /// `room` is what all text placeholders together may take of the request,
    /// `units_max` the most of one that sets no limit of its own.
    #[must_use]
    pub(in crate::delivery) fn count_that_fits(
        &self,
        message: &Message<'_>,
        room: usize,
        units_max: usize,
    ) -> usize {
        let widest = |wanted| {
            self.long_ones()
                .filter(|(field, ..)| *field == wanted)
                .max_by_key(|(.., limit)| limit.unwrap_or(units_max))
        };
        // The text names all routers, so it takes more room than their names.
        let widest = widest(Field::Text).or_else(|| widest(Field::Router));
        let Some((_, encoding, limit)) = widest else {
            return message.count;
        };
        let quota = Size {
            units: limit.unwrap_or(units_max),
            bytes: self.share(room),
        };
        message.count_that_fits(style(encoding), quota, LINE_BREAK)
    }

    /// Writes the template with its placeholders filled. Text that is longer
    /// than its placeholder's limit, or than its share of `room`, is cut.
    pub(in crate::delivery) fn expand(
        &self,
        message: &Message<'_>,
        room: usize,
        units_max: usize,
        out: &mut FixedStr<'_>,
    ) {
        let share = self.share(room);
        for piece in &self.pieces {
            match *piece {
                Piece::Literal(literal) => out.push(literal),
                Piece::Title(text, encoding) => {
                    let quota = Size {
                        units: units_max,
                        bytes: share,
                    };
                    let write = |writer: &mut TextWriter<'_, '_>| {
                        writer.write_part(Origin::Mask, text);
                    };
                    write_within(&write, style(encoding), quota, out);
                }
                Piece::Placeholder {
                    field,
                    encoding,
                    limit,
                } if field.is_long() => {
                    let quota = Size {
                        units: limit.unwrap_or(units_max),
                        bytes: share,
                    };
                    let write = |writer: &mut TextWriter<'_, '_>| match field {
                        Field::Router => message.write_routers(writer),
                        Field::Topics => message.write_topics(writer),
                        _ => message.write(writer),
                    };
                    write_within(&write, style(encoding), quota, out);
                }
                Piece::Placeholder {
                    field,
                    encoding,
                    limit: scale,
                } => {
                    let writer = &mut TextWriter::new(out, style(encoding));
                    write_value(field, scale, message, writer);
                }
            }
        }
    }

    /// Writes the template as a message's title of one line, in one style and cut at a
    /// quota. Of the text it has the first line. It is never empty, which a service could
    /// refuse the message for.
    pub(in crate::delivery) fn write_title(
        &self,
        message: &Message<'_>,
        style: Style,
        quota: Size,
        out: &mut FixedStr<'_>,
    ) {
        let start = out.len();
        let write_long = |field, writer: &mut TextWriter<'_, '_>| match field {
            Field::Router => message.write_routers(writer),
            Field::Topics => message.write_topics(writer),
            _ => {
                if let Some(line) = message.lines().next() {
                    line.write(writer);
                }
            }
        };
        let write = |writer: &mut TextWriter<'_, '_>| {
            for piece in &self.pieces {
                match *piece {
                    Piece::Literal(text) | Piece::Title(text, _) => {
                        writer.write_part(Origin::Mask, text);
                    }
                    Piece::Placeholder { field, limit, .. } if field.is_long() => {
                        let limit = limit.unwrap_or(usize::MAX);
                        writer.write_limited(limit, &|writer| write_long(field, writer));
                    }
                    Piece::Placeholder { field, limit, .. } => {
                        write_value(field, limit, message, writer);
                    }
                }
            }
        };
        write_within(&write, style, quota, out);
        let title = out.as_str().get(start..).unwrap_or_default();
        if title.trim().is_empty() {
            out.push("alertik");
        }
    }

    /// Returns the part of the room for text that each placeholder has which can be long.
    fn share(&self, room: usize) -> usize {
        let is_title = |piece: &&Piece<'_>| matches!(piece, Piece::Title(..));
        let titles = self.pieces.iter().filter(is_title).count();
        room / (titles + self.long_ones().count()).max(1)
    }

    fn long_ones(&self) -> impl Iterator<Item = (Field, Encoding, Option<usize>)> {
        self.pieces.iter().filter_map(|piece| match *piece {
            Piece::Placeholder {
                field,
                encoding,
                limit,
            } if field.is_long() => Some((field, encoding, limit)),
            _ => None,
        })
    }
}

const fn style(encoding: Encoding) -> Style {
    Style {
        markup: Markup::None,
        encoding,
        unit: Unit::Scalars,
    }
}

fn write_value(field: Field, scale: Option<usize>, message: &Message<'_>, writer: &mut dyn Write) {
    let first = message.first();
    // Writing into a body never fails.
    let _ = match (field, first) {
        (Field::Id, _) => write!(writer, "{:08x}{:08x}", message.id.start, message.id.number),
        (Field::Rule, Some(first)) => write!(writer, "{}", first.rule),
        (Field::Source, Some(first)) => write!(writer, "{}", first.source.to_canonical()),
        (Field::Time, Some(first)) => write!(writer, "{}", first.at),
        (Field::Time, None) => match message.losses.iter().next() {
            Some(loss) => write!(writer, "{}", loss.since),
            None => Ok(()),
        },
        (Field::Severity, Some(first)) => {
            writer.write_str(first.severity.map_or("", |severity| severity.name()))
        }
        (Field::Priority, first) => {
            let priority = first.map_or(Priority::Normal, |first| first.priority) as usize;
            match scale.and_then(|scale| SCALES.get(scale)) {
                Some((_, numbers)) => write!(writer, "{}", numbers[priority]),
                None => writer.write_str(Priority::WORDS[priority]),
            }
        }
        // A message that only reports a loss is alertik's own.
        (Field::Severity, None) => writer.write_str(Severity::Warning.name()),
        (Field::Rule | Field::Source, None) => writer.write_str("alertik"),
        // Those that can be long are written elsewhere.
        (Field::Router | Field::Text | Field::Topics, _) => Ok(()),
    };
}

fn placeholder<'a>(inside: &str, default: Encoding) -> Result<Piece<'a>, TemplateErrorKind> {
    let (head, encoding) = match inside.split_once('|') {
        None => (inside, default),
        Some((head, encoding)) => {
            let encoding = match encoding.trim_ascii() {
                "json" => Encoding::Json,
                "url" => Encoding::Url,
                // In a header, raw text still cannot end the line.
                "raw" if default == Encoding::Header => Encoding::Header,
                "raw" => Encoding::Raw,
                _ => return Err(TemplateErrorKind::Encoding),
            };
            (head, encoding)
        }
    };
    let (name, limit) = match head.split_once(':') {
        None => (head, None),
        Some((name, scale)) if name.trim_ascii() == "priority" => {
            let is_it = |(known, _): &(&str, _)| *known == scale.trim_ascii();
            let found = SCALES.iter().position(is_it);
            (name, Some(found.ok_or(TemplateErrorKind::Scale)?))
        }
        Some((name, limit)) => {
            let limit = limit.trim_ascii();
            let digits = limit.len() <= 5 && limit.bytes().all(|b| b.is_ascii_digit());
            match limit.parse() {
                Ok(1_usize..) if digits => (name, limit.parse().ok()),
                _ => return Err(TemplateErrorKind::Limit),
            }
        }
    };
    let field = match name.trim_ascii() {
        "title" if limit.is_some() => return Err(TemplateErrorKind::Limit),
        "title" => return Ok(Piece::Title("", encoding)),
        "text" => Field::Text,
        "router" => Field::Router,
        "rule" => Field::Rule,
        "severity" => Field::Severity,
        "priority" => Field::Priority,
        "source" => Field::Source,
        "time" => Field::Time,
        "topics" => Field::Topics,
        "id" => Field::Id,
        _ => return Err(TemplateErrorKind::Field),
    };
    if limit.is_some() && !field.is_long() && field != Field::Priority {
        return Err(TemplateErrorKind::Limit);
    }
    Ok(Piece::Placeholder {
        field,
        encoding,
        limit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString as _;

    /// Mistakes are found at their places and named with the remedy.
    #[test]
    fn mistakes() {
        for (source, offset, kind, words) in [
            ("a {{text", 2, TemplateErrorKind::Unclosed, "without"),
            (
                "a {{id}} {{user}}",
                9,
                TemplateErrorKind::Field,
                "there are {{text}}",
            ),
            (
                "{{text|xml}}",
                0,
                TemplateErrorKind::Encoding,
                "|json, |url and |raw",
            ),
            ("{{text:0}}", 0, TemplateErrorKind::Limit, "from 1 to 99999"),
            (
                "{{text:+5}}",
                0,
                TemplateErrorKind::Limit,
                "from 1 to 99999",
            ),
            (
                "{{text:000001}}",
                0,
                TemplateErrorKind::Limit,
                "from 1 to 99999",
            ),
            (
                "{{id:5}}",
                0,
                TemplateErrorKind::Limit,
                "only text, router and topics",
            ),
            (
                "{{title:5}}",
                0,
                TemplateErrorKind::Limit,
                "only text, router and topics",
            ),
            (
                &"{{id}}".repeat(TEMPLATE_PIECES_MAX + 1),
                6 * TEMPLATE_PIECES_MAX,
                TemplateErrorKind::TooLong,
                "too many",
            ),
        ] {
            let error = Template::parse(source, Encoding::Json)
                .map(|_| ())
                .unwrap_err();
            assert_eq!((error.offset, error.kind), (offset, kind), "{source}");
            assert!(error.to_string().contains(words), "{error}");
        }
        for source in ["{{text:1}}", "{{ text : 99999 | url }}", "{{router:7}}"] {
            assert!(Template::parse(source, Encoding::Json).is_ok(), "{source}");
        }
    }

    /// A placeholder has the encoding that it names; in a header, what it names as raw
    /// still cannot end the line.
    #[test]
    fn encodings() {
        for (name, default, expected) in [
            ("", Encoding::Url, Encoding::Url),
            ("|json", Encoding::Url, Encoding::Json),
            ("| url", Encoding::Json, Encoding::Url),
            ("|raw", Encoding::Json, Encoding::Raw),
            ("|raw", Encoding::Header, Encoding::Header),
        ] {
            let source = std::format!("{{{{text{name}}}}}");
            let template = Template::parse(&source, default).unwrap();
            let found = template.long_ones().map(|(_, encoding, _)| encoding);
            assert!(found.eq([expected]), "{source} in {default:?}");
        }
    }

    /// What can be long has equal parts of the room, a title's words included; what
    /// cannot takes none.
    #[test]
    fn shares() {
        let title = Template::parse("at {{router}}", Encoding::Raw).unwrap();
        for (source, share) in [
            ("{{rule}} {{id}}", 60),
            ("{{text}} {{id}}", 60),
            ("{{text}} {{text}} {{topics}}", 20),
            ("{{title}} {{text}}", 20),
            ("{{title}} {{title}} {{text}}", 12),
        ] {
            let template = Template::parse_with(source, Encoding::Json, Some(&title)).unwrap();
            assert_eq!(template.share(60), share, "{source}");
        }
    }

    /// The literals are what a URL has around its placeholders, and its beginning what it
    /// has before the first.
    #[test]
    fn literals() {
        for (source, prefix, literals) in [
            (
                "https://a/{{id}}/b",
                "https://a/",
                &["https://a/", "/b"][..],
            ),
            ("{{id}}/b", "", &["/b"]),
            ("", "", &[]),
        ] {
            let template = Template::parse(source, Encoding::Url).unwrap();
            assert_eq!(template.literal_prefix(), prefix);
            assert!(template.literals().eq(literals.iter().copied()), "{source}");
        }
    }
}
