//! The configuration: read from the environment once, checked as a whole.
//!
//! One function reads each variable and reports every mistake in it to
//! [`Problems`], so that a user sees all of them at the first start.

mod enabled;
mod env;
mod filters;
mod intake;
mod log;
mod numbers;
mod policies;
mod problems;
mod routers;
pub(crate) mod rules;
pub(crate) mod services;
mod timezone;
mod trust;
mod url;
pub(crate) mod variables;
pub(crate) mod written;

use std::net::IpAddr;

use alertik_core::intake::AllowList;
use alertik_core::routers::Routers;
use alertik_core::rules::Rules;

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
    /// The server to forward datagrams to, if any.
    pub(crate) forward: Option<ForwardTarget>,
    /// The names of routers.
    pub(crate) routers: Routers,
    /// The compiled rules.
    pub(crate) rules: Rules,
    /// The services that the rules notify.
    pub(crate) notifiers: services::Notifiers,
    /// The daemon's own log.
    pub(crate) log: LogSettings,
}

impl Settings {
    /// Reads and checks everything. The settings are complete only if `problems`
    /// has no error afterwards.
    pub(crate) fn read(env: &Env, problems: &mut Problems) -> Self {
        variables::check(env, problems);
        let (rules, used) = rules::read(env, problems);
        let settings = Self {
            listen: intake::read_listen(env, problems),
            port: read_port(env, problems),
            allowed: intake::read_allowed(env, problems),
            tcp_port: intake::read_tcp_port(env, problems),
            routers: routers::read(env, problems),
            forward: intake::read_forward(env, problems),
            notifiers: services::read(env, used, problems),
            log: LogSettings::read(env, problems),
            rules: rules.finish(),
        };
        timezone::check(env, problems);
        settings
    }
}
