//! The load: lines at full speed or at a steady rate, and one at a time to the
//! request that it causes.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::daemon::{Daemon, LINE, Rules};
use crate::Result;

/// Datagrams that are sent together at a steady rate.
const GROUP: u64 = 32;

/// Sends a line so many times, as fast as possible or so many a second.
pub(super) fn send(port: u16, count: u64, rate: Option<u64>) -> Result {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect((Ipv4Addr::LOCALHOST, port))?;
    let started = Instant::now();
    for number in 0..count {
        if let Some(rate) = rate.filter(|_| number % GROUP == 0) {
            let due = started + Duration::from_nanos(number * 1_000_000_000 / rate);
            // Sleeping is too coarse for the last part.
            let early = due.saturating_duration_since(Instant::now());
            std::thread::sleep(early.saturating_sub(Duration::from_micros(60)));
            while Instant::now() < due {
                std::hint::spin_loop();
            }
        }
        socket.send(LINE)?;
    }
    Ok(())
}

/// Returns the median time from a datagram to the end of its request's head, in
/// microseconds.
pub(super) fn latency(binary: &PathBuf) -> Result<f64> {
    const TIMES: usize = 100;
    let sink = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let url = format!("http://{}/hook", sink.local_addr()?);
    let variables = [
        ("EVENT0_NOTIFIER", "Generic1"),
        ("EVENT0_MATCH_STR", "number ([0-9]+)"),
        ("EVENT0_MASK_MSG", "@1"),
        ("EVENT0_COOLDOWN_SECS", "0"),
        ("GENERIC1_WEBHOOK_URL", &url),
        ("GENERIC1_MIN_INTERVAL_MS", "0"),
    ];
    let daemon = Daemon::start(binary, Rules::Regexes(1), &variables)?;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect((Ipv4Addr::LOCALHOST, daemon.port()))?;
    let mut taken = Vec::new();
    for number in 0..TIMES {
        let sent = Instant::now();
        socket.send(format!("number {number}").as_bytes())?;
        let (mut stream, _) = sink.accept()?;
        let (mut request, mut bytes) = (Vec::new(), [0; 4_096]);
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            match stream.read(&mut bytes)? {
                0 => return Err("a request ended early".into()),
                length => request.extend_from_slice(&bytes[..length]),
            }
        }
        taken.push(sent.elapsed().as_micros() as f64);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(super::median(taken))
}
