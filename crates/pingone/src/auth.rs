//! Sign-on at any OpenID provider, and what belongs to it.
//!
//! A sign-on has four steps, and each gives what the next one takes, so none can be left out:
//!
//! 1. [`Client::authorize`] makes the address that the browser is sent to, and an
//!    [`PendingAuthorization`] to keep until it comes back.
//! 2. [`Client::receive`] holds the callback's parameters against it: `state`, `iss`, `error`.
//! 3. [`Client::redeem`] exchanges the code for tokens. Nothing is believed yet.
//! 4. [`Client::verify`] checks the ID token and hands the [`Tokens`] out.
//!
//! [`Client::complete`] does the last two: it is what you are probably looking for.
//!
//! ```no_run
//! use pingone::auth::{AuthorizationRequest, Client, FormParams, RedirectUri, Scopes};
//! # use pingone::{Credentials, Endpoints, EnvironmentId, Error, Transport};
//! # async fn example(endpoints: Endpoints, environment: EnvironmentId, credentials: Credentials,
//! #     query: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(endpoints.issuer(environment), credentials, Transport::new()?);
//!
//! let redirect_uri = RedirectUri::parse("https://localhost:8080/callback")?;
//! let request = AuthorizationRequest::new(redirect_uri).scopes(Scopes::parse("openid profile")?);
//! let authorization = client.authorize(&request).await?;
//! // Keep `authorization.pending` on the server, bound to the browser; send that browser to
//! // `authorization.url`. When it comes back:
//! let response = client.receive(authorization.pending, &FormParams::parse(query)?)?;
//! let tokens = client.complete(response).await?;
//! if let Some(identity) = &tokens.identity {
//!     println!("hello {}", identity.claims.subject());
//! }
//! # Ok(())
//! # }
//! ```

mod authorization;
mod callback;
mod end_session;
mod introspection;
mod provider;
mod refusals;
mod token;
mod userinfo;

use std::fmt;
use std::sync::Arc;

use jiff::SignedDuration;
use protocol::jose::IdTokenVerifier;
use url::Url;

pub use protocol::jose::{
    Algorithm, Audience, IdTokenClaims, IdTokenError, NumericDate, OriginalIdToken, VerifiedIdToken,
};
pub use protocol::oauth::{
    Issuer, OAuthError, OAuthErrorCode, Prompt, ProviderMetadata, RedirectUri, ResponseMode,
    ResponseType, Scopes, TokenEndpointAuthMethod,
};
pub use protocol::params::FormParams;

pub use self::authorization::{Authorization, AuthorizationRequest, PendingAuthorization};
pub use self::callback::AuthorizationResponse;
pub use self::end_session::{EndSession, EndSessionForm};
pub use self::introspection::{Introspection, TokenRef};
use self::provider::Provider;
pub use self::token::{Identity, ReceivedTokens, Tokens};
pub use self::userinfo::UserInfo;
use crate::endpoints::Reroute;
use crate::{Credentials, Error, Transport};

/// An application's client of one OpenID provider.
///
/// Cheap to clone; clones share connections, the discovery document and the provider's keys.
///
/// ```
/// use pingone::auth::{Client, Issuer};
/// use pingone::{ClientAuthentication, Credentials, Transport};
///
/// let issuer = Issuer::parse("https://auth.pingone.eu/7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1/as")?;
/// let credentials = Credentials::new("my-client-id", ClientAuthentication::None);
/// let client = Client::new(issuer, credentials, Transport::new()?);
/// assert_eq!(client.client_id(), "my-client-id");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    credentials: Credentials,
    provider: Provider,
    verifier: IdTokenVerifier,
}

/// Sets a [`Client`] up.
///
/// ```
/// # use pingone::{Credentials, Error, Transport};
/// # fn example(issuer: pingone::auth::Issuer, credentials: Credentials) -> Result<(), Error> {
/// use pingone::auth::{Algorithm, Client};
///
/// let client = Client::builder(issuer, credentials, Transport::new()?)
///     .algorithms([Algorithm::ES256])
///     .build();
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct ClientBuilder {
    issuer: Issuer,
    credentials: Credentials,
    transport: Transport,
    reroute: Reroute,
    algorithms: Vec<Algorithm>,
    clock_tolerance: SignedDuration,
}

impl Client {
    /// A client with the defaults: ID tokens signed with RS256, clocks a minute apart at most.
    ///
    /// Nothing is sent yet: the discovery document is fetched on first use.
    pub fn new(issuer: Issuer, credentials: Credentials, transport: Transport) -> Self {
        Self::builder(issuer, credentials, transport).build()
    }

    /// A client that differs from the defaults.
    pub fn builder(
        issuer: Issuer,
        credentials: Credentials,
        transport: Transport,
    ) -> ClientBuilder {
        ClientBuilder {
            issuer,
            credentials,
            transport,
            reroute: Reroute::default(),
            algorithms: vec![Algorithm::RS256],
            clock_tolerance: SignedDuration::from_mins(1),
        }
    }

    /// The provider's issuer.
    pub fn issuer(&self) -> &Issuer {
        self.inner.provider.issuer()
    }

    /// The application's `client_id`.
    pub fn client_id(&self) -> &str {
        self.inner.credentials.client_id()
    }

    /// What this client sends its requests through; its clock and its randomness are the client's.
    pub fn transport(&self) -> &Transport {
        self.inner.provider.transport()
    }

    /// The provider's discovery document, fetched once an hour at most.
    ///
    /// What it leaves out is not held against it: PingOne announces neither the authentication
    /// method `none` nor the response type `token`, and has both.
    ///
    /// # Errors
    ///
    /// [`Error::is_unavailable`] when it cannot be fetched, [`Error::is_untrusted`] when it names
    /// another issuer than the one that was asked.
    ///
    /// ```no_run
    /// # use pingone::{Error, auth};
    /// # async fn example(client: auth::Client) -> Result<(), Error> {
    /// println!("{}", client.metadata().await?.token_endpoint);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn metadata(&self) -> Result<Arc<ProviderMetadata>, Error> {
        self.inner.provider.metadata().await
    }
}

impl ClientBuilder {
    /// The algorithms that ID tokens may be signed with: those that the application is registered
    /// for. What a token's header says chooses among them and adds none.
    pub fn algorithms(mut self, algorithms: impl Into<Vec<Algorithm>>) -> Self {
        self.algorithms = algorithms.into();
        self
    }

    /// How far the provider's clock and this one may be apart.
    pub fn clock_tolerance(mut self, tolerance: SignedDuration) -> Self {
        self.clock_tolerance = tolerance;
        self
    }

    /// Opens connections to the issuer's host at `base` instead; what the browser sees stays.
    ///
    /// For containers, where the browser reaches the provider under another name than the
    /// application does. Scheme, host and port of `base` count; the certificate must be good for
    /// that host.
    pub fn connect_to(mut self, base: Url) -> Self {
        self.reroute = Reroute::new(self.issuer.as_url(), base);
        self
    }

    /// Builds the client.
    pub fn build(self) -> Client {
        let issuer = self.issuer.as_str();
        let verifier = IdTokenVerifier::new(issuer, self.credentials.client_id(), self.algorithms)
            .leeway(self.clock_tolerance);
        Client {
            inner: Arc::new(Inner {
                credentials: self.credentials,
                provider: Provider::new(self.issuer, self.transport, self.reroute),
                verifier,
            }),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("issuer", &self.issuer().as_str())
            .field("client_id", &self.client_id())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("issuer", &self.issuer.as_str())
            .finish_non_exhaustive()
    }
}
