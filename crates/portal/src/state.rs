//! What every request works with.

use std::fmt;
use std::sync::Arc;

use db::Db;
use jiff::{SignedDuration, Timestamp};
use pingone::management;
use pingone_axum::SignOn;
use platform::keyring::Keyring;
use platform::{Clock, Parts};
use protocol::Random;
use ui::Site;
use web::{Background, Job, Recent};

use crate::limits::Limits;
use crate::operators::Operators;
use crate::policies::Policies;
use crate::populations::Populations;
use crate::recovery::Recoveries;
use crate::settings::Settings;
use crate::store::{Deletions, FormerAddresses, Sessions};

/// A token that is refused again so soon after its refusal led to signing on is refused the next time
/// as well: leading there once more would go round in circles.
const TOO_SOON: SignedDuration = SignedDuration::from_secs(10);

/// So many people are remembered whom a refused token led to signing on.
const MOST_LED: usize = 1_000;

/// The portal. Cheap to clone.
#[derive(Clone)]
pub struct Portal {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) parts: Parts,
    pub(crate) site: Site,
    pub(crate) sessions: Sessions,
    pub(crate) sign_on: Option<SignOn>,
    pub(crate) services: Option<Services>,
    pub(crate) limits: Limits,
    pub(crate) background: Background,
    pub(crate) led_to_sign_on: LedToSignOn,
    pub(crate) jobs: Jobs,
}

/// What became of what is done from time to time.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    pub(crate) account_deletion: Job,
    pub(crate) housekeeping: Job,
}

/// Whom a refused token led to signing on a moment ago, by subject.
#[derive(Debug)]
pub(crate) struct LedToSignOn(Recent<String, ()>);

impl Default for LedToSignOn {
    fn default() -> Self {
        Self(Recent::new(MOST_LED, TOO_SOON))
    }
}

/// What needs the management API.
pub(crate) struct Services {
    /// The API as the worker application may use it.
    pub(crate) management: management::Client,
    pub(crate) operators: Operators,
    pub(crate) policies: Policies,
    pub(crate) populations: Populations,
    pub(crate) recoveries: Recoveries,
}

impl Services {
    pub(crate) fn new(
        management: management::Client,
        settings: &Settings,
        clock: &Arc<dyn Clock>,
        background: Background,
    ) -> Self {
        let (roles, choice) = (&settings.operator_roles, &settings.registration.population);
        Self {
            operators: Operators::new(management.clone(), Arc::clone(clock), roles.clone()),
            policies: Policies::new(management.clone(), Arc::clone(clock)),
            populations: Populations::new(management.clone(), Arc::clone(clock), choice.clone()),
            recoveries: Recoveries::new(management.clone(), background, settings.limits),
            management,
        }
    }
}

impl fmt::Debug for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portal")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

impl Portal {
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

    pub(crate) fn services(&self) -> Option<&Services> {
        self.inner.services.as_ref()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    pub(crate) fn jobs(&self) -> &Jobs {
        &self.inner.jobs
    }

    pub(crate) fn background(&self) -> &Background {
        &self.inner.background
    }

    /// Whether somebody whose token is refused may be led to signing on; not if they come from there.
    pub(crate) fn may_lead_to_sign_on(&self, subject: &str) -> bool {
        let (led, now) = (&self.inner.led_to_sign_on.0, self.now());
        let subject = subject.to_owned();
        if led.find(&subject, now).is_some() {
            return false;
        }
        led.insert(subject, (), now);
        true
    }

    /// The addresses that people had before, while they can take them back.
    pub(crate) fn former_addresses(&self) -> FormerAddresses {
        let parts = &self.inner.parts;
        FormerAddresses::new(
            parts.db.clone(),
            Arc::clone(&parts.random),
            Arc::clone(&parts.keyring),
        )
    }

    /// The accounts that are to be deleted.
    pub(crate) fn deletions(&self) -> Deletions {
        Deletions::new(self.db().clone())
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.parts.db
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
