//! What is over, in every table. It has no effect even before it is deleted.

use db::{Db, Statement, StoreError};
use jiff::Timestamp;

/// Rows that one statement deletes at most, so that it holds nobody up …
pub(crate) const PURGE_ROWS: u32 = 500;

/// … and how often it is repeated while there is more: as much as a busy installation makes in the
/// meantime, and more.
const MOST_PURGES: u32 = 100;

const EXPIRED: [&str; 4] = [
    "DELETE FROM flows WHERE id IN \
     (SELECT id FROM flows WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM refresh_tokens WHERE digest IN \
     (SELECT digest FROM refresh_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM grants WHERE id IN \
     (SELECT id FROM grants WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM browser_sessions WHERE id IN \
     (SELECT id FROM browser_sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
];

const OLD_ACTIVITIES: &str = "\
DELETE FROM activities WHERE id IN
       (SELECT id FROM activities WHERE recorded_at <= $1 ORDER BY recorded_at LIMIT $2)";

const OLD_MAILS: &str = "\
DELETE FROM mails WHERE id IN
       (SELECT id FROM mails WHERE created_at <= $1 ORDER BY created_at LIMIT $2)";

/// Until when things are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    /// What has an end of its own goes at it.
    pub(crate) now: Timestamp,
    /// Older entries of the audit log go.
    pub(crate) activities_since: Timestamp,
    /// Older mails go.
    pub(crate) mails_since: Timestamp,
}

/// Deletes what is over, and no more than one installation makes in the meantime.
pub(crate) async fn purge(db: &Db, kept: Kept) -> Result<(), StoreError> {
    for sql in EXPIRED {
        purge_table(db, sql, kept.now).await?;
    }
    purge_table(db, OLD_ACTIVITIES, kept.activities_since).await?;
    purge_table(db, OLD_MAILS, kept.mails_since).await
}

async fn purge_table(db: &Db, sql: &'static str, until: Timestamp) -> Result<(), StoreError> {
    for _ in 0..MOST_PURGES {
        let delete = Statement::new(sql).bind(until).bind(PURGE_ROWS);
        let deleted = db.write(delete).await;
        let deleted = deleted.map_err(StoreError::during("delete what is over"))?;
        if deleted.rows_affected < u64::from(PURGE_ROWS) {
            break;
        }
    }
    Ok(())
}
