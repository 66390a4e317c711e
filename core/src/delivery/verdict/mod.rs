//! The meaning of an answer: delivered, wait, try again, or give up.

mod retry_after;

use crate::delivery::verdict::retry_after::{HttpDate, delay_millis};
use crate::time::Wall;

/// Longest wait that a service can ask for, in milliseconds.
pub(in crate::delivery) const WAIT_MAX_MILLIS: u64 = 15 * 60 * 1_000;

/// The parts of an answer that matter, as far as they were read.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::delivery) struct Answer<'a> {
    /// The status code.
    pub(in crate::delivery) status: u16,
    /// The header `Retry-After`.
    pub(in crate::delivery) retry_after: Option<&'a str>,
    /// The header `Date`: the server's clock, which may be the only right one.
    pub(in crate::delivery) date: Option<&'a str>,
    /// The header `X-RateLimit-Remaining`.
    pub(in crate::delivery) remaining: Option<&'a str>,
    /// The header `X-RateLimit-Reset-After`, in seconds.
    pub(in crate::delivery) reset_after: Option<&'a str>,
    /// The beginning of the body.
    pub(in crate::delivery) body: &'a [u8],
}

/// What to do about an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It arrived.
    Delivered {
        /// Milliseconds that the service wants quiet for now.
        pause_millis: u64,
        /// Whether the service said so in an unusual way.
        odd: bool,
    },
    /// The service asked us to wait; it has not taken the message.
    Wait {
        /// How long, in milliseconds.
        millis: u64,
    },
    /// Trying again later may help.
    Retry(Doubt),
    /// This message is not wanted; others may be.
    Refused,
    /// Refused, perhaps by something that passes: a filter in front of the
    /// service, a captive portal. It is sent once more after a minute.
    Barred,
    /// The service wants nothing from this notifier.
    Gone,
    /// Telegram's chat has another number now.
    Moved(i64),
}

/// Whether a message that failed may have arrived all the same. One that may
/// have is repeated as it was, under the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// It has not: the failure came before the request left, or the answer says
    /// that the message was not accepted.
    None,
    /// It may have: the answer is an error of the service's own.
    Failed,
    /// It may have: the request left, and no answer came.
    Unanswered,
}

impl Verdict {
    /// It arrived, and the service said so in an unusual way.
    pub(in crate::delivery) const ODD: Self = Self::Delivered {
        pause_millis: 0,
        odd: true,
    };
}

/// What the user should check after an answer, in the shell's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Nothing.
    None,
    /// The address: the service redirects to another one, and redirects are
    /// never followed.
    Redirect,
    /// The content: the service did not accept the message.
    Message,
    /// The address and what it holds: the service does not know it.
    Address,
}

impl Advice {
    /// Returns the advice for a status.
    pub(in crate::delivery) const fn of(status: u16) -> Self {
        match status {
            300..=399 => Self::Redirect,
            400 | 413..=415 | 422 => Self::Message,
            401..=410 => Self::Address,
            _ => Self::None,
        }
    }
}

impl Answer<'_> {
    /// Returns whether the service says that it took the request.
    pub(in crate::delivery) const fn is_success(&self) -> bool {
        matches!(self.status, 200..300)
    }

    /// Judges an answer. `own` is the verdict by the service's own rules, if it
    /// has any for this answer. `unix_secs` is the router's clock, used for a
    /// `Retry-After` date if the answer has no `Date` of its own.
    #[must_use]
    pub(in crate::delivery) fn judge(&self, own: Option<Verdict>, unix_secs: i64) -> Verdict {
        match own {
            Some(Verdict::Delivered { odd, .. }) => self.delivered(odd),
            Some(verdict) => verdict,
            None => self.judge_as_http(unix_secs),
        }
    }

    /// Judges an answer by its status alone (RFC 9110, section 15).
    fn judge_as_http(&self, unix_secs: i64) -> Verdict {
        match self.status {
            200..=299 => self.delivered(false),
            429 | 503 => match self.asked_wait(unix_secs) {
                Some(millis) => Verdict::Wait { millis },
                None if self.status == 429 => Verdict::Retry(Doubt::None),
                None => Verdict::Retry(Doubt::Failed),
            },
            // The server did not wait for the request, or did not look at it.
            408 | 425 => Verdict::Retry(Doubt::None),
            // A gateway does not know what became of the request that it passed on.
            ..=199 | 500..=599 => Verdict::Retry(Doubt::Failed),
            401 | 403 | 404 | 410 => Verdict::Gone,
            300..=399 | 405 | 407 | 409 => Verdict::Barred,
            _ => Verdict::Refused,
        }
    }

    fn delivered(&self, odd: bool) -> Verdict {
        let pause_millis = match (self.remaining.map(str::trim_ascii), self.reset_after) {
            (Some("0"), Some(reset)) => delay_millis(reset).unwrap_or(0),
            _ => 0,
        };
        Verdict::Delivered {
            pause_millis: pause_millis.min(WAIT_MAX_MILLIS),
            odd,
        }
    }

    /// Returns how long the service asks to wait: by its header, in seconds or
    /// as a date (RFC 9110, section 10.2.3), or by the `retry_after` of
    /// Telegram's and Discord's bodies, whichever is longer.
    fn asked_wait(&self, unix_secs: i64) -> Option<u64> {
        let header = self.retry_after.map(str::trim_ascii).and_then(|value| {
            delay_millis(value).or_else(|| {
                let until = HttpDate::parse(value)?;
                let now = self
                    .date
                    .and_then(|date| HttpDate::parse(date.trim_ascii()))
                    .map(HttpDate::unix_secs)
                    // A clock that was not set yet would make any date a long
                    // wait.
                    .or_else(|| Wall::is_set(unix_secs).then_some(unix_secs))?;
                let secs = until.unix_secs().saturating_sub(now);
                Some(u64::try_from(secs).unwrap_or(0).saturating_mul(1_000))
            })
        });
        let body = number_after(self.body, "\"retry_after\":").and_then(|number| {
            let whole = u64::try_from(number.whole).ok()?;
            Some(
                whole
                    .saturating_add(u64::from(number.fraction))
                    .saturating_mul(1_000),
            )
        });
        // Never at once: a wait of nothing would be a tight loop.
        header
            .max(body)
            .map(|millis| millis.clamp(1_000, WAIT_MAX_MILLIS))
    }
}

/// A JSON number, as far as it matters here.
pub(in crate::delivery) struct Number {
    pub(in crate::delivery) whole: i64,
    /// Whether anything but zeros follows the point.
    fraction: bool,
}

/// Returns the number after the first `key`. A scan instead of a parser: both
/// services print their own numbers there, and what it finds is only a wait or
/// a chat's number, so a body made to mislead it gains nothing.
pub(in crate::delivery) fn number_after(body: &[u8], key: &str) -> Option<Number> {
    let at = body
        .windows(key.len())
        .position(|window| window == key.as_bytes())?;
    let rest = body[at + key.len()..].trim_ascii_start();
    let (negative, rest) = match rest.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut whole = 0_i64;
    for digit in &rest[..digits] {
        whole = whole
            .checked_mul(10)?
            .checked_add(i64::from(digit - b'0'))?;
    }
    let fraction = rest[digits..].strip_prefix(b".").is_some_and(|rest| {
        rest.iter()
            .take_while(|b| b.is_ascii_digit())
            .any(|&b| b != b'0')
    });
    let whole = if negative { -whole } else { whole };
    (digits > 0).then_some(Number { whole, fraction })
}

#[cfg(test)]
mod tests;
