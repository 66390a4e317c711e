//! What a match means: rules as written ([`RuleSpec`]) and as compiled
//! ([`Rule`]), their masks and policies, and the [`Engine`] that runs them.
//!
//! [`static_events()`] are rules that ship with the program.

mod cost;
mod describe;
mod engine;
mod exceptions;
mod filter;
mod hints;
mod mask;
mod matched;
mod notice;
mod policy;
mod priority;
mod rule;
mod spec;
mod static_events;

pub use cost::Cost;
pub use describe::Description;
pub(crate) use engine::Located;
pub use engine::{Engine, EngineCounters};
pub use exceptions::{ExceptionError, ExceptionFault, ExceptionLines, Exceptions, exceptions};
pub use filter::{Filter, RouterFilter};
pub use hints::{Part, RuleHint, hints};
pub use mask::{Facts, Mask, MaskError, Without};
pub use notice::{About, NoticeHead};
pub use policy::{
    DamagedState, DigestTime, Held, Novelties, Plan, PolicyErrors, PolicySpec, Quiet, QuietError,
    RECOVERY_ENDING, Restored, SilenceSpec, State, Window,
};
pub use priority::Priority;
pub use rule::{Condition, Rule, RuleErrors, Rules, RulesBuilder};
pub use spec::{Conditions, MatchType, RuleSpec};
pub use static_events::{StaticEvent, static_event, static_events};
