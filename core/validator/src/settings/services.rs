//! What the daemon's files ask of services.

use alertik_core::delivery::Notifier;
use alertik_core::ids::NotifierSet;

use super::Env;

/// Returns the beginning of the names of a notifier's variables.
pub(crate) fn prefix(notifier: Notifier) -> String {
    notifier.name().to_ascii_uppercase()
}

/// Returns the notifiers that have an address. The page knows none.
pub(super) fn configured(_: &Env) -> NotifierSet {
    NotifierSet::EMPTY
}
