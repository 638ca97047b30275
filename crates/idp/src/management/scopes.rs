//! `/environments/{environment}/resources/{resource}/scopes` (PingOne, "Resource scopes").

use db::Statement;
use protocol::id::{ResourceId, ScopeId};
use protocol::oauth::Scopes;
use protocol::pingone::{ResourceScope, ResourceType};
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use crate::access::allowed::{Allowed, AllowedEverywhere};
use crate::access::permissions::may;
use crate::api::body::Json;
use crate::api::hal::{Hal, Reply};
use crate::founding::environment::OPENID_SCOPES;
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::Objects;
use crate::stores::resource_attributes::ResourceAttribute;
use crate::stores::resources::{Opened, ResourceScopes, StoredResource, StoredScope};

/// More attributes or claims than this are refused.
const MOST_OPENED: usize = 200;

/// What a scope is created or replaced with.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScopeBody {
    name: String,
    description: Option<String>,
    schema_attributes: Option<Vec<String>>,
    mapped_claims: Option<Vec<Uuid>>,
}

/// The two ids at the end of the path.
type Ids = (PathId<ResourceId>, PathId<ScopeId>);

fn representation<P>(allowed: &Allowed<P>, scope: &StoredScope) -> Hal<ResourceScope> {
    let resource = format!("resources/{}", scope.resource_id);
    let path = format_args!("{resource}/scopes/{}", scope.id);
    Hal::in_environment(allowed.idp.urls(), allowed.id(), path, scope.to_wire())
        .link("resource", allowed.url(&resource))
}

async fn load<P>(
    allowed: &Allowed<P>,
    (PathId(resource), PathId(scope)): Ids,
) -> Result<(StoredResource, StoredScope), ApiFailure> {
    let resource: StoredResource = allowed.load(resource).await?;
    let scope: StoredScope = allowed.load(scope).await?;
    if scope.resource_id == resource.id {
        Ok((resource, scope))
    } else {
        Err(ApiFailure::not_found())
    }
}

/// Whether a scope is one that the resource has from the beginning.
fn is_built_in(resource: &StoredResource, name: &str) -> bool {
    match resource.details.resource_type {
        ResourceType::Custom => false,
        ResourceType::OpenidConnect => OPENID_SCOPES.iter().any(|(one, _)| *one == name),
        ResourceType::PingoneApi => !is_copy(name),
    }
}

/// Scopes of the PingOne API have meanings of their own; only copies of two can be made.
fn is_copy(name: &str) -> bool {
    let suffix = |prefix| name.strip_prefix(prefix);
    ["p1:read:user:", "p1:update:user:"]
        .into_iter()
        .any(|prefix| suffix(prefix).is_some_and(|suffix| !suffix.is_empty()))
}

fn check_name(resource: &StoredResource, name: &str) -> Result<(), ApiFailure> {
    let is_one = Scopes::parse(name).is_ok_and(|scopes| scopes.iter().eq([name]));
    if !is_one || name.len() > 256 {
        return Err(ApiFailure::invalid_value(
            "name",
            "must be a scope of RFC 6749 §3.3",
        ));
    }
    match resource.details.resource_type {
        ResourceType::PingoneApi if !is_copy(name) => Err(ApiFailure::invalid_value(
            "name",
            "must begin with p1:read:user: or p1:update:user:",
        )),
        ResourceType::Custom | ResourceType::OpenidConnect if name.starts_with("p1:") => {
            Err(ApiFailure::invalid_value("name", "must not begin with p1:"))
        }
        ResourceType::Custom | ResourceType::OpenidConnect | ResourceType::PingoneApi => Ok(()),
    }
}

/// The attributes of the resource `openid`, which its scopes give as claims.
async fn known_claims<P>(
    allowed: &Allowed<P>,
    resource: &StoredResource,
) -> Result<Vec<Uuid>, ApiFailure> {
    if resource.details.resource_type != ResourceType::OpenidConnect {
        return Ok(Vec::new());
    }
    let objects = Objects::<ResourceAttribute>::new(allowed.idp.db(), allowed.idp.keyring());
    let found = objects.list(allowed.id(), resource.id.as_uuid()).await?;
    Ok(found.into_iter().map(|attribute| attribute.id).collect())
}

/// An attribute that was deleted is no claim of any scope.
fn forget_unknown(scope: &mut StoredScope, known: &[Uuid]) {
    if let Some(claims) = &mut scope.opens.mapped_claims {
        claims.retain(|claim| known.contains(claim));
    }
}

