//! The handle that an application keeps: settings, stores, provider, and the routes.

pub(crate) mod pages;

use std::fmt;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use pingone::auth::{self, TokenRef};
use protocol::Random;
use protocol::secret::AccessToken;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::Id;
use tower_sessions::{MemoryStore, Session, SessionManagerLayer, SessionStore};
use url::Url;

use self::pages::{Pages, PlainPages};
use crate::answered::Answered;
use crate::application::Application;
use crate::failure::SessionError;
use crate::refreshes::Refreshes;
use crate::sessions::SharedSessions;
use crate::settings::{LOGIN, LOGOUT};
use crate::tokens::MemoryTokenStore;
use crate::turns::Turns;
use crate::{AccessTokenError, GrantType, SignOnSettings, TokenSet, TokenStore, session};

/// Signs users on and off. Cheap to clone; an application keeps it in its state.
///
/// ```
/// # use pingone_axum::{InvalidSignOn, SignOn, SignOnSettings};
/// # fn example(
/// #     client: pingone::auth::Client,
/// #     settings: SignOnSettings,
/// # ) -> Result<axum::Router, InvalidSignOn> {
/// let sign_on = SignOn::new(client, settings)?;
/// let app = axum::Router::new().merge(sign_on.router()).layer(sign_on.session_layer());
/// # Ok(app)
/// # }
/// ```
#[derive(Clone)]
pub struct SignOn {
    inner: Arc<Inner>,
}

struct Inner {
    settings: SignOnSettings,
    client: auth::Client,
    targets: OnceLock<Vec<Url>>,
    sessions: SharedSessions,
    tokens: Arc<dyn TokenStore>,
    pages: Arc<dyn Pages>,
    kept: Vec<&'static str>,
    session_turns: Turns<Id>,
    refreshes: Refreshes,
    answered: Answered,
    application: Application,
}

/// Sets a [`SignOn`] up.
#[must_use]
pub struct SignOnBuilder {
    client: auth::Client,
    settings: SignOnSettings,
    sessions: SharedSessions,
    tokens: Arc<dyn TokenStore>,
    pages: Arc<dyn Pages>,
    kept: Vec<&'static str>,
}

impl SignOnBuilder {
    /// Keeps sessions in this store. By default they are in memory: a restart forgets them, and
    /// other processes do not see them.
    pub fn sessions(mut self, store: impl SessionStore) -> Self {
        self.sessions = SharedSessions::new(store);
        self
    }

    /// Keeps the tokens of signed-on users in this store. By default that is a
    /// [`MemoryTokenStore`].
    pub fn tokens(mut self, store: impl TokenStore) -> Self {
        self.tokens = Arc::new(store);
        self
    }

    /// Shows these pages. By default that is [`PlainPages`].
    pub fn pages(mut self, pages: impl Pages) -> Self {
        self.pages = Arc::new(pages);
        self
    }

    /// Keeps this entry of a session when somebody signs on. All others are deleted then, so that
    /// nobody finds what an earlier visitor left: keep only what anybody may find.
    pub fn keep(mut self, entry: &'static str) -> Self {
        self.kept.push(entry);
        self
    }

    /// Puts it together.
    ///
    /// Nothing is connected to yet: a provider that is down at start is no reason not to start.
    ///
    /// # Errors
    ///
    /// [`InvalidSignOn`] when the redirect path cannot be a route beside `/login` and `/logout`.
    pub fn build(self) -> Result<SignOn, InvalidSignOn> {
        check_path(self.settings.redirect_path())?;
        Ok(SignOn {
            inner: Arc::new(Inner {
                settings: self.settings,
                client: self.client,
                targets: OnceLock::new(),
                sessions: self.sessions,
                tokens: self.tokens,
                pages: self.pages,
                kept: self.kept,
                session_turns: Turns::default(),
                refreshes: Refreshes::default(),
                answered: Answered::default(),
                application: Application::default(),
            }),
        })
    }
}

