//! Starting and stopping: both ports in one process, in the order that keeps promises.
//!
//! Ports are reserved first, so that addresses are known even for port 0; then everything is prepared
//! and the environment file written; only then can anybody connect. Whoever sees a port accept can
//! rely on the file.

mod bootstrap;
mod environment;
mod generation;
mod keys;
mod pages;
pub(crate) mod tables;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use db::{Db, Location, StoreError};
use platform::{AdjustableClock, Clock, OutOfRange, ReproducibleRandom, SystemClock};
use protocol::{Random, SystemRandom};
use tokio::sync::watch;
use tokio::task::JoinSet;
use ui::{Messages, Mode, Side, Site};
use url::Url;

use crate::config;
use crate::config::settings::{Database, Tls};
use crate::config::{Servers, Settings};
use crate::control::{Control, Maker, ServerName, Stage};
use crate::data_dir::{self, DATABASE_FILE, DataDir, DataDirError};
use crate::env_file::{EnvironmentFile, KEPT_ENV_FILE};
use crate::front::{Front, Hosts, Network, Proxies};
use crate::health::Readiness;
use crate::installation::InstallationError;
use crate::listen::{self, ListenError};
use crate::seed::{Seed, SeedError};
use crate::serve::Serving;
use crate::tls::{ServerTls, TlsError};
use generation::{Again, FromImage, Sides};
use keys::Keys;

pub use bootstrap::{CreateError, Created, EnvironmentMaker, NewEnvironment};

/// Requests in flight have this long when the process is asked to stop; background work has two
/// seconds after them.
const GRACE: Duration = Duration::from_secs(7);

/// A request to the control API may take this long: a mail is waited for up to a minute.
const LONGEST_CONTROL: Duration = Duration::from_secs(90);

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
    /// The database is older than the program, and may not be changed by it.
    #[error(
        "the database is not at this version, and database_migrate_at_start is false: {steps} due; \
         make a backup, stop all servers, and run `latchkey migrate`"
    )]
    Pending {
        /// What is due.
        steps: String,
    },
    /// The embedded environment.
    #[error("the embedded environment did not start")]
    Environment(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The portal.
    #[error("the portal did not start")]
    Portal(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The clock's start.
    #[error("the clock cannot begin there (setting control.clock)")]
    Clock(#[from] OutOfRange),
    /// A run that is to be repeated, on data that is kept.
    #[error(
        "a run whose ids and codes can be repeated begins with nothing, else they would be given \
         twice: add --ephemeral, and leave the setting database out"
    )]
    SeededOnKeptData,
    /// The copies of the database that a reset goes back to.
    #[error("{path}, which a reset needs, could not be made")]
    Image {
        /// Which folder or file.
        path: String,
        /// Why.
        source: io::Error,
    },
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
    /// The database, for tests that look behind the scenes: the one from the start.
    pub db: Db,
    ports: Vec<Serving>,
    /// Both servers, and what they do beside requests.
    stage: Arc<Stage>,
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
        self.keys.refresh(&self.stage).await;
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
        while self.jobs.join_next().await.is_some() {}
        let last = self.stage.close().await;
        self.db.close().await;
        if let Some(last) = last {
            keep(&last, &self.data_dir.join(DATABASE_FILE));
        }
        let copies = self.data_dir.join(generation::FOLDER);
        if let Err(error) = fs::remove_dir_all(&copies)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %copies.display(), "copies of the database were left behind");
        }
    }
}

/// After a reset another file holds the data; the next start looks for it in the usual one.
fn keep(last: &Path, usual: &Path) {
    for log in ["-wal", "-shm"] {
        let mut name = usual.to_owned().into_os_string();
        name.push(log);
        // A database that was closed leaves none behind.
        let _ = fs::remove_file(name);
    }
    if let Err(error) = fs::rename(last, usual) {
        tracing::error!(%error, "the data from after the reset could not be kept");
    }
}

/// What is reserved before anything is made: the directory, the ports, and what follows from them.
struct Reserved {
    directory: DataDir,
    portal: Option<listen::Reserved>,
    idp: Option<listen::Reserved>,
    control: Option<listen::Reserved>,
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
        let control = settings.control.listen;
        let control = control
            .map(|listen| listen.reserve("control.listen"))
            .transpose()?;
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
            control,
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
    let Tools {
        options,
        clock,
        reproducible,
    } = Tools::prepare(options)?;
    let start = start(options, clock, reproducible.clone());
    // What starts holds much at once; who waits for it need not.
    match reproducible {
        Some(random) => Box::pin(random.scope("start", start)).await,
        None => Box::pin(start).await,
    }
}

/// Clock and randomness as the settings want them.
struct Tools {
    options: UpOptions,
    clock: Option<Arc<AdjustableClock>>,
    reproducible: Option<Arc<ReproducibleRandom>>,
}

