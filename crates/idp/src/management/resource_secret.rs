//! `/environments/{environment}/resources/{resource}/secret` (PingOne, "Resource client secret").

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use protocol::id::ResourceId;
use protocol::pingone::ResourceType;
use protocol::secret::ClientSecret;

use super::application_secret::{Rotation, SecretBody};
use crate::access::allowed::AllowedEverywhere;
use crate::access::permissions::may;
use crate::api::body::OptionalJson;
use crate::api::hal::{Hal, Reply};
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::change::Change;
use crate::stores::configuration::{Object, Objects};
use crate::stores::resource_secrets::ResourceSecrets;
use crate::stores::resources::StoredResource;

/// The secrets of the path's resource, and somebody who may see them.
pub(super) struct OnSecrets {
    allowed: AllowedEverywhere<may::ManageSecrets>,
    resource: StoredResource,
    secrets: Object<ResourceSecrets>,
}

/// Rejected as [`AllowedEverywhere`] is, and with 404 without such a resource, or where it is none
/// that has a secret.
impl FromRequestParts<Idp> for OnSecrets {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let allowed = AllowedEverywhere::from_request_parts(parts, idp).await?;
        let PathId(id) = PathId::<ResourceId>::from_request_parts(parts, idp).await?;
        let resource: StoredResource = allowed.load(id).await?;
        if resource.details.resource_type != ResourceType::Custom {
            return Err(ApiFailure::not_found());
        }
        let objects = Objects::<ResourceSecrets>::new(idp.db(), idp.keyring());
        let found = objects.find_only(allowed.id(), id.as_uuid()).await?;
        Ok(Self {
            allowed,
            resource,
            secrets: found.ok_or_else(ApiFailure::not_found)?,
        })
    }
}

impl OnSecrets {
    fn show(&self, secrets: &ResourceSecrets) -> Result<Reply, ApiFailure> {
        let (allowed, id) = (&self.allowed, self.resource.id);
        let previous = secrets.previous(allowed.now);
        let body = SecretBody::new(allowed.id(), secrets.present(), previous);
        let path = format_args!("resources/{id}/secret");
        let resource = allowed.url(format_args!("resources/{id}"));
        let shown = Hal::in_environment(allowed.idp.urls(), allowed.id(), path, body);
        Reply::ok(&shown.link("resource", resource))
    }

    /// Refuses with 409 where somebody else was faster: each secret that is told is in force.
    async fn write(&self, document: ResourceSecrets) -> Result<ResourceSecrets, ApiFailure> {
        let idp = &self.allowed.idp;
        let object = self.secrets.with(document, self.allowed.now);
        let objects = Objects::new(idp.db(), idp.keyring());
        let change = objects.update_unchanged(&object, idp.random())?;
        self.commit(change, "SECRET.UPDATED").await?;
        Ok(object.document)
    }

    async fn commit(&self, change: Change, action: &'static str) -> Result<(), ApiFailure> {
        let written = self
            .allowed
            .commit(self.allowed.id(), change, action, &self.resource);
        Ok(written.await?)
    }
}

pub(super) async fn read(on: OnSecrets) -> Result<Reply, ApiFailure> {
    on.commit(Change::new(), "SECRET.READ").await?;
    on.show(&on.secrets.document)
}

/// Gives a new secret. The present one stops at once, or works until the instant that the request
/// names.
pub(super) async fn rotate(
    on: OnSecrets,
    OptionalJson(rotation): OptionalJson<Rotation>,
) -> Result<Reply, ApiFailure> {
    let until = Rotation::until(rotation, on.allowed.now)?;
    let secret = ClientSecret::random(on.allowed.idp.random());
    let secrets = on.secrets.document.clone().rotated(&secret, until);
    on.show(&on.write(secrets).await?)
}

/// Makes the replaced secret worthless before its time.
pub(super) async fn drop_previous(on: OnSecrets) -> Result<Reply, ApiFailure> {
    on.write(on.secrets.document.clone().alone()).await?;
    Ok(Reply::no_content())
}
