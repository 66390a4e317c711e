//! `alertik events`: the static events, with their policies, a line of each and the
//! notification that it gives.

use std::ffi::OsString;
use std::fmt::{self, Write as _};

use alertik_core::bytes::write_json_string;
use alertik_core::replay::sample_text;
use alertik_core::rules::{Rule, StaticEvent, static_events};
use alertik_core::time::Duration;

use super::command::{BadArguments, Command, YES, only_switch};
use crate::settings::{Env, Problems, rules};
use crate::sys::clock;
use crate::sys::terminal::print;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "events",
    arguments: "[--json]",
    help: "      List the static events: number, name, policies, a log line, and the
      notification that one such line gives. --json writes an object for each.
",
    run,
};

/// See [`COMMAND`].
fn run(_env: &Env, arguments: &[OsString]) -> Result<i32, BadArguments> {
    let json = only_switch(arguments, "--json")?;
    let mut out = String::new();
    for event in static_events() {
        // As they are shipped, whatever the user has set. Other events that one refers to
        // are off, which is a problem for a daemon only.
        let env = Env::of_static_events(event.name);
        let read = rules::read(&env, true, &mut Problems::default()).0.finish();
        if let Some(rule) = read.rules().first() {
            let write = if json { write_json } else { write_text };
            // Writing to a string cannot fail.
            let _ = write(event, rule, &mut out);
        }
    }
    print(&out);
    Ok(YES)
}

/// Returns the policies in words.
fn policies(rule: &Rule) -> String {
    let mut words = String::new();
    if let Some(plan) = &rule.plan {
        let _ = write!(words, "{plan}");
    }
    if rule.cooldown_millis > 0 {
        let separator = if words.is_empty() { "" } else { "; " };
        let cooldown = Duration(rule.cooldown_millis);
        let _ = write!(words, "{separator}cooldown {cooldown}");
    }
    words
}

fn write_text(event: &'static StaticEvent, rule: &Rule, out: &mut String) -> fmt::Result {
    let StaticEvent {
        number,
        name,
        title,
        is_in_pack,
        sample,
        ..
    } = event;
    let pack = if *is_in_pack { ", in the pack" } else { "" };
    writeln!(out, "{number} {name}{pack}: {title}")?;
    let policies = policies(rule);
    let policies = if policies.is_empty() {
        "none"
    } else {
        &policies
    };
    writeln!(out, "    policies  {policies}")?;
    writeln!(out, "    line      {sample}")?;
    writeln!(out, "    message   {}", sample_text(event, clock::wall()))
}

fn write_json(event: &'static StaticEvent, rule: &Rule, out: &mut String) -> fmt::Result {
    let StaticEvent {
        number,
        name,
        title,
        is_in_pack,
        sample,
        ..
    } = event;
    write!(out, "{{\"number\":{number},\"in_pack\":{is_in_pack}")?;
    let message = sample_text(event, clock::wall());
    for (key, value) in [
        ("name", *name),
        ("title", *title),
        ("policies", &policies(rule)),
        ("line", *sample),
        ("message", &message),
    ] {
        write!(out, ",\"{key}\":")?;
        write_json_string(value.as_bytes(), out)?;
    }
    out.write_str("}\n")
}
