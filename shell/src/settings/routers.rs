//! The variables about routers: `ROUTERS`, `DEVICE_NAME`, `NOTIFY_ROUTER`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use alertik_core::limits::ROUTERS_MAX;
use alertik_core::prefix::{Prefix, PrefixError};
use alertik_core::routers::{NamedPrefix, NotifyRouter, Routers};

use super::{Env, Problems};
use crate::sys::default_gateway;

/// Longest name of a router, in bytes: that of an identity.
const NAME_BYTES_MAX: usize = 64;

/// Reads the names of routers and when they are shown.
pub(super) fn read(env: &Env, problems: &mut Problems) -> Routers {
    let named = read_named(env, problems);
    let device = read_device(env, problems);
    Routers::new(named, device, read_notify(env, problems))
}

/// Reads `name@address` or `name@range`, separated by commas.
fn read_named(env: &Env, problems: &mut Problems) -> Vec<NamedPrefix> {
    const ROUTERS: &str = "ROUTERS";
    let mut named = Vec::new();
    for entry in env.entries(ROUTERS, problems) {
        // The last sign: a name may hold one, a range does not.
        let parts = entry.rsplit_once('@').filter(|(name, _)| is_name(name));
        let prefix = parts.map(|(name, range)| (name, range.parse::<Prefix>()));
        match prefix {
            Some((name, Ok(prefix))) => named.push(NamedPrefix {
                name: name.into(),
                prefix,
            }),
            // Its network is wrong, and it has one.
            Some((_, Err(error))) if error != PrefixError::Address => {
                problems.error(ROUTERS, format_args!("'{entry}' {error}"));
            }
            _ => problems.error(
                ROUTERS,
                format_args!(
                    "'{entry}' is not a name with an address or a range, such as \
                     office@192.0.2.1 or pop-1@198.51.100.0/28"
                ),
            ),
        }
    }
    for (index, NamedPrefix { name, prefix }) in named.iter().enumerate() {
        if let Some(other) = named[..index].iter().find(|other| other.prefix == *prefix) {
            problems.error(
                ROUTERS,
                format_args!(
                    "{prefix} is {} and {name}; leave one of the names out",
                    other.name
                ),
            );
        }
    }
    if named.len() > ROUTERS_MAX {
        let count = named.len();
        problems.error(
            ROUTERS,
            format_args!("has {count} entries, at most {ROUTERS_MAX} are allowed"),
        );
    }
    named
}

fn is_name(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.chars().any(char::is_control)
}

/// Reads the name of the router that alertik runs on. A container sees it as its
/// gateway, and a program on the router itself as the loopback.
fn read_device(env: &Env, problems: &mut Problems) -> Vec<NamedPrefix> {
    const DEVICE: &str = "DEVICE_NAME";
    let Some(name) = env.text(DEVICE, problems).filter(|name| !name.is_empty()) else {
        return Vec::new();
    };
    if !is_name(name) {
        problems.error(
            DEVICE,
            format_args!("is not 1 to {NAME_BYTES_MAX} bytes without control characters"),
        );
    }
    let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let gateway = default_gateway::ipv4().map(IpAddr::from);
    let addresses = loopback.into_iter().chain(gateway);
    addresses
        .map(|address| NamedPrefix {
            name: name.into(),
            prefix: Prefix::of(address),
        })
        .collect()
}

fn read_notify(env: &Env, problems: &mut Problems) -> NotifyRouter {
    match env.choice("NOTIFY_ROUTER", &["auto", "always", "never"], problems) {
        Some(1) => NotifyRouter::Always,
        Some(2) => NotifyRouter::Never,
        _ => NotifyRouter::Auto,
    }
}
