//! The way back: what the browser brings, held against what was asked
//! ([RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2),
//! [RFC 9207 §2.4](https://www.rfc-editor.org/rfc/rfc9207#section-2.4)).

use std::fmt;

use protocol::oauth::{OAuthError, OAuthErrorCode, ResponseType};
use protocol::params::FormParams;
use protocol::secret::{AccessToken, AuthorizationCode, IdToken, is_equal};
use protocol::trail::{Check, Fingerprinted, Hidden};

use super::refusals::AUTHORIZATION;
use super::{Client, PendingAuthorization};
use crate::Error;

/// How much of a description from the browser is kept.
const LONGEST_DESCRIPTION: usize = 1000;

static BEGUN_HERE: Check = Check::new(
    "The sign-on was begun with this provider and this client",
    "RFC 9700, 4.4.2.2",
    "Begin the sign-on again: the configured issuer or `client_id` has changed meanwhile",
);
static STATE: Check = Check::new(
    "`state` is the one that this browser was sent out with",
    "RFC 6749, 4.1.2 and 10.12",
    "Begin the sign-on in the same browser that ends it; look whether its session cookie comes back",
);
static ISSUER: Check = Check::new(
    "`iss` is the issuer that the browser was sent to",
    "RFC 9207, 2.4",
    "Configure the issuer exactly as the discovery document writes it; an answer of another provider \
     is never to be believed",
);
static COMPLETE: Check = Check::new(
    "The answer has what was asked for, and nothing else",
    "RFC 6749, 4.1.2; OpenID Connect Core 1.0, 3.2.2.5 and 3.3.2.5",
    "Compare `response_type` with the application's response types, and look whether something on the \
     way cuts the address",
);

/// A callback that answers a request of this client: [`Client::receive`] makes it, and
/// [`Client::redeem`] takes nothing else.
#[non_exhaustive]
pub struct AuthorizationResponse {
    pub(super) pending: PendingAuthorization,
    pub(super) code: Option<AuthorizationCode>,
    pub(super) access_token: Option<AccessToken>,
    pub(super) id_token: Option<IdToken>,
    pub(super) expires_in_seconds: Option<i64>,
    pub(super) scope: Option<String>,
}

impl Client {
    /// Holds the parameters of a callback against the request that began it.
    ///
    /// Look the request up by the parameter `state` among those that this very browser began, and
    /// forget it before you call this. Take the parameters from where the response mode puts them;
    /// both ends of a repeated parameter are refused by [`FormParams`].
    ///
    /// # Errors
    ///
    /// [`Error::is_untrusted`] when `state` or `iss` are not those of the request;
    /// [`Error::oauth`] holds the error that the provider sent instead of an answer;
    /// [`UnexpectedAnswer`](crate::ErrorKind::UnexpectedAnswer) when something is missing, or came
    /// that was not asked for.
    ///
    /// ```no_run
    /// # use pingone::{Error, auth};
    /// # async fn example(client: auth::Client, pending: auth::PendingAuthorization) -> Result<(), Box<dyn std::error::Error>> {
    /// let params = auth::FormParams::parse(b"code=abc&state=xyz")?;
    /// match client.receive(pending, &params) {
    ///     Ok(response) => println!("{:?}", client.complete(response).await?.scopes),
    ///     Err(error) if error.oauth().is_some() => println!("the provider said no: {error}"),
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn receive(
        &self,
        pending: PendingAuthorization,
        params: &FormParams,
    ) -> Result<AuthorizationResponse, Error> {
        let is_ours =
            pending.issuer == self.issuer().as_str() && pending.client_id == self.client_id();
        BEGUN_HERE.require(pending.client_id.as_str(), is_ours, || {
            Error::untrusted(
                "the sign-on was begun with another provider or client_id; begin it again",
            )
        })?;
        let state = params.find("state");
        STATE.judged(Fingerprinted(state), is_sent_out_with(state, &pending))?;
        // Before anything else is believed: which provider is speaking (RFC 9207, mix-up).
        let issuer = params.find("iss");
        ISSUER.judged(issuer, is_asked(issuer, &pending))?;
        AUTHORIZATION.judged(params.find("error"), is_no_refusal(params))?;

        let asked = pending.response_type;
        let answer = COMPLETE.judged(Hidden, parts(params, asked))?;
        Ok(AuthorizationResponse {
            code: answer.code.map(AuthorizationCode::new),
            access_token: answer.access_token.map(AccessToken::new),
            id_token: answer.id_token.map(IdToken::new),
            expires_in_seconds: params.find("expires_in").and_then(|text| text.parse().ok()),
            scope: params.find("scope").map(str::to_owned),
            pending,
        })
    }
}

fn is_sent_out_with(state: Option<&str>, pending: &PendingAuthorization) -> Result<(), Error> {
    let state = state.ok_or_else(|| missing("state"))?;
    if is_equal(state, &pending.state) {
        return Ok(());
    }
    Err(Error::untrusted(
        "the callback's `state` is not the one that this browser was sent out with",
    ))
}

fn is_asked(issuer: Option<&str>, pending: &PendingAuthorization) -> Result<(), Error> {
    match issuer {
        Some(issuer) if issuer != pending.issuer => Err(Error::untrusted(
            "the callback's `iss` is not the issuer that the browser was sent to",
        )),
        None if pending.is_issuer_announced => Err(Error::untrusted(
            "the callback has no `iss`, although the provider announces it",
        )),
        _ => Ok(()),
    }
}

fn is_no_refusal(params: &FormParams) -> Result<(), Error> {
    let Some(code) = params.find("error") else {
        return Ok(());
    };
    let description = params
        .find("error_description")
        .map(|text| text.chars().take(LONGEST_DESCRIPTION).collect());
    let mut denied = OAuthError::from(OAuthErrorCode::parse(code));
    denied.error_description = description;
    Err(Error::denied(denied))
}

/// What a callback brings.
struct Parts<'a> {
    code: Option<&'a str>,
    access_token: Option<&'a str>,
    id_token: Option<&'a str>,
}

fn parts(params: &FormParams, asked: ResponseType) -> Result<Parts<'_>, Error> {
    let parts = Parts {
        code: expected("code", asked.code, params)?,
        access_token: expected("access_token", asked.token, params)?,
        id_token: expected("id_token", asked.id_token, params)?,
    };
    if asked.token {
        let token_type = params
            .find("token_type")
            .ok_or_else(|| missing("token_type"))?;
        check_type(token_type)?;
    }
    Ok(parts)
}

fn missing(name: &str) -> Error {
    Error::unexpected(format!("the callback has no `{name}`"))
}

/// A parameter that must be there if it was asked for, and must not be otherwise.
fn expected<'a>(
    name: &str,
    is_asked: bool,
    params: &'a FormParams,
) -> Result<Option<&'a str>, Error> {
    match (params.find(name), is_asked) {
        (None, true) => Err(missing(name)),
        (Some(_), false) => Err(Error::unexpected(format!(
            "the callback has `{name}`, which was not asked for"
        ))),
        (found, _) => Ok(found),
    }
}

impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationResponse")
            .field("has_code", &self.code.is_some())
            .field("has_access_token", &self.access_token.is_some())
            .field("has_id_token", &self.id_token.is_some())
            .finish_non_exhaustive()
    }
}

/// Only bearer tokens are understood; the name is compared without regard to case
/// ([RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1)).
pub(super) fn check_type(token_type: &str) -> Result<(), Error> {
    if token_type.eq_ignore_ascii_case("bearer") {
        Ok(())
    } else {
        Err(Error::unexpected(
            "the access token is not of the type Bearer",
        ))
    }
}
