//! `bench`: how fast a binary is, and compared with another one.
//!
//! Machines differ and are shared with others, so the binaries are measured
//! alternately, and the last column is the ratio. Beside losses stand those of a
//! loop that only receives, with the buffer that the system gives to everybody.

mod daemon;
mod load;

use std::net::UdpSocket;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::flags::Flags;
use crate::{Result, workspace};
use daemon::{Daemon, Rules};

/// Rounds of a measurement, of which the median counts.
const ROUNDS: usize = 5;

/// Runs the command.
pub(crate) fn run(mut flags: Flags) -> Result {
    let binary = flags.value("--binary")?.map(PathBuf::from);
    let other = flags.value("--vs")?.map(PathBuf::from);
    flags.finish()?;
    let ours = binary.unwrap_or_else(|| workspace().join("target/dist/alertik-amd64"));
    let binaries: Vec<PathBuf> = std::iter::once(ours).chain(other).collect();
    for binary in &binaries {
        if !binary.is_file() {
            let name = binary.display();
            return Err(format!("there is no {name}; `cargo xtask dist` makes one").into());
        }
        println!("{}", binary.display());
    }
    println!("\ninstructions of a 110-byte line that matches nothing");
    for rules in [
        Rules::Substrings(1),
        Rules::Regexes(1),
        Rules::Regexes(15),
        Rules::Regexes(64),
    ] {
        compare(&rules.to_string(), &binaries, 1, |binary| {
            daemon::instructions_per_line(binary, rules)
        })?;
    }
    println!("\nresident memory when idle, KiB");
    for rules in [Rules::Substrings(1), Rules::Regexes(16), Rules::Regexes(64)] {
        compare(&rules.to_string(), &binaries, 1, |binary| {
            Daemon::start(binary, rules, &[])?.resident_kib()
        })?;
    }
    println!("\nstart until it listens, microseconds");
    for rules in [Rules::Substrings(1), Rules::Regexes(15)] {
        compare(&rules.to_string(), &binaries, ROUNDS, |binary| {
            let started = Instant::now();
            Daemon::start(binary, rules, &[])?;
            Ok(started.elapsed().as_micros() as f64)
        })?;
    }
    println!("\nfrom a datagram to the request at a local sink, microseconds");
    compare("1 regex", &binaries, 1, load::latency)?;
    println!("\nbursts back to back, datagrams lost");
    for count in [1_000, 10_000, 30_000, 100_000] {
        bare(&count.to_string(), count, None)?;
        compare(&count.to_string(), &binaries, ROUNDS, |binary| {
            lost(binary, count, None)
        })?;
    }
    println!("\ndatagrams of a second at a steady rate, lost");
    for rate in [50_000, 100_000, 200_000] {
        bare(&format!("{rate}/s"), rate, Some(rate))?;
        compare(&format!("{rate}/s"), &binaries, ROUNDS, |binary| {
            lost(binary, rate, Some(rate))
        })?;
    }
    Ok(())
}

/// Measures each binary in turn, several rounds, and prints the medians and the
/// ratio of the first to the second.
fn compare(
    label: &str,
    binaries: &[PathBuf],
    rounds: usize,
    measure: impl Fn(&PathBuf) -> Result<f64>,
) -> Result {
    let mut figures = vec![Vec::new(); binaries.len()];
    for _ in 0..rounds {
        for (binary, figures) in binaries.iter().zip(&mut figures) {
            figures.push(measure(binary)?);
        }
    }
    let medians: Vec<f64> = figures.into_iter().map(median).collect();
    print!("{label:>16}");
    for median in &medians {
        print!("  {median:>10.0}");
    }
    if let [ours, other] = medians[..]
        && other > 0.0
    {
        print!("  {:>6.2}", ours / other);
    }
    println!();
    Ok(())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Returns how many of so many datagrams an idle daemon loses.
fn lost(binary: &PathBuf, count: u64, rate: Option<u64>) -> Result<f64> {
    let mut daemon = Daemon::start(binary, Rules::Substrings(1), &[])?;
    // It has just begun to listen.
    std::thread::sleep(Duration::from_millis(100));
    load::send(daemon.port(), count, rate)?;
    Ok(daemon.lost_of(count)? as f64)
}

/// Prints what a loop loses that does nothing but receive.
fn bare(label: &str, count: u64, rate: Option<u64>) -> Result {
    let mut figures = Vec::new();
    for _ in 0..ROUNDS {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let port = socket.local_addr()?.port();
        socket.set_read_timeout(Some(Duration::from_millis(300)))?;
        let receiver = std::thread::spawn(move || {
            let mut buffer = [0; 2_048];
            std::iter::from_fn(|| socket.recv_from(&mut buffer).ok()).count() as u64
        });
        load::send(port, count, rate)?;
        let received = receiver.join().map_err(|_| "the bare loop failed")?;
        figures.push(count.saturating_sub(received) as f64);
    }
    println!(
        "{label:>16}  {:>10.0}  (bare loop, usual buffer)",
        median(figures)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The median is the middle one, whatever the order.
    #[test]
    fn the_middle_one() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![7.0]), 7.0);
    }
}
