//! The router itself: its starts, packages, clock, scripts, containers and PoE.

#[cfg(test)]
use crate::rules::static_events::event::Samples;
use crate::rules::static_events::event::StaticEvent;

// In the pack: all but jumps of the clock, which every router without a battery makes at
// each start. Over UDP the lines of a start may be lost, because the container that
// listens starts later than they are written; over TCP they wait.

/// The events.
pub(super) const EVENTS: &[StaticEvent] = &[
    // All lines of one start make one message.
    StaticEvent {
        number: 8,
        name: "rebooted",
        title: "the router started, with the cause and the version as far as they are known",
        is_in_pack: true,
        variables: r"TOPICS=system
MATCH_STR=^([^ <>]+: )?(router (was )?rebooted( by [^ ]+| without [a-z ,]+)?|System rebooted because of [a-z ]+|kernel failure in previous boot|installed [a-z0-9-]+-[67]\.[0-9a-z.-]+|Firmware upgraded[^()]*)$
MASK_MSG=Start: @2 (silence before: @{pause})
COOLDOWN_SECS=0
DIGEST=60",
        sample: "system,error,critical router rebooted without proper shutdown, probably power outage",
    },
    StaticEvent {
        number: 56,
        name: "out-of-memory",
        title: "the router ran out of memory",
        is_in_pack: true,
        variables: r"TOPICS=system
MATCH_STR=^([^ <>]+: )?out of memory condition was detected$
MASK_MSG=The router ran out of memory
COOLDOWN_SECS=3600",
        sample: "system,error,critical out of memory condition was detected",
    },
    // As RouterOS words it when an upgrade lacks a package; no line was captured.
    StaticEvent {
        number: 10,
        name: "package",
        title: "a package is missing after an upgrade",
        is_in_pack: true,
        variables: r"TOPICS=!container,!hotspot,!script
MATCH_STR=^([^ <>]+: )?missing package ([a-z0-9-]+)$
MASK_MSG=Package @2 is missing
COOLDOWN_SECS=3600",
        sample: "system,error missing package wireless",
    },
    StaticEvent {
        number: 44,
        name: "clock",
        title: "the router's clock was put right",
        is_in_pack: false,
        variables: r"TOPICS=system
MATCH_STR=^([^ <>]+: )?(s?ntp|cloud) change time ([^ ]+ [^ ]+) => ([^ ]+ [^ ]+)$
MASK_MSG=Clock @3 -> @4 (@2)",
        sample: "system,critical,info cloud change time Sep/24/2026 03:01:57 => Sep/24/2026 06:25:50",
    },
    // Two lines for one failure, so both go into one message.
    StaticEvent {
        number: 45,
        name: "script-failed",
        title: "a script of the router failed",
        is_in_pack: true,
        variables: r"TOPICS=script
MATCH_STR=^([^ <>]+: )?(executing script .*failed, please[^()]*|(\([^)]*\) )?not enough permissions \([0-9]+\)( \(/[^)]*\))?)$
MASK_MSG=Script failed: @2
COOLDOWN_SECS=3600
DIGEST=60",
        sample: "script,error executing script add-dhcp-no-perms from scheduler (run-script-direct) failed, please check it manually",
    },
    // The way in which the owner's own scripts speak: `:log warning "…"`. Their texts may be
    // any, so the expression is about the topics, and the filter makes sure that these are
    // the line's own. A hotspot's line without topics may begin with a name that looks like
    // some.
    StaticEvent {
        number: 46,
        name: "script-alert",
        title: "a script of the router wrote a warning or an error to the log",
        is_in_pack: true,
        variables: r"TOPICS=script
TOPICS_UNKNOWN=drop
ELSE=1
EXCEPT_STR=\([0-9a-fA-F.:]+\): (login failed|logged|trying to log in)
MATCH_PART=line
MATCH_STR=^(<[0-9]+>)?([A-Z0-9][^,=]*[ |])?script,(warning|error|critical)[ ,|]
MASK_MSG=@{text}
COOLDOWN_SECS=600",
        sample: "script,warning ANTENA EM BAIXO: TL-S5 Espia",
    },
    // The manual's words (PoE-Out); no line was captured.
    StaticEvent {
        number: 47,
        name: "poe",
        title: "a PoE port has a short circuit, an overload or the wrong voltage",
        is_in_pack: true,
        variables: r"TOPICS=poe-out
MATCH_STR=^([^ <>]+: )?([^:<>]+) [a-z]+ poe-out status: ((short|current|voltage|controller)[_-][a-z_-]+|overload)$
MASK_MSG=PoE @2: @3
KEY=@2
COOLDOWN_SECS=600",
        sample: "poe-out,warning ether5 detected poe-out status: short-circuit",
    },
    // A container's own output has the same topics and may hold anything, so these are the
    // engine's messages from end to end.
    StaticEvent {
        number: 48,
        name: "container",
        title: "a container stopped by itself, or could not be imported",
        is_in_pack: true,
        variables: r"TOPICS=container
MATCH_STR=^(([^ ]+: )?exited with (signal|status|code) [0-9]+( \([A-Za-z ]+\))?|import error: [^()]*|error getting layer file|failed to load next entry|no image found[^()]*)$
MASK_MSG=Container: @1
COOLDOWN_SECS=3600",
        sample: "xray-mikrotik-arm:latest: exited with signal 4 (Illegal instruction)",
    },
];

