//! The `authorization_code` grant: [RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3).

use db::StoreError;
use jiff::Timestamp;
use protocol::id::GrantId;
use protocol::oauth::{CodeVerifier, Scopes};
use protocol::params::FormParams;
use protocol::pingone::GrantTypeName;
use protocol::secret::{AuthorizationCode, AuthorizationCodeDigest, RefreshToken};
use protocol::trail::{Check, Fingerprinted, Made, Shown};

use super::issue::{self, Exchanged, TokenAnswer};
use super::refresh_token;
use super::scopes::{self, Target};
use crate::Idp;
use crate::access::client::Client;
use crate::requests::failures::oauth::OAuthFailure;
use crate::stores::authorization_codes::{AuthorizationCodes, Presented};
use crate::stores::change::Change;
use crate::stores::grants::{Grant, Grants, StoredCode};
use crate::stores::users::{StoredUser, Users};

/// A code is a UUID of 36 characters; what is much longer is none.
const LONGEST_CODE: usize = 128;

static CODE: Check = Check::new(
    "The code was issued to this application, and is not a minute old",
    "RFC 6749, 4.1.2 and 4.1.3",
    "Redeem the code at once, with the `client_id` of the authorization request; begin the sign-on \
     again",
);
static ONCE: Check = Check::new(
    "The code was not used before",
    "RFC 6749, 4.1.2 and 10.5",
    "Redeem each code once: look for a reload of the callback, a proxy that repeats requests, or two \
     handlers of one address. All tokens of this code are revoked; begin the sign-on again",
);
static REDIRECT_URI: Check = Check::new(
    "`redirect_uri` is the one of the authorization request, character by character",
    "RFC 6749, 4.1.3",
    "Send the same `redirect_uri` to both endpoints",
);
static VERIFIER: Check = Check::new(
    "`code_verifier` meets the `code_challenge` of the authorization request",
    "RFC 7636, 4.6",
    "Keep the verifier with the browser's session from one request to the other, hash it with SHA-256 \
     for S256, and make a new one for each sign-on",
);
static GRANT: Check = Check::new(
    "The grant still holds, and its user may sign on",
    "RFC 6749, 5.2 (invalid_grant)",
    "Enable or unlock the user; begin the sign-on again",
);

/// Exchanges a code for tokens.
///
/// A request that is not the code's uses it up as well, so a guess at the verifier gets one try. The
/// code is used up in the change that keeps the refresh token, whose statement refuses a revoked
/// grant, and access tokens name the grant, so a first request still under way issues nothing of
/// worth once a second one has revoked it.
pub(crate) async fn redeem(
    idp: &Idp,
    client: &Client,
    params: &FormParams,
    now: Timestamp,
) -> Result<TokenAnswer, OAuthFailure> {
    client.require(GrantTypeName::AuthorizationCode)?;
    let code = params.require("code")?;
    let print = Fingerprinted(Some(code));
    if code.len() > LONGEST_CODE {
        return CODE.judged(print, Err(unknown()));
    }
    let digest = AuthorizationCode::new(code).digest();
    let codes = AuthorizationCodes::new(idp.db());
    let (grant, code) = match codes.find(&digest, client.application.id, now).await? {
        Presented::Unused(grant, code) => (grant, code),
        Presented::Used(grant) => {
            return ONCE.judged(print, Err(used_before(idp, client, grant, now).await?));
        }
        Presented::Unknown => return CODE.judged(print, Err(unknown())),
    };
    CODE.passed(print);
    ONCE.passed(print);
    let fitting = match fit(idp, client, params, &grant, &code, now).await {
        Ok(fitting) => fitting,
        Err(failure) => {
            use_up(idp, client, &digest, Change::new(), now).await?;
            return Err(failure);
        }
    };
    let (refresh_token, kept) = fitting.refresh_token.unzip();
    use_up(idp, client, &digest, kept.unwrap_or_default(), now).await?;
    let exchanged = Exchanged {
        grant: &grant,
        user: &fitting.user,
        scopes: &fitting.scopes,
        target: &fitting.target,
    };
    Ok(issue::answer(idp, client, exchanged, refresh_token, now).await?)
}

/// What is issued for a code that is the request's.
struct Fitting {
    user: StoredUser,
    scopes: Scopes,
    target: Target,
    refresh_token: Option<(RefreshToken, Change)>,
}

/// Holds the code against the request, and its grant against what holds now.
async fn fit(
    idp: &Idp,
    client: &Client,
    params: &FormParams,
    grant: &Grant,
    code: &StoredCode,
    now: Timestamp,
) -> Result<Fitting, OAuthFailure> {
    let sent = params.find("redirect_uri");
    let address = Made(|| sent.map_or(Shown::Absent, Shown::address));
    REDIRECT_URI.judged(address, require_redirect_uri(code, params))?;
    let verifier = Fingerprinted(params.find("code_verifier"));
    VERIFIER.judged(verifier, require_verifier(code, params))?;
    if !grant.is_good(now) {
        return GRANT.judged("revoked", Err(unknown()));
    }
    let user = Users::new(idp.db())
        .find(client.environment.id, grant.user_id)
        .await?;
    let user = user
        .filter(|user| user.can_authenticate(now))
        .ok_or_else(|| OAuthFailure::invalid_grant("the user is disabled, locked or deleted"));
    let user = GRANT.judged(grant.user_id.to_string().as_str(), user)?;
    let granted = client.granted_scopes(idp, now).await?;
    let scopes = scopes::still_granted(&grant.scopes, &granted);
    let target = scopes::target(idp, &scopes, &granted)
        .map_err(|refusal| OAuthFailure::invalid_scope(refusal.to_string()))?;
    let refresh_token = refresh_token::begin(idp, client, grant, &scopes, now).await?;
    Ok(Fitting {
        user,
        scopes,
        target,
        refresh_token,
    })
}

/// Uses the code up and keeps `kept` with it.
async fn use_up(
    idp: &Idp,
    client: &Client,
    digest: &AuthorizationCodeDigest,
    kept: Change,
    now: Timestamp,
) -> Result<(), OAuthFailure> {
    let application = client.application.id;
    let change = AuthorizationCodes::use_up(digest, application, now).and(kept);
    let error = match change.commit_unrecorded(idp).await {
        Ok(()) => return Ok(()),
        Err(error) if error.unmet().is_some() => error,
        Err(error) => return Err(error.into()),
    };
    // Another request was faster, or the grant has been revoked meanwhile.
    let codes = AuthorizationCodes::new(idp.db());
    match codes.find(digest, application, now).await? {
        Presented::Used(grant) => {
            let failure = used_before(idp, client, grant, now).await?;
            ONCE.judged("another request was faster", Err(failure))
        }
        Presented::Unused(..) | Presented::Unknown => {
            tracing::debug!(%error, "a code was not used up");
            Err(unknown())
        }
    }
}

/// Revokes all that was issued for a code that was presented again.
async fn used_before(
    idp: &Idp,
    client: &Client,
    grant: GrantId,
    now: Timestamp,
) -> Result<OAuthFailure, StoreError> {
    Grants::revoke(grant, now).commit_unrecorded(idp).await?;
    tracing::warn!(%grant, application = %client.application.id, "an authorization code was used twice; its grant is revoked");
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
