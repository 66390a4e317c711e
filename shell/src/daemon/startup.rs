//! What the daemon says of itself at the start, in the log and, if the user wants it, to
//! the notifiers.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use alertik_core::ids::{NotifierSet, RuleName, Ticket};
use alertik_core::routers::Routers;
use alertik_core::rules::{About, NoticeHead, Rules};
use alertik_core::text::TextBuffer;

use crate::notifier::Senders;
use crate::settings::services::Notifiers;
use crate::sys::clock;

/// Says in a line what has started: the version, the device's name if it has one, and the
/// names of rules, notifiers and routers.
pub(super) fn describe(rules: &Rules, notifiers: &Notifiers, routers: &Routers) -> String {
    let mut text = concat!("alertik ", env!("CARGO_PKG_VERSION"), " has started").to_owned();
    if let Some(device) = routers.device() {
        text.push_str(" on ");
        text.push_str(device);
    }
    text.push_str("; rules: ");
    let rules = rules.rules().iter().filter(|rule| rule.recovers.is_none());
    for (index, rule) in rules.enumerate() {
        text.push_str(if index == 0 { "" } else { ", " });
        // Writing to a string cannot fail.
        let _ = write!(text, "{}", rule.name);
    }
    text.push_str("; notifiers: ");
    for (index, settings) in notifiers.list.iter().enumerate() {
        text.push_str(if index == 0 { "" } else { ", " });
        text.push_str(settings.notifier.name());
    }
    let _ = write!(text, "; routers: {}", routers.names());
    text
}

/// Writes the line to the log, and sends it to `notifiers`.
pub(super) fn report(line: &str, senders: &Senders, notifiers: NotifierSet) {
    log::info!("{line}");
    let at = clock::wall();
    let head = NoticeHead {
        rule: RuleName::Startup,
        notifiers,
        at,
        // Our own: no line was received.
        source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        ticket: Ticket::default(),
        about: About::NOTHING,
        name_bytes: 0,
        time_bytes: 0,
    };
    let mut text = Box::new(TextBuffer::new());
    text.push_mask(line);
    text.push_tail(format_args!(", at: {at}"));
    senders.push(clock::now(), &head, text.as_text());
}
