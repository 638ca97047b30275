//! The `authorization_code` grant: [RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3).

use db::StoreError;
use jiff::Timestamp;
use protocol::id::ApplicationId;
use protocol::oauth::CodeVerifier;
use protocol::params::FormParams;
use protocol::pingone::GrantTypeName;
use protocol::secret::{AuthorizationCode, AuthorizationCodeDigest};

use super::issue::{self, Exchanged, TokenAnswer};
use super::{refresh_token, scopes};
use crate::Idp;
use crate::access::client::Client;
use crate::requests::failures::oauth::OAuthFailure;
use crate::stores::authorization_codes::AuthorizationCodes;
use crate::stores::grants::{Grants, StoredCode};
use crate::stores::users::Users;

/// A code is a UUID of 36 characters; what is much longer is none.
const LONGEST_CODE: usize = 128;

/// Exchanges a code for tokens.
///
/// The code is used up before it is held against the request, so a guess at the verifier gets one
/// try. A refresh token is stored by a statement that refuses a revoked grant, and access tokens
/// name the grant, so a first request still under way issues nothing of worth once a second one
/// has revoked it.
pub(crate) async fn redeem(
    idp: &Idp,
    client: &Client,
    params: &FormParams,
    now: Timestamp,
) -> Result<TokenAnswer, OAuthFailure> {
    client.require(GrantTypeName::AuthorizationCode)?;
    let code = params.require("code")?;
    if code.len() > LONGEST_CODE {
        return Err(unknown());
    }
    let digest = AuthorizationCode::new(code).digest();
    let application = client.application.id;
    let redeemed = AuthorizationCodes::redeem(&digest, application, now);
    let Some((grant, code)) = redeemed.commit_unrecorded(idp).await? else {
        return Err(refused(idp, &digest, application, now).await?);
    };
    require_redirect_uri(&code, params)?;
    require_verifier(&code, params)?;

    if !grant.is_good(now) {
        return Err(unknown());
    }
    let user = Users::new(idp.db())
        .find(client.environment.id, grant.user_id)
        .await?;
    let user = user
        .filter(|user| user.can_authenticate(now))
        .ok_or_else(|| OAuthFailure::invalid_grant("the user is disabled, locked or deleted"))?;
    let granted = client.granted_scopes(idp, now).await?;
    let allowed = scopes::still_granted(&grant.scopes, &granted);
    let target = scopes::target(idp, &allowed, &granted)
        .map_err(|refusal| OAuthFailure::invalid_scope(refusal.to_string()))?;

    let refresh_token = refresh_token::begin(idp, client, &grant, &allowed, now).await?;
    let exchanged = Exchanged {
        grant: &grant,
        user: &user,
        scopes: &allowed,
        target: &target,
    };
    Ok(issue::answer(idp, client, exchanged, refresh_token, now).await?)
}

/// What a code that cannot be redeemed is answered with. One that was used before has two holders,
/// and one of them is a thief: all that its grant gave is revoked.
async fn refused(
    idp: &Idp,
    digest: &AuthorizationCodeDigest,
    application: ApplicationId,
    now: Timestamp,
) -> Result<OAuthFailure, StoreError> {
    let codes = AuthorizationCodes::new(idp.db());
    let Some(grant) = codes.find_used(digest, application).await? else {
        return Ok(unknown());
    };
    Grants::revoke(grant, now).commit_unrecorded(idp).await?;
    tracing::warn!(%grant, %application, "an authorization code was used twice; its grant is revoked");
    Ok(OAuthFailure::invalid_grant(
        "this code was used before, so every token issued for it has been revoked",
    ))
}

fn unknown() -> OAuthFailure {
    OAuthFailure::invalid_grant(
        "this code is unknown or has expired; send the user to the authorization endpoint",
    )
}

/// The redirect URI has to be repeated character by character.
fn require_redirect_uri(code: &StoredCode, params: &FormParams) -> Result<(), OAuthFailure> {
    if params.find("redirect_uri") == Some(code.redirect_uri.as_str()) {
        Ok(())
    } else {
        Err(OAuthFailure::invalid_grant(
            "the redirect_uri is not the one of the authorization request",
        ))
    }
}

/// [RFC 7636 §4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6). A verifier where no
/// challenge was sent is refused too: somebody took the challenge out of the request
/// ([RFC 9700 §2.1.1](https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1)).
fn require_verifier(code: &StoredCode, params: &FormParams) -> Result<(), OAuthFailure> {
    match (&code.code_challenge, params.find("code_verifier")) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(OAuthFailure::invalid_grant(
            "a code_verifier was sent, but the authorization request had no code_challenge",
        )),
        (Some(_), None) => Err(OAuthFailure::invalid_grant("the code_verifier is missing")),
        (Some(challenge), Some(verifier)) => {
            let verifier = CodeVerifier::parse(verifier)
                .map_err(|invalid| OAuthFailure::invalid_grant(invalid.to_string()))?;
            if challenge.is_met_by(&verifier) {
                Ok(())
            } else {
                Err(OAuthFailure::invalid_grant(
                    "the code_verifier does not meet the code_challenge",
                ))
            }
        }
    }
}
