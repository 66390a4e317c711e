//! The conditions of a rule beside its pattern: topics and routers.
//!
//! A filter is looked at after the screen has found that the rule may match, and
//! before the pattern is, so it costs nothing for the lines that most are.

use alloc::boxed::Box;
use core::fmt;
use core::net::IpAddr;

use crate::prefix::Prefix;
use crate::routers::RouterName;
use crate::syslog::Topics;

/// A router that a filter names.
#[derive(Clone, Debug)]
pub enum RouterFilter {
    /// By its name.
    Name(Box<str>),
    /// By its address.
    Prefix(Prefix),
}

/// What a rule wants of a line beside its text. An empty list wants nothing.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// All of these topics must be there.
    pub topics: Box<[Box<str>]>,
    /// None of these topics may be there.
    pub without_topics: Box<[Box<str>]>,
    /// A line that does not say its topics does not pass. Otherwise it does.
    pub drops_unknown: bool,
    /// One of these routers must have sent the line.
    pub routers: Box<[RouterFilter]>,
    /// The pattern is looked for in the message without its header, so that `^` is where
    /// the message begins.
    pub is_for_message: bool,
    /// No rule before this one may have matched the line.
    pub is_for_unmatched: bool,
}

impl Filter {
    /// Returns whether every line passes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        !self.has_topics()
            && self.routers.is_empty()
            && !self.is_for_message
            && !self.is_for_unmatched
    }

    const fn has_topics(&self) -> bool {
        !self.topics.is_empty() || !self.without_topics.is_empty()
    }

    /// Returns whether a line passes.
    pub(super) fn passes(&self, source: IpAddr, name: RouterName<'_>, topics: Topics<'_>) -> bool {
        let sent = |router: &RouterFilter| match router {
            RouterFilter::Name(wanted) => name.is(wanted),
            RouterFilter::Prefix(prefix) => prefix.contains(source),
        };
        if !self.routers.is_empty() && !self.routers.iter().any(sent) {
            return false;
        }
        self.takes(topics)
    }

    /// Returns whether a line with these topics passes, if its router does.
    #[must_use]
    pub fn takes(&self, topics: Topics<'_>) -> bool {
        if topics.is_empty() {
            return !(self.has_topics() && self.drops_unknown);
        }
        let holds = |topic: &str| topics.contains(topic.as_bytes());
        self.topics.iter().all(|topic| holds(topic))
            && !self.without_topics.iter().any(|topic| holds(topic))
    }
}

/// Says what passes, in words without a full stop; nothing for an empty filter.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_for_unmatched {
            f.write_str("only if no rule before matched")?;
        }
        if !self.has_topics() {
            return Ok(());
        }
        f.write_str(if self.is_for_unmatched {
            "; lines"
        } else {
            "lines"
        })?;
        for (index, topic) in self.topics.iter().enumerate() {
            f.write_str(if index == 0 { " with " } else { " and " })?;
            f.write_str(topic)?;
        }
        for (index, topic) in self.without_topics.iter().enumerate() {
            f.write_str(match index {
                0 if self.topics.is_empty() => " without ",
                0 => ", without ",
                _ => " and ",
            })?;
            f.write_str(topic)?;
        }
        let passes = if self.drops_unknown {
            "does not pass"
        } else {
            "passes"
        };
        write!(f, "; a line without topics {passes}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syslog::parse;

    fn list(topics: &[&str]) -> Box<[Box<str>]> {
        topics.iter().map(|&topic| topic.into()).collect()
    }

    fn passes(filter: &Filter, line: &str) -> bool {
        let source = IpAddr::from([192, 0, 2, 1]);
        filter.passes(
            source,
            RouterName::Named("office"),
            parse(line.as_bytes()).topics,
        )
    }

    /// All of these, none of those; lines without topics as the filter says.
    #[test]
    fn topics() {
        let mut filter = Filter {
            topics: list(&["system", "error"]),
            without_topics: list(&["debug"]),
            ..Filter::default()
        };
        assert!(passes(&filter, "system,error,critical x"));
        assert!(!passes(&filter, "system,info x"));
        assert!(!passes(&filter, "system,error,debug x"));
        assert!(passes(&filter, "x"));
        filter.drops_unknown = true;
        assert!(!passes(&filter, "x"));
        assert_eq!(
            filter.to_string(),
            "lines with system and error, without debug; a line without topics does not pass"
        );
        filter.topics = list(&[]);
        assert!(passes(&filter, "system,info x"));
        assert_eq!(
            filter.to_string(),
            "lines without debug; a line without topics does not pass"
        );
    }

    /// A filter that wants anything is no empty one.
    #[test]
    fn emptiness() {
        let off = Filter::default;
        assert!(off().is_empty());
        for filter in [
            Filter {
                topics: list(&["system"]),
                ..off()
            },
            Filter {
                without_topics: list(&["debug"]),
                ..off()
            },
            Filter {
                routers: Box::new([RouterFilter::Name("office".into())]),
                ..off()
            },
            Filter {
                is_for_message: true,
                ..off()
            },
            Filter {
                is_for_unmatched: true,
                ..off()
            },
        ] {
            assert!(!filter.is_empty(), "{filter:?}");
        }
    }

    /// A router is wanted by name, by address or by range.
    #[test]
    fn routers() {
        let filter = |routers| Filter {
            routers,
            drops_unknown: true,
            ..Filter::default()
        };
        let prefix = |text: &str| RouterFilter::Prefix(text.parse().unwrap());
        let name = |name: &str| RouterFilter::Name(name.into());
        for (router, expected) in [
            (name("office"), true),
            (name("lab"), false),
            (prefix("192.0.2.0/24"), true),
            (prefix("192.0.2.2"), false),
        ] {
            let more = Box::new([name("other"), router]);
            assert_eq!(passes(&filter(more), "x"), expected);
        }
        assert!(passes(&filter(Box::new([])), "x"));
    }
}
