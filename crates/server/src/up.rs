//! Starting and stopping: both ports in one process, in the order that keeps promises.
//!
//! Ports are reserved first, so that addresses are known even for port 0; then everything is prepared
//! and the environment file written; only then can anybody connect. Whoever sees a port accept can
//! rely on the file.

mod bootstrap;
mod environment;
mod keys;
mod pages;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use db::{Db, Location, StoreError};
use platform::{Clock, Parts, SystemClock};
use protocol::{Random, SystemRandom};
use tokio::sync::watch;
use tokio::task::JoinSet;
use ui::{Messages, Mode, Side, Site};
use url::Url;

use crate::config;
use crate::config::settings::{Database, Tls};
use crate::config::{Servers, Settings};
use crate::data_dir::{self, DataDir, DataDirError};
use crate::env_file::{EnvironmentFile, KEPT_ENV_FILE};
use crate::front::{Front, Hosts, Network, Proxies};
use crate::health::Readiness;
use crate::installation::InstallationError;
use crate::listen::{self, ListenError};
use crate::seed::{Seed, SeedError};
use crate::serve::Serving;
use crate::tls::{ServerTls, TlsError};
use keys::Keys;

pub use bootstrap::{CreateError, Created, EnvironmentMaker, NewEnvironment};

/// The database's file in the data directory.
const DATABASE_FILE: &str = "latchkey.db";

/// Requests in flight have this long when the process is asked to stop …
const GRACE: Duration = Duration::from_secs(7);
/// … and background work has this long after them; together less than ten seconds.
const JOBS_GRACE: Duration = Duration::from_secs(2);

/// What to start.
#[derive(Clone)]
pub struct UpOptions {
    /// The configuration.
    pub settings: Settings,
    /// Which servers.
    pub servers: Servers,
    /// Keep data in a temporary directory that is removed in the end.
    pub ephemeral: bool,
    /// Where to write the environment file.
    pub env_file: Option<PathBuf>,
    /// The clock; tests bring one that they move.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub random: Arc<dyn Random>,
    /// A database that is open already, instead of the configured one.
    pub db: Option<Db>,
    /// What the embedded environment begins with, instead of the demo.
    pub seed: Option<Seed>,
}

impl UpOptions {
    /// Both ports with the system's clock and randomness.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            servers: Servers::Both,
            ephemeral: false,
            env_file: None,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            db: None,
            seed: None,
        }
    }
}

