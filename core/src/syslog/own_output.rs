//! Our own output, come back: a router that logs its containers' output sends it
//! to whoever receives its log.
//!
//! A rule that matches a line of ours would print another one, which comes back
//! in turn, endlessly. So what was printed is remembered, and dropped when it
//! comes back. What a line looks like does not decide: a hotspot user may call
//! himself `alertik: notice: x`.

use alloc::boxed::Box;
use alloc::vec;
use core::hash::Hasher as _;
// Deprecated in favour of std's opaque hasher, which a no_std crate does not
// have. SipHash-2-4 with a secret is the right one: nobody who lacks the secret
// can make a line that is taken for one of ours.
#[expect(deprecated, reason = "see above")]
use core::hash::SipHasher;

use crate::limits::{OWN_LINE_CHARS, OWN_LINES_MAX};
use crate::syslog::cef::Cef;
use crate::syslog::priority::skip_priority;
use crate::syslog::scan::split_word;
use crate::syslog::time::skip_time;

/// The beginning of every line that alertik writes to standard output.
pub const OWN_OUTPUT_PREFIX: &str = "alertik: ";

/// Marks a notification on standard output; log lines have a date in this place.
pub(crate) const OWN_NOTICE: &str = "notice: ";

/// Most words of a router's identity that are skipped in search of our prefix.
const IDENTITY_WORDS_MAX: usize = 8;

/// The lines that were printed last, as keyed hashes.
///
/// Only what this process printed is known. Lines of an earlier start that
/// arrive after a restart are matched like any other; what they make us print
/// is known, so they cannot go in circles.
#[derive(Debug)]
pub struct OwnOutput {
    secret: (u64, u64),
    /// The newest [`OWN_LINES_MAX`] hashes; zeroes before there are as many.
    hashes: Box<[u64]>,
    /// Where the next one goes.
    next: usize,
}

impl OwnOutput {
    /// Returns a memory of no lines. `secret` keys the hash; strangers must not
    /// know it. It allocates here and never again.
    #[must_use]
    pub fn new(secret: (u64, u64)) -> Self {
        Self {
            secret,
            hashes: vec![0; OWN_LINES_MAX].into_boxed_slice(),
            next: 0,
        }
    }

    /// Remembers lines that are about to be printed, each ended by a line feed.
    pub fn remember(&mut self, lines: &[u8]) {
        let lines = lines.split(|&byte| byte == b'\n');
        for line in lines.filter(|line| !line.is_empty()) {
            let hashes = self.hashes_of(line);
            for hash in [Some(hashes.whole), hashes.beginning].into_iter().flatten() {
                self.hashes[self.next] = hash;
                self.next = (self.next + 1) % OWN_LINES_MAX;
            }
        }
    }

    /// Returns whether a message is a line that was printed, in whatever format
    /// the router sent it: `default`, `syslog` with and without topics, or `cef`.
    ///
    /// The line must come where a message begins, after at most one `name: `,
    /// which RouterOS or a logging rule puts in front, and end with the message.
    /// RouterOS cuts long lines; so the beginning of one suffices if it is long
    /// itself.
    #[must_use]
    pub fn contains(&self, message: &[u8]) -> bool {
        let Some(text) = own_text(message) else {
            return false;
        };
        let hashes = self.hashes_of(text.line);
        self.knows(hashes.whole)
            || (text.is_certain && hashes.beginning.is_some_and(|hash| self.knows(hash)))
    }

    fn knows(&self, hash: u64) -> bool {
        self.hashes.contains(&hash)
    }

    /// Hashes visible ASCII without backslashes. Blanks at the end, CEF's escapes,
    /// and bytes that a router may write differently make no difference then.
    fn hashes_of(&self, line: &[u8]) -> Hashes {
        #[expect(deprecated, reason = "see the import")]
        let mut hasher = SipHasher::new_with_keys(self.secret.0, self.secret.1);
        let (mut chars, mut beginning) = (0, None);
        for &byte in line {
            if byte.is_ascii_graphic() && byte != b'\\' {
                hasher.write_u8(byte);
                chars += 1;
                if chars == OWN_LINE_CHARS {
                    beginning = Some(hasher.clone().finish());
                }
            }
        }
        Hashes {
            whole: hasher.finish(),
            beginning,
        }
    }
}

