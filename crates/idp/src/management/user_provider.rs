//! `/environments/{environment}/users/{user}/identityProvider` and `…/verifyStatus`: who keeps the
//! credentials of a user, and how far the identity is verified (PingOne, "Users").

use protocol::id::EnvironmentId;
use protocol::pingone::{IdentityProvider as WireProvider, VerifyStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::user_bodies::ProviderBody;
use super::users::{write, write_with};
use crate::access::on_user::OnUser;
use crate::access::permissions::may;
use crate::api::body::Json;
use crate::api::hal::{Hal, Reply};
use crate::configuration::identity_providers::IdentityProvider;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::configuration::{Objects, Reference, refer};
use crate::stores::users::{ForeignProvider, StoredUser};

/// The provider that a request names; `None` for this service itself.
pub(super) async fn known(
    idp: &Idp,
    environment: EnvironmentId,
    body: ProviderBody,
) -> Result<Option<ForeignProvider>, ApiFailure> {
    let here = "PING_ONE";
    let Some(id) = body.id else {
        if body.provider_type.is_some_and(|sent| sent != here) {
            let message = "needs the id of the identity provider";
            return Err(ApiFailure::invalid_value("identityProvider.id", message));
        }
        return Ok(None);
    };
    let providers = Objects::<IdentityProvider>::new(idp.db(), idp.keyring());
    let Some(found) = providers.find(environment, id).await? else {
        let message = "The identity provider does not exist.";
        return Err(ApiFailure::invalid_value("identityProvider.id", message));
    };
    Ok(Some(ForeignProvider {
        id,
        provider_type: found.document.provider_type.code().to_owned(),
    }))
}

/// What a user refers to by it.
pub(super) fn references(provider: Option<&ForeignProvider>) -> Vec<Reference> {
    let to = |provider: &ForeignProvider| {
        Reference::to_object::<IdentityProvider>("identityProvider.id", provider.id)
    };
    provider.map(to).into_iter().collect()
}

/// Who keeps the credentials.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownProvider {
    identity_provider: WireProvider,
}

/// Who is to keep them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewProvider {
    identity_provider: ProviderBody,
}

fn show<P>(on: &OnUser<P>, user: &StoredUser) -> Result<Reply, ApiFailure> {
    let identity_provider = user.to_wire(on.now).identity_provider;
    let identity_provider = identity_provider.unwrap_or_else(WireProvider::ping_one);
    Reply::ok(&Hal::new(
        format!("{}/identityProvider", on.url()),
        ShownProvider { identity_provider },
    ))
}

pub(super) async fn read(on: OnUser<may::ReadUsers>) -> Result<Reply, ApiFailure> {
    show(&on, &on.user)
}

pub(super) async fn set(
    on: OnUser<may::ManageUsers>,
    Json(body): Json<NewProvider>,
) -> Result<Reply, ApiFailure> {
    let provider = known(&on.idp, on.environment.id, body.identity_provider).await?;
    let references = references(provider.as_ref());
    let mut changed = StoredUser {
        identity_provider: provider,
        ..on.user.clone()
    };
    let refers = refer(on.environment.id, changed.id.as_uuid(), &references);
    write_with(&on, &mut changed, refers, "USER.UPDATED").await?;
    show(&on, &changed)
}

/// How far the identity of a user is verified.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verified {
    verify_status: VerifyStatus,
}

pub(super) async fn read_verify_status(on: OnUser<may::ReadUsers>) -> Result<Reply, ApiFailure> {
    let verify_status = on.user.verify_status.unwrap_or(VerifyStatus::NotInitiated);
    Reply::ok(&Hal::new(
        format!("{}/verifyStatus", on.url()),
        Verified { verify_status },
    ))
}

pub(super) async fn set_verify_status(
    on: OnUser<may::ManageUsers>,
    Json(body): Json<Verified>,
) -> Result<Reply, ApiFailure> {
    let mut changed = StoredUser {
        verify_status: Some(body.verify_status),
        ..on.user.clone()
    };
    write(&on, &mut changed, "USER.UPDATED").await?;
    Reply::ok(&Hal::new(format!("{}/verifyStatus", on.url()), body))
}
