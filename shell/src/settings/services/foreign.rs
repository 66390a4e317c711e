//! Webhooks that belong to another service than the one they are set for.

use alertik_core::delivery::Notifier;

use super::prefix;
use crate::settings::Problems;
use crate::settings::url::Url;

/// Ends of the host names that one service has.
const HOSTS: [(&str, Notifier); 7] = [
    ("hooks.slack.com", Notifier::Slack),
    ("discord.com", Notifier::Discord),
    ("discordapp.com", Notifier::Discord),
    ("api.telegram.org", Notifier::Telegram),
    ("webhook.office.com", Notifier::Teams),
    ("logic.azure.com", Notifier::Teams),
    ("api.powerplatform.com", Notifier::Teams),
];

/// Warns if a URL leads to another service, which would refuse the notifier's
/// requests. A generic webhook may lead anywhere, and so may one in Slack's form that
/// says so in its path, as Discord's do.
pub(super) fn check(notifier: Notifier, url: &Url, problems: &mut Problems) {
    let is_of = |(end, _): &&(&str, Notifier)| url.host().ends_with(end);
    let Some(&(host, owner)) = HOSTS.iter().find(is_of) else {
        return;
    };
    let name = prefix(notifier);
    if owner == notifier || name.starts_with("GENERIC") || url.path().ends_with("/slack") {
        return;
    }
    let suffix = match notifier {
        Notifier::Telegram => "_API_URL",
        _ => "_WEBHOOK_URL",
    };
    problems.warning(
        &[&name, suffix].concat(),
        format_args!(
            "leads to {host}, which is {}'s; move it to {0}'s variables",
            owner.name()
        ),
    );
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
            (Notifier::Slack, "https://hooks.slack.com/services/x"),
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
}
