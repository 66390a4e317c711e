//! Variables that nothing reads, and values that hold more than was meant.

use alertik_core::bytes::find;

use super::nearest::{is_far, lacks, letters};
use super::{LETTERS, NAMES, general, is_known, nearest, of_notifier};
use crate::settings::{Env, Problems};

/// Names that begin as ours do and belong to others.
const FOREIGN: [&str; 4] = ["HTTP_PROXY", "NOTIFY_SOCKET", "MAIL", "MAILTO"];

/// Warns of names that are probably meant for alertik, and of quotes and line ends
/// that became part of a value.
pub(crate) fn check(env: &Env, problems: &mut Problems) {
    for name in env.names() {
        if is_known(name) {
            check_value(name, env.bytes(name).unwrap_or_default(), problems);
        } else {
            check_name(name, problems);
        }
    }
}

/// Characters that look like a blank or like nothing, and come along with what is copied.
const INVISIBLE: [char; 5] = ['\u{A0}', '\u{202F}', '\u{200B}', '\u{2060}', '\u{FEFF}'];

fn check_value(name: &str, value: &[u8], problems: &mut Problems) {
    if value.ends_with(b"\r") || find(value, b"\r\n").is_some() {
        problems.warning(
            name,
            format_args!(
                "has a carriage return at a line's end; save the file with Unix line ends"
            ),
        );
    }
    let text = str::from_utf8(value).unwrap_or_default();
    if let Some(offset) = text.find(INVISIBLE) {
        problems.warning(
            name,
            format_args!("has an invisible character at byte {offset}; type that part again"),
        );
    }
    if text.trim().starts_with(['“', '”', '„', '‘', '«']) {
        problems.warning(
            name,
            format_args!("begins with a typographic quote; leave it out, and the one at the end"),
        );
    }
    // A body may be a string of JSON.
    if let [b'\'', .., b'\''] | [b'"', .., b'"'] = value.trim_ascii()
        && !name.ends_with("_BODY")
    {
        problems.warning(
            name,
            format_args!("has its quotes as a part of the value; leave them out"),
        );
    }
}

fn check_name(name: &str, problems: &mut Problems) {
    // As a shell has it, and as other programs have it.
    let bare = name
        .strip_prefix("export ")
        .or_else(|| name.strip_prefix("ALERTIK_"));
    if let Some(meant) = bare.filter(|bare| is_known(bare)) {
        return problems.warning(
            name,
            format_args!("is not known, so it does nothing; did you mean {meant}?"),
        );
    }
    let upper = name.to_ascii_uppercase();
    let written = general(&upper);
    let prefix = of_notifier(&upper);
    let of_any = prefix.map(|(_, rest)| ["NAME", rest].concat());
    let is_ours = NAMES.iter().any(|known| starts_alike(&written, known));
    // Others' variables are left alone unless they look very much like one of ours.
    let cost_max = if is_ours { 8 } else { name.len().div_ceil(3) };
    // Most variables of others differ in length or letters alone by too much, and
    // comparing takes longer than the rest of the start.
    let nearest = |written: &str| {
        let mine = letters(written);
        let near = NAMES.iter().zip(&LETTERS).filter(|&(known, &theirs)| {
            !lacks(mine, theirs, cost_max) && !is_far(written, known, cost_max)
        });
        nearest(written, near.map(|(&known, _)| known))
    };
    let found = nearest(&written);
    let of_any = of_any.and_then(|of_any| nearest(&of_any));
    let found = found
        .into_iter()
        .chain(of_any)
        .min_by_key(|&(cost, _)| cost);
    match found.filter(|&(cost, _)| cost <= cost_max) {
        _ if FOREIGN.contains(&upper.as_str()) => {}
        Some((_, known)) => {
            let meant = special(known, name, prefix.map(|(prefix, _)| prefix));
            problems.warning(
                name,
                format_args!("is not known, so it does nothing; did you mean {meant}?"),
            );
        }
        None if is_ours => problems.warning(
            name,
            format_args!("is not known, so it does nothing; see `alertik help variables`"),
        ),
        None => {}
    }
}

/// Returns whether a name begins as a known one does: up to its number or its first
/// `_`.
fn starts_alike(written: &str, known: &str) -> bool {
    if written.bytes().next() != known.bytes().next() {
        return false;
    }
    let end = known.bytes().position(|byte| matches!(byte, b'n' | b'_'));
    end.is_some_and(|end| {
        let is_number = known.as_bytes()[end] == b'n';
        let start = &known[..if is_number { end } else { end + 1 }];
        written.starts_with(start)
    })
}

