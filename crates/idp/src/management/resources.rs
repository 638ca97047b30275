//! `/environments/{environment}/resources` (PingOne, "Resources").

use protocol::id::ResourceId;
use protocol::pingone::{ErrorDetail, Resource, ResourceType};
use serde::Deserialize;
use url::Url;

use super::environments::valid_name;
use super::unique;
use crate::access::allowed::{Allowed, AllowedEverywhere, PathId, may};
use crate::api::body::Json;
use crate::api::hal::{Hal, Page, Reply};
use crate::audit::Subject;
use crate::stores::resources::{ResourceDetails, Resources, StoredResource};
use crate::web::failures::api::ApiFailure;

/// PingOne's bounds of `accessTokenValiditySeconds`: five minutes to thirty days.
const LIFETIMES: std::ops::RangeInclusive<i64> = 300..=2_592_000;

/// What a resource is created or replaced with.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceBody {
    name: String,
    description: Option<String>,
    audience: Option<String>,
    access_token_validity_seconds: Option<i64>,
}

fn representation<P>(allowed: &Allowed<P>, resource: &StoredResource) -> Hal<Resource> {
    let url = allowed.url(format_args!("resources/{}", resource.id));
    let token_seconds = allowed.idp.settings().lifetimes.access_token.as_secs();
    let wire = resource.to_wire(allowed.idp.urls().audience(), token_seconds);
    Hal::new(url.as_str(), wire)
        .link(
            "environment",
            allowed
                .idp
                .urls()
                .api(format_args!("environments/{}", allowed.id())),
        )
        .link("scopes", format!("{url}/scopes"))
}

/// A resource of the environment.
pub(super) async fn load<P>(
    allowed: &Allowed<P>,
    id: ResourceId,
) -> Result<StoredResource, ApiFailure> {
    let found = Resources::new(allowed.idp.db())
        .find(allowed.id(), id)
        .await?;
    found.ok_or_else(ApiFailure::not_found)
}

fn subject(resource: &StoredResource) -> Subject {
    Subject::of("RESOURCE", resource.id, resource.details.name.as_str())
}

fn valid(body: ResourceBody) -> Result<ResourceDetails, ApiFailure> {
    if let Some(audience) = &body.audience {
        // An address is common, and any other text as good; what could pass for PingOne is not.
        let lower = audience.to_ascii_lowercase();
        let pretends = lower.contains("pingone") || lower.contains("pingidentity");
        let has_fragment = Url::parse(audience).is_ok_and(|url| url.fragment().is_some());
        if audience.trim().is_empty() || audience.len() > 2048 || pretends || has_fragment {
            let message = "must be without a fragment and must not contain pingone or pingidentity";
            return Err(ApiFailure::invalid_value("audience", message));
        }
    }
    if let Some(seconds) = body.access_token_validity_seconds
        && !LIFETIMES.contains(&seconds)
    {
        let message = "must be between 300 and 2592000";
        let target = Some("accessTokenValiditySeconds");
        let detail = ErrorDetail::new("OUT_OF_RANGE", target, message)
            .with("rangeMinimumValue", *LIFETIMES.start())
            .with("rangeMaximumValue", *LIFETIMES.end());
        return Err(ApiFailure::invalid_data(vec![detail]));
    }
    Ok(ResourceDetails {
        name: valid_name(&body.name)?,
        description: body.description,
        resource_type: ResourceType::Custom,
        audience: body.audience,
        access_token_seconds: body.access_token_validity_seconds,
    })
}

pub(super) async fn list(
    allowed: AllowedEverywhere<may::ReadResources>,
) -> Result<Reply, ApiFailure> {
    let resources = Resources::new(allowed.idp.db()).list(allowed.id()).await?;
    let resources = resources
        .iter()
        .map(|one| representation(&allowed, one))
        .collect();
    Reply::ok(&Page::whole(
        allowed.url("resources"),
        "resources",
        resources,
    ))
}

pub(super) async fn read(
    allowed: AllowedEverywhere<may::ReadResources>,
    id: PathId<ResourceId>,
) -> Result<Reply, ApiFailure> {
    Reply::ok(&representation(&allowed, &load(&allowed, id.0).await?))
}

pub(super) async fn create(
    allowed: AllowedEverywhere<may::ManageResources>,
    Json(body): Json<ResourceBody>,
) -> Result<Reply, ApiFailure> {
    let resource = StoredResource {
        id: ResourceId::random(allowed.idp.random()),
        environment_id: allowed.id(),
        details: valid(body)?,
        created_at: allowed.now,
        updated_at: allowed.now,
    };
    let change = Resources::insert(&resource)?;
    let written = allowed.commit(allowed.id(), change, "RESOURCE.CREATED", subject(&resource));
    written.await.map_err(|error| unique(error, "name"))?;
    Reply::created(&representation(&allowed, &resource))
}

/// Replaces a custom resource. Of a built-in one only the lifetime of access tokens changes.
pub(super) async fn replace(
    allowed: AllowedEverywhere<may::ManageResources>,
    id: PathId<ResourceId>,
    Json(body): Json<ResourceBody>,
) -> Result<Reply, ApiFailure> {
    let stored = load(&allowed, id.0).await?;
    let is_custom = stored.details.resource_type == ResourceType::Custom;
    let body = if is_custom {
        body
    } else {
        ResourceBody {
            audience: None,
            ..body
        }
    };
    let details = valid(body)?;
    let details = if is_custom {
        details
    } else {
        ResourceDetails {
            access_token_seconds: details.access_token_seconds,
            ..stored.details
        }
    };
    let resource = StoredResource {
        details,
        updated_at: allowed.now,
        ..stored
    };
    let change = Resources::update(&resource)?;
    let written = allowed.commit(allowed.id(), change, "RESOURCE.UPDATED", subject(&resource));
    written.await.map_err(|error| unique(error, "name"))?;
    Reply::ok(&representation(&allowed, &resource))
}

pub(super) async fn delete(
    allowed: AllowedEverywhere<may::ManageResources>,
    id: PathId<ResourceId>,
) -> Result<Reply, ApiFailure> {
    let resource = load(&allowed, id.0).await?;
    if resource.details.resource_type != ResourceType::Custom {
        return Err(ApiFailure::constraint(
            None,
            "A built-in resource can not be deleted",
        ));
    }
    let change = Resources::delete(allowed.id(), resource.id);
    allowed
        .commit(allowed.id(), change, "RESOURCE.DELETED", subject(&resource))
        .await?;
    Ok(Reply::no_content())
}
