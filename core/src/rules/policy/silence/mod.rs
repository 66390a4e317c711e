//! Silence: a router from which nothing was heard for so long, and its return.
//!
//! This is the policy of no rule: what it remembers are routers, and what it waits for
//! is any line. A line costs the comparison or look-up of [`Senders`]; everything else is
//! done when a router may have been silent for its limit, and then for all of them.
//!
//! # Strangers
//!
//! Whoever can forge an address can make up a router. So an address without a name counts
//! only once it was heard for an hour and four times its limit without a pause of that
//! limit, and at most [`SILENT_STRANGERS_MAX`] count at a time. They share the table with
//! the addresses of named networks, which they cannot push out; names of single addresses
//! have places of their own. A network of more than 256 addresses is no better than
//! strangers.

mod spec;
mod watch;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

use crate::ids::{RuleName, Ticket};
use crate::limits::{HEARD_MAX, SILENT_STRANGERS_MAX};
use crate::routers::{NamedPrefix, Routers, SENDERS_MAX, Senders};
use crate::rules::notice::{About, NoticeHead};
use crate::rules::policy::outcome::{Event, Remark};
use crate::rules::policy::silence::spec::is_few;
use crate::rules::policy::silence::watch::{Kind, Moment, Watch};
use crate::rules::policy::slots::NEVER;
use crate::text::{Label, ShortText};
use crate::time::{Instant, Wall};

pub use spec::SilenceSpec;

/// Pause between two evictions, in milliseconds: forged addresses must not cost a search
/// each, and must not keep others from becoming known.
const EVICTION_PAUSE_MILLIS: u64 = 1_000;

/// An address that was heard. Its place is that in [`Senders`].
#[derive(Debug)]
struct Address {
    /// The place of its name.
    name: Option<usize>,
    watch: Watch,
}

/// The routers, and which of them are silent.
#[derive(Debug)]
pub(in crate::rules) struct Silence {
    spec: SilenceSpec,
    heard: Senders,
    /// One for each entry of `ROUTERS`, of which the first with a name counts.
    names: Box<[Watch]>,
    addresses: Vec<Address>,
    /// How many addresses have no name of their own.
    others: usize,
    /// When a stranger may push out an address next, and when others may.
    evicts: [Instant; 2],
    /// Until when messages were lost.
    deaf: Instant,
    /// Nothing changes before, unless a silent router is heard.
    earliest: Instant,
}

impl Silence {
    /// Returns silence as of the start, of which nothing was heard yet. `secret` must
    /// not be known to strangers.
    pub(in crate::rules) fn new(
        spec: SilenceSpec,
        routers: &Routers,
        now: Instant,
        secret: u64,
    ) -> Self {
        let named = routers.named();
        let watch = |(index, router): (usize, &NamedPrefix)| {
            let kind = match (routers.is_device(index), router.prefix.is_one()) {
                (true, _) => Kind::Known,
                (false, true) => Kind::Name,
                (false, false) => Kind::Network,
            };
            let limit = match first_of(named, index) == index {
                true => spec.limit(Some(&router.name), router.prefix.first()),
                false => 0,
            };
            Watch::new(kind, limit, now)
        };
        let names: Box<[Watch]> = named.iter().enumerate().map(watch).collect();
        Self {
            spec,
            names,
            heard: Senders::new(secret),
            addresses: Vec::with_capacity(SENDERS_MAX),
            others: 0,
            evicts: [now; 2],
            deaf: Instant::ZERO,
            earliest: now,
        }
    }

    /// Notes a line. Returns whether [`Silence::on_timeout`] may have something to say.
    #[inline]
    pub(in crate::rules) fn hear(
        &mut self,
        now: Instant,
        source: IpAddr,
        routers: &Routers,
    ) -> bool {
        match self.heard.hear(now, source) {
            Some(sender) if sender.is_awaited => {
                sender.is_awaited = false;
                self.earliest = Instant::ZERO;
            }
            Some(_) => {}
            None => self.admit(now, source, routers),
        }
        self.is_due(now)
    }

    /// Notes that messages were lost until now, or that nobody listened.
    pub(in crate::rules) const fn lose(&mut self, now: Instant) {
        self.deaf = now;
    }

    /// Returns whether something may have changed.
    pub(in crate::rules) fn is_due(&self, now: Instant) -> bool {
        self.earliest <= now
    }

    /// Returns when something may have changed at the latest.
    pub(in crate::rules) fn next(&self) -> Option<Instant> {
        (self.earliest < NEVER).then_some(self.earliest)
    }

    /// Returns the next change that is due by `now`, or `None` once there is none left.
    /// The end of the daemon, at the end of time, makes no router silent.
    pub(in crate::rules) fn on_timeout(
        &mut self,
        now: Instant,
        wall: Wall,
        routers: &Routers,
    ) -> Option<Event> {
        if !self.is_due(now) || now == NEVER {
            return None;
        }
        self.settle();
        let deaf = self.deaf;
        let moment = Moment {
            now,
            at: wall,
            deaf,
        };
        let Some((name, place, remark)) = self.change(moment) else {
            self.await_silent();
            return None;
        };
        let name = name.and_then(|name| routers.named().get(name));
        let address = place.and_then(|place| self.heard.senders().get(place));
        Some(self.event(wall, name, address.map(|sender| sender.address), remark))
    }

