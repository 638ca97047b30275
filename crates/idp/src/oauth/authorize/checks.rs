//! The checks of an authorization request, in their order. Those that an administrator can undo
//! while the user signs on are asked again when the request is answered, by the same function
//! ([`still`](crate::interaction::still)).
//!
//! | check | at the endpoint | at the answer |
//! |---|---|---|
//! | `application_is_known`, `application_is_enabled` | yes | yes |
//! | `redirect_uri_is_registered` | yes | yes |
//! | `request_object_is_absent`, `request_uri_is_absent`, `what_is_kept_is_bounded` | yes | |
//! | `request_is_as_protected_as_demanded` | yes | yes |
//! | `response_type_is_known` | yes | |
//! | `response_type_is_allowed` | yes | yes |
//! | `response_mode_fits`, `prompt_is_known`, `max_age_is_a_number` | yes | |
//! | `scopes_are_readable` | yes | |
//! | `scopes_are_granted` | yes | yes |
//! | `id_token_has_openid`, `nonce_is_there_for_a_front_channel_id_token` | yes | |
//! | `pkce_is_as_enforced`, `hint_is_ours` | yes | |
//! | `acr_is_an_assigned_policy` | yes | yes |
//! | `user_is_let_in`, `user_is_expected` | | yes |

use std::sync::Arc;

use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId, UserId};
use protocol::oauth::{
    CodeChallenge, CodeChallengeMethod, OAuthErrorCode, Prompt, ResponseMode, ResponseType, Scopes,
};
use protocol::params::FormParams;
use protocol::pingone::PkceEnforcement;
use protocol::trail::{Fingerprinted, Hidden, Made, Shown};

use crate::Idp;
use crate::interaction::AuthorizationRequest;
use crate::interaction::policy::ChosenPolicy;
use crate::interaction::response::{ReturnAddress, ReturnError};
use crate::interaction::still::{
    Failed, acr_is_no_assigned_policy, application_is_enabled, redirect_uri_is_registered,
    request_is_as_protected_as_demanded, response_type_is_allowed, scopes_are_granted,
};
use crate::interaction::told;
use crate::oauth::hint::{self, HintError};
use crate::requests::failures::page::{PageError, PageFailure};
use crate::stores::applications::StoredApplication;
use crate::texts::wanted;

/// What of a request is kept as it was sent …
const KEPT: [&str; 6] = [
    "acr_values",
    "login_hint",
    "nonce",
    "redirect_uri",
    "scope",
    "state",
];

/// … and how long all of it may be, in bytes: as much as fits into an address.
const LONGEST_KEPT: usize = 4096;

/// Why a request is not admitted, and who is told.
pub(crate) enum NotAdmitted {
    /// The person in front of the browser: the return address is not proven.
    Page(PageFailure),
    /// The client.
    Return(ReturnAddress, ReturnError),
}

impl<T: Into<PageFailure>> From<T> for NotAdmitted {
    fn from(failure: T) -> Self {
        Self::Page(failure.into())
    }
}

/// Admits a request: one check per line, each with a name.
pub(crate) async fn admit(
    idp: &Idp,
    environment: EnvironmentId,
    params: &FormParams,
    now: Timestamp,
) -> Result<AuthorizationRequest, NotAdmitted> {
    // Until the redirect URI is proven, an error becomes a page and never a redirect
    // (RFC 6749 §4.1.2.1).
    let application = application_is_known(idp, environment, params, now).await?;
    application_is_enabled(&application)?;
    let sent = redirect_uri_is_sent(params)?;
    let redirect_uri = redirect_uri_is_registered(&application, sent)?;
    // From here on the client is told.
    let address = ReturnAddress {
        application: application.id,
        redirect_uri,
        mode: mode_for_errors(params),
        state: params.find("state").map(str::to_owned),
    };
    let granted = idp.granted().find(application.id, now).await?;
    let checked = async {
        request_object_is_absent(params)?;
        request_uri_is_absent(params)?;
        request_is_as_protected_as_demanded(&application)?;
        what_is_kept_is_bounded(params)?;
        let response_type = response_type_is_known(params)?;
        response_type_is_allowed(&application, response_type)?;
        let mode = response_mode_fits(params, response_type)?;
        let prompts = prompt_is_known(params)?;
        let max_age_seconds = max_age_is_a_number(params)?;
        let scopes = scopes_are_readable(params)?;
        scopes_are_granted(idp, &scopes, &granted)?;
        id_token_has_openid(response_type, &scopes)?;
        let nonce = nonce_is_there_for_a_front_channel_id_token(params, response_type)?;
        let code_challenge = pkce_is_as_enforced(params, &application, response_type)?;
        let policy = acr_is_an_assigned_policy(idp, &application, params, now).await?;
        let expected_user = hint_is_ours(idp, environment, params, application.id, now).await?;
        Ok(AuthorizationRequest {
            address: ReturnAddress {
                mode,
                ..address.clone()
            },
            response_type,
            scopes,
            nonce,
            code_challenge,
            prompts,
            max_age_seconds,
            login_hint: params.find("login_hint").map(str::to_owned),
            expected_user,
            ui_locales: params.find("ui_locales").map(wanted).unwrap_or_default(),
            acr_values: params.find("acr_values").map(str::to_owned),
            policy,
        })
    };
    checked.await.map_err(|failed| match failed {
        Failed::Request(error) => NotAdmitted::Return(address.clone(), error),
        Failed::Page(failure) => NotAdmitted::Page(failure),
    })
}

