//! Proofs by devices of users. `version` guards every transition: of two that start from one state,
//! one arrives.

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{EnvironmentId, UserId};
use uuid::Uuid;

use super::change::Change;

/// A row of the table; what it means is the business of `interaction`.
#[derive(Clone, Debug)]
pub(crate) struct StoredAuthentication {
    pub(crate) id: Uuid,
    pub(crate) environment_id: EnvironmentId,
    pub(crate) user_id: UserId,
    /// Where it stands, as JSON.
    pub(crate) document: String,
    /// How many transitions there were.
    pub(crate) version: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// When it is over, whatever it came to.
    pub(crate) expires_at: Timestamp,
}

/// How many a user has at most: a new one takes the place of the oldest.
const MOST: i64 = 20;

const FIND: &str = "\
SELECT id, environment_id, user_id, document, version, created_at, updated_at, expires_at
  FROM device_authentications WHERE id = $1 AND environment_id = $2 AND expires_at > $3";

const MAKE_ROOM: &str = "\
DELETE FROM device_authentications
 WHERE user_id = $1
   AND id NOT IN (SELECT id FROM device_authentications
                   WHERE user_id = $1 ORDER BY created_at DESC, id LIMIT $2)";

const INSERT: &str = "\
INSERT INTO device_authentications
       (id, environment_id, user_id, document, version, created_at, updated_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

const ADVANCE: &str = "\
UPDATE device_authentications
   SET document = $3, version = version + 1, updated_at = $4, expires_at = $5
 WHERE id = $1 AND version = $2";

/// An authentication of the environment, unless its time is over.
pub(crate) async fn find(
    db: &Reader,
    environment: EnvironmentId,
    id: Uuid,
    now: Timestamp,
) -> Result<Option<StoredAuthentication>, StoreError> {
    let find = Statement::new(FIND)
        .bind(id)
        .bind(environment.as_uuid())
        .bind(now);
    let row = db.read_optional(find).await;
    let row = row.map_err(StoreError::during("look up a device authentication"))?;
    row.as_ref().map(read).transpose()
}

/// Begins an authentication.
pub(crate) fn insert(one: &StoredAuthentication) -> Change {
    let room = Statement::new(MAKE_ROOM)
        .bind(one.user_id.as_uuid())
        .bind(MOST - 1);
    let insert = Statement::new(INSERT)
        .bind(one.id)
        .bind(one.environment_id.as_uuid())
        .bind(one.user_id.as_uuid())
        .bind(&one.document)
        .bind(one.version)
        .bind(one.created_at)
        .bind(one.updated_at)
        .bind(one.expires_at);
    Change::of(room).add(insert)
}

/// Moves an authentication on from the version that was read. The requirement is not met when
/// another request was faster.
pub(crate) fn advance(one: &StoredAuthentication) -> Change {
    let advance = Statement::new(ADVANCE)
        .bind(one.id)
        .bind(one.version)
        .bind(&one.document)
        .bind(one.updated_at)
        .bind(one.expires_at);
    Change::of_one(advance)
}

fn read(row: &Row) -> Result<StoredAuthentication, StoreError> {
    Ok(StoredAuthentication {
        id: row.get("id")?,
        environment_id: row.parse("environment_id", EnvironmentId::parse)?,
        user_id: row.parse("user_id", UserId::parse)?,
        document: row.get("document")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        expires_at: row.get("expires_at")?,
    })
}
