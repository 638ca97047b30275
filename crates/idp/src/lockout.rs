//! Names that nobody has are locked out like names that somebody has, so that a lockout does not
//! tell who exists.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use platform::clock::is_expired;
use protocol::id::EnvironmentId;
use protocol::password_policy::Lockout;
use protocol::secret::sha256;
use quick_cache::unsync::Cache;

use crate::stores::fold;

/// As many names are remembered; the least used one is forgotten first.
const MOST_NAMES: usize = 10_000;

/// Wrong sign-ons with names that belong to nobody.
pub(crate) struct UnknownNames(Mutex<Cache<String, Failures>>);

impl std::fmt::Debug for UnknownNames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UnknownNames")
    }
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    locked_until: Option<Timestamp>,
}

impl Default for UnknownNames {
    fn default() -> Self {
        Self(Mutex::new(Cache::new(MOST_NAMES)))
    }
}

impl UnknownNames {
    /// Counts a try with a name, and tells until when the name is locked out, if it is.
    pub(crate) fn take_try(
        &self,
        environment: EnvironmentId,
        name: &str,
        lockout: Lockout,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let key = sha256(&format!("{environment} {}", fold(name)));
        let mut names = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let before = names.get(&key).copied();
        let count = match before {
            Some(Failures {
                locked_until: Some(until),
                ..
            }) if !is_expired(until, now) => {
                return Some(until);
            }
            Some(Failures {
                count,
                locked_until: None,
            }) => count.saturating_add(1),
            Some(_) | None => 1,
        };
        let locked_until = (count >= lockout.failure_count)
            .then(|| now + SignedDuration::from_secs(i64::from(lockout.duration_seconds)));
        names.insert(
            key,
            Failures {
                count,
                locked_until,
            },
        );
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::SeededRandom;

    #[test]
    fn a_name_nobody_has_is_locked_out_like_any_other() {
        let environment = EnvironmentId::random(&SeededRandom::new(1));
        let lockout = Lockout {
            failure_count: 3,
            duration_seconds: 60,
        };
        let unknown_names = UnknownNames::default();
        let now = Timestamp::UNIX_EPOCH;
        for name in ["Nobody", "nobody ", "NOBODY"] {
            assert_eq!(
                unknown_names.take_try(environment, name, lockout, now),
                None
            );
        }
        let until = now + SignedDuration::from_secs(60);
        assert_eq!(
            unknown_names.take_try(environment, "nobody", lockout, now),
            Some(until)
        );
        assert_eq!(
            unknown_names.take_try(environment, "somebody", lockout, now),
            None
        );
        assert_eq!(
            unknown_names.take_try(environment, "nobody", lockout, until),
            None
        );
    }
}
