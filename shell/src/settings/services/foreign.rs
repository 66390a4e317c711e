//! Webhooks that belong to another service than the one they are set for, or that cannot be
//! one of its own.

use std::fmt;

use alertik_core::bytes::find;
use alertik_core::delivery::Notifier;

use super::prefix;
use crate::settings::Problems;
use crate::settings::url::Url;

/// Ends of the host names that one service has.
const HOSTS: [(&str, Notifier); 8] = [
    ("hooks.slack.com", Notifier::Slack),
    ("discord.com", Notifier::Discord),
    ("discordapp.com", Notifier::Discord),
    ("discord.gg", Notifier::Discord),
    ("api.telegram.org", Notifier::Telegram),
    ("webhook.office.com", Notifier::Teams),
    ("logic.azure.com", Notifier::Teams),
    ("api.powerplatform.com", Notifier::Teams),
];

/// Fewest slashes in the path of a webhook of Slack or Discord: `/services/T/B/secret`,
/// `/api/webhooks/1/secret`.
const SLASHES_MIN: usize = 4;

/// Warns if a URL leads to another service, which would refuse the notifier's
/// requests. A generic webhook may lead anywhere, and so may one in Slack's form that
/// says so in its path, as Discord's do. Warns of a URL of the right service that is no
/// webhook, or whose secret would be sent for all to read.
pub(super) fn check(notifier: Notifier, url: &Url, problems: &mut Problems) {
    let name = prefix(notifier);
    let suffix = match notifier {
        Notifier::Telegram => "_API_URL",
        _ => "_WEBHOOK_URL",
    };
    let variable = [&*name, suffix].concat();
    let mut warn = |what: fmt::Arguments<'_>| problems.warning(&variable, what);
    let is_http = url.scheme().start == "http://";
    if matches!((url.scheme().port, url.port()), (80, 443) | (443, 80)) {
        let other = if is_http { "https://" } else { "http://" };
        warn(format_args!("port {} is usually for {other}", url.port()));
    }
    if find(url.path().as_bytes(), b",http").is_some() {
        warn(format_args!(
            "has a second URL after a comma; leave one of them out"
        ));
    }
    let is_of = |(end, _): &&(&str, Notifier)| url.host().ends_with(end);
    let Some(&(host, owner)) = HOSTS.iter().find(is_of) else {
        return;
    };
    if is_http {
        warn(format_args!(
            "can be read by everybody on its way; write https://"
        ));
    }
    if owner == notifier {
        let is_webhook = matches!(notifier, Notifier::Slack | Notifier::Discord);
        if is_webhook && url.path().bytes().filter(|&byte| byte == b'/').count() < SLASHES_MIN {
            warn(format_args!(
                "is not a webhook's URL, which has more parts; copy it again"
            ));
        }
    } else if !name.starts_with("GENERIC") && !url.path().ends_with("/slack") {
        warn(format_args!(
            "leads to {host}, which is {}'s; move it to {0}'s variables",
            owner.name()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(notifier: Notifier, url: &str) -> String {
        let mut problems = Problems::default();
        let url = Url::parse(url).unwrap_or_else(|error| panic!("{error}"));
        check(notifier, &url, &mut problems);
        problems.warnings().concat()
    }

    /// A service's URL in another one's variable is reported, and those that work are
    /// not.
    #[test]
    fn urls_of_other_services() {
        assert_eq!(
            warnings(
                Notifier::Teams,
                "https://hooks.slack.com/services/T/B/secret"
            ),
            "TEAMS_WEBHOOK_URL: leads to hooks.slack.com, which is Slack's; move it to Slack's \
             variables"
        );
        let odd = warnings(Notifier::Telegram, "https://discord.com/x");
        assert!(
            odd.starts_with("TELEGRAM_API_URL: leads to discord.com"),
            "{odd}"
        );
        for (notifier, url) in [
            (Notifier::Slack, "https://hooks.slack.com/services/T/B/x"),
            (
                Notifier::Slack,
                "https://discord.com/api/webhooks/1/x/slack",
            ),
            (Notifier::Slack, "https://chat.example/hooks/x"),
            (Notifier::Generic2, "https://discord.com/api/webhooks/1/x"),
            (
                Notifier::Teams,
                "https://a.b.environment.api.powerplatform.com:443/x",
            ),
        ] {
            assert_eq!(warnings(notifier, url), "", "{url}");
        }
    }

    /// What cannot be a webhook of its service, and what would be read by others.
    #[test]
    fn urls_that_are_no_webhooks() {
        for (notifier, url, words) in [
            (Notifier::Slack, "https://hooks.slack.com/", "copy it again"),
            (
                Notifier::Discord,
                "https://discord.com/channels/1/2",
                "copy it again",
            ),
            (Notifier::Discord, "https://discord.gg/x", "copy it again"),
            (
                Notifier::Slack,
                "http://hooks.slack.com/services/T/B/x",
                "write https://",
            ),
            (
                Notifier::Generic1,
                "http://discord.com/api/webhooks/1/x",
                "write https://",
            ),
            (Notifier::Generic1, "http://h:443/", "usually for https://"),
            (Notifier::Teams, "https://h:80/", "usually for http://"),
            (
                Notifier::Slack,
                "https://a/x,https://b/y",
                "leave one of them out",
            ),
        ] {
            let found = warnings(notifier, url);
            assert!(found.contains(words), "{url}: {found}");
            assert_eq!(found.matches("_WEBHOOK_URL: ").count(), 1, "{found}");
        }
    }
}
