//! Introspection and revocation: [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662),
//! [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009).

use protocol::secret::{AccessToken, RefreshToken};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Client;
use crate::Error;
use crate::token_request::form_call;

/// A token that is asked about or given up.
#[derive(Clone, Copy, Debug)]
pub enum TokenRef<'a> {
    /// An access token.
    Access(&'a AccessToken),
    /// A refresh token.
    Refresh(&'a RefreshToken),
}

/// What the provider says about a token.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Introspection {
    /// Whether the token is good. When it is not, nothing else is said.
    pub active: bool,
    /// Everything else: `scope`, `client_id`, `sub`, `exp`, …
    #[serde(flatten)]
    pub claims: Map<String, Value>,
}

impl Client {
    /// Asks whether a token is good.
    ///
    /// # Errors
    ///
    /// [`Error::is_unauthorized`] when the application's credentials are wrong.
    ///
    /// ```no_run
    /// # use pingone::{Error, auth, AccessToken};
    /// # async fn example(client: auth::Client, token: AccessToken) -> Result<(), Error> {
    /// let said = client.introspect(auth::TokenRef::Access(&token)).await?;
    /// println!("good: {}, for {:?}", said.active, said.claims.get("client_id"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn introspect(&self, token: TokenRef<'_>) -> Result<Introspection, Error> {
        let metadata = self.metadata().await?;
        let endpoint = metadata.introspection_endpoint.as_ref().ok_or_else(|| {
            Error::set_up("the provider announces no introspection endpoint".to_owned())
        })?;
        let call = form_call(endpoint, &self.inner.credentials, &token.fields())?;
        self.inner.provider.send(&call).await?.json()
    }

    /// Gives a token up. Revoking one that is unknown succeeds as well.
    ///
    /// PingOne revokes refresh tokens with all that came from them; an access token for its own API
    /// stays good until it expires.
    ///
    /// # Errors
    ///
    /// [`Error::is_unauthorized`] when the application's credentials are wrong.
    ///
    /// ```no_run
    /// # use pingone::{Error, auth, RefreshToken};
    /// # async fn example(client: auth::Client, token: RefreshToken) -> Result<(), Error> {
    /// client.revoke(auth::TokenRef::Refresh(&token)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn revoke(&self, token: TokenRef<'_>) -> Result<(), Error> {
        let metadata = self.metadata().await?;
        let endpoint = metadata.revocation_endpoint.as_ref().ok_or_else(|| {
            Error::set_up("the provider announces no revocation endpoint".to_owned())
        })?;
        let call = form_call(endpoint, &self.inner.credentials, &token.fields())?;
        self.inner.provider.send(&call).await.map(drop)
    }
}

impl TokenRef<'_> {
    fn fields(&self) -> [(&str, &str); 2] {
        let (token, hint) = match self {
            Self::Access(token) => (token.expose(), "access_token"),
            Self::Refresh(token) => (token.expose(), "refresh_token"),
        };
        [("token", token), ("token_type_hint", hint)]
    }
}
