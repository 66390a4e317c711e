//! The variables about routers that are not heard: `SILENCE_…`.

use alertik_core::ids::NotifierSet;
use alertik_core::limits::ROUTERS_MAX;
use alertik_core::prefix::Prefix;
use alertik_core::routers::Routers;
use alertik_core::rules::{RouterFilter, SilenceSpec};

use super::{Env, Problems, numbers, rules};

/// A week: a longer time is more likely a mistake than a wish.
const SECS_MAX: u64 = 7 * 24 * 60 * 60;

const SECS: &str = "SILENCE_SECS";
const ROUTERS: &str = "SILENCE_ROUTERS";
const NOTIFIER: &str = "SILENCE_NOTIFIER";

/// Reads how long routers may be silent, and who is notified: if the user does not say,
/// the notifiers that are `used`. `None` if no router is watched.
pub(super) fn read(
    env: &Env,
    known: &Routers,
    used: NotifierSet,
    problems: &mut Problems,
) -> Option<SilenceSpec> {
    let spec = SilenceSpec {
        millis: numbers::whole(env, SECS, 0..=SECS_MAX, 0, problems) * 1_000,
        routers: read_routers(env, known, problems),
        notifiers: match env.bytes(NOTIFIER) {
            None => used,
            Some(_) => rules::read_notifiers(env, NOTIFIER, problems),
        },
    };
    if !spec.is_off() {
        return Some(spec);
    }
    if env.bytes(NOTIFIER).is_some() {
        problems.warning(
            NOTIFIER,
            format_args!("is not used: neither {SECS} nor {ROUTERS} has a time above 0"),
        );
    }
    None
}

/// Reads `name:seconds` or `address:seconds`, separated by commas.
fn read_routers(env: &Env, known: &Routers, problems: &mut Problems) -> Box<[(RouterFilter, u64)]> {
    let mut routers = Vec::new();
    for entry in env.entries(ROUTERS, problems) {
        // The last colon: addresses have colons of their own.
        let parts = entry.rsplit_once(':').and_then(|(router, secs)| {
            let secs = secs
                .trim_ascii()
                .parse::<u64>()
                .ok()
                .filter(|secs| *secs <= SECS_MAX)?;
            Some((router, secs))
        });
        let Some((router, secs)) = parts else {
            problems.error(
                ROUTERS,
                format_args!(
                    "'{entry}' is not a router with its seconds, 0 to {SECS_MAX}, such as \
                     office:300 or 192.0.2.1:0"
                ),
            );
            continue;
        };
        let filter = match router.parse::<Prefix>() {
            Ok(prefix) => RouterFilter::Prefix(prefix),
            Err(_) if known.has(router) => RouterFilter::Name(router.into()),
            Err(_) => {
                problems.error(
                    ROUTERS,
                    format_args!(
                        "'{router}' is neither an address nor the name of a router; known are: {}",
                        known.names()
                    ),
                );
                continue;
            }
        };
        routers.push((filter, secs * 1_000));
    }
    if routers.len() > ROUTERS_MAX {
        let count = routers.len();
        problems.error(
            ROUTERS,
            format_args!("has {count} entries, at most {ROUTERS_MAX} are allowed"),
        );
    }
    routers.into_boxed_slice()
}
