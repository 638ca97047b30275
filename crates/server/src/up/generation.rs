//! What answers on both ports, put together: the first time, and again for a reset.

use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use db::Db;
use explain::{Explain, Party};
use platform::keyring::Keyring;
use platform::{Clock, Parts, ReproducibleRandom};
use protocol::Random;
use tokio::sync::{OnceCell, watch};
use ui::Notice;
use url::Url;

use super::database::OpenFile;
use super::environment::Environment;
use super::own_listener::OwnListener;
use super::{StartError, pages, stopped};
use crate::config::Settings;
use crate::control::{Control, Generation, Maker, ServerName};
use crate::front::Front;
use crate::health::Readiness;
use crate::installation::{Installation, InstallationError};

/// What all generations have in common.
pub(super) struct Sides {
    pub(super) settings: Settings,
    pub(super) portal_url: Url,
    /// The banner of all pages.
    pub(super) notice: Option<Notice>,
    pub(super) portal_front: Option<Front>,
    pub(super) environment_front: Option<Front>,
    /// How the portal reaches the environment of this process, if both are served.
    pub(super) own_listener: Option<OwnListener>,
    /// Authorities that outgoing connections trust beside the system's.
    pub(super) ca_pem: Option<String>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    pub(super) reproducible: Option<Arc<ReproducibleRandom>>,
    pub(super) keyring: Arc<Keyring>,
    pub(super) control: Option<Control>,
    /// Whether the first signing keys are still being made when an image is taken.
    pub(super) keys_come_later: bool,
    /// Opens a copy of the database: as safely as the first one was opened.
    pub(super) open_file: OpenFile,
}

impl Sides {
    /// What both servers work with on this database.
    pub(super) fn parts(&self, db: Db) -> Parts {
        Parts {
            db,
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            keyring: Arc::clone(&self.keyring),
        }
    }

    /// Puts both servers together.
    pub(super) async fn generation(
        &self,
        environment: Option<&Environment>,
        db: Db,
        installation: Installation,
        readiness: &Readiness,
    ) -> Result<Generation, StartError> {
        let (stopping, stop) = watch::channel(false);
        let explain = self.explain(environment);
        let mut generation = Generation {
            portal: None,
            environment: None,
            idp: environment.map(Environment::idp),
            pages: None,
            db: db.clone(),
            installation,
            file: None,
            jobs: Vec::new(),
            stopping,
        };
        if let (Some(environment), Some(front)) = (environment, &self.environment_front) {
            let jobs = environment.run_jobs(stopped(stop.clone()));
            generation.jobs.push(self.job("environment", jobs));
            let router = environment.router();
            let router = match &self.control {
                Some(control) => control.watch(ServerName::Environment, router),
                None => router,
            };
            let router = match &explain {
                Some(explain) => explain
                    .router(&front.site)
                    .fallback_service(explain.watch(Party::Environment, router)),
                None => router,
            };
            let router = front.clone().wrap(router, readiness.clone());
            generation.environment = Some(router);
        }
        if let Some(front) = &self.portal_front {
            let pages = pages::Pages {
                settings: &self.settings,
                url: &self.portal_url,
                notice: self.notice.as_ref(),
                environment,
                ca_pem: self.ca_pem.clone(),
                explain: explain.clone(),
                own: self.own_listener.as_ref(),
                is_traced: front.traced.is_some(),
            };
            let portal = pages.start(self.parts(db)).await?;
            let router = portal.router();
            generation.pages = Some(portal.clone());
            let jobs = async move { portal.run_jobs(stopped(stop)).await };
            generation.jobs.push(self.job("portal", jobs));
            let router = match &self.control {
                Some(control) => control.watch(ServerName::Portal, router),
                None => router,
            };
            let router = match &explain {
                Some(explain) => explain.watch(Party::Portal, router),
                None => router,
            };
            let router = front.clone().wrap(router, readiness.clone());
            generation.portal = Some(router);
        }
        Ok(generation)
    }

    /// What explains sign-ons, if they are kept: each generation's own, as all that requests leave.
    fn explain(&self, environment: Option<&Environment>) -> Option<Explain> {
        let keep = self.settings.explain_keep;
        let settings = || explain::Settings {
            keep,
            mode: self.settings.mode,
            portal: self.portal_front.is_some().then(|| self.portal_url.clone()),
            environment: environment.map(|environment| environment.url().clone()),
        };
        (keep > 0).then(|| Explain::new(settings(), Arc::clone(&self.clock)))
    }

