//! The mask of a rule: the notification's text with places for what matched.
//!
//! ```text
//! mask    := piece*
//! piece   := '@@'                 an '@'
//!          | '@' digit digit?     the group with that number, 1 to 31
//!          | '@{' name '}'        a fact about the line
//!          | '\n'  (typed)        a newline
//!          | '\\'  (typed)        a backslash
//!          | any other character  itself
//! ```
//!
//! One or two digits are taken greedily, so `@12` is group 12 and `@1@` cannot
//! mean group 1 and an at sign (write `@1@@`). In a rule without groups there is
//! nothing to refer to, and a lone `@` is an at sign, as it was in the
//! predecessor; `@@` is one there as well. So is `@{` in front of anything but the
//! name of a fact and `}`: `router`, `source`, `topics`, `severity`, `text` (the line
//! without its header), `time` (when it arrived), `rule`, `count` (of the matches that the
//! notification stands for), `first` and `last` (when these arrived), `duration` (of a case
//! that has ended) and `pause` (before the line, in which the router sent nothing).
//! `@@{text}` is `@{text}`.
//!
//! A mask is parsed once, when the rules are compiled, and its expansion cannot
//! fail.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

use crate::ids::RuleName;
use crate::limits::{GROUPS_MAX, MASK_BYTES_MAX, MESSAGE_BYTES_MAX};
use crate::matching::Span;
use crate::routers::RouterName;
use crate::syslog::Line;
use crate::text::TextBuffer;
use crate::time::{Duration, Wall};

/// A parsed mask.
#[derive(Debug)]
pub struct Mask {
    pieces: Box<[Piece]>,
}

#[derive(Debug)]
enum Piece {
    Literal(Box<str>),
    /// A group's number, 1 to [`GROUPS_MAX`].
    Group(u8),
    Fact(Fact),
}

/// A fact about a line that a mask can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fact {
    Count,
    Duration,
    First,
    Last,
    Pause,
    Router,
    Rule,
    Severity,
    Source,
    Text,
    Time,
    Topics,
}

impl Fact {
    /// Returns whether the fact differs for matches that mean the same.
    const fn passes(self) -> bool {
        matches!(
            self,
            Self::Count | Self::Duration | Self::First | Self::Last | Self::Pause | Self::Time
        )
    }
}

/// The facts by their names in masks.
const FACTS: [(&str, Fact); 12] = [
    ("count", Fact::Count),
    ("duration", Fact::Duration),
    ("first", Fact::First),
    ("last", Fact::Last),
    ("pause", Fact::Pause),
    ("router", Fact::Router),
    ("rule", Fact::Rule),
    ("severity", Fact::Severity),
    ("source", Fact::Source),
    ("text", Fact::Text),
    ("time", Fact::Time),
    ("topics", Fact::Topics),
];

/// All that a mask can say of a line beside its groups.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The rule that matched.
    pub rule: RuleName,
    /// When the line arrived.
    pub at: Wall,
    /// The address that sent it.
    pub source: IpAddr,
    /// The router's name.
    pub router: RouterName<'a>,
    /// The line taken apart.
    pub line: &'a Line<'a>,
    /// How many matches the notification stands for.
    pub count: u16,
    /// When the first of them arrived.
    pub first: Wall,
    /// For a recovery, how long its case was open.
    pub duration: Option<Duration>,
    /// For how long the router had sent nothing before, if that is known.
    pub pause: Option<Duration>,
    /// Which facts give no text.
    pub without: Without,
}

/// The facts that are left out of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// None.
    None,
    /// Those that differ for matches that mean the same: the text is a key.
    Passing,
    /// All: the text is a key that two different lines have in common.
    All,
}

