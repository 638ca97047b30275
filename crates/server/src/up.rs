//! Starting and stopping: both ports in one process, in the order that keeps promises.
//!
//! Ports are reserved first, so that addresses are known even for port 0; then everything is prepared
//! and the environment file written; only then can anybody connect. Whoever sees a port accept can
//! rely on the file.

mod bootstrap;
mod database;
mod environment;
mod error;
mod fronts;
mod generation;
mod keys;
mod notice;
mod own_listener;
mod pages;
mod reserved;
mod running;
pub(crate) mod tables;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use db::{Db, Location};
use platform::{AdjustableClock, Clock, ReproducibleRandom, SystemClock};
use protocol::{Random, SystemRandom};
use tokio::sync::watch;
use tokio::task::JoinSet;
use ui::Mode;
use url::Url;

use self::database::{begin_first_key, how_to_open, is_new, keys_come_later, tls_and_database};
use self::fronts::Fronts;
use self::generation::{Again, FromImage, Sides};
use self::keys::Keys;
use self::notice::notice;
use self::own_listener::OwnListener;
use self::reserved::Reserved;
use crate::audit_log::AuditLog;
use crate::config::settings::Database;
use crate::config::{Servers, Settings};
use crate::control::{Control, Maker, ServerName, Stage};
use crate::data_dir::{DATABASE_FILE, DataDir, GENERATIONS};
use crate::env_file::{EnvironmentFile, KEPT_ENV_FILE};
use crate::front::Front;
use crate::health::Readiness;
use crate::installation::InstallationError;
use crate::listen::{self, ListenError};
use crate::metrics;
use crate::seed::{self, Seed};
use crate::serve::Serving;
use crate::telemetry::Telemetry;
use crate::tls::ServerTls;
use crate::traffic::Traffic;

pub use bootstrap::{CreateError, Created, EnvironmentMaker, NewEnvironment};
pub use error::StartError;
pub use running::Running;

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
    /// The way to a collector of traces and logs.
    pub telemetry: Option<Arc<Telemetry>>,
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
            telemetry: None,
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
        if seed.is_some() && !is_new(&options) {
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
    mut options: UpOptions,
    clock: Option<Arc<AdjustableClock>>,
    reproducible: Option<Arc<ReproducibleRandom>>,
) -> Result<Running, StartError> {
    refuse_seed(&options)?;
    let open_file = how_to_open(&options);
    let mut reserved = Reserved::reserve(&options)?;
    begin_first_key(&mut options);
    let audit_log = open_audit_log(&mut options)?;
    let settings = &options.settings;
    let (tls, db) = tls_and_database(&options, &reserved, open_file).await?;
    reserved.tls = tls;
    let ca_file = reserved.ca_file();
    let own_authority = ca_file.as_deref().map(read_authority).transpose()?;
    refuse_pending(settings, options.servers, &db).await?;
    let keys = Keys::open(settings, reserved.directory.path(), &db, &*options.random).await?;
    let control = clock.map(|clock| Control::new(clock, reproducible.clone()));
    let notice = notice(settings, knows_people(&options), reserved.idp_url.as_ref());
    let fronts = Fronts::of(
        &options,
        &reserved,
        reproducible.as_deref(),
        notice.as_ref(),
    );
    let metrics_url = fronts.metrics_url.clone();
    let sides = Arc::new(Sides {
        settings: settings.clone(),
        portal_url: reserved.portal_url.clone(),
        notice,
        portal_front: fronts.portal,
        environment_front: fronts.environment,
        own_listener: OwnListener::of(settings, &reserved),
        ca_pem: ca_pem(settings, own_authority.as_deref()),
        clock: Arc::clone(&options.clock),
        random: Arc::clone(&options.random),
        reproducible: reproducible.clone(),
        keyring: Arc::clone(&keys.keyring),
        control: control.clone(),
        keys_come_later: keys_come_later(&options),
        open_file,
    });
    let readiness = Readiness::new(keys.installation.clone());
    let (stopping, _) = watch::channel(false);
    let mut env = addresses(&reserved, fronts.control_url.as_ref());

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
    let routers = [
        (ServerName::Portal, first.portal.clone()),
        (ServerName::Environment, first.environment.clone()),
    ];
    let stage = Arc::new(Stage::open(first, maker));
    let (tls, limit) = (reserved.tls.clone(), settings.server.max_connections);
    let mut prepared = servers(&mut reserved, &stage, routers, fronts.control.is_some());
    let sources = metrics_sources(&options, &stage, &readiness, &audit_log);
    let (control, watched) = (
        control.zip(fronts.control),
        fronts.metrics.zip(fronts.traffic),
    );
    prepared.extend(beside_servers(&mut reserved, control, watched, sources));

    write_env_files(&options, &reserved.directory, &env)?;

    let ports = serve(prepared, limit)?;
    look_at(&readiness, &stage, Arc::clone(&options.clock));
    let jobs = beside_requests(&keys, &stage, &readiness, tls, &stopping);
    Ok(Running {
        explain_url: explain_url(settings, options.servers, &reserved),
        portal_url: options.servers.has_portal().then_some(reserved.portal_url),
        idp_url: reserved.idp_url,
        metrics_url,
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
        audit_log,
        _directory: reserved.directory,
    })
}

