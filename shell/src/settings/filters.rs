//! The variables of a rule's filter: `…_TOPICS`, `…_TOPICS_UNKNOWN`, `…_ROUTERS`.

use alertik_core::ids::RuleName;
use alertik_core::prefix::{Prefix, PrefixError};
use alertik_core::rules::{Filter, RouterFilter};

use super::variables::of_rule;
use super::{Env, Problems};

/// The names after `EVENTn_` and `STATIC_EVENTn_`.
pub(super) const FIELDS: [&str; 5] = ["TOPICS", "TOPICS_UNKNOWN", "ROUTERS", "MATCH_PART", "ELSE"];

/// The place of `message` among the values of `…_MATCH_PART`.
const MESSAGE: usize = 1;

/// Reads the filter of a rule.
pub(super) fn read(env: &Env, rule: RuleName, problems: &mut Problems) -> Filter {
    let [topics, unknown, routers, part, unmatched] = FIELDS.map(|field| of_rule(rule, field));
    let part = env.choice(&part, &["line", "message"], problems);
    let part = part.unwrap_or(match rule {
        RuleName::Static(_) => MESSAGE,
        _ => 0,
    });
    let mut filter = Filter {
        drops_unknown: env.choice(&unknown, &["pass", "drop"], problems) == Some(1),
        is_for_message: part == MESSAGE,
        is_for_unmatched: env.choice(&unmatched, &["0", "1"], problems) == Some(1),
        ..Filter::default()
    };
    let (mut with, mut without) = (Vec::<Box<str>>::new(), Vec::<Box<str>>::new());
    for topic in env.entries(&topics, problems) {
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
    if let Some(topic) = with.iter().find(|topic| without.contains(topic)) {
        problems.error(
            &topics,
            format_args!("wants '{topic}' and excludes it; leave one of them out"),
        );
    }
    filter.topics = with.into();
    filter.without_topics = without.into();
    filter.routers = env
        .entries(&routers, problems)
        .into_iter()
        .map(|router| match router.parse::<Prefix>() {
            Ok(prefix) => RouterFilter::Prefix(prefix),
            Err(PrefixError::Address) => {
                if router.contains(';') {
                    let what = "entries are separated by commas";
                    problems.warning(&routers, format_args!("'{router}' is one name; {what}"));
                }
                RouterFilter::Name(router.into())
            }
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
