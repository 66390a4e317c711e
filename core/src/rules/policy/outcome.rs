//! A policy's two answers: the decision about a match, and the event of a timer.

use core::fmt;

use crate::ids::{NotifierSet, RuleName, Ticket};
use crate::limits::COOLDOWN_TEXT_BYTES_MAX;
use crate::rules::notice::NoticeHead;
use crate::text::{ShortText, TAIL_BYTES_MAX, Text, TextBuffer, floor_char_boundary};
use crate::time::{Duration, Wall};

/// A policy's decision about a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Decision {
    /// These notifiers get the text now. A delivery that fails for good is
    /// reported under the ticket.
    Notify(NotifierSet, Ticket),
    /// Nobody gets anything now, for this reason.
    Hold(Held),
    /// The table is full, and an entry that has something to say ends now to make
    /// room. `on_timeout` returns its event at once, which goes out first; then
    /// the match is tried again.
    MakeRoom,
}

/// Why a match is not notified now. `Display` says it in a few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// A case of this rule is open for the same router, or its cooldown runs.
    Inhibited(RuleName),
    /// The value was seen before, and only new ones are notified.
    Known,
    /// The value is new, and learned silently.
    Learning,
    /// The rule that must match first has not matched often enough.
    Sequence {
        /// How often it has.
        count: u16,
        /// How often it must.
        of: u16,
    },
    /// The threshold is not reached.
    Threshold {
        /// How many there are.
        count: u16,
        /// How many there must be.
        of: u16,
    },
    /// The recovery may still come within the grace time.
    Grace,
    /// The case is open already, and was notified less than a cooldown ago.
    Open,
    /// The recovery of a case that was not notified.
    NotOpen,
    /// The case begins and ends again and again; it is summed up later.
    Flapping,
    /// The same text was sent less than a cooldown ago.
    Cooldown,
    /// It is quiet.
    Quiet,
    /// A digest collects it.
    Digest,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Inhibited(rule) => return write!(f, "{rule} is under way"),
            Self::Sequence { count, of } => return write!(f, "sequence {count} of {of}"),
            Self::Threshold { count, of } => return write!(f, "threshold {count} of {of}"),
            Self::Known => "its value is known",
            Self::Learning => "its value is new and was learned silently",
            Self::Grace => "its grace time runs",
            Self::Open => "its case is open already",
            Self::NotOpen => "nothing that was notified ends",
            Self::Flapping => "it is flapping",
            Self::Cooldown => "its cooldown runs",
            Self::Quiet => "held until its quiet hours end",
            Self::Digest => "held for its digest",
        };
        f.write_str(words)
    }
}

/// A notification without a message: a timer's.
///
/// Its text was written when the entry was made, from the message of that time,
/// so the event needs neither a message nor its groups. A policy that says
/// something else than the rule's mask (a recovery) expands that then, too.
#[derive(Debug)]
pub(in crate::rules) struct Event {
    /// Complete but for the text, as a message's notification has it.
    pub(super) head: NoticeHead,
    /// Whether the notification begins with the name of its router.
    pub(super) is_named: bool,
    /// The text that the entry has kept, without that name. Nothing depends on the
    /// rest: the key distinguishes texts, and this copy is for people to read.
    pub(super) text: ShortText<COOLDOWN_TEXT_BYTES_MAX>,
    /// The policy's addition.
    pub(super) remark: Remark,
}

impl Event {
    /// Writes the notification's text and returns its head. The remark is never cut off.
    pub(in crate::rules) fn write(mut self, out: &mut TextBuffer) -> NoticeHead {
        self.head.begin(self.is_named, out);
        out.push_text(self.text.as_text());
        if self.remark.has_time() {
            self.head.end(&self.remark, out);
        } else {
            out.push_tail(format_args!("{}", self.remark));
        }
        self.head
    }

    /// Returns how the event is held in a digest: its text, and how many times it stands for.
    /// The digest says when these were. `out` is for texts that have to be written first.
    pub(super) fn for_digest<'a>(&'a self, out: &'a mut TextBuffer) -> (Text<'a>, u32) {
        match self.remark {
            Remark::Repeated {
                times,
                is_tally: false,
                ..
            } => return (self.text.as_text(), times),
            Remark::Began => return (self.text.as_text(), 1),
            _ => {}
        }
        // No more of it is kept, and the remark must be.
        let bytes = self.text.as_text().as_bytes();
        let end = floor_char_boundary(bytes, COOLDOWN_TEXT_BYTES_MAX - TAIL_BYTES_MAX - 1);
        out.clear();
        out.push_text(Text::from_stored(&bytes[..end]));
        match self.remark {
            // What the text says of others does not count for these.
            Remark::Repeated { times, .. } => out.push_tail(format_args!(", {times} more")),
            // All reminders of a case are one text.
            Remark::Lasts { .. } => out.push_mask(", still lasts"),
            remark => out.push_tail(format_args!("{remark}")),
        }
        (out.as_text(), 1)
    }

    /// Returns whether the event is about the time at which it comes.
    pub(super) const fn is_reminder(&self) -> bool {
        matches!(self.remark, Remark::Lasts { .. })
    }
}

