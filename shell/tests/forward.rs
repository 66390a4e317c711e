//! Forward mode with a header: a log store learns who spoke.

mod support;

use std::net::{Ipv4Addr, UdpSocket};
use std::process::{Command, Stdio};
use std::time::Instant;

use support::{Daemon, Guard, PATIENCE, alertik, console, folder, refused};

/// A daemon that forwards to a port on loopback, with names.
fn start(port: &str, more: &[(&str, &str)]) -> Daemon {
    let mut variables = vec![
        ("FORWARD_HOST", "127.0.0.1"),
        ("FORWARD_PORT", port),
        ("FORWARD_FORMAT", "rfc5424"),
        ("ROUTERS", "Büro 1@127.0.0.2"),
        ("TZ", "XYZ-5:30"),
    ];
    variables.extend(more);
    let mut daemon = Daemon::start(&console("substr", "nothing", "x", &variables));
    daemon.wait_for("forwarding to 127.0.0.1");
    daemon
}

fn send_from(daemon: &Daemon, router: u8, line: &[u8]) {
    let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, router), 0)).unwrap();
    socket.send_to(line, daemon.address()).unwrap();
}

/// A message as RFC 5424 defines it, taken apart by its grammar (section 6) and by nothing
/// of ours.
#[derive(Debug)]
struct Message {
    priority: u8,
    time: String,
    fields: Vec<String>,
    /// Name and value of each parameter of the only element.
    id: String,
    data: Vec<(String, String)>,
    text: Vec<u8>,
}

fn take_until<'a>(rest: &mut &'a [u8], end: u8) -> &'a [u8] {
    let at = rest.iter().position(|&byte| byte == end).expect("an end");
    let (part, after) = rest.split_at(at);
    *rest = &after[1..];
    part
}

fn message(datagram: &[u8]) -> Message {
    let mut rest = datagram.strip_prefix(b"<").expect("a priority");
    let priority = std::str::from_utf8(take_until(&mut rest, b'>')).unwrap();
    assert!(priority == "0" || !priority.starts_with('0'));
    assert_eq!(take_until(&mut rest, b' '), b"1");
    let time = String::from_utf8(take_until(&mut rest, b' ').to_vec()).unwrap();
    let fields = [255, 48, 128, 32].map(|max| {
        let field = take_until(&mut rest, b' ');
        assert!((1..=max).contains(&field.len()));
        assert!(field.iter().all(|byte| (33..=126).contains(byte)));
        String::from_utf8(field.to_vec()).unwrap()
    });
    rest = rest.strip_prefix(b"[").expect("data");
    let id = String::from_utf8(take_until(&mut rest, b' ').to_vec()).unwrap();
    let mut data = Vec::new();
    loop {
        let name = String::from_utf8(take_until(&mut rest, b'=').to_vec()).unwrap();
        rest = rest.strip_prefix(b"\"").expect("a value");
        let mut value = Vec::new();
        loop {
            let (&byte, after) = rest.split_first().expect("an end");
            rest = after;
            match byte {
                b'"' => break,
                b'\\' if b"\"\\]".contains(&rest[0]) => {
                    value.push(rest[0]);
                    rest = &rest[1..];
                }
                b']' => panic!("an unescaped bracket"),
                _ => value.push(byte),
            }
        }
        data.push((name, String::from_utf8(value).expect("UTF-8")));
        let (&byte, after) = rest.split_first().expect("an end");
        rest = after;
        match byte {
            b' ' => {}
            b']' => break,
            _ => panic!("{byte} after a value"),
        }
    }
    Message {
        priority: priority.parse().expect("a number"),
        time,
        fields: fields.into(),
        id,
        data,
        text: rest.strip_prefix(b" ").expect("a text").to_vec(),
    }
}