async fn application_is_known(
    idp: &Idp,
    environment: EnvironmentId,
    params: &FormParams,
    now: Timestamp,
) -> Result<Arc<StoredApplication>, PageFailure> {
    let id = params
        .find("client_id")
        .and_then(|id| ApplicationId::parse(id).ok());
    let Some(id) = id else {
        let failure = PageFailure::from(PageError::ApplicationUnknown);
        return told::APPLICATION.judged(params.find("client_id"), Err(failure));
    };
    let found = idp.applications().find(environment, id, now).await?;
    let found = found.ok_or(PageFailure::from(PageError::ApplicationUnknown));
    told::APPLICATION.judged(params.find("client_id"), found)
}

fn redirect_uri_is_sent(params: &FormParams) -> Result<&str, PageFailure> {
    params.find("redirect_uri").ok_or_else(|| {
        let failure = PageFailure::from(PageError::RedirectUriMissing);
        told::REDIRECT_URI.failed(Shown::Absent, &failure);
        failure
    })
}

/// How errors travel before the response mode has been checked: as asked for, unless a query
/// would have to carry what belongs into the fragment.
fn mode_for_errors(params: &FormParams) -> ResponseMode {
    let response_type = params
        .find("response_type")
        .and_then(|text| ResponseType::parse(text).ok());
    let default = response_type.map_or(ResponseMode::Query, ResponseMode::default_for);
    let asked = params
        .find("response_mode")
        .and_then(|text| ResponseMode::parse(text).ok());
    match asked {
        Some(ResponseMode::Query) | None => default,
        Some(asked) => asked,
    }
}

/// Whether there is a value, and nothing about it.
fn unseen(sent: Option<&str>) -> Shown {
    sent.map_or(Shown::Absent, |_| Shown::Hidden)
}

fn request_object_is_absent(params: &FormParams) -> Result<(), ReturnError> {
    let sent = params.find("request");
    told::NO_REQUEST_OBJECT.require(unseen(sent), sent.is_none(), || {
        ReturnError::new(
            OAuthErrorCode::RequestNotSupported,
            "request objects are not supported; send the parameters themselves",
        )
    })
}

fn request_uri_is_absent(params: &FormParams) -> Result<(), ReturnError> {
    let sent = params.find("request_uri");
    told::NO_REQUEST_URI.require(unseen(sent), sent.is_none(), || {
        ReturnError::new(
            OAuthErrorCode::RequestUriNotSupported,
            "requests by reference are not supported; send the parameters themselves",
        )
    })
}

/// The request is kept until the user has signed on, and anybody may send one.
fn what_is_kept_is_bounded(params: &FormParams) -> Result<(), ReturnError> {
    let length: usize = KEPT.iter().map(|name| params.text(name).len()).sum();
    let bytes = Made(|| Shown::text(&format!("{length} bytes")));
    told::BOUNDED.require(bytes, length <= LONGEST_KEPT, || {
        ReturnError::invalid_request(format!(
            "{} are longer than {LONGEST_KEPT} bytes together",
            KEPT.join(", ")
        ))
    })
}

fn response_type_is_known(params: &FormParams) -> Result<ResponseType, ReturnError> {
    let sent = params.find("response_type");
    let known = match sent.map(ResponseType::parse) {
        None => Err(ReturnError::invalid_request("the response_type is missing")),
        Some(Ok(known)) => Ok(known),
        Some(Err(_)) => Err(ReturnError::new(
            OAuthErrorCode::UnsupportedResponseType,
            "the response_type is no combination of code, token and id_token",
        )),
    };
    told::RESPONSE_TYPE.judged(sent, known)
}

/// Tokens never travel in a query, where servers log them.
fn response_mode_fits(
    params: &FormParams,
    response_type: ResponseType,
) -> Result<ResponseMode, ReturnError> {
    let sent = params.find("response_mode");
    let fitting = match sent.map(ResponseMode::parse) {
        None => Ok(ResponseMode::default_for(response_type)),
        Some(Ok(ResponseMode::Query)) if response_type.has_tokens() => {
            Err("the response_mode query is not allowed for tokens")
        }
        Some(Ok(mode)) => Ok(mode),
        Some(Err(_)) => Err("the response_mode is none of query, fragment, form_post"),
    };
    told::RESPONSE_MODE.judged(sent, fitting.map_err(ReturnError::invalid_request))
}

fn prompt_is_known(params: &FormParams) -> Result<Vec<Prompt>, ReturnError> {
    let sent = params.find("prompt");
    let known = Prompt::parse_all(sent.unwrap_or_default()).map_err(|_| {
        ReturnError::invalid_request(
            "the prompt holds an unknown value, or none beside another value",
        )
    });
    told::PROMPT.judged(sent, known)
}

