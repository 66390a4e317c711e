//! Discord: `DISCORD_WEBHOOK_URL`, `DISCORD_TITLE` and `DISCORD_FORMAT`.

use alertik_core::delivery::Form;

use super::Endpoint;
use super::reader::Reader;

pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<Endpoint> {
    let title = reader.own_title();
    let as_slack = reader.choice("_FORMAT", &["discord", "slack"]) == Some(1);
    if as_slack && title.is_some() {
        reader.problem("_TITLE", format_args!("needs DISCORD_FORMAT=discord"));
    }
    let url = reader.webhook()?;
    // The predecessor appended /slack itself, and users may have done so, too.
    let path = url.path().trim_end_matches('/');
    let path = path
        .strip_suffix("/slack")
        .or_else(|| path.strip_suffix("/github"))
        .unwrap_or(path);
    let path = if as_slack {
        [path, "/slack"].concat()
    } else {
        path.to_owned()
    };
    // With wait=true the answer says whether the message was accepted.
    let mut query = String::from("?wait=true");
    for pair in url.query().trim_start_matches('?').split('&') {
        if !pair.is_empty() && !pair.starts_with("wait=") {
            query.push('&');
            query.push_str(pair);
        }
    }
    Some(Endpoint {
        url: url.with_path_and_query(&path, &query),
        form: if as_slack {
            Form::DiscordAsSlack
        } else {
            Form::Discord(title)
        },
    })
}
