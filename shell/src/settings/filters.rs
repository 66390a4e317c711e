//! The variables of a rule's filter: `…_TOPICS`, `…_TOPICS_UNKNOWN`, `…_ROUTERS`.

use alertik_core::ids::RuleName;
use alertik_core::prefix::{Prefix, PrefixError};
use alertik_core::rules::{Filter, RouterFilter};

use super::{Env, Problems};

/// The names after `EVENTn_` and `STATIC_EVENTn_`.
pub(super) const FIELDS: [&str; 5] = ["TOPICS", "TOPICS_UNKNOWN", "ROUTERS", "MATCH_PART", "ELSE"];

/// The values of `…_MATCH_PART`.
const LINE: &str = "line";
const MESSAGE: &str = "message";

/// Reads the filter of a rule.
pub(super) fn read(env: &Env, rule: RuleName, problems: &mut Problems) -> Filter {
    let [topics, unknown, routers, part, unmatched] = FIELDS.map(|field| format!("{rule}_{field}"));
    let part_default = match rule {
        RuleName::Static(_) => MESSAGE,
        _ => LINE,
    };
    let mut filter = Filter {
        drops_unknown: choose(env, &unknown, ["pass", "drop"], "pass", problems) == "drop",
        is_for_message: choose(env, &part, [LINE, MESSAGE], part_default, problems) == MESSAGE,
        is_for_unmatched: choose(env, &unmatched, ["0", "1"], "0", problems) == "1",
        ..Filter::default()
    };
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for topic in entries(env, &topics, problems) {
        let (list, name) = match topic.strip_prefix('!') {
            Some(name) => (&mut without, name),
            None => (&mut with, topic),
        };
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || !name.bytes().all(is_part) {
            problems.error(
                &topics,
                format_args!("'{topic}' is not a topic; an example is system,error,!debug"),
            );
        }
        list.push(name.into());
    }
    filter.topics = with.into();
    filter.without_topics = without.into();
    filter.routers = entries(env, &routers, problems)
        .into_iter()
        .map(|router| match router.parse::<Prefix>() {
            Ok(prefix) => RouterFilter::Prefix(prefix),
            Err(PrefixError::Address) => RouterFilter::Name(router.into()),
            // An address with a slash is no name.
            Err(error) => {
                problems.error(&routers, format_args!("'{router}' {error}"));
                RouterFilter::Name(router.into())
            }
        })
        .collect();
    if env.own(&unknown).is_some() && env.bytes(&topics).is_none() {
        problems.warning(&unknown, format_args!("is not used: {topics} is not set"));
    }
    filter
}

/// Returns the entries of a list separated by commas.
fn entries<'a>(env: &'a Env, variable: &str, problems: &mut Problems) -> Vec<&'a str> {
    let list = env.text(variable, problems).unwrap_or_default();
    let entries = list.split(',').map(str::trim_ascii);
    entries.filter(|entry| !entry.is_empty()).collect()
}

/// Reads a value that is one of two.
fn choose<'a>(
    env: &'a Env,
    variable: &str,
    allowed: [&'a str; 2],
    default: &'a str,
    problems: &mut Problems,
) -> &'a str {
    let text = env.text(variable, problems).unwrap_or_default();
    if text.is_empty() || allowed.contains(&text) {
        return if text.is_empty() { default } else { text };
    }
    let [one, other] = allowed;
    problems.error(
        variable,
        format_args!("'{text}' is not known; allowed are {one} and {other}"),
    );
    default
}
