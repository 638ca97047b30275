//! `GET /login`: the authentication request.
//! [OpenID Connect Core §3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest).

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header;
use http::request::Parts;
use jiff::SignedDuration;
use pingone::auth::{Authorization, AuthorizationRequest, Prompt, ResponseMode};
use protocol::params::FormParams;
use tower_sessions::Session;
use url::Url;

use crate::pending::PendingSignOn;
use crate::settings::{LOGIN, LOGOUT};
use crate::sign_on::pages::PageRequest;
use crate::{AccessTokenError, GrantType, ReturnTo, SignOn, SignOnFailure, binding, session};

/// Sends the browser to the provider. `return_to` names the page to come back to; `fresh` asks for
/// the password in any case; `login_hint` is passed on.
pub(crate) async fn begin(
    State(sign_on): State<SignOn>,
    session: Session,
    RawQuery(query): RawQuery,
    parts: Parts,
) -> Response {
    let answer = try_to_begin(&sign_on, &session, query.as_deref().unwrap_or(""), &parts).await;
    match answer {
        Ok(response) => response,
        Err(failure) => {
            let request = PageRequest {
                sign_on: &sign_on,
                session: &session,
                parts: &parts,
            };
            sign_on.pages().failed(failure, request).await
        }
    }
}

async fn try_to_begin(
    sign_on: &SignOn,
    session: &Session,
    query: &str,
    parts: &Parts,
) -> Result<Response, SignOnFailure> {
    let params = FormParams::parse(query.as_bytes())
        .map_err(|error| SignOnFailure::Malformed(error.to_string()))?;
    // A page of another site is nothing to complain about to a visitor: the start page will do.
    let return_to = params
        .find("return_to")
        .and_then(|text| ReturnTo::parse(text).ok());
    let return_to = return_to
        .filter(|path| is_worth_returning(sign_on, path))
        .unwrap_or_default();

    if sign_on.grant_type() == GrantType::ClientCredentials {
        return sign_on_application(sign_on, session, &return_to, parts).await;
    }

    let request = request(sign_on, &params)?;
    let Authorization { url, pending, .. } = sign_on.client().authorize(&request).await?;
    let pending = PendingSignOn {
        authorization: pending,
        return_to,
        began_at: sign_on.now(),
    };
    sign_on.prepare().await;
    remember(sign_on, session, pending, parts, &url).await
}

fn request(sign_on: &SignOn, params: &FormParams) -> Result<AuthorizationRequest, SignOnFailure> {
    let settings = sign_on.settings();
    let mut request = AuthorizationRequest::new(settings.redirect_uri.clone())
        .scopes(settings.scopes.clone())
        .response_type(settings.requested_response_type());
    if let Some(mode) = settings.response_mode {
        request = request.response_mode(mode);
    }
    if !settings.acr_values.is_empty() {
        request = request.acr_values(settings.acr_values.join(" "));
    }
    let is_fresh_wanted = params.find("fresh").is_some();
    let prompt = if is_fresh_wanted {
        Some("login")
    } else {
        settings.prompt.as_deref()
    };
    if let Some(prompt) = prompt {
        let prompts = Prompt::parse_all(prompt)
            .map_err(|error| SignOnFailure::Malformed(error.to_string()))?;
        request = request.prompts(prompts);
    }
    let max_age = if is_fresh_wanted {
        Some(0)
    } else {
        settings.max_age_seconds
    };
    if let Some(seconds) = max_age {
        request = request.max_age(SignedDuration::from_secs(seconds));
    }
    Ok(match params.find("login_hint") {
        Some(hint) => request.login_hint(hint),
        None => request,
    })
}

async fn remember(
    sign_on: &SignOn,
    session: &Session,
    pending: PendingSignOn,
    parts: &Parts,
    address: &Url,
) -> Result<Response, SignOnFailure> {
    let now = sign_on.now();
    let redirect = Redirect::to(address.as_str());
    if sign_on.settings().mode() != ResponseMode::FormPost {
        session::add_pending(session, pending, now, sign_on.session_turns()).await?;
        return Ok(redirect.into_response());
    }
    let short = binding::session(sign_on, &parts.headers);
    session::add_pending(&short, pending, now, sign_on.session_turns()).await?;
    let cookie = binding::keep(sign_on, &short).await?;
    Ok(([(header::SET_COOKIE, cookie)], redirect).into_response())
}

async fn sign_on_application(
    sign_on: &SignOn,
    session: &Session,
    return_to: &ReturnTo,
    parts: &Parts,
) -> Result<Response, SignOnFailure> {
    sign_on
        .application_token()
        .await
        .map_err(|error| match error {
            AccessTokenError::Provider(error) => SignOnFailure::Provider(error),
            AccessTokenError::Session(error) => SignOnFailure::Session(error),
            AccessTokenError::Store(error) => SignOnFailure::Store(error),
            AccessTokenError::Ended | AccessTokenError::Ending | AccessTokenError::NotGranted => {
                SignOnFailure::NoIdentity
            }
        })?;
    let request = PageRequest {
        sign_on,
        session,
        parts,
    };
    sign_on.pages().signed_on(request).await;
    Ok(Redirect::to(return_to.as_str()).into_response())
}

/// Coming back to a page that sends away again would not end.
fn is_worth_returning(sign_on: &SignOn, path: &ReturnTo) -> bool {
    ![LOGIN, LOGOUT, sign_on.settings().redirect_path()].contains(&path.path())
}
