// The rules from the README and those of the predecessor, with log lines for each.
const EXAMPLES = [
  {
    name: "Failed login: user, address, service",
    type: "regex",
    pattern: "login failure for user (.*) from ([^ ]+) via ([a-z-]+)",
    mask: "Failed login as @1 from @2 (@3)",
    lines: [
      "system,error,critical login failure for user admin from 192.168.88.17 via ssh",
      "system,info,account user admin logged in from 10.1.101.212 via winbox",
      "<27>Oct  2 17:36:35 MikroTik login failure for user guest from 192.168.88.17 via ssh",
    ],
  },
  {
    name: "Failed login over ssh: user and address",
    type: "regex",
    pattern: "login failure for user ([A-Za-z0-9_]+) from (\\d{1,3}.*) via ssh",
    mask: "Alert: failed user attempt to login as @1 from @2",
    lines: ["system,error,critical login failure for user john_doe from 192.168.1.10 via ssh"],
  },
  {
    name: "Speed of an interface that came up",
    type: "regex",
    pattern: "([^ ]+) link up \\(speed ([^,]+), (full|half) duplex\\)",
    mask: "Your interface @1 is running at @2 (@3 duplex)",
    lines: [
      "interface,info sfp-sfpplus1 link up (speed 10G, full duplex)",
      "interface,info ether2 link up (speed 1G, full duplex)",
      "interface,info ether9 link up (speed 10M, full duplex)",
      "interface,info lo link up",
    ],
  },
  {
    name: "Interface up or down",
    type: "regex",
    pattern: "([^ ]+) link (up|down)",
    mask: "Interface @1 is @2",
    lines: [
      "interface,info ether2 link up (speed 1G, full duplex)",
      "interface,info ether9 link down",
    ],
  },
  {
    name: "New connections to the router",
    type: "regex",
    pattern:
      "input: in:.*src-mac [0-9a-f:]+, proto [^,]+, ((\\d{1,3}\\.?)+):(\\d{1,5})->((\\d{1,3}\\.?)+):(\\d{1,5})",
    mask: "The IP @1:@3 is trying to connect to your router @4:@6, please do something",
    lines: [
      "input: in:WANinterface out:(unknown 0), connection-state:new src-mac 18:3d:5e:79:42:a5, proto TCP (SYN), 192.0.2.1:45624->198.51.100.2:80, len 60",
    ],
  },
  {
    name: "Power cut (substring)",
    type: "substr",
    pattern: "rebooted without proper shutdown",
    mask: "The router lost power and is back",
    lines: [
      "system,error,critical router rebooted without proper shutdown, probably power outage",
      "system,info router rebooted",
    ],
  },
  {
    name: "Unknown DHCP server",
    type: "regex",
    pattern: "dhcp alert on (.*): discovered unknown dhcp server, mac ([^,]+), ip ([^ ]+)",
    mask: "Unknown DHCP server @3 (@2) on @1",
    lines: [
      "dhcp,critical,error,warning,info,debug dhcp alert on Public: discovered unknown dhcp server, mac 00:02:29:1F:17:B6, ip 10.5.8.236",
    ],
  },
  {
    name: "Attempts on a Wi-Fi network (substring)",
    type: "substr",
    pattern: "honeypot: disconnected, unicast key exchange timeout",
    mask: "There is an attempt to login into your HoneyPot network!",
    lines: [
      "36:7F:7F:07:C4:B0@honeypot: disconnected, unicast key exchange timeout, signal strength -85",
    ],
  },
];

// Lines as routers write them, in all formats.
const SAMPLES = [
  "system,error,critical login failure for user admin from 192.168.88.17 via ssh",
  "<27>Oct  2 17:36:35 MikroTik login failure for user guest from 192.168.88.17 via ssh",
  "Oct  2 17:36:35 MikroTik CEF:0|MikroTik|hAP ax^2|7.25beta5|10|system,error,critical|High|dvchost=MikroTik dvc=192.168.88.36 msg=login failure for user guest from 192.168.88.17 via ssh app=ssh duser=guest outcome=failure src=192.168.88.17",
  "system,info,account user admin logged in from 10.1.101.212 via winbox",
  "interface,info ether2 link up (speed 1G, full duplex)",
  "interface,info ether9 link down",
  "dhcp,info defconf assigned 192.168.88.37 for B0:E4:5C:8D:2D:AC Samsung",
  "dhcp,critical,error,warning,info,debug dhcp alert on Public: discovered unknown dhcp server, mac 00:02:29:1F:17:B6, ip 10.5.8.236",
  "wireless,info 36:7F:7F:07:C4:B0@honeypot: disconnected, unicast key exchange timeout, signal strength -85",
  "wireless,info D6:E0:17:31:D4:A2@left-5g(SSID) connected, signal strength -75",
  "firewall,info input: in:ether1 out:(none), src-mac 00:21:29:93:56:e1, proto UDP, 10.1.101.1:520->10.1.101.255:520, len 452",
  "system,error,critical router rebooted without proper shutdown, probably power outage",
  "netwatch,info event down [ type: http_get, host: 159.148.172.205 ]",
  "ipsec,error 10.5.107.112 phase1 negotiation failed.",
];
