//! Ports and layer 2: links, loops, and what should not be there.

#[cfg(test)]
use crate::rules::static_events::event::Samples;
use crate::rules::static_events::event::StaticEvent;

// Interface names hold blanks. Here they have no colon, so that a text at the end of a DHCP
// server's line, or of a login's, is not taken for one.
//
// In the pack: everything. What a faulty port or a loop writes many times is reported
// once for its cooldown.

/// The events.
pub(super) const EVENTS: &[StaticEvent] = &[
    StaticEvent {
        number: 12,
        name: "link",
        title: "a port lost its link, and has it again",
        is_in_pack: true,
        variables: r"TOPICS=interface
MATCH_STR=^([^ <>]+: )?([^:<>]+) link down$
MASK_MSG=@2 is down
KEY=@2
RECOVERY_STR=^([^ <>]+: )?([^:<>]+) link up( \(speed [^,]+, (full|half) duplex\))?$
RECOVERY_MSG=@2 is up again after @{duration}@3
GRACE_SECS=10
COOLDOWN_SECS=300",
        sample: "interface,info ether9 link down",
    },
    // 100M after 1G is a damaged cable more often than not.
    StaticEvent {
        number: 57,
        name: "link-speed",
        title: "a port has a speed that it never had before",
        is_in_pack: true,
        variables: r"TOPICS=interface
MATCH_STR=^([^ <>]+: )?([^:<>]+) link up \(speed ([^,]+), (full|half) duplex\)$
MASK_MSG=@2 runs at @3, @4 duplex, for the first time
FIRST=@2 @3 @4
LEARN_SECS=86400",
        sample: "interface,info ether9 link up (speed 10M, full duplex)",
    },
    StaticEvent {
        number: 11,
        name: "l2-guard",
        title: "ten packets with a foreign address on a guarded port within ten minutes",
        is_in_pack: true,
        variables: r"TOPICS=bridge
MATCH_STR=^([^ <>]+: )?([^ :<>]+( [^ :<>]+)?): dropped (ARP|IP) packet on untrusted port( - [a-zA-Z/ ]+( \([^()]*\))?)?$
MASK_MSG=Foreign addresses on @2 since @{first}, packets dropped: @{count}
KEY=@2
THRESHOLD=10/600
COOLDOWN_SECS=3600",
        sample: "bridge,warning ether2: dropped IP packet on untrusted port - MAC/IP does not match binding table entry (IP=192.168.88.55, MAC=6c:3b:6b:72:57:3c)",
    },
    StaticEvent {
        number: 59,
        name: "bridge-full",
        title: "a bridge has no room for more hosts",
        is_in_pack: true,
        variables: r"TOPICS=bridge
MATCH_STR=^([^ <>]+: )?([^:<>]+): maximum host entry limit reached \(([0-9]+)\)$
MASK_MSG=@2 has reached its limit of @3 hosts
KEY=@2
COOLDOWN_SECS=3600",
        sample: "bridge: maximum host entry limit reached (8192)",
    },
    // All ports of a loop write, so the first one stands for all.
    StaticEvent {
        number: 14,
        name: "loop",
        title: "a loop between ports",
        is_in_pack: true,
        variables: r"TOPICS=!container,!hotspot,!script
MATCH_STR=^([^ <>]+: )?([^ :<>]+( \([^ )]*\))?):? (excessive broadcasts/multicasts, ?probably a loop|bridge (RX looped packet|port received packet with own address)[^()]*(\([^()]*\)[a-z ,]*)?)$
MASK_MSG=Loop on @2
KEY=loop
COOLDOWN_SECS=3600",
        sample: "interface,warning sfp-sfpplus2: bridge RX looped packet - MAC d4:01:c3:48:cd:37 -> ff:ff:ff:3f:f7:79 VID 40 ETHERTYPE 0x0800 IP UDP 10.1.4.1:5678 -> 255.255.255.255:5678",
    },
    StaticEvent {
        number: 15,
        name: "port-trouble",
        title: "a port has trouble with its module, its cable or the other side",
        is_in_pack: true,
        variables: r"TOPICS=interface
MATCH_STR=^([^ <>]+: )?([^ :<>]+( [^ :<>]+)?):? (module auto-init[^()]*|excessive or late collision[^()]*|[Ff][Cc][Ss] error on link)$
MASK_MSG=Port @2: @4
KEY=@2
COOLDOWN_SECS=3600",
        sample: "interface,warning sfp-sfpplus1 module auto-initialization failed, try forced-mode",
    },
    // The DHCP server's alert, and the bridge's DHCP snooping.
    StaticEvent {
        number: 16,
        name: "rogue-dhcp",
        title: "a DHCP server that is not the router's",
        is_in_pack: true,
        variables: r"TOPICS=!container,!hotspot,!script
MATCH_STR=^([^ <>]+: )?(dhcp alert on ([^:]+): discovered unknown dhcp server, mac ([0-9A-Fa-f:]+), ip ([0-9.]+)|([^ :<>]+( [^ :<>]+)?): received DHCP server message on untrusted port from source IP ([0-9.]+), MAC ([0-9A-Fa-f:]+))$
MASK_MSG=Rogue DHCP server @5@8 on @3@6, MAC @4@9 (a loop, if that is the router's own)
KEY=@4@9
COOLDOWN_SECS=3600",
        sample: "dhcp,critical,error,warning,info,debug dhcp alert on Public: discovered unknown dhcp server, mac 00:02:29:1F:17:B6, ip 10.5.8.236",
    },
    StaticEvent {
        number: 17,
        name: "ip-conflict",
        title: "two devices have the same address",
        is_in_pack: true,
        variables: r"TOPICS=dhcp
MATCH_STR=^([^ <>]+: )?Detected conflict by ARP response for ([0-9.]+) from ([0-9A-Fa-f:]+)$
MASK_MSG=Address conflict: @3 uses @2, which another device has
KEY=conflict
COOLDOWN_SECS=3600",
        sample: "dhcp,warning Detected conflict by ARP response for 10.21.52.27 from CA:16:F7:A7:AC:A1",
    },
];

