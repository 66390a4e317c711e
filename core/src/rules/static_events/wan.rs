//! Addresses: those that the provider gives, and those that the router gives.

#[cfg(test)]
use crate::rules::static_events::event::Samples;
use crate::rules::static_events::event::StaticEvent;

// A host name that a device chose is at the end of a lease's line, which begins with the
// server's name and has the device's address in between.
//
// In the pack: all but new devices. In a guest network they are many every day; at home
// they are worth having, with `STATE_FILE`, so that a restart does not forget them.

/// The events.
pub(super) const EVENTS: &[StaticEvent] = &[
    StaticEvent {
        number: 18,
        name: "dhcp-pool",
        title: "a DHCP server has no address left",
        is_in_pack: true,
        variables: r"TOPICS=dhcp
MATCH_STR=^([^ <>]+: )?([^ ]+:? ?failed to give out IP address: pool <[^>]*> is empty|[^ :]+ [a-z]+ limit reached)$
MASK_MSG=DHCP: @2
COOLDOWN_SECS=3600",
        sample: "defconf: failed to give out IP address: pool <dhcp> is empty",
    },
    StaticEvent {
        number: 19,
        name: "dhcp-nosuccess",
        title: "a device does not take its address, ten times within ten minutes",
        is_in_pack: true,
        variables: r"TOPICS=dhcp
MATCH_STR=^([^ <>]+: )?([^ ]+) offering lease ([0-9.]+) for ([0-9A-Fa-f:]+) without success$
MASK_MSG=@4 does not take the address @3 that @2 offers; tries since @{first}: @{count}
KEY=@4
THRESHOLD=10/600
COOLDOWN_SECS=3600",
        sample: "dhcp,warning server1 offering lease 192.168.201.140 for EC:64:C9:8B:62:3C without success",
    },
    StaticEvent {
        number: 20,
        name: "new-device",
        title: "a device got an address for the first time",
        is_in_pack: false,
        variables: r"TOPICS=dhcp
MATCH_STR=^([^ <>]+: )?([^ <>]+) assigned ([0-9a-f.:]+) (for|to) (([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})( ([^)]|\)[^:])*\)?)?$
MASK_MSG=New device@7 (@5) got @3 from @2
FIRST=@5
KEY=@5
LEARN_SECS=86400",
        sample: "dhcp,info defconf assigned 192.168.88.37 for B0:E4:5C:8D:2D:AC Samsung",
    },
    StaticEvent {
        number: 21,
        name: "wan-dhcp",
        title: "the provider's address is gone, and there again",
        is_in_pack: true,
        variables: r"TOPICS=dhcp
MATCH_STR=^([^ <>]+: )?([^ ]+) on ([^:<>]+) lost IP address ([^ ]+|<[^>]*>)( - [^():]+)?$
MASK_MSG=@3 has lost its address @4@5
KEY=@3
RECOVERY_STR=^([^ <>]+: )?([^ ]+) on ([^:<>]+) got IP address ([^ ]+|<[^>]*>)$
RECOVERY_MSG=@3 has an address again after @{duration}: @4
GRACE_SECS=15
COOLDOWN_SECS=1800",
        sample: "dhcp,info dhcp-client on ether16-gateway lost IP address <DHCP IP from ISP> - lease stopped locally",
    },
    // The router's own tunnels. Those of its clients are in angle brackets. A provider that
    // stays away is reported again once in a cooldown, because the router keeps trying.
    StaticEvent {
        number: 22,
        name: "wan-ppp",
        title: "a PPPoE connection or a tunnel of the router is down, and up again",
        is_in_pack: true,
        variables: r"TOPICS=ppp
ELSE=1
MATCH_STR=^([^ <>]+: )?([^ <>:@]+): (terminating\.\.\.( - [^():]+)?|disconnected)$
MASK_MSG=@2 is down@4
KEY=@2
RECOVERY_STR=^([^ <>]+: )?([^ <>:@]+): connected$
RECOVERY_MSG=@2 is up again after @{duration}
GRACE_SECS=15
COOLDOWN_SECS=1800",
        sample: "pppoe,ppp,info pppoe-out1: terminating... - peer is not responding",
    },
];