    /// What goes on beside requests, with a sequence of randomness of its own.
    fn job(
        &self,
        name: &'static str,
        job: impl Future<Output = ()> + Send + 'static,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        match self.reproducible.clone() {
            // Its sequence begins when it does, not when it is made.
            Some(random) => Box::pin(async move {
                random.scope(&format!("jobs of the {name}"), job).await;
            }),
            None => Box::pin(job),
        }
    }
}

/// Makes generations from an image of the database.
pub(super) struct Again {
    sides: Arc<Sides>,
    environment: Option<Environment>,
    readiness: Readiness,
    folder: PathBuf,
    /// The database as it was right after the start; the first signing keys may be missing.
    image: PathBuf,
    /// The same with the first signing keys.
    whole: OnceCell<PathBuf>,
    number: AtomicU32,
}

impl Again {
    /// Takes the image: the database as it is now.
    pub(super) async fn image(
        sides: Arc<Sides>,
        environment: Option<&Environment>,
        readiness: Readiness,
        db: &Db,
        folder: PathBuf,
    ) -> Result<Arc<Self>, StartError> {
        let failed = |source| StartError::Image {
            path: folder.display().to_string(),
            source,
        };
        // What an earlier run left behind is nobody's.
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error))?,
            _ => {}
        }
        fs::create_dir_all(&folder).map_err(failed)?;
        let image = folder.join("start.db");
        db.copy_to(&image).await.map_err(StartError::Database)?;
        Ok(Arc::new(Self {
            environment: environment.cloned(),
            sides,
            readiness,
            folder,
            image,
            whole: OnceCell::new(),
            number: AtomicU32::new(0),
        }))
    }
}

/// [`Again`], as the stage asks for it.
pub(super) struct FromImage(pub(super) Arc<Again>);

impl Maker for FromImage {
    fn make(
        &self,
    ) -> Pin<
        Box<
            dyn Future<Output = Result<Generation, Box<dyn std::error::Error + Send + Sync>>>
                + Send,
        >,
    > {
        let again = Arc::clone(&self.0);
        Box::pin(async move { Ok(again.make().await?) })
    }
}

impl Again {
    /// The image with the first signing keys, which may have been made after it was taken.
    async fn complete(&self) -> Result<PathBuf, StartError> {
        let environment = self.environment.as_ref();
        let Some(environment) = environment.filter(|_| self.sides.keys_come_later) else {
            return Ok(self.image.clone());
        };
        let db = (self.sides.open_file)(&self.image).map_err(StartError::Database)?;
        let mut settings = self.sides.settings.clone();
        // Whoever hears of activities has heard of these.
        settings.idp.settings.activities = None;
        let parts = self.sides.parts(db.clone());
        let copy = environment.again(&settings, parts).await?;
        let brought = environment.idp().bring_first_keys(&copy.idp()).await;
        brought.map_err(|error| StartError::Environment(Box::new(error)))?;
        let whole = self.folder.join("whole.db");
        let copied = db.copy_to(&whole).await;
        db.close().await;
        copied.map_err(StartError::Database)?;
        Ok(whole)
    }

    async fn make(&self) -> Result<Generation, StartError> {
        let image = self.whole.get_or_try_init(|| self.complete()).await?;
        let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
        let file = self.folder.join(format!("{number}.db"));
        tokio::fs::copy(image, &file)
            .await
            .map_err(|source| StartError::Image {
                path: file.display().to_string(),
                source,
            })?;
        let db = (self.sides.open_file)(&file).map_err(StartError::Database)?;
        let installation = Installation::open(&db).await;
        let installation = installation.map_err(InstallationError::from)?;
        let sides = &self.sides;
        let environment = match &self.environment {
            Some(environment) => {
                let parts = sides.parts(db.clone());
                Some(environment.again(&sides.settings, parts).await?)
            }
            None => None,
        };
        let readiness = self.readiness.of(installation.clone());
        let generation = sides
            .generation(environment.as_ref(), db, installation, &readiness)
            .await?;
        Ok(Generation {
            file: Some(file),
            ..generation
        })
    }
}
