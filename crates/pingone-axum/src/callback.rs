//! The callback: what the provider says through the browser, and what is believed of it.
//! [OpenID Connect Core §3.1.2.7](https://openid.net/specs/openid-connect-core-1_0.html#AuthResponseValidation).

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderValue, header};
use jiff::Timestamp;
use pingone::auth::{FormParams, NumericDate, ResponseMode};
use protocol::trail::{self, Check, Fingerprinted, Hidden};
use serde_json::Value;
use tower_sessions::Session;

use crate::pending::{PendingSignOn, Taken};
use crate::session::Record;
use crate::sign_on::pages::PageRequest;
use crate::tokens::{TokenSet, TokensId};
use crate::{NotSignedOn, ReturnTo, SignOn, SignOnFailure, binding, session};

static FORM: Check = Check::new(
    "The answer is a form or a query that can be read, and no parameter is repeated",
    "RFC 6749, 3.1; OAuth 2.0 Form Post Response Mode, 2",
    "Look at what stands between the browser and this address and changes requests",
);
static STATE_IS_KNOWN: Check = Check::new(
    "`state` belongs to a sign-on that this browser began, and that was not answered before",
    "OpenID Connect Core 1.0, 3.1.2.1; RFC 6749, 10.12",
    "Begin at this site's own sign-on page and not at a bookmark of the provider's; use the host name \
     under which the session's cookie was set; let the browser keep cookies",
);
static IDENTITY: Check = Check::new(
    "The answer says who signed on",
    "OpenID Connect Core 1.0, 3.1.3.3",
    "Ask for the scope `openid`, and grant it to the application",
);

/// An answer in the query; or the page that takes it out of the fragment.
pub(crate) async fn get(
    State(sign_on): State<SignOn>,
    session: Session,
    RawQuery(query): RawQuery,
    parts: Parts,
) -> Response {
    let query = query.unwrap_or_default();
    let request = PageRequest {
        sign_on: &sign_on,
        session: &session,
        parts: &parts,
    };
    if query.is_empty() && sign_on.settings().mode() == ResponseMode::Fragment {
        return sign_on.pages().fragment(request).await;
    }
    answer(request, query.as_bytes()).await
}

/// An answer as a form: `form_post` from the provider, or the fragment from our own page.
pub(crate) async fn post(
    State(sign_on): State<SignOn>,
    session: Session,
    parts: Parts,
    body: Bytes,
) -> Response {
    let request = PageRequest {
        sign_on: &sign_on,
        session: &session,
        parts: &parts,
    };
    if !is_form(&parts) {
        FORM.failed(Hidden, "it is no form");
        let failure = SignOnFailure::Malformed("it is no form".to_owned());
        return sign_on.pages().failed(failure, request).await;
    }
    trail::form(&body);
    answer(request, &body).await
}

async fn answer(request: PageRequest<'_>, text: &[u8]) -> Response {
    let (response, cookie) = match try_to_answer(request, text).await {
        (Ok(response), cookie) => (response, cookie),
        (Err(failure), cookie) => (
            request.sign_on.pages().failed(failure, request).await,
            cookie,
        ),
    };
    match cookie {
        Some(cookie) => ([(header::SET_COOKIE, cookie)], response).into_response(),
        None => response,
    }
}

/// The order of checks: whose answer it is, then, by the client, who sent it, whether it is a
/// refusal, and what it proves.
async fn try_to_answer(
    request: PageRequest<'_>,
    text: &[u8],
) -> (Result<Response, SignOnFailure>, Option<HeaderValue>) {
    let params = match FORM.judged(Hidden, FormParams::parse(text)) {
        Ok(params) => params,
        Err(error) => return (Err(SignOnFailure::Malformed(error.to_string())), None),
    };
    let (pending, cookie) = match take_pending(request, &params).await {
        Ok(taken) => taken,
        Err(failure) => return (Err(failure), None),
    };
    let response = match pending {
        Answer::Pending(pending) => {
            STATE_IS_KNOWN.passed(Fingerprinted(params.find("state")));
            let completed = complete(request, &params, *pending).await;
            if let (Err(_), Some(state)) = (&completed, params.find("state")) {
                request.sign_on.answered().fail(state);
            }
            completed
        }
        Answer::Elsewhere(path) => Ok(Redirect::to(&path).into_response()),
        Answer::Unknown => Err(SignOnFailure::UnknownState),
    };
    if let Err(failure @ SignOnFailure::UnknownState) = &response {
        STATE_IS_KNOWN.failed(Fingerprinted(params.find("state")), failure);
    }
    (response, cookie)
}

/// What the browser's answer belongs to.
enum Answer {
    /// A sign-on that waits for it.
    Pending(Box<PendingSignOn>),
    /// A sign-on that is over: the way on leads here.
    Elsewhere(String),
    /// No sign-on of this browser.
    Unknown,
}

