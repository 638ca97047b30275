//! What was asked of the environment a moment ago and need not be asked again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Long enough for somebody who types, short enough for an operator who changes a policy.
const LIFETIME: SignedDuration = SignedDuration::from_secs(60);

/// When it is full it starts anew: what is in it can be asked again.
const MOST_ENTRIES: usize = 1_000;

/// Answers by what they were asked for, each for a minute.
#[derive(Debug)]
pub(crate) struct Cache<K, V>(Mutex<HashMap<K, (Timestamp, V)>>);

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub(crate) fn find(&self, key: &K, now: Timestamp) -> Option<V> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, value) = entries.get(key)?;
        (*at + LIFETIME > now && *at <= now).then(|| value.clone())
    }

    pub(crate) fn insert(&self, key: K, value: V, now: Timestamp) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST_ENTRIES {
            entries.clear();
        }
        entries.insert(key, (now, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_good_for_a_minute() {
        let (cache, now) = (Cache::default(), Timestamp::UNIX_EPOCH);
        cache.insert("a", 1, now);
        assert_eq!(
            cache.find(&"a", now + SignedDuration::from_secs(59)),
            Some(1)
        );
        assert_eq!(cache.find(&"a", now + SignedDuration::from_secs(60)), None);
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let (cache, now) = (Cache::default(), Timestamp::UNIX_EPOCH);
        for n in 0..=MOST_ENTRIES {
            cache.insert(n, n, now);
        }
        assert_eq!(cache.find(&0, now), None);
        assert_eq!(cache.find(&MOST_ENTRIES, now), Some(MOST_ENTRIES));
    }
}
