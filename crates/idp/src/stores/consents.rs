//! What users agreed to: of each agreement, the last that was said.

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{EnvironmentId, UserId};
use uuid::Uuid;

use super::change::Change;

/// What a user said last about an agreement.
#[derive(Clone, Debug)]
pub(crate) struct StoredConsent {
    pub(crate) user_id: UserId,
    pub(crate) agreement_id: Uuid,
    pub(crate) language_id: Uuid,
    pub(crate) revision_id: Uuid,
    pub(crate) is_revoked: bool,
    pub(crate) consented_at: Timestamp,
    /// `None` where it is for good.
    pub(crate) expires_at: Option<Timestamp>,
}

/// How many users agreed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) standing: i64,
    pub(crate) expired: i64,
}

const OF_USER: &str = "\
SELECT user_id, agreement_id, language_id, revision_id, is_revoked, consented_at, expires_at
  FROM agreement_consents WHERE user_id = $1 ORDER BY consented_at, agreement_id LIMIT 1000";

const SET: &str = "\
INSERT INTO agreement_consents
       (user_id, agreement_id, language_id, revision_id, is_revoked, consented_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (user_id, agreement_id) DO UPDATE
   SET language_id = $3, revision_id = $4, is_revoked = $5, consented_at = $6, expires_at = $7";

const COUNT: &str = "\
SELECT COUNT(*) AS standing,
       CAST(COALESCE(SUM(CASE WHEN expires_at <= $2 THEN 1 ELSE 0 END), 0) AS BIGINT) AS expired
  FROM agreement_consents WHERE agreement_id = $1 AND NOT is_revoked";

const REQUIRE_UNTOLD: &str = "\
UPDATE environments SET updated_at = updated_at
 WHERE id = $2
   AND NOT EXISTS (SELECT 1 FROM agreement_consents WHERE language_id = $1 OR revision_id = $1)";

/// Requires that nobody said anything about a text or the texts of a language.
pub(crate) fn require_untold(environment: EnvironmentId, id: Uuid) -> Change {
    let require = Statement::new(REQUIRE_UNTOLD);
    Change::of_one(require.bind(id).bind(environment.as_uuid()))
}

/// What a user said, about each agreement.
pub(crate) async fn of_user(db: &Reader, user: UserId) -> Result<Vec<StoredConsent>, StoreError> {
    let rows = db.read(Statement::new(OF_USER).bind(user.as_uuid())).await;
    let rows = rows.map_err(StoreError::during("read what a user agreed to"))?;
    rows.iter().map(from_row).collect()
}

/// Writes down what a user said, in the place of what was said before.
pub(crate) fn set(consent: &StoredConsent) -> Change {
    let set = Statement::new(SET)
        .bind(consent.user_id.as_uuid())
        .bind(consent.agreement_id)
        .bind(consent.language_id)
        .bind(consent.revision_id)
        .bind(consent.is_revoked)
        .bind(consent.consented_at)
        .bind(consent.expires_at);
    Change::of_one(set)
}

/// How many users agreed, and of how many that is over.
pub(crate) async fn count(
    db: &Reader,
    agreement: Uuid,
    now: Timestamp,
) -> Result<Counts, StoreError> {
    let count = Statement::new(COUNT).bind(agreement).bind(now);
    let row = db.read_optional(count).await;
    let row = row.map_err(StoreError::during("count who agreed"))?;
    let Some(row) = row else {
        return Ok(Counts::default());
    };
    let expired: i64 = row.get("expired")?;
    let agreed: i64 = row.get("standing")?;
    Ok(Counts {
        standing: agreed.saturating_sub(expired),
        expired,
    })
}

fn from_row(row: &Row) -> Result<StoredConsent, StoreError> {
    Ok(StoredConsent {
        user_id: row.parse("user_id", UserId::parse)?,
        agreement_id: row.get("agreement_id")?,
        language_id: row.get("language_id")?,
        revision_id: row.get("revision_id")?,
        is_revoked: row.get("is_revoked")?,
        consented_at: row.get("consented_at")?,
        expires_at: row.get("expires_at")?,
    })
}
