//! What the router does in the background: unpacks, starts and stops a container.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::plan;
use super::remote::Remote;
use crate::Result;

/// How long a container may take to be unpacked, started or stopped. Flash
/// memory of small routers writes some 100 kB/s; a stop takes up to ten
/// seconds until RouterOS kills the process.
const STATE_TIMEOUT: Duration = Duration::from_secs(90);

/// Most lines of the container's log that are shown.
const LINES_MAX: usize = 8;

/// How often the log is looked at until the daemon has said where it listens.
const LOOKS_MAX: usize = 10;

/// Time between two looks at the container's state.
const STATE_INTERVAL: Duration = Duration::from_millis(500);

/// Waits until the container is in a state.
///
/// # Errors
///
/// If it is in state `error`, or not there in time; the router's log is part of
/// the text.
pub(super) fn for_state(remote: &Remote, wanted: &str) -> Result {
    let start = Instant::now();
    loop {
        let answer = remote.query(&format!(
            ":foreach i in=[{}] do={{:put [/container/get $i]}}",
            plan::find_container()
        ))?;
        let state = state_of(&answer);
        if state == wanted {
            return Ok(());
        }
        if state == "error" || start.elapsed() > STATE_TIMEOUT {
            let log = remote.query("/log/print where topics~\"container\"")?;
            return Err(format!(
                "the container is not {wanted} but {state}; the router says:\n{}\n{}",
                answer.trim(),
                log.trim()
            )
            .into());
        }
        sleep(STATE_INTERVAL);
    }
}

/// Takes the state out of a container's properties: `status=running` up to
/// 7.20, `running=true` later. No container counts as stopped.
fn state_of(answer: &str) -> String {
    let mut properties = answer.trim().split(';');
    let states = ["running", "stopped", "error", "extracting", "stopping"];
    let state = properties.find_map(|property| match property.split_once('=')? {
        ("status", state) => Some(state),
        (state, "true") if states.contains(&state) => Some(state),
        _ => None,
    });
    match state {
        Some(state) => state.to_owned(),
        None if answer.trim().is_empty() => "stopped".to_owned(),
        None => "in an unknown state".to_owned(),
    }
}

/// Returns the last lines of the container in the router's log, once it has said
/// where it listens, or after a while.
pub(super) fn for_log(remote: &Remote) -> Result<Vec<String>> {
    let mut tries = 0;
    loop {
        let log = remote.query("/log/print where topics~\"container\"")?;
        let lines: Vec<_> = log
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
            .collect();
        let lines = &lines[lines.len().saturating_sub(LINES_MAX)..];
        tries += 1;
        if tries == LOOKS_MAX || lines.iter().any(|line| line.contains("listens on")) {
            return Ok(lines.iter().map(|line| (*line).to_owned()).collect());
        }
        sleep(STATE_INTERVAL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RouterOS's old and new way to report a container's state are understood.
    #[test]
    fn the_state_is_read_in_both_forms() {
        assert_eq!(
            state_of(".id=*1;comment=alertik;status=extracting\n"),
            "extracting"
        );
        assert_eq!(
            state_of(".id=*1;comment=alertik;start-on-boot=true;running=true;stopped=false"),
            "running"
        );
        assert_eq!(state_of("\n"), "stopped");
        assert_eq!(state_of("start-on-boot=true"), "in an unknown state");
    }
}