fn max_age_is_a_number(params: &FormParams) -> Result<Option<i64>, ReturnError> {
    let sent = params.find("max_age");
    let number = match sent.map(str::parse::<u32>) {
        None => Ok(None),
        Some(Ok(seconds)) => Ok(Some(i64::from(seconds))),
        Some(Err(_)) => Err(ReturnError::invalid_request(
            "the max_age is no number of seconds",
        )),
    };
    told::MAX_AGE.judged(sent, number)
}

fn scopes_are_readable(params: &FormParams) -> Result<Scopes, ReturnError> {
    let sent = params.find("scope");
    let scopes = Scopes::parse(sent.unwrap_or_default())
        .map_err(|invalid| ReturnError::new(OAuthErrorCode::InvalidScope, invalid.to_string()));
    told::SCOPE.judged(sent, scopes)
}

fn id_token_has_openid(response_type: ResponseType, scopes: &Scopes) -> Result<(), ReturnError> {
    let is_met = !response_type.id_token || scopes.contains("openid");
    let shown = Made(|| Shown::text(&scopes.to_string()));
    told::OPENID.require(shown, is_met, || {
        ReturnError::new(
            OAuthErrorCode::InvalidScope,
            "an ID token is issued for the scope openid only",
        )
    })
}

/// OpenID Connect Core §3.2.2.1 and §3.3.2.11.
fn nonce_is_there_for_a_front_channel_id_token(
    params: &FormParams,
    response_type: ResponseType,
) -> Result<Option<String>, ReturnError> {
    let nonce = params.find("nonce");
    let is_met = !response_type.id_token || nonce.is_some();
    told::NONCE.require(Fingerprinted(nonce), is_met, || {
        ReturnError::invalid_request(
            "the nonce is missing; it is required where an ID token comes from this endpoint",
        )
    })?;
    Ok(nonce.map(str::to_owned))
}

/// [RFC 7636 §4.3](https://www.rfc-editor.org/rfc/rfc7636#section-4.3), as the application demands.
fn pkce_is_as_enforced(
    params: &FormParams,
    application: &StoredApplication,
    response_type: ResponseType,
) -> Result<Option<CodeChallenge>, ReturnError> {
    let shown = Made(|| match params.find("code_challenge") {
        None => Shown::Absent,
        Some(challenge) => {
            let method = params.find("code_challenge_method").unwrap_or("plain");
            let print = Shown::fingerprint(challenge);
            Shown::text(&format!("{print}, {method}"))
        }
    });
    told::PKCE.judged(shown, challenge(params, application, response_type))
}

fn challenge(
    params: &FormParams,
    application: &StoredApplication,
    response_type: ResponseType,
) -> Result<Option<CodeChallenge>, ReturnError> {
    let method = params.find("code_challenge_method");
    let challenge = match params.find("code_challenge") {
        Some(text) => Some(
            CodeChallenge::parse(text, method)
                .map_err(|invalid| ReturnError::invalid_request(invalid.to_string()))?,
        ),
        None if method.is_some() => {
            return Err(ReturnError::invalid_request(
                "the code_challenge of the code_challenge_method is missing",
            ));
        }
        None => None,
    };
    let is_met = match application.settings.pkce_enforcement {
        _ if !response_type.code => true,
        PkceEnforcement::Optional => true,
        PkceEnforcement::Required => challenge.is_some(),
        PkceEnforcement::S256Required => challenge
            .as_ref()
            .is_some_and(|challenge| challenge.method() == CodeChallengeMethod::S256),
    };
    if is_met {
        Ok(challenge)
    } else {
        Err(ReturnError::invalid_request(
            "the application has to send a code_challenge of the method that it is set to",
        ))
    }
}

/// Only policies that are assigned can be asked for, in order of preference; none is switched to
/// silently (PingOne, "Sign-on policies").
async fn acr_is_an_assigned_policy(
    idp: &Idp,
    application: &StoredApplication,
    params: &FormParams,
    now: Timestamp,
) -> Result<ChosenPolicy, Failed> {
    let StoredApplication {
        id, environment_id, ..
    } = *application;
    let names = params.find("acr_values");
    let found = ChosenPolicy::find(idp, environment_id, id, names, now).await?;
    let found = found.ok_or_else(acr_is_no_assigned_policy);
    Ok(told::POLICY.judged(names, found)?)
}

async fn hint_is_ours(
    idp: &Idp,
    environment: EnvironmentId,
    params: &FormParams,
    application: ApplicationId,
    now: Timestamp,
) -> Result<Option<UserId>, Failed> {
    let Some(token) = params.find("id_token_hint") else {
        return Ok(None);
    };
    let verdict = match hint::verify(idp, environment, token, now).await {
        Ok(hint) if hint.application == application => Ok(Some(hint.user)),
        Err(HintError::Keys(error)) => Err(Failed::Page(error.into())),
        Ok(_) | Err(HintError::NotOurs | HintError::Token(_)) => Err(ReturnError::invalid_request(
            "the id_token_hint is no ID token that was issued to this application",
        )
        .into()),
    };
    told::HINT.judged(Hidden, verdict)
}
