//! Metrics for Prometheus: over HTTP, and as `alertik health --prometheus` prints them.

mod support;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::time::Instant;

use support::{Daemon, PATIENCE, alertik, console, port_of, refused};

/// Starts a daemon that serves metrics, and returns where.
fn start(more: &[(&str, &str)]) -> (Daemon, SocketAddr) {
    let mut variables = console("regex", "(ether[0-9]) link down", "@1 down", more);
    variables.push(("METRICS_ADDR", "127.0.0.1:0"));
    serving(&variables)
}

fn serving(variables: &[(&str, &str)]) -> (Daemon, SocketAddr) {
    let mut daemon = Daemon::start(variables);
    let port = port_of(&daemon.wait_for("serves metrics on TCP 127.0.0.1:"));
    (daemon, (Ipv4Addr::LOCALHOST, port).into())
}

/// Asks with a client that is not ours.
fn get(address: SocketAddr, path: &str) -> minreq::Response {
    let answer = minreq::get(format!("http://{address}{path}")).with_timeout(PATIENCE.as_secs());
    answer.send().expect("an answer")
}

/// Writes bytes, and returns all that is answered.
fn raw(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let _ = stream.write_all(request);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

/// Runs `alertik health` with a switch, and returns its status and its output.
fn health(daemon: &Daemon, switch: &str) -> (Option<i32>, String) {
    let port = daemon.port.to_string();
    let mut command = alertik(&[("SYSLOG_PORT", &port)]);
    let output = command.args(["health", switch]).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    (output.status.code(), text)
}

/// Asks until the metrics contain a line.
fn wait_for_sample(address: SocketAddr, line: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let body = get(address, "/metrics").as_str().expect("UTF-8").to_owned();
        if body.lines().any(|one| one == line) {
            return body;
        }
        assert!(Instant::now() < deadline, "no {line} in {body}");
    }
}

/// Asserts that a text is in the exposition format: each metric once, with its help and
/// type before its samples, each sample once and in full.
fn assert_format(text: &str) {
    assert!(text.ends_with('\n'));
    let (mut metrics, mut samples) = (Vec::new(), Vec::new());
    let mut lines = text.lines();
    let mut line = lines.next();
    while let Some(help) = line {
        let help = help
            .strip_prefix("# HELP ")
            .unwrap_or_else(|| panic!("{help}"));
        let (name, _) = help.split_once(' ').expect("a text");
        assert!(!metrics.contains(&name), "{name} twice");
        metrics.push(name);
        let kind = if name.ends_with("_total") {
            "counter"
        } else {
            "gauge"
        };
        let kind = format!("# TYPE {name} {kind}");
        assert_eq!(lines.next(), Some(kind.as_str()));
        let before = samples.len();
        loop {
            line = lines.next();
            let Some(sample) = line.filter(|line| !line.starts_with('#')) else {
                break;
            };
            let (series, value) = sample.rsplit_once(' ').expect("a value");
            assert!(value.parse::<u64>().is_ok(), "{sample}");
            let labels = series.strip_prefix(name).expect("the metric's sample");
            assert_labels(labels);
            assert!(!samples.contains(&series), "{series} twice");
            samples.push(series);
        }
        assert!(samples.len() > before, "{name} has no sample");
    }
    promtool(text);
}

/// Asserts that labels are names with quoted values, in which nothing is unescaped.
fn assert_labels(labels: &str) {
    let mut rest = labels;
    while let Some(inside) = rest.strip_prefix(['{', ',']) {
        let (name, value) = inside.split_once("=\"").expect("a value");
        assert!(
            name.bytes().all(|byte| byte.is_ascii_lowercase()),
            "{labels}"
        );
        let mut is_escaped = false;
        let end = value.find(|character: char| {
            assert!(!character.is_ascii_control(), "{labels}");
            let ends = character == '"' && !is_escaped;
            assert!(!is_escaped || "\\\"n".contains(character), "{labels}");
            is_escaped = character == '\\' && !is_escaped;
            ends
        });
        rest = &value[end.expect("the end of a value") + 1..];
        if rest == "}" {
            return;
        }
    }
    assert_eq!(rest, "");
}

