//! When users were last asked for what their profiles lack, by the action of a sign-on policy that
//! asked.

use db::{Reader, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::UserId;
use uuid::Uuid;

use super::change::Change;

const LAST: &str = "\
SELECT prompted_at FROM profile_prompts WHERE user_id = $1 AND action_id = $2";

/// Of an action that was deleted meanwhile, nothing is noted.
const NOTE: &str = "\
INSERT INTO profile_prompts (user_id, action_id, prompted_at)
SELECT CAST($1 AS TEXT), id, CAST($3 AS BIGINT) FROM configuration_objects WHERE id = $2
    ON CONFLICT (user_id, action_id) DO UPDATE SET prompted_at = $3";

/// When a user was last asked by an action.
pub(crate) async fn last(
    db: &Reader,
    user: UserId,
    action: Uuid,
) -> Result<Option<Timestamp>, StoreError> {
    let select = Statement::new(LAST).bind(user.as_uuid()).bind(action);
    let row = db.read_optional(select).await;
    let row = row.map_err(StoreError::during("read when somebody was asked"))?;
    row.map(|row| row.get("prompted_at")).transpose()
}

/// Notes that a user was asked by an action.
pub(crate) fn note(user: UserId, action: Uuid, now: Timestamp) -> Change {
    let note = Statement::new(NOTE)
        .bind(user.as_uuid())
        .bind(action)
        .bind(now);
    Change::of(note)
}
