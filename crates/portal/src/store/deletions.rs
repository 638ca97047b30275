//! Accounts that their owners asked to delete, until that is done or called off.

use db::{Db, Statement, StoreError};
use jiff::{SignedDuration, Timestamp};
use protocol::id::UserId;

/// How long an account is kept after its owner asked to delete it.
const GRACE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// A job that has not finished by then came to an end half-way.
const AT_IT_FOR: SignedDuration = SignedDuration::from_hours(1);

/// When a deletion that was refused is tried again.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// So many are done at a time.
const AT_A_TIME: i64 = 100;

/// Keeps what is to be deleted.
#[derive(Clone, Debug)]
pub(crate) struct Deletions {
    db: Db,
}

/// Asking again puts nothing off.
const INSERT: &str = "\
INSERT INTO portal_deletions (user_id, due_at) VALUES ($1, $2) ON CONFLICT (user_id) DO NOTHING";

const FIND: &str = "SELECT due_at FROM portal_deletions WHERE user_id = $1";

const CALL_OFF: &str = "DELETE FROM portal_deletions WHERE user_id = $1 AND begun_at IS NULL";

const DUE: &str = "\
SELECT user_id FROM portal_deletions
 WHERE due_at <= $1 AND (begun_at IS NULL OR begun_at <= $2) ORDER BY due_at LIMIT $3";

const BEGIN: &str = "\
UPDATE portal_deletions SET begun_at = $2
 WHERE user_id = $1 AND due_at <= $2 AND (begun_at IS NULL OR begun_at <= $3)";

const FINISH: &str = "DELETE FROM portal_deletions WHERE user_id = $1";

const PUT_OFF: &str = "\
UPDATE portal_deletions SET due_at = $2, begun_at = NULL WHERE user_id = $1";

impl Deletions {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Notes that an account is to be deleted.
    pub(crate) async fn insert(&self, user: UserId, now: Timestamp) -> Result<(), StoreError> {
        let insert = Statement::new(INSERT)
            .bind(user.to_string())
            .bind(later(now, GRACE));
        self.write(insert, "note a deletion").await?;
        Ok(())
    }

    /// When an account is to be deleted, if it is.
    pub(crate) async fn find(&self, user: UserId) -> Result<Option<Timestamp>, StoreError> {
        let find = Statement::new(FIND).bind(user.to_string());
        let row = self.db.read_optional(find).await;
        let row = row.map_err(StoreError::during("find a deletion"))?;
        row.map(|row| row.get("due_at")).transpose()
    }

    /// Calls a deletion off, unless it has begun. Gives whether the account stays.
    pub(crate) async fn call_off(&self, user: UserId) -> Result<bool, StoreError> {
        let call_off = Statement::new(CALL_OFF).bind(user.to_string());
        Ok(self.write(call_off, "call a deletion off").await? == 1)
    }

    /// Some whose time has come.
    pub(crate) async fn due(&self, now: Timestamp) -> Result<Vec<UserId>, StoreError> {
        let due = Statement::new(DUE)
            .bind(now)
            .bind(half_way(now))
            .bind(AT_A_TIME);
        let rows = self.db.read(due).await;
        let rows = rows.map_err(StoreError::during("look for deletions that are due"))?;
        rows.iter()
            .map(|row| row.parse("user_id", UserId::parse))
            .collect()
    }

    /// Begins one; `false` when another node is at it, or it was called off.
    pub(crate) async fn begin(&self, user: UserId, now: Timestamp) -> Result<bool, StoreError> {
        let begin = Statement::new(BEGIN)
            .bind(user.to_string())
            .bind(now)
            .bind(half_way(now));
        Ok(self.write(begin, "begin a deletion").await? == 1)
    }

    /// The account is gone.
    pub(crate) async fn finish(&self, user: UserId) -> Result<(), StoreError> {
        let finish = Statement::new(FINISH).bind(user.to_string());
        self.write(finish, "finish a deletion").await?;
        Ok(())
    }

    /// It could not be done now.
    pub(crate) async fn put_off(&self, user: UserId, now: Timestamp) -> Result<(), StoreError> {
        let put_off = Statement::new(PUT_OFF)
            .bind(user.to_string())
            .bind(later(now, AGAIN_AFTER));
        self.write(put_off, "put a deletion off").await?;
        Ok(())
    }

    async fn write(&self, statement: Statement, what: &'static str) -> Result<u64, StoreError> {
        let written = self.db.write(statement).await;
        Ok(written.map_err(StoreError::during(what))?.rows_affected)
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn half_way(now: Timestamp) -> Timestamp {
    now.saturating_sub(AT_IT_FOR).unwrap_or(Timestamp::MIN)
}
