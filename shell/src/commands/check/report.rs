//! How a configuration was understood, for people.

use std::fmt::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;

use alertik_core::delivery::Notifier;
use alertik_core::ids::NotifierSet;
use alertik_core::limits::{ENV_RULES_MAX, GROUPS_MAX, MESSAGE_BYTES_MAX, RING_BYTES};
use alertik_core::routers::Routers;
use alertik_core::rules::{Condition, Priority};
use alertik_core::rules::{Filter, RouterFilter, Rule, exceptions};
use alertik_core::time::Duration;

use crate::log::Escaped;
use crate::settings::{Env, ForwardFormat, Settings, services};
use crate::sys::clock;

/// Writes how the configuration was understood; `is_verbose` adds what only
/// matters to somebody who looks for the last millisecond.
///
/// # Errors
///
/// Returns the writer's error.
pub(super) fn write(
    env: &Env,
    settings: &Settings,
    is_verbose: bool,
    out: &mut String,
) -> fmt::Result {
    let rules = settings.rules.rules();
    if !out.is_empty() {
        out.push('\n');
    }
    writeln!(
        out,
        "Rules, in the order in which they notify: {}",
        rules.iter().filter(|rule| rule.recovers.is_none()).count()
    )?;
    for rule in rules {
        match rule.recovers {
            None => write_rule((env, &settings.routers), rule, is_verbose, out)?,
            Some(_) => write_recovery(env, rule, out)?,
        }
    }
    out.push_str("\nNotifiers in use:");
    if settings.notifiers.list.is_empty() {
        out.push_str(" none");
    }
    out.push('\n');
    for notifier in &settings.notifiers.list {
        write!(out, "  {:9} ", notifier.notifier.name())?;
        services::describe(env, notifier, out)?;
        writeln!(out, "\n    pace      {}", notifier.pacing)?;
    }
    let unused = settings.notifiers.unused;
    if !unused.is_empty() {
        let names = Notifier::names(unused);
        writeln!(out, "Set up, but no rule notifies them: {names}")?;
    }
    write_rest(env, settings, out)?;
    if !is_verbose {
        return Ok(());
    }
    writeln!(
        out,
        "\nLimits\n  {ENV_RULES_MAX} rules, {GROUPS_MAX} groups in a message; \
         {MESSAGE_BYTES_MAX} bytes of a log line are matched;\n  {} KiB of lines wait to be matched",
        RING_BYTES / 1_024
    )
}

fn write_rule(
    (env, routers): (&Env, &Routers),
    rule: &Rule,
    is_verbose: bool,
    out: &mut String,
) -> fmt::Result {
    let name = rule.name;
    writeln!(out, "  {name}")?;
    let variable = |field| env.bytes(&format!("{name}_{field}")).unwrap_or_default();
    let (match_str, mask) = (variable("MATCH_STR"), variable("MASK_MSG"));
    let (kind, groups) = match &rule.condition {
        Condition::Substring(_) => ("substr", 0),
        Condition::Regex(pattern) => ("regex ", pattern.groups()),
    };
    writeln!(out, "    {kind}    {}", Escaped(match_str))?;
    if kind != "substr" {
        writeln!(out, "    groups    {groups}")?;
    }
    if is_verbose {
        writeln!(out, "    matching  {}", rule.describe())?;
        writeln!(out, "    cost      {}", rule.cost())?;
    }
    if rule.ignore_case {
        out.push_str("    case      ignored\n");
    }
    if let Some(filter) = &rule.filter {
        write_filter(filter, routers, out)?;
    }
    for (_, exception) in exceptions(variable("EXCEPT_STR")) {
        writeln!(out, "    except    {}", Escaped(exception))?;
    }
    writeln!(out, "    message   {}", Escaped(mask))?;
    write_notifiers(rule.notifiers, variable("NOTIFIER"), out)?;
    if rule.priority != Priority::Normal {
        let word = Priority::WORDS[rule.priority as usize];
        writeln!(out, "    priority  {word}")?;
    }
    match rule.cooldown_millis / 1_000 {
        0 => out.write_str("    cooldown  off\n")?,
        secs => writeln!(out, "    cooldown  {secs} s")?,
    }
    let policies = rule.plan.as_ref().map(|plan| plan.to_string());
    match policies {
        Some(words) if !words.is_empty() => writeln!(out, "    policies  {words}"),
        _ => Ok(()),
    }
}

/// Writes who is notified, and the names in the list that are nobody's, as `(Telegrm?)`.
fn write_notifiers(notifiers: NotifierSet, list: &[u8], out: &mut String) -> fmt::Result {
    write!(out, "    to        {}", Notifier::names(notifiers))?;
    let mut separator = if notifiers.is_empty() { "" } else { ", " };
    for entry in list.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
        let name = str::from_utf8(entry).unwrap_or_default();
        if !entry.is_empty() && Notifier::from_name(name).is_none() {
            write!(out, "{separator}({}?)", Escaped(entry))?;
            separator = ", ";
        }
    }
    out.push_str(if separator.is_empty() {
        "(nobody)\n"
    } else {
        "\n"
    });
    Ok(())
}