impl Tools {
    fn prepare(mut options: UpOptions) -> Result<Self, StartError> {
        let control = options.settings.control;
        let beneath = Arc::clone(&options.clock);
        let clock = match (control.clock, control.listen, control.random_seed) {
            (Some(at), ..) => Some(Arc::new(AdjustableClock::frozen_at(beneath, at)?)),
            (None, None, None) => None,
            (None, ..) => Some(Arc::new(AdjustableClock::new(beneath))),
        };
        if let Some(clock) = &clock {
            options.clock = Arc::clone(clock) as Arc<dyn Clock>;
        }
        let seed = control.random_seed;
        let is_kept = !options.ephemeral
            || options.db.is_some()
            || !matches!(options.settings.database, Database::Sqlite);
        if seed.is_some() && is_kept {
            return Err(StartError::SeededOnKeptData);
        }
        let reproducible = seed.map(|seed| Arc::new(ReproducibleRandom::new(seed)));
        if let Some(random) = &reproducible {
            options.random = Arc::clone(random) as Arc<dyn Random>;
        }
        Ok(Self {
            options,
            clock,
            reproducible,
        })
    }
}

async fn start(
    options: UpOptions,
    clock: Option<Arc<AdjustableClock>>,
    reproducible: Option<Arc<ReproducibleRandom>>,
) -> Result<Running, StartError> {
    let settings = &options.settings;
    refuse_seed(&options)?;
    let mut reserved = Reserved::reserve(&options)?;
    let ca_file = reserved.ca_file();
    let own_authority = ca_file.as_deref().map(read_authority).transpose()?;
    let db = match options.db.clone() {
        Some(db) => db,
        None => open_database(settings, reserved.directory.path()).await?,
    };
    refuse_pending(settings, options.servers, &db).await?;
    let keys = Keys::open(settings, reserved.directory.path(), &db, &*options.random).await?;
    let control = clock.map(|clock| Control::new(clock, reproducible.clone()));
    let fronts = Fronts::of(&options, &reserved, reproducible.as_deref());
    let sides = Arc::new(Sides {
        settings: settings.clone(),
        portal_url: reserved.portal_url.clone(),
        portal_front: fronts.portal,
        environment_front: fronts.environment,
        ca_pem: ca_pem(settings, own_authority.as_deref()),
        clock: Arc::clone(&options.clock),
        random: Arc::clone(&options.random),
        reproducible: reproducible.clone(),
        keyring: Arc::clone(&keys.keyring),
        control: control.clone(),
    });
    let readiness = Readiness::new(keys.installation.clone());
    let (stopping, _) = watch::channel(false);
    let mut jobs = JoinSet::new();
    let ca_file = ca_file.map(|path| path.display().to_string());
    let mut env = EnvironmentFile {
        portal_url: reserved.portal_url.to_string(),
        ca_file: ca_file.unwrap_or_default(),
        control_url: fronts.control_url.map(String::from).unwrap_or_default(),
        ..EnvironmentFile::default()
    };

    let mut environment = None;
    if let Some(url) = &reserved.idp_url {
        let authority = own_authority.clone();
        let seed = options.seed.as_ref();
        let started = found(&sides, url, authority, &keys, db.clone(), seed).await?;
        started.describe(&mut env);
        environment = Some(started);
    }
    let first = sides
        .generation(
            environment.as_ref(),
            db.clone(),
            keys.installation.clone(),
            &readiness,
        )
        .await?;
    let maker = if fronts.control.is_some() {
        maker(&reserved, &sides, environment.as_ref(), &readiness, &db).await?
    } else {
        Err("the control API does not listen")
    };
    let (environment_router, portal_router) = (first.environment.clone(), first.portal.clone());
    let stage = Arc::new(Stage::open(first, maker));
    let mut prepared = Vec::new();
    let (tls, limit) = (reserved.tls.clone(), settings.server.max_connections);
    for (bound, router, server) in [
        (
            reserved.idp.take(),
            environment_router,
            ServerName::Environment,
        ),
        (reserved.portal.take(), portal_router, ServerName::Portal),
    ] {
        if let (Some(bound), Some(router)) = (bound, router) {
            // What cannot change is asked without a way round.
            let changing = fronts.control.is_some().then(|| stage.router(server));
            prepared.push((bound, changing.unwrap_or(router), tls.as_ref()));
        }
    }
    if let (Some(control), Some(front)) = (control, fronts.control)
        && let Some(bound) = reserved.control.take()
    {
        control.set_stage(&stage);
        let readiness = readiness.of_stage(Arc::clone(&stage));
        prepared.push((bound, front.wrap(control.router(), readiness), None));
    }

    write_env_files(&options, &reserved.directory, &env)?;

    let ports = serve(prepared, limit)?;
    let stop = stopped(stopping.subscribe());
    jobs.spawn(keys.clone().keep_fresh(Arc::clone(&stage), stop));
    if let Some(tls) = tls.clone() {
        jobs.spawn(renew(tls, stopped(stopping.subscribe())));
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
        stage,
        jobs,
        stopping,
        readiness,
        keys,
        _directory: reserved.directory,
    })
}