impl std::fmt::Debug for UpOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpOptions")
            .field("servers", &self.servers)
            .field("ephemeral", &self.ephemeral)
            .field("env_file", &self.env_file)
            .finish_non_exhaustive()
    }
}

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The keyring, and whether it belongs to the database.
    #[error(transparent)]
    Keyring(#[from] InstallationError),
    /// A port.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The local authority's certificate, which the portal has to trust.
    #[error("reading {path} failed")]
    Authority {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The database.
    #[error("the database could not be opened (setting database)")]
    Database(#[source] StoreError),
    /// Production on data that development made.
    #[error(
        "{place} holds demo data, whose passwords everybody knows; production needs a data directory \
         and a database of its own"
    )]
    DemoData {
        /// The data directory or the database.
        place: String,
    },
    /// A seed in production.
    #[error(
        "a seed is for development: in production, `latchkey environment import` makes environments \
         from one"
    )]
    SeedInProduction,
    /// The seed.
    #[error("the seed could not be brought up")]
    Seed(#[from] SeedError),
    /// The embedded environment.
    #[error("the embedded environment did not start")]
    Environment(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The portal.
    #[error("the portal did not start")]
    Portal(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The environment file.
    #[error("writing the environment file {path} failed")]
    EnvironmentFile {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
}

/// What runs.
#[derive(Debug)]
pub struct Running {
    /// The portal's address, if it is served.
    pub portal_url: Option<Url>,
    /// The embedded environment's address, if it is served.
    pub idp_url: Option<Url>,
    /// What the environment file says.
    pub env: EnvironmentFile,
    /// Development or production.
    pub mode: Mode,
    /// Networks that development is opened to.
    pub networks: Vec<Network>,
    /// Where data is kept.
    pub data_dir: PathBuf,
    /// The database, for tests that look behind the scenes.
    pub db: Db,
    ports: Vec<Serving>,
    jobs: JoinSet<()>,
    stopping: watch::Sender<bool>,
    readiness: Readiness,
    keys: Keys,
    /// Held until the end: the lock, and the directory itself when it is a throw-away one.
    _directory: DataDir,
}

impl Running {
    /// Takes a changed keyring file into use, as the node does by itself every few seconds.
    pub async fn refresh_keys(&self) {
        self.keys.refresh().await;
    }

    /// Stops accepting, finishes requests in flight and background work, closes the database. Takes
    /// less than ten seconds.
    pub async fn shutdown(mut self) {
        self.readiness.stop();
        let mut stopping = JoinSet::new();
        for port in self.ports {
            stopping.spawn(port.stop(GRACE));
        }
        stopping.join_all().await;
        // Nobody listens any more when every job has ended by itself.
        let _ = self.stopping.send(true);
        let ended = async { while self.jobs.join_next().await.is_some() {} };
        if tokio::time::timeout(JOBS_GRACE, ended).await.is_err() {
            tracing::warn!("background work did not end in time and is cut off");
            self.jobs.abort_all();
        }
        self.db.close().await;
    }
}

/// What is reserved before anything is made: the directory, the ports, and what follows from them.
struct Reserved {
    directory: DataDir,
    portal: Option<listen::Reserved>,
    idp: Option<listen::Reserved>,
    portal_url: Url,
    idp_url: Option<Url>,
    tls: Option<ServerTls>,
}

impl Reserved {
    fn reserve(options: &UpOptions) -> Result<Self, StartError> {
        let settings = &options.settings;
        let directory = open_directory(options)?;
        refuse_demo_data(settings, directory.path())?;
        let (portal_port, idp_port) = (&settings.portal.port, &settings.idp.port);
        let portal = if options.servers.has_portal() {
            Some(portal_port.listen.reserve("portal.listen")?)
        } else {
            None
        };
        let idp = if options.servers.has_environment() {
            Some(idp_port.listen.reserve("idp.listen")?)
        } else {
            None
        };
        // Without a portal of ours, the one in the configuration is where the demo's web application
        // would be.
        let portal_listen = portal
            .as_ref()
            .map_or(portal_port.listen, listen::Reserved::address);
        let portal_url = portal_port.url(portal_listen, &settings.tls);
        let idp_url = idp
            .as_ref()
            .map(|bound| idp_port.url(bound.address(), &settings.tls));
        let hosts = certificate_hosts(settings, [Some(&portal_url), idp_url.as_ref()]);
        let tls = ServerTls::prepare(&settings.tls, directory.path(), &hosts)?;
        Ok(Self {
            directory,
            portal,
            idp,
            portal_url,
            idp_url,
            tls,
        })
    }

    fn ca_file(&self) -> Option<PathBuf> {
        self.tls.as_ref().and_then(ServerTls::ca_file)
    }
}

/// Starts everything and returns when both ports answer.
///
/// # Errors
///
/// [`StartError`] says what stands in the way; nothing keeps running then.
pub async fn up(options: UpOptions) -> Result<Running, StartError> {
    // What starts holds much at once; who waits for it need not.
    Box::pin(start(options)).await
}

async fn start(options: UpOptions) -> Result<Running, StartError> {
    let settings = &options.settings;
    if options.seed.is_some() && settings.mode == Mode::Production {
        return Err(StartError::SeedInProduction);
    }
    let mut reserved = Reserved::reserve(&options)?;
    let ca_file = reserved.ca_file();
    let own_authority = ca_file.as_deref().map(read_authority).transpose()?;
    let db = match options.db.clone() {
        Some(db) => db,
        None => open_database(settings, reserved.directory.path()).await?,
    };
    let keys = Keys::open(settings, reserved.directory.path(), &db, &*options.random).await?;
    let parts = Parts {
        db: db.clone(),
        clock: Arc::clone(&options.clock),
        random: Arc::clone(&options.random),
        keyring: Arc::clone(&keys.keyring),
    };
    let readiness = Readiness::new(keys.installation.clone());
    let (stopping, stop) = watch::channel(false);
    let mut jobs = JoinSet::new();
    let mut env = EnvironmentFile {
        portal_url: reserved.portal_url.to_string(),
        ca_file: ca_file
            .as_ref()
            .map(|path| path.display().to_string())
            .unwrap_or_default(),
        ..EnvironmentFile::default()
    };

    let mut prepared = Vec::new();
    let mut environment = None;
    if let (Some(bound), Some(url)) = (reserved.idp.take(), &reserved.idp_url) {
        if settings.idp.demo || options.seed.is_some() {
            let marked = keys.installation.mark_demo_data().await;
            marked.map_err(InstallationError::from)?;
        }
        let portal_url = &reserved.portal_url;
        let (authority, seed) = (own_authority.clone(), options.seed.as_ref());
        let started =
            environment::start(settings, url, portal_url, authority, parts.clone(), seed).await?;
        started.describe(&mut env);
        jobs.spawn(started.run_jobs(stopped(stop.clone())));
        let front = front(&options, "idp", &bound, url);
        prepared.push((bound, front.wrap(started.router(), readiness.clone())));
        environment = Some(started);
    }
    if let Some(bound) = reserved.portal.take() {
        let pages = pages::Pages {
            settings,
            url: &reserved.portal_url,
            environment: environment.as_ref(),
            ca_pem: ca_pem(settings, own_authority.as_deref()),
        };
        let router = pages.start(parts, &mut jobs, stop).await?;
        let front = front(&options, "portal", &bound, &reserved.portal_url);
        prepared.push((bound, front.wrap(router, readiness.clone())));
    }

    write_env_files(&options, &reserved.directory, &env)?;

    let (tls, limit) = (reserved.tls.clone(), settings.server.max_connections);
    let mut listening = Vec::new();
    for (bound, router) in prepared {
        listening.push((bound.listen()?, router));
    }
    let ports = listening
        .into_iter()
        .map(|(listeners, router)| Serving::start(listeners, router, tls.as_ref(), limit))
        .collect();
    jobs.spawn(keys.clone().keep_fresh(stopped(stopping.subscribe())));
    if let Some(tls) = tls {
        let stop = stopped(stopping.subscribe());
        jobs.spawn(async move {
            tokio::select! {
                () = tls.keep_fresh() => {}
                () = stop => {}
            }
        });
    }
    Ok(Running {
        portal_url: options.servers.has_portal().then_some(reserved.portal_url),
        idp_url: reserved.idp_url,
        env,
        mode: settings.mode,
        networks: settings.server.development_networks.clone(),
        data_dir: reserved.directory.path().to_owned(),
        db,
        ports,
        jobs,
        stopping,
        readiness,
        keys,
        _directory: reserved.directory,
    })
}

/// Ends when the process is asked to stop.
async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn open_directory(options: &UpOptions) -> Result<DataDir, DataDirError> {
    if options.ephemeral {
        return DataDir::ephemeral();
    }
    match &options.settings.data_dir {
        Some(path) => DataDir::open(path),
        None => DataDir::open(&data_dir::platform()?),
    }
}

/// Everybody knows the passwords of demo data.
fn refuse_demo_data(settings: &Settings, directory: &Path) -> Result<(), StartError> {
    if settings.mode == Mode::Production && directory.join(KEPT_ENV_FILE).exists() {
        return Err(StartError::DemoData {
            place: format!(
                "the data directory {} ({KEPT_ENV_FILE} stands in it)",
                directory.display()
            ),
        });
    }
    Ok(())
}

async fn open_database(settings: &Settings, directory: &Path) -> Result<Db, StartError> {
    let location = match &settings.database {
        Database::Sqlite => Location::Sqlite(directory.join(DATABASE_FILE)),
        Database::Postgres(postgres) => Location::Postgres(postgres.clone()),
    };
    Db::open(&location).await.map_err(StartError::Database)
}

/// Every name that people may type, for the certificate.
fn certificate_hosts(settings: &Settings, urls: [Option<&Url>; 2]) -> Vec<String> {
    let public = urls
        .into_iter()
        .flatten()
        .chain(settings.idp.settings.further_addresses())
        .filter_map(Url::host_str)
        .map(str::to_owned);
    let ports = [&settings.portal.port, &settings.idp.port];
    let extra = ports
        .into_iter()
        .flat_map(|port| &port.extra_hosts)
        .chain(&settings.idp.settings.custom_domains)
        .filter_map(|name| Url::parse(&format!("https://{name}/")).ok())
        .filter_map(|url| url.host_str().map(str::to_owned));
    let mut hosts: Vec<String> = public
        .chain(extra)
        .map(|host| host.trim_matches(['[', ']']).to_owned())
        .filter(|host| host != "localhost")
        .filter(|host| {
            !host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback())
        })
        .collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

fn front(options: &UpOptions, name: &'static str, bound: &listen::Reserved, url: &Url) -> Front {
    let settings = &options.settings;
    let (side, extra, further) = if name == "idp" {
        let config::settings::Idp { port, settings, .. } = &settings.idp;
        let further = settings.further_addresses().collect();
        let extra = [&port.extra_hosts[..], &settings.custom_domains].concat();
        (Side::SignOn, extra, further)
    } else {
        let extra = settings.portal.port.extra_hosts.clone();
        (Side::Portal, extra, Vec::new())
    };
    let address = bound.address();
    let development = settings.mode == Mode::Development;
    let real = settings.tls != Tls::Local && url.scheme() == "https" && !development;
    Front {
        name,
        proxies: Proxies::new(settings.proxy.trusted.clone(), settings.proxy.header),
        networks: settings.server.development_networks.clone(),
        proxies_only: !address.is_loopback() && (development || settings.tls == Tls::Off),
        hosts: Hosts::new(
            [url].into_iter().chain(further),
            &extra,
            address.is_loopback().then(|| address.port()),
        ),
        hsts: real && url.host_str() != Some("localhost"),
        timeout: Duration::from_secs(settings.server.request_timeout_seconds),
        random: Arc::clone(&options.random),
        site: Site::new(
            Messages::english(&[]),
            Arc::new(settings.portal.settings.brand.clone()),
            settings.mode,
        ),
        side,
    }
}

/// The authorities that outgoing connections of the portal trust: the configured ones, and our own.
fn ca_pem(settings: &Settings, own: Option<&str>) -> Option<String> {
    let configured = settings.portal.settings.outgoing.ca_pem.as_deref();
    let mut pem = configured.unwrap_or_default().to_owned();
    if let Some(own) = own {
        pem.push('\n');
        pem.push_str(own);
    }
    (!pem.is_empty()).then_some(pem)
}

/// The local authority's certificate, as PEM.
fn read_authority(path: &Path) -> Result<String, StartError> {
    fs::read_to_string(path).map_err(|source| StartError::Authority {
        path: path.display().to_string(),
        source,
    })
}

fn write_env_files(
    options: &UpOptions,
    directory: &DataDir,
    env: &EnvironmentFile,
) -> Result<(), StartError> {
    let kept = directory.file(KEPT_ENV_FILE);
    let keep = options.settings.mode == Mode::Development && !env.environment_id.is_empty();
    for path in options.env_file.iter().chain(keep.then_some(&kept)) {
        env.write(path)
            .map_err(|source| StartError::EnvironmentFile {
                path: path.display().to_string(),
                source,
            })?;
    }
    Ok(())
}