/// The proof of each event above.
#[cfg(test)]
pub(super) const SAMPLES: &[Samples] = &[
    Samples {
        number: 18,
        matching: &[
            (
                "defconf: failed to give out IP address: pool <dhcp> is empty",
                "DHCP: defconf: failed to give out IP address: pool <dhcp> is empty",
            ),
            (
                "dhcp,warning DHCP_SERVER lease limit reached",
                "DHCP: DHCP_SERVER lease limit reached",
            ),
        ],
        recovering: &[],
        foreign: &[
            "dhcp,info defconf assigned 192.168.88.37 for B0:E4:5C:8D:2D:AC x lease limit reached",
            "dhcp,warning server1 offering lease 192.168.201.140 for EC:64:C9:8B:62:3C without success",
        ],
    },
    Samples {
        number: 19,
        matching: &[(
            "dhcp,warning server1 offering lease 192.168.201.140 for EC:64:C9:8B:62:3C without success",
            "EC:64:C9:8B:62:3C does not take the address 192.168.201.140 that server1 offers; tries since 1970-01-01 00:00:00: 1",
        )],
        recovering: &[],
        foreign: &["dhcp,info server1 assigned 192.168.201.38 for AC:C5:1B:6F:6E:FB"],
    },
    Samples {
        number: 20,
        matching: &[
            (
                "dhcp,info defconf assigned 192.168.88.37 for B0:E4:5C:8D:2D:AC Samsung",
                "New device Samsung (B0:E4:5C:8D:2D:AC) got 192.168.88.37 from defconf",
            ),
            (
                "dhcp,info server1 assigned 192.168.201.38 for AC:C5:1B:6F:6E:FB",
                "New device (AC:C5:1B:6F:6E:FB) got 192.168.201.38 from server1",
            ),
            (
                "dhcp,info myTag: dhcp1 assigned 10.0.0.15 to 00-11-22-33-44-55",
                "New device (00-11-22-33-44-55) got 10.0.0.15 from dhcp1",
            ),
        ],
        recovering: &[],
        foreign: &["dhcp,info defconf deassigned 192.168.88.37 for B0:E4:5C:8D:2D:AC Samsung"],
    },
    Samples {
        number: 21,
        matching: &[
            (
                "dhcp,info dhcp-client on ether16-gateway lost IP address <DHCP IP from ISP> - lease stopped locally",
                "ether16-gateway has lost its address <DHCP IP from ISP> - lease stopped locally",
            ),
            (
                "dhcp-client on vlan1038 lost IP address 1.2.3.209 - received NAK from dhcp server",
                "vlan1038 has lost its address 1.2.3.209 - received NAK from dhcp server",
            ),
        ],
        recovering: &[(
            "dhcp,info client1 on ether16-gateway got IP address 100.64.0.2",
            "ether16-gateway has an address again after 0 s: 100.64.0.2",
        )],
        foreign: &["dhcp,debug,state MikroTik: dhcp-client on bridge entering <bound> state"],
    },
    Samples {
        number: 22,
        matching: &[
            (
                "pppoe,ppp,info pppoe-out1: terminating... - peer is not responding",
                "pppoe-out1 is down - peer is not responding",
            ),
            (
                "pppoe,ppp,info pppoe-out1: terminating...",
                "pppoe-out1 is down",
            ),
            (
                "pppoe,ppp,info pppoe-out1: disconnected",
                "pppoe-out1 is down",
            ),
        ],
        recovering: &[(
            "pppoe,ppp,info pppoe-out1: connected",
            "pppoe-out1 is up again after 0 s",
        )],
        foreign: &[
            "pppoe,ppp,info pppoe-out1: initializing...",
            "pppoe,ppp,info <pppoe-skn001>: disconnected",
            "ovpn,info <198.51.100.64>: disconnected",
            "wireless,info 84:6c:6a:ed:84:6f@wifi-network: disconnected, signal strength -85",
        ],
    },
];
