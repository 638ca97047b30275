//! The revocation endpoint, `POST /{environment}/as/revoke`:
//! [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009).
//!
//! A token hangs off its grant, and revoking one revokes the grant with everything that hangs off
//! it: the other tokens of the same sign-on (§2.1). An unknown or foreign token is answered like a
//! known one (§2.2).

use axum::extract::State;
use axum::http::StatusCode;
use protocol::jose::AudienceCheck;
use protocol::secret::{AccessToken, RefreshToken};

use super::bearer::{self, BearerRefusal};
use super::client::ClientRequest;
use crate::Idp;
use crate::errors::oauth::OAuthFailure;
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
        None => match bearer::accept(
            &idp,
            &AccessToken::new(token),
            AudienceCheck::AnyResource,
            now,
        )
        .await
        {
            Ok(bearer) if bearer.application.id == client.application.id => {
                bearer.grant.map(|grant| grant.id)
            }
            Err(BearerRefusal::Keys(error)) => return Err(error.into()),
            Err(BearerRefusal::Store(error)) => return Err(error.into()),
            Ok(_) | Err(_) => None,
        },
    };
    if let Some(grant) = grant {
        Grants::new(idp.db()).revoke(grant, now).await?;
    }
    Ok(StatusCode::OK)
}
