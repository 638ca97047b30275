//! How a person is shown, on whichever page.

use jiff::{Timestamp, tz::TimeZone};
use pingone::{AccountStatus, User};

use crate::visit::Visit;

/// The user's name as it should be shown; empty when none is known.
pub(crate) fn full_name(user: &User) -> String {
    let Some(name) = &user.name else {
        return String::new();
    };
    if let Some(formatted) = &name.formatted {
        return formatted.clone();
    }
    let parts = [&name.given, &name.family];
    parts
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}

/// What keeps the user from signing on, if anything does.
pub(crate) fn state(visit: &Visit, user: &User) -> (String, &'static str) {
    if user.enabled == Some(false) {
        (visit.text("user-state-disabled"), "danger")
    } else if is_locked(user) {
        (visit.text("user-state-locked"), "warning")
    } else {
        (visit.text("user-state-enabled"), "success")
    }
}

/// Whether the account is locked; the password may be locked besides.
pub(crate) fn is_locked(user: &User) -> bool {
    user.account
        .as_ref()
        .is_some_and(|account| account.status == AccountStatus::Locked)
}

/// An instant in words, in UTC: the page does not know where its reader is.
pub(crate) fn in_words(instant: Timestamp) -> String {
    instant
        .to_zoned(TimeZone::UTC)
        .strftime("%-d %B %Y, %H:%M:%S UTC")
        .to_string()
}