/// What a body makes a scope open, as far as its resource lets it.
async fn opened<P>(
    allowed: &Allowed<P>,
    resource: &StoredResource,
    body: &ScopeBody,
) -> Result<Opened, ApiFailure> {
    let opens_attributes = resource.details.resource_type == ResourceType::PingoneApi
        && (is_copy(&body.name) || matches!(&*body.name, "p1:read:user" | "p1:update:user"));
    let paths = body.schema_attributes.as_deref().unwrap_or_default();
    let refuse = |target, message| Err(ApiFailure::invalid_value(target, message));
    if !paths.is_empty() && *paths != ["*"] && !opens_attributes {
        let message = "is for the scopes p1:read:user and p1:update:user and their copies";
        return refuse("schemaAttributes", message);
    }
    let is_path = |path: &String| {
        let is_part = |c: char| c.is_alphanumeric() || "._-".contains(c);
        path == "*" || !path.is_empty() && path.len() <= 256 && path.chars().all(is_part)
    };
    let has_all = paths.iter().any(|path| path == "*");
    if paths.len() > MOST_OPENED || !paths.iter().all(is_path) || has_all && paths.len() > 1 {
        let message = "must hold * alone, or at most 200 paths such as name.given";
        return refuse("schemaAttributes", message);
    }
    let claims = body.mapped_claims.as_deref().unwrap_or_default();
    if !claims.is_empty() && resource.details.resource_type != ResourceType::OpenidConnect {
        let message = "is for scopes of the resource openid";
        return refuse("mappedClaims", message);
    }
    if claims.len() > MOST_OPENED {
        return refuse("mappedClaims", "must hold at most 200 ids");
    }
    if !claims.is_empty() {
        let known = known_claims(allowed, resource).await?;
        if !claims.iter().all(|claim| known.contains(claim)) {
            let message = "names an attribute that the resource does not have";
            return refuse("mappedClaims", message);
        }
    }
    Ok(Opened {
        schema_attributes: body.schema_attributes.clone(),
        mapped_claims: body.mapped_claims.clone(),
    })
}

pub(super) async fn list(
    allowed: AllowedEverywhere<may::ReadResources>,
    PathId(id): PathId<ResourceId>,
) -> Result<Reply, ApiFailure> {
    let resource: StoredResource = allowed.load(id).await?;
    let path = format!("resources/{}/scopes", resource.id);
    let of_resource = |all: Statement| {
        let all = all.push(" AND resource_id = ");
        all.push_bind(resource.id.as_uuid())
    };
    let known = known_claims(&allowed, &resource).await?;
    let represent = |mut scope| {
        forget_unknown(&mut scope, &known);
        representation(&allowed, &scope)
    };
    allowed.whole(&path, "scopes", of_resource, represent).await
}

pub(super) async fn read(
    allowed: AllowedEverywhere<may::ReadResources>,
    ids: Ids,
) -> Result<Reply, ApiFailure> {
    let (resource, mut scope) = load(&allowed, ids).await?;
    forget_unknown(&mut scope, &known_claims(&allowed, &resource).await?);
    Reply::ok(&representation(&allowed, &scope))
}

pub(super) async fn create(
    allowed: AllowedEverywhere<may::ManageResources>,
    PathId(id): PathId<ResourceId>,
    Json(body): Json<ScopeBody>,
) -> Result<Reply, ApiFailure> {
    let resource: StoredResource = allowed.load(id).await?;
    check_name(&resource, &body.name)?;
    let opens = opened(&allowed, &resource, &body).await?;
    let (id, created_at) = allowed.identity::<StoredScope>(None);
    let scope = StoredScope {
        id,
        environment_id: allowed.id(),
        resource_id: resource.id,
        name: body.name,
        description: body.description,
        opens,
        created_at,
        updated_at: allowed.now,
    };
    let change = ResourceScopes::insert(&scope)?;
    allowed.create(&scope, change).await?;
    Reply::created(&representation(&allowed, &scope))
}

pub(super) async fn replace(
    allowed: AllowedEverywhere<may::ManageResources>,
    ids: Ids,
    Json(body): Json<ScopeBody>,
) -> Result<Reply, ApiFailure> {
    let (resource, stored) = load(&allowed, ids).await?;
    if body.name != stored.name {
        if is_built_in(&resource, &stored.name) {
            let message = "The name of this scope can not be changed.";
            return Err(ApiFailure::invalid_value("name", message));
        }
        check_name(&resource, &body.name)?;
    }
    let opens = opened(&allowed, &resource, &body).await?;
    let scope = StoredScope {
        name: body.name,
        description: body.description,
        opens,
        updated_at: allowed.now,
        ..stored
    };
    let change = ResourceScopes::update(&scope)?;
    allowed.replace(&scope, change).await?;
    Reply::ok(&representation(&allowed, &scope))
}

/// Deletes a scope, and takes it from everybody whom it was granted to.
pub(super) async fn delete(
    allowed: AllowedEverywhere<may::ManageResources>,
    ids: Ids,
) -> Result<Reply, ApiFailure> {
    let (resource, scope) = load(&allowed, ids).await?;
    if is_built_in(&resource, &scope.name) {
        let message = "A built-in scope can not be deleted";
        return Err(ApiFailure::constraint(None, message));
    }
    let change = ResourceScopes::delete(&scope);
    allowed.delete(&scope, change).await
}