/// Whether there are people whose passwords are known.
fn knows_people(options: &UpOptions) -> bool {
    let has_some = match &options.seed {
        Some(seed) => seed::people(seed).has_some(),
        None => options.settings.idp.demo,
    };
    options.servers.has_environment() && has_some
}

/// Where sign-ons are explained in development.
fn explain_url(settings: &Settings, servers: Servers, reserved: &Reserved) -> Option<Url> {
    let portal = servers.has_portal().then_some(&reserved.portal_url);
    let base = portal.or(reserved.idp_url.as_ref())?;
    let is_shown = settings.explain_keep > 0 && settings.mode == Mode::Development;
    base.join("explain").ok().filter(|_| is_shown)
}

/// What the environment file says before there is an environment.
fn addresses(reserved: &Reserved, control_url: Option<&Url>) -> EnvironmentFile {
    let ca_file = reserved.ca_file().map(|path| path.display().to_string());
    let control_url = control_url.map(Url::to_string);
    EnvironmentFile {
        portal_url: reserved.portal_url.to_string(),
        ca_file: ca_file.unwrap_or_default(),
        control_url: control_url.unwrap_or_default(),
        ..EnvironmentFile::default()
    }
}

/// Lets the environment's audit log be written elsewhere as well, where it is said.
fn open_audit_log(options: &mut UpOptions) -> Result<Arc<AuditLog>, StartError> {
    let idp = &mut options.settings.idp;
    if !options.servers.has_environment() {
        return Ok(Arc::default());
    }
    let log = AuditLog::open(idp.audit_file.as_deref(), idp.audit_syslog.as_ref())?;
    let log = Arc::new(log);
    if !log.is_empty() {
        idp.settings.activities = Some(Arc::clone(&log) as Arc<dyn idp::Listener>);
    }
    Ok(log)
}

/// A seed replaces what is there, which nobody wants of people's accounts.
fn refuse_seed(options: &UpOptions) -> Result<(), StartError> {
    if options.seed.is_some() && options.settings.mode == Mode::Production {
        return Err(StartError::SeedInProduction);
    }
    Ok(())
}

/// Lets `/readyz` say what is missing beside the database.
fn look_at(readiness: &Readiness, stage: &Arc<Stage>, clock: Arc<dyn Clock>) {
    // The stage holds the routers, and each of those a readiness.
    let stage = Arc::downgrade(stage);
    readiness.look_at(move || {
        let (stage, clock) = (stage.upgrade(), Arc::clone(&clock));
        async move {
            match stage {
                Some(stage) => stage.missing(clock.now()).await,
                None => Vec::new(),
            }
        }
    });
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
    let (urls, parts) = ((url, &sides.portal_url), sides.parts(db));
    let notice = sides.notice.clone();
    let start = environment::start(settings, urls, own_authority, notice, parts, seed);
    let started = Box::pin(start).await?;
    if sides.control.is_some() && !sides.keys_come_later {
        // Otherwise it depends on who comes first which keys there are.
        let settled = started.idp().settle().await;
        settled.map_err(|error| StartError::Environment(Box::new(error)))?;
    }
    Ok(started)
}