/// A seed replaces what is there, which nobody wants of people's accounts.
fn refuse_seed(options: &UpOptions) -> Result<(), StartError> {
    if options.seed.is_some() && options.settings.mode == Mode::Production {
        return Err(StartError::SeedInProduction);
    }
    Ok(())
}

/// Keeps certificates fresh until `stop` completes.
async fn renew(tls: ServerTls, stop: impl Future<Output = ()>) {
    tokio::select! {
        () = tls.keep_fresh() => {}
        () = stop => {}
    }
}

/// Starts the embedded environment with what it begins with.
async fn found(
    sides: &Sides,
    url: &Url,
    own_authority: Option<String>,
    keys: &Keys,
    db: Db,
    seed: Option<&Seed>,
) -> Result<environment::Environment, StartError> {
    let settings = &sides.settings;
    if settings.idp.demo || seed.is_some() {
        let marked = keys.installation.mark_demo_data().await;
        marked.map_err(InstallationError::from)?;
    }
    let (portal_url, parts) = (&sides.portal_url, sides.parts(db));
    let start = environment::start(settings, url, portal_url, own_authority, parts, seed);
    let started = Box::pin(start).await?;
    if sides.control.is_some() {
        // Otherwise it depends on who comes first which keys there are.
        let settled = started.idp().settle().await;
        settled.map_err(|error| StartError::Environment(Box::new(error)))?;
    }
    Ok(started)
}

/// Lets clients connect, once all ports are known to be ours.
fn serve(
    prepared: Vec<(listen::Reserved, Router, Option<&ServerTls>)>,
    max_connections: usize,
) -> Result<Vec<Serving>, ListenError> {
    let mut listening = Vec::new();
    for (bound, router, tls) in prepared {
        listening.push((bound.listen()?, router, tls));
    }
    let start = |(listeners, router, tls)| Serving::start(listeners, router, tls, max_connections);
    Ok(listening.into_iter().map(start).collect())
}

/// What makes generations for resets, or why none can be made.
async fn maker(
    reserved: &Reserved,
    sides: &Arc<Sides>,
    environment: Option<&environment::Environment>,
    readiness: &Readiness,
    db: &Db,
) -> Result<Result<Arc<dyn Maker>, &'static str>, StartError> {
    let Db::Sqlite(_) = db else {
        return Ok(Err(
            "a reset needs an image of the database, which is kept of SQLite alone (setting database)",
        ));
    };
    let folder = reserved.directory.path().join(generation::FOLDER);
    let (sides, readiness) = (Arc::clone(sides), readiness.clone());
    let again = Again::image(sides, environment, readiness, db, folder).await?;
    Ok(Ok(Arc::new(FromImage(again))))
}

/// The outermost layers of the ports.
struct Fronts {
    environment: Option<Front>,
    portal: Option<Front>,
    control: Option<Front>,
    control_url: Option<Url>,
}

impl Fronts {
    fn of(
        options: &UpOptions,
        reserved: &Reserved,
        reproducible: Option<&ReproducibleRandom>,
    ) -> Self {
        let front = |name, bound: &listen::Reserved, url: &Url| Front {
            // Requests are numbered as they come, whatever else draws.
            random: match reproducible {
                Some(random) => Arc::new(random.part(name)),
                None => Arc::clone(&options.random),
            },
            ..front(options, name, bound, url)
        };
        let environment = reserved.idp.as_ref().zip(reserved.idp_url.as_ref());
        let portal = reserved.portal.as_ref();
        let control = reserved.control.as_ref();
        let control = control.map(|bound| (bound, bound.address().url("http")));
        Self {
            environment: environment.map(|(bound, url)| front("idp", bound, url)),
            portal: portal.map(|bound| front("portal", bound, &reserved.portal_url)),
            control: control.as_ref().map(|(bound, url)| Front {
                timeout: LONGEST_CONTROL,
                proxies: Proxies::new(Vec::new(), options.settings.proxy.header),
                networks: Vec::new(),
                proxies_only: false,
                hosts: Hosts::new([url], &[], Some(bound.port())),
                hsts: false,
                ..front("control", bound, url)
            }),
            control_url: control.map(|(_, url)| url),
        }
    }
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

/// In production somebody may want to say when the tables change.
async fn refuse_pending(settings: &Settings, servers: Servers, db: &Db) -> Result<(), StartError> {
    if settings.mode == Mode::Development || settings.migrate_at_start {
        return Ok(());
    }
    let pending = tables::pending_in(db, servers).await;
    let pending = pending.map_err(StartError::Database)?;
    if pending.is_empty() {
        return Ok(());
    }
    let steps: Vec<String> = pending.iter().map(ToString::to_string).collect();
    Err(StartError::Pending {
        steps: steps.join(", "),
    })
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
