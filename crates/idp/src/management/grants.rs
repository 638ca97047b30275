//! `/environments/{environment}/applications/{application}/grants`: which scopes of which resources
//! an application may ask for (PingOne, "Application resource grants").

use db::StoreError;
use protocol::id::{ResourceGrantId, ResourceId, ScopeId};
use protocol::pingone::{Reference, ResourceGrant};
use schemars::JsonSchema;
use serde::Deserialize;

use super::unique;
use crate::access::on_application::OnApplication;
use crate::access::permissions::may;
use crate::api::body::Json;
use crate::api::hal::{Hal, Page, Reply};
use crate::audit::Subject;
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::stores::resources::{Resources, StoredResourceGrant};

/// More scopes than this are refused.
const MOST_SCOPES: usize = 200;

/// What a grant is created or replaced with.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct GrantBody {
    resource: Reference<ResourceId>,
    scopes: Vec<Reference<ScopeId>>,
}

fn collection<P>(on: &OnApplication<P>) -> String {
    on.url(format_args!("applications/{}/grants", on.application.id))
}

fn representation<P>(on: &OnApplication<P>, grant: &StoredResourceGrant) -> Hal<ResourceGrant> {
    let application = on.application.id;
    let path = format_args!("applications/{application}/grants/{}", grant.id);
    Hal::in_environment(on.idp.urls(), on.id(), path, grant.to_wire())
        .link(
            "application",
            on.url(format_args!("applications/{}", on.application.id)),
        )
        .link(
            "resource",
            on.url(format_args!("resources/{}", grant.resource_id)),
        )
}

async fn load<P>(
    on: &OnApplication<P>,
    id: ResourceGrantId,
) -> Result<StoredResourceGrant, ApiFailure> {
    let grants = Resources::new(on.idp.db())
        .list_grants(on.application.id)
        .await?;
    grants
        .into_iter()
        .find(|grant| grant.id == id)
        .ok_or_else(ApiFailure::not_found)
}

/// The scopes, each once.
fn scopes(body: &GrantBody) -> Result<Vec<ScopeId>, ApiFailure> {
    let mut scopes: Vec<_> = body.scopes.iter().map(|scope| scope.id).collect();
    scopes.sort();
    scopes.dedup();
    match scopes.len() {
        0 => Err(ApiFailure::required_value("scopes")),
        1..=MOST_SCOPES => Ok(scopes),
        _ => Err(ApiFailure::invalid_value(
            "scopes",
            "must hold at most 200 scopes",
        )),
    }
}

/// A scope that is none of the resource's leaves its requirement unmet.
fn refused(error: StoreError) -> ApiFailure {
    if error.unmet().is_some() {
        ApiFailure::invalid_value("scopes", "The scope is not one of the resource.")
    } else {
        unique(error, "resource")
    }
}

pub(super) async fn list(on: OnApplication<may::ReadApplications>) -> Result<Reply, ApiFailure> {
    let grants = Resources::new(on.idp.db())
        .list_grants(on.application.id)
        .await?;
    let grants = grants
        .iter()
        .map(|grant| representation(&on, grant))
        .collect();
    Reply::ok(&Page::whole(collection(&on), "grants", grants))
}

pub(super) async fn read(
    on: OnApplication<may::ReadApplications>,
    id: PathId<ResourceGrantId>,
) -> Result<Reply, ApiFailure> {
    let grant = load(&on, id.0).await?;
    Reply::ok(&representation(&on, &grant))
}

pub(super) async fn create(
    on: OnApplication<may::ManageApplications>,
    Json(body): Json<GrantBody>,
) -> Result<Reply, ApiFailure> {
    let resources = Resources::new(on.idp.db());
    let Some(resource) = resources.find(on.id(), body.resource.id).await? else {
        return Err(ApiFailure::invalid_value(
            "resource",
            "The resource does not exist.",
        ));
    };
    let grant = StoredResourceGrant {
        id: ResourceGrantId::from_uuid(on.new_id()),
        environment_id: on.id(),
        application_id: on.application.id,
        resource_id: resource.id,
        scopes: scopes(&body)?,
        created_at: on.now,
        updated_at: on.now,
    };
    let subject = Subject::of("GRANT", grant.id, resource.details.name);
    let change = Resources::insert_grant(&grant);
    on.commit(on.id(), change, "GRANT.CREATED", subject)
        .await
        .map_err(refused)?;
    Reply::created(&representation(&on, &grant))
}

/// Replaces the scopes; the resource of a grant stays.
pub(super) async fn replace(
    on: OnApplication<may::ManageApplications>,
    id: PathId<ResourceGrantId>,
    Json(body): Json<GrantBody>,
) -> Result<Reply, ApiFailure> {
    let stored = load(&on, id.0).await?;
    if body.resource.id != stored.resource_id {
        let message = "The resource of a grant can not be changed.";
        return Err(ApiFailure::invalid_value("resource", message));
    }
    let grant = StoredResourceGrant {
        scopes: scopes(&body)?,
        updated_at: on.now,
        ..stored
    };
    let subject = Subject::of("GRANT", grant.id, "");
    let change = Resources::update_grant(&grant);
    on.commit(on.id(), change, "GRANT.UPDATED", subject)
        .await
        .map_err(refused)?;
    Reply::ok(&representation(&on, &grant))
}

pub(super) async fn delete(
    on: OnApplication<may::ManageApplications>,
    id: PathId<ResourceGrantId>,
) -> Result<Reply, ApiFailure> {
    let grant = load(&on, id.0).await?;
    let subject = Subject::of("GRANT", grant.id, "");
    let change = Resources::delete_grant(on.application.id, grant.id);
    on.commit(on.id(), change, "GRANT.DELETED", subject).await?;
    Ok(Reply::no_content())
}
