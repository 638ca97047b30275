//! What every request looks up, kept in memory: bounded in number, dropped by each write through
//! [`Change`](crate::stores::change::Change), and believed for five seconds at most, because other
//! nodes write too.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use db::StoreError;
use jiff::{SignedDuration, Timestamp};
use quick_cache::sync::Cache;
use uuid::Uuid;

use crate::stores::application_secrets::KnownSecret;
use crate::stores::applications::StoredApplication;
use crate::stores::environments::StoredEnvironment;
use crate::stores::resources::GrantedScopes;
use crate::stores::role_assignments::StoredAssignment;

/// How long an entry is believed where another node may have written meanwhile.
const BELIEVED: SignedDuration = SignedDuration::from_secs(5);

/// Entries of each cache. An installation with more environments or applications in use at once
/// reads them from the database a little more often.
const MOST_ENTRIES: usize = 1_000;

/// One cache per kind of look-up, each by the id of what is looked up.
#[derive(Debug, Default)]
pub(crate) struct Caches {
    pub(crate) environments: Recent<Arc<StoredEnvironment>>,
    pub(crate) applications: Recent<Arc<StoredApplication>>,
    /// By application.
    pub(crate) secrets: Recent<Arc<[KnownSecret]>>,
    /// By application.
    pub(crate) granted: Recent<Arc<GrantedScopes>>,
    /// By the user or application that holds them.
    pub(crate) assignments: Recent<Arc<[StoredAssignment]>>,
}

impl Caches {
    /// Forgets everything that is kept under an id.
    pub(crate) fn forget(&self, id: Uuid) {
        self.environments.forget(id);
        self.applications.forget(id);
        self.secrets.forget(id);
        self.granted.forget(id);
        self.assignments.forget(id);
    }

    /// Forgets everything: right after a write whose effect reaches many entries.
    pub(crate) fn forget_everything(&self) {
        self.environments.clear();
        self.applications.clear();
        self.secrets.clear();
        self.granted.clear();
        self.assignments.clear();
    }
}

/// Recently read values.
pub(crate) struct Recent<V> {
    entries: Cache<Uuid, (Timestamp, V)>,
    /// Raised by each write, so that a value read before it is not kept after it.
    writes: AtomicU64,
}

impl<V: Clone> Default for Recent<V> {
    fn default() -> Self {
        Self {
            entries: Cache::new(MOST_ENTRIES),
            writes: AtomicU64::new(0),
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
        if let Some((read_at, value)) = self.entries.get(&id)
            && now.duration_since(read_at).abs() <= BELIEVED
        {
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

    fn forget(&self, id: Uuid) {
        self.writes.fetch_add(1, Ordering::AcqRel);
        self.entries.remove(&id);
    }

    fn clear(&self) {
        self.writes.fetch_add(1, Ordering::AcqRel);
        self.entries.clear();
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
    async fn a_value_is_believed_for_five_seconds_and_dropped_by_a_write() {
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
        recent.forget(Uuid::nil());
        assert_eq!(
            look_up(&recent, now + SignedDuration::from_secs(6), 3).await,
            3
        );
    }

    #[tokio::test]
    async fn what_was_read_before_a_write_is_not_kept_after_it() {
        let (recent, now) = (Recent::default(), Timestamp::UNIX_EPOCH);
        let read = async {
            recent.forget(Uuid::nil());
            Ok(Some(1))
        };
        recent.find(Uuid::nil(), now, read).await.unwrap();
        assert_eq!(look_up(&recent, now, 2).await, 2);
    }
}
