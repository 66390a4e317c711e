//! One mail's way to a server: which command follows which reply.
//!
//! # Contract
//!
//! The shell owns the connection and the dialogue what is said on it:
//!
//! 1. [`Dialogue::take`] gets the bytes that arrive, first those of the greeting. It
//!    writes what to send, if anything, and says what comes then.
//! 2. On [`Next::Secure`] the shell makes the TLS handshake and asks
//!    [`Dialogue::secured`] for what to send.
//! 3. On [`Next::Text`] it sends the mail, and [`END_OF_MAIL`] after it.
//! 4. After [`Next::End`] it asks for [`Dialogue::verdict`]; what was written then is
//!    only polite.
//!
//! Each reply leads to a later stage or to the end, so no server can keep it going.
//! Commands are sent one at a time (no pipelining), so nothing may follow a reply: what
//! does was not written for this dialogue, and could have been put before the TLS
//! handshake by somebody else.

use core::fmt::Write as _;

use super::reply::{Reply, Taken};
use crate::bytes::base64_len;
use crate::delivery::compose::fixed_str::FixedStr;
use crate::delivery::services::Mail;
use crate::delivery::verdict::{Doubt, Verdict};
use crate::limits::{MAIL_ADDRESS_BYTES_MAX, MAIL_COMMAND_BYTES_MAX, MAIL_LOGIN_BYTES_MAX};

/// What ends a mail (RFC 5321, section 4.1.1.4). No line of ours is a dot alone.
pub const END_OF_MAIL: &str = ".\r\n";

const _: () = {
    let frame = "AUTH PLAIN \0\0\r\n".len();
    assert!(base64_len(2 * MAIL_LOGIN_BYTES_MAX + 2, 0) + frame <= MAIL_COMMAND_BYTES_MAX);
    assert!(MAIL_ADDRESS_BYTES_MAX + frame <= MAIL_COMMAND_BYTES_MAX);
};

/// What to do after sending what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Wait for more bytes.
    Receive,
    /// Begin TLS.
    Secure,
    /// Send the mail, then wait for more bytes.
    Text,
    /// Hang up.
    End,
}

/// The reply that is waited for, in the order of a dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The first words of the server.
    Greeting,
    /// To `EHLO`: what it can do.
    Hello,
    /// To `STARTTLS`.
    Secure,
    /// To `AUTH LOGIN`.
    Login,
    /// To the user's name after that.
    User,
    /// To `AUTH PLAIN`, or to the password.
    Password,
    /// To `MAIL FROM`.
    From,
    /// To `RCPT TO` with the recipient of this number.
    To(usize),
    /// To `DATA`.
    Data,
    /// To the mail.
    Text,
}

/// What a server had to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// TLS on this connection.
    StartTls,
    /// A way to log in that is known here: `PLAIN` or `LOGIN`.
    Login,
}

/// A dialogue about one mail.
#[derive(Debug)]
pub struct Dialogue<'a> {
    mail: &'a Mail<'a>,
    /// The client's name in `EHLO`.
    name: &'a str,
    /// Whether TLS is still to come.
    wants_tls: bool,
    stage: Stage,
    reply: Reply,
    /// What the server offers.
    starttls: bool,
    plain: bool,
    login: bool,
    /// Recipients that were taken, and the last one that was not, with the code. One
    /// that says "not now" counts more than one that says "no".
    taken: usize,
    refused: Option<(usize, u16)>,
    /// What the server must offer and does not.
    lack: Option<Lack>,
    /// Whether it broke the protocol.
    broken: bool,
}

impl<'a> Dialogue<'a> {
    /// Returns a dialogue that waits for the greeting. `name` is what the client calls
    /// itself: a domain, or an address in brackets. `wants_tls` demands `STARTTLS`.
    #[must_use]
    pub const fn new(mail: &'a Mail<'a>, name: &'a str, wants_tls: bool) -> Self {
        Self {
            mail,
            name,
            wants_tls,
            stage: Stage::Greeting,
            reply: Reply::new(),
            starttls: false,
            plain: false,
            login: false,
            taken: 0,
            refused: None,
            lack: None,
            broken: false,
        }
    }

    /// Takes the next bytes of the connection, of any number. Writes the next command
    /// to `out`, which is empty, if they end a reply.
    pub fn take(&mut self, bytes: &[u8], out: &mut FixedStr<'_>) -> Next {
        for (index, &byte) in bytes.iter().enumerate() {
            let Self {
                stage,
                reply,
                starttls,
                plain,
                login,
                ..
            } = self;
            let is_hello = *stage == Stage::Hello;
            let taken = reply.push(byte, &mut |line| {
                let mut words = line.split(|&byte| b" =".contains(&byte));
                let is = |word: &[u8], known: &str| word.eq_ignore_ascii_case(known.as_bytes());
                let first = words.next().unwrap_or_default();
                *starttls |= is_hello && is(first, "STARTTLS");
                if is_hello && is(first, "AUTH") {
                    for word in words {
                        *plain |= is(word, "PLAIN");
                        *login |= is(word, "LOGIN");
                    }
                }
            });
            match taken {
                Taken::More | Taken::Line => {}
                Taken::Whole if index + 1 == bytes.len() => {
                    let next = self.answer(out);
                    if next != Next::End {
                        self.reply.clear();
                    }
                    return next;
                }
                // The mail's own reply counts, whatever follows.
                Taken::Whole if self.stage == Stage::Text => return self.end(out),
                Taken::Whole | Taken::Malformed => {
                    self.broken = true;
                    return Next::End;
                }
            }
        }
        Next::Receive
    }

    /// Begins again on the secured connection: what was said before counts no more
    /// (RFC 3207, section 4.2).
    pub fn secured(&mut self, out: &mut FixedStr<'_>) -> Next {
        self.wants_tls = false;
        (self.starttls, self.plain, self.login) = (false, false, false);
        self.hello(out)
    }

