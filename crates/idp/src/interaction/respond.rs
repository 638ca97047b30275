//! The authorization response: what a signed-on user's request is answered with.

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use platform::net::RequestId;
use protocol::id::GrantId;
use protocol::oauth::OAuthErrorCode;
use protocol::pingone::GrantTypeName;
use protocol::secret::AuthorizationCode;

use super::AuthorizationRequest;
use super::browser::Browser;
use super::response::{self, ResponseParams, ReturnError};
use super::still;
use crate::Idp;
use crate::access::control;
use crate::grants::issue::{self, Subject, Wanted};
use crate::grants::scopes;
use crate::stores::applications::StoredApplication;
use crate::stores::authorization_codes::{AuthorizationCodes, StoredCode};
use crate::stores::change::Change;
use crate::stores::environments::StoredEnvironment;
use crate::stores::grants::{Grant, Grants};
use crate::web::failures::page::{PageError, PageFailure};

/// A grant lives a little longer than the last token that hangs off it.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// Answers a request of a user who is signed on; `finish` is kept together with the grant,
/// so that one interaction gives one grant.
///
/// Whatever the application may do is asked once more: an administrator may have changed it while
/// the user was signing on.
pub(crate) async fn respond(
    idp: &Idp,
    environment: &StoredEnvironment,
    request: &AuthorizationRequest,
    browser: &Browser,
    finish: Change,
    id: RequestId,
    now: Timestamp,
) -> Result<Response, PageFailure> {
    let Browser { session, user, .. } = browser;
    let application =
        still::application_still_answers(idp, environment.id, &request.address, now).await?;
    let refuse =
        |error: &ReturnError| response::refuse(idp, environment.id, &request.address, error, id);
    if let Err(error) = still::response_type_is_allowed(&application, request.response_type) {
        return Ok(refuse(&error));
    }
    if !control::lets_in(idp, &application, user, now).await? {
        return Ok(refuse(&ReturnError::new(
            OAuthErrorCode::AccessDenied,
            "the user is none of those who may sign on to this application",
        )));
    }
    if !request.expects(user.id) {
        return Ok(refuse(&ReturnError::new(
            OAuthErrorCode::LoginRequired,
            "another user than the one of the id_token_hint is signed on",
        )));
    }
    let granted = idp.granted().find(application.id, now).await?;
    let target = match scopes::for_user(idp, &request.scopes, &granted) {
        Ok(target) => target,
        Err(refusal) => {
            return Ok(refuse(&ReturnError::new(
                OAuthErrorCode::InvalidScope,
                refusal.to_string(),
            )));
        }
    };

    let lifetime = target.lifetime.max(refresh_lifetime(&application));
    let grant = Grant {
        id: GrantId::random(idp.random()),
        environment_id: environment.id,
        application_id: application.id,
        user_id: user.id,
        session_id: session.id,
        scopes: request.scopes.clone(),
        nonce: request.nonce.clone(),
        acr: session.acr.clone(),
        amr: session.amr.clone(),
        authenticated_at: session.authenticated_at,
        created_at: now,
        expires_at: now
            .saturating_add(lifetime + MARGIN)
            .unwrap_or(Timestamp::MAX),
        revoked_at: None,
    };
    let mut change = finish.and(Grants::insert(&grant));
    let code = request
        .response_type
        .code
        .then(|| AuthorizationCode::random(idp.random()));
    if let Some(code) = &code {
        let stored = StoredCode {
            grant_id: grant.id,
            redirect_uri: request.address.redirect_uri.as_str().to_owned(),
            code_challenge: request.code_challenge.clone(),
        };
        let expires_at = now
            .saturating_add(idp.settings().lifetimes.authorization_code)
            .unwrap_or(Timestamp::MAX);
        change = change.and(AuthorizationCodes::insert(
            &code.digest(),
            application.id,
            &stored,
            now,
            expires_at,
        ));
    }
    match change.commit_unrecorded(idp).await {
        Ok(()) => {}
        Err(error) if error.unmet().is_some() => {
            return Err(PageError::FlowGone.into());
        }
        Err(error) => return Err(error.into()),
    }

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
        let wanted = Wanted {
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
