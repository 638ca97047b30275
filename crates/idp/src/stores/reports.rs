//! Counts by day.

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::EnvironmentId;
use uuid::Uuid;

use super::activities::Period;

/// Days are counted from the epoch; instants are kept in milliseconds.
const USERS_BY_DAY: &str = "\
SELECT created_at / 86400000 AS day, COUNT(*) AS how_many
  FROM users WHERE environment_id = $1 AND created_at <= $2
 GROUP BY created_at / 86400000";

const GRANTS_BY_DAY: &str = "\
SELECT application_id, created_at / 86400000 AS day, COUNT(*) AS how_many
  FROM grants WHERE environment_id = $1 AND created_at >= $2 AND created_at <= $3
 GROUP BY application_id, created_at / 86400000
 ORDER BY day, application_id";

/// How often somebody signed on to an application on one day.
#[derive(Clone, Debug)]
pub(crate) struct SignOns {
    pub(crate) application: Uuid,
    /// Since the epoch.
    pub(crate) day: i64,
    pub(crate) how_many: i64,
}

/// How many users of an environment were made on which day since the epoch, and are there still.
pub(crate) async fn users_by_day(
    db: &Reader,
    environment: EnvironmentId,
    until: Timestamp,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let select = Statement::new(USERS_BY_DAY)
        .bind(environment.as_uuid())
        .bind(until);
    let rows = db.read(select.scan()).await;
    let rows = rows.map_err(StoreError::during("count users"))?;
    let each = |row: &Row| Ok((row.get("day")?, row.get("how_many")?));
    rows.iter().map(each).collect()
}

/// How often people signed on to which application, as far as their grants are kept.
pub(crate) async fn sign_ons_by_day(
    db: &Reader,
    environment: EnvironmentId,
    period: Period,
) -> Result<Vec<SignOns>, StoreError> {
    let select = Statement::new(GRANTS_BY_DAY)
        .bind(environment.as_uuid())
        .bind(period.from)
        .bind(period.to);
    let rows = db.read(select.scan()).await;
    let rows = rows.map_err(StoreError::during("count sign-ons"))?;
    let each = |row: &Row| {
        Ok(SignOns {
            application: row.get("application_id")?,
            day: row.get("day")?,
            how_many: row.get("how_many")?,
        })
    };
    rows.iter().map(each).collect()
}