/// The hashes of a line.
struct Hashes {
    whole: u64,
    /// That of its first [`OWN_LINE_CHARS`] characters, if it has as many.
    beginning: Option<u64>,
}

/// Returns whether a message looks like our output: RouterOS says that it is a
/// container's, and it begins with our prefix.
#[must_use]
pub(crate) fn looks_like_own_output(message: &[u8]) -> bool {
    own_text(message).is_some_and(|text| text.is_containers)
}

/// The part of a message that may be a line of ours.
struct OwnText<'a> {
    /// The line, our prefix included.
    line: &'a [u8],
    /// The router wrote the topic `container` in front of it.
    is_containers: bool,
    /// Nothing is in front of it but what the router wrote.
    is_certain: bool,
}

/// Finds a line of ours in a message by its prefix.
fn own_text(message: &[u8]) -> Option<OwnText<'_>> {
    // The first byte decides about most messages: ours begin with a priority, the
    // topic `container`, or a time of either form.
    let may_be_own = |&byte: &u8| {
        matches!(byte, b'<' | b'c') || byte.is_ascii_uppercase() || byte.is_ascii_digit()
    };
    message.first().filter(|byte| may_be_own(byte))?;
    if let Some(cef) = Cef::parse(message) {
        let line = cef.message.filter(|_| is_container_topic(cef.topics));
        return containers(after_name(line?)?);
    }
    let after_priority = skip_priority(message);
    let Some(mut rest) = skip_time(after_priority) else {
        return after_topics(after_priority);
    };
    // `syslog`: the identity, usually one word, then the message, perhaps with
    // topics.
    for words in 1..=IDENTITY_WORDS_MAX {
        rest = split_word(rest)?.1;
        let line = rest.starts_with(OWN_OUTPUT_PREFIX.as_bytes());
        if line {
            return Some(OwnText {
                line: rest,
                is_containers: false,
                is_certain: words == 1,
            });
        }
        if let Some(text) = after_topics(rest) {
            return Some(text);
        }
    }
    None
}

/// Returns the line of `container,… [name: ]alertik: …`.
fn after_topics(text: &[u8]) -> Option<OwnText<'_>> {
    let (topics, rest) = split_word(text)?;
    if is_container_topic(topics) {
        containers(after_name(rest)?)
    } else {
        None
    }
}

fn containers(line: &[u8]) -> Option<OwnText<'_>> {
    Some(OwnText {
        line,
        is_containers: true,
        is_certain: true,
    })
}

fn is_container_topic(topics: &[u8]) -> bool {
    topics
        .strip_prefix(b"container")
        .is_some_and(|rest| rest.is_empty() || rest[0] == b',')
}