    /// Writes the command that follows a whole reply.
    fn answer(&mut self, out: &mut FixedStr<'_>) -> Next {
        match (self.stage, self.reply.code()) {
            (Stage::Greeting, 200..=299) => self.hello(out),
            (Stage::Hello, 200..=299) if self.wants_tls => {
                if !self.starttls {
                    self.lack = Some(Lack::StartTls);
                    return self.end(out);
                }
                self.command(Stage::Secure, &["STARTTLS"], out)
            }
            (Stage::Secure, 200..=299) => Next::Secure,
            (Stage::Hello, 200..=299) => match self.mail.login {
                Some(login) => self.log_in(login, out),
                None => self.sender(out),
            },
            (Stage::Login, 334) => self.credential(Stage::User, out),
            (Stage::User, 334) => self.credential(Stage::Password, out),
            (Stage::Password, 200..=299) => self.sender(out),
            (Stage::From, 200..=299) => self.recipient(0, out),
            (Stage::To(index), 200..=299) => {
                self.taken += 1;
                self.recipient(index + 1, out)
            }
            (Stage::To(index), code @ 400..=599) => {
                let is_worse = |(_, before)| code / 100 <= before / 100;
                if self.refused.is_none_or(is_worse) {
                    self.refused = Some((index, code));
                }
                self.recipient(index + 1, out)
            }
            (Stage::Data, 354) => {
                self.stage = Stage::Text;
                Next::Text
            }
            _ => self.end(out),
        }
    }

    fn hello(&mut self, out: &mut FixedStr<'_>) -> Next {
        self.command(Stage::Hello, &["EHLO ", self.name], out)
    }

    /// Logs in (RFC 4954). `AUTH LOGIN` was never a standard, and some servers know
    /// nothing else.
    fn log_in(&mut self, (user, password): (&str, &str), out: &mut FixedStr<'_>) -> Next {
        if self.plain {
            out.push("AUTH PLAIN ");
            // What fits into the command as base64 fits here.
            let mut bytes = [0; MAIL_COMMAND_BYTES_MAX];
            let mut both = FixedStr::new(&mut bytes);
            let _ = write!(both, "\0{user}\0{password}");
            out.push_base64(both.as_str());
            return self.command(Stage::Password, &[], out);
        }
        if !self.login {
            self.lack = Some(Lack::Login);
            return self.end(out);
        }
        self.command(Stage::Login, &["AUTH LOGIN"], out)
    }

    /// Writes what `AUTH LOGIN` asks for.
    fn credential(&mut self, stage: Stage, out: &mut FixedStr<'_>) -> Next {
        let (user, password) = self.mail.login.unwrap_or_default();
        out.push_base64(if stage == Stage::User { user } else { password });
        self.command(stage, &[], out)
    }

    fn sender(&mut self, out: &mut FixedStr<'_>) -> Next {
        self.command(Stage::From, &["MAIL FROM:<", self.mail.from, ">"], out)
    }

    /// Names the recipient of a number. After the last, the mail follows if anybody
    /// gets it.
    fn recipient(&mut self, index: usize, out: &mut FixedStr<'_>) -> Next {
        match self.mail.to.get(index) {
            Some(to) => self.command(Stage::To(index), &["RCPT TO:<", to, ">"], out),
            None if self.taken > 0 => self.command(Stage::Data, &["DATA"], out),
            None => self.end(out),
        }
    }

    fn command(&mut self, stage: Stage, parts: &[&str], out: &mut FixedStr<'_>) -> Next {
        self.stage = stage;
        parts.iter().for_each(|part| out.push(part));
        out.push("\r\n");
        Next::Receive
    }

    fn end(&mut self, out: &mut FixedStr<'_>) -> Next {
        out.push("QUIT\r\n");
        Next::End
    }

    /// Returns the reply that is waited for, or that ended the dialogue.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// Returns the code that ended the dialogue, or 0 if what arrived is no reply.
    #[must_use]
    pub fn code(&self) -> u16 {
        match (self.stage, self.refused) {
            _ if self.broken => 0,
            (Stage::To(_), Some((_, code))) => code,
            _ => self.reply.code(),
        }
    }

    /// Returns the beginning of what the server said last.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        self.reply.text()
    }

    /// Returns what the server had to offer and did not.
    #[must_use]
    pub const fn lack(&self) -> Option<Lack> {
        self.lack
    }

    /// Returns a recipient that was refused, and the code.
    #[must_use]
    pub fn refused(&self) -> Option<(&'a str, u16)> {
        let (index, code) = self.refused?;
        Some((self.mail.to.get(index)?, code))
    }

    /// Returns whether the mail may have arrived if the connection ends now.
    #[must_use]
    pub fn doubt(&self) -> Doubt {
        match self.stage {
            Stage::Text => Doubt::Unanswered,
            _ => Doubt::None,
        }
    }

    /// Judges the end of a dialogue (RFC 5321, section 4.2.1). A refusal before the mail
    /// was shown is about the account or the addresses, as 401 to 404 are in HTTP.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (self.stage, self.code()) {
            _ if self.lack.is_some() => Verdict::Gone,
            (Stage::Text, 200..=299) => Verdict::Delivered {
                pause_millis: 0,
                odd: self.refused.is_some(),
            },
            // The server has not taken it.
            (_, 400..=499) => Verdict::Retry(Doubt::None),
            (Stage::Data | Stage::Text, 500..=599) => Verdict::Refused,
            (_, 500..=599) => Verdict::Gone,
            _ => Verdict::Retry(self.doubt()),
        }
    }
}

#[cfg(test)]
mod tests;
