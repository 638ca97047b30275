//! Access control of applications: which users may sign on to one (PingOne, `accessControl`).

use db::StoreError;
use jiff::Timestamp;
use protocol::id::GroupId;
use protocol::pingone::{GroupAccessType, Reference};

use crate::Idp;
use crate::stores::applications::StoredApplication;
use crate::stores::groups::Groups;
use crate::stores::users::StoredUser;

/// Whether a user may sign on to an application: to one for administrators, only who holds a role;
/// to one for groups, only their members, by themselves or through nested groups. A group that was
/// deleted meanwhile stays among them, and has no members, so its deletion lets nobody in.
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
    let control = application.access_control();
    if control.role.is_some() {
        let roles = idp.role_assignments();
        if roles.of_actor(user.id.as_uuid(), now).await?.is_empty() {
            return Ok(false);
        }
    }
    let Some(access) = &control.group else {
        return Ok(true);
    };
    let groups = Groups::new(idp.db());
    let own = groups.of_user(user.environment_id, user.id).await?;
    let mut wanted = access.groups.iter();
    let is_in = |group: &Reference<GroupId>| own.iter().any(|one| one.id == group.id);
    Ok(match access.access_type {
        GroupAccessType::AllGroups => wanted.all(is_in),
        GroupAccessType::AnyGroup => wanted.any(is_in),
    })
}
