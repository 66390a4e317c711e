//! The exceptions of a rule: a line that contains one of them is not the rule's.
//!
//! They are looked for once the rule itself has matched, so they cost nothing for
//! other lines. Each is a pattern of the rule's own match type. Texts are compiled as
//! expressions are: then one bound of work and memory holds for both, whatever a
//! hostile line repeats.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::limits::EXCEPTIONS_MAX;
use crate::matching::{Flags, Pattern, PatternError, Scratch};

/// What is wrong with one exception of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionError {
    /// Byte offset of the fault in the variable's value.
    pub offset: usize,
    /// The fault.
    pub fault: ExceptionFault,
}

/// The fault of an exception, see [`ExceptionError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionFault {
    /// It does not compile.
    Pattern(PatternError),
    /// It takes this many bytes, which is more than the rules before it leave of
    /// [`PATTERN_BYTES_TOTAL_MAX`](crate::limits::PATTERN_BYTES_TOTAL_MAX).
    TooLarge(usize),
    /// There are [`EXCEPTIONS_MAX`] before it.
    TooMany,
}

/// Returns the exceptions that a value holds, one a line: the offset and the bytes of
/// each. Empty lines are none.
///
/// Only a real line break separates. A typed `\n` is part of the expression, where it
/// means a line break in the message, and in a text it may be half of `DOMAIN\nick`.
#[must_use]
pub const fn exceptions(value: &[u8]) -> ExceptionLines<'_> {
    ExceptionLines { value, at: 0 }
}

/// Iterator of [`exceptions`].
#[derive(Clone, Debug)]
pub struct ExceptionLines<'a> {
    value: &'a [u8],
    at: usize,
}

impl<'a> Iterator for ExceptionLines<'a> {
    type Item = (usize, &'a [u8]);

    #[inline(never)]
    fn next(&mut self) -> Option<Self::Item> {
        while let rest @ [_, ..] = &self.value[self.at.min(self.value.len())..] {
            let end = rest.iter().position(|&byte| byte == b'\n');
            let text = &rest[..end.unwrap_or(rest.len())];
            let start = self.at;
            self.at += text.len() + 1;
            match text.strip_suffix(b"\r").unwrap_or(text) {
                [] => {}
                text => return Some((start, text)),
            }
        }
        None
    }
}

/// The compiled exceptions of a rule.
#[derive(Debug, Default)]
pub struct Exceptions(Box<[Pattern]>);

impl Exceptions {
    /// Compiles the exceptions of a value. Subtracts what they take from `dfa_bytes`,
    /// which [`Pattern::compile_with`] shares, and from `bytes`, the memory that is left
    /// for patterns.
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong with them.
    pub(super) fn compile(
        value: &[u8],
        flags: Flags,
        dfa_bytes: &mut usize,
        bytes: &mut usize,
    ) -> Result<Self, Vec<ExceptionError>> {
        let (mut patterns, mut errors) = (Vec::new(), Vec::new());
        for (start, text) in exceptions(value) {
            let mut refuse = |offset: usize, fault| {
                errors.push(ExceptionError {
                    offset: start + offset,
                    fault,
                });
            };
            if patterns.len() == EXCEPTIONS_MAX {
                refuse(0, ExceptionFault::TooMany);
                break;
            }
            match Pattern::compile_with(text, flags, dfa_bytes) {
                Err(error) => refuse(error.offset(), ExceptionFault::Pattern(error)),
                Ok(mut pattern) => {
                    pattern.forget_groups();
                    let memory = pattern.memory();
                    match bytes.checked_sub(memory) {
                        None => refuse(0, ExceptionFault::TooLarge(memory)),
                        Some(left) => {
                            *bytes = left;
                            patterns.push(pattern);
                        }
                    }
                }
            }
        }
        if errors.is_empty() {
            Ok(Self(patterns.into()))
        } else {
            Err(errors)
        }
    }

    /// Returns the exceptions as patterns.
    #[must_use]
    pub fn patterns(&self) -> &[Pattern] {
        &self.0
    }

    /// Returns whether the bounded engine may have to look for them.
    pub(super) fn search(&self) -> bool {
        self.0.iter().any(|pattern| pattern.work_max(false) > 0)
    }

    /// Returns whether a message contains one of them. Each may use an equal part of the
    /// `work` that is left. One that does not suffice for is not contained, because no
    /// event may be lost.
    pub(super) fn are_in(&self, message: &[u8], work: usize, scratch: &mut Scratch) -> bool {
        let before = scratch.work();
        let mut open = self.0.len();
        for pattern in &self.0 {
            let left = work.saturating_sub(scratch.work() - before);
            scratch.limit_work(left / open);
            if pattern.is_certain_match(message, scratch) {
                return true;
            }
            open -= 1;
        }
        false
    }
}
