//! The variables by which others know that the daemon is alive: `HEARTBEAT_…` and
//! `STARTUP_MESSAGE`.

use super::{Env, Problems, Url, numbers};

/// The default of `HEARTBEAT_SECS`.
const SECS: u64 = 60;
/// A day: nobody waits longer for a sign of life.
const SECS_MAX: u64 = 24 * 60 * 60;

/// Where a heartbeat goes.
pub(crate) struct Heartbeat {
    /// The URL, whose path is its secret.
    pub(crate) url: Url,
    /// How often, in seconds.
    pub(crate) secs: u64,
}

/// Reads where a heartbeat goes, if anywhere.
pub(super) fn read(env: &Env, problems: &mut Problems) -> Option<Heartbeat> {
    const URL: &str = "HEARTBEAT_URL";
    const INTERVAL: &str = "HEARTBEAT_SECS";
    let secs = numbers::whole(env, INTERVAL, 1..=SECS_MAX, SECS, problems);
    let text = env.text(URL, problems).filter(|text| !text.is_empty());
    let Some(text) = text else {
        if env.bytes(INTERVAL).is_some() {
            problems.warning(INTERVAL, format_args!("is not used: {URL} is not set"));
        }
        return None;
    };
    match Url::parse(text) {
        Ok(url) => Some(Heartbeat { url, secs }),
        Err(error) => {
            problems.error(URL, format_args!("{error}"));
            None
        }
    }
}

/// Reads whether a notification says that the daemon has started.
pub(super) fn read_startup_message(env: &Env, problems: &mut Problems) -> bool {
    env.flag("STARTUP_MESSAGE", problems)
}
