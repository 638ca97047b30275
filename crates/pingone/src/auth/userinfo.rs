//! Userinfo: [OpenID Connect Core §5.3](https://openid.net/specs/openid-connect-core-1_0.html#UserInfo).

use std::fmt;

use http::{HeaderValue, Method, header};
use protocol::secret::AccessToken;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Client;
use crate::Error;
use crate::transport::Call;

/// What the provider says about a user.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct UserInfo {
    /// The user.
    pub sub: String,
    /// All further claims, as the provider spells them.
    #[serde(flatten)]
    pub claims: Map<String, Value>,
}

impl Client {
    /// Asks what is known about the user whom an access token was issued for.
    ///
    /// `subject` is who signed on, as the ID token says. An answer about anybody else is refused:
    /// the access token might have been swapped (§5.3.2).
    ///
    /// # Errors
    ///
    /// [`Error::is_unauthorized`] when the token is no good (any more), [`Error::is_forbidden`]
    /// when it lacks `openid`, [`Error::is_untrusted`] when the answer is about another user.
    ///
    /// ```no_run
    /// # use pingone::{Error, auth};
    /// # async fn example(client: auth::Client, tokens: auth::Tokens) -> Result<(), Error> {
    /// if let (Some(token), Some(identity)) = (&tokens.access_token, &tokens.identity) {
    ///     let info = client.userinfo(token, identity.claims.subject()).await?;
    ///     println!("{:?}", info.claims.get("email"));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn userinfo(
        &self,
        access_token: &AccessToken,
        subject: &str,
    ) -> Result<UserInfo, Error> {
        let metadata = self.metadata().await?;
        let endpoint = metadata.userinfo_endpoint.clone().ok_or_else(|| {
            Error::set_up("the provider announces no userinfo endpoint".to_owned())
        })?;
        let mut call = Call::new(Method::GET, endpoint);
        let mut value = HeaderValue::try_from(format!("Bearer {}", access_token.expose()))
            .map_err(|_| Error::set_up("the access token fits into no header".to_owned()))?;
        value.set_sensitive(true);
        call.headers.insert(header::AUTHORIZATION, value);
        call.headers
            .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let info: UserInfo = self.inner.provider.send(&call).await?.json()?;
        if info.sub != subject {
            return Err(Error::untrusted(
                "userinfo is about another user than the ID token",
            ));
        }
        Ok(info)
    }
}

/// The user's id, not the personal data beside it.
impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInfo")
            .field("sub", &self.sub)
            .finish_non_exhaustive()
    }
}
