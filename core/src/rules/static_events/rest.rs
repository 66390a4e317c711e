//! The rest: errors that nothing else is about.

#[cfg(test)]
use crate::rules::static_events::event::Samples;
use crate::rules::static_events::event::StaticEvent;

// In the pack, because nobody knows all that RouterOS may write. It collects, and leaves
// out hotspot and PPP, where each user's mistake is an error, containers, which write what
// they want, and the clock, which is put right after each start.

/// The events.
pub(super) const EVENTS: &[StaticEvent] = &[
    // It is about the topics, so these are looked for in the line: after a syslog header,
    // which has no comma, or as a field of CEF's header, which has no equals sign. The
    // filter makes sure that they are the line's own. A hotspot's line without topics may
    // begin with a name that looks like some.
    StaticEvent {
        number: 51,
        name: "other-errors",
        title: "a critical line or an error that no other rule matched",
        is_in_pack: true,
        variables: r"TOPICS=!container,!firewall,!hotspot,!ppp
TOPICS_UNKNOWN=drop
ELSE=1
LAST=1
EXCEPT_STR=\([0-9a-fA-F.:]+\): (login failed|logged|trying to log in)|change time |detected out-of-sync |corrected time to 
MATCH_PART=line
MATCH_STR=^(<[0-9]+>)?([A-Z0-9][^,=]*[ |])?([a-z0-9-]+,)*(critical|error)(,[a-z0-9-]+)*[ |]
MASK_MSG=@{topics}: @{text}
COOLDOWN_SECS=3600
DIGEST=600",
        sample: "dhcp,error events on master port will be handled by slave ether1, update your config!!! (IPv4)",
    },
];

/// The proof of each event above.
#[cfg(test)]
pub(super) const SAMPLES: &[Samples] = &[Samples {
    number: 51,
    matching: &[
        (
            "dhcp,error events on master port will be handled by slave ether1, update your config!!! (IPv4)",
            "dhcp,error: events on master port will be handled by slave ether1, update your config!!! (IPv4)",
        ),
        (
            "Oct  2 17:36:35 MikroTik CEF:0|MikroTik|hAP ax^2|7.25beta5|10|dhcp,error|High|dvchost=MikroTik dvc=192.168.88.36 msg=address received from the server differs from 2001:db8:aa::/56",
            "dhcp,error: address received from the server differs from 2001:db8:aa::/56",
        ),
        (
            "<27>Oct  2 17:36:35 MikroTik route,error Error adding 'if (chain vpn-in && afi vpnv4) { accept; }'match with 'vpn-in' creates chain loop (6)",
            "route,error: Error adding 'if (chain vpn-in && afi vpnv4) { accept; }'match with 'vpn-in' creates chain loop (6)",
        ),
    ],
    recovering: &[],
    foreign: &[
        "error getting layer file",
        "system,critical,info cloud change time Aug/14/2026 04:33:16 => Aug/14/2026 22:05:45",
        "system,critical,info ntp detected out-of-sync on Feb/15/2024 14:24:42",
        "hotspot,error,info,debug ->: GLE6CA4J (10.10.11.218): stop accounting: local user not found",
        "script,info system,error x",
        "dhcp,info a system,error x",
        "<27>Oct  2 17:36:35 MikroTik login failure for user guest from 192.168.88.17 via ssh",
    ],
}];
