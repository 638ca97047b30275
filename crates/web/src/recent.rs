//! What was just looked up and need not be looked up again.

use std::hash::Hash;

use jiff::{SignedDuration, Timestamp};
use quick_cache::sync::Cache;

use crate::tally::{LookupCounts, Lookups};

/// Answers by what was asked, each for a fixed time; bounded in number, the least useful goes
/// first.
pub struct Recent<K, V> {
    entries: Cache<K, (Timestamp, V)>,
    max_age: SignedDuration,
    lookups: Lookups,
}

impl<K, V> std::fmt::Debug for Recent<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recent")
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    /// An empty memory for so many answers, each for so long.
    pub fn new(capacity: usize, max_age: SignedDuration) -> Self {
        Self {
            entries: Cache::new(capacity),
            max_age,
            lookups: Lookups::default(),
        }
    }

    /// The answer, if it was kept less than the maximum age ago.
    pub fn find(&self, key: &K, now: Timestamp) -> Option<V> {
        let is_good = |kept_at: Timestamp| kept_at + self.max_age > now && kept_at <= now;
        let kept = self.entries.get(key);
        let found = kept.and_then(|(kept_at, value)| is_good(kept_at).then_some(value));
        self.lookups.counted(found)
    }

    /// How often it was asked, and knew.
    pub fn lookups(&self) -> LookupCounts {
        self.lookups.counts()
    }

    /// Keeps an answer.
    pub fn insert(&self, key: K, value: V, now: Timestamp) {
        self.entries.insert(key, (now, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: SignedDuration = SignedDuration::from_secs(60);

    #[test]
    fn an_answer_is_good_for_its_time_and_not_before_it() {
        let (recent, now) = (Recent::new(10, MINUTE), Timestamp::UNIX_EPOCH);
        recent.insert("a", 1, now);
        let second = SignedDuration::from_secs(1);
        assert_eq!(recent.find(&"a", now + MINUTE - second), Some(1));
        assert_eq!(recent.find(&"a", now + MINUTE), None);
        assert_eq!(recent.find(&"a", now - second), None);
    }

    #[test]
    fn a_full_memory_forgets_single_answers_and_never_all() {
        let (recent, now) = (Recent::new(100, MINUTE), Timestamp::UNIX_EPOCH);
        for n in 0..1_000 {
            recent.insert(n, n, now);
            let kept = (0..=n).filter(|n| recent.find(n, now).is_some()).count();
            assert!(kept <= 100, "{kept} of {n} are kept");
            assert!(kept >= 50.min(n), "{kept} of {n} are left");
        }
    }
}
