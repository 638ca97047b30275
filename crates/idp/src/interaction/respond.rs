//! The authorization response: what a signed-on user's request is answered with.

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use platform::net::RequestId;
use protocol::id::GrantId;
use protocol::pingone::GrantTypeName;
use protocol::secret::AuthorizationCode;

use super::AuthorizationRequest;
use super::browser::Browser;
use super::response::{self, ResponseParams};
use super::still::{self, Failed, StillAdmitted};
use crate::Idp;
use crate::grants::issue::{self, RequestedTokens, Subject};
use crate::grants::scopes;
use crate::requests::failures::page::{PageError, PageFailure};
use crate::stores::applications::StoredApplication;
use crate::stores::change::Change;
use crate::stores::environments::StoredEnvironment;
use crate::stores::grants::{Grant, Grants, StoredCode};

/// A grant lives a little longer than the last token that hangs off it.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// Answers a request of a user who is signed on; `ending` is kept together with the grant,
/// so that one interaction gives one grant.
///
/// Whatever the application may do is asked once more: an administrator may have changed it while
/// the user was signing on.
pub(crate) async fn respond(
    idp: &Idp,
    environment: &StoredEnvironment,
    request: &AuthorizationRequest,
    browser: &Browser,
    ending: Change,
    id: RequestId,
    now: Timestamp,
) -> Result<Response, PageFailure> {
    let user = &browser.user;
    let still = still::is_admitted(idp, environment.id, request, user, now).await;
    let StillAdmitted {
        application,
        target,
    } = match still {
        Ok(admitted) => admitted,
        Err(Failed::Page(failure)) => return Err(failure),
        Err(Failed::Request(error)) => {
            use_up(idp, ending).await?;
            let address = &request.address;
            return Ok(response::refuse(idp, environment.id, address, &error, id));
        }
    };
    let lifetime = target.lifetime.max(refresh_lifetime(&application));
    let grant = granted(idp, request, browser, lifetime, now);
    let (code, stored) = code(idp, request, now).unzip();
    let written = ending.and(Grants::insert(&grant, stored.as_ref()));
    use_up(idp, written).await?;

    let subject = Subject {
        environment,
        application: &application,
        grant: &grant,
        user,
    };
    let params = front_channel(idp, subject, request, &target, code.as_ref(), now).await?;
    Ok(response::deliver(
        idp,
        environment.id,
        &request.address,
        params,
    ))
}

/// Writes what uses an interaction up, if there is one.
///
/// # Errors
///
/// [`PageFailure`], also where another request was faster.
pub(crate) async fn use_up(idp: &Idp, change: Change) -> Result<(), PageFailure> {
    match change.commit_unrecorded(idp).await {
        Ok(()) => Ok(()),
        Err(error) if error.unmet().is_some() => Err(PageError::FlowGone.into()),
        Err(error) => Err(error.into()),
    }
}

/// The grant that every token of the response hangs off.
fn granted(
    idp: &Idp,
    request: &AuthorizationRequest,
    browser: &Browser,
    lifetime: SignedDuration,
    now: Timestamp,
) -> Grant {
    let session = &browser.session;
    Grant {
        id: GrantId::random(idp.random()),
        environment_id: session.environment_id,
        application_id: request.address.application,
        user_id: browser.user.id,
        session_id: session.id,
        scopes: request.scopes.clone(),
        nonce: request.nonce.clone(),
        acr: request.policy.name.clone(),
        amr: session.amr.clone(),
        authenticated_at: session.authenticated_at,
        created_at: now,
        expires_at: now
            .saturating_add(lifetime + MARGIN)
            .unwrap_or(Timestamp::MAX),
        revoked_at: None,
    }
}

/// The code of the response, if it has one, and what is kept of it.
fn code(
    idp: &Idp,
    request: &AuthorizationRequest,
    now: Timestamp,
) -> Option<(AuthorizationCode, StoredCode)> {
    if !request.response_type.code {
        return None;
    }
    let code = AuthorizationCode::random(idp.random());
    let stored = StoredCode {
        digest: code.digest(),
        redirect_uri: request.address.redirect_uri.as_str().to_owned(),
        code_challenge: request.code_challenge.clone(),
        expires_at: now
            .saturating_add(idp.settings().lifetimes.authorization_code)
            .unwrap_or(Timestamp::MAX),
    };
    Some((code, stored))
}

fn refresh_lifetime(application: &StoredApplication) -> SignedDuration {
    let settings = &application.settings;
    if settings.grant_types.contains(&GrantTypeName::RefreshToken) {
        SignedDuration::from_secs(settings.refresh_token_rolling_duration)
    } else {
        SignedDuration::ZERO
    }
}

/// The members of the response. An access token comes first: there are clients that rely on it
/// (PingOne's first Python sample).
async fn front_channel(
    idp: &Idp,
    subject: Subject<'_>,
    request: &AuthorizationRequest,
    target: &scopes::Target,
    code: Option<&AuthorizationCode>,
    now: Timestamp,
) -> Result<ResponseParams, PageFailure> {
    let mut params = ResponseParams::new();
    let mut id_token = None;
    if request.response_type.has_tokens() {
        let wanted = RequestedTokens {
            access_token: request.response_type.token,
            id_token: request.response_type.id_token,
            code,
        };
        let tokens = issue::for_user(idp, subject, &request.scopes, target, wanted, now).await?;
        if let Some(access_token) = tokens.access_token {
            params.push(("access_token", access_token));
            params.push(("token_type", "Bearer".to_owned()));
            params.push(("expires_in", tokens.expires_in_seconds.to_string()));
            params.push(("scope", request.scopes.to_string()));
        }
        id_token = tokens.id_token;
    }
    if let Some(code) = code {
        params.push(("code", code.expose().to_owned()));
    }
    if let Some(id_token) = id_token {
        params.push(("id_token", id_token));
    }
    Ok(params)
}
