//! Somebody must be left who administers: whoever takes an administrator away asks here first
//! (`docs/decisions/0013-nobody-shuts-themselves-out.md`).

use db::StoreError;
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId, OrganizationId, UserId};
use protocol::pingone::{GrantTypeName, RoleScopeType};
use uuid::Uuid;

use super::roles::ids::{ENVIRONMENT_ADMIN, ORGANIZATION_ADMIN};
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::applications::{Applications, StoredApplication};
use crate::stores::change::Change;
use crate::stores::role_assignments::{Holder, RoleAssignments, StoredAssignment};
use crate::stores::users::Users;

/// What is about to be taken away.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loss<'a> {
    /// One role.
    Assignment(&'a StoredAssignment),
    /// An environment with everybody who lives in it.
    Environment(EnvironmentId),
    /// All that a user or an application does.
    Holder(Uuid),
}

impl Loss<'_> {
    fn takes(&self, assignment: &StoredAssignment) -> bool {
        match self {
            Self::Assignment(lost) => lost.id == assignment.id,
            Self::Environment(id) => assignment.environment_id == *id,
            Self::Holder(id) => assignment.holder.id() == *id,
        }
    }
}

/// Whether an application acts with its own roles.
pub(crate) fn acts(application: &StoredApplication) -> bool {
    let grant_types = &application.settings.grant_types;
    application.settings.enabled && grant_types.contains(&GrantTypeName::ClientCredentials)
}

/// Refuses to take the last administrator away. What comes back belongs into the change that does
/// it: it has no effect where those who would remain are taken away at the same time.
///
/// Administrators of an environment are the enabled users and applications that hold Environment
/// Admin or Organization Admin for it or its organization; those of an organization hold one of the
/// two for the organization.
///
/// # Errors
///
/// 400 `REQUEST_FAILED` with the detail `CONSTRAINT_VIOLATION`, which says what would be left
/// without an administrator.
pub(crate) async fn require_another(
    idp: &Idp,
    loss: Loss<'_>,
    target: Option<&str>,
    now: Timestamp,
) -> Result<Change, ApiFailure> {
    let roles = idp.role_assignments();
    let mut lost = match loss {
        Loss::Assignment(assignment) => vec![assignment.clone()],
        Loss::Environment(id) => roles.of_holders_in(id).await?,
        Loss::Holder(id) => roles.of_holder(id).await?,
    };
    lost.retain(is_administrator);
    let mut change = Change::new();
    let mut asked = Vec::new();
    for assignment in &lost {
        let scope = assignment.scope;
        let goes_itself =
            matches!(loss, Loss::Environment(environment) if environment.as_uuid() == scope.id);
        if goes_itself || asked.contains(&scope.id) {
            continue;
        }
        if witness(idp, assignment, now).await?.is_none() {
            continue;
        }
        asked.push(scope.id);
        let Some((what, organization)) = place(idp, assignment, now).await? else {
            continue;
        };
        let mut remaining = None;
        for other in roles.of_scopes([scope.id, organization.as_uuid()]).await? {
            if is_administrator(&other) && !loss.takes(&other) {
                remaining = witness(idp, &other, now).await?;
                if remaining.is_some() {
                    break;
                }
            }
        }
        let Some(remaining) = remaining else {
            let message = format!(
                "The {what} would be left without an administrator; make somebody else one first."
            );
            return Err(ApiFailure::constraint(target, message));
        };
        change = change.and(remaining);
    }
    Ok(change)
}

fn is_administrator(assignment: &StoredAssignment) -> bool {
    [ENVIRONMENT_ADMIN, ORGANIZATION_ADMIN].contains(&assignment.role_id)
}

/// What an assignment is for, in words, and the organization that this is or lies in; `None` where
/// it is gone.
async fn place(
    idp: &Idp,
    assignment: &StoredAssignment,
    now: Timestamp,
) -> Result<Option<(&'static str, OrganizationId)>, StoreError> {
    let id = assignment.scope.id;
    match assignment.scope.scope_type {
        RoleScopeType::Organization => Ok(Some(("organization", OrganizationId::from_uuid(id)))),
        RoleScopeType::Environment => {
            let found = idp.environments().find(EnvironmentId::from_uuid(id), now);
            let found = found.await?;
            Ok(found.map(|environment| ("environment", environment.organization_id)))
        }
        RoleScopeType::Application | RoleScopeType::Population => Ok(None),
    }
}

/// The requirement that the holder of a role goes on to act with it; `None` where it does not act.
async fn witness(
    idp: &Idp,
    assignment: &StoredAssignment,
    now: Timestamp,
) -> Result<Option<Change>, StoreError> {
    let environment = assignment.environment_id;
    let acts = match assignment.holder {
        Holder::Application(id) => {
            let id = ApplicationId::from_uuid(id);
            let found = idp.applications().find(environment, id, now).await?;
            found
                .filter(|application| acts(application))
                .map(|application| Applications::require_unchanged(&application))
        }
        // Nobody administers through a gateway.
        Holder::Gateway(_) | Holder::Group(_) => None,
        Holder::User(id) => {
            let users = Users::new(idp.db());
            let found = users.find(environment, UserId::from_uuid(id)).await?;
            found
                .filter(|user| user.can_authenticate(now))
                .map(|user| Users::require_unchanged(&user))
        }
    };
    Ok(acts.map(|acts| acts.and(RoleAssignments::require_held(assignment))))
}
