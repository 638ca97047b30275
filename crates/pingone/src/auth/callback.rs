//! The way back: what the browser brings, held against what was asked
//! ([RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2),
//! [RFC 9207 §2.4](https://www.rfc-editor.org/rfc/rfc9207#section-2.4)).

use std::fmt;

use protocol::oauth::{OAuthError, OAuthErrorCode};
use protocol::params::FormParams;
use protocol::secret::{AccessToken, AuthorizationCode, IdToken, is_equal};

use super::{Client, PendingAuthorization};
use crate::Error;

/// How much of a description from the browser is kept.
const LONGEST_DESCRIPTION: usize = 1000;

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
        if pending.issuer != self.issuer().as_str() || pending.client_id != self.client_id() {
            return Err(Error::untrusted(
                "the sign-on was begun with another provider or client_id; begin it again",
            ));
        }
        let state = params.find("state").ok_or_else(|| missing("state"))?;
        if !is_equal(state, &pending.state) {
            return Err(Error::untrusted(
                "the callback's `state` is not the one that this browser was sent out with",
            ));
        }
        // Before anything else is believed: which provider is speaking (RFC 9207, mix-up).
        match params.find("iss") {
            Some(issuer) if issuer != pending.issuer => {
                return Err(Error::untrusted(
                    "the callback's `iss` is not the issuer that the browser was sent to",
                ));
            }
            None if pending.is_issuer_announced => {
                return Err(Error::untrusted(
                    "the callback has no `iss`, although the provider announces it",
                ));
            }
            _ => {}
        }
        if let Some(code) = params.find("error") {
            let description = params
                .find("error_description")
                .map(|text| text.chars().take(LONGEST_DESCRIPTION).collect());
            let mut denied = OAuthError::from(OAuthErrorCode::parse(code));
            denied.error_description = description;
            return Err(Error::denied(denied));
        }

        let asked = pending.response_type;
        let code = expected("code", asked.code, params)?;
        let access_token = expected("access_token", asked.token, params)?;
        let id_token = expected("id_token", asked.id_token, params)?;
        if asked.token {
            let token_type = params
                .find("token_type")
                .ok_or_else(|| missing("token_type"))?;
            check_type(token_type)?;
        }
        Ok(AuthorizationResponse {
            code: code.map(AuthorizationCode::new),
            access_token: access_token.map(AccessToken::new),
            id_token: id_token.map(IdToken::new),
            expires_in_seconds: params.find("expires_in").and_then(|text| text.parse().ok()),
            scope: params.find("scope").map(str::to_owned),
            pending,
        })
    }
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