/// The proof of each event above.
#[cfg(test)]
pub(super) const SAMPLES: &[Samples] = &[
    Samples {
        number: 8,
        matching: &[
            (
                "system,error,critical router rebooted without proper shutdown, probably power outage",
                "Start: router rebooted without proper shutdown, probably power outage (silence before: 1 min 30 s)",
            ),
            (
                "system,info router rebooted",
                "Start: router rebooted (silence before: 1 min 30 s)",
            ),
            (
                "system,info router rebooted by ssh-cmd:admin@192.168.88.10/reboot",
                "Start: router rebooted by ssh-cmd:admin@192.168.88.10/reboot (silence before: 1 min 30 s)",
            ),
            (
                "system,info OFIR_MAIN_NEW[SYS]: router rebooted",
                "Start: router rebooted (silence before: 1 min 30 s)",
            ),
            (
                "system,error,critical router was rebooted without proper shutdown by watchdog timer",
                "Start: router was rebooted without proper shutdown by watchdog timer (silence before: 1 min 30 s)",
            ),
            (
                "system,error,critical MikroTik: router was rebooted without proper shutdown",
                "Start: router was rebooted without proper shutdown (silence before: 1 min 30 s)",
            ),
            (
                "system,error,critical System rebooted because of ping watchdog timeout",
                "Start: System rebooted because of ping watchdog timeout (silence before: 1 min 30 s)",
            ),
            (
                "system,error,critical kernel failure in previous boot",
                "Start: kernel failure in previous boot (silence before: 1 min 30 s)",
            ),
            (
                "system,info installed system-7.22.1",
                "Start: installed system-7.22.1 (silence before: 1 min 30 s)",
            ),
            (
                "system,info,critical Firmware upgraded successfully, please reboot for changes to take effect!",
                "Start: Firmware upgraded successfully, please reboot for changes to take effect! (silence before: 1 min 30 s)",
            ),
        ],
        recovering: &[],
        foreign: &[
            "dhcp,info defconf assigned 192.168.88.37 for B0:E4:5C:8D:2D:AC router rebooted",
            "hotspot,info,debug router rebooted (10.5.50.2): logged out: user request",
            "script,info router rebooted",
        ],
    },
    Samples {
        number: 56,
        matching: &[(
            "system,error,critical out of memory condition was detected",
            "The router ran out of memory",
        )],
        recovering: &[],
        foreign: &["script,error out of memory condition was detected"],
    },
    Samples {
        number: 10,
        matching: &[(
            "system,error missing package wireless",
            "Package wireless is missing",
        )],
        recovering: &[],
        foreign: &["container,info,debug missing package wireless"],
    },
    Samples {
        number: 44,
        matching: &[
            (
                "system,critical,info cloud change time Sep/24/2026 03:01:57 => Sep/24/2026 06:25:50",
                "Clock Sep/24/2026 03:01:57 -> Sep/24/2026 06:25:50 (cloud)",
            ),
            (
                "ntp change time Sep/29/2026 22:31:49 => Sep/30/2026 09:37:02",
                "Clock Sep/29/2026 22:31:49 -> Sep/30/2026 09:37:02 (ntp)",
            ),
        ],
        recovering: &[],
        foreign: &["system,critical,info ntp detected out-of-sync on Feb/15/2024 14:24:42"],
    },
    Samples {
        number: 45,
        matching: &[
            (
                "script,error executing script add-dhcp-no-perms from scheduler (run-script-direct) failed, please check it manually",
                "Script failed: executing script add-dhcp-no-perms from scheduler (run-script-direct) failed, please check it manually",
            ),
            (
                "script,error executing script from scheduler (run-script-use-script-perms) failed, please check it manually",
                "Script failed: executing script from scheduler (run-script-use-script-perms) failed, please check it manually",
            ),
            (
                "script,error,debug not enough permissions (9) (/ip/dhcp-client/add; line 1)",
                "Script failed: not enough permissions (9) (/ip/dhcp-client/add; line 1)",
            ),
            (
                "script,error,debug (scheduler:run-script-use-script-perms) not enough permissions (9) (/ip/dhcp-client/add; line 1)",
                "Script failed: (scheduler:run-script-use-script-perms) not enough permissions (9) (/ip/dhcp-client/add; line 1)",
            ),
        ],
        recovering: &[],
        foreign: &["script,info hello from script"],
    },
    Samples {
        number: 46,
        matching: &[
            (
                "script,warning ANTENA EM BAIXO: TL-S5 Espia",
                "ANTENA EM BAIXO: TL-S5 Espia",
            ),
            (
                "script,warning Container update: Container HomeAssistant is still running, retrying...",
                "Container update: Container HomeAssistant is still running, retrying...",
            ),
            (
                "Oct  2 17:36:35 MikroTik CEF:0|MikroTik|hAP ax^2|7.25beta5|10|script,warning|High|dvchost=MikroTik dvc=192.168.88.36 msg=57 C \\= too hot",
                "57 C = too hot",
            ),
            (
                "<28>Oct  2 17:36:35 MikroTik script,warning too hot",
                "too hot",
            ),
        ],
        recovering: &[],
        foreign: &[
            "script,info Servidor LINUX: Ativado",
            "script,info Got data {A script,warning x} from topic {my/test/topic}",
            "dhcp,info A script,warning x",
            "hotspot,info,debug script,warning (10.5.50.2): logged in",
        ],
    },
    Samples {
        number: 47,
        matching: &[
            (
                "poe-out,warning ether5 detected poe-out status: short-circuit",
                "PoE ether5: short-circuit",
            ),
            (
                "poe-out,warning ether5 detected poe-out status: overload",
                "PoE ether5: overload",
            ),
        ],
        recovering: &[],
        foreign: &["poe-out,info ether16 detected poe-out status: on"],
    },
    Samples {
        number: 48,
        matching: &[
            (
                "xray-mikrotik-arm:latest: exited with signal 4 (Illegal instruction)",
                "Container: xray-mikrotik-arm:latest: exited with signal 4 (Illegal instruction)",
            ),
            (
                "import error: fetch manifest failed: no manifest found for this architecture",
                "Container: import error: fetch manifest failed: no manifest found for this architecture",
            ),
            (
                "container,info,debug error getting layer file",
                "Container: error getting layer file",
            ),
            (
                "container,info,debug failed to load next entry",
                "Container: failed to load next entry",
            ),
        ],
        recovering: &[],
        foreign: &[
            "container,info,debug importing tar archived image:ha_stable.tar",
            "container,info,debug 1707214366: mosquitto version 2.0.18 starting",
        ],
    },
];
