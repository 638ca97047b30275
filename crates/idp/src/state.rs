//! The environment as a whole: what every handler and job shares.

use std::ops::Deref;
use std::sync::Arc;

use db::StoreError;
use jiff::Timestamp;
use platform::{Clock, Parts};
use protocol::id::EnvironmentId;
use ui::{Brand, InvalidBrand, Site};
use web::Background;

use crate::core::{self, Core};
use crate::federation::Federation;
use crate::hasher::{Hasher, InvalidHashing};
use crate::keys::Keys;
use crate::limits::Limits;
use crate::lockout::TriedNames;
use crate::mail::{InvalidSmtp, Mail};
use crate::outgoing::{Clients, Reach};
use crate::settings::Settings;
use crate::stores;
use crate::tallies::{Jobs, SignOns};
use crate::webhooks::Webhooks;

/// The embedded environment. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Idp(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    services: Services,
    site: Site,
}

/// What works for every request, and is made once. It derefs to the [`Core`] that it works on.
#[derive(Debug)]
#[expect(
    unnameable_types,
    reason = "`Idp` derefs to it, and all its methods are the crate's own"
)]
pub struct Services {
    core: Core,
    background: Background,
    clock: Arc<dyn Clock>,
    federation: Federation,
    hasher: Hasher,
    jobs: Jobs,
    keys: Keys,
    limits: Limits,
    mail: Mail,
    sign_ons: SignOns,
    tried_names: TriedNames,
    webhooks: Webhooks,
}

/// Why an [`Idp`] did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database did not answer, or is not what this program expects.
    #[error("the environment's database could not be prepared")]
    Database(#[from] StoreError),
    /// The costs of password hashes do not work.
    #[error("the settings of password hashes do not work")]
    Hashing(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The mail server's settings do not work.
    #[error("the settings of the mail server do not work")]
    Mail(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// TLS cannot be set up.
    #[error("TLS for requests to others could not be set up")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The brand's settings do not work.
    #[error("the settings of the brand do not work")]
    Brand(#[from] InvalidBrand),
}

impl From<InvalidHashing> for StartError {
    fn from(error: InvalidHashing) -> Self {
        Self::Hashing(Box::new(error))
    }
}

impl From<InvalidSmtp> for StartError {
    fn from(error: InvalidSmtp) -> Self {
        Self::Mail(Box::new(error))
    }
}

impl Idp {
    /// Brings the tables to this version and prepares everything that requests need.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the database or a setting does not work.
    pub(crate) async fn assemble(settings: Settings, parts: Parts) -> Result<Self, StartError> {
        let Parts {
            db,
            clock,
            random,
            keyring,
        } = parts;
        let steps = [stores::MIGRATIONS, settings.later_migrations].concat();
        db.migrate(stores::TABLES, &steps).await?;
        let core = Core::new(settings, db, random, keyring);
        core::names::bring_up_to_date(&core).await?;
        core::licenses::bring_up_to_date(&core).await?;
        let settings = core.settings();
        let brand = Arc::new(Brand::parse(&settings.brand)?);
        let site = Site::new(core.texts().english().clone(), brand, settings.mode);
        let site = match &settings.notice {
            Some(notice) => site.with_notice(notice.clone()),
            None => site,
        };
        let site = if settings.explained {
            site.explaining()
        } else {
            site
        };
        let clients = Arc::new(Clients::new(Reach {
            own_network: settings.mode == ui::Mode::Development,
            own_authority: settings.own_authority.clone(),
        }));
        if settings.mode == ui::Mode::Production {
            // An operator wants to know before the first request does.
            let made = clients.verifying();
            made.map_err(|error| StartError::Tls(Box::new(error)))?;
        }
        let services = Services {
            background: Background::default(),
            clock,
            federation: Federation::new(Arc::clone(&clients)),
            hasher: Hasher::new(settings.hashing)?,
            jobs: Jobs::default(),
            keys: Keys::new(),
            limits: Limits::new(&settings.limits),
            mail: Mail::new(site.clone(), settings.smtp.as_ref())?,
            sign_ons: SignOns::default(),
            tried_names: TriedNames::default(),
            webhooks: Webhooks::new(clients),
            core,
        };
        Ok(Self(Arc::new(Inner { services, site })))
    }

    /// The layout, texts and brand of pages.
    pub(crate) fn site(&self) -> &Site {
        &self.0.site
    }

    /// Makes a new environment's first key beside whatever else goes on: it takes a tenth of a
    /// second. Who needs the key first makes it, should this fail.
    pub(crate) fn prepare_keys(&self, environment: EnvironmentId, now: Timestamp) {
        let Some(place) = self.background().place() else {
            return;
        };
        let idp = self.clone();
        place.run(async move {
            if let Err(error) = idp.keys().current(&idp, environment, now).await {
                // One that was given up meanwhile, as with a seed that is wrong, needs none.
                let found = idp.environments().find(environment, idp.now()).await;
                if matches!(found, Ok(None)) {
                    return;
                }
                let cause = ui::chain_of_causes(&error).join(": ");
                tracing::warn!(%environment, cause, "the first signing key could not be made yet");
            }
        });
    }
}

impl Deref for Idp {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0.services
    }
}

impl Services {
    /// Work that no answer waits for.
    pub(crate) fn background(&self) -> &Background {
        &self.background
    }

    /// The present instant: read once per request.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock, for jobs that outlive an instant.
    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(crate) fn federation(&self) -> &Federation {
        &self.federation
    }

    pub(crate) fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// What became of what is done beside requests.
    pub(crate) fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn mail(&self) -> &Mail {
        &self.mail
    }

    /// Tries to sign on, by how they ended.
    pub(crate) fn sign_ons(&self) -> &SignOns {
        &self.sign_ons
    }

    pub(crate) fn webhooks(&self) -> &Webhooks {
        &self.webhooks
    }

    pub(crate) fn tried_names(&self) -> &TriedNames {
        &self.tried_names
    }
}

impl Deref for Services {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}
