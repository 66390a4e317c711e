//! How long routers may be silent, as the user wants it.

use alloc::boxed::Box;
use core::net::IpAddr;

use crate::ids::NotifierSet;
use crate::prefix::Prefix;
use crate::rules::filter::RouterFilter;

/// Bits of the addresses of a named network that are no strangers.
const NETWORK_BITS_MAX: u8 = 8;

/// How long a router may be silent, and who wants to know.
#[derive(Clone, Debug, Default)]
pub struct SilenceSpec {
    /// The limit for every router, in milliseconds; 0 is off.
    pub millis: u64,
    /// The limits of certain routers, of which the first that fits counts.
    pub routers: Box<[(RouterFilter, u64)]>,
    /// Who is notified.
    pub notifiers: NotifierSet,
}

impl SilenceSpec {
    /// Returns whether no router is watched.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.millis == 0 && self.routers.iter().all(|&(_, millis)| millis == 0)
    }

    /// Returns how long an address with this name may be silent, in milliseconds.
    pub(super) fn limit(&self, name: Option<&str>, address: IpAddr) -> u64 {
        let fits = |(router, _): &&(RouterFilter, u64)| match router {
            RouterFilter::Name(wanted) => name == Some(wanted),
            RouterFilter::Prefix(prefix) => prefix.contains(address),
        };
        let own = self.routers.iter().find(fits);
        own.map_or(self.millis, |&(_, millis)| millis)
    }

    /// Returns whether the user has listed an address, or few others with it.
    pub(super) fn lists(&self, address: IpAddr) -> bool {
        self.routers.iter().any(|(router, _)| match router {
            RouterFilter::Name(_) => false,
            RouterFilter::Prefix(prefix) => is_few(*prefix) && prefix.contains(address),
        })
    }
}

/// Returns whether a network is so small that its addresses are no strangers.
pub(super) fn is_few(prefix: Prefix) -> bool {
    prefix.host_bits() <= NETWORK_BITS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Silence is off only if no router has a limit; and only small networks of the list
    /// name their addresses.
    #[test]
    fn limits_and_lists() {
        let prefix = |text: &str| RouterFilter::Prefix(text.parse().unwrap());
        let spec = |millis, routers: &[(&str, u64)]| SilenceSpec {
            millis,
            routers: routers
                .iter()
                .map(|&(text, millis)| (prefix(text), millis))
                .collect(),
            notifiers: NotifierSet::EMPTY,
        };
        for (millis, routers, is_off) in [
            (0, &[][..], true),
            (1, &[][..], false),
            (0, &[("192.0.2.1", 0)], true),
            (0, &[("192.0.2.1", 0), ("192.0.2.2", 1)], false),
            (1, &[("192.0.2.1", 0)], false),
        ] {
            assert_eq!(spec(millis, routers).is_off(), is_off);
        }
        let spec = spec(0, &[("192.0.2.1", 1), ("198.51.0.0/16", 1)]);
        let lists = |text: &str| spec.lists(text.parse().unwrap());
        assert!(lists("192.0.2.1") && !lists("192.0.2.2") && !lists("198.51.100.1"));
    }
}
