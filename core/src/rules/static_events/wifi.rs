//! Wireless: who connects, and who fails to.

#[cfg(test)]
use crate::rules::static_events::event::Samples;
use crate::rules::static_events::event::StaticEvent;

// The old wireless driver and CAPsMAN write
//   MAC@wlan1: disconnected, unicast key exchange timeout, signal strength -85
// and the new wifi driver, without a colon and perhaps with the SSID,
//   MAC@wifi1(SSID) disconnected, key handshake timeout, signal strength -85
// Topics may or may not come first, and names may hold blanks and colons, so the
// name is everything up to the wording.

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
];

/// The proof of each event above.
#[cfg(test)]
pub(super) const SAMPLES: &[Samples] = &[Samples {
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
}];
