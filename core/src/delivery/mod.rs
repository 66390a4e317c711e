//! From a notification's text to the bytes of a request, and what an answer to
//! it means: the whole of delivery except the connection.
//!
//! [`Courier`] is the centre: one per notifier, it queues, merges, paces,
//! retries, ages and counts. The rest are its parts, each usable alone.
//! Nothing here allocates; every buffer is the caller's.

mod answer;
mod backoff;
mod body;
mod courier;
mod losses;
mod message;
mod outbox;
mod pacing;
mod payload;
mod response;
mod retry_after;
mod template;
mod writer;

pub use answer::{Answer, SUSPENSION_MILLIS, Verdict, WAIT_MAX_MILLIS};
pub use backoff::{BACKOFF_FIRST_MILLIS, BACKOFF_MAX_MILLIS};
pub use body::Body;
pub use courier::{Counts, Courier, CourierSettings, Hold, Step};
pub use message::DELAY_TOLD_MILLIS;
pub use pacing::{Pacing, Rate};
pub use payload::{Form, ParseMode, Telegram};
pub use response::{Malformed, Response};
pub use template::{Field, Template, TemplateError, TemplateErrorKind};
pub use writer::Encoding;