/// Name, sender, topics and severity are in the header, over UDP and over TCP, and the text
/// is as it came.
#[test]
fn a_header_says_who_spoke() {
    let sink = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    sink.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = sink.local_addr().unwrap().port().to_string();
    let mut daemon = start(&port, &[("SYSLOG_TCP_PORT", "0")]);
    let mut buffer = vec![0; 70_000];
    let mut next = || {
        let length = sink.recv(&mut buffer).expect("the datagram arrives");
        message(&buffer[..length])
    };
    send_from(&daemon, 2, b"system,error,critical x \xFF\x00 ]\"\r\n");
    let got = next();
    assert_eq!(got.priority, 3 * 8 + 2);
    assert_eq!(got.fields, ["B__ro_1", "system,error,critical", "-", "-"]);
    assert!(
        got.time.ends_with("+05:30") && got.time.len() == 25,
        "{}",
        got.time
    );
    assert_eq!(got.id, "alertik@32473");
    let expected = [
        ("router", "Büro 1"),
        ("source", "127.0.0.2"),
        ("topics", "system,error,critical"),
        ("severity", "critical"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(got.data, expected);
    assert_eq!(got.text, b"x \xFF\x00 ]\"");

    let largest = vec![b'y'; 65_507];
    send_from(&daemon, 3, &largest);
    let got = next();
    assert_eq!(got.fields[0], "127.0.0.3");
    assert!(got.text.len() > 65_000 && largest.starts_with(&got.text));

    // The line may have come before the one that was waited for.
    let is_tcp = |line: &&String| line.contains("listens on TCP ");
    let line = daemon.seen().iter().find(is_tcp).cloned();
    let tcp = support::port_of(&line.unwrap_or_else(|| daemon.wait_for("listens on TCP ")));
    let mut stream = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, tcp)).unwrap();
    let line = b"<30>Nov  8 17:06:34 tik dhcp,info over TCP\n";
    std::io::Write::write_all(&mut stream, line).unwrap();
    let got = next();
    assert_eq!(got.fields, ["tik", "dhcp,info", "-", "-"]);
    assert!(
        got.data
            .contains(&("time".into(), "Nov  8 17:06:34".into()))
    );
    assert_eq!(got.text, b"over TCP");
}

/// rsyslog understands the header: the store's own fields name the router.
#[test]
fn rsyslog_understands_it() {
    if Command::new("rsyslogd").arg("-v").output().is_err() {
        println!("skipped: rsyslogd is not installed");
        return;
    }
    let folder = folder("rsyslog");
    let free = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let (file, conf) = (folder.join("log"), folder.join("conf"));
    let text = format!(
        "module(load=\"imudp\")\n\
         input(type=\"imudp\" address=\"127.0.0.1\" port=\"{port}\")\n\
         template(name=\"all\" type=\"string\" string=\"%hostname%|%app-name%|%pri-text%|\
         %structured-data%|%timereported:::date-rfc3339%|%msg%\\n\")\n\
         action(type=\"omfile\" file=\"{}\" template=\"all\")\n",
        file.display()
    );
    std::fs::write(&conf, text).unwrap();
    let child = Command::new("rsyslogd")
        .arg("-n")
        .args(["-i", "NONE", "-f"])
        .arg(&conf)
        .stdin(Stdio::null())
        .spawn();
    let _guard = Guard(child.expect("rsyslogd starts"));
    let daemon = start(&port.to_string(), &[]);
    let deadline = Instant::now() + PATIENCE;
    let got = loop {
        // Again and again, because it may not listen yet.
        send_from(&daemon, 2, b"system,error login failure for \"x\"]");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if let Some(line) = text.lines().next() {
            break line.to_owned();
        }
        assert!(Instant::now() < deadline, "rsyslog has written nothing");
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    let parts: Vec<_> = got.split('|').collect();
    assert_eq!(
        parts[..3],
        ["B__ro_1", "system,error", "daemon.err"],
        "{got}"
    );
    let data = "[alertik@32473 router=\"Büro 1\" source=\"127.0.0.2\" topics=\"system,error\" \
                severity=\"error\"]";
    assert_eq!(parts[3], data);
    assert!(parts[4].ends_with("+05:30"), "{got}");
    assert_eq!(parts[5].trim_start(), "login failure for \"x\"]");
}

/// `check` names the form, and what is wrong with it.
#[test]
fn settings() {
    let forward = [
        ("FORWARD_HOST", "log.lan"),
        ("FORWARD_PORT", "514"),
        ("FORWARD_FORMAT", "rfc5424"),
    ];
    let output = alertik(&console("substr", "x", "y", &forward))
        .arg("check")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = "forwards  to log.lan port 514, as RFC 5424 with the router's name\n";
    assert!(text.contains(line), "{text}");
    for (variables, error) in [
        (
            &[
                ("FORWARD_HOST", "log.lan"),
                ("FORWARD_PORT", "514"),
                ("FORWARD_FORMAT", "json"),
            ][..],
            "FORWARD_FORMAT: 'json' is not known; allowed are raw, rfc5424",
        ),
        (
            &[("FORWARD_FORMAT", "rfc5424")],
            "FORWARD_FORMAT: is set, but FORWARD_HOST and FORWARD_PORT are not",
        ),
    ] {
        let (status, errors) = refused(&console("substr", "x", "y", variables));
        assert_eq!(status, Some(1));
        assert!(errors.contains(error), "{errors}");
    }
}
