//! Radio: wireless clients, access points that CAPsMAN manages, LTE.

#[cfg(test)]
use crate::rules::static_events::event::Samples;
use crate::rules::static_events::event::StaticEvent;

// The old wireless driver and CAPsMAN write
//   MAC@wlan1: disconnected, unicast key exchange timeout, signal strength -85
// and the new wifi driver, without a colon and perhaps with the SSID,
//   MAC@wifi1(SSID) disconnected, key handshake timeout, signal strength -85
// Topics may or may not come first, and names may hold blanks and colons, so the
// name is everything up to the wording. Since 7.20 `, channel 2437/n` may follow.
//
// In the pack: wrong keys, lost access points, radar and LTE. Single clients come and go,
// and a client that an access list refuses tries again and again.

/// The events.
pub(super) const EVENTS: &[StaticEvent] = &[
    // The predecessor's only one: its number, variables and text stay.
    StaticEvent {
        number: 0,
        name: "wifi-login-attempts",
        title: "somebody tries Wi-Fi passphrases, or a device has an old one",
        is_in_pack: false,
        variables: "\
MATCH_PART=line
MATCH_STR=([^ ,@]+)@(.*[^:]):? disconnected, (unicast key exchange|group key exchange|key handshake|4-way handshake|SA Query) timeout
MASK_MSG=There is someone trying to connect to your WiFi: @2, with the mac-address: @1",
        sample: "wireless,info AA:BB:CC:42:BC:EC@yourwifi: disconnected, unicast key exchange timeout, signal strength -77",
    },
    // Not the SA Query's timeout: that client has the key and went away. A device with an
    // old key tries all day.
    StaticEvent {
        number: 31,
        name: "wifi-key",
        title: "a wireless client failed to prove its key, three times within ten minutes",
        is_in_pack: true,
        variables: r"TOPICS=!container,!hotspot,!script
MATCH_STR=^([^ <>]+: )?([^ @<>]+)@([^,]*[^,:]):? disconnected, (unicast key exchange|group key exchange|key handshake|4-way handshake) timeout(, signal strength [0-9-]+)?(, channel [^ ]+)?$
MASK_MSG=@2 failed to join @3, wrong key or weak signal (@4 timeout); tries since @{first}: @{count}
KEY=@2
THRESHOLD=3/600
COOLDOWN_SECS=86400",
        sample: "wireless,info AA:BB:CC:42:BC:EC@yourwifi: disconnected, unicast key exchange timeout, signal strength -77",
    },
    StaticEvent {
        number: 32,
        name: "wifi-drop",
        title: "a wireless client lost its connection, five times within ten minutes",
        is_in_pack: false,
        variables: r"TOPICS=!container,!hotspot,!script
ELSE=1
MATCH_STR=^([^ <>]+: )?([^ @<>]+)@([^,]*[^,:]):? disconnected(, [^()]*(\([0-9]+\)[^()]*)?)?$
MASK_MSG=@2 left @3@4; times since @{first}: @{count}
KEY=@2
THRESHOLD=5/600
COOLDOWN_SECS=1800",
        sample: "wireless,info 0C:7A:15:D7:17:C0@wifi-5ghz disconnected, connection lost, signal strength -81",
    },
    StaticEvent {
        number: 33,
        name: "wifi-rejected",
        title: "a wireless client was refused by RADIUS or an access list",
        is_in_pack: false,
        variables: r"TOPICS=!container,!hotspot,!script
MATCH_STR=^([^ <>]+: )?([^ @<>]+)@([^:]+) connection rejected, forbidden by (RADIUS|access-list)$
MASK_MSG=@2 was refused at @3 by @4
KEY=@2
COOLDOWN_SECS=3600",
        sample: "wireless,debug B8:XX:XX:XX:XX:XX@cap-wifi2 connection rejected, forbidden by RADIUS",
    },
    // The manual's words; no line was captured.
    StaticEvent {
        number: 34,
        name: "wifi-radar",
        title: "an access point changes its channel because of radar",
        is_in_pack: true,
        variables: r"TOPICS=!container,!hotspot,!script
MATCH_STR=^([^ <>]+: )?([^:<>]+): radar detected on ([0-9][0-9A-Za-z/.]*)$
MASK_MSG=Radar on @3, which @2 leaves
KEY=@2
COOLDOWN_SECS=3600",
        sample: "wireless,info wlan2: radar detected on 5500",
    },
    // One side is the manager, which names the access point, the other the access point.
    StaticEvent {
        number: 35,
        name: "cap-lost",
        title: "an access point and its CAPsMAN have lost each other, and found again",
        is_in_pack: true,
        variables: r"TOPICS=caps
MATCH_STR=^([^ <>]+: )?(CAP (disconnected from|failed to join) [^()]+ \([^()]*\)|CAP connect to [^()]+ \([^()]*\) failed: [^()]*|CAP sent max keepalives without response|disconnecting ([^ ,]+@[^ ,]+), ([a-z ]+))$
MASK_MSG=CAPsMAN: @2
KEY=@4
RECOVERY_STR=^([^ <>]+: )?(CAP joined [^()]+ \([^()]*\)|CAP connected to [^()]+ \([^()]*\)(, CommonName '[^']*')?|([^ ,]+@[^ ,]+) joined|connected to [^ ,]+@[^ ,]+)$
RECOVERY_MSG=CAPsMAN: @2 after @{duration}
GRACE_SECS=60
COOLDOWN_SECS=600",
        sample: "caps,info CAP disconnected from CapsMan1 (::ffff:10.11.12.1:5246)",
    },
    StaticEvent {
        number: 30,
        name: "lte-trouble",
        title: "an LTE modem failed three times within ten minutes",
        is_in_pack: true,
        variables: r"TOPICS=lte
MATCH_STR=^([^ <>]+: )?([^ :<>]+)( mbim)?: (mbim: )?((modem's control interface have reset|error: |no response for: |disabling AT channel|[A-Za-z ]*FAILURE)[^()]*(\([0-9]+\))?)$
MASK_MSG=LTE @2: @5; errors since @{first}: @{count}
KEY=@2
THRESHOLD=3/600
COOLDOWN_SECS=3600",
        sample: "lte,error lte1 mbim: modem's control interface have reset (13)",
    },
];

/// The proof of each event above.
#[cfg(test)]
pub(super) const SAMPLES: &[Samples] = &[
    Samples {
        number: 0,
        matching: &[
            (
                "wireless,info AA:BB:CC:42:BC:EC@yourwifi: disconnected, unicast key exchange timeout, signal strength -77",
                "There is someone trying to connect to your WiFi: yourwifi, with the mac-address: AA:BB:CC:42:BC:EC",
            ),
            (
                "36:7F:7F:07:C4:B0@honeypot: disconnected, unicast key exchange timeout, signal strength -85",
                "There is someone trying to connect to your WiFi: honeypot, with the mac-address: 36:7F:7F:07:C4:B0",
            ),
            (
                "wireless,info 78:2B:xx:xx:xx:xx@wifi1 disconnected, SA Query timeout, signal strength -58",
                "There is someone trying to connect to your WiFi: wifi1, with the mac-address: 78:2B:xx:xx:xx:xx",
            ),
            (
                "caps,info AA:BB:CC:42:BC:EC@wifi1(My SSID) disconnected, key handshake timeout",
                "There is someone trying to connect to your WiFi: wifi1(My SSID), with the mac-address: AA:BB:CC:42:BC:EC",
            ),
            (
                "wireless,info MikroTik: AA:BB:CC:42:BC:EC@my:net 5: disconnected, unicast key exchange timeout",
                "There is someone trying to connect to your WiFi: my:net 5, with the mac-address: AA:BB:CC:42:BC:EC",
            ),
        ],
        recovering: &[],
        foreign: &[
            "wireless,info 84:6c:6a:ed:84:6f@wifi-network: disconnected, signal strength -85",
            "wireless,info 0C:7A:15:D7:17:C0@wifi-5ghz disconnected, connection lost, signal strength -81",
            "system,info unicast key exchange timeout",
        ],
    },
    Samples {
        number: 31,
        matching: &[
            (
                "wireless,info AA:BB:CC:42:BC:EC@yourwifi: disconnected, unicast key exchange timeout, signal strength -77",
                "AA:BB:CC:42:BC:EC failed to join yourwifi, wrong key or weak signal (unicast key exchange timeout); tries since 1970-01-01 00:00:00: 1",
            ),
            (
                "36:7F:7F:07:C4:B0@honeypot: disconnected, unicast key exchange timeout, signal strength -85",
                "36:7F:7F:07:C4:B0 failed to join honeypot, wrong key or weak signal (unicast key exchange timeout); tries since 1970-01-01 00:00:00: 1",
            ),
        ],
        recovering: &[],
        foreign: &[
            "wireless,info 78:2B:xx:xx:xx:xx@wifi1 disconnected, SA Query timeout, signal strength -58",
            "wireless,info 0C:7A:15:D7:17:C0@wifi-5ghz disconnected, connection lost, signal strength -81",
        ],
    },
    Samples {
        number: 32,
        matching: &[
            (
                "wireless,info 0C:7A:15:D7:17:C0@wifi-5ghz disconnected, connection lost, signal strength -81",
                "0C:7A:15:D7:17:C0 left wifi-5ghz, connection lost, signal strength -81; times since 1970-01-01 00:00:00: 1",
            ),
            (
                "wireless,info 02:00:5e:10:00:01@2ghz-AP-2(IoT) disconnected, connection lost, signal strength -40, channel 2437/n",
                "02:00:5e:10:00:01 left 2ghz-AP-2(IoT), connection lost, signal strength -40, channel 2437/n; times since 1970-01-01 00:00:00: 1",
            ),
            (
                "caps,info AA:BB:CC:42:BC:EC@hAP ac3 5GHz disconnected, received disassoc: sending station leaving (8), signal strength -68",
                "AA:BB:CC:42:BC:EC left hAP ac3 5GHz, received disassoc: sending station leaving (8), signal strength -68; times since 1970-01-01 00:00:00: 1",
            ),
            (
                "wireless,info 0C:B3:19:3B:1B:DC@wlan1-guest: disconnected, ok",
                "0C:B3:19:3B:1B:DC left wlan1-guest, ok; times since 1970-01-01 00:00:00: 1",
            ),
        ],
        recovering: &[],
        foreign: &[
            "wireless,debug 0C:7A:15:D7:17:C0@wifi-5ghz disassociated, connection lost, signal strength -75",
            "wireless,info 84:6c:6a:ed:84:6f@wifi-network: connected, signal strength -85",
        ],
    },
    Samples {
        number: 33,
        matching: &[(
            "wireless,debug B8:XX:XX:XX:XX:XX@cap-wifi2 connection rejected, forbidden by RADIUS",
            "B8:XX:XX:XX:XX:XX was refused at cap-wifi2 by RADIUS",
        )],
        recovering: &[],
        foreign: &["wireless,debug wlan1-guest: 0C:B3:19:3B:1B:DC in local ACL, accept"],
    },
    Samples {
        number: 34,
        matching: &[(
            "wireless,info wlan2: radar detected on 5500",
            "Radar on 5500, which wlan2 leaves",
        )],
        recovering: &[],
        foreign: &["wireless,debug wlan1: synced to 4C:5E:0C:33:19:8E"],
    },
    Samples {
        number: 35,
        matching: &[
            (
                "caps,info CAP disconnected from CapsMan1 (::ffff:10.11.12.1:5246)",
                "CAPsMAN: CAP disconnected from CapsMan1 (::ffff:10.11.12.1:5246)",
            ),
            (
                "caps,info CAP failed to join rt-core (::ffff:192.168.255.1:5246)",
                "CAPsMAN: CAP failed to join rt-core (::ffff:192.168.255.1:5246)",
            ),
            (
                "caps,info CAP connect to rt-core (::ffff:192.168.255.1:5246) failed: timeout",
                "CAPsMAN: CAP connect to rt-core (::ffff:192.168.255.1:5246) failed: timeout",
            ),
            (
                "caps,info CAP sent max keepalives without response",
                "CAPsMAN: CAP sent max keepalives without response",
            ),
            (
                "caps,info disconnecting ap-dg1@78:9A:18:B4:18:05%*15, configuration changed",
                "CAPsMAN: disconnecting ap-dg1@78:9A:18:B4:18:05%*15, configuration changed",
            ),
        ],
        recovering: &[
            (
                "caps,info CAP joined CapsMan1 (::ffff:10.11.12.1:5246)",
                "CAPsMAN: CAP joined CapsMan1 (::ffff:10.11.12.1:5246) after 0 s",
            ),
            (
                "caps,info CAP connected to CapsMan1 (::ffff:10.11.12.1:5246), CommonName 'CAPsMAN-71111111A28F'",
                "CAPsMAN: CAP connected to CapsMan1 (::ffff:10.11.12.1:5246), CommonName 'CAPsMAN-71111111A28F' after 0 s",
            ),
            (
                "caps,info connected to ax2@04:F4:1C:60:F8:E2%*7",
                "CAPsMAN: connected to ax2@04:F4:1C:60:F8:E2%*7 after 0 s",
            ),
        ],
        foreign: &[
            "caps,info 44:AF:28:DC:36:C3@ap-3 reassociating",
            "caps,debug CAP did not find suitable CAPsMAN",
        ],
    },
    Samples {
        number: 30,
        matching: &[
            (
                "lte,error lte1 mbim: modem's control interface have reset (13)",
                "LTE lte1: modem's control interface have reset (13); errors since 1970-01-01 00:00:00: 1",
            ),
            (
                "lte,info lte1 mbim: error: protocol error: not opened",
                "LTE lte1: error: protocol error: not opened; errors since 1970-01-01 00:00:00: 1",
            ),
            (
                "lte,error lte1: no response for: AT+GTCAINFO?",
                "LTE lte1: no response for: AT+GTCAINFO?; errors since 1970-01-01 00:00:00: 1",
            ),
            (
                "lte,info lte1: disabling AT channel due to no response from modem",
                "LTE lte1: disabling AT channel due to no response from modem; errors since 1970-01-01 00:00:00: 1",
            ),
        ],
        recovering: &[],
        foreign: &[
            "lte,async lte1: rcvd +CME ERROR: 10",
            "lte,debug lte2 mbim: state 0=>1",
        ],
    },
];