impl fmt::Debug for SignOnBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignOnBuilder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SignOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignOn")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

/// Settings that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the redirect path `{path}` {problem}")]
pub struct InvalidSignOn {
    path: String,
    problem: &'static str,
}

impl SignOn {
    /// Signs users on at the provider of `client`, with everything else by default: sessions and
    /// tokens in memory, pages without a design.
    ///
    /// Time and randomness are those of the client's [`Transport`](pingone::Transport).
    ///
    /// # Errors
    ///
    /// As [`SignOnBuilder::build`].
    pub fn new(client: auth::Client, settings: SignOnSettings) -> Result<Self, InvalidSignOn> {
        Self::builder(client, settings).build()
    }

    /// A sign-on that differs from the defaults.
    ///
    /// ```no_run
    /// # fn example(
    /// #     client: pingone::auth::Client,
    /// #     settings: pingone_axum::SignOnSettings,
    /// #     sessions: tower_sessions::MemoryStore,
    /// # ) -> Result<(), pingone_axum::InvalidSignOn> {
    /// use pingone_axum::{MemoryTokenStore, PlainPages, SignOn};
    ///
    /// let sign_on = SignOn::builder(client, settings)
    ///     .sessions(sessions)
    ///     .tokens(MemoryTokenStore::default())
    ///     .pages(PlainPages)
    ///     .build()?;
    /// # drop(sign_on);
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(client: auth::Client, settings: SignOnSettings) -> SignOnBuilder {
        SignOnBuilder {
            client,
            settings,
            sessions: SharedSessions::new(MemoryStore::default()),
            tokens: Arc::new(MemoryTokenStore::default()),
            pages: Arc::new(PlainPages),
            kept: Vec::new(),
        }
    }

    /// The layer that gives requests their session, over the store that this was built with. It has
    /// to be around all routes that ask who is signed on, and around [`router`](Self::router).
    ///
    /// The cookie is `Secure`, `HttpOnly` and `SameSite=Lax`, ends with the browser, and is called
    /// `session` behind the [cookie prefix](SignOnSettings::cookie_prefix). Change it by the layer's
    /// own methods; `SameSite=Strict` would lose the session on the way back from the provider.
    pub fn session_layer(&self) -> SessionManagerLayer<SharedSessions> {
        SessionManagerLayer::new(self.inner.sessions.clone())
            .with_name(format!("{}session", self.inner.settings.cookie_prefix))
            .with_same_site(SameSite::Lax)
    }

    /// Whether `state`, which came back with the browser, answers the sign-off that this browser
    /// began. It does so once.
    ///
    /// # Errors
    ///
    /// [`SessionError`] when the store of sessions does not answer.
    pub async fn finish_sign_off(
        &self,
        session: &Session,
        state: &str,
    ) -> Result<bool, SessionError> {
        session::finish_sign_off(session, state).await
    }

