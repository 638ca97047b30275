//! The customers' portal: sign on, user information, password, registration, recovery, and the
//! operators' pages.
//!
//! It knows PingOne only through the SDK and its public protocol, whether PingOne's cloud or the
//! embedded environment answers. Each page is one file in `pages/`; all routes stand in
//! `routes.rs`. What is not configured is not an error: the start page says which setting brings
//! what, and everything else works.

mod cache;
mod failure;
mod fields;
mod limits;
mod operators;
mod pages;
mod policies;
mod populations;
mod recovery;
mod routes;
mod settings;
mod sign_on_pages;
mod start;
mod store;
mod visit;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use db::Db;
use jiff::Timestamp;
use pingone::management;
use pingone_axum::SignOn;
use platform::Clock;
use platform::keyring::Keyring;
use protocol::Random;
use ui::Site;

pub use pingone_axum::{GrantType, InvalidSignOn};
pub use settings::{
    LimitSettings, ManagementSettings, OutgoingSettings, PopulationChoice, RegistrationSettings,
    SessionSettings, Settings, SignOnSettings,
};
pub use start::StartError;

use crate::limits::Limits;
use crate::operators::Operators;
use crate::policies::Policies;
use crate::populations::Populations;
use crate::store::Sessions;

/// Expired sessions are looked for this often.
const PURGE_EVERY: Duration = Duration::from_mins(5);

/// What the portal works with; the embedded environment shares them.
#[derive(Clone)]
pub struct Parts {
    /// The database. The portal's tables begin with `portal_`.
    pub db: Db,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids, states and verifiers.
    pub random: Arc<dyn Random>,
    /// Seals sessions, tokens and cursors.
    pub keyring: Arc<Keyring>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

/// The portal. Cheap to clone.
#[derive(Clone)]
pub struct Portal {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    parts: Parts,
    site: Site,
    sessions: Sessions,
    sign_on: Option<SignOn>,
    management: Option<management::Client>,
    limits: Limits,
    operators: Operators,
    policies: Policies,
    populations: Populations,
}

impl fmt::Debug for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portal")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

impl Portal {
    /// Brings the portal's tables up to date and puts everything together.
    ///
    /// Neither the OpenID provider nor PingOne is connected to: one that is down is no reason not
    /// to start.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the database does not answer, or a setting cannot work.
    pub async fn new(settings: Settings, parts: Parts) -> Result<Self, StartError> {
        start::start(settings, parts).await
    }

    /// All pages, with everything they need around them. Request ids and remote addresses come as
    /// extensions from outside ([`platform::net`]).
    pub fn router(&self) -> Router {
        routes::router(self)
    }

    /// Does what has to be done from time to time, until `shutdown`: deletes expired sessions and
    /// tokens.
    pub async fn run_jobs(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = std::pin::pin!(shutdown);
        tokio::select! {
            () = &mut shutdown => return,
            () = self.prepare() => {}
        }
        loop {
            self.purge_expired().await;
            tokio::select! {
                () = &mut shutdown => return,
                () = tokio::time::sleep(PURGE_EVERY) => {}
            }
        }
    }

    /// Asks the OpenID provider for its discovery document, so that the first visitor need not wait.
    async fn prepare(&self) {
        if let Some(sign_on) = self.sign_on() {
            sign_on.prepare().await;
        }
    }

    async fn purge_expired(&self) {
        loop {
            match store::purge_expired(&self.inner.parts.db, self.now()).await {
                Ok(purged) if purged >= 1_000 => {}
                Ok(_) => return,
                Err(error) => {
                    let causes = ui::chain_of_causes(&error).join(": ");
                    tracing::warn!(error = %causes, "expired sessions were not purged");
                    return;
                }
            }
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn site(&self) -> &Site {
        &self.inner.site
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.inner.sessions
    }

    pub(crate) fn sign_on(&self) -> Option<&SignOn> {
        self.inner.sign_on.as_ref()
    }

    pub(crate) fn management(&self) -> Option<&management::Client> {
        self.inner.management.as_ref()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    pub(crate) fn operators(&self) -> &Operators {
        &self.inner.operators
    }

    pub(crate) fn policies(&self) -> &Policies {
        &self.inner.policies
    }

    pub(crate) fn populations(&self) -> &Populations {
        &self.inner.populations
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.inner.parts.keyring
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.inner.parts.random
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.parts.clock.now()
    }
}
