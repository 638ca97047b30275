//! Who asks about a token: an application, or the resource that the token is for (PingOne, "Token
//! introspection").

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId, ResourceId};
use protocol::params::FormParams;
use protocol::pingone::{IntrospectionAuthMethod, ResourceType};

use super::client::{self, Asked, Client, Proof};
use crate::Idp;
use crate::requests::failures::oauth::OAuthFailure;
use crate::stores::configuration::Objects;
use crate::stores::environments::StoredEnvironment;
use crate::stores::resource_secrets::ResourceSecrets;
use crate::stores::resources::{Resources, StoredResource};

/// Who asks about a token, and has proven it.
pub(crate) enum Introspector {
    /// An application, about its own tokens.
    Application(Client),
    /// A resource, about tokens that are for it.
    Resource(Arc<StoredEnvironment>, StoredResource),
}

/// A request of somebody who asks about a token, and the instant at which it arrived.
pub(crate) struct IntrospectionRequest {
    pub(crate) introspector: Introspector,
    pub(crate) params: FormParams,
    pub(crate) now: Timestamp,
}

impl FromRequest<Idp> for IntrospectionRequest {
    type Rejection = Response;

    async fn from_request(request: Request, idp: &Idp) -> Result<Self, Response> {
        let asked = Asked::read(request, idp).await?;
        let introspector = introspector(idp, &asked).await;
        Ok(Self {
            introspector: introspector.map_err(IntoResponse::into_response)?,
            params: asked.params,
            now: asked.now,
        })
    }
}

async fn introspector(idp: &Idp, asked: &Asked) -> Result<Introspector, OAuthFailure> {
    if let Some(environment) = &asked.environment
        && let Some(resource) = resource(idp, asked, environment.id).await?
    {
        let settings = resource.details.cors_settings.as_ref();
        client::require_allowed(settings, asked.origin.as_ref())?;
        return Ok(Introspector::Resource(Arc::clone(environment), resource));
    }
    let client = client::authenticate(idp, asked).await?;
    client::require_origin(&client.application, asked.origin.as_ref())?;
    Ok(Introspector::Application(client))
}

/// The resource that asks, if what the request names is one.
async fn resource(
    idp: &Idp,
    asked: &Asked,
    environment: EnvironmentId,
) -> Result<Option<StoredResource>, OAuthFailure> {
    let (id, proof) = asked.presented()?;
    let now = asked.now;
    // Most who ask are applications, which are kept in memory.
    if let Ok(id) = ApplicationId::parse(&id)
        && idp
            .applications()
            .find(environment, id, now)
            .await?
            .is_some()
    {
        return Ok(None);
    }
    let Ok(id) = ResourceId::parse(&id) else {
        return Ok(None);
    };
    let resources = Resources::new(idp.db());
    let found = resources.find(environment, id).await?;
    let found = found.filter(|one| one.details.resource_type == ResourceType::Custom);
    let Some(resource) = found else {
        return Ok(None);
    };
    let ((IntrospectionAuthMethod::ClientSecretBasic, Proof::Basic(secret))
    | (IntrospectionAuthMethod::ClientSecretPost, Proof::Post(secret))) =
        (resource.introspection(), proof)
    else {
        let refusal = OAuthFailure::invalid_client("Unsupported authentication method");
        return Err(asked.challenged(refusal));
    };
    let secrets = Objects::<ResourceSecrets>::new(idp.db(), idp.keyring());
    let secrets = secrets.find_only(environment, id.as_uuid()).await?;
    if secrets.is_some_and(|secrets| secrets.document.matches(&secret, now)) {
        Ok(Some(resource))
    } else {
        Err(asked.challenged(client::unknown_client()))
    }
}
