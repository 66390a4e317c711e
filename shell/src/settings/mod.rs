//! The configuration: read from the environment once, checked as a whole.
//!
//! One function reads each variable and reports every mistake in it to
//! [`Problems`], so that a user sees all of them at the first start.

mod env;
mod log;
mod numbers;
mod problems;
pub(crate) mod rules;
pub(crate) mod services;
mod timezone;
mod trust;
mod url;

use std::net::{IpAddr, Ipv6Addr};

use alertik_core::rules::Rules;

pub(crate) use env::Env;
pub(crate) use log::LogSettings;
pub(crate) use problems::Problems;
pub(crate) use url::Url;

/// The predecessor's port.
const SYSLOG_PORT_DEFAULT: u64 = 5_140;

/// Everything the daemon needs to know.
pub(crate) struct Settings {
    /// The address to listen on; `None` is every address of both families.
    pub(crate) listen: Option<IpAddr>,
    /// The UDP port to listen on; 0 lets the system choose.
    pub(crate) port: u16,
    /// The server to forward datagrams to, if any.
    pub(crate) forward: Option<ForwardTarget>,
    /// The compiled rules.
    pub(crate) rules: Rules,
    /// The services that the rules notify.
    pub(crate) notifiers: services::Notifiers,
    /// The daemon's own log.
    pub(crate) log: LogSettings,
}

/// The server that datagrams are forwarded to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForwardTarget {
    /// A name or an address.
    pub(crate) host: String,
    /// The UDP port.
    pub(crate) port: u16,
}

impl Settings {
    /// Reads and checks everything. The settings are complete only if `problems`
    /// has no error afterwards.
    pub(crate) fn read(env: &Env, problems: &mut Problems) -> Self {
        let (rules, used) = rules::read(env, problems);
        let settings = Self {
            listen: read_listen(env, problems),
            port: read_port(env, problems),
            forward: read_forward(env, problems),
            notifiers: services::read(env, used, problems),
            log: LogSettings::read(env, problems),
            rules: rules.finish(),
        };
        timezone::check(env, problems);
        settings
    }
}

/// Reads the UDP port to listen on.
pub(crate) fn read_port(env: &Env, problems: &mut Problems) -> u16 {
    let port = numbers::whole(
        env,
        "SYSLOG_PORT",
        0..=65_535,
        SYSLOG_PORT_DEFAULT,
        problems,
    );
    // In range, as `whole` checked.
    port as u16
}

fn read_listen(env: &Env, problems: &mut Problems) -> Option<IpAddr> {
    let text = env.text("SYSLOG_ADDR", problems)?;
    match text.parse() {
        Ok(address) if address == IpAddr::from(Ipv6Addr::UNSPECIFIED) => None,
        Ok(address) => Some(address),
        Err(_) => {
            problems.error(
                "SYSLOG_ADDR",
                format_args!(
                    "'{text}' is not an IP address; allowed are :: (every address), 0.0.0.0 \
                     (every IPv4 address) or one of this machine's"
                ),
            );
            None
        }
    }
}

fn read_forward(env: &Env, problems: &mut Problems) -> Option<ForwardTarget> {
    let is_set = |name| env.bytes(name).is_some_and(|value| !value.is_empty());
    match (is_set("FORWARD_HOST"), is_set("FORWARD_PORT")) {
        (false, false) => return None,
        (true, true) => {}
        (true, false) => problems.error(
            "FORWARD_PORT",
            format_args!("is not set, but FORWARD_HOST is"),
        ),
        (false, true) => problems.error(
            "FORWARD_HOST",
            format_args!("is not set, but FORWARD_PORT is"),
        ),
    }
    let host = env.text("FORWARD_HOST", problems).unwrap_or_default();
    if host
        .bytes()
        .any(|byte| byte <= b' ' || byte == b'/' || byte == 0x7F)
    {
        problems.error(
            "FORWARD_HOST",
            format_args!("'{host}' is not a host name or an IP address"),
        );
    }
    let port = if is_set("FORWARD_PORT") {
        numbers::whole(env, "FORWARD_PORT", 1..=65_535, 514, problems)
    } else {
        0
    };
    Some(ForwardTarget {
        host: host.to_owned(),
        port: port as u16,
    })
}
