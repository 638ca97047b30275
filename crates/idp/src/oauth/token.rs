//! The token endpoint, `POST /{environment}/as/token`:
//! [RFC 6749 §3.2](https://www.rfc-editor.org/rfc/rfc6749#section-3.2).

use axum::extract::State;
use protocol::oauth::GrantType;

use crate::Idp;
use crate::access::client::{ClientRequest, HomeClientRequest};
use crate::grants::issue::TokenAnswer;
use crate::grants::{authorization_code, client_credentials, refresh_token};
use crate::requests::failures::oauth::OAuthFailure;
use crate::requests::never_stored::NoStore;

/// Exchanges a grant for tokens.
///
/// Tokens and refusals alike are JSON that no cache may keep. A refusal carries a code of
/// RFC 6749 §5.2 and tells the client's developer what to change.
pub(crate) async fn post(
    State(idp): State<Idp>,
    request: ClientRequest,
) -> Result<NoStore<TokenAnswer>, OAuthFailure> {
    exchange(&idp, request).await
}

/// The same at `POST /as/token`, as clients ask that were given a host without an environment: the
/// environment is the client's.
pub(crate) async fn post_at_home(
    State(idp): State<Idp>,
    HomeClientRequest(request): HomeClientRequest,
) -> Result<NoStore<TokenAnswer>, OAuthFailure> {
    exchange(&idp, request).await
}

async fn exchange(idp: &Idp, request: ClientRequest) -> Result<NoStore<TokenAnswer>, OAuthFailure> {
    let ClientRequest {
        client,
        params,
        now,
    } = request;
    let answer = match GrantType::parse(params.require("grant_type")?) {
        Some(GrantType::AuthorizationCode) => {
            authorization_code::redeem(idp, &client, &params, now).await?
        }
        Some(GrantType::ClientCredentials) => {
            client_credentials::issue(idp, &client, &params, now).await?
        }
        Some(GrantType::RefreshToken) => refresh_token::rotate(idp, &client, &params, now).await?,
        None => {
            let known = GrantType::ALL.map(GrantType::as_str).join(", ");
            let told = format!("grant_type is none of {known}");
            return Err(OAuthFailure::unsupported_grant_type(told));
        }
    };
    Ok(NoStore(answer))
}
