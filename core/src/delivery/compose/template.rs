//! A user's template for a generic webhook's URL, headers or body.
//!
//! ```text
//! template    = *( literal / placeholder )
//! placeholder = "{{" field [ ":" limit ] [ "|" encoding ] "}}"
//! field       = "text" / "rule" / "source" / "time" / "id"
//! limit       = 1*5DIGIT              ; characters, only of text
//! encoding    = "json" / "url" / "raw"
//! ```
//!
//! Blanks around the three parts are ignored. A template is parsed once, at
//! start-up, and its expansion is a single pass: what a placeholder expands to
//! is never looked at again, so a log line that holds `{{text}}` is just text.

use core::fmt::{self, Write};

use crate::bytes::{find, split_at_mark};
use crate::delivery::compose::fixed_str::FixedStr;
use crate::delivery::compose::message::{LINE_BREAK, Message};
use crate::delivery::compose::writer::{Encoding, Markup, Size, Style, TextWriter, Unit};
use crate::limits::TEMPLATE_PIECES_MAX;

/// The value that a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The message: one notification, or several lines.
    Text,
    /// The name of the rule of the message's first notification.
    Rule,
    /// The address of the device that sent its log line.
    Source,
    /// When that line arrived, local time.
    Time,
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
    Placeholder {
        field: Field,
        encoding: Encoding,
        limit: Option<usize>,
    },
}

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
    /// A limit that is no number from 1 to 99999, or not of `text`.
    Limit,
    /// More than [`TEMPLATE_PIECES_MAX`] pieces.
    TooLong,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TemplateErrorKind::Unclosed => "\"{{\" without \"}}\"",
            TemplateErrorKind::Field => {
                "unknown placeholder; there are {{text}}, {{rule}}, {{source}}, {{time}} and {{id}}"
            }
            TemplateErrorKind::Encoding => {
                "unknown encoding; there are |json, |url and |raw, as in {{text|url}}"
            }
            TemplateErrorKind::Limit => {
                "only text takes a limit, from 1 to 99999 characters, as in {{text:1024}}"
            }
            TemplateErrorKind::TooLong => "too many placeholders",
        })
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
                placeholder(inside, default).map_err(error)?
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
            Piece::Placeholder { .. } => None,
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
        let texts = self.texts().count();
        let widest = self
            .texts()
            .max_by_key(|(_, limit)| limit.unwrap_or(units_max));
        let Some((encoding, limit)) = widest else {
            return message.count;
        };
        let quota = Size {
            units: limit.unwrap_or(units_max),
            bytes: room / texts,
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
        let share = room / self.texts().count().max(1);
        for piece in &self.pieces {
            match *piece {
                Piece::Literal(literal) => out.push(literal),
                Piece::Placeholder {
                    field: Field::Text,
                    encoding,
                    limit,
                } => {
                    let quota = Size {
                        units: limit.unwrap_or(units_max),
                        bytes: share,
                    };
                    message.write_within(style(encoding), quota, out);
                }
                Piece::Placeholder {
                    field, encoding, ..
                } => write_value(field, message, TextWriter::new(out, style(encoding))),
            }
        }
    }

    fn texts(&self) -> impl Iterator<Item = (Encoding, Option<usize>)> {
        self.pieces.iter().filter_map(|piece| match *piece {
            Piece::Placeholder {
                field: Field::Text,
                encoding,
                limit,
            } => Some((encoding, limit)),
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

fn write_value(field: Field, message: &Message<'_>, mut writer: TextWriter<'_, '_>) {
    let first = message.first();
    let writer: &mut dyn Write = &mut writer;
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
        // A message that only tells a loss is alertik's own.
        (Field::Rule | Field::Source | Field::Text, _) => writer.write_str("alertik"),
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
        "text" => Field::Text,
        "rule" => Field::Rule,
        "source" => Field::Source,
        "time" => Field::Time,
        "id" => Field::Id,
        _ => return Err(TemplateErrorKind::Field),
    };
    if limit.is_some() && field != Field::Text {
        return Err(TemplateErrorKind::Limit);
    }
    Ok(Piece::Placeholder {
        field,
        encoding,
        limit,
    })
}
