//! `/roles`: the built-in roles, the same in every environment.

use protocol::id::RoleId;
use protocol::pingone::{Reference, Role};
use serde::Serialize;

use crate::access::allowed::Allowed;
use crate::access::caller::Caller;
use crate::access::permissions::may;
use crate::access::roles::{self, BuiltInRole, ROLES};
use crate::api::hal::{Hal, Page, Reply};
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;

/// A role with what it permits.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoleBody {
    #[serde(flatten)]
    role: Role,
    /// Always `PLATFORM`: there are no custom roles.
    #[serde(rename = "type")]
    role_type: &'static str,
    can_be_assigned_by: Vec<Reference<RoleId>>,
    permissions: Vec<PermissionBody>,
}

#[derive(Serialize)]
struct PermissionBody {
    id: &'static str,
}

fn representation(collection: &str, role: &BuiltInRole) -> Hal<RoleBody> {
    let body = RoleBody {
        role: Role::new(role.id, role.name, role.description, role.applicable_to),
        role_type: "PLATFORM",
        can_be_assigned_by: role
            .can_be_assigned_by
            .iter()
            .map(|id| Reference::new(*id))
            .collect(),
        permissions: role
            .permissions()
            .map(|p| PermissionBody { id: p.id() })
            .collect(),
    };
    Hal::new(format!("{collection}/{}", role.id), body)
}

fn all(collection: &str) -> Result<Reply, ApiFailure> {
    let roles = ROLES
        .iter()
        .map(|role| representation(collection, role))
        .collect();
    Reply::ok(&Page::whole(collection, "roles", roles))
}

fn one(collection: &str, id: RoleId) -> Result<Reply, ApiFailure> {
    let role = roles::find_role(id).ok_or_else(|| unknown(id))?;
    Reply::ok(&representation(collection, role))
}

/// The words that PingOne has for it.
pub(super) fn unknown(id: RoleId) -> ApiFailure {
    ApiFailure::not_found_saying(format!("There is no role with id '{id}'"))
}

pub(super) async fn list(caller: Caller) -> Result<Reply, ApiFailure> {
    all(&caller.idp.urls().api("roles"))
}

pub(super) async fn read(caller: Caller, id: PathId<RoleId>) -> Result<Reply, ApiFailure> {
    one(&caller.idp.urls().api("roles"), id.0)
}

pub(super) async fn list_of_environment(
    allowed: Allowed<may::ReadEnvironments>,
) -> Result<Reply, ApiFailure> {
    all(&allowed.url("roles"))
}

pub(super) async fn read_of_environment(
    allowed: Allowed<may::ReadEnvironments>,
    id: PathId<RoleId>,
) -> Result<Reply, ApiFailure> {
    one(&allowed.url("roles"), id.0)
}
