//! The revocation endpoint, `POST /{environment}/as/revoke`:
//! [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009).
//!
//! A token hangs off its grant, and revoking one revokes the grant with everything that hangs off
//! it: the other tokens of the same sign-on (§2.1). An unknown or foreign token is answered like a
//! known one (§2.2).

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use protocol::id::GrantId;
use protocol::jose::AudienceCheck;
use protocol::secret::{AccessToken, RefreshToken};

use crate::Idp;
use crate::access::bearer::{self, BearerRefusal};
use crate::access::client::{Client, ClientRequest};
use crate::requests::failures::oauth::OAuthFailure;
use crate::stores::grants::Grants;
use crate::stores::refresh_tokens::RefreshTokens;

/// Makes a token of the application worthless. 200 says that it is.
pub(crate) async fn post(
    State(idp): State<Idp>,
    ClientRequest {
        client,
        params,
        now,
    }: ClientRequest,
) -> Result<StatusCode, OAuthFailure> {
    let token = params.require("token")?;
    let stored = RefreshTokens::new(idp.db())
        .find(&RefreshToken::new(token).digest())
        .await?;
    let grant = match stored {
        Some(stored) => (stored.application_id == client.application.id).then_some(stored.grant_id),
        None => grant_of(&idp, &client, &AccessToken::new(token), now).await?,
    };
    if let Some(grant) = grant {
        Grants::revoke(grant, now).commit_unrecorded(&idp).await?;
    }
    Ok(StatusCode::OK)
}

/// The grant of an access token that is the client's own.
///
/// A token whose user is disabled or locked just now is revoked like any other: it would be good
/// again as soon as the user is.
async fn grant_of(
    idp: &Idp,
    client: &Client,
    token: &AccessToken,
    now: Timestamp,
) -> Result<Option<GrantId>, OAuthFailure> {
    match bearer::verify(idp, token, AudienceCheck::AnyResource, now).await {
        Ok((environment, claims)) => {
            let is_own = environment == client.environment.id
                && claims.client_id == client.application.id.to_string();
            let grant = claims.grant_id.filter(|_| is_own);
            Ok(grant.and_then(|id| GrantId::parse(&id).ok()))
        }
        Err(BearerRefusal::Keys(error)) => Err(error.into()),
        Err(BearerRefusal::Store(error)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}