impl Facts<'_> {
    fn write(&self, fact: Fact, out: &mut TextBuffer) {
        match self.without {
            Without::Passing if fact.passes() => return,
            Without::All => return,
            _ => {}
        }
        match fact {
            Fact::Count => out.push_display(&self.count),
            Fact::Duration => {
                if let Some(duration) = &self.duration {
                    out.push_display(duration);
                }
            }
            Fact::First => out.push_display(&self.first),
            Fact::Last => out.push_display(&self.at),
            Fact::Pause => match &self.pause {
                Some(pause) => out.push_display(pause),
                None => out.push_mask("unknown"),
            },
            Fact::Router => self.router.write(out),
            Fact::Rule => out.push_display(&self.rule),
            Fact::Severity => {
                if let Some(severity) = self.line.severity() {
                    out.push_mask(severity.name());
                }
            }
            Fact::Source => out.push_display(&self.source),
            Fact::Text => {
                // The line's text without escapes; it is one part, or its characters
                // might be torn apart.
                let mut text = heapless::Vec::<u8, MESSAGE_BYTES_MAX>::new();
                text.extend(self.line.text_bytes().take(MESSAGE_BYTES_MAX));
                out.push_log(&text);
            }
            Fact::Time => out.push_display(&self.at),
            Fact::Topics => out.push_log(self.line.topics.as_bytes()),
        }
    }
}

/// Error returned by [`Mask::parse`].
///
/// `Display` says in plain words what is wrong and what to write instead; the
/// place is [`offset`](Self::offset).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskError {
    offset: usize,
    kind: ErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ErrorKind {
    /// An `@` followed by neither a digit nor another `@`.
    LoneAt,
    /// A group number that the rule has no group for.
    NoSuchGroup { number: u8, groups: usize },
    /// The mask is longer than [`MASK_BYTES_MAX`].
    TooLong,
}

impl MaskError {
    /// Returns the byte offset in the mask of what is wrong.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for MaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::LoneAt => write!(
                f,
                "'@' stands alone; write @1 to @{GROUPS_MAX} for a group of the expression, @{{count}}, \
                 @{{duration}}, @{{first}}, @{{last}}, @{{pause}}, @{{router}}, @{{rule}}, @{{severity}}, \
                 @{{source}}, @{{text}}, @{{time}} or @{{topics}} for a fact about the line, or @@ for an at sign"
            ),
            ErrorKind::NoSuchGroup { number, groups } => {
                let last = groups.min(GROUPS_MAX);
                write!(
                    f,
                    "there is no group @{number}; the expression has {groups}, so @1 to @{last} are allowed, and @@ for an at sign"
                )
            }
            ErrorKind::TooLong => write!(f, "the mask is longer than {MASK_BYTES_MAX} bytes"),
        }
    }
}

impl core::error::Error for MaskError {}

impl Mask {
    /// Parses the mask of a rule whose expression has `groups` groups, 0 for a
    /// substring.
    ///
    /// # Errors
    ///
    /// Returns the first mistake with its place.
    pub fn parse(mask: &str, groups: usize) -> Result<Self, MaskError> {
        if mask.len() > MASK_BYTES_MAX {
            return Err(MaskError {
                offset: MASK_BYTES_MAX,
                kind: ErrorKind::TooLong,
            });
        }
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = mask;
        while let Some(first) = rest.chars().next() {
            let offset = mask.len() - rest.len();
            let (taken, place) = match first {
                '@' => parse_at(rest, offset, groups)?,
                '\\' if rest.starts_with("\\n") => (("\n", 2), None),
                '\\' if rest.starts_with("\\\\") => (("\\", 2), None),
                _ => ((&rest[..first.len_utf8()], first.len_utf8()), None),
            };
            let (text, length) = taken;
            literal.push_str(text);
            if let Some(place) = place {
                flush(&mut literal, &mut pieces);
                pieces.push(place);
            }
            rest = &rest[length..];
        }
        flush(&mut literal, &mut pieces);
        Ok(Self {
            pieces: pieces.into_boxed_slice(),
        })
    }

