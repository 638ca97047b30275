//! Sign-off at the provider:
//! [OpenID Connect RP-Initiated Logout](https://openid.net/specs/openid-connect-rpinitiated-1_0.html).

use protocol::oauth::RedirectUri;
use protocol::secret::IdToken;
use url::Url;

use super::Client;
use crate::Error;

/// What to tell the provider when a user signs off.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct EndSession {
    id_token_hint: Option<IdToken>,
    post_logout_redirect_uri: Option<RedirectUri>,
    state: Option<String>,
}

impl EndSession {
    /// Nothing yet: the provider asks the user, and keeps the browser.
    pub fn new() -> Self {
        Self::default()
    }

    /// Who signs off, as the ID token says. It may have expired.
    pub fn id_token_hint(mut self, id_token: IdToken) -> Self {
        self.id_token_hint = Some(id_token);
        self
    }

    /// Where the browser shall go afterwards. The application must have it registered.
    pub fn post_logout_redirect_uri(mut self, uri: RedirectUri) -> Self {
        self.post_logout_redirect_uri = Some(uri);
        self
    }

    /// A value that comes back with the browser.
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }
}

impl Client {
    /// The address to send the browser to for signing off at the provider; `None` when the provider
    /// has no such thing, so that signing off at the application is all that can be done.
    ///
    /// # Errors
    ///
    /// [`Error::is_unavailable`] and [`Error::is_untrusted`] for the discovery document.
    pub async fn end_session_url(&self, end: &EndSession) -> Result<Option<Url>, Error> {
        let metadata = self.metadata().await?;
        let Some(mut url) = metadata.end_session_endpoint.clone() else {
            return Ok(None);
        };
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("client_id", self.client_id());
            if let Some(id_token) = &end.id_token_hint {
                query.append_pair("id_token_hint", id_token.expose());
            }
            if let Some(uri) = &end.post_logout_redirect_uri {
                query.append_pair("post_logout_redirect_uri", uri.as_str());
            }
            if let Some(state) = &end.state {
                query.append_pair("state", state);
            }
        }
        Ok(Some(url))
    }
}
