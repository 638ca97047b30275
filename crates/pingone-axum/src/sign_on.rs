//! The handle that an application keeps: settings, stores, provider, and the routes.

use std::fmt;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use jiff::Timestamp;
use pingone::auth::{self, TokenRef};
use protocol::Random;
use protocol::secret::AccessToken;
use tower_http::csrf::CsrfLayer;
use tower_sessions::session::Id;
use tower_sessions::{Session, SessionStore};
use url::Url;

use crate::application::Application;
use crate::callback::Answered;
use crate::pages::Pages;
use crate::refresh::Flights;
use crate::{
    AccessTokenError, GrantType, SignOnSettings, SignedOn, TokenSet, TokenStore, begin, callback,
    session, sign_off,
};

/// Where signing on begins.
pub(crate) const LOGIN: &str = "/login";
/// Where signing off is asked about and done.
pub(crate) const LOGOUT: &str = "/logout";

/// An answer with tokens of a few kilobytes each fits.
const MOST_BODY_BYTES: usize = 64 * 1024;

/// What a [`SignOn`] works with.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Keeps tokens.
    pub tokens: Arc<dyn TokenStore>,
    /// Shows pages.
    pub pages: Arc<dyn Pages>,
}

/// Signs users on and off. Cheap to clone; an application keeps it in its state.
#[derive(Clone)]
pub struct SignOn {
    inner: Arc<Inner>,
}

struct Inner {
    settings: SignOnSettings,
    client: auth::Client,
    targets: OnceLock<Vec<Url>>,
    parts: Parts,
    open_session: Box<dyn Fn(Option<Id>) -> Session + Send + Sync>,
    flights: Flights,
    answered: Answered,
    application: Application,
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
    /// Puts together the client of a provider, settings, and the store behind the application's
    /// sessions, the same that the layer of `tower-sessions` has.
    ///
    /// Nothing is connected to yet: a provider that is down at start is no reason not to start.
    ///
    /// # Errors
    ///
    /// [`InvalidSignOn`] when the redirect path cannot be a route beside `/login` and `/logout`.
    pub fn new(
        client: auth::Client,
        settings: SignOnSettings,
        sessions: impl SessionStore,
        parts: Parts,
    ) -> Result<Self, InvalidSignOn> {
        check_path(settings.redirect_path())?;
        let sessions = Arc::new(sessions);
        let open_session = Box::new(move |id| Session::new(id, Arc::clone(&sessions), None));
        let inner = Inner {
            client,
            targets: OnceLock::new(),
            settings,
            parts,
            open_session,
            flights: Flights::default(),
            answered: Answered::default(),
            application: Application::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The routes `/login`, `/logout` and the callback, to be merged into the application's router
    /// inside its layer of `tower-sessions`.
    ///
    /// The callback takes cross-site posts, since that is what `form_post` is: keep it outside of
    /// any protection against them. `/logout` brings its own.
    pub fn router<S>(&self) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        Router::new()
            .route(
                LOGOUT,
                get(sign_off::ask)
                    .post(sign_off::end)
                    .layer(CsrfLayer::new()),
            )
            .route(LOGIN, get(begin::begin))
            .route(
                self.inner.settings.redirect_path(),
                get(callback::get).merge(post(callback::post)),
            )
            .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
            .with_state(self.clone())
    }

    /// The user who is signed on in a session.
    ///
    /// # Errors
    ///
    /// An error of the session's store.
    pub async fn find(
        &self,
        session: &Session,
    ) -> Result<Option<SignedOn>, tower_sessions::session::Error> {
        if self.inner.settings.grant_type == GrantType::ClientCredentials {
            return Ok(None);
        }
        let record = session::find(session).await?;
        Ok(record.map(|record| SignedOn::new(self.clone(), session.clone(), record)))
    }

    /// Whether `state`, which came back with the browser, answers the sign-off that this browser
    /// began. It does so once.
    ///
    /// # Errors
    ///
    /// An error of the session's store.
    pub async fn finish_sign_off(
        &self,
        session: &Session,
        state: &str,
    ) -> Result<bool, tower_sessions::session::Error> {
        session::finish_sign_off(session, state).await
    }

    /// An access token of the application itself, with the grant type `client_credentials`: fetched
    /// on first use, shared, renewed ahead of its end.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError::Provider`] when the provider does not give one.
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

    /// How tokens are come by.
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
        &*self.inner.parts.tokens
    }

    pub(crate) fn pages(&self) -> &dyn Pages {
        &*self.inner.parts.pages
    }

    pub(crate) fn random(&self) -> &dyn Random {
        self.inner.client.transport().random()
    }

    pub(crate) fn flights(&self) -> &Flights {
        &self.inner.flights
    }

    pub(crate) fn answered(&self) -> &Answered {
        &self.inner.answered
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.client.transport().now()
    }

    pub(crate) fn open_session(&self, id: Option<Id>) -> Session {
        (self.inner.open_session)(id)
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