/// Prometheus' own tool parses the text and has nothing to say against the names.
fn promtool(text: &str) {
    let tool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut tool) = tool else {
        eprintln!("skipped: there is no promtool");
        return;
    };
    let mut stdin = tool.stdin.take().expect("a pipe");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    let output = tool.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}{text}");
}

/// Removes what differs from one moment to the next: ages.
fn without_ages(text: &str) -> Vec<&str> {
    let is_age = |line: &&str| !line.contains("_seconds");
    text.lines().filter(is_age).collect()
}

/// The routers, the notifiers and everything else are in the metrics, whatever a router
/// calls itself, and the command prints what the port serves.
#[test]
fn what_is_served() {
    let (mut daemon, address) = start(&[("ROUTERS", "office@127.0.0.2")]);
    let send = |router: u8, line: &[u8]| {
        let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, router), 0)).expect("a socket");
        socket.send_to(line, daemon.address()).expect("sent");
    };
    // No router has been heard.
    assert_format(get(address, "/metrics").as_str().expect("UTF-8"));
    let hostile = br#"<30>Nov  8 17:06:34 a"}1\n#{=,}\ x"#;
    for (router, line) in [
        (2, &b"interface,info ether1 link down"[..]),
        (3, hostile),
        (4, b"<30>Nov  8 17:06:34 \x1b\x00\xff\xc3\xa9 x"),
        (5, b"system,info x"),
    ] {
        send(router, line);
    }
    daemon.wait_for("notice: [office] ether1 down, at: ");
    wait_for_sample(address, "alertik_datagrams_received_total 4");
    let text = wait_for_sample(
        address,
        "alertik_notifications_sent_total{notifier=\"Console\"} 1",
    );
    assert_format(&text);
    let version = env!("CARGO_PKG_VERSION");
    for line in [
        &format!("alertik_build_info{{version=\"{version}\"}} 1"),
        "# TYPE alertik_healthy gauge",
        "alertik_healthy 1",
        "alertik_live 1",
        "alertik_datagrams_matched_total 1",
        "alertik_lost_total{place=\"kernel\"} 0",
        "# TYPE alertik_lost_total counter",
        "alertik_notifications_waiting{notifier=\"Console\"} 0",
        "alertik_notifier_suspended{notifier=\"Console\"} 0",
        "alertik_router_received_total{router=\"office\",address=\"127.0.0.2\"} 1",
        "alertik_router_matched_total{router=\"office\",address=\"127.0.0.2\"} 1",
        r#"alertik_router_received_total{router="a\"}1\\n#{=,}\\",address="127.0.0.3"} 1"#,
        "alertik_router_received_total{router=\"127.0.0.5\",address=\"127.0.0.5\"} 1",
    ] {
        assert!(text.lines().any(|one| one == line), "no {line} in {text}");
    }
    let (status, printed) = health(&daemon, "--prometheus");
    assert_eq!(status, Some(0));
    assert_format(&printed);
    assert_eq!(without_ages(&printed), without_ages(&text));
}