/// A port that is reserved, what answers there, and over which TLS.
type Prepared = (listen::Reserved, Router, Option<ServerTls>);

/// The ports of both servers, in the order in which they stop: the portal asks the environment.
fn servers(
    reserved: &mut Reserved,
    stage: &Arc<Stage>,
    routers: [(ServerName, Option<Router>); 2],
    is_changing: bool,
) -> Vec<Prepared> {
    let mut prepared = Vec::new();
    for (server, router) in routers {
        let bound = match server {
            ServerName::Portal => reserved.portal.take(),
            ServerName::Environment => reserved.idp.take(),
        };
        if let (Some(bound), Some(router)) = (bound, router) {
            // What cannot change is asked without a way round.
            let changing = is_changing.then(|| stage.router(server));
            let router = changing.unwrap_or(router);
            prepared.push((bound, router, reserved.tls.clone()));
        }
    }
    prepared
}

/// The ports of the control API and of the metrics, where they are wanted.
fn beside_servers(
    reserved: &mut Reserved,
    control: Option<(Control, Front)>,
    watched: Option<(Front, Traffic)>,
    sources: metrics::Sources,
) -> Vec<Prepared> {
    let mut prepared = Vec::new();
    let readiness = sources.readiness.clone();
    if let (Some((control, front)), Some(bound)) = (control, reserved.control.take()) {
        control.set_stage(&sources.stage);
        let router = front.wrap(control.router(), readiness.clone());
        prepared.push((bound, router, None));
    }
    if let (Some((front, traffic)), Some(bound)) = (watched, reserved.metrics.take()) {
        let router = metrics::router(sources, &traffic);
        prepared.push((bound, front.wrap(router, readiness), None));
    }
    prepared
}

/// Where the metrics' numbers are.
fn metrics_sources(
    options: &UpOptions,
    stage: &Arc<Stage>,
    readiness: &Readiness,
    audit_log: &Arc<AuditLog>,
) -> metrics::Sources {
    let current = Arc::clone(stage);
    metrics::Sources {
        stage: Arc::clone(stage),
        readiness: readiness.of_current(move || current.installation()),
        clock: Arc::clone(&options.clock),
        audit_log: Arc::clone(audit_log),
        telemetry: options.telemetry.clone(),
    }
}

/// What goes on until the end: keys and certificates are looked at again.
fn beside_requests(
    keys: &Keys,
    stage: &Arc<Stage>,
    readiness: &Readiness,
    tls: Option<ServerTls>,
    stopping: &watch::Sender<bool>,
) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let (stage, readiness) = (Arc::clone(stage), readiness.clone());
    let stop = stopped(stopping.subscribe());
    jobs.spawn(keys.clone().keep_fresh(stage, readiness, stop));
    if let Some(tls) = tls {
        jobs.spawn(renew(tls, stopped(stopping.subscribe())));
    }
    jobs
}

/// Lets clients connect, once all ports are known to be ours.
fn serve(prepared: Vec<Prepared>, max_connections: usize) -> Result<Vec<Serving>, ListenError> {
    let mut listening = Vec::new();
    for (bound, router, tls) in prepared {
        listening.push((bound.listen()?, router, tls));
    }
    let start = |(listeners, router, tls): (_, _, Option<ServerTls>)| {
        Serving::start(listeners, router, tls.as_ref(), max_connections)
    };
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
    let folder = reserved.directory.path().join(GENERATIONS);
    let (sides, readiness) = (Arc::clone(sides), readiness.clone());
    let again = Again::image(sides, environment, readiness, db, folder).await?;
    Ok(Ok(Arc::new(FromImage(again))))
}

/// Ends when the process is asked to stop.
async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    let _ = stop.wait_for(|stop| *stop).await;
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
