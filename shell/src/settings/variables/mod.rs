//! Every variable by its name, and the mistakes in names.

mod check;
mod nearest;
mod numbers;

use std::fmt::Write as _;

use alertik_core::delivery::Notifier;
use alertik_core::ids::RuleName;

pub(crate) use check::check;
pub(crate) use nearest::nearest;
pub(super) use numbers::{are_set, check_numbers, highest_rule};

/// The variables, each with its meaning after the first blank, and headings, which
/// begin with a `#`. An `n` stands for a number and `NAME` for a notifier, as in
/// `docs/variables.md`, which a test compares with this.
const TABLE: &str = "\
#Rules
ENV_EVENTS number of EVENTn_ rules, 0 to 64
EVENTn_NOTIFIER notifiers of rule n, separated by commas
EVENTn_MATCH_TYPE substr or regex
EVENTn_MATCH_STR text or expression that the message must contain
EVENTn_MASK_MSG the notification; @1 is the first group
EVENTn_COOLDOWN_SECS seconds in which the same text is counted, not sent (10)
EVENTn_KEY what belongs together, such as @2 (the text)
EVENTn_THRESHOLD 5/60: when 5 have come within 60 s
EVENTn_DISTINCT @1:10/300: when 10 different @1 have come within 300 s
EVENTn_AFTER 1:3/600: only after 3 matches of EVENT1 within 600 s
EVENTn_UNLESS 3,S5: not while EVENT3 or STATIC_EVENT5 is under way
EVENTn_FIRST only texts never seen before, such as @4
EVENTn_LEARN_SECS seconds from the first start in which these are learned (0)
EVENTn_RECOVERY_STR text or expression of the line that ends it
EVENTn_RECOVERY_MSG the notification then; @{duration} is how long it lasted
EVENTn_GRACE_SECS seconds that the recovery has to come first (0)
EVENTn_REMIND_SECS seconds between reminders while it lasts (0)
EVENTn_EXCEPT_STR texts or expressions, one a line: no line with one
EVENTn_IGNORE_CASE 1: the case of letters does not matter (0)
EVENTn_MATCH_PART line, or message without its header (line)
EVENTn_ELSE 1: only lines that no rule before has matched (0)
EVENTn_TOPICS topics that a line must have, or !must not
EVENTn_TOPICS_UNKNOWN lines without topics: pass or drop (pass)
EVENTn_ROUTERS names, addresses or networks of routers
EVENTn_QUIET 22:00-07:00 or sat,sun 00:00-24:00: held until they end
EVENTn_DIGEST 3600 or 07:00: held for so long, sent as one notification
EVENTn_URGENT 1: never held (0)
EVENTn_PRIORITY lowest, low, normal, high or highest, for webhooks (normal)
STATIC_EVENTS_ENABLED static events by number or name, or pack
STATIC_NOTIFIER notifiers of those that have none of their own
STATIC_EVENTn_NOTIFIER and all others of rules, also STATIC_EVENT_LINK_KEY
#Intake
SYSLOG_ADDR address to listen on (::)
SYSLOG_PORT UDP port to listen on (5140)
SYSLOG_ALLOW addresses and networks that may send (everybody)
SYSLOG_TCP_PORT TCP port to listen on as well
ROUTERS names: office@192.0.2.1, pop-1@198.51.100.0/28
DEVICE_NAME name of the router that alertik runs on
NOTIFY_ROUTER router's name in texts: auto, always or never (auto)
SILENCE_SECS seconds until a router that is not heard is reported (0)
SILENCE_ROUTERS other limits for some: office:300,lab:0
SILENCE_NOTIFIER notifiers of these reports (those of all rules)
FORWARD_HOST another syslog server, which gets every line
FORWARD_PORT its UDP port
FORWARD_FORMAT raw, or rfc5424 with the router's name (raw)
#Notifiers
TELEGRAM_BOT_TOKEN the bot's token
TELEGRAM_CHAT_ID a chat's number or a channel's @name
TELEGRAM_THREAD_ID the topic of a forum
TELEGRAM_SILENT 1: without a sound
TELEGRAM_API_URL another Bot API server
SLACK_WEBHOOK_URL the incoming webhook
SLACK_TITLE title of messages, with placeholders
TEAMS_WEBHOOK_URL the workflow's or connector's URL
TEAMS_TITLE the same
DISCORD_WEBHOOK_URL the webhook
DISCORD_TITLE the same
DISCORD_FORMAT discord or slack (discord)
MAIL_SERVER smtps://HOST, smtp+starttls://HOST or smtp://HOST
MAIL_USER name to log in with
MAIL_PASSWORD its password, or an app password
MAIL_FROM the sender's address (MAIL_USER)
MAIL_TO addresses that get the mails, separated by commas
MAIL_SUBJECT the subject, with placeholders ({{text}})
GENERICn_WEBHOOK_URL webhook n, 1 to 4; may hold placeholders
GENERICn_METHOD POST, PUT, PATCH or GET (POST)
GENERICn_HEADERS Name: value | Name: value
GENERICn_BODY the body, with placeholders such as {{text}}
GENERICn_CONTENT_TYPE the body's media type
GENERICn_TITLE text of {{title}}, with placeholders (alertik)
#Delivery
NAME_MIN_INTERVAL_MS fewest milliseconds between messages to notifier NAME
HTTP_TIMEOUT_SECS longest time of one attempt (15)
NOTIFY_MAX_AGE_SECS longest time that a notification may wait (3600)
STOP_SECS longest time to send what waits at the end (8)
SPOOL_FILE file for what still waits then
HEARTBEAT_URL URL that a GET goes to while the daemon works
HEARTBEAT_SECS seconds between two of these (60)
METRICS_ADDR address and port of metrics, such as 127.0.0.1:9479
STARTUP_MESSAGE 1: a notification of each start (0)
STATE_FILE file for the texts that EVENTn_FIRST knows
TLS_CA_FILE PEM file with more certificate authorities
#Log and time
LOG_LEVEL error, warning, info or debug (info)
LOG_FILE the daemon's log (standard output)
LOG_MAX_BYTES most bytes of the log file and the one before it
TZ POSIX time zone, such as CET-1CEST,M3.5.0,M10.5.0/3 (UTC)
";

