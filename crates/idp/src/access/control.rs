//! Access control of applications: which users may sign on to one (PingOne, `accessControl`).

use db::StoreError;
use jiff::Timestamp;

use crate::Idp;
use crate::stores::applications::StoredApplication;
use crate::stores::users::StoredUser;

/// Whether a user may sign on to an application: to one for administrators, only who holds a role.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer.
pub(crate) async fn lets_in(
    idp: &Idp,
    application: &StoredApplication,
    user: &StoredUser,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !application.is_for_administrators() {
        return Ok(true);
    }
    let roles = idp.role_assignments();
    let held = roles.of_actor(user.id.as_uuid(), now).await?;
    Ok(!held.is_empty())
}