/// The proof of each event above.
#[cfg(test)]
pub(super) const SAMPLES: &[Samples] = &[
    Samples {
        number: 12,
        matching: &[
            ("interface,info ether9 link down", "ether9 is down"),
            ("interface,info mikrotik1: en7 link down", "en7 is down"),
            ("Oct  9 14:02:46 lab-chr ether2 link down", "ether2 is down"),
            (
                "interface,info ether4_Conexion_Hacia_dispositivos_internos link down",
                "ether4_Conexion_Hacia_dispositivos_internos is down",
            ),
            (
                "interface,info wifi1 (EERO) link down",
                "wifi1 (EERO) is down",
            ),
        ],
        recovering: &[
            (
                "interface,info ether9 link up (speed 1G, full duplex)",
                "ether9 is up again after 0 s (speed 1G, full duplex)",
            ),
            (
                "interface,info ether9 link up",
                "ether9 is up again after 0 s",
            ),
        ],
        foreign: &[
            "interface,info sfp-sfpplus4-tiny detect LAN",
            "dhcp,info defconf assigned 192.168.88.37 for B0:E4:5C:8D:2D:AC ether1 link down",
            "defconf assigned 192.168.88.37 for B0:E4:5C:8D:2D:AC ether1 link down",
            "4d2e0 password failed for user: ether1 link down",
            "script,info uplink link down",
        ],
    },
    Samples {
        number: 57,
        matching: &[
            (
                "interface,info ether9 link up (speed 10M, full duplex)",
                "ether9 runs at 10M, full duplex, for the first time",
            ),
            (
                "interface,info WAN1-STARLINK link up (speed 1G, full duplex)",
                "WAN1-STARLINK runs at 1G, full duplex, for the first time",
            ),
        ],
        recovering: &[],
        foreign: &["interface,info lo link up"],
    },
    Samples {
        number: 11,
        matching: &[
            (
                "bridge,warning ether2: dropped IP packet on untrusted port - MAC/IP does not match binding table entry (IP=192.168.88.55, MAC=6c:3b:6b:72:57:3c)",
                "Foreign addresses on ether2 since 1970-01-01 00:00:00, packets dropped: 1",
            ),
            (
                "bridge,warning ether2: dropped ARP packet on untrusted port - unknown MAC/IP combination (src IP=192.168.88.55, MAC=6c:3b:6b:72:57:3c)",
                "Foreign addresses on ether2 since 1970-01-01 00:00:00, packets dropped: 1",
            ),
        ],
        recovering: &[],
        foreign: &[
            "bridge,warning LAN1: received DHCP server message on untrusted port from source IP 192.168.1.1, MAC 04:f4:1c:45:fd:96",
        ],
    },
    Samples {
        number: 59,
        matching: &[(
            "bridge: maximum host entry limit reached (8192)",
            "bridge has reached its limit of 8192 hosts",
        )],
        recovering: &[],
        foreign: &[
            "bridge,info hardware offloading activated on bridge \"bridge\" ports: ether38, ether40, ether39, ether42, ether41",
        ],
    },
    Samples {
        number: 14,
        matching: &[
            (
                "interface,warning sfp-sfpplus2: bridge RX looped packet - MAC d4:01:c3:48:cd:37 -> ff:ff:ff:3f:f7:79 VID 40 ETHERTYPE 0x0800 IP UDP 10.1.4.1:5678 -> 255.255.255.255:5678",
                "Loop on sfp-sfpplus2",
            ),
            (
                "combo2 excessive broadcasts/multicasts, probably a loop",
                "Loop on combo2",
            ),
            (
                "interface,warning ether1: bridge port received packet with own address as source address (cc:2d:e0:xx:1c:xx), probably loop",
                "Loop on ether1",
            ),
        ],
        recovering: &[],
        foreign: &[
            "bridge,stp sfp-sfpplus1:0 TCHANGE start",
            "route,error Error adding 'if (chain vpn-in && afi vpnv4) { accept; }'match with 'vpn-in' creates chain loop (6)",
        ],
    },
    Samples {
        number: 15,
        matching: &[
            (
                "interface,warning sfp-sfpplus1 module auto-initialization failed, try forced-mode",
                "Port sfp-sfpplus1: module auto-initialization failed, try forced-mode",
            ),
            (
                "sfp-sfpplus1 excessive or late collision, link duplex mismatch?",
                "Port sfp-sfpplus1: excessive or late collision, link duplex mismatch?",
            ),
        ],
        recovering: &[],
        foreign: &["interface,info sfp-sfpplus4-tiny link up (speed 10G, full duplex)"],
    },
    Samples {
        number: 16,
        matching: &[
            (
                "dhcp,critical,error,warning,info,debug dhcp alert on Public: discovered unknown dhcp server, mac 00:02:29:1F:17:B6, ip 10.5.8.236",
                "Rogue DHCP server 10.5.8.236 on Public, MAC 00:02:29:1F:17:B6 (a loop, if that is the router's own)",
            ),
            (
                "bridge,warning LAN1: received DHCP server message on untrusted port from source IP 192.168.0.1, MAC 30:16:9d:aa:53:8b",
                "Rogue DHCP server 192.168.0.1 on LAN1, MAC 30:16:9d:aa:53:8b (a loop, if that is the router's own)",
            ),
        ],
        recovering: &[],
        foreign: &[
            "bridge,warning ether2: dropped IP packet on untrusted port - MAC/IP does not match binding table entry (IP=192.168.88.55, MAC=6c:3b:6b:eb:76:aa)",
        ],
    },
    Samples {
        number: 17,
        matching: &[(
            "dhcp,warning Detected conflict by ARP response for 10.21.52.27 from CA:16:F7:A7:AC:A1",
            "Address conflict: CA:16:F7:A7:AC:A1 uses 10.21.52.27, which another device has",
        )],
        recovering: &[],
        foreign: &[
            "dhcp,warning server1 offering lease 192.168.201.140 for EC:64:C9:8B:62:3C without success",
        ],
    },
];