/// Longest name of a variable, in bytes; longer ones are none of ours.
const NAME_BYTES_MAX: usize = 40;

/// The names in the table, cut at compile time: at the start that would take longer than
/// reading all variables.
pub(crate) static NAMES: [&str; count()] = cut();

/// The [`nearest::letters`] of each name.
static LETTERS: [u32; NAMES.len()] = {
    let mut letters = [0; NAMES.len()];
    let mut at = 0;
    while at < letters.len() {
        letters[at] = nearest::letters(NAMES[at]);
        at += 1;
    }
    letters
};

/// Returns the number of names.
const fn count() -> usize {
    let (mut count, mut at) = (0, 0);
    while at < TABLE.len() {
        count += (TABLE.as_bytes()[at] != b'#') as usize;
        at = after(at, b'\n');
    }
    count
}

const fn cut<const N: usize>() -> [&'static str; N] {
    let mut names = [""; N];
    let (mut count, mut at) = (0, 0);
    while at < TABLE.len() {
        if TABLE.as_bytes()[at] != b'#' {
            let (until, _) = TABLE.split_at(after(at, b' ') - 1);
            names[count] = until.split_at(at).1;
            count += 1;
        }
        at = after(at, b'\n');
    }
    names
}

/// Returns the position after the next `byte` of the table.
const fn after(mut at: usize, byte: u8) -> usize {
    while TABLE.as_bytes()[at] != byte {
        at += 1;
    }
    at + 1
}

/// Returns the name of a rule's variable.
pub(crate) fn of_rule(rule: RuleName, field: &str) -> String {
    // There are thirty for each rule; without room each would move several times.
    let mut name = String::with_capacity(NAME_BYTES_MAX);
    let _ = write!(name, "{rule}_{field}");
    name
}

