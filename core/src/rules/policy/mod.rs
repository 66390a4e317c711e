//! What happens between a match and a notification.

pub(super) mod cooldown;
