//! `/environments/{environment}/resources/{resource}/scopes` (PingOne, "Resource scopes").

use protocol::id::{ResourceId, ScopeId};
use protocol::oauth::Scopes;
use protocol::pingone::{ResourceScope, ResourceType};
use serde::Deserialize;

use super::resources::load as load_resource;
use super::unique;
use crate::access::allowed::{Allowed, AllowedEverywhere, PathId, may};
use crate::api::body::Json;
use crate::api::hal::{Hal, Page, Reply};
use crate::audit::Subject;
use crate::stores::resources::{Resources, StoredResource, StoredScope};
use crate::web::failures::api::ApiFailure;

/// What a scope is created or replaced with.
#[derive(Debug, Deserialize)]
pub(super) struct ScopeBody {
    name: String,
    description: Option<String>,
}

/// The two ids at the end of the path.
type Ids = (PathId<ResourceId>, PathId<ScopeId>);

fn representation<P>(allowed: &Allowed<P>, scope: &StoredScope) -> Hal<ResourceScope> {
    let resource = allowed.url(format_args!("resources/{}", scope.resource_id));
    Hal::new(format!("{resource}/scopes/{}", scope.id), scope.to_wire())
        .link(
            "environment",
            allowed
                .idp
                .urls()
                .api(format_args!("environments/{}", allowed.id())),
        )
        .link("resource", resource)
}

async fn load<P>(
    allowed: &Allowed<P>,
    (resource, scope): &Ids,
) -> Result<(StoredResource, StoredScope), ApiFailure> {
    let resource = load_resource(allowed, resource.0).await?;
    let found = Resources::new(allowed.idp.db())
        .find_scope(resource.id, scope.0)
        .await?;
    Ok((resource, found.ok_or_else(ApiFailure::not_found)?))
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
    resource: PathId<ResourceId>,
) -> Result<Reply, ApiFailure> {
    let resource = load_resource(&allowed, resource.0).await?;
    let scopes = Resources::new(allowed.idp.db())
        .list_scopes(resource.id)
        .await?;
    let scopes = scopes
        .iter()
        .map(|scope| representation(&allowed, scope))
        .collect();
    let collection = allowed.url(format_args!("resources/{}/scopes", resource.id));
    Reply::ok(&Page::whole(collection, "scopes", scopes))
}

pub(super) async fn read(
    allowed: AllowedEverywhere<may::ReadResources>,
    ids: Ids,
) -> Result<Reply, ApiFailure> {
    let (_, scope) = load(&allowed, &ids).await?;
    Reply::ok(&representation(&allowed, &scope))
}

pub(super) async fn create(
    allowed: AllowedEverywhere<may::ManageResources>,
    resource: PathId<ResourceId>,
    Json(body): Json<ScopeBody>,
) -> Result<Reply, ApiFailure> {
    let resource = load_resource(&allowed, resource.0).await?;
    valid_name(&resource, &body.name)?;
    let scope = StoredScope {
        id: ScopeId::random(allowed.idp.random()),
        environment_id: allowed.id(),
        resource_id: resource.id,
        name: body.name,
        description: body.description,
        created_at: allowed.now,
        updated_at: allowed.now,
    };
    let subject = Subject::of("SCOPE", scope.id, scope.name.as_str());
    let change = Resources::insert_scope(&scope);
    let written = allowed
        .commit(allowed.id(), change, "SCOPE.CREATED", subject)
        .await;
    written.map_err(|error| unique(error, "name"))?;
    Reply::created(&representation(&allowed, &scope))
}

pub(super) async fn replace(
    allowed: AllowedEverywhere<may::ManageResources>,
    ids: Ids,
    Json(body): Json<ScopeBody>,
) -> Result<Reply, ApiFailure> {
    let (resource, stored) = load(&allowed, &ids).await?;
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
        updated_at: allowed.now,
        ..stored
    };
    let subject = Subject::of("SCOPE", scope.id, scope.name.as_str());
    let change = Resources::update_scope(&scope);
    let written = allowed
        .commit(allowed.id(), change, "SCOPE.UPDATED", subject)
        .await;
    written.map_err(|error| unique(error, "name"))?;
    Reply::ok(&representation(&allowed, &scope))
}

pub(super) async fn delete(
    allowed: AllowedEverywhere<may::ManageResources>,
    ids: Ids,
) -> Result<Reply, ApiFailure> {
    let (resource, scope) = load(&allowed, &ids).await?;
    let is_built_in = resource.details.resource_type != ResourceType::Custom
        && valid_name(&resource, &scope.name).is_err()
        || scope.name == "openid";
    if is_built_in {
        return Err(ApiFailure::constraint(
            None,
            "A built-in scope can not be deleted",
        ));
    }
    let subject = Subject::of("SCOPE", scope.id, scope.name.as_str());
    let change = Resources::delete_scope(resource.id, scope.id);
    allowed
        .commit(allowed.id(), change, "SCOPE.DELETED", subject)
        .await?;
    Ok(Reply::no_content())
}
