//! PingOne's management API: what an environment holds, and how it is set up.
//!
//! [`Client`] acts with a worker application's token, which it fetches and renews by itself, or
//! with the access token of a signed-on user ([`Client::with_access_token`]).

mod applications;
mod collection;
mod configuration;
mod consents;
mod devices;
mod directory;
mod domains;
mod environments;
mod groups;
mod keys;
mod list;
mod mfa;
mod organizations;
mod passwords;
mod reports;
mod request;
mod resources;
mod roles;
mod sign_on;
mod texts;
mod user_state;
mod users;
mod worker;

use std::fmt;
use std::sync::Arc;

use http::{HeaderValue, Method, header};
use protocol::id::{EnvironmentId, UserId};
use protocol::secret::AccessToken;

pub use self::applications::Application;
pub use self::collection::{Collection, Creatable, Deletable, Kind, Replaceable, Settings, Single};
pub use self::groups::Memberships;
pub use self::list::{Cursor, List, Page};
pub use self::passwords::Passwords;
pub use self::request::Request;
pub use self::roles::{RoleHolder, Roles};
pub use self::texts::Translations;
pub use self::users::Users;
use self::worker::WorkerToken;
use crate::endpoints::Reroute;
pub use crate::transport::Answer;
use crate::transport::Call;
use crate::{Credentials, Endpoints, Error, Transport};

/// A client of one environment's management API.
///
/// Cheap to clone; clones share connections and the worker's token.
///
/// ```no_run
/// # use pingone::{ClientAuthentication, ClientSecret, Credentials, Endpoints, EnvironmentId};
/// # use pingone::{Error, Region, Transport, management};
/// # async fn example(environment: EnvironmentId, secret: ClientSecret) -> Result<(), Error> {
/// let worker = Credentials::new(
///     "d7f7c0a5-2bd1-4a5c-8d5e-3f1f0a7f4a10",
///     ClientAuthentication::ClientSecretBasic(secret),
/// );
/// let endpoints = Endpoints::region(Region::Europe);
/// let pingone = management::Client::new(&endpoints, environment, worker, Transport::new()?);
/// let policy = pingone.password_policies().load_default().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    actor: Actor,
}

struct Shared {
    endpoints: Endpoints,
    reroute: Reroute,
    environment: EnvironmentId,
    transport: Transport,
}

#[derive(Clone)]
enum Actor {
    User(AccessToken),
    Worker(Arc<WorkerToken>),
}

impl Client {
    /// A client that acts as a worker application.
    ///
    /// Nothing is sent yet: the first call fetches the token.
    pub fn new(
        endpoints: &Endpoints,
        environment: EnvironmentId,
        worker: Credentials,
        transport: Transport,
    ) -> Self {
        let token = WorkerToken::new(endpoints, environment, worker);
        Self {
            shared: Shared::new(endpoints, environment, transport),
            actor: Actor::Worker(Arc::new(token)),
        }
    }

