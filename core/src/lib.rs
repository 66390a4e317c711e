//! The core of alertik: everything between a datagram's bytes and the bytes of
//! a notification, as pure functions of their arguments.
//!
//! # What this crate does
//!
//! * keeps received messages in a fixed ring ([`limits`] names every capacity),
//! * matches them against rules: substrings and POSIX extended regular
//!   expressions as musl takes them,
//! * expands masks into notification texts ([`Text`]),
//! * keeps, merges, paces and ages the notifications of each service,
//! * writes and reads the messages by which names are looked up ([`dns`]).
//!
//! # What this crate does not do
//!
//! It reads no clock, no environment and no socket, writes no log, and does not
//! panic on input. Time is always an argument ([`Instant`], [`Wall`]). It
//! allocates while rules are compiled (feature `compile`) and never afterwards.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![warn(clippy::std_instead_of_core, clippy::alloc_instead_of_core)]

#[cfg(feature = "compile")]
extern crate alloc;

#[cfg(feature = "compile")]
mod cooldown;
mod delivery;
pub mod dns;
#[cfg(feature = "compile")]
mod engine;
#[cfg(feature = "compile")]
mod ere;
mod fifo;
mod hint;
mod intake;
mod json;
pub mod limits;
#[cfg(feature = "compile")]
mod mask;
mod notice;
mod number;
#[cfg(feature = "compile")]
mod plan;
#[cfg(feature = "compile")]
mod replay;
#[cfg(feature = "compile")]
mod rule;
mod rule_set;
#[cfg(feature = "compile")]
mod screen;
mod search;
mod static_events;
mod text;
mod time;
mod wire;

pub use delivery::{
    Answer, BACKOFF_FIRST_MILLIS, BACKOFF_MAX_MILLIS, Body, Counts, Courier, CourierSettings,
    DELAY_TOLD_MILLIS, Encoding, Field, Form, Hold, Malformed, Pacing, ParseMode, Rate, Response,
    SUSPENSION_MILLIS, Step, Telegram, Template, TemplateError, TemplateErrorKind, Verdict,
    WAIT_MAX_MILLIS,
};
#[cfg(feature = "compile")]
pub use engine::{Engine, EngineCounters};
#[cfg(feature = "compile")]
pub use ere::{Hint, Pattern, PatternError, Scratch, Span, hints};
pub use fifo::{Fifo, Full};
pub use hint::{PatternHint, pattern_hint};
pub use intake::{Arrival, Intake, MessageBuffer, RingLoss};
pub use json::write_json_string;
#[cfg(feature = "compile")]
pub use mask::{Mask, MaskError, MaskErrorKind};
pub use notice::{Loss, LossCause, NoticeHead, NotifierId, NotifierSet, RuleId, Ticket};
#[cfg(feature = "compile")]
pub use plan::Plan;
#[cfg(feature = "compile")]
pub use replay::{Found, Replay};
#[cfg(feature = "compile")]
pub use rule::{MatchType, Matcher, Rule, RuleErrors, RuleName, RuleSpec, Rules, RulesBuilder};
pub use rule_set::RuleSet;
#[cfg(feature = "compile")]
pub use screen::{Needle, Screen};
pub use search::{find, split_at_mark};
pub use static_events::{STATIC_EVENTS, StaticEvent, static_event};
pub use text::{Origin, Parts, Text, TextBuffer};
pub use time::{Instant, TimeOfDay, Wall};
pub use wire::{OWN_NOTICE, OWN_OUTPUT_PREFIX, is_own_output, trim_line_end};