    /// An access token of the application itself, with the grant type `client_credentials`: fetched
    /// on first use, shared, renewed ahead of its end.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError::Provider`] when the provider does not give one.
    ///
    /// ```no_run
    /// # async fn example(sign_on: pingone_axum::SignOn) -> Result<(), pingone_axum::AccessTokenError> {
    /// let token = sign_on.application_token().await?;
    /// # drop(token);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn application_token(&self) -> Result<AccessToken, AccessTokenError> {
        let scopes = &self.inner.settings.scopes;
        self.inner
            .application
            .token(&self.inner.client, scopes, self.now())
            .await
    }

    /// When the application has signed itself on, if it has.
    pub async fn application_signed_on_at(&self) -> Option<Timestamp> {
        self.inner.application.signed_on_at().await
    }

    /// Fetches the provider's discovery document ahead of time. A provider that is down is not
    /// waited for again: the document is fetched when it is needed.
    pub async fn prepare(&self) {
        if self.inner.targets.get().is_some() {
            return;
        }
        match self.inner.client.metadata().await {
            Ok(metadata) => {
                let end = metadata.end_session_endpoint.clone();
                let targets = [Some(metadata.authorization_endpoint.clone()), end];
                // Another request may have been quicker.
                let _ = self
                    .inner
                    .targets
                    .set(targets.into_iter().flatten().collect());
            }
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the OpenID provider's discovery document cannot be fetched yet"
            ),
        }
    }

    /// Where forms of this application may end: at the provider, when they lead to signing on or
    /// off. For `form-action` of a content security policy, which Chromium applies to redirects.
    pub fn form_targets(&self) -> Vec<Url> {
        let issuer = self.inner.client.issuer().as_url().clone();
        let known = self.inner.targets.get().into_iter().flatten().cloned();
        std::iter::once(issuer).chain(known).collect()
    }

    /// Waits for refreshes that are under way, and lets no others begin: for the end of the
    /// program, when no requests come any more. A refresh token that was used up is then not lost.
    ///
    /// ```no_run
    /// # async fn example(
    /// #     sign_on: pingone_axum::SignOn,
    /// #     listener: tokio::net::TcpListener,
    /// #     app: axum::Router,
    /// #     stop: impl Future<Output = ()> + Send + 'static,
    /// # ) -> std::io::Result<()> {
    /// axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    /// sign_on.finish().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn finish(&self) {
        self.inner.refreshes.finish().await;
    }

    /// How tokens are obtained.
    pub fn grant_type(&self) -> GrantType {
        self.inner.settings.grant_type
    }

    pub(crate) fn settings(&self) -> &SignOnSettings {
        &self.inner.settings
    }

    pub(crate) fn client(&self) -> &auth::Client {
        &self.inner.client
    }

    /// Revokes what can be revoked; the refresh token takes its access tokens with it. A failure is
    /// only logged: the tokens are gone here in any case.
    pub(crate) async fn revoke(&self, tokens: &TokenSet) {
        let revoked = match (&tokens.refresh_token, &tokens.access_token) {
            (Some(token), _) => self.inner.client.revoke(TokenRef::Refresh(token)).await,
            (None, Some(token)) => self.inner.client.revoke(TokenRef::Access(token)).await,
            (None, None) => Ok(()),
        };
        if let Err(error) = revoked {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "tokens were not revoked"
            );
        }
    }

    pub(crate) fn tokens(&self) -> &dyn TokenStore {
        &*self.inner.tokens
    }

    pub(crate) fn pages(&self) -> &dyn Pages {
        &*self.inner.pages
    }

    /// The entries of a session that stay when somebody signs on.
    pub(crate) fn kept(&self) -> &[&'static str] {
        &self.inner.kept
    }

    pub(crate) fn random(&self) -> &dyn Random {
        self.inner.client.transport().random()
    }

    pub(crate) fn refreshes(&self) -> &Refreshes {
        &self.inner.refreshes
    }

    pub(crate) fn session_turns(&self) -> &Turns<Id> {
        &self.inner.session_turns
    }

    pub(crate) fn answered(&self) -> &Answered {
        &self.inner.answered
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.client.transport().now()
    }

    pub(crate) fn open_session(&self, id: Option<Id>) -> Session {
        Session::new(id, Arc::new(self.inner.sessions.clone()), None)
    }
}

fn check_path(path: &str) -> Result<(), InvalidSignOn> {
    let refuse = |problem| {
        Err(InvalidSignOn {
            path: path.to_owned(),
            problem,
        })
    };
    if [LOGIN, LOGOUT].contains(&path) {
        return refuse("is taken: signing on and off happen there");
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | '~');
    if path.len() < 2 || !path.chars().all(is_plain) {
        return refuse("is more than `/` and has letters, digits, and `/ - _ . ~` only");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_path_that_cannot_be_a_route_is_refused() {
        for path in ["/login", "/logout", "/", "/{id}", "/a b", "/*rest"] {
            assert!(check_path(path).is_err(), "{path}");
        }
        for path in ["/callback", "/oidc/v1/call-back.do", "/custom_callback"] {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
    }
}
