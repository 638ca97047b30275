//! `/environments/{environment}/resources/{resource}/scopes` (PingOne, "Resource scopes").

use db::Statement;
use protocol::id::{ResourceId, ScopeId};
use protocol::oauth::Scopes;
use protocol::pingone::{ResourceScope, ResourceType};
use serde::Deserialize;

use crate::access::allowed::{Allowed, AllowedEverywhere};
use crate::access::permissions::may;
use crate::api::hal::{Hal, Reply};
use crate::api::members::{Body, Takes, Understood};
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::stores::resources::{ResourceScopes, StoredResource, StoredScope};

/// What a scope is created or replaced with.
#[derive(Debug, Deserialize)]
pub(super) struct ScopeBody {
    name: String,
    description: Option<String>,
}

impl Body for ScopeBody {
    const OTHERS: &'static [(&'static str, Takes)] = &[
        ("mappedClaims", Takes::One(&["[]"])),
        ("schemaAttributes", Takes::One(&[r#"["*"]"#])),
    ];
}

/// The two ids at the end of the path.
type Ids = (PathId<ResourceId>, PathId<ScopeId>);

fn representation<P>(allowed: &Allowed<P>, scope: &StoredScope) -> Hal<ResourceScope> {
    let resource = format!("resources/{}", scope.resource_id);
    let path = format_args!("{resource}/scopes/{}", scope.id);
    Hal::in_environment(allowed.idp.urls(), allowed.id(), path, scope.to_wire())
        .also(&scope.also)
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

/// Scopes of the PingOne API have meanings of their own; only copies of two can be made.
fn valid_name(resource: &StoredResource, name: &str) -> Result<(), ApiFailure> {
    let is_one = Scopes::parse(name).is_ok_and(|scopes| scopes.iter().eq([name]));
    if !is_one || name.len() > 256 {
        return Err(ApiFailure::invalid_value(
            "name",
            "must be a scope of RFC 6749 §3.3",
        ));
    }
    let is_copy = ["p1:read:user:", "p1:update:user:"].iter().any(|prefix| {
        name.strip_prefix(prefix)
            .is_some_and(|suffix| !suffix.is_empty())
    });
    match resource.details.resource_type {
        ResourceType::PingoneApi if !is_copy => Err(ApiFailure::invalid_value(
            "name",
            "must begin with p1:read:user: or p1:update:user:",
        )),
        ResourceType::Custom | ResourceType::OpenidConnect if name.starts_with("p1:") => {
            Err(ApiFailure::invalid_value("name", "must not begin with p1:"))
        }
        ResourceType::Custom | ResourceType::OpenidConnect | ResourceType::PingoneApi => Ok(()),
    }
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
    let represent = |scope| representation(&allowed, &scope);
    allowed.whole(&path, "scopes", of_resource, represent).await
}

pub(super) async fn read(
    allowed: AllowedEverywhere<may::ReadResources>,
    ids: Ids,
) -> Result<Reply, ApiFailure> {
    let (_, scope) = load(&allowed, ids).await?;
    Reply::ok(&representation(&allowed, &scope))
}

pub(super) async fn create(
    allowed: AllowedEverywhere<may::ManageResources>,
    PathId(id): PathId<ResourceId>,
    Understood { body, also }: Understood<ScopeBody>,
) -> Result<Reply, ApiFailure> {
    let resource: StoredResource = allowed.load(id).await?;
    valid_name(&resource, &body.name)?;
    let (id, created_at) = allowed.identity::<StoredScope>(None);
    let scope = StoredScope {
        id,
        environment_id: allowed.id(),
        resource_id: resource.id,
        name: body.name,
        description: body.description,
        also,
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
    Understood { body, also }: Understood<ScopeBody>,
) -> Result<Reply, ApiFailure> {
    let (resource, stored) = load(&allowed, ids).await?;
    if body.name != stored.name {
        valid_name(&resource, &body.name)?;
        if resource.details.resource_type != ResourceType::Custom {
            let message = "The name of this scope can not be changed.";
            return Err(ApiFailure::invalid_value("name", message));
        }
    }
    let scope = StoredScope {
        name: body.name,
        description: body.description,
        also,
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
    let is_built_in = resource.details.resource_type != ResourceType::Custom
        && valid_name(&resource, &scope.name).is_err()
        || scope.name == "openid";
    if is_built_in {
        let message = "A built-in scope can not be deleted";
        return Err(ApiFailure::constraint(None, message));
    }
    let change = ResourceScopes::delete(&scope);
    allowed.delete(&scope, change).await
}
