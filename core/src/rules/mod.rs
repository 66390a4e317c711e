//! What a match means: the rules as written and as compiled, their masks and
//! policies, and the [`Engine`] that runs them.

mod describe;
mod engine;
mod mask;
mod notice;
mod policy;
mod rule;
mod static_events;

pub use describe::Description;
pub(crate) use engine::Located;
pub use engine::{Engine, EngineCounters};
pub use mask::{Mask, MaskError, MaskErrorKind};
pub use notice::NoticeHead;
pub use rule::{Condition, MatchType, Rule, RuleErrors, RuleSpec, Rules, RulesBuilder};
pub use static_events::{STATIC_EVENTS, StaticEvent, static_event};
