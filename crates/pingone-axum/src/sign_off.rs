//! `/logout`: here, and at the provider.
//! [OpenID Connect RP-Initiated Logout 1.0](https://openid.net/specs/openid-connect-rpinitiated-1_0.html).

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use pingone::auth::{EndSession, EndSessionForm};
use protocol::secret::IdToken;
use tower_sessions::Session;

use crate::sign_on::pages::{PageRequest, SignedOff};
use crate::{SignOn, SignOnFailure, TokensId, session};

/// Nobody waits longer than this for a provider that does not answer, in order to leave.
const PATIENCE: Duration = Duration::from_secs(3);

/// A GET changes nothing: it asks.
pub(crate) async fn ask(State(sign_on): State<SignOn>, session: Session, parts: Parts) -> Response {
    let request = PageRequest {
        sign_on: &sign_on,
        session: &session,
        parts: &parts,
    };
    sign_on.pages().ask_sign_off(request).await
}

/// Ends the session here, revokes the tokens, and sends the browser to end the provider's session.
pub(crate) async fn end(State(sign_on): State<SignOn>, session: Session, parts: Parts) -> Response {
    let request = PageRequest {
        sign_on: &sign_on,
        session: &session,
        parts: &parts,
    };
    match try_to_end(request).await {
        Ok(response) => response,
        Err(failure) => sign_on.pages().failed(failure, request).await,
    }
}

async fn try_to_end(request: PageRequest<'_>) -> Result<Response, SignOnFailure> {
    let (sign_on, session) = (request.sign_on, request.session);
    let id_token = end_here(sign_on, session).await?;
    let state = sign_on.random().token();
    let form = match id_token {
        Some(id_token) => end_session_form(sign_on, id_token, &state).await,
        None => None,
    };
    if let Some(form) = form {
        session::expect_sign_off(session, &state).await?;
        return Ok(sign_on.pages().end_session(form, request).await);
    }
    sign_on
        .pages()
        .signed_off(SignedOff::HereOnly, request)
        .await;
    Ok(Redirect::to("/").into_response())
}

/// Ends the session here, whatever the provider does; gives the hint for the provider.
async fn end_here(sign_on: &SignOn, session: &Session) -> Result<Option<IdToken>, SignOnFailure> {
    let record = session::find(session).await?;
    session::flush(session).await?;
    let Some(record) = record else {
        return Ok(None);
    };
    Ok(give_up_tokens(sign_on, record.tokens).await)
}

/// Deletes tokens and has them revoked; gives the ID token, the hint for the provider. A store that
/// does not answer keeps nobody from leaving: what it still has expires with the session.
pub(crate) async fn give_up_tokens(sign_on: &SignOn, id: TokensId) -> Option<IdToken> {
    let tokens = match sign_on.tokens().find(id).await {
        Ok(tokens) => tokens?.tokens,
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "tokens were not revoked"
            );
            return None;
        }
    };
    if let Err(error) = sign_on.tokens().delete(id).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "tokens were not deleted"
        );
    }
    if tokio::time::timeout(PATIENCE, sign_on.revoke(&tokens))
        .await
        .is_err()
    {
        tracing::warn!("the provider did not revoke the tokens in time");
    }
    tokens.id_token
}

async fn end_session_form(
    sign_on: &SignOn,
    id_token: IdToken,
    state: &str,
) -> Option<EndSessionForm> {
    let mut end = EndSession::new().id_token_hint(id_token);
    if let Some(back) = &sign_on.settings().post_logout_redirect_uri {
        end = end.post_logout_redirect_uri(back.clone()).state(state);
    }
    match tokio::time::timeout(PATIENCE, sign_on.client().end_session_form(&end)).await {
        Ok(Ok(form)) => form,
        Ok(Err(error)) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the session at the provider is not ended"
            );
            None
        }
        Err(_) => {
            tracing::warn!("the provider did not say in time where its session is ended");
            None
        }
    }
}
