//! What was asked of the environment a moment ago and need not be asked again.

use std::hash::Hash;

use jiff::{SignedDuration, Timestamp};
use web::{LookupCounts, Recent};

/// Long enough for somebody who types, short enough for an operator who changes a policy.
const LIFETIME: SignedDuration = SignedDuration::from_secs(60);

/// More answers than this are not kept at a time.
const MOST_ENTRIES: usize = 1_000;

/// Answers by what they were asked for, each for a minute.
#[derive(Debug)]
pub(crate) struct Cache<K, V>(Recent<K, V>);

impl<K: Eq + Hash, V: Clone> Default for Cache<K, V> {
    fn default() -> Self {
        Self(Recent::new(MOST_ENTRIES, LIFETIME))
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub(crate) fn find(&self, key: &K, now: Timestamp) -> Option<V> {
        self.0.find(key, now)
    }

    /// How often it was asked, and knew.
    pub(crate) fn lookups(&self) -> LookupCounts {
        self.0.lookups()
    }

    pub(crate) fn insert(&self, key: K, value: V, now: Timestamp) {
        self.0.insert(key, value, now);
    }
}