/// Writes how routers that are not heard are noticed, and how others notice the daemon.
fn write_liveness(settings: &Settings, out: &mut String) -> fmt::Result {
    if let Some(silence) = &settings.silence {
        out.push_str("  silence   ");
        if silence.millis > 0 {
            write!(out, "of {} ", Duration(silence.millis))?;
        }
        for (index, (router, millis)) in silence.routers.iter().enumerate() {
            out.push_str(if index == 0 { "(" } else { ", " });
            write_router(router, out)?;
            match millis {
                0 => out.push_str(" off"),
                millis => write!(out, " {}", Duration(*millis))?,
            }
        }
        out.push_str(if silence.routers.is_empty() { "" } else { ") " });
        writeln!(out, "goes to {}", Notifier::names(silence.notifiers))?;
    }
    if let Some(heartbeat) = &settings.heartbeat {
        let (site, every) = (heartbeat.url.site(), Duration(heartbeat.secs * 1_000));
        writeln!(out, "  heartbeat to {site}/*** every {every}")?;
    }
    if let Some(address) = settings.metrics {
        writeln!(
            out,
            "  metrics   at http://{address}/metrics, for everybody who can reach that"
        )?;
    }
    if !settings.startup.is_empty() {
        let names = Notifier::names(settings.startup);
        writeln!(out, "  start     is reported to {names}")?;
    }
    Ok(())
}

fn write_router(router: &RouterFilter, out: &mut String) -> fmt::Result {
    match router {
        RouterFilter::Name(name) => write!(out, "{}", Escaped(name.as_bytes())),
        RouterFilter::Prefix(prefix) => write!(out, "{prefix}"),
    }
}

/// Writes what ends a rule's cases, after the rule.
fn write_recovery(env: &Env, rule: &Rule, out: &mut String) -> fmt::Result {
    let name = rule.name;
    let variable = |field| env.bytes(&format!("{name}_{field}"));
    for (word, field) in [("recovery", "RECOVERY_STR"), ("message ", "RECOVERY_MSG")] {
        if let Some(value) = variable(field) {
            writeln!(out, "    {word}  {}", Escaped(value))?;
        }
    }
    Ok(())
}

fn write_filter(filter: &Filter, routers: &Routers, out: &mut String) -> fmt::Result {
    let topics = filter.to_string();
    if !topics.is_empty() {
        writeln!(out, "    topics    {topics}")?;
    }
    for (index, router) in filter.routers.iter().enumerate() {
        out.push_str(if index == 0 { "    routers   " } else { " or " });
        write_router(router, out)?;
        if let RouterFilter::Name(name) = router
            && !routers.has(name)
        {
            out.push_str(" (not in ROUTERS: only lines that say so themselves)");
        }
    }
    if !filter.routers.is_empty() {
        out.push('\n');
    }
    Ok(())
}

fn write_rest(env: &Env, settings: &Settings, out: &mut String) -> fmt::Result {
    write!(out, "\nSettings\n  receives  UDP port {} ", settings.port)?;
    if let Some(port) = settings.tcp_port {
        write!(out, "and TCP port {port} ")?;
    }
    out.push_str("on ");
    match settings.listen {
        None => out.write_str("every address\n")?,
        Some(address) => writeln!(out, "{address}")?,
    }
    out.push_str("  from      ");
    if settings.allowed.prefixes().is_empty() {
        out.push_str("every sender");
    }
    for (index, prefix) in settings.allowed.prefixes().iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(out, "{comma}{prefix}")?;
    }
    out.push('\n');
    match &settings.forward {
        None => out.write_str("  forwards  nothing\n")?,
        Some(target) => writeln!(
            out,
            "  forwards  to {} port {}{}",
            Escaped(target.host.as_bytes()),
            target.port,
            match target.format {
                ForwardFormat::Raw => "",
                ForwardFormat::Rfc5424 => ", as RFC 5424 with the router's name",
            }
        )?,
    }
    write_liveness(settings, out)?;
    let level = match settings.log.level {
        log::LevelFilter::Error => "error",
        log::LevelFilter::Warn => "warning",
        log::LevelFilter::Debug => "debug",
        _ => "info",
    };
    match &settings.log.file {
        None => writeln!(out, "  logs      to standard output, level {level}")?,
        Some(path) => writeln!(
            out,
            "  logs      to {}, at most {} bytes, level {level}",
            Escaped(path.as_os_str().as_bytes()),
            settings.log.bytes_max
        )?,
    }
    let notifiers = &settings.notifiers;
    let roots = match notifiers.anchors.len() {
        0 => "the built-in authorities".to_owned(),
        more => format!("the built-in authorities and {more} of TLS_CA_FILE"),
    };
    writeln!(
        out,
        "  sends     each attempt at most {} s, a notification waits at most {} s\n  \
         trusts    {roots}",
        notifiers.timeout_secs, notifiers.max_age_secs
    )?;
    write_time(env, out)
}

/// Writes the time that a notification of now would show, and its zone.
fn write_time(env: &Env, out: &mut String) -> fmt::Result {
    let now = clock::wall();
    let minutes = now.offset_secs / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
    write!(
        out,
        "  time      {now} now, UTC{sign}{hours:02}:{minutes:02}"
    )?;
    match env.bytes("TZ") {
        Some(zone) => writeln!(out, ", TZ={}", Escaped(zone)),
        None => out.write_str("; TZ is not set\n"),
    }
}
