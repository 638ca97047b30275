//! The `client_credentials` grant: [RFC 6749 §4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4).
//! Nothing is stored, so a token costs little more than its signature.

use jiff::Timestamp;
use protocol::oauth::Scopes;
use protocol::params::FormParams;
use protocol::pingone::{ApplicationType, GrantTypeName};

use super::issue::{self, TokenAnswer};
use super::scopes::{self, Target};
use crate::Idp;
use crate::access::client::Client;
use crate::requests::failures::oauth::OAuthFailure;

/// Issues an access token to an application for itself.
pub(crate) async fn issue(
    idp: &Idp,
    client: &Client,
    params: &FormParams,
    now: Timestamp,
) -> Result<TokenAnswer, OAuthFailure> {
    client.require(GrantTypeName::ClientCredentials)?;
    let requested = Scopes::parse(params.find("scope").unwrap_or_default())
        .map_err(|invalid| OAuthFailure::invalid_scope(invalid.to_string()))?;
    let is_worker = client.application.settings.application_type == ApplicationType::Worker;
    let (scopes, target) = if is_worker {
        // A worker is governed by its roles; one without any could do nothing.
        if !client.holds_a_role(idp, now).await? {
            return Err(OAuthFailure::access_denied(
                "the worker application holds no role; assign one to it",
            ));
        }
        (Scopes::default(), Target::pingone_api(idp))
    } else {
        let granted = client.granted_scopes(idp, now).await?;
        scopes::for_application(idp, &requested, &granted)
            .map_err(|refusal| OAuthFailure::invalid_scope(refusal.to_string()))?
    };
    let access_token = issue::for_application(
        idp,
        &client.environment,
        &client.application,
        &scopes,
        &target,
        now,
    )
    .await?;
    Ok(TokenAnswer {
        access_token,
        expires_in_seconds: target.lifetime.as_secs(),
        refresh_token: None,
        scopes,
        id_token: None,
    })
}
