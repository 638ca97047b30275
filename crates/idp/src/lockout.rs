//! How often the sign-on page was told a wrong password for a name, whoever has it, if anybody.
//!
//! This is what the page shows. Whether an account is locked out stands with its password, and is
//! shown to nobody who does not know it: a lockout by one name would tell which other names are the
//! same account's, and its number of tries which policy holds, so that there is one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use platform::clock::is_expired;
use protocol::id::EnvironmentId;
use protocol::password_policy::Lockout;
use protocol::secret::sha256;
use quick_cache::unsync::Cache;

use crate::stores::fold;

/// As many names are remembered; the least used one is forgotten first.
const MOST_NAMES: usize = 10_000;

/// Wrong sign-ons by what was typed.
pub(crate) struct TriedNames(Mutex<Cache<String, Failures>>);

impl std::fmt::Debug for TriedNames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TriedNames")
    }
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    locked_until: Option<Timestamp>,
}

impl Default for TriedNames {
    fn default() -> Self {
        Self(Mutex::new(Cache::new(MOST_NAMES)))
    }
}

impl TriedNames {
    /// Counts a wrong try with a name, and tells until when the name is locked out, if it is.
    pub(crate) fn take_wrong(
        &self,
        environment: EnvironmentId,
        name: &str,
        lockout: Lockout,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let key = key(environment, name);
        let mut names = self.names();
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

    /// Forgets the wrong tries with a name: somebody knew the password.
    pub(crate) fn forget(&self, environment: EnvironmentId, name: &str) {
        self.names().remove(&key(environment, name));
    }

    fn names(&self) -> MutexGuard<'_, Cache<String, Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(environment: EnvironmentId, name: &str) -> String {
    sha256(&format!("{environment} {}", fold(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::SeededRandom;

    #[test]
    fn a_name_is_locked_out_after_its_wrong_tries_and_no_other_is() {
        let environment = EnvironmentId::random(&SeededRandom::new(1));
        let lockout = Lockout::new(3, 60);
        let tried_names = TriedNames::default();
        let now = Timestamp::UNIX_EPOCH;
        for name in ["Nobody", "nobody ", "NOBODY"] {
            assert_eq!(
                tried_names.take_wrong(environment, name, lockout, now),
                None
            );
        }
        let until = now + SignedDuration::from_secs(60);
        assert_eq!(
            tried_names.take_wrong(environment, "nobody", lockout, now),
            Some(until)
        );
        assert_eq!(
            tried_names.take_wrong(environment, "somebody", lockout, now),
            None
        );
        assert_eq!(
            tried_names.take_wrong(environment, "nobody", lockout, until),
            None
        );
    }
}
