//! Access: who gets in, who tries to, and who changes something.

#[cfg(test)]
use crate::rules::static_events::event::Samples;
use crate::rules::static_events::event::StaticEvent;

// A user who fails to log in has a name that a stranger chose, so each expression is tied
// to both ends of the message. Lines of hotspot, containers and scripts hold texts of
// others at their beginning; where they show their topics they are left out at once.
//
// Lines of changes (RouterOS 7):
//   OBJECT added|removed|changed|moved by ACTOR (*id = /command ...)
//   ACTOR is HOW:USER@ADDRESS with perhaps /terminal, /script:NAME, /action:N
// OBJECT has blanks, but a colon in an IPv6 address only, unlike the lines of others that
// end with a stranger's text, and does not begin with a bracket. The command in brackets
// holds secrets, so it is in no message; it may be cut off anywhere, so no expression asks
// for its end. It must not hold `):`, which is how the lines of a hotspot go on after a
// name. Only of a compromise it may hold anything: somebody who has broken in must not be
// able to hide it with a comment.
//
// In the pack: all but routine logins, and refused connections, of which a router on the
// internet has many every day.

/// The events.
pub(super) const EVENTS: &[StaticEvent] = &[
    // The signs of CVE-2026-67276, -86060 and -67277 (CERT Polska, 2026-09-05). Accounts
    // named `ops` may be honest.
    StaticEvent {
        number: 53,
        name: "compromise",
        title: "signs that somebody has broken into the router (RouterOS before 7.23.4)",
        is_in_pack: true,
        variables: r"TOPICS=system,!critical,!error
MATCH_STR=^([^ <>]+: )?(([^:<][^:]*|(address|route) [0-9a-f:/]+) (added|removed|changed|moved|scheduled) by [^ ]*:-[0-9]+@[^ ]*|user <?ops>? added by [^ ]+)( {1,2}\([*/)].*)?$
MASK_MSG=POSSIBLE COMPROMISE: @2. Disconnect the router, then look at its users, scripts and schedulers
COOLDOWN_SECS=0
URGENT=1",
        sample: "user backup1 added by ssh:-2@82.192.72.4",
    },
    StaticEvent {
        number: 5,
        name: "exploit-attempt",
        title: "somebody tries a known flaw of the router's SSH server",
        is_in_pack: true,
        variables: r#"TOPICS=system
MATCH_STR=^([^ <>]+: )?login failure for user (-[0-9]+)( from ([^ ]+))? via ([a-z-]+)$
MASK_MSG=Exploit attempt (update RouterOS): login as "@2"@3 via @5
KEY=@4
COOLDOWN_SECS=3600
URGENT=1"#,
        sample: "login failure for user -2 from 82.192.72.4 via ssh",
    },
    StaticEvent {
        number: 4,
        name: "brute-force",
        title: "five failed logins from one address within a minute",
        is_in_pack: true,
        variables: r#"TOPICS=!container,!hotspot,!script
MATCH_STR=^([^ <>]+: )?login failure for user (([^-]|-[0-9]*[^0-9]).*)? from ([^ ]+) via ([a-z-]+)$
MASK_MSG=Brute force from @4 since @{first}, failed logins: @{count}, the last as "@2" via @5
KEY=@4
THRESHOLD=5/60
COOLDOWN_SECS=3600"#,
        sample: "system,error,critical login failure for user admin from 192.168.88.17 via ssh",
    },
    // Slower than brute force, as those are who know of its limits.
    StaticEvent {
        number: 58,
        name: "user-enumeration",
        title: "failed logins as five different users from one address within ten minutes",
        is_in_pack: true,
        variables: r#"TOPICS=!container,!hotspot,!script
MATCH_STR=^([^ <>]+: )?login failure for user (([^-]|-[0-9]*[^0-9]).*)? from ([^ ]+) via ([a-z-]+)$
MASK_MSG=@4 tries one user after another, the last "@2" via @5
KEY=@4
DISTINCT=@2:5/600
UNLESS=S4
COOLDOWN_SECS=3600"#,
        sample: "system,error,critical login failure for user admin from 192.168.88.17 via ssh",
    },
    StaticEvent {
        number: 1,
        name: "login-failed",
        title: "somebody failed to log in",
        is_in_pack: true,
        variables: r#"TOPICS=!container,!hotspot,!script
MATCH_STR=^([^ <>]+: )?(login failure for user (([^-]|-[0-9]*[^0-9]).*)?( from ([^ ]+))( via [a-z-]+)|login failure for user (([^ -]|-[0-9]*[^0-9 ])[^ ]*)?( via [a-z-]+)|([0-9a-f]+ )?password failed for user: ([^ ]+))$
MASK_MSG=Failed login as "@3@8@12"@5@7@10
KEY=@6@8@12
UNLESS=S4,S58
COOLDOWN_SECS=600"#,
        sample: "system,error,critical login failure for user admin from 192.168.88.17 via ssh",
    },
    StaticEvent {
        number: 54,
        name: "login-after-failures",
        title: "a login after three failed ones from the same address within ten minutes",
        is_in_pack: true,
        variables: r"TOPICS=system
MATCH_STR=^([^ <>]+: )?user (.+) logged in from ([^ ]+) via ([a-z-]+)$
MASK_MSG=@2 logged in from @3 via @4 after failed logins from there
KEY=@3
AFTER=S1:3/600
COOLDOWN_SECS=600
URGENT=1",
        sample: "system,info,account user admin logged in from 10.1.101.212 via winbox",
    },
    // Not over the API (api, api-ssl, rest-api): these are programs, and there are many.
    StaticEvent {
        number: 55,
        name: "login-new",
        title: "a login from an address that the user never had before",
        is_in_pack: true,
        variables: r"TOPICS=system
MATCH_STR=^([^ <>]+: )?user (.+) logged in from ([^ ]+) via ([b-qs-z][a-z-]+)$
MASK_MSG=@2 logged in from @3 via @4, for the first time from there
FIRST=@2 @3
UNLESS=S54",
        sample: "system,info,account user admin logged in from 10.1.101.212 via winbox",
    },
    StaticEvent {
        number: 2,
        name: "login",
        title: "somebody logged in",
        is_in_pack: false,
        variables: r"TOPICS=!container,!hotspot,!script
MATCH_STR=^([^ <>]+: )?(user (.+) logged in( from [^ ]+ via [a-z-]+)|user ([^ ]+) logged in( via [a-z-]+)|publickey accepted for user: ([^ ,]+)(, fingerprint: [A-Z0-9]+: ?[A-Za-z0-9+/=:]+)?)$
MASK_MSG=@3@5@7 logged in@4@6",
        sample: "system,info,account user admin logged in from 10.1.101.212 via winbox",
    },
    StaticEvent {
        number: 3,
        name: "logout",
        title: "somebody logged out",
        is_in_pack: false,
        variables: r"TOPICS=system
MATCH_STR=^([^ <>]+: )?(user (.+) logged out( from [^ ]+ via [a-z-]+)|user ([^ ]+) logged out( via [a-z-]+))$
MASK_MSG=@3@5 logged out@4@6",
        sample: "system,info,account user admin logged out from 10.1.101.212 via telnet",
    },
    StaticEvent {
        number: 6,
        name: "user-changed",
        title: "an account of the router was added, changed or removed",
        is_in_pack: true,
        variables: r"TOPICS=system,!critical,!error
ELSE=1
MATCH_STR=^([^ <>]+: )?user (<[^<>]*>|[^ :]+) (added|removed|changed|password changed) by( [^ (][^ ]*( [^ @(]+@[^ ]+)?)?( {1,2}\([*/)]([^)]|\)[^:])*\)*)?$
MASK_MSG=User account @2 @3 by@4",
        sample: "user backup1 added by ssh:admin@192.168.88.10",
    },
    StaticEvent {
        number: 7,
        name: "config-changed",
        title: "somebody changed the configuration, except the router's own scripts and DHCP client",
        is_in_pack: true,
        variables: r"TOPICS=system,!critical,!error
ELSE=1
MATCH_STR=^([^ <>]+: )?(([^:<][^:]*|(address|route) [0-9a-f:/]+) (added|removed|changed|moved|scheduled|unscheduled)|changed script settings|add file) by( [^ (][^ ]*( [^ @(]+@[^ ]+)?)?( {1,2}\([*/)]([^)]|\)[^:])*\)*)?$
EXCEPT_STR=^[^(]* by ([^ ]*/script:|scheduler:|dhcp-client)
MASK_MSG=Configuration: @2 by@6
COOLDOWN_SECS=0
DIGEST=60",
        sample: "system,info nat rule added by winbox-3.43/tcp-msg(winbox):admin@192.168.202.128 (*19 = /ip firewall nat add action=dst-nat chain=dstnat disabled=no dst-port=22 in-interface=pppoe-out1 log=no log-prefix=\"\" protocol=tcp src-address=172.19.1.30 to-addresses=192.168.200.224 to-ports=22)",
    },
    StaticEvent {
        number: 49,
        name: "denied",
        title: "a connection to the router's services was refused",
        is_in_pack: false,
        variables: r"TOPICS=!container,!hotspot,!script
MATCH_STR=^([^ <>]+: )?denied ([a-z/-]+) connect from ([^ ]+)$
MASK_MSG=Refused @2 connection from @3
KEY=@3
COOLDOWN_SECS=3600",
        sample: "denied winbox/dude connect from 91.196.152.214",
    },
];

