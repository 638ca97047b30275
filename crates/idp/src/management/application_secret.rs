//! `/environments/{environment}/applications/{application}/secret` (PingOne, "Application secret").

use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use protocol::id::EnvironmentId;
use protocol::pingone::Reference;
use protocol::secret::ClientSecret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::applications::{has_secret, subject};
use crate::access::on_application::OnApplication;
use crate::access::permissions::may;
use crate::api::body::OptionalJson;
use crate::api::hal::{Hal, Reply};
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::application_secrets::{ApplicationSecrets, ReadableSecrets};
use crate::stores::change::Change;

/// A replaced secret may keep working for a month at most, and for a minute at least.
const LONGEST_OVERLAP: SignedDuration = SignedDuration::from_hours(30 * 24);
const SHORTEST_OVERLAP: SignedDuration = SignedDuration::from_mins(1);

/// What a rotation may say.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Rotation {
    previous: Option<Previous>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Previous {
    #[serde(with = "protocol::pingone::date::Date")]
    expires_at: Timestamp,
}

/// The secrets of an application or a resource as they are shown.
#[derive(Serialize)]
pub(super) struct SecretBody {
    environment: Reference<EnvironmentId>,
    #[serde(serialize_with = "shown")]
    secret: ClientSecret,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<PreviousBody>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PreviousBody {
    #[serde(serialize_with = "shown")]
    secret: ClientSecret,
    #[serde(with = "protocol::pingone::date::Date")]
    expires_at: Timestamp,
}

impl Rotation {
    /// Until when the present secret goes on working; `None` where it stops at once.
    pub(super) fn until(
        rotation: Option<Self>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, ApiFailure> {
        let previous = rotation.and_then(|rotation| rotation.previous);
        let Some(Previous { expires_at }) = previous else {
            return Ok(None);
        };
        let overlap = expires_at.duration_since(now);
        if (SHORTEST_OVERLAP..=LONGEST_OVERLAP).contains(&overlap) {
            return Ok(Some(expires_at));
        }
        let message = "must be between one minute and 30 days ahead";
        Err(ApiFailure::invalid_value("previous.expiresAt", message))
    }
}

impl SecretBody {
    pub(super) fn new(
        environment: EnvironmentId,
        secret: ClientSecret,
        previous: Option<(ClientSecret, Timestamp)>,
    ) -> Self {
        Self {
            environment: Reference::new(environment),
            secret,
            previous: previous.map(|(secret, expires_at)| PreviousBody { secret, expires_at }),
        }
    }
}

/// The one place that writes a client secret out.
fn shown<S: Serializer>(secret: &ClientSecret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

/// The application of the path, by somebody who may see to its secret.
#[derive(Debug)]
pub(super) struct OnSecret(OnApplication<may::ManageSecrets>);

impl Deref for OnSecret {
    type Target = OnApplication<may::ManageSecrets>;

    fn deref(&self) -> &OnApplication<may::ManageSecrets> {
        &self.0
    }
}

/// Rejected as [`OnApplication`] is; of an application that is not there PingOne says no more than
/// of one without a secret.
impl FromRequestParts<Idp> for OnSecret {
    type Rejection = ApiFailure;

    async fn from_request_parts(parts: &mut Parts, idp: &Idp) -> Result<Self, ApiFailure> {
        let on = OnApplication::from_request_parts(parts, idp).await;
        on.map(Self).map_err(ApiFailure::in_general_words)
    }
}

fn representation(on: &OnSecret, secrets: ReadableSecrets) -> Hal<SecretBody> {
    let application = on.url(format_args!("applications/{}", on.application.id));
    let body = SecretBody::new(on.id(), secrets.present, secrets.previous);
    let path = format_args!("applications/{}/secret", on.application.id);
    Hal::in_environment(on.idp.urls(), on.id(), path, body).link("application", application)
}

/// A worker does not get at its own secret, and an application without one has none to show.
fn require_secret(on: &OnSecret) -> Result<(), ApiFailure> {
    if on.application() == Some(on.application.id) {
        return Err(ApiFailure::forbidden());
    }
    if has_secret(&on.application.settings) {
        Ok(())
    } else {
        Err(ApiFailure::not_found())
    }
}

pub(super) async fn read(on: OnSecret) -> Result<Reply, ApiFailure> {
    require_secret(&on)?;
    let found = on
        .idp
        .application_secrets()
        .find(on.application.id, on.now)
        .await?;
    let secrets = found.ok_or_else(ApiFailure::not_found)?;
    on.commit(
        on.id(),
        Change::new(),
        "SECRET.READ",
        subject(&on.application),
    )
    .await?;
    Reply::ok(&representation(&on, secrets))
}

/// Gives a new secret. The present one stops at once, or works until the instant that the request
/// names.
pub(super) async fn rotate(
    on: OnSecret,
    OptionalJson(rotation): OptionalJson<Rotation>,
) -> Result<Reply, ApiFailure> {
    require_secret(&on)?;
    let until = Rotation::until(rotation, on.now)?;
    let secret = ClientSecret::random(on.idp.random());
    let id = on.application.id;
    let change = on
        .idp
        .application_secrets()
        .rotate(id, &secret, until, on.idp.random(), on.now);
    on.commit(on.id(), change, "SECRET.UPDATED", subject(&on.application))
        .await?;
    let found = on.idp.application_secrets().find(id, on.now).await?;
    let secrets = found.ok_or_else(ApiFailure::conflict)?;
    Reply::ok(&representation(&on, secrets))
}

/// Makes the replaced secret worthless before its time.
pub(super) async fn drop_previous(on: OnSecret) -> Result<Reply, ApiFailure> {
    require_secret(&on)?;
    let change = ApplicationSecrets::drop_previous(on.application.id);
    on.commit(on.id(), change, "SECRET.UPDATED", subject(&on.application))
        .await?;
    Ok(Reply::no_content())
}
