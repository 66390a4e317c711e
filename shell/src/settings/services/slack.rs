//! Slack: `SLACK_WEBHOOK_URL` and `SLACK_TITLE`.

use alertik_core::delivery::Form;

use super::Endpoint;
use super::reader::Reader;

pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<Endpoint> {
    let title = reader.own_title();
    Some(Endpoint {
        url: reader.webhook()?,
        form: Form::Slack(title),
    })
}