/// A policy's addition to a kept text, at most 96 bytes with the time that may follow it; for the short text that names a
/// router at most 128.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remark {
    /// A cooldown has ended. The time of the last repetition follows.
    Repeated {
        /// How often the text was held back.
        times: u32,
        /// Whether the kept text stands for other matches.
        is_tally: bool,
    },
    /// What began is still so after the grace time. The time when it began follows.
    Began,
    /// What began is still so.
    Lasts {
        /// For so long.
        millis: u64,
    },
    /// What began has ended and begun again more than once.
    Flapped {
        /// How often it began.
        times: u16,
        /// From the first of these to the last.
        millis: u64,
        /// Whether it has ended at last.
        is_over: bool,
    },
    /// A router is silent.
    Silent {
        /// For so long.
        millis: u64,
        /// Whether it has not been heard at all.
        is_first: bool,
        /// Whether messages were lost meanwhile, which may have been its own.
        is_lossy: bool,
        /// Now.
        at: Wall,
    },
    /// A router that was silent is heard.
    Heard {
        /// After so long.
        millis: u64,
        /// Whether it was not heard before.
        is_first: bool,
        /// Now.
        at: Wall,
    },
}

impl Remark {
    /// Returns whether a time follows.
    const fn has_time(self) -> bool {
        matches!(self, Self::Repeated { .. } | Self::Began)
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Repeated { times, is_tally } => {
                let (before, after) = match times {
                    _ if is_tally => ("", " more"),
                    1 => ("repeated ", " time"),
                    _ => ("repeated ", " times"),
                };
                write!(f, ", {before}{times}{after}, last at: ")
            }
            Self::Began => f.write_str(", at: "),
            Self::Lasts { millis } => write!(f, ", lasts for {}", Duration(millis)),
            Self::Flapped {
                times,
                millis,
                is_over,
            } => {
                let now = if is_over { "is over" } else { "lasts" };
                let within = Duration(millis);
                write!(f, ", has flapped {times} times in {within} and now {now}")
            }
            Self::Silent {
                millis,
                is_first,
                is_lossy,
                at,
            } => {
                let since = if is_first { " since the start" } else { "" };
                let loss = if is_lossy {
                    ", messages were lost here meanwhile"
                } else {
                    ""
                };
                let within = Duration(millis);
                write!(
                    f,
                    " is silent: nothing heard for {within}{since}{loss}, at: {at}"
                )
            }
            Self::Heard {
                millis,
                is_first,
                at,
            } => {
                let again = if is_first { "" } else { " again" };
                write!(f, " is heard{again} after {}, at: {at}", Duration(millis))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use core::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::rules::About;
    use crate::text::{Origin, Text};
    use crate::time::Wall;

    fn event(text: Text<'_>) -> Event {
        Event {
            head: NoticeHead {
                rule: RuleName::Environment(0),
                notifiers: NotifierSet::EMPTY,
                at: Wall::default(),
                source: IpAddr::V4(Ipv4Addr::LOCALHOST),
                ticket: Ticket::default(),
                about: About::NOTHING,
                name_bytes: 0,
                time_bytes: 0,
            },
            is_named: false,
            text: ShortText::beginning_of(text),
            remark: Remark::Repeated {
                times: u32::MAX,
                is_tally: false,
            },
        }
    }

    /// An event is written from itself alone, its log parts are still marked as
    /// such, and what was in the buffer is gone.
    #[test]
    fn an_event_needs_no_message() {
        let mut text = TextBuffer::new();
        text.push_mask("user ");
        text.push_log(b"<b>");
        let event = event(text.as_text());
        text.push_mask("what was written meanwhile");
        let head = event.write(&mut text);
        assert_eq!((head.name_bytes, head.time_bytes), (0, 19));
        let parts: Vec<_> = text.as_text().parts().collect();
        assert_eq!(
            parts,
            [
                (Origin::Mask, "user "),
                (Origin::Log, "<b>"),
                (
                    Origin::Mask,
                    ", repeated 4294967295 times, last at: 1970-01-01 00:00:00"
                ),
            ]
        );
    }

    /// Whoever tries a rule reads why it did not notify.
    #[test]
    fn words_for_what_is_held() {
        for (held, words) in [
            (
                Held::Inhibited(RuleName::Environment(3)),
                "EVENT3 is under way",
            ),
            (Held::Sequence { count: 1, of: 3 }, "sequence 1 of 3"),
            (Held::Threshold { count: 2, of: 5 }, "threshold 2 of 5"),
            (Held::NotOpen, "nothing that was notified ends"),
            (Held::Cooldown, "its cooldown runs"),
        ] {
            assert_eq!(held.to_string(), words);
        }
    }

    /// A text that is too long to be kept is cut between two characters, and the
    /// remark follows it whole.
    #[test]
    fn long_texts_are_cut_between_characters() {
        for before in ["", "x", "xy"] {
            let mut text = TextBuffer::new();
            text.push_mask(before);
            text.push_log("…".repeat(COOLDOWN_TEXT_BYTES_MAX).as_bytes());
            let event = event(text.as_text());
            assert!(event.text.as_text().as_bytes().len() > COOLDOWN_TEXT_BYTES_MAX - 3);
            event.write(&mut text);
            let shown: String = text.as_text().parts().map(|(_, part)| part).collect();
            let shown = shown.strip_prefix(before).unwrap().trim_start_matches('…');
            assert!(shown.starts_with(", repeated "), "{shown}");
        }
    }
}
