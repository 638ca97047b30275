//! `/environments/{environment}/resources` (PingOne, "Resources").

use protocol::id::ResourceId;
use protocol::pingone::Code as _;
use protocol::pingone::{
    ApplicationPermissionsSettings, CorsSettings, ErrorDetail, IntrospectionAuthMethod, Resource,
    ResourceType,
};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use crate::access::allowed::{Allowed, AllowedEverywhere};
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::hal::{Hal, Reply};
use crate::api::media_router::KeptMembers;
use crate::api::members::{Body, Takes, Understood};
use crate::configuration::resource_parts;
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::stores::resources::{ResourceDetails, Resources, StoredResource};

/// What is kept of a resource, and what is not provided of it.
pub(super) const KEPT: KeptMembers = &[(
    &["applicationPermissionsSettings"],
    "No token carries the permissions.",
)];

/// PingOne's bounds of `accessTokenValiditySeconds`: five minutes to thirty days.
const LIFETIMES: std::ops::RangeInclusive<i64> = 300..=2_592_000;

/// What a resource is created or replaced with.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceBody {
    name: String,
    description: Option<String>,
    audience: Option<String>,
    access_token_validity_seconds: Option<i64>,
    introspect_endpoint_auth_method: Option<IntrospectionAuthMethod>,
    application_permissions_settings: Option<ApplicationPermissionsSettings>,
    cors_settings: Option<CorsSettings>,
    #[serde(rename = "type")]
    resource_type: Option<ResourceType>,
}

/// PingOne takes these two from environments only that may import resources.
impl Body for ResourceBody {
    const OTHERS: &'static [(&'static str, Takes)] = &[
        ("clientId", Takes::Nothing),
        ("clientSecret", Takes::Nothing),
    ];
}

fn representation<P>(allowed: &Allowed<P>, resource: &StoredResource) -> Hal<Resource> {
    let (urls, id) = (allowed.idp.urls(), resource.id);
    let lifetimes = &allowed.idp.settings().lifetimes;
    let wire = resource.to_wire(urls.audience(), lifetimes.access_token.as_secs());
    let path = format_args!("resources/{id}");
    Hal::in_environment(urls, allowed.id(), path, wire)
        .link(
            "attributes",
            allowed.url(format_args!("resources/{id}/attributes")),
        )
        .link("scopes", allowed.url(format_args!("resources/{id}/scopes")))
}

fn valid(body: ResourceBody, of_pingone_api: &str) -> Result<ResourceDetails, ApiFailure> {
    checks::cors("corsSettings.origins", body.cors_settings.as_ref())?;
    if let Some(audience) = &body.audience {
        // An address is common, and any other text as good; what could pass for PingOne is not.
        let lower = audience.to_ascii_lowercase();
        let pretends = lower.contains("pingone")
            || lower.contains("pingidentity")
            || lower == of_pingone_api.to_ascii_lowercase();
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
        name: checks::name(&body.name)?,
        description: body.description,
        resource_type: ResourceType::Custom,
        audience: body.audience,
        access_token_seconds: body.access_token_validity_seconds,
        introspection: body.introspect_endpoint_auth_method,
        application_permissions: body.application_permissions_settings.unwrap_or_default(),
        cors_settings: body.cors_settings,
    })
}

pub(super) async fn list(
    allowed: AllowedEverywhere<may::ReadResources>,
) -> Result<Reply, ApiFailure> {
    let represent = |one| representation(&allowed, &one);
    allowed
        .whole("resources", "resources", |all| all, represent)
        .await
}

pub(super) async fn read(
    allowed: AllowedEverywhere<may::ReadResources>,
    PathId(id): PathId<ResourceId>,
) -> Result<Reply, ApiFailure> {
    Reply::ok(&representation(&allowed, &allowed.load(id).await?))
}

pub(super) async fn create(
    allowed: AllowedEverywhere<may::ManageResources>,
    Understood { body, .. }: Understood<ResourceBody>,
) -> Result<Reply, ApiFailure> {
    require_type(&body, ResourceType::Custom)?;
    let ids = allowed.new_ids(format!("resources/{}", body.name));
    let resource = StoredResource {
        id: ids.id(),
        environment_id: allowed.id(),
        details: valid(body, allowed.idp.urls().audience())?,
        created_at: allowed.now,
        updated_at: allowed.now,
    };
    let secret = || allowed.new_secret();
    let parts = resource_parts::begin(&allowed.idp, &resource, &ids, secret)?;
    let change = Resources::insert(&resource)?.and(parts);
    allowed.create(&resource, change).await?;
    Reply::created(&representation(&allowed, &resource))
}

/// The type is given when a resource is made, and only custom ones are made.
fn require_type(body: &ResourceBody, is: ResourceType) -> Result<(), ApiFailure> {
    match body.resource_type {
        Some(sent) if sent != is => Err(ApiFailure::not_one_of("type", &[is.code()])),
        Some(_) | None => Ok(()),
    }
}

/// Replaces a custom resource. Of a built-in one only the lifetime of access tokens changes.
pub(super) async fn replace(
    allowed: AllowedEverywhere<may::ManageResources>,
    PathId(id): PathId<ResourceId>,
    Understood { mut body, .. }: Understood<ResourceBody>,
) -> Result<Reply, ApiFailure> {
    let stored: StoredResource = allowed.load(id).await?;
    let (urls, lifetimes) = (allowed.idp.urls(), &allowed.idp.settings().lifetimes);
    let shown = stored.to_wire(urls.audience(), lifetimes.access_token.as_secs());
    require_type(&body, stored.details.resource_type)?;
    let audience = body.audience.clone();
    let details = if stored.details.resource_type == ResourceType::Custom {
        valid(body, urls.audience())?
    } else {
        for (target, sent, is) in [
            ("name", Some(&body.name), Some(&shown.name)),
            (
                "description",
                body.description.as_ref(),
                shown.description.as_ref(),
            ),
            ("audience", audience.as_ref(), shown.audience.as_ref()),
        ] {
            if sent.is_some() && sent != is {
                let message = "can not be changed of a built-in resource";
                return Err(ApiFailure::invalid_value(target, message));
            }
        }
        // The PingOne API's own would not pass for a custom one's.
        body.audience = None;
        let ResourceDetails {
            access_token_seconds,
            ..
        } = valid(body, urls.audience())?;
        ResourceDetails {
            access_token_seconds,
            ..stored.details
        }
    };
    let resource = StoredResource {
        details,
        updated_at: allowed.now,
        ..stored
    };
    let change = Resources::update(&resource)?;
    allowed.replace(&resource, change).await?;
    Reply::ok(&representation(&allowed, &resource))
}

/// Deletes a custom resource with its scopes and all grants of it.
pub(super) async fn delete(
    allowed: AllowedEverywhere<may::ManageResources>,
    PathId(id): PathId<ResourceId>,
) -> Result<Reply, ApiFailure> {
    let resource: StoredResource = allowed.load(id).await?;
    if resource.details.resource_type != ResourceType::Custom {
        let message = "A built-in resource can not be deleted";
        return Err(ApiFailure::constraint(None, message));
    }
    let change = Resources::delete(&resource);
    allowed.delete(&resource, change).await
}