/// Every count of the JSON is a metric, with the same value.
#[test]
fn json_and_metrics_agree() {
    let (daemon, address) = start(&[("SYSLOG_ALLOW", "127.0.0.0/8")]);
    for number in 1..4 {
        daemon.send(format!("ether{number} link down").as_bytes());
    }
    let text = wait_for_sample(
        address,
        "alertik_notifications_sent_total{notifier=\"Console\"} 3",
    );
    let (_, json) = health(&daemon, "--json");
    let page = std::fs::read_to_string("../docs/operating.md").expect("the page");
    let mut seen = 0;
    for (fact, metric) in [
        ("received", "alertik_datagrams_received_total"),
        ("matched", "alertik_datagrams_matched_total"),
        ("notified", "alertik_notifications_made_total"),
        ("suppressed", "alertik_matches_suppressed_total"),
        ("forgotten", "alertik_cases_forgotten_total"),
        ("restored", "alertik_notifications_restored_total"),
        ("own_output", "alertik_own_lines_dropped_total"),
        ("foreign", "alertik_datagrams_foreign_total"),
        ("cut", "alertik_datagrams_cut_total"),
        ("forwarded", "alertik_datagrams_forwarded_total"),
        ("not_forwarded", "alertik_datagrams_not_forwarded_total"),
        ("tcp_connections", "alertik_tcp_connections"),
        ("tcp_refused", "alertik_tcp_connections_refused_total"),
    ] {
        let found = text
            .lines()
            .find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
        let value = found.unwrap_or_else(|| panic!("no {metric} in {text}"));
        assert!(
            json.contains(&format!(",\"{fact}\":{value}")),
            "{metric} {json}"
        );
        seen += 1;
    }
    // Three are of notifiers.
    let (counts, _) = json.split_once("\"lost\":").expect("losses");
    assert_eq!(counts.matches(':').count(), 3 + seen + 3, "{counts}");
    // The page names all of them.
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, _) = line.split_once(' ').expect("a type");
        assert!(
            page.contains(&format!("`{name}`")),
            "docs/operating.md lacks {name}"
        );
    }
}

/// `/healthz` is 200 while `alertik health` ends with 0, and 503 with the reason when it
/// ends with 1.
#[test]
fn the_verdict_over_http() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4_096]);
            let _ = stream.write_all(b"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let mut rule = support::rule(0, "Generic1", "substr", "link", "a link");
    rule.extend([
        ("ENV_EVENTS".to_owned(), "1"),
        ("GENERIC1_WEBHOOK_URL".to_owned(), &url),
        ("METRICS_ADDR".to_owned(), "127.0.0.1:0"),
    ]);
    let variables: Vec<_> = rule
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let (mut daemon, address) = serving(&variables);
    let answer = get(address, "/healthz");
    assert_eq!(answer.status_code, 200);
    assert_eq!(answer.as_bytes(), b"healthy\n");
    assert_eq!(health(&daemon, "--prometheus").0, Some(0));
    daemon.send(b"ether2 link down");
    daemon.wait_for("suspended, next attempt at ");
    let answer = get(address, "/healthz");
    assert_eq!(answer.status_code, 503);
    let body = answer.as_str().expect("UTF-8");
    assert!(
        body.starts_with("unhealthy (Generic1 suspended, next attempt at "),
        "{body}"
    );
    let (status, text) = health(&daemon, "--prometheus");
    assert_eq!(status, Some(1));
    assert!(text.contains("\nalertik_healthy 0\n"), "{text}");
    let suspended = "\nalertik_notifier_suspended{notifier=\"Generic1\"} 1\n";
    assert!(text.contains(suspended), "{text}");
    assert!(!text.contains("last_success_age"), "{text}");
    // Without a daemon there is one metric, which says so.
    daemon.stop();
    let mut command = alertik(&[("SYSLOG_PORT", "1")]);
    let output = command
        .args(["health", "--prometheus"])
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let gone = String::from_utf8(output.stdout).expect("UTF-8");
    assert_format(&gone);
    assert!(
        gone.ends_with("\nalertik_healthy 0\n") && text.contains(&gone),
        "{gone}"
    );
}

