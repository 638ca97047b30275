//! The portal's own tables: sessions, and the tokens of signed-on users.

mod sessions;
mod tokens;

use db::{Db, Migration, Statement, StoreError};
use jiff::Timestamp;

pub(crate) use sessions::Sessions;
pub(crate) use tokens::Tokens;

/// The name of the portal's set of migrations.
pub(crate) const SET: &str = "portal";

/// The portal's tables, step by step.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "sessions",
    sql: include_str!("../migrations/0001_sessions.sql"),
}];

/// So many expired rows go at a time, so that nobody waits long behind a purge.
const PURGED_AT_A_TIME: i64 = 1_000;

const PURGE_SESSIONS: &str = "\
DELETE FROM portal_sessions WHERE id_digest IN (
    SELECT id_digest FROM portal_sessions
     WHERE idle_until <= $1 OR absolute_until <= $1 LIMIT $2)";

const PURGE_TOKENS: &str = "\
DELETE FROM portal_tokens WHERE id IN (
    SELECT id FROM portal_tokens WHERE expires_at <= $1 LIMIT $2)";

/// Deletes what has expired; gives how many rows went. Call it again while it gives many.
pub(crate) async fn purge_expired(db: &Db, now: Timestamp) -> Result<u64, StoreError> {
    let mut purged = 0;
    for sql in [PURGE_SESSIONS, PURGE_TOKENS] {
        let statement = Statement::new(sql).bind(now).bind(PURGED_AT_A_TIME);
        let written = db.write(statement).await;
        purged += written
            .map_err(StoreError::during("purge what has expired"))?
            .rows_affected;
    }
    Ok(purged)
}
