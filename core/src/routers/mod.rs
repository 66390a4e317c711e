//! Who speaks: the names of routers, and when a notification gives them.
//!
//! A router's name is the one that the user gave its address, else the identity that
//! its line carries, else its address. The user's names cannot be claimed by a line:
//! an identity is text from the network and is shown as such.

mod heard;
mod senders;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

use crate::prefix::Prefix;
use crate::syslog::{Line, parse};
use crate::text::{Label, TextBuffer};
use crate::time::{Duration, Instant};
use heard::Heard;
pub use heard::{HeardRouter, HeardRouters};

pub(crate) use senders::{SENDERS_MAX, Senders};

/// When a notification begins with the name of its router.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotifyRouter {
    /// Always.
    Always,
    /// From the moment that routers have names, or a second one has been heard.
    #[default]
    Auto,
    /// Never.
    Never,
}

/// A range of addresses with a name.
#[derive(Clone, Debug)]
pub struct NamedPrefix {
    /// The name.
    pub name: Box<str>,
    /// The addresses.
    pub prefix: Prefix,
}

/// The names that the user gave to addresses.
#[derive(Clone, Debug, Default)]
pub struct Names(Box<[NamedPrefix]>);

/// The routers as configured, and those that were heard.
#[derive(Debug, Default)]
pub struct Routers {
    names: Names,
    /// How many of the names are no addresses of the device.
    foreign: usize,
    notify: NotifyRouter,
    /// Whether `auto` does not wait for a second router.
    has_names: bool,
    heard: Heard,
}

/// The name of the router that sent a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouterName<'a> {
    /// The user's name for its address.
    Named(&'a str),
    /// The line's own.
    Identity(&'a [u8]),
    /// None but the address.
    Address(IpAddr),
}

/// Distinguishes routers: it is the same for two lines if the same router sent them,
/// as far as can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RouterKey<'a> {
    /// The user's name for exactly its address or addresses, or the line's identity.
    pub(crate) name: &'a [u8],
    /// The address, unless the name says it all. Several routers may share a range.
    pub(crate) address: Option<IpAddr>,
}

impl Routers {
    /// Returns routers with the names in `routers`, of which the longest prefix that
    /// holds an address counts, then the first. `device` is the name of the router that
    /// alertik runs on, for its addresses.
    #[must_use]
    pub fn new(routers: Vec<NamedPrefix>, device: Vec<NamedPrefix>, notify: NotifyRouter) -> Self {
        let has_names = !routers.is_empty();
        let foreign = routers.len();
        let mut named = routers;
        named.extend(device);
        Self {
            names: Names(named.into_boxed_slice()),
            foreign,
            notify,
            has_names,
            heard: Heard::default(),
        }
    }

    /// Returns whether the user gave an address this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.0.iter().any(|router| &*router.name == name)
    }

    /// Counts a line from an address. Returns whether the router's name is not known yet
    /// and worth looking for in it.
    pub(crate) fn hear(&mut self, now: Instant, source: IpAddr) -> bool {
        self.heard.hear(now, source)
    }

    /// Notes the name of the router that sent the last line, if it has one.
    #[cold]
    pub(crate) fn learn_name(&mut self, source: IpAddr, message: &[u8]) {
        let line = parse(message);
        let (name, _) = self.name(source, &line);
        if let RouterName::Address(_) = name {
            return;
        }
        let name = name.label();
        self.heard.set_name(name);
    }

    /// Counts a match of the last line.
    pub(crate) fn count_match(&mut self) {
        self.heard.count_match();
    }

    /// Notes the name of the router that sent the last line.
    pub(crate) fn set_name(&mut self, name: Label) {
        self.heard.set_name(name);
    }

    /// Returns for how long nothing had come from the router of the last line before, as
    /// far as that is known.
    pub(crate) fn pause(&self) -> Option<Duration> {
        self.heard.pause()
    }

    /// Brings a copy of the routers heard most recently up to date.
    pub(crate) fn copy_heard(&mut self, copy: &mut HeardRouters) {
        self.heard.copy_to(copy);
    }

    /// Returns whether a notification begins with the name of its router now.
    pub(crate) const fn is_shown(&self) -> bool {
        match self.notify {
            NotifyRouter::Always => true,
            NotifyRouter::Auto => self.has_names || self.heard.is_several(),
            NotifyRouter::Never => false,
        }
    }

    /// Returns the names with their addresses, those of the device last.
    #[must_use]
    pub const fn named(&self) -> &[NamedPrefix] {
        &self.names.0
    }

    /// Returns the names of addresses.
    #[must_use]
    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// Returns the device's name, if it has one.
    #[must_use]
    pub fn device(&self) -> Option<&str> {
        self.names.0.get(self.foreign).map(|device| &*device.name)
    }

    /// Returns whether a name is one of the device's.
    pub(crate) const fn is_device(&self, index: usize) -> bool {
        index >= self.foreign
    }

    /// Returns which name an address has.
    pub(crate) fn find(&self, source: IpAddr) -> Option<usize> {
        self.names.find(source)
    }

    /// Returns the name of the router that sent a line, and what distinguishes it from others.
    pub(crate) fn name<'a>(
        &'a self,
        source: IpAddr,
        line: &Line<'a>,
    ) -> (RouterName<'a>, RouterKey<'a>) {
        self.names.name(source, line)
    }
}

