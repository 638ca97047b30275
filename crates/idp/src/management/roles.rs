//! `/roles`: the built-in roles, the same in every environment; and
//! `/environments/{environment}/roles`: those, and the environment's own (PingOne, "Custom roles").
//!
//! Nobody becomes stronger by a custom role: who makes or changes one holds every permission in it,
//! wherever somebody holds it.

use protocol::id::{EnvironmentId, RoleId};
use protocol::pingone::{Reference, RoleScopeType};
use protocol::scim::{AttributeRule, AttributeRules, Operator};
use serde::Serialize;

use crate::access::allowed::{Allowed, AllowedEverywhere};
use crate::access::caller::Caller;
use crate::access::coverage::{self, Assignable, Coverage};
use crate::access::permissions::{Permission, may};
use crate::access::roles::{self, BuiltInRole, ROLES};
use crate::api::body::Json;
use crate::api::checks;
use crate::api::filter::passes;
use crate::api::hal::{Hal, Page, Reply};
use crate::api::paging::PageRequest;
use crate::api::resource::unique;
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::configuration::{Document as _, Object, Objects};
use crate::stores::custom_roles::CustomRole;
use crate::stores::role_assignments::RoleAssignments;

/// More permissions, or roles that may assign it, than this are refused.
const MOST_NAMED: usize = 500;

/// A role with what it permits.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoleBody<'a> {
    id: RoleId,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<Reference<EnvironmentId>>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(rename = "type")]
    role_type: &'static str,
    applicable_to: &'a [RoleScopeType],
    can_assign: Vec<Reference<RoleId>>,
    can_be_assigned_by: Vec<Reference<RoleId>>,
    permissions: Vec<PermissionBody<'a>>,
}

#[derive(Serialize)]
struct PermissionBody<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    classifier: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

/// The roles that a role may assign, of the built-in ones and of these.
fn can_assign(role: RoleId, custom: &[Object<CustomRole>]) -> Vec<Reference<RoleId>> {
    let built_in = ROLES
        .iter()
        .filter(|other| other.can_be_assigned_by.contains(&role))
        .map(|other| other.id);
    let custom = custom
        .iter()
        .filter(|other| {
            let by = &other.document.can_be_assigned_by;
            by.iter().any(|one| one.id == role)
        })
        .map(|other| RoleId::from_uuid(other.id));
    built_in.chain(custom).map(Reference::new).collect()
}

fn built_in<'a>(
    collection: &str,
    role: &'a BuiltInRole,
    custom: &[Object<CustomRole>],
) -> Hal<RoleBody<'a>> {
    let permission = |permission: Permission| PermissionBody {
        id: permission.id(),
        classifier: Some(permission.classifier()),
        description: Some(permission.description()),
    };
    let body = RoleBody {
        id: role.id,
        environment: None,
        name: role.name,
        description: Some(role.description),
        role_type: "PLATFORM",
        applicable_to: role.applicable_to,
        can_assign: can_assign(role.id, custom),
        can_be_assigned_by: role
            .can_be_assigned_by
            .iter()
            .map(|id| Reference::new(*id))
            .collect(),
        permissions: role.permissions().map(permission).collect(),
    };
    Hal::new(format!("{collection}/{}", role.id), body)
}

/// A custom role reads back as it was sent.
fn own<'a>(
    collection: &str,
    role: &'a Object<CustomRole>,
    custom: &[Object<CustomRole>],
) -> Hal<RoleBody<'a>> {
    let CustomRole {
        name,
        description,
        applicable_to,
        permissions,
        can_be_assigned_by,
    } = &role.document;
    let id = RoleId::from_uuid(role.id);
    let body = RoleBody {
        id,
        environment: Some(Reference::new(role.environment_id)),
        name,
        description: description.as_deref(),
        role_type: "CUSTOM",
        applicable_to,
        can_assign: can_assign(id, custom),
        can_be_assigned_by: can_be_assigned_by.clone(),
        permissions: permissions
            .iter()
            .map(|one| PermissionBody {
                id: &one.id,
                classifier: None,
                description: None,
            })
            .collect(),
    };
    Hal::new(format!("{collection}/{id}"), body)
}

