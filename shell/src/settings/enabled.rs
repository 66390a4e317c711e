//! `STATIC_EVENTS_ENABLED`: the static events that are turned on, by number or name.

use alertik_core::rules::{StaticEvent, static_events};

use super::{Env, Problems};

/// The word that turns the recommended events on.
const PACK: &str = "pack";

/// Reads which static events are turned on. They are in the order in which they notify.
pub(super) fn read_enabled(env: &Env, problems: &mut Problems) -> Vec<&'static StaticEvent> {
    const ENABLED: &str = "STATIC_EVENTS_ENABLED";
    let entries = env.entries(ENABLED, problems);
    for entry in &entries {
        if *entry != PACK && !static_events().any(|event| is_named(event, entry)) {
            problems.error(
                ENABLED,
                format_args!(
                    "'{entry}' is neither the number nor the name of a static event, nor {PACK}; \
                     `alertik events` lists them"
                ),
            );
        }
    }
    if entries.is_empty() && env.own("STATIC_NOTIFIER").is_some() {
        problems.warning(
            "STATIC_NOTIFIER",
            format_args!("is not used; set {ENABLED}={PACK}, or leave it out"),
        );
    }
    let is_enabled = |event: &&StaticEvent| {
        let mut entries = entries.iter();
        entries.any(|entry| is_named(event, entry) || *entry == PACK && event.is_in_pack)
    };
    static_events().filter(is_enabled).collect()
}

/// Returns whether a user means an event by a word.
fn is_named(event: &StaticEvent, word: &str) -> bool {
    word == event.name || word.parse() == Ok(event.number)
}
