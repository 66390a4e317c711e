//! From a notification's text to the bytes of a request, and what an answer to
//! it means: the whole of delivery except the connection.
//!
//! [`Courier`] is the centre: one per notifier, it queues, merges, paces,
//! retries, ages and counts. The rest are its parts, each usable alone.
//! Nothing here allocates; every buffer is the caller's.

mod attempt;
mod backoff;
mod compose;
mod courier;
mod http;
mod losses;
mod outbox;
mod pacing;
mod schedule;
mod services;
mod smtp;
mod spool;
mod verdict;

pub use compose::fixed_str::FixedStr;
pub use compose::template::{Field, Template, TemplateError, TemplateErrorKind};
pub use compose::writer::Encoding;
pub use courier::{Counts, Courier, CourierSettings, Step};
pub use http::response::{Malformed, Response};
pub use losses::{Loss, LossCause, Losses};
pub use outbox::Merging;
pub use pacing::{Pacing, Rate};
pub use schedule::Hold;
pub use services::{Form, Generic, Mail, Notifier, ParseMode, Telegram};
pub use smtp::{Dialogue, END_OF_MAIL, Lack, Next, Stage};
pub use spool::{DamagedSpool, Spool, SpoolWriter};
pub use verdict::{Advice, Doubt, Verdict};