impl Names {
    /// Returns the name of the router that sent a line: the user's for its address, else
    /// the one in the line, else the address.
    #[must_use]
    pub fn label(&self, source: IpAddr, line: &Line<'_>) -> Label {
        self.name(source, line).0.label()
    }

    fn find(&self, source: IpAddr) -> Option<usize> {
        // Sorting them once would take more code than looking at all 64 takes time. The
        // last of the longest counts, which backwards is the first.
        let named = self.0.iter().enumerate().rev();
        let holding = named.filter(|(_, router)| router.prefix.contains(source));
        let longest = holding.max_by_key(|(_, router)| router.prefix.length());
        longest.map(|(index, _)| index)
    }

    fn name<'a>(&'a self, source: IpAddr, line: &Line<'a>) -> (RouterName<'a>, RouterKey<'a>) {
        let named = self.find(source).and_then(|index| self.0.get(index));
        if let Some(NamedPrefix { name, prefix }) = named {
            let key = RouterKey {
                name: name.as_bytes(),
                address: (!prefix.is_one()).then_some(source),
            };
            return (RouterName::Named(name), key);
        }
        let key = RouterKey {
            name: line.identity.unwrap_or_default(),
            address: Some(source),
        };
        match line.identity {
            Some(identity) => (RouterName::Identity(identity), key),
            None => (RouterName::Address(source), key),
        }
    }
}

/// Writes the names, each one once: `office, pop-1`; `none` if there are none.
impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (index, NamedPrefix { name, .. }) in self.0.iter().enumerate() {
            let before = &self.0[..index];
            if !before.iter().any(|other| other.name == *name) {
                f.write_str(if index == 0 { "" } else { ", " })?;
                f.write_str(name)?;
            }
        }
        Ok(())
    }
}

impl RouterName<'_> {
    /// Returns the name, cut if it is longer than a name can be.
    pub(crate) fn label(&self) -> Label {
        match self {
            Self::Named(name) => Label::of_display(name),
            Self::Identity(identity) => Label::of_log(identity),
            Self::Address(address) => Label::of_display(address),
        }
    }

    /// Appends the name to a text.
    pub(crate) fn write(&self, out: &mut TextBuffer) {
        out.push_text(self.label().as_text());
    }

    /// Returns whether the name is this one.
    pub(crate) fn is(&self, name: &str) -> bool {
        match self {
            Self::Named(own) => *own == name,
            Self::Identity(identity) => *identity == name.as_bytes(),
            Self::Address(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syslog::parse;

    fn named(name: &str, prefix: &str) -> NamedPrefix {
        NamedPrefix {
            name: name.into(),
            prefix: prefix.parse().unwrap(),
        }
    }

    fn routers(notify: NotifyRouter) -> Routers {
        let list = vec![
            named("all", "192.0.2.0/24"),
            named("office", "192.0.2.1"),
            named("office", "2001:db8::1"),
            named("second", "192.0.2.1"),
        ];
        Routers::new(list, vec![named("me", "172.31.255.1")], notify)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// The longest prefix counts, then the line's identity, then the address.
    #[test]
    fn names() {
        let routers = routers(NotifyRouter::Auto);
        let line = parse(b"<30>Nov  8 17:06:34 tik x");
        for (source, expected) in [
            ("192.0.2.1", RouterName::Named("office")),
            ("192.0.2.2", RouterName::Named("all")),
            ("172.31.255.1", RouterName::Named("me")),
            ("198.51.100.1", RouterName::Identity(b"tik")),
        ] {
            assert_eq!(routers.name(address(source), &line).0, expected);
        }
        let source = address("198.51.100.1");
        let (name, _) = routers.name(source, &parse(b"dhcp,info x"));
        assert_eq!(name, RouterName::Address(source));
    }

    /// Two addresses of one router are one; two routers of one range are two, and so are
    /// two identities at one address. Nobody is taken for another by claiming its
    /// identity.
    #[test]
    fn keys() {
        let routers = routers(NotifyRouter::Auto);
        let key =
            |source, line: &'static str| routers.name(address(source), &parse(line.as_bytes())).1;
        assert_eq!(key("192.0.2.1", "x"), key("2001:db8::1", "y"));
        assert_ne!(key("192.0.2.2", "x"), key("192.0.2.3", "x"));
        let (one, two) = ("<30>Nov  8 17:06:34 a x", "<30>Nov  8 17:06:34 b x");
        assert_ne!(key("198.51.100.1", one), key("198.51.100.1", two));
        assert_eq!(key("198.51.100.1", one), key("198.51.100.1", one));
        assert_ne!(key("198.51.100.1", one), key("198.51.100.2", one));
        assert_ne!(key("198.51.100.1", "x"), key("198.51.100.2", "x"));
    }

    /// Automatic names wait for a second router, unless routers have names; that of the
    /// device alone is no reason.
    #[test]
    fn when_names_are_shown() {
        assert!(routers(NotifyRouter::Auto).is_shown());
        assert!(!routers(NotifyRouter::Never).is_shown());
        let device = vec![named("me", "172.31.255.1")];
        let mut one = Routers::new(vec![], device, NotifyRouter::Auto);
        for (source, shown) in [
            ("192.0.2.1", false),
            ("192.0.2.1", false),
            ("192.0.2.2", true),
            ("192.0.2.1", true),
        ] {
            one.hear(Instant::ZERO, address(source));
            assert_eq!(one.is_shown(), shown);
        }
        assert!(Routers::new(vec![], vec![], NotifyRouter::Always).is_shown());
    }
}