    /// Returns the mask of no text.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            pieces: Box::default(),
        }
    }

    /// Returns whether the mask refers to a group, so that captures are needed.
    #[must_use]
    pub fn uses_groups(&self) -> bool {
        self.groups() > 0
    }

    /// Returns the highest number of a group that the mask refers to, or 0.
    #[must_use]
    pub fn groups(&self) -> usize {
        let groups = self.pieces.iter().map(|piece| match piece {
            Piece::Group(number) => usize::from(*number),
            _ => 0,
        });
        groups.max().unwrap_or(0)
    }

    /// Returns whether the mask refers to a fact that differs for matches that mean the
    /// same.
    #[must_use]
    pub fn says_what_passes(&self) -> bool {
        let passes = |piece: &Piece| matches!(piece, Piece::Fact(fact) if fact.passes());
        self.pieces.iter().any(passes)
    }

    /// Appends the mask with its facts, and its groups filled in from `message`. A group that
    /// took no part in the match, or is empty, gives empty text. `spans[n]` is
    /// group `n`; `spans[0]` is not used. A NUL becomes U+FFFD, because no service
    /// takes one and some refuse the whole message.
    pub fn expand(
        &self,
        message: &[u8],
        spans: &[Option<Span>],
        facts: &Facts<'_>,
        out: &mut TextBuffer,
    ) {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_mask(text),
                Piece::Fact(fact) => facts.write(*fact, out),
                Piece::Group(number) => {
                    let span = spans.get(usize::from(*number)).copied().flatten();
                    let bytes = span.and_then(|span| message.get(span.start..span.end));
                    let parts = bytes.unwrap_or_default().split(|&byte| byte == 0);
                    for (index, part) in parts.enumerate() {
                        if index > 0 {
                            out.push_log("\u{fffd}".as_bytes());
                        }
                        out.push_log(part);
                    }
                }
            }
        }
    }
}

fn flush(literal: &mut String, pieces: &mut Vec<Piece>) {
    if !literal.is_empty() {
        pieces.push(Piece::Literal(core::mem::take(literal).into_boxed_str()));
    }
}