/// Returns the text of `alertik help variables`.
pub(crate) fn help() -> String {
    let mut text = "n is a number; a default is in parentheses.\n".to_owned();
    for line in TABLE.lines() {
        if let Some(heading) = line.strip_prefix('#') {
            for part in ["\n", heading, "\n"] {
                text.push_str(part);
            }
        } else if let Some((name, meaning)) = line.split_once(' ') {
            let blanks = &"                             "[name.len()..];
            for part in ["  ", name, blanks, meaning, "\n"] {
                text.push_str(part);
            }
        }
    }
    text
}

/// Returns a name as the table has it: an `n` for each number. A number with a
/// zero before it is not one that is read.
fn general(name: &str) -> String {
    let mut general = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'0'..=b'9' if general.ends_with('n') => {}
            b'0'..=b'9' => general.push('n'),
            _ => general.push(byte.into()),
        }
    }
    general
}

/// Splits the name of a notifier's variable into that notifier's prefix and the rest.
fn of_notifier(name: &str) -> Option<(&str, &str)> {
    let (prefix, rest) = name.split_at(name.find('_')?);
    let is_it = |notifier: Notifier| {
        let upper = notifier
            .name()
            .bytes()
            .map(|byte| byte.to_ascii_uppercase());
        upper.eq(prefix.bytes())
    };
    Notifier::ALL
        .into_iter()
        .any(is_it)
        .then_some((prefix, rest))
}

/// Returns whether a name is one of the table, with numbers in it.
fn is_listed(name: &str) -> bool {
    NAMES.iter().any(|known| is_form_of(name, known))
}

/// Returns whether `name` is `known` with a number for each `n`.
fn is_form_of(name: &str, known: &str) -> bool {
    let mut rest = name.as_bytes();
    known.bytes().all(|byte| match (byte, rest) {
        (b'n', [b'0', after @ ..]) => {
            rest = after;
            true
        }
        (b'n', [b'1'..=b'9', ..]) => {
            while let [b'0'..=b'9', after @ ..] = rest {
                rest = after;
            }
            true
        }
        (b'n', _) => false,
        (_, [first, after @ ..]) if *first == byte => {
            rest = after;
            true
        }
        _ => false,
    }) && rest.is_empty()
}

/// Returns whether the daemon reads a variable of this name.
pub(crate) fn is_known(name: &str) -> bool {
    // A static event has all that a rule has.
    let of_rule = name.strip_prefix("STATIC_");
    let of_rule = of_rule.filter(|rest| rest.starts_with("EVENT") && !rest.starts_with("EVENTS"));
    let name = of_rule.unwrap_or(name);
    // The table's own way to write a notifier.
    if name.starts_with("NAME_") {
        return false;
    }
    match of_notifier(name) {
        Some((_, rest)) => is_listed(name) || is_listed(&["NAME", rest].concat()),
        // There are four webhooks.
        None => is_listed(name) && !name.starts_with("GENERIC"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every name of the table is known with a number in it, and misspelt ones are
    /// not.
    #[test]
    fn known_names() {
        for name in NAMES {
            let name = name.replace("NAME_MIN", "SLACK_MIN").replace('n', "1");
            assert!(is_known(&name), "{name}");
            assert!(name.len() < NAME_BYTES_MAX);
        }
        for name in [
            "EVENT0_NOTIFIER",
            "EVENT63_TOPICS",
            "GENERIC4_MIN_INTERVAL_MS",
        ] {
            assert!(is_known(name), "{name}");
        }
        for name in [
            "EVENTn_NOTIFIER",
            "EVENT00_NOTIFIER",
            "EVENT_NOTIFIER",
            "EVENT1_NOTIFIERS",
            "GENERIC5_BODY",
            "GENERIC_BODY",
            "NAME_MIN_INTERVAL_MS",
            "tz",
        ] {
            assert!(!is_known(name), "{name}");
        }
    }
}