async fn take_pending(
    request: PageRequest<'_>,
    params: &FormParams,
) -> Result<(Answer, Option<HeaderValue>), SignOnFailure> {
    let sign_on = request.sign_on;
    let Some(state) = params.find("state") else {
        return Ok((unknown(request, None).await?, None));
    };
    let is_form_post = sign_on.settings().mode() == ResponseMode::FormPost;
    let short = binding::session(sign_on, &request.parts.headers);
    let home = if is_form_post {
        &short
    } else {
        request.session
    };
    let turns = sign_on.session_turns();
    let taken = session::take_pending(home, state, sign_on.now(), turns).await?;
    let cookie = if is_form_post {
        binding::drop_if_empty(sign_on, &short).await?
    } else {
        None
    };
    let answer = match taken {
        Taken::Once(pending) if sign_on.answered().is_first(state, &pending.return_to) => {
            Answer::Pending(pending)
        }
        // The same answer is being taken at this moment: whoever is signed on then sees the page,
        // and anybody else is sent to sign on from there.
        Taken::Once(pending) => Answer::Elsewhere(pending.return_to.as_str().to_owned()),
        Taken::Expired(return_to) => Answer::Elsewhere(NotSignedOn::anew(return_to).begin_path()),
        Taken::Unknown => unknown(request, Some(state)).await?,
    };
    Ok((answer, cookie))
}

/// An answer that was used before (Back, a reload), or of a tab that was one too many: whoever is
/// signed on goes on, and anybody else gets the page whose link begins a sign-on. Nothing in the
/// answer is believed. Where the state was answered a moment ago (a double click), the first answer
/// may have signed this browser on without its knowing yet: the start page shows.
async fn unknown(request: PageRequest<'_>, state: Option<&str>) -> Result<Answer, SignOnFailure> {
    let is_signed_on = session::find(request.session).await?.is_some();
    let answered = state.and_then(|state| request.sign_on.answered().find(state));
    Ok(match (is_signed_on, answered) {
        (true, Some(return_to)) => Answer::Elsewhere(return_to.as_str().to_owned()),
        (true, None) | (false, Some(_)) => Answer::Elsewhere(ReturnTo::home().as_str().to_owned()),
        (false, None) => Answer::Unknown,
    })
}

async fn complete(
    request: PageRequest<'_>,
    params: &FormParams,
    pending: PendingSignOn,
) -> Result<Response, SignOnFailure> {
    let (sign_on, client) = (request.sign_on, request.sign_on.client());
    let received = client
        .receive(pending.authorization, params)
        .map_err(refused)?;
    let tokens = client.complete(received).await?;
    let identity = tokens.identity.as_ref();
    let identity = IDENTITY.judged(Hidden, identity.ok_or(SignOnFailure::NoIdentity))?;
    let Ok(Value::Object(claims)) = serde_json::to_value(identity.claims.claims()) else {
        return Err(SignOnFailure::NoIdentity);
    };
    let now = sign_on.now();
    let authenticated_at = identity.claims.claims().auth_time;
    let record = Record {
        tokens: TokensId::random(sign_on.random()),
        subject: identity.claims.subject().to_owned(),
        claims,
        signed_on_at: now,
        authenticated_at: authenticated_at.map_or(now, NumericDate::timestamp),
    };
    begin_session(request, &TokenSet::begin(tokens), &record, now).await?;
    sign_on.pages().signed_on(request).await;
    Ok(Redirect::to(pending.return_to.as_str()).into_response())
}

/// The provider's refusal is told apart from an answer that cannot be used.
fn refused(error: pingone::Error) -> SignOnFailure {
    match error.oauth() {
        Some(refusal) => SignOnFailure::Refused {
            error: refusal.error.clone(),
            description: refusal.error_description.clone(),
        },
        None if error.is_untrusted() => SignOnFailure::Forged(error),
        None => SignOnFailure::Malformed(error.to_string()),
    }
}

/// Keeps the tokens first, then makes the session theirs; what an earlier user of this session had
/// is deleted.
async fn begin_session(
    request: PageRequest<'_>,
    tokens: &TokenSet,
    record: &Record,
    now: Timestamp,
) -> Result<(), SignOnFailure> {
    let sign_on = request.sign_on;
    let before = session::find(request.session).await?;
    let until = now
        .saturating_add(sign_on.settings().session_lifetime)
        .unwrap_or(Timestamp::MAX);
    sign_on
        .tokens()
        .insert(record.tokens, tokens, until)
        .await?;
    session::begin(request.session, record, sign_on.kept()).await?;
    if let Some(before) = before {
        sign_on.tokens().delete(before.tokens).await?;
    }
    Ok(())
}

fn is_form(parts: &Parts) -> bool {
    let content_type = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}