/// The meaning of an `@` and the characters after it: literal text with the
/// number of mask bytes taken, and a place to fill in.
type Taken = ((&'static str, usize), Option<Piece>);

/// Parses what follows an `@` at the beginning of `rest`.
fn parse_at(rest: &str, offset: usize, groups: usize) -> Result<Taken, MaskError> {
    let after = &rest.as_bytes()[1..];
    if after.first() == Some(&b'@') {
        return Ok((("@", 2), None));
    }
    if let Some(inside) = after.strip_prefix(b"{") {
        let is_named = |(name, _): &&(&str, Fact)| {
            let rest = inside.strip_prefix(name.as_bytes());
            rest.is_some_and(|rest| rest.first() == Some(&b'}'))
        };
        if let Some((name, fact)) = FACTS.iter().find(is_named) {
            return Ok((("", name.len() + 3), Some(Piece::Fact(*fact))));
        }
    }
    // Nothing to refer to: the predecessor's masks have lone at signs there.
    if groups == 0 {
        return Ok((("@", 1), None));
    }
    let digits = after.iter().take(2).take_while(|b| b.is_ascii_digit());
    let (number, length) = digits.fold((0, 0), |(n, len), b| (n * 10 + (b - b'0'), len + 1));
    let kind = if length == 0 {
        ErrorKind::LoneAt
    } else if number == 0 || usize::from(number) > groups.min(GROUPS_MAX) {
        ErrorKind::NoSuchGroup { number, groups }
    } else {
        return Ok((("", 1 + length), Some(Piece::Group(number))));
    };
    Err(MaskError { offset, kind })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syslog::parse;

    fn expand(mask: &str, message: &str, spans: &[Option<(usize, usize)>]) -> String {
        let spans: Vec<_> = core::iter::once(None)
            .chain(
                spans
                    .iter()
                    .map(|s| s.map(|(start, end)| Span { start, end })),
            )
            .collect();
        let mut out = TextBuffer::new();
        let line = parse(message.as_bytes());
        let facts = Facts {
            rule: RuleName::Environment(3),
            at: Wall::default(),
            source: IpAddr::from([192, 0, 2, 1]),
            router: RouterName::Identity(b"tik"),
            line: &line,
            count: 5,
            first: Wall::default(),
            duration: Some(Duration(61_000)),
            pause: None,
            without: Without::None,
        };
        let mask = Mask::parse(mask, spans.len() - 1).unwrap();
        mask.expand(message.as_bytes(), &spans, &facts, &mut out);
        out.as_text().parts().map(|(_, part)| part).collect()
    }

    fn error(mask: &str, groups: usize) -> (usize, String) {
        let error = Mask::parse(mask, groups).unwrap_err();
        (error.offset(), error.to_string())
    }

    /// Digits are greedy, leading zeros are allowed, groups may repeat.
    #[test]
    fn groups_are_filled_in() {
        let spans = [Some((0, 1)), Some((1, 3)), None, Some((2, 2))];
        assert_eq!(expand("@1-@02-@1 0", "abc", &spans), "a-bc-a 0");
        assert_eq!(expand("[@3|@4]", "abc", &spans), "[|]");
        let twelve: Vec<_> = (0..12).map(|i| Some((i, i + 1))).collect();
        assert_eq!(expand("@123", "abcdefghijkl", &twelve), "l3");
    }

    /// Escapes, with groups and without.
    #[test]
    fn escapes() {
        assert_eq!(
            expand(r"a@@b\nc\\nd\t", "", &[Some((0, 0))]),
            "a@b\nc\\nd\\t"
        );
        assert_eq!(expand("mail a@b.c @@ @1 @", "", &[]), "mail a@b.c @ @1 @");
        assert_eq!(expand("", "", &[]), "");
    }

    /// Each mistake has its byte offset, counted in the mask as typed.
    #[test]
    fn mistakes_are_located() {
        let too_long = "x".repeat(MASK_BYTES_MAX + 1);
        for (mask, groups, offset, words) in [
            ("é @0", 2, 3, "there is no group @0"),
            ("@9", 2, 0, "the expression has 2, so @1 to @2 are allowed"),
            ("@10", 1, 0, "no group @10"),
            ("@32", 40, 0, "so @1 to @31 are allowed"),
            ("ends with @", 1, 10, "'@' stands alone"),
            ("@1@x", 1, 2, "'@' stands alone"),
            (&too_long, 0, MASK_BYTES_MAX, "longer than 4096 bytes"),
        ] {
            let (at, text) = error(mask, groups);
            assert_eq!(at, offset, "{text}");
            assert!(text.contains(words), "{text}");
        }
    }

    /// The longest mask is taken, and what a mask needs of a match is known.
    #[test]
    fn needs() {
        assert!(Mask::parse(&"x".repeat(MASK_BYTES_MAX), 0).is_ok());
        for (mask, uses_groups, passes) in [
            ("@1", true, false),
            ("@@1", false, false),
            ("@{text} @{topics}", false, false),
            ("@{router} @{first}", false, true),
        ] {
            let mask = Mask::parse(mask, 1).unwrap();
            assert_eq!(
                (mask.uses_groups(), mask.says_what_passes()),
                (uses_groups, passes)
            );
        }
    }

    /// Each fact has its name, in rules with groups and without.
    #[test]
    fn facts() {
        let line = r"Oct  2 17:36:35 tik CEF:0|MikroTik|b|7|1|dhcp,info|Low|dvc=::1 msg=a\=é app=x";
        let mask = "@{router}|@{rule}|@{severity}|@{source}|@{text}|@{time}|@{topics}";
        let expected = "tik|EVENT3|info|192.0.2.1|a=é|1970-01-01 00:00:00|dhcp,info";
        for spans in [&[][..], &[Some((0, 1))]] {
            assert_eq!(expand(mask, line, spans), expected);
        }
        assert_eq!(expand("<@{topics}@{severity}>", "x", &[]), "<>");
    }

    /// What is not the name of a fact means what it meant, and `@@` comes first.
    #[test]
    fn other_braces() {
        let mask = "@{ @{} @{nothing} @{text @{ text} @{text}s @@{text} @@@{text}";
        let expected = "@{ @{} @{nothing} @{text @{ text} xs @{text} @x";
        assert_eq!(expand(mask, "x", &[]), expected);
        assert_eq!(error("a@{nothing}", 1).0, 1);
    }

    /// Text from the log cannot be a placeholder.
    #[test]
    fn log_text_is_never_expanded_again() {
        assert_eq!(expand("<@1>", "@1@2\\n", &[Some((0, 6))]), "<@1@2\\n>");
    }
}