/// The words that PingOne has for it.
pub(super) fn unknown(id: RoleId) -> ApiFailure {
    ApiFailure::not_found_saying(format!("There is no role with id '{id}'"))
}

pub(super) async fn list(caller: Caller) -> Result<Reply, ApiFailure> {
    let collection = caller.idp.urls().api("roles");
    let roles = ROLES.iter().map(|role| built_in(&collection, role, &[]));
    Reply::ok(&Page::whole(&collection, "roles", roles.collect()))
}

pub(super) async fn read(caller: Caller, id: PathId<RoleId>) -> Result<Reply, ApiFailure> {
    let collection = caller.idp.urls().api("roles");
    let role = roles::find_role(id.0).ok_or_else(|| unknown(id.0))?;
    Reply::ok(&built_in(&collection, role, &[]))
}

fn objects<P>(allowed: &Allowed<P>) -> Objects<'_, CustomRole> {
    Objects::new(allowed.idp.db(), allowed.idp.keyring())
}

/// All custom roles of the environment.
async fn all_of<P>(allowed: &Allowed<P>) -> Result<Vec<Object<CustomRole>>, ApiFailure> {
    let environment = allowed.id();
    let objects = objects(allowed);
    Ok(objects.list(environment, environment.as_uuid()).await?)
}

/// The built-in roles and the environment's own, as far as a filter asks for them.
pub(super) async fn list_of_environment(
    allowed: Allowed<may::ReadEnvironments>,
    page: PageRequest,
) -> Result<Reply, ApiFailure> {
    const OPERATORS: &[Operator] = &[Operator::Eq, Operator::Ne, Operator::Sw, Operator::Co];
    let rules = ["id", "name", "type"].map(|name| AttributeRule::any(name, OPERATORS));
    let filter = page.filter(&AttributeRules::new(rules))?;
    let collection = allowed.url("roles");
    let custom = all_of(&allowed).await?;
    let all = ROLES
        .iter()
        .map(|role| built_in(&collection, role, &custom))
        .chain(custom.iter().map(|role| own(&collection, role, &custom)));
    let mut found = Vec::new();
    for role in all {
        let members = serde_json::to_value(role.item()).map_err(ApiFailure::internal)?;
        if members
            .as_object()
            .is_some_and(|members| passes(filter.as_ref(), members))
        {
            found.push(role);
        }
    }
    Reply::ok(&Page::whole(&collection, "roles", found))
}

pub(super) async fn read_of_environment(
    allowed: Allowed<may::ReadEnvironments>,
    PathId(id): PathId<RoleId>,
) -> Result<Reply, ApiFailure> {
    let (collection, custom) = (allowed.url("roles"), all_of(&allowed).await?);
    if let Some(role) = roles::find_role(id) {
        return Reply::ok(&built_in(&collection, role, &custom));
    }
    let role = custom.iter().find(|role| role.id == id.as_uuid());
    Reply::ok(&own(&collection, role.ok_or_else(|| unknown(id))?, &custom))
}

type Managing = AllowedEverywhere<may::ManageCustomRoles>;

/// Refuses what no role can be, and what would make the one who asks stronger.
async fn check(allowed: &Managing, role: &CustomRole) -> Result<(), ApiFailure> {
    let name = checks::name(&role.name)?;
    if ROLES.iter().any(|one| one.name.eq_ignore_ascii_case(&name)) {
        return Err(ApiFailure::not_unique("name"));
    }
    if !(1..=4).contains(&role.applicable_to.len()) {
        let message = "must hold one to four kinds of scopes";
        return Err(ApiFailure::invalid_value("applicableTo", message));
    }
    if !(1..=MOST_NAMED).contains(&role.permissions.len()) {
        let message = "must hold 1 to 500 permissions";
        return Err(ApiFailure::invalid_value("permissions", message));
    }
    for permission in &role.permissions {
        if Permission::find(&permission.id).is_none() {
            let message = "names a permission that does not exist";
            return Err(ApiFailure::invalid_value("permissions", message));
        }
    }
    if role.can_be_assigned_by.len() > MOST_NAMED {
        let message = "must hold at most 500 roles";
        return Err(ApiFailure::invalid_value("canBeAssignedBy", message));
    }
    checks::references(&allowed.idp, allowed.id(), &role.references()).await?;
    require_held(allowed, role)
}