/// Returns a name of the table as the author of `written` would write it.
fn special(known: &str, written: &str, prefix: Option<&str>) -> String {
    if let (Some(rest), Some(prefix)) = (known.strip_prefix("NAME"), prefix) {
        return [prefix, rest].concat();
    }
    let digits = written.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit());
    let number = digits[..end.unwrap_or(digits.len())].trim_start_matches('0');
    let (is_generic, is_none) = (known.starts_with('G'), digits.is_empty());
    let number = match number {
        "" if is_generic && is_none => "1",
        "" => "0",
        // There are four webhooks.
        "1" | "2" | "3" | "4" => number,
        _ if is_generic => "4",
        _ => number,
    };
    known.replace('n', number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(variables: &[(&str, &str)]) -> Vec<String> {
        let variables = variables
            .iter()
            .map(|&(name, value)| (name.into(), value.into()));
        let mut problems = Problems::default();
        check(&Env::new(variables), &mut problems);
        assert!(problems.errors().is_empty());
        problems.warnings().to_vec()
    }

    /// A misspelt name gets the right one, in whatever way it is wrong.
    #[test]
    fn misspelt_names() {
        for (written, meant) in [
            ("SYSLOG_PROT", "SYSLOG_PORT"),
            ("SYSLGO_PORT", "SYSLOG_PORT"),
            ("syslog_port", "SYSLOG_PORT"),
            ("SLACK_URL", "SLACK_WEBHOOK_URL"),
            ("GENERIC1_URL", "GENERIC1_WEBHOOK_URL"),
            ("GENERIC_WEBHOOK_URL", "GENERIC1_WEBHOOK_URL"),
            ("GENERIC5_WEBHOOK_URL", "GENERIC4_WEBHOOK_URL"),
            ("HTTP_TIMEOUT", "HTTP_TIMEOUT_SECS"),
            ("LOGLEVEL", "LOG_LEVEL"),
            ("STATIC_EVENTS", "STATIC_EVENTS_ENABLED"),
            ("STATIC_EVENT_0_NOTIFIER", "STATIC_EVENT0_NOTIFIER"),
            ("SLACK_MIN_INTERVAL", "SLACK_MIN_INTERVAL_MS"),
            ("GENERIC2_MIN_INTERVAL", "GENERIC2_MIN_INTERVAL_MS"),
            ("EVENT_0_NOTIFIER", "EVENT0_NOTIFIER"),
            ("EVENT_NOTIFIER", "EVENT0_NOTIFIER"),
            ("EVENT07_NOTIFIER", "EVENT7_NOTIFIER"),
            ("event0_notifier", "EVENT0_NOTIFIER"),
            ("EVENT12_MASK", "EVENT12_MASK_MSG"),
            ("EVENT12_MACTH_STR", "EVENT12_MATCH_STR"),
            ("TELEGRAM_TOKEN", "TELEGRAM_BOT_TOKEN"),
            ("TELEGRM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN"),
            ("ENV_EVENT", "ENV_EVENTS"),
            ("EVN_EVENTS", "ENV_EVENTS"),
            ("ROUTER", "ROUTERS"),
        ] {
            let expected = [format!(
                "{written}: is not known, so it does nothing; did you mean {meant}?"
            )];
            assert_eq!(warnings(&[(written, "x")]), expected);
        }
        let expected =
            ["TELEGRAM_NICKNAME: is not known, so it does nothing; see `alertik help variables`"];
        assert_eq!(warnings(&[("TELEGRAM_NICKNAME", "x")]), expected);
    }

    /// The variables of other programs are not our business.
    #[test]
    fn names_of_others() {
        for name in [
            "PATH",
            "HOME",
            "LOGNAME",
            "TERM",
            "MAIL",
            "MAILTO",
            "MAILCHECK",
            "MAILPATH",
            "MAILER",
            "TZDIR",
            "http_proxy",
            "no_proxy",
            "NOTIFY_SOCKET",
            "HOSTNAME",
            "LC_ALL",
            "XDG_RUNTIME_DIR",
            "KUBERNETES_SERVICE_HOST",
            "DBUS_SESSION_BUS_ADDRESS",
            "SSH_CLIENT",
            "EDITOR",
            "USER",
            "SHELL",
            "PWD",
            "_",
            "",
        ] {
            assert!(warnings(&[(name, "x")]).is_empty(), "{name}");
        }
    }

    /// Quotes and line ends that another program should have taken off.
    #[test]
    fn quotes_and_line_ends() {
        let quoted = "EVENT0_MATCH_STR: has its quotes as a part of the value; leave them out";
        assert_eq!(warnings(&[("EVENT0_MATCH_STR", "\"login\"")]), [quoted]);
        assert_eq!(warnings(&[("EVENT0_MATCH_STR", "'login'\r")]).len(), 2);
        for (name, value) in [
            ("EVENT0_MATCH_STR", "user 'x'"),
            ("EVENT0_MATCH_STR", "\""),
            ("GENERIC1_BODY", "\"{{text}}\""),
            ("OTHER", "'x'\r"),
        ] {
            assert!(warnings(&[(name, value)]).is_empty(), "{name}={value}");
        }
    }
}