/// Returns `text` from our prefix on, which comes first or after one `name: `.
fn after_name(text: &[u8]) -> Option<&[u8]> {
    let own = OWN_OUTPUT_PREFIX.as_bytes();
    if text.starts_with(own) {
        return Some(text);
    }
    let (name, rest) = split_word(text)?;
    (name.ends_with(b":") && rest.starts_with(own)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: (u64, u64) = (1, 2);
    const NOTICE: &str = "alertik: notice: x=1 \\o/";
    const LOG: &str = "alertik: 2026-11-22 10:00:00 info: ready";

    fn printed() -> OwnOutput {
        let mut own = OwnOutput::new(SECRET);
        own.remember(format!("{NOTICE}\n{LOG}\n").as_bytes());
        own
    }

    /// Every format that RouterOS can wrap our output in, CEF's escapes included.
    #[test]
    fn own_output_is_recognised() {
        let own = printed();
        for line in [
            format!("container,info,debug {LOG}"),
            format!("container {NOTICE}"),
            format!("container,info,debug bell: {NOTICE}"),
            format!("<30>container,info {NOTICE}"),
            format!("<30>Nov  8 17:06:34 MikroTik {LOG}"),
            format!("<30>Nov  8 17:06:34 MikroTik {NOTICE}"),
            format!("<30>Nov  8 17:06:34 My little Tik {NOTICE}"),
            format!("<30>Nov  8 17:06:34 My little Tik container,info bell: {NOTICE}"),
            format!("<30>Nov 18 17:06:34 MikroTik container,info,debug {NOTICE}"),
            format!("<30>2025-11-22T21:24:35.265-0500 MikroTik container,info {LOG}"),
            "Oct  2 17:36:35 My Tik CEF:0|MikroTik|hAP|7.25|10|container,info|Low|dvc=::1 \
             msg=bell: alertik: notice: x\\=1 \\\\o/"
                .to_owned(),
        ] {
            assert!(own.contains(line.as_bytes()), "{line}");
        }
    }

    /// What looks like our output and was not printed is a message like any other.
    #[test]
    fn forgeries_are_matched() {
        let own = printed();
        for line in [
            "<30>Nov  8 17:06:34 MikroTik alertik: notice: x (10.5.50.2): login failed",
            "<30>Nov  8 17:06:34 MikroTik alertik: 2026-11-22 10:00:01 info: ready",
            "container,info,debug web: alertik: notice: y",
            "container,info,debug alertik: ",
            "alertik: hello from a script",
            "",
        ] {
            assert!(!own.contains(line.as_bytes()), "{line}");
        }
        // Nor does another process with another secret take it for its own.
        let other = OwnOutput::new((1, 3));
        assert!(!other.contains(format!("container {NOTICE}").as_bytes()));
    }

    /// A line of ours that stands where no message begins, or before more text,
    /// is somebody's.
    #[test]
    fn only_a_whole_message_is_ours() {
        let own = printed();
        for line in [
            format!("system,error,critical login failure for user {NOTICE}"),
            format!("<30>Nov  8 17:06:34 MikroTik user {NOTICE} from 192.0.2.1 via ssh"),
            format!("container,info,debug mosquitto: user said {NOTICE}"),
            format!("container,info,debug user {NOTICE}"),
            format!("containers,info {NOTICE}"),
            format!("Oct  2 17:36:35 R CEF:0|M|hAP|7.25|10|system,info|Low|msg={NOTICE}"),
            NOTICE.to_owned(),
        ] {
            assert!(!own.contains(line.as_bytes()), "{line}");
        }
    }

    /// The first piece of a long line suffices if the router cut it; after an
    /// identity of several words, where a stranger's text may begin, it does not.
    #[test]
    fn long_lines_may_be_cut() {
        let mut own = OwnOutput::new(SECRET);
        let line = format!("alertik: notice: {}", "long ".repeat(100));
        own.remember(line.as_bytes());
        let long = &line[..300];
        assert!(own.contains(format!("container,info,debug bell: {long}").as_bytes()));
        assert!(own.contains(format!("<30>Nov  8 17:06:34 MikroTik {long}").as_bytes()));
        let user = format!("<30>Nov  8 17:06:34 MikroTik login failure for user {long}");
        assert!(!own.contains(user.as_bytes()));
        let short = &line[..200];
        assert!(!own.contains(format!("container,info,debug {short}").as_bytes()));
    }

    /// The oldest lines are forgotten, and no earlier than promised.
    #[test]
    fn the_memory_is_bounded() {
        let mut own = OwnOutput::new(SECRET);
        let line = |number: usize| format!("alertik: notice: {number}");
        for number in 0..=OWN_LINES_MAX {
            own.remember(line(number).as_bytes());
        }
        let knows = |number| own.contains(format!("container {}", line(number)).as_bytes());
        assert!(!knows(0));
        assert!((1..=OWN_LINES_MAX).all(knows));
    }

    /// Every part of a real line, and of a hostile one, is handled.
    #[test]
    fn truncated_lines_do_not_panic() {
        let own = printed();
        let line = b"<30>Oct  2 17:36:35 My Tik CEF:0|a|b|c|d|container|f|msg=alertik: x";
        for end in 0..=line.len() {
            for start in 0..=end {
                let _ = own.contains(&line[start..end]);
            }
        }
    }
}