/// There are two pages, for GET and HEAD; every other request gets the status that says
/// why, and the answer arrives although the request went on.
#[test]
fn nothing_else_is_served() {
    let (_daemon, address) = start(&[]);
    let head = raw(address, b"HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    let long = [&b"GET /metrics HTTP/1.1\r\nX: "[..], &[b'x'; 100_000]].concat();
    let line = [&b"GET /"[..], &[b'x'; 100_000]].concat();
    let body = [&b"POST /metrics HTTP/1.1\r\n\r\n"[..], &[b'x'; 100_000]].concat();
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    for (request, status) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "404 Not Found"),
        (b"GET /metrics/../x HTTP/1.1\r\n\r\n", "404 Not Found"),
        (
            b"DELETE /metrics HTTP/1.1\r\n\r\n",
            "405 Method Not Allowed",
        ),
        (&body, "405 Method Not Allowed"),
        (&line, "414 URI Too Long"),
        (&long, "431 Request Header Fields Too Large"),
        (b"GET /metrics HTTP/3\r\n\r\n", "400 Bad Request"),
        (b"\r\nGET\r\n\r\n", "400 Bad Request"),
        (hello, "400 Bad Request"),
    ] {
        let answer = raw(address, request);
        let expected = format!("HTTP/1.1 {status}\r\n");
        assert!(answer.starts_with(&expected), "{status}: {answer}");
        assert!(answer.ends_with(&format!("\r\n\r\n{status}\n")), "{answer}");
    }
}

/// Clients that send slowly, send nothing, do not read or come by the hundred hold up
/// neither messages nor `health` nor metrics, and take no more memory than their places.
#[test]
fn hostile_clients_delay_nobody() {
    let (mut daemon, address) = start(&[]);
    get(address, "/metrics");
    let before = daemon.resident_kib();
    let mut streams = Vec::new();
    for number in 0..200_u32 {
        let mut stream = TcpStream::connect(address).expect("a connection");
        match number % 4 {
            0 => {}
            1 => stream.write_all(b"GET /metr").expect("sent"),
            // The answer is not read.
            2 => stream
                .write_all(b"GET /metrics HTTP/1.1\r\n\r\n")
                .expect("sent"),
            _ => stream.shutdown(Shutdown::Write).expect("half closed"),
        }
        streams.push(stream);
        if number % 20 == 0 {
            daemon.send(format!("ether{} link down", number / 20).as_bytes());
            daemon.wait_for(&format!("notice: ether{} down", number / 20));
            assert_eq!(get(address, "/metrics").status_code, 200);
            assert_eq!(health(&daemon, "--json").0, Some(0));
        }
    }
    // A line that trickles in is answered, if it does so in time.
    let mut slow = TcpStream::connect(address).expect("a connection");
    for byte in b"GET /healthz HTTP/1.1\r\n\r\n" {
        slow.write_all(&[*byte]).expect("it waits");
    }
    let mut answer = String::new();
    slow.read_to_string(&mut answer).expect("an answer");
    assert!(answer.ends_with("\r\n\r\nhealthy\n"), "{answer}");
    let grown = daemon.resident_kib().saturating_sub(before);
    assert!(grown < 512, "{grown} KiB");
    drop(streams);
}

/// A connection that says nothing ends, so that it holds its place no longer.
#[test]
fn silent_connections_end() {
    let (_daemon, address) = start(&[]);
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n")
        .expect("sent");
    assert!(matches!(stream.read(&mut [0]), Ok(0)));
}

/// An address that cannot be had is reported with its variable, at the start and by
/// `check`.
#[test]
fn wrong_addresses() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let in_use = format!("127.0.0.1:{port}");
    let words = format!("METRICS_ADDR: TCP port {port} is in use by another program");
    for (value, error) in [
        (in_use.as_str(), words.as_str()),
        (
            "192.0.2.77:9479",
            "METRICS_ADDR: 192.0.2.77 is not an address of this machine",
        ),
        (
            "localhost:9479",
            "METRICS_ADDR: 'localhost:9479' is not an IP address and a port",
        ),
    ] {
        let mut variables = console("substr", "x", "y", &[("METRICS_ADDR", value)]);
        variables.extend(support::ANY_PORT);
        let (status, errors) = refused(&variables);
        assert_eq!(status, Some(1));
        assert!(errors.contains(error), "{errors}");
        let output = alertik(&variables).arg("check").output().expect("it runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1));
        assert!(text.contains(error), "{text}");
    }
}
