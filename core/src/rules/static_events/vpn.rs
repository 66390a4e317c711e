//! Tunnels and subscribers: PPP, IPsec, WireGuard, hotspot, RADIUS.

#[cfg(test)]
use crate::rules::static_events::event::Samples;
use crate::rules::static_events::event::StaticEvent;

// Users choose names here, so one such line means nothing: what counts is how many there
// are within a time.
//
// In the pack: what a whole network suffers from, and what looks like an attack. Sessions
// of single users come and go.

/// The events.
pub(super) const EVENTS: &[StaticEvent] = &[
    StaticEvent {
        number: 23,
        name: "ppp-session",
        title: "a PPP user logged in or out",
        is_in_pack: false,
        variables: r"TOPICS=ppp
MATCH_STR=^([^ ]+: )?([^ ]+) logged (in, [^ ]+|out, [0-9]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+)( from [^ ]+)?$
MASK_MSG=@2 logged @3@4",
        sample: "l2tp,ppp,info,account vpnuser1 logged in, 192.168.199.154 from 192.0.2.87",
    },
    StaticEvent {
        number: 24,
        name: "ppp-drop",
        title: "ten PPP sessions ended within a minute",
        is_in_pack: true,
        variables: r"TOPICS=ppp
MATCH_STR=^([^ ]+: )?<((pppoe|l2tp|pptp|sstp|ovpn)-[^<>]+)>: (terminating\.\.\.( - [^<>():]*)?|disconnected)$
MASK_MSG=PPP sessions ended since @{first}: @{count}, the last @2@5
DISTINCT=@2:10/60
COOLDOWN_SECS=600",
        sample: "pppoe,ppp,info <pppoe-cliente1>: terminating... - peer is not responding",
    },
    StaticEvent {
        number: 25,
        name: "ppp-auth-failed",
        title: "a PPP user could not log in, five times within ten minutes",
        is_in_pack: true,
        variables: r"TOPICS=ppp
MATCH_STR=^([^ ]+: )?(user (.+) authentication failed|([^ ]+): terminating\.\.\. - failed to authenticate ourselves to peer)$
MASK_MSG=PPP login of @3@4 refused; tries since @{first}: @{count}
KEY=@3@4
THRESHOLD=5/600
COOLDOWN_SECS=3600",
        sample: "pppoe,ppp,error <0010>: user skn014 authentication failed",
    },
    // A probe of a stranger writes four lines, and a site that cannot connect writes them
    // again and again.
    StaticEvent {
        number: 26,
        name: "ipsec-trouble",
        title: "ten IPsec negotiations with one peer failed within ten minutes",
        is_in_pack: true,
        variables: r"TOPICS=ipsec
MATCH_STR=^([^ ]+: )?((([^ ]+) )?phase1 negotiation failed(\.| due to time up [^ ]+<=>([^ []+)\[[0-9]+\]( [0-9a-f:]+)?)|([^ ]+) failed to (get valid proposal|pre-process ph1 packet[a-z0-9 ,:()]*)\.|no suitable proposal found\.?|payload missing: [A-Za-z]+|IPsec-SA expired[^()]*)$
MASK_MSG=IPsec trouble: @2; errors since @{first}: @{count}
KEY=@4@6@8
THRESHOLD=10/600
COOLDOWN_SECS=3600",
        sample: "ipsec,error phase1 negotiation failed due to time up 203.0.113.230[500]<=>198.51.100.5[54178] f24f2cdd171cb3d5:07a735b6d67ab108",
    },
    StaticEvent {
        number: 60,
        name: "ipsec-auth-failed",
        title: "five IPsec peers could not prove who they are within ten minutes",
        is_in_pack: true,
        variables: r"TOPICS=ipsec
MATCH_STR=^([^ ]+: )?([^ ]* ?[a-z ]+,? possible cause: wrong password|identity not found for [^()]*|initiator can't find identity|reply notify: AUTHENTICATION_FAILED)$
MASK_MSG=IPsec login refused: @2; errors since @{first}: @{count}
KEY=ipsec
THRESHOLD=5/600
COOLDOWN_SECS=3600",
        sample: "ipsec,error identity not found for responder: ADDR4:198.51.100.132 peer: ADDR4:192.0.2.220",
    },
    StaticEvent {
        number: 27,
        name: "ipsec-session",
        title: "an IPsec connection began or ended",
        is_in_pack: false,
        variables: r"TOPICS=ipsec
MATCH_STR=^([^ ]+: )?((killing ike2 SA|EAP authorized|peer authorized): [^()]*|(ISAKMP-SA (established|deleted)|purging ISAKMP-SA) [^()]*)$
MASK_MSG=IPsec: @2",
        sample: "ipsec,info ISAKMP-SA established 203.0.113.230[4500]-192.0.2.87[4500] spi:181d1e915e436398:2719752e73bbd81a",
    },
    // RouterOS writes such lines for hours about a phone that is away.
    StaticEvent {
        number: 28,
        name: "wireguard",
        title: "a WireGuard peer does not answer, five times within five minutes",
        is_in_pack: true,
        variables: r"TOPICS=wireguard
MATCH_STR=^([^ ]+: )?([^ ]+): \[([^]]+)\] ([^ ]+ )?Handshake for peer did not complete after [0-9]+ (seconds, retrying \(try [0-9]+\)|attempts, giving up)$
MASK_MSG=WireGuard @2: @3 has not answered since @{first}
KEY=@2 @3
THRESHOLD=5/300
COOLDOWN_SECS=86400",
        sample: "wireguard,info wg0: [peer1] x=: Handshake for peer did not complete after 5 seconds, retrying (try 2)",
    },
    StaticEvent {
        number: 37,
        name: "radius-silent",
        title: "the RADIUS server did not answer five times within a minute",
        is_in_pack: true,
        variables: r"TOPICS=!container,!dhcp,!script
MATCH_STR=^([^ ]+: )?(([^ ]+|[^:]+) \([0-9a-fA-F.:]+\): (RADIUS accounting [a-z :]*no response|login failed: RADIUS server is not responding)|[^ ]+@[^:]+ got RADIUS reply TIMEOUT)$
MASK_MSG=The RADIUS server does not answer; requests since @{first}: @{count}
KEY=radius
THRESHOLD=5/60
COOLDOWN_SECS=1800",
        sample: "hotspot,warning,debug 27801248303@userman2 (10.21.67.6): RADIUS accounting request not sent: no response",
    },
    // Only wrong passwords: a user with too many sessions is no attack. A name is one word,
    // or several without a colon, so that a text at the end of a DHCP server's line is
    // not taken for one. Who tries passwords of others cannot choose their names.
    StaticEvent {
        number: 36,
        name: "hotspot-failed",
        title: "ten wrong hotspot passwords from one address within five minutes",
        is_in_pack: true,
        variables: r#"TOPICS=hotspot
MATCH_STR=^([^ ]+: )?([^ ]+|[^:]+) \(([0-9a-fA-F.:]+)\): login failed: (invalid username or password|invalid password|user <.*> not found)$
MASK_MSG=Hotspot: failed logins from @3 since @{first}: @{count}, the last as "@2"
KEY=@3
THRESHOLD=10/300
COOLDOWN_SECS=3600"#,
        sample: "hotspot,info,debug ->: GnRFwfEx (10.10.11.114): login failed: invalid username or password",
    },
];

/// The proof of each event above.
#[cfg(test)]
pub(super) const SAMPLES: &[Samples] = &[
    Samples {
        number: 23,
        matching: &[
            (
                "l2tp,ppp,info,account vpnuser1 logged in, 192.168.199.154 from 192.0.2.87",
                "vpnuser1 logged in, 192.168.199.154 from 192.0.2.87",
            ),
            (
                "pptp,ppp,info,account USERNAME logged out, 1 18 28 3 4",
                "USERNAME logged out, 1 18 28 3 4",
            ),
        ],
        recovering: &[],
        foreign: &["hotspot,account,info,debug ->: nizar (192.168.100.94): logged in"],
    },
    Samples {
        number: 24,
        matching: &[
            (
                "pppoe,ppp,info <pppoe-cliente1>: terminating... - peer is not responding",
                "PPP sessions ended since 1970-01-01 00:00:00: 1, the last pppoe-cliente1 - peer is not responding",
            ),
            (
                "pppoe,ppp,info <pppoe-skn001>: disconnected",
                "PPP sessions ended since 1970-01-01 00:00:00: 1, the last pppoe-skn001",
            ),
        ],
        recovering: &[],
        foreign: &["pppoe,ppp,info <pppoe-skn001>: authenticated"],
    },
    Samples {
        number: 25,
        matching: &[
            (
                "pppoe,ppp,error <0010>: user skn014 authentication failed",
                "PPP login of skn014 refused; tries since 1970-01-01 00:00:00: 1",
            ),
            (
                "pptp,ppp,info ponte: usuario-fs: terminating... - failed to authenticate ourselves to peer",
                "PPP login of usuario-fs refused; tries since 1970-01-01 00:00:00: 1",
            ),
        ],
        recovering: &[],
        foreign: &["pppoe,ppp,info pppoe-out1: terminating... - peer is not responding"],
    },
    Samples {
        number: 26,
        matching: &[
            (
                "ipsec,error phase1 negotiation failed due to time up 203.0.113.230[500]<=>198.51.100.5[54178] f24f2cdd171cb3d5:07a735b6d67ab108",
                "IPsec trouble: phase1 negotiation failed due to time up 203.0.113.230[500]<=>198.51.100.5[54178] f24f2cdd171cb3d5:07a735b6d67ab108; errors since 1970-01-01 00:00:00: 1",
            ),
            (
                "phase1 negotiation failed due to time up 11.32.86.22[500]<=>192.168.1.15[500]",
                "IPsec trouble: phase1 negotiation failed due to time up 11.32.86.22[500]<=>192.168.1.15[500]; errors since 1970-01-01 00:00:00: 1",
            ),
            (
                "ipsec,error 10.5.107.112 failed to pre-process ph1 packet (side: 1, status 1).",
                "IPsec trouble: 10.5.107.112 failed to pre-process ph1 packet (side: 1, status 1).; errors since 1970-01-01 00:00:00: 1",
            ),
            (
                "ipsec,error 10.5.107.112 phase1 negotiation failed.",
                "IPsec trouble: 10.5.107.112 phase1 negotiation failed.; errors since 1970-01-01 00:00:00: 1",
            ),
            (
                "ipsec,error no suitable proposal found.",
                "IPsec trouble: no suitable proposal found.; errors since 1970-01-01 00:00:00: 1",
            ),
            (
                "ipsec,error payload missing: SA",
                "IPsec trouble: payload missing: SA; errors since 1970-01-01 00:00:00: 1",
            ),
            (
                "ipsec,error IPsec-SA expired before finishing rekey:",
                "IPsec trouble: IPsec-SA expired before finishing rekey:; errors since 1970-01-01 00:00:00: 1",
            ),
        ],
        recovering: &[],
        foreign: &[
            "ipsec,info respond new phase 1 (Identity Protection): 203.0.113.230[500]<=>198.51.100.5[54178]",
            "ipsec processing payload: ID_I",
        ],
    },
    Samples {
        number: 60,
        matching: &[
            (
                "ipsec,error identity not found for responder: ADDR4:198.51.100.132 peer: ADDR4:192.0.2.220",
                "IPsec login refused: identity not found for responder: ADDR4:198.51.100.132 peer: ADDR4:192.0.2.220; errors since 1970-01-01 00:00:00: 1",
            ),
            (
                "ipsec reply notify: AUTHENTICATION_FAILED",
                "IPsec login refused: reply notify: AUTHENTICATION_FAILED; errors since 1970-01-01 00:00:00: 1",
            ),
            (
                "ipsec,error initiator can't find identity",
                "IPsec login refused: initiator can't find identity; errors since 1970-01-01 00:00:00: 1",
            ),
        ],
        recovering: &[],
        foreign: &[
            "ipsec,error no suitable proposal found.",
            "ipsec processing payload: ID_I",
        ],
    },
    Samples {
        number: 27,
        matching: &[
            (
                "ipsec,info ISAKMP-SA established 203.0.113.230[4500]-192.0.2.87[4500] spi:181d1e915e436398:2719752e73bbd81a",
                "IPsec: ISAKMP-SA established 203.0.113.230[4500]-192.0.2.87[4500] spi:181d1e915e436398:2719752e73bbd81a",
            ),
            (
                "ipsec,info killing ike2 SA: FRBD 192.168.100.31[4500]-198.51.100.6[4500] spi:71f886bf3799c574:8e1e04b99491820b",
                "IPsec: killing ike2 SA: FRBD 192.168.100.31[4500]-198.51.100.6[4500] spi:71f886bf3799c574:8e1e04b99491820b",
            ),
        ],
        recovering: &[],
        foreign: &["ipsec,error no suitable proposal found."],
    },
    Samples {
        number: 28,
        matching: &[
            (
                "wireguard,info wg0: [peer1] x=: Handshake for peer did not complete after 5 seconds, retrying (try 2)",
                "WireGuard wg0: peer1 has not answered since 1970-01-01 00:00:00",
            ),
            (
                "wireguard,info gemikrot: [peer1] Handshake for peer did not complete after 5 seconds, retrying (try 2)",
                "WireGuard gemikrot: peer1 has not answered since 1970-01-01 00:00:00",
            ),
            (
                "wireguard,info back-to-home-vpn: [peer1] XXXXXXXXX Handshake for peer did not complete after 20 attempts, giving up",
                "WireGuard back-to-home-vpn: peer1 has not answered since 1970-01-01 00:00:00",
            ),
        ],
        recovering: &[],
        foreign: &["lora,info [LNS] eu1.cloud.thethings.network disconnected"],
    },
    Samples {
        number: 37,
        matching: &[
            (
                "hotspot,warning,debug 27801248303@userman2 (10.21.67.6): RADIUS accounting request not sent: no response",
                "The RADIUS server does not answer; requests since 1970-01-01 00:00:00: 1",
            ),
            (
                "hotspot,error,info,debug 36579760316@userman2 (10.21.137.9): RADIUS accounting stop request not sent: no response",
                "The RADIUS server does not answer; requests since 1970-01-01 00:00:00: 1",
            ),
            (
                "cvIB1QN (192.168.30.254): login failed: RADIUS server is not responding",
                "The RADIUS server does not answer; requests since 1970-01-01 00:00:00: 1",
            ),
            (
                "wireless,debug B8:XX:XX:XX:XX:XX@cap-wifi2 got RADIUS reply TIMEOUT",
                "The RADIUS server does not answer; requests since 1970-01-01 00:00:00: 1",
            ),
        ],
        recovering: &[],
        foreign: &[
            "radius,debug,packet received Access-Accept with id 64 from 10.1.2.3:1812",
            "hotspot,error,info,debug ->: GLE6CA4J (10.10.11.218): stop accounting: local user not found",
            "defconf assigned 10.0.0.5 for 00:00:5E:00:53:01 x (10.0.0.5): RADIUS accounting request not sent: no response",
        ],
    },
    Samples {
        number: 36,
        matching: &[
            (
                "hotspot,info,debug ->: GnRFwfEx (10.10.11.114): login failed: invalid username or password",
                "Hotspot: failed logins from 10.10.11.114 since 1970-01-01 00:00:00: 1, the last as \"GnRFwfEx\"",
            ),
            (
                "hotspot,info,debug d5oy3ace (192.168.17.132): login failed: invalid password",
                "Hotspot: failed logins from 192.168.17.132 since 1970-01-01 00:00:00: 1, the last as \"d5oy3ace\"",
            ),
            (
                "hotspot,info,debug 989898 (172.23.139.178): login failed: user <989898> not found",
                "Hotspot: failed logins from 172.23.139.178 since 1970-01-01 00:00:00: 1, the last as \"989898\"",
            ),
            (
                "hotspot-remote-user: 3C:D0:F8:79:A7:A5 (192.168.123.250): login failed: invalid username or password",
                "Hotspot: failed logins from 192.168.123.250 since 1970-01-01 00:00:00: 1, the last as \"3C:D0:F8:79:A7:A5\"",
            ),
        ],
        recovering: &[],
        foreign: &[
            "hotspot,info,debug ->: attala (10.10.11.134): login failed: no more sessions are allowed for user",
            "hotspot,info,debug ->: Mamah Daffa (12.12.12.9): login failed: host is removed",
        ],
    },
];