/// Refuses somebody who lacks, in the whole environment, a permission that the role gives.
fn require_held(allowed: &Managing, role: &CustomRole) -> Result<(), ApiFailure> {
    let holds = |permission| {
        let caller: &Caller = allowed;
        caller.coverage(permission, &allowed.environment) == Coverage::Environment
    };
    let mut given = role.permissions.iter().map(|one| Permission::find(&one.id));
    if given.all(|permission| permission.is_none_or(holds)) {
        Ok(())
    } else {
        Err(ApiFailure::forbidden())
    }
}

async fn commit(
    allowed: &Managing,
    role: &Object<CustomRole>,
    change: Change,
    event: &'static str,
) -> Result<(), ApiFailure> {
    let written = allowed.commit(allowed.id(), change, event, role).await;
    written.map_err(|error| unique(error, "name"))
}

pub(super) async fn create(
    allowed: Managing,
    Json(document): Json<CustomRole>,
) -> Result<Reply, ApiFailure> {
    check(&allowed, &document).await?;
    let role = Object::new(
        allowed.new_id(),
        allowed.id(),
        allowed.id().as_uuid(),
        document,
        allowed.now,
    );
    let change = objects(&allowed).insert(&role, allowed.idp.random())?;
    commit(&allowed, &role, change, "CUSTOM_ROLE.CREATED").await?;
    Reply::created(&own(&allowed.url("roles"), &role, &[]))
}

async fn load(allowed: &Managing, id: RoleId) -> Result<Object<CustomRole>, ApiFailure> {
    if roles::find_role(id).is_some() {
        let message = "A built-in role can not be changed";
        return Err(ApiFailure::constraint(None, message));
    }
    let found = objects(allowed).find(allowed.id(), id.as_uuid()).await?;
    found.ok_or_else(|| unknown(id))
}

pub(super) async fn replace(
    allowed: Managing,
    PathId(id): PathId<RoleId>,
    Json(document): Json<CustomRole>,
) -> Result<Reply, ApiFailure> {
    let stored = load(&allowed, id).await?;
    require_held(&allowed, &stored.document)?;
    check(&allowed, &document).await?;
    let role = stored.with(document, allowed.now);
    // Whoever holds it somewhere gets what it gives there.
    let becomes = Assignable::from(&role);
    let holders = allowed.idp.role_assignments().of_role(role.id).await?;
    for assignment in &holders {
        if let Some(located) = allowed.located(assignment.scope).await?
            && !coverage::includes(allowed.assignments(), &becomes, located)
        {
            return Err(ApiFailure::forbidden());
        }
    }
    let change = objects(&allowed)
        .overwrite(&role, allowed.idp.random())?
        .and(RoleAssignments::require_held_by(role.id, holders.len()));
    commit(&allowed, &role, change, "CUSTOM_ROLE.UPDATED").await?;
    let custom = all_of(&allowed).await?;
    Reply::ok(&own(&allowed.url("roles"), &role, &custom))
}

/// Deletes a custom role that nobody holds and no other names.
pub(super) async fn delete(
    allowed: Managing,
    PathId(id): PathId<RoleId>,
) -> Result<Reply, ApiFailure> {
    let role = load(&allowed, id).await?;
    let change = RoleAssignments::require_held_by(role.id, 0).and(Objects::delete(&role));
    let deleted = allowed.commit(allowed.id(), change, "CUSTOM_ROLE.DELETED", &role);
    match deleted.await {
        Ok(()) => Ok(Reply::no_content()),
        Err(error) if error.unmet().is_some() => {
            let message = if error.unmet() == Some(0) {
                "Somebody holds the role; take it away first."
            } else {
                "Another role names it in canBeAssignedBy; change that first."
            };
            Err(ApiFailure::constraint(None, message))
        }
        Err(error) => Err(error.into()),
    }
}
