//! The topics of an entry: `system,error,critical`.

use crate::syslog::scan::split_word;
use crate::syslog::severity::Severity;

/// The topics that RouterOS knows (the vendor's manual, "Log", and its command
/// reference), each after a comma. Newer versions add some, so one known topic is
/// enough to recognise a list.
const KNOWN: &str = ",account,acme-client,amt,async,backup,bfd,bgp,bridge,calc,caps,certificate,\
clock,container,critical,ddns,debug,dhcp,discover,dns,dot1x,dude,e-mail,error,event,evpn,fetch,\
firewall,gps,gsm,health,hotspot,igmp-proxy,info,interface,iot,ipsec,iscsi,isdn,isis,kvm,l2tp,ldp,\
lora,lte,manager,mme,mpls,mqtt,mvrp,natpmp,netinstall,netwatch,ntp,ospf,ovpn,packet,pim,poe-in,\
poe-out,pon,ppp,pppoe,pptp,profinet,ptp,queue,radius,radvd,raw,read,rip,route,rpki,rproxy,rsvp,\
script,sertcp,simulator,smb,snmp,socksify,ssh,ssld,sstp,state,store,stp,system,telephony,tftp,\
timer,tr069,update,upnp,ups,vpls,vrrp,warning,watchdog,web-proxy,wiliot,wireguard,wireless,write,\
zerotier";

/// The topics of an entry, in the order in which the router wrote them. Empty if the
/// line does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Topics<'a>(&'a [u8]);

impl<'a> Topics<'a> {
    /// Returns the topics of a list that is known to be one, separated by commas.
    pub(super) const fn of(list: &'a [u8]) -> Self {
        Self(list)
    }

    /// Splits topics and the blank after them off the beginning of a text.
    ///
    /// A list has a comma: `ntp change time Sep/29/2026 22:31:49 => …` and `bridge:
    /// maximum host entry limit reached` are texts without topics, and many more
    /// begin with the word for their subject.
    pub(super) fn split(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (word, rest) = split_word(text).unwrap_or((text, &[]));
        is_list(word).then_some((Self(word), rest))
    }

    /// Splits a single topic off the beginning of a text that has no header.
    ///
    /// RouterOS writes a few entries with no severity (`ipsec processing payload:
    /// ID_I`) or with nothing else (`debug 0-Napbiotec: …`). `error` and `warning` do
    /// not count, because of `error getting layer file`, nor does `ipsec` in `ipsec
    /// peer FRBD changed by admin`.
    pub(super) fn split_single(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (word, rest) = split_word(text)?;
        let is_change = || {
            let mut words = rest.split(|&byte| byte == b' ');
            words.any(|word| word == b"by")
        };
        let alone: [&[u8]; 4] = [b"debug", b"dns", b"info", b"ipsec"];
        (alone.contains(&word) && !is_change()).then_some((Self(word), rest))
    }

    /// Returns whether the line does not say.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Returns the topics as written, separated by commas.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Returns the topics one by one.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .split(|&byte| byte == b',')
            .filter(|topic| !topic.is_empty())
    }

    /// Returns whether this is one of the topics.
    #[must_use]
    pub fn contains(self, topic: &[u8]) -> bool {
        self.iter().any(|candidate| candidate == topic)
    }

    /// Returns the gravest severity among the topics: `system,error,critical` is
    /// critical, `hotspot,info,debug` is of level info.
    #[must_use]
    pub fn severity(self) -> Option<Severity> {
        self.iter().filter_map(Severity::from_topic).min()
    }
}

/// Returns whether a word is a list of topics: at least two, one of them known.
fn is_list(word: &[u8]) -> bool {
    let mut topics = word.split(|&byte| byte == b',');
    // Most texts begin with a word that has no comma.
    word.contains(&b',') && topics.clone().all(is_topic_shaped) && topics.any(is_known)
}

fn is_topic_shaped(topic: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    !topic.is_empty() && topic.iter().all(is_part)
}

/// Returns whether RouterOS has this topic.
pub(super) fn is_known(topic: &[u8]) -> bool {
    known().any(|known| known == topic)
}

/// Returns the length of the longest known topic that `text` ends with.
pub(super) fn known_at_end(text: &[u8]) -> Option<usize> {
    known()
        .filter(|known| text.ends_with(known))
        .map(<[u8]>::len)
        .max()
}

fn known() -> impl Iterator<Item = &'static [u8]> {
    let topics = KNOWN.as_bytes().split(|&byte| byte == b',');
    topics.filter(|topic| !topic.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Option<(&str, &str)> {
        let (topics, rest) = Topics::split(text.as_bytes())?;
        let str = |bytes| core::str::from_utf8(bytes).unwrap();
        Some((str(topics.as_bytes()), str(rest)))
    }

    /// Topics have a comma, and one of them is known.
    #[test]
    fn lists() {
        assert_eq!(split("bridge,stp x"), Some(("bridge,stp", "x")));
        assert_eq!(split("newthing,info  x"), Some(("newthing,info", " x")));
        assert_eq!(split("dhcp,info"), Some(("dhcp,info", "")));
        for text in [
            "ntp change time",
            "bridge: x",
            "one,two x",
            "system,Info x",
            "system,info: x",
            "info,,debug x",
            ",info x",
            "U7LT,info x",
            "",
        ] {
            assert_eq!(split(text), None, "{text}");
        }
    }

    /// A single topic counts only where no text begins with its word.
    #[test]
    fn single_topics() {
        let single = |text: &'static str| Topics::split_single(text.as_bytes()).is_some();
        assert!(single("ipsec processing payload: ID_I"));
        assert!(single("debug 0-Napbiotec: x"));
        assert!(!single("ipsec peer FRBD changed by admin"));
        assert!(!single("error getting layer file"));
        assert!(!single("dns"));
    }

    /// The gravest one counts, wherever it is.
    #[test]
    fn severities() {
        let severity = |list: &'static str| Topics::of(list.as_bytes()).severity();
        assert_eq!(severity("system,error,critical"), Some(Severity::Critical));
        assert_eq!(severity("system,critical,info"), Some(Severity::Critical));
        assert_eq!(severity("hotspot,info,debug"), Some(Severity::Info));
        assert_eq!(severity("bridge,stp"), None);
    }
}
