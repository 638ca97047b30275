//! Sign-off at the provider:
//! [OpenID Connect RP-Initiated Logout](https://openid.net/specs/openid-connect-rpinitiated-1_0.html).

use std::fmt;

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

/// A form that ends the session at the provider once the browser posts it.
///
/// The ID token is in it, so it belongs into a page that nobody keeps (`Cache-Control: no-store`),
/// and never into an address.
#[derive(Clone)]
pub struct EndSessionForm {
    action: Url,
    fields: Vec<(&'static str, String)>,
}

impl EndSessionForm {
    /// Where the form is posted to.
    pub fn action(&self) -> &Url {
        &self.action
    }

    /// Names and values of its fields. The values come from outside: escape them.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }
}

impl fmt::Debug for EndSessionForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndSessionForm")
            .field("action", &self.action.as_str())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// The form that the browser posts to sign off at the provider; `None` when the provider has no
    /// such thing, so that signing off at the application is all that can be done.
    ///
    /// Every provider has to take both methods (RP-Initiated Logout §2). A form keeps the ID token
    /// out of addresses, and so out of histories, logs and `Referer`.
    ///
    /// ```no_run
    /// # async fn example(client: &pingone::auth::Client, id_token: pingone::IdToken)
    /// # -> Result<(), pingone::Error> {
    /// use pingone::auth::EndSession;
    ///
    /// let end = EndSession::new().id_token_hint(id_token);
    /// if let Some(form) = client.end_session_form(&end).await? {
    ///     println!("<form method=\"post\" action=\"{}\">", form.action());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_unavailable`] and [`Error::is_untrusted`] for the discovery document.
    pub async fn end_session_form(
        &self,
        end: &EndSession,
    ) -> Result<Option<EndSessionForm>, Error> {
        let metadata = self.metadata().await?;
        let Some(action) = metadata.end_session_endpoint.clone() else {
            return Ok(None);
        };
        let mut fields = vec![("client_id", self.client_id().to_owned())];
        if let Some(id_token) = &end.id_token_hint {
            fields.push(("id_token_hint", id_token.expose().to_owned()));
        }
        if let Some(uri) = &end.post_logout_redirect_uri {
            fields.push(("post_logout_redirect_uri", uri.as_str().to_owned()));
        }
        if let Some(state) = &end.state {
            fields.push(("state", state.clone()));
        }
        Ok(Some(EndSessionForm { action, fields }))
    }
}
