//! Slack: `SLACK_WEBHOOK_URL`.

use alertik_core::delivery::Form;

use super::Endpoint;
use super::reader::Reader;

pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<Endpoint> {
    let url = reader.webhook()?;
    Some(Endpoint {
        url,
        form: Form::Slack,
    })
}
