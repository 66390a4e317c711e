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
