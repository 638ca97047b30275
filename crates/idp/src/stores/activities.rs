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
INSERT INTO activities (id, environment_id, recorded_at, action, correlation_id, document)
VALUES ($1, $2, $3, $4, $5, $6)";

const FIND: &str = "\
SELECT id, recorded_at, correlation_id, document
  FROM activities WHERE environment_id = $1 AND id = $2";

const PAGE: &str = "\
SELECT id, recorded_at, correlation_id, document
  FROM activities
 WHERE environment_id = $1 AND recorded_at >= $2 AND recorded_at <= $3
   AND (recorded_at, id) < ($4, $5)";

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

    /// The statement that adds an entry.
    pub(crate) fn insert(
        environment: EnvironmentId,
        activity: &StoredActivity,
        action: &str,
    ) -> Statement {
        Statement::new(INSERT)
            .bind(activity.id.as_uuid())
            .bind(environment.as_uuid())
            .bind(activity.recorded_at)
            .bind(action)
            .bind(activity.correlation_id)
            .bind(Value::Object(activity.document.clone()).to_string())
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
        let select = Statement::new(PAGE)
            .bind(environment.as_uuid())
            .bind(period.from)
            .bind(period.to)
            .bind(before.0)
            .bind(before.1);
        let select = restrict(select).push(" ORDER BY recorded_at DESC, id DESC LIMIT ");
        let rows = self.0.read(select.push_bind(limit).scan()).await;
        let rows = rows.map_err(StoreError::during("read the audit log"))?;
        rows.iter().map(StoredActivity::from_row).collect()
    }
}
