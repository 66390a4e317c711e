//! Routing, redundancy, name resolution and the firewall.

#[cfg(test)]
use crate::rules::static_events::event::Samples;
use crate::rules::static_events::event::StaticEvent;

// No wording of BGP is known: RouterOS 7 does not log when a session ends. A script can
// say so (docs/router-scripts.md).
//
// In the pack: all but scans. Which lines a firewall writes is the owner's choice, and a
// router on the internet is scanned all day.

/// The events.
pub(super) const EVENTS: &[StaticEvent] = &[
    StaticEvent {
        number: 38,
        name: "firewall-scan",
        title: "the firewall logged packets from one address to fifteen others within a minute",
        is_in_pack: false,
        variables: r"TOPICS=firewall
MATCH_STR=^([^ :]+ )*([a-z_-]+): in:([^,]+) out:([^,]+), ((connection-[^ ]+|src-mac [^ ]+) )*proto ([A-Za-z0-9-]+)( \([^)]*\))?, \[?([0-9a-fA-F.]+|[0-9a-fA-F:]+)\]?(:[0-9]+)?->([^ ,]+)(, NAT [^ ]+)?(, (prio [^,]+, )?len [0-9]+)?$
MASK_MSG=Scan from @9, targets since @{first}: @{count}, the last @11 (@7)
KEY=@9
DISTINCT=@11:15/60
COOLDOWN_SECS=3600",
        sample: "firewall,info input: in:ether1-gateway out:(none), src-mac 00:01:5c:93:25:39, proto TCP (ACK), 192.0.2.203:14320->82.XXX.XXX.177:1723, len 52",
    },
    // A neighbour begins with Init as well, and then has a grace time to become Full. The
    // second wording is that of RouterOS 6.
    StaticEvent {
        number: 39,
        name: "ospf",
        title: "an OSPF neighbour is lost, and there again",
        is_in_pack: true,
        variables: r"TOPICS=ospf
MATCH_STR=^([^ <>]+: )?([^ ]+ \{ version: .* neighbor \{ router-id: ([0-9.]+) state: [A-Za-z0-9-]+ \} state change to|OSPFv[23] neighbor ([0-9.]+): state change from [A-Za-z0-9-]+ to) (Down|Init)$
MASK_MSG=OSPF neighbour @3@4 is in state @5
KEY=@3@4
RECOVERY_STR=^([^ <>]+: )?([^ ]+ \{ version: .* neighbor \{ router-id: ([0-9.]+) state: [A-Za-z0-9-]+ \} state change to|OSPFv[23] neighbor ([0-9.]+): state change from [A-Za-z0-9-]+ to) Full$
RECOVERY_MSG=OSPF neighbour @3@4 is there again after @{duration}
GRACE_SECS=20
COOLDOWN_SECS=600",
        sample: "route,ospf,info backbonev2 { version: 2 router-id: 172.16.0.1 } backbone0v2 { 0.0.0.0 } interface { broadcast 172.16.255.1%inter-router-link0 } neighbor { router-id: 172.16.0.2 state: Down } state change to Init",
    },
    StaticEvent {
        number: 41,
        name: "vrrp",
        title: "a VRRP router changed its role",
        is_in_pack: true,
        variables: r"TOPICS=vrrp
MATCH_STR=^([^ <>]+: )?([^ :]+) now (MASTER|BACKUP)(, [a-z ]+)?$
MASK_MSG=VRRP: @2 is now @3@4",
        sample: "vrrp,info vrrp1 now MASTER, master down timer",
    },
    StaticEvent {
        number: 42,
        name: "netwatch",
        title: "a host that netwatch looks after is down, and up again",
        is_in_pack: true,
        variables: r"TOPICS=netwatch
MATCH_STR=^([^ <>]+: )?event down \[ type: ([a-z_-]+), host: ([^ ]+) \]$
MASK_MSG=@3 is down (netwatch, @2)
KEY=@3 @2
RECOVERY_STR=^([^ <>]+: )?event up \[ type: ([a-z_-]+), host: ([^ ]+) \]$
RECOVERY_MSG=@3 is up again after @{duration} (netwatch, @2)
COOLDOWN_SECS=600",
        sample: "netwatch,info event down [ type: http_get, host: 203.0.113.72 ]",
    },
    StaticEvent {
        number: 43,
        name: "dns-trouble",
        title: "the DNS server had ten errors within five minutes",
        is_in_pack: true,
        variables: r"TOPICS=dns
MATCH_STR=^([^ <>]+: )?(DoH server connection error: [^()]*(\([0-9]+\))?|cache full, not storing( \[ignoring repeated messages\])?|adlist read: [^()]*)$
MASK_MSG=DNS: @2; errors since @{first}: @{count}
KEY=dns
THRESHOLD=10/300
COOLDOWN_SECS=3600",
        sample: "dns,error DoH server connection error: remote disconnected while in HTTP exchange",
    },
];

/// The proof of each event above.
#[cfg(test)]
pub(super) const SAMPLES: &[Samples] = &[
    Samples {
        number: 38,
        matching: &[
            (
                "firewall,info input: in:ether1-gateway out:(none), src-mac 00:01:5c:93:25:39, proto TCP (ACK), 192.0.2.203:14320->82.XXX.XXX.177:1723, len 52",
                "Scan from 192.0.2.203, targets since 1970-01-01 00:00:00: 1, the last 82.XXX.XXX.177:1723 (TCP)",
            ),
            (
                "firewall,info drop-tcp input: in:ether1-WAN out:(unknown 0), connection-state:new src-mac 00:17:10:dc:e6:42, proto TCP (SYN), 203.0.113.20:59388->198.51.100.84:23, len 40",
                "Scan from 203.0.113.20, targets since 1970-01-01 00:00:00: 1, the last 198.51.100.84:23 (TCP)",
            ),
            (
                "firewall,info input: in:WAN out:(unknown 0), connection-state:new src-mac e4:41:64:af:22:77, proto TCP (SYN), [2001:db8:1234::1]:40384->[2001:db8:1234::2]:20461, len 24",
                "Scan from 2001:db8:1234::1, targets since 1970-01-01 00:00:00: 1, the last [2001:db8:1234::2]:20461 (TCP)",
            ),
            (
                "<30>Sep 25 01:37:18 MikroTik drop !LAN input: in:pppoe out:(unknown 0), proto TCP (SYN), 198.51.100.143:43836->203.0.113.246:51104, len 44",
                "Scan from 198.51.100.143, targets since 1970-01-01 00:00:00: 1, the last 203.0.113.246:51104 (TCP)",
            ),
        ],
        recovering: &[],
        foreign: &[
            "ipsec,info respond new phase 1 (Identity Protection): 203.0.113.230[500]<=>198.51.100.5[54178]",
        ],
    },
    Samples {
        number: 39,
        matching: &[
            (
                "route,ospf,info backbonev2 { version: 2 router-id: 172.16.0.1 } backbone0v2 { 0.0.0.0 } interface { broadcast 172.16.255.1%inter-router-link0 } neighbor { router-id: 172.16.0.2 state: Down } state change to Init",
                "OSPF neighbour 172.16.0.2 is in state Init",
            ),
            (
                "route,ospf,info OSPFv2 neighbor 172.16.0.2: state change from Full to Down",
                "OSPF neighbour 172.16.0.2 is in state Down",
            ),
        ],
        recovering: &[
            (
                "route,ospf,info backbonev2 { version: 2 router-id: 172.16.0.1 } backbone0v2 { 0.0.0.0 } interface { broadcast 172.16.255.1%inter-router-link0 } neighbor { router-id: 172.16.0.2 state: Loading } state change to Full",
                "OSPF neighbour 172.16.0.2 is there again after 0 s",
            ),
            (
                "route,ospf,info OSPFv2 neighbor 172.16.0.2: state change from Loading to Full",
                "OSPF neighbour 172.16.0.2 is there again after 0 s",
            ),
        ],
        foreign: &[
            "route,ospf,info backbonev2 { version: 2 router-id: 172.16.0.1 } backbone0v2 { 0.0.0.0 } interface { broadcast 172.16.255.1%inter-router-link0 } neighbor { router-id: 172.16.0.2 state: Init } state change to TwoWay",
            "route,ospf,info ospf-instance-1 { version: 2 router-id: 10.50.255.2 } ospf-area-1 { 0.0.0.0 } interface { p2p 10.255.255.130%sfp28-1 } state change to Point-to-Point",
        ],
    },
    Samples {
        number: 41,
        matching: &[(
            "vrrp,info vrrp1 now MASTER, master down timer",
            "VRRP: vrrp1 is now MASTER, master down timer",
        )],
        recovering: &[],
        foreign: &["vrrp,info vrrp1 starting CONNTRACK MASTER"],
    },
    Samples {
        number: 42,
        matching: &[(
            "netwatch,info event down [ type: http_get, host: 203.0.113.72 ]",
            "203.0.113.72 is down (netwatch, http_get)",
        )],
        recovering: &[(
            "netwatch,info event up [ type: http_get, host: 203.0.113.72 ]",
            "203.0.113.72 is up again after 0 s (netwatch, http_get)",
        )],
        foreign: &["script,info Probe down, response code: 302"],
    },
    Samples {
        number: 43,
        matching: &[
            (
                "dns,error DoH server connection error: remote disconnected while in HTTP exchange",
                "DNS: DoH server connection error: remote disconnected while in HTTP exchange; errors since 1970-01-01 00:00:00: 1",
            ),
            (
                "dns,error cache full, not storing [ignoring repeated messages]",
                "DNS: cache full, not storing [ignoring repeated messages]; errors since 1970-01-01 00:00:00: 1",
            ),
            (
                "dns,error adlist read: max cache size reached",
                "DNS: adlist read: max cache size reached; errors since 1970-01-01 00:00:00: 1",
            ),
        ],
        recovering: &[],
        foreign: &[
            "dns,info ignoring NS without address",
            "<30>Nov  8 17:06:36 OVA MikroTik: local query: #1 upgrade.mikrotik.com. A",
        ],
    },
];
