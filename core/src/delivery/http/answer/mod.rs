//! What an answer means: delivered, wait, try again, or give up.

use crate::bytes::find;
use crate::delivery::http::retry_after::{HttpDate, delay_millis};
use crate::ids::NotifierId;

/// Longest wait that a service can ask for, in milliseconds.
pub(in crate::delivery) const WAIT_MAX_MILLIS: u64 = 15 * 60 * 1_000;

/// How long a notifier whose service answered "gone" or "unauthorised" is left
/// alone, in milliseconds.
pub(in crate::delivery) const SUSPENSION_MILLIS: u64 = 60 * 60 * 1_000;

/// What came back over HTTP, as far as it was read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<&'a str>,
    /// The header `Date`: the server's clock, which may be the only right one.
    pub date: Option<&'a str>,
    /// The header `X-RateLimit-Remaining`.
    pub remaining: Option<&'a str>,
    /// The header `X-RateLimit-Reset-After`, in seconds.
    pub reset_after: Option<&'a str>,
    /// The beginning of the body.
    pub body: &'a [u8],
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
    /// The service asks to come back after so many milliseconds.
    Wait {
        /// How long.
        millis: u64,
    },
    /// It did not arrive, and trying again later may help.
    Retry,
    /// The request left, the answer did not come: it may have arrived.
    Unanswered,
    /// This message is not wanted; others may be.
    Refused,
    /// The service wants nothing from this notifier.
    Gone,
    /// Telegram's chat has another number now.
    Moved(i64),
}

impl Answer<'_> {
    /// Judges an answer of the service behind `notifier`. `unix_secs` is the
    /// router's clock, used for a `Retry-After` date where the answer has no
    /// `Date` of its own.
    #[must_use]
    pub fn judge(&self, notifier: NotifierId, unix_secs: i64) -> Verdict {
        match self.status {
            200..=299 => self.judge_success(notifier),
            429 | 503 => match self.asked_wait(unix_secs) {
                Some(millis) => Verdict::Wait { millis },
                None => Verdict::Retry,
            },
            // No final answer at all, or a server that asks for another try.
            ..=199 | 408 | 425 | 500..=599 => Verdict::Retry,
            400 if notifier == NotifierId::TELEGRAM => {
                match number_after(self.body, "\"migrate_to_chat_id\":") {
                    Some(number) if number.whole < 0 => Verdict::Moved(number.whole),
                    _ => Verdict::Refused,
                }
            }
            401 | 404 | 410 => Verdict::Gone,
            // A bot that was blocked or a webhook without rights; repeating it
            // counts against the address. Elsewhere 403 may be about the
            // message: a filter in front of the service.
            403 if notifier == NotifierId::TELEGRAM || notifier == NotifierId::DISCORD => {
                Verdict::Gone
            }
            _ => Verdict::Refused,
        }
    }

    fn judge_success(&self, notifier: NotifierId) -> Verdict {
        let body = self.body.trim_ascii();
        // Old Teams connectors reported their errors as 200 with a sentence.
        if notifier == NotifierId::TEAMS && contains(body, "HTTP error 429") {
            return Verdict::Retry;
        }
        let odd = (notifier == NotifierId::SLACK && body != b"ok")
            || (notifier == NotifierId::TEAMS && self.status == 200 && contains(body, "error"));
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
                    .map_or(unix_secs, HttpDate::unix_secs);
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
struct Number {
    whole: i64,
    /// Whether anything but zeros follows the point.
    fraction: bool,
}

/// Returns the number behind the first `key`. A scan instead of a parser: both
/// services print their own numbers there, and what it finds is only a wait or
/// a chat's number, so a body made to mislead it gains nothing.
fn number_after(body: &[u8], key: &str) -> Option<Number> {
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

fn contains(body: &[u8], words: &str) -> bool {
    find(body, words.as_bytes()).is_some()
}

#[cfg(test)]
mod tests;
