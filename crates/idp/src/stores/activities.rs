//! The audit log.

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{ActivityId, EnvironmentId};
use serde_json::{Map, Value};
use uuid::Uuid;

/// An entry as the database keeps it.
#[derive(Clone, Debug)]
pub(crate) struct StoredActivity {
    pub(crate) id: ActivityId,
    pub(crate) recorded_at: Timestamp,
    pub(crate) correlation_id: Uuid,
    /// What stands in no column: actors, action, resources, result, source.
    pub(crate) document: Map<String, Value>,
}

impl StoredActivity {
    pub(super) fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.parse("id", ActivityId::parse)?,
            recorded_at: row.get("recorded_at")?,
            correlation_id: row.get("correlation_id")?,
            document: row.parse("document", |text| serde_json::from_str(text))?,
        })
    }
}

const INSERT: &str = "\
INSERT INTO activities
       (id, environment_id, recorded_at, action, correlation_id, document, subject_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)";

const FIND: &str = "\
SELECT id, recorded_at, correlation_id, document
  FROM activities WHERE environment_id = $1 AND id = $2";

const PAGE: &str = "\
SELECT id, recorded_at, correlation_id, document
  FROM activities
 WHERE environment_id = $1 AND recorded_at >= $2 AND (recorded_at, id) < ($3, $4)";

/// Which part of the log is wanted; both ends belong to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

/// The audit logs of all environments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Activities<'a>(&'a Reader);

impl<'a> Activities<'a> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self(db)
    }

    /// The statement that adds an entry about `subject`, an id.
    pub(crate) fn insert(
        environment: EnvironmentId,
        activity: &StoredActivity,
        action: &str,
        subject: &str,
    ) -> Statement {
        Statement::new(INSERT)
            .bind(activity.id.as_uuid())
            .bind(environment.as_uuid())
            .bind(activity.recorded_at)
            .bind(action)
            .bind(activity.correlation_id)
            .bind(Value::Object(activity.document.clone()).to_string())
            .bind(subject.to_ascii_lowercase())
    }

    /// An entry of the environment's log.
    pub(crate) async fn find(
        &self,
        environment: EnvironmentId,
        id: ActivityId,
    ) -> Result<Option<StoredActivity>, StoreError> {
        let find = Statement::new(FIND)
            .bind(environment.as_uuid())
            .bind(id.as_uuid());
        let row = self.0.read_optional(find).await;
        let row = row.map_err(StoreError::during("look an audit entry up"))?;
        row.as_ref().map(StoredActivity::from_row).transpose()
    }

    /// At most `limit` entries before `before`, newest first; `restrict` adds conditions.
    pub(crate) async fn page(
        &self,
        environment: EnvironmentId,
        period: Period,
        before: (i64, &str),
        limit: u32,
        restrict: impl FnOnce(Statement) -> Statement,
    ) -> Result<Vec<StoredActivity>, StoreError> {
        let select = Self::select("", environment, period, before, limit, restrict);
        let rows = self.0.read(select.scan()).await;
        let rows = rows.map_err(StoreError::during("read the audit log"))?;
        rows.iter().map(StoredActivity::from_row).collect()
    }

    /// The statement that reads a page; `prefix` is for `EXPLAIN`.
    fn select(
        prefix: &'static str,
        environment: EnvironmentId,
        period: Period,
        before: (i64, &str),
        limit: u32,
        restrict: impl FnOnce(Statement) -> Statement,
    ) -> Statement {
        let behind_all = (period.to.as_millisecond().saturating_add(1), "");
        let before = before.min(behind_all);
        let select = Statement::new(prefix)
            .push(PAGE)
            .bind(environment.as_uuid())
            .bind(period.from)
            .bind(before.0)
            .bind(before.1);
        restrict(select)
            .push(" ORDER BY recorded_at DESC, id DESC LIMIT ")
            .push_bind(limit)
    }
}

#[cfg(test)]
mod tests {
    use db::Db;
    use protocol::SeededRandom;

    use super::*;
    use crate::stores::MIGRATIONS;

    #[tokio::test]
    async fn no_entry_is_read_that_is_about_something_else() {
        let db = Db::sqlite_in_memory().unwrap();
        db.migrate("idp", MIGRATIONS).await.unwrap();
        let environment = EnvironmentId::random(&SeededRandom::new(1));
        let ever = Period {
            from: Timestamp::UNIX_EPOCH,
            to: Timestamp::MAX,
        };
        let explain = "EXPLAIN QUERY PLAN ";
        let page = Activities::select(explain, environment, ever, (i64::MAX, ""), 201, |select| {
            select.push(" AND subject_id = ").push_bind("ada")
        });
        let plan = db.read(page).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get("detail").unwrap()).collect();
        let leads =
            "activities_by_subject (subject_id=? AND recorded_at>? AND (recorded_at,id)<(?,?))";
        assert!(plan.len() == 1 && plan[0].contains(leads), "{plan:#?}");
    }
}