    /// Returns the next change that is worth a report: of a name, or of an address with
    /// its name.
    fn change(&mut self, moment: Moment) -> Option<(Option<usize>, Option<usize>, Remark)> {
        let counted = self.addresses.iter();
        let counted = counted.filter(|address| address.watch.is_counted_stranger());
        let mut strangers = SILENT_STRANGERS_MAX.saturating_sub(counted.count());
        let mut earliest = NEVER;
        for (name, watch) in self.names.iter_mut().enumerate() {
            if let Some(remark) = watch.judge(moment, &mut strangers) {
                return Some((Some(name), None, remark));
            }
            earliest = earliest.min(watch.due(moment.deaf));
        }
        for (place, Address { name, watch }) in self.addresses.iter_mut().enumerate() {
            if let Some(remark) = watch.judge(moment, &mut strangers) {
                return Some((*name, Some(place), remark));
            }
            earliest = earliest.min(watch.due(moment.deaf));
        }
        self.earliest = earliest;
        None
    }

    /// Brings what was heard to the watches.
    fn settle(&mut self) {
        for (sender, address) in self.heard.senders().iter().zip(&mut self.addresses) {
            address.watch.hear(sender.last);
            if let Some(name) = address.name.and_then(|name| self.names.get_mut(name)) {
                name.hear(sender.last);
            }
        }
    }

    /// Asks for the next line of each address that is silent, or whose name is.
    fn await_silent(&mut self) {
        for (sender, address) in self.heard.senders_mut().iter_mut().zip(&self.addresses) {
            let name = address.name.and_then(|name| self.names.get(name));
            sender.is_awaited = address.watch.is_silent() || name.is_some_and(Watch::is_silent);
        }
    }

    /// Gives an address that is heard for the first time a place, if there is one.
    #[cold]
    fn admit(&mut self, now: Instant, source: IpAddr, routers: &Routers) {
        let (named, index) = (routers.named(), routers.find(source));
        let router = index.and_then(|index| named.get(index));
        let (kind, limit) = match router {
            // Its name is watched.
            Some(router) if router.prefix.is_one() => (Kind::Name, 0),
            _ => {
                let is_known =
                    router.is_some_and(|router| is_few(router.prefix)) || self.spec.lists(source);
                let kind = if is_known {
                    Kind::Known
                } else {
                    Kind::Stranger
                };
                let name = router.map(|router| &*router.name);
                (kind, self.spec.limit(name, source))
            }
        };
        let is_other = kind != Kind::Name;
        let place = if is_other && self.others >= HEARD_MAX {
            self.victim(now, kind)
        } else {
            Some(self.addresses.len())
        };
        let Some(place) = place.filter(|&place| self.heard.put(now, source, place)) else {
            return;
        };
        let address = Address {
            name: index.map(|index| first_of(named, index)),
            watch: Watch::new(kind, limit, now),
        };
        match self.addresses.get_mut(place) {
            Some(gone) => *gone = address,
            None => {
                self.addresses.push(address);
                self.others += usize::from(is_other);
            }
        }
        // Its name may have been silent, and it may be the next that is.
        self.earliest = Instant::ZERO;
    }

    /// Returns the place of an address that goes for another one, if any may.
    fn victim(&mut self, now: Instant, newcomer: Kind) -> Option<usize> {
        let is_stranger = newcomer == Kind::Stranger;
        let after = &mut self.evicts[usize::from(is_stranger)];
        if *after > now {
            return None;
        }
        *after = now.after(EVICTION_PAUSE_MILLIS);
        let newcomer = Watch::new(newcomer, 0, now);
        // A stranger that does not count takes the place of one; what the user knows takes
        // all but its like.
        let most = newcomer.rank().saturating_sub(1);
        let senders = self.heard.senders().iter();
        let ranks = self.addresses.iter().map(|address| address.watch.rank());
        let (place, (rank, _)) = ranks
            .zip(senders.map(|sender| sender.last))
            .enumerate()
            .min_by_key(|&(_, key)| key)?;
        (rank <= most).then_some(place)
    }

    /// Writes a change.
    fn event(
        &self,
        at: Wall,
        name: Option<&NamedPrefix>,
        address: Option<IpAddr>,
        remark: Remark,
    ) -> Event {
        let text = match (name, address) {
            (Some(router), None) => ShortText::of_display(&format_args!("Router {}", router.name)),
            (Some(router), Some(address)) => {
                ShortText::of_display(&format_args!("Router {} ({address})", router.name))
            }
            (None, Some(address)) => ShortText::of_display(&format_args!("Router {address}")),
            (None, None) => ShortText::EMPTY,
        };
        // As in a line of it: the address if it has no name.
        let router = match (name, &address) {
            (Some(router), _) => Label::of_display(&router.name),
            (None, Some(address)) => Label::of_display(address),
            (None, None) => Label::EMPTY,
        };
        let of_name = name.map(|router| router.prefix.first());
        // Every change is that of a name or of an address.
        const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Event {
            head: NoticeHead {
                rule: RuleName::Silence,
                notifiers: self.spec.notifiers,
                at,
                source: address.or(of_name).unwrap_or(NOWHERE),
                ticket: Ticket::default(),
                about: About {
                    router,
                    ..About::NOTHING
                },
                name_bytes: 0,
                time_bytes: 0,
            },
            // The text names the router.
            is_named: false,
            text,
            remark,
        }
    }
}

/// Returns the first entry with the name of the one at `index`. A network is another
/// router than an address of the same name.
fn first_of(named: &[NamedPrefix], index: usize) -> usize {
    let Some(own) = named.get(index) else {
        return index;
    };
    let is_same = |other: &NamedPrefix| {
        other.name == own.name && other.prefix.is_one() == own.prefix.is_one()
    };
    named.iter().position(is_same).unwrap_or(index)
}

#[cfg(test)]
mod tests;