#[cfg(test)]
pub(super) use samples::SAMPLES;

/// The proof of each event above.
#[cfg(test)]
mod samples {
    use super::Samples;

    /// Failed logins, as each event that counts them takes them.
    const FAILURES_FOREIGN: &[&str] = &[
        "login failure for user -2 from 82.192.72.4 via ssh",
        "system,info,account user admin logged in from 10.1.101.212 via winbox",
        "dhcp,info defconf assigned 192.168.88.37 for B0:E4:5C:8D:2D:AC login failure for user a from 192.0.2.1 via ssh",
        "hotspot,info,debug 989898 (172.23.139.178): login failed: user <989898> not found",
        "ppp,error <0010>: user login failure for user a from 192.0.2.1 via ssh authentication failed",
    ];

    pub(in crate::rules::static_events) const SAMPLES: &[Samples] = &[
        Samples {
            number: 53,
            matching: &[
                (
                    "user backup1 added by ssh:-2@82.192.72.4",
                    "POSSIBLE COMPROMISE: user backup1 added by ssh:-2@82.192.72.4. Disconnect the router, then look at its users, scripts and schedulers",
                ),
                (
                    "system,info new script scheduled by ssh:-2@82.192.72.4",
                    "POSSIBLE COMPROMISE: new script scheduled by ssh:-2@82.192.72.4. Disconnect the router, then look at its users, scripts and schedulers",
                ),
                (
                    "system,info user ops added by api:admin@192.0.2.7",
                    "POSSIBLE COMPROMISE: user ops added by api:admin@192.0.2.7. Disconnect the router, then look at its users, scripts and schedulers",
                ),
            ],
            recovering: &[],
            foreign: &[
                "login failure for user -2 from 82.192.72.4 via ssh",
                "system,info ip service changed by ssh-cmd:admin@10.0.0.2/action:136 (/ip service set www-ssl disabled=no)",
                "system,info user opsis added by admin",
            ],
        },
        Samples {
            number: 5,
            matching: &[(
                "login failure for user -2 from 82.192.72.4 via ssh",
                "Exploit attempt (update RouterOS): login as \"-2\" from 82.192.72.4 via ssh",
            )],
            recovering: &[],
            foreign: &[
                "system,error,critical login failure for user admin from 192.168.88.17 via ssh",
                "login failure for user -2x from 82.192.72.4 via ssh",
            ],
        },
        Samples {
            number: 4,
            matching: &[
                (
                    "system,error,critical login failure for user admin from 192.168.88.17 via ssh",
                    "Brute force from 192.168.88.17 since 1970-01-01 00:00:00, failed logins: 1, the last as \"admin\" via ssh",
                ),
                (
                    "login failure for user admin from 48:EA:62:D0:AD:17 via mac-telnet",
                    "Brute force from 48:EA:62:D0:AD:17 since 1970-01-01 00:00:00, failed logins: 1, the last as \"admin\" via mac-telnet",
                ),
            ],
            recovering: &[],
            foreign: FAILURES_FOREIGN,
        },
        Samples {
            number: 58,
            matching: &[(
                "system,error,critical login failure for user admin from 192.168.88.17 via ssh",
                "192.168.88.17 tries one user after another, the last \"admin\" via ssh",
            )],
            recovering: &[],
            foreign: FAILURES_FOREIGN,
        },
        Samples {
            number: 1,
            matching: &[
                (
                    "system,error,critical login failure for user admin from 192.168.88.17 via ssh",
                    "Failed login as \"admin\" from 192.168.88.17 via ssh",
                ),
                (
                    "<27>Oct  2 17:36:35 MikroTik login failure for user guest from 192.168.88.17 via ssh",
                    "Failed login as \"guest\" from 192.168.88.17 via ssh",
                ),
                (
                    "Oct  2 17:36:35 MikroTik CEF:0|MikroTik|hAP ax^2|7.25beta5|10|system,error,critical|High|dvchost=MikroTik dvc=192.168.88.36 msg=login failure for user guest from 192.168.88.17 via ssh app=ssh duser=guest outcome=failure src=192.168.88.17",
                    "Failed login as \"guest\" from 192.168.88.17 via ssh",
                ),
                (
                    "system,error,critical OFIR_MAIN_NEW[SYS]: login failure for user Test from 172.30.3.169 via winbox",
                    "Failed login as \"Test\" from 172.30.3.169 via winbox",
                ),
                (
                    "system,error,critical login failure for user user with space from 1.2.3.4 via ssh",
                    "Failed login as \"user with space\" from 1.2.3.4 via ssh",
                ),
                (
                    "system,error,critical login failure for user monitoring via api",
                    "Failed login as \"monitoring\" via api",
                ),
                (
                    "system,error,critical login failure for user x from 6.6.6.6 via ssh from 192.0.2.1 via ssh",
                    "Failed login as \"x from 6.6.6.6 via ssh\" from 192.0.2.1 via ssh",
                ),
                (
                    "ssh,info 4d2e0 password failed for user: root",
                    "Failed login as \"root\"",
                ),
            ],
            recovering: &[],
            foreign: FAILURES_FOREIGN,
        },
        Samples {
            number: 54,
            matching: &[(
                "system,info,account user admin logged in from 10.1.101.212 via winbox",
                "admin logged in from 10.1.101.212 via winbox after failed logins from there",
            )],
            recovering: &[],
            foreign: &["system,info,account user admin logged in via local"],
        },
        Samples {
            number: 55,
            matching: &[
                (
                    "system,info,account user admin logged in from 10.1.101.212 via winbox",
                    "admin logged in from 10.1.101.212 via winbox, for the first time from there",
                ),
                (
                    "<30>Nov  8 17:06:36 OVA MikroTik: user operator logged in from 10.11.10.32 via winbox",
                    "operator logged in from 10.11.10.32 via winbox, for the first time from there",
                ),
            ],
            recovering: &[],
            foreign: &[
                "system,info,account user monitoring logged in from 192.168.88.10 via rest-api",
                "system,info,account user admin logged in from 192.168.0.250 via api",
                "system,info,account user admin logged out from 10.1.101.212 via telnet",
            ],
        },
        Samples {
            number: 2,
            matching: &[
                (
                    "system,info,account user admin logged in from 10.1.101.212 via winbox",
                    "admin logged in from 10.1.101.212 via winbox",
                ),
                (
                    "system,info,account user admin logged in via local",
                    "admin logged in via local",
                ),
                (
                    "system,info,account publickey accepted for user: admin, fingerprint: SHA256:AbCdEf0123456789xyz",
                    "admin logged in",
                ),
            ],
            recovering: &[],
            foreign: &["system,info,account user admin logged out from 10.1.101.212 via telnet"],
        },
        Samples {
            number: 3,
            matching: &[
                (
                    "system,info,account user admin logged out from 10.1.101.212 via telnet",
                    "admin logged out from 10.1.101.212 via telnet",
                ),
                (
                    "system,info,account user ispm-api logged out via api",
                    "ispm-api logged out via api",
                ),
            ],
            recovering: &[],
            foreign: &["system,info,account user admin logged in via local"],
        },
        Samples {
            number: 6,
            matching: &[(
                "user backup1 added by ssh:admin@192.168.88.10",
                "User account backup1 added by ssh:admin@192.168.88.10",
            )],
            recovering: &[],
            foreign: &[
                "system,info ppp secret <skn014> changed by mac-msg(winbox):admin@54:14:A7:11:53:3C/terminal/action:245 (/ppp secret set skn014 profile=PLANO-40-10)",
                "pppoe,ppp,error <0010>: user x added by y authentication failed",
            ],
        },
        Samples {
            number: 7,
            matching: &[
                (
                    "system,info nat rule added by winbox-3.43/tcp-msg(winbox):admin@192.168.202.128 (*19 = /ip firewall nat add action=dst-nat chain=dstnat disabled=no dst-port=22 in-interface=pppoe-out1 log=no log-prefix=\"\" protocol=tcp src-address=172.19.1.30 to-addresses=192.168.200.224 to-ports=22)",
                    "Configuration: nat rule added by winbox-3.43/tcp-msg(winbox):admin@192.168.202.128",
                ),
                (
                    "system,info mangle rule moved by admin",
                    "Configuration: mangle rule moved by admin",
                ),
                (
                    "system,info filter rule moved by ssh:aether@10.1.1.2 ()",
                    "Configuration: filter rule moved by ssh:aether@10.1.1.2",
                ),
                (
                    "system,info log rule added by api:ispm-api@:: (*F = /system logging add action=ispmdiario topics=info,!account)",
                    "Configuration: log rule added by api:ispm-api@::",
                ),
                (
                    "system,info ppp secret <skn014> changed by mac-msg(winbox):admin@54:14:A7:11:53:3C/terminal/action:245 (/ppp secret set skn014 profile=PLANO-40-10)",
                    "Configuration: ppp secret <skn014> changed by mac-msg(winbox):admin@54:14:A7:11:53:3C/terminal/action:245",
                ),
                (
                    "system,info add file by mac-msg(winbox):admin@54:14:A7:11:53:3C/terminal (*0 = /file add contents=\"a;1;2\" name=sd1/ispm-teste.txt)",
                    "Configuration: add file by mac-msg(winbox):admin@54:14:A7:11:53:3C/terminal",
                ),
                // Cut off, as long ones are.
                (
                    "system,info nat rule changed by winbox-3.43/tcp-msg(winbox):admin@192.168.202.128 (/ip firewall nat set *19 action=dst-nat chain=dst",
                    "Configuration: nat rule changed by winbox-3.43/tcp-msg(winbox):admin@192.168.202.128",
                ),
                (
                    "system,info ovpn server added by (/interface ovpn-server server set)",
                    "Configuration: ovpn server added by",
                ),
                (
                    "ipsec peer FRBD changed by admin",
                    "Configuration: ipsec peer FRBD changed by admin",
                ),
                (
                    "system,info address 2001:db8::1/64 added by tcp-msg(winbox):net admin@192.168.88.2/terminal (*5 = /ipv6 address add)",
                    "Configuration: address 2001:db8::1/64 added by tcp-msg(winbox):net admin@192.168.88.2/terminal",
                ),
            ],
            recovering: &[],
            foreign: &[
                "system,info radvd prefix changed",
                "system,info route 0.0.0.0/0 changed by scheduler:main-failover",
                "system,info script removed by api:ispm-api@::/script:ispm-wan-usage/action:3 (/system script remove *2)",
                "system,info route 0.0.0.0/0 added by dhcp-client (*80000042 = /ip route add check-gateway=ping)",
                // The rest of a long entry.
                "system,info ;15346;17115\\;     \\n\" name=sd1/ispm-wan-usage.txt)",
                "dhcp,info defconf assigned 192.168.88.37 for B0:E4:5C:8D:2D:AC nat rule added by admin",
                "defconf assigned 192.168.88.37 for B0:E4:5C:8D:2D:AC nat rule added by admin",
                "nat rule added by admin (10.5.50.2): login failed: invalid username or password",
                "login failure for user nat rule added by admin from 192.0.2.1 via ssh",
            ],
        },
        Samples {
            number: 49,
            matching: &[
                (
                    "denied winbox/dude connect from 91.196.152.214",
                    "Refused winbox/dude connection from 91.196.152.214",
                ),
                (
                    "denied web connect from 10.0.0.5",
                    "Refused web connection from 10.0.0.5",
                ),
            ],
            recovering: &[],
            foreign: &["system,info,account user admin logged in from 192.168.88.10 via web"],
        },
    ];
}
