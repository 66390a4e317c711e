//! The configuration: read from the environment once, checked as a whole.
//!
//! One function reads each variable and reports every mistake in it to
//! [`Problems`], so that a user sees all of them at the first start.

mod conditions;
mod enabled;
mod env;
mod filters;
pub(crate) mod heartbeat;
mod intake;
mod log;
mod metrics;
mod novelty;
mod numbers;
mod policies;
mod problems;
mod quiet;
mod routers;
pub(crate) mod rules;
pub(crate) mod services;
mod silence;
mod timezone;
mod trust;
mod url;
pub(crate) mod variables;
pub(crate) mod written;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use alertik_core::ids::NotifierSet;
use alertik_core::intake::AllowList;
use alertik_core::routers::Routers;
use alertik_core::rules::{Rules, SilenceSpec};

pub(crate) use env::Env;
pub(crate) use intake::{ForwardFormat, ForwardTarget, read_port};
pub(crate) use log::LogSettings;
pub(crate) use problems::Problems;
pub(crate) use url::Url;

/// Everything the daemon needs to know.
pub(crate) struct Settings {
    /// The address to listen on; `None` is every address of both families.
    pub(crate) listen: Option<IpAddr>,
    /// The UDP port to listen on; 0 lets the system choose.
    pub(crate) port: u16,
    /// The senders whose datagrams are taken.
    pub(crate) allowed: AllowList,
    /// The TCP port to listen on as well, if any; 0 lets the system choose.
    pub(crate) tcp_port: Option<u16>,
    /// Where metrics can be asked for over HTTP, if anywhere.
    pub(crate) metrics: Option<SocketAddr>,
    /// The server to forward datagrams to, if any.
    pub(crate) forward: Option<ForwardTarget>,
    /// The names of routers.
    pub(crate) routers: Routers,
    /// The compiled rules.
    pub(crate) rules: Rules,
    /// How long routers may be silent, if any are watched.
    pub(crate) silence: Option<SilenceSpec>,
    /// Where a heartbeat goes, if anywhere.
    pub(crate) heartbeat: Option<heartbeat::Heartbeat>,
    /// The notifiers that get a notification of the start.
    pub(crate) startup: NotifierSet,
    /// The services that are notified.
    pub(crate) notifiers: services::Notifiers,
    /// Where the values that rules know are kept, if anywhere.
    pub(crate) state_file: Option<PathBuf>,
    /// The daemon's own log.
    pub(crate) log: LogSettings,
}

impl Settings {
    /// Reads and checks everything. The settings are complete only if `problems`
    /// has no error afterwards. The rules are lean if they are for the daemon, see
    /// [`rules::read`].
    pub(crate) fn read(env: &Env, is_lean: bool, problems: &mut Problems) -> Self {
        variables::check(env, problems);
        let (rules, used) = rules::read(env, is_lean, problems);
        let rules = rules.finish();
        let routers = routers::read(env, problems);
        let silence = silence::read(env, &routers, used, problems);
        let startup = match heartbeat::read_startup_message(env, problems) {
            true => used,
            false => NotifierSet::EMPTY,
        };
        let of_silence = silence.as_ref().map(|silence| silence.notifiers);
        let used = used.union(of_silence.unwrap_or_default());
        let settings = Self {
            listen: intake::read_listen(env, problems),
            port: read_port(env, problems),
            allowed: intake::read_allowed(env, problems),
            tcp_port: intake::read_tcp_port(env, problems),
            metrics: metrics::read(env, problems),
            routers,
            silence,
            heartbeat: heartbeat::read(env, problems),
            startup,
            forward: intake::read_forward(env, problems),
            notifiers: services::read(env, used, problems),
            log: LogSettings::read(env, problems),
            state_file: novelty::read_state_file(env, rules.rules(), problems),
            rules,
        };
        timezone::check(env, problems);
        settings
    }
}

#[cfg(test)]
mod tests;