    /// A client that acts as a user, for applications that have no worker.
    ///
    /// ```no_run
    /// # use pingone::{AccessToken, Endpoints, EnvironmentId, Error, Region, Transport, management};
    /// # fn example(environment: EnvironmentId, token: AccessToken) -> Result<(), Error> {
    /// let endpoints = Endpoints::region(Region::Europe);
    /// let own = management::Client::for_user(&endpoints, environment, token, Transport::new()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn for_user(
        endpoints: &Endpoints,
        environment: EnvironmentId,
        access_token: AccessToken,
        transport: Transport,
    ) -> Self {
        Self {
            shared: Shared::new(endpoints, environment, transport),
            actor: Actor::User(access_token),
        }
    }

    /// The same environment, as seen by the user whom `access_token` was issued for: what they may
    /// do follows from the token's scopes and from the user's roles.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, AccessToken, UserId};
    /// # async fn example(pingone: management::Client, access_token: AccessToken, ada: UserId) -> Result<(), Error> {
    /// let own = pingone.with_access_token(access_token);
    /// println!("{:?}", own.users().load(ada).await?.email);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_access_token(&self, access_token: AccessToken) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            actor: Actor::User(access_token),
        }
    }

    /// Another environment, with the same credentials and connections.
    ///
    /// What the worker may do there follows from its roles.
    ///
    /// ```no_run
    /// # use pingone::{EnvironmentId, Error, management};
    /// # async fn example(pingone: management::Client, staging: EnvironmentId) -> Result<(), Error> {
    /// println!("{}", pingone.in_environment(staging).environment().await?.name);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn in_environment(&self, environment: EnvironmentId) -> Self {
        let Shared {
            endpoints,
            transport,
            ..
        } = &*self.shared;
        Self {
            shared: Shared::new(endpoints, environment, transport.clone()),
            actor: self.actor.clone(),
        }
    }

    /// The environment.
    pub fn environment_id(&self) -> EnvironmentId {
        self.shared.environment
    }

    /// The environment's users.
    ///
    /// ```no_run
    /// # use pingone::{Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let everybody = pingone.users().list().all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn users(&self) -> Users<'_> {
        Users::new(self)
    }

    /// The password of one user.
    ///
    /// ```no_run
    /// # use pingone::{Error, management, UserId};
    /// # async fn example(pingone: management::Client, ada: UserId) -> Result<(), Error> {
    /// println!("{}", pingone.passwords(ada).state().await?.status);
    /// # Ok(())
    /// # }
    /// ```
    pub fn passwords(&self, user: UserId) -> Passwords<'_> {
        Passwords::new(self, user)
    }

    /// A collection of the environment, by the kind of its objects.
    ///
    /// ```no_run
    /// # use pingone::{Error, Population, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let populations = pingone.collection::<Population>().list().all().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn collection<K: Kind>(&self) -> Collection<'_, K> {
        Collection::at(self, self.path(K::PATH))
    }

    /// A call that has no method here yet, with the same authentication, retries and errors.
    ///
    /// `path` begins with `v1/` and holds no query; ids of this environment are in
    /// [`environment_id`](Self::environment_id).
    ///
    /// ```no_run
    /// # use pingone::{Error, Method, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let path = format!("v1/environments/{}/gateways", pingone.environment_id());
    /// let gateways: serde_json::Value =
    ///     pingone.send(Method::GET, path).query("limit", "10").fetch().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn send(&self, method: Method, path: impl Into<String>) -> Request<'_> {
        Request::new(self, method, path.into())
    }

    /// A path below this environment.
    fn path(&self, rest: &str) -> String {
        format!("v1/environments/{}/{rest}", self.shared.environment)
    }

    /// Sends a call in the name of this client's actor.
    async fn execute(&self, mut call: Call) -> Result<Answer, Error> {
        let Shared {
            transport, reroute, ..
        } = &*self.shared;
        let worker = match &self.actor {
            Actor::User(token) => {
                authorize(&mut call, token)?;
                return transport.send(&call, reroute).await;
            }
            Actor::Worker(worker) => worker,
        };
        let token = worker.token(transport).await?;
        authorize(&mut call, &token)?;
        match transport.send(&call, reroute).await {
            // Revoked ahead of time, or signed with a key that is gone: another token, once.
            Err(error) if error.is_unauthorized() => {
                worker.forget(&token);
                let token = worker.token(transport).await?;
                authorize(&mut call, &token)?;
                transport.send(&call, reroute).await
            }
            result => result,
        }
    }
}

impl Shared {
    fn new(endpoints: &Endpoints, environment: EnvironmentId, transport: Transport) -> Arc<Self> {
        Arc::new(Self {
            endpoints: endpoints.clone(),
            reroute: endpoints.reroute(),
            environment,
            transport,
        })
    }
}

fn authorize(call: &mut Call, token: &AccessToken) -> Result<(), Error> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|_| {
        Error::set_up("the access token holds characters that no header can carry".to_owned())
    })?;
    value.set_sensitive(true);
    call.headers.insert(header::AUTHORIZATION, value);
    Ok(())
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let actor = match &self.actor {
            Actor::User(_) => "user",
            Actor::Worker(_) => "worker",
        };
        f.debug_struct("Client")
            .field("environment", &self.shared.environment)
            .field("actor", &actor)
            .finish_non_exhaustive()
    }
}
