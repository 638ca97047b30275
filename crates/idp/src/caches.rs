//! What every request looks up, kept in memory: bounded in number, dropped by each write, and
//! trusted for five seconds at most, because other nodes write too.

use std::sync::atomic::{AtomicU64, Ordering};

use db::StoreError;
use jiff::{SignedDuration, Timestamp};
use quick_cache::sync::Cache;
use uuid::Uuid;
use web::{LookupCounts, Lookups};

/// How old an entry may be, as another node may have written meanwhile.
const MAX_AGE: SignedDuration = SignedDuration::from_secs(5);

/// Entries of each cache. An installation with more environments or applications in use at once
/// reads them from the database a little more often.
const MOST_ENTRIES: usize = 1_000;

/// What a write may have changed, by the id under which it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Touched {
    /// The write's effect reaches many entries.
    Everything,
    /// What is kept under these ids.
    Ids(Vec<Uuid>),
}

/// Recently read values.
pub(crate) struct Recent<V> {
    entries: Cache<Uuid, (Timestamp, V)>,
    /// Raised by each write, so that a value read before it is not kept after it.
    writes: AtomicU64,
    lookups: Lookups,
}

impl<V: Clone> Default for Recent<V> {
    fn default() -> Self {
        Self {
            entries: Cache::new(MOST_ENTRIES),
            writes: AtomicU64::new(0),
            lookups: Lookups::default(),
        }
    }
}

impl<V> std::fmt::Debug for Recent<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recent")
    }
}

impl<V: Clone> Recent<V> {
    /// The value of an id: kept, or read now. What is not there is not kept, so that made-up ids
    /// push nothing out.
    pub(crate) async fn find(
        &self,
        id: Uuid,
        now: Timestamp,
        read: impl Future<Output = Result<Option<V>, StoreError>>,
    ) -> Result<Option<V>, StoreError> {
        let is_good = |read_at| now.duration_since(read_at).abs() <= MAX_AGE;
        let kept = self.entries.get(&id);
        let kept = kept.and_then(|(read_at, value)| is_good(read_at).then_some(value));
        if let Some(value) = self.lookups.counted(kept) {
            return Ok(Some(value));
        }
        let writes = self.writes.load(Ordering::Acquire);
        let value = read.await?;
        if let Some(value) = &value {
            self.entries.insert(id, (now, value.clone()));
            if self.writes.load(Ordering::Acquire) != writes {
                self.entries.remove(&id);
            }
        }
        Ok(value)
    }

    /// How often it was asked, and knew.
    pub(crate) fn lookups(&self) -> LookupCounts {
        self.lookups.counts()
    }

    /// Forgets what a write may have changed.
    pub(crate) fn forget(&self, touched: &Touched) {
        match touched {
            Touched::Everything => {
                self.writes.fetch_add(1, Ordering::AcqRel);
                self.entries.clear();
            }
            Touched::Ids(ids) => {
                for id in ids {
                    self.writes.fetch_add(1, Ordering::AcqRel);
                    self.entries.remove(id);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn look_up(recent: &Recent<i32>, now: Timestamp, stored: i32) -> i32 {
        recent
            .find(Uuid::nil(), now, async { Ok(Some(stored)) })
            .await
            .unwrap()
            .unwrap()
    }

    #[tokio::test]
    async fn a_value_is_kept_for_five_seconds_and_dropped_by_a_write() {
        let (recent, now) = (Recent::default(), Timestamp::UNIX_EPOCH);
        assert_eq!(look_up(&recent, now, 1).await, 1);
        assert_eq!(
            look_up(&recent, now + SignedDuration::from_secs(5), 2).await,
            1
        );
        assert_eq!(
            look_up(&recent, now + SignedDuration::from_secs(6), 2).await,
            2
        );
        recent.forget(&Touched::Ids(vec![Uuid::nil()]));
        assert_eq!(
            look_up(&recent, now + SignedDuration::from_secs(6), 3).await,
            3
        );
    }

    #[tokio::test]
    async fn what_was_read_before_a_write_is_not_kept_after_it() {
        let (recent, now) = (Recent::default(), Timestamp::UNIX_EPOCH);
        let read = async {
            recent.forget(&Touched::Ids(vec![Uuid::nil()]));
            Ok(Some(1))
        };
        recent.find(Uuid::nil(), now, read).await.unwrap();
        assert_eq!(look_up(&recent, now, 2).await, 2);
    }
}
