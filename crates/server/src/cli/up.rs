//! `latchkey up`, `latchkey portal`, `latchkey idp`: serving.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use protocol::SystemRandom;

use super::{Place, terminal};
use crate::config::{Loaded, Servers, Settings};
use crate::ending::{Ending, Part};
use crate::seed::Seed;
use crate::signals::{self, Asked};
use crate::telemetry::Telemetry;
use crate::up::{StartError, UpOptions, up};
use crate::{card, logging};

#[derive(Args, Clone, Debug, Default)]
pub(super) struct Up {
    #[command(flatten)]
    common: Serve,
    #[command(flatten)]
    begin: Begin,
    /// Where the portal listens, as localhost:8080 (port 0 takes a free one).
    #[arg(long, value_name = "ADDRESS")]
    portal_listen: Option<String>,
    /// Where the embedded environment listens, as localhost:9443 (port 0 takes a free one).
    #[arg(long, value_name = "ADDRESS")]
    idp_listen: Option<String>,
}

#[derive(Args, Clone, Debug, Default)]
pub(super) struct PortalAlone {
    #[command(flatten)]
    common: Serve,
    /// Where the portal listens, as localhost:8080 (port 0 takes a free one).
    #[arg(long, value_name = "ADDRESS")]
    portal_listen: Option<String>,
}

#[derive(Args, Clone, Debug, Default)]
pub(super) struct EnvironmentAlone {
    #[command(flatten)]
    common: Serve,
    #[command(flatten)]
    begin: Begin,
    /// Where the embedded environment listens, as localhost:9443 (port 0 takes a free one).
    #[arg(long, value_name = "ADDRESS")]
    idp_listen: Option<String>,
}

#[derive(Args, Clone, Debug, Default)]
struct Begin {
    /// Bring up the environments of this seed instead of the demo (docs/seed.md); those of its ids
    /// that are there already are made anew.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
}

#[derive(Args, Clone, Debug, Default)]
struct Serve {
    #[command(flatten)]
    place: Place,
    /// Keep data in a throw-away directory that is removed in the end.
    #[arg(long, conflicts_with = "data_dir")]
    ephemeral: bool,
    /// Write addresses, ids and passwords to this file (mode 0600) before the ports answer.
    #[arg(long, value_name = "FILE", env = "LATCHKEY_ENV_FILE")]
    env_file: Option<PathBuf>,
    /// A network that development mode is opened to beside this machine, as 172.16.0.0/12; may be
    /// given several times. With it the ports may listen on other addresses than localhost.
    #[arg(long, value_name = "CIDR")]
    allow_network: Vec<String>,
    /// Stop when standard input ends: whoever started this and holds the other end of a pipe has
    /// ended, even if by SIGKILL. For test runners.
    #[arg(long)]
    stop_with_stdin: bool,
    #[command(flatten)]
    tests: ForTests,
    /// What to log, as info or `debug,latchkey::access=off`.
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
}

/// What tests do to the system, in development.
#[derive(Args, Clone, Debug, Default)]
struct ForTests {
    /// Where the control API listens, as localhost:9444 (port 0 takes a free one); see
    /// docs/control.md. In development only.
    #[arg(long, value_name = "ADDRESS")]
    control_listen: Option<String>,
    /// Make the same ids, codes and tokens in every run; needs --ephemeral. In development only.
    #[arg(long, value_name = "NUMBER")]
    random_seed: Option<String>,
    /// Let the clock stand still at this time from the start. In development only.
    #[arg(long, value_name = "TIME")]
    clock: Option<String>,
}

impl Up {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        self.common.run(
            Servers::Both,
            self.portal_listen.as_deref(),
            self.idp_listen.as_deref(),
            &self.begin,
        )
    }
}

impl PortalAlone {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        self.common.run(
            Servers::Portal,
            self.portal_listen.as_deref(),
            None,
            &Begin::default(),
        )
    }
}

impl EnvironmentAlone {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        self.common.run(
            Servers::Environment,
            None,
            self.idp_listen.as_deref(),
            &self.begin,
        )
    }
}

impl Serve {
    fn run(
        &self,
        servers: Servers,
        portal_listen: Option<&str>,
        idp_listen: Option<&str>,
        begin: &Begin,
    ) -> anyhow::Result<ExitCode> {
        let settings = self.settings(servers, portal_listen, idp_listen)?;
        let telemetry = telemetry(&settings)?;
        let log = logging::start(&settings.log, telemetry.clone());
        for remark in settings.remarks() {
            tracing::warn!("{remark}");
        }
        let mut options = UpOptions::new(settings);
        options.servers = servers;
        options.telemetry = telemetry;
        options.ephemeral = self.ephemeral;
        options.env_file.clone_from(&self.env_file);
        let seed = begin.seed.as_deref().map(Seed::read).transpose();
        options.seed = seed.map_err(StartError::Seed)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("starting threads failed")?;
        let ending = runtime.block_on(serve(options, self.stop_with_stdin))?;
        runtime.shutdown_timeout(ending.left(Part::Threads));
        log.end(ending.left(Part::Telemetry));
        Ok(ExitCode::SUCCESS)
    }

    fn settings(
        &self,
        servers: Servers,
        portal_listen: Option<&str>,
        idp_listen: Option<&str>,
    ) -> anyhow::Result<Settings> {
        let mut sources = self.place.sources();
        let networks = self.allow_network.join(",");
        let networks = (!self.allow_network.is_empty()).then_some(networks.as_str());
        let options = [
            ("server.development_networks", networks, "--allow-network"),
            ("portal.listen", portal_listen, "--portal-listen"),
            ("idp.listen", idp_listen, "--idp-listen"),
            (
                "control.listen",
                self.tests.control_listen.as_deref(),
                "--control-listen",
            ),
            (
                "control.random_seed",
                self.tests.random_seed.as_deref(),
                "--random-seed",
            ),
            ("control.clock", self.tests.clock.as_deref(), "--clock"),
            ("log.filter", self.log.as_deref(), "--log"),
        ];
        for (key, value, name) in options {
            if let Some(value) = value {
                sources = sources.option(key, value, name);
            }
        }
        Ok(Loaded::read(&sources).settings_for(servers)?)
    }
}

/// The way to the collector, where one is configured.
fn telemetry(settings: &Settings) -> anyhow::Result<Option<Arc<Telemetry>>> {
    let Some(settings) = &settings.telemetry.otlp else {
        return Ok(None);
    };
    Ok(Some(Arc::new(Telemetry::start(settings, &SystemRandom)?)))
}

/// Serves until it is asked to stop, and gives the end that began then.
async fn serve(options: UpOptions, stop_with_stdin: bool) -> anyhow::Result<Ending> {
    // Listening for signals begins before anything is started, so that none is lost.
    let mut stop = std::pin::pin!(signals::stop_requested(stop_with_stdin));
    let running = tokio::select! {
        started = Box::pin(up(options)) => started?,
        asked = &mut stop => {
            return match asked.context(UNHEARD)? {
                Asked::BySignal => Ok(Ending::begin()),
                Asked::ByItsInput => bail!(
                    "standard input ended before anything was started; with --stop-with-stdin, \
                     start latchkey with a pipe as its standard input and hold the other end"
                ),
            };
        }
    };
    terminal::print(&card::render(&running))?;
    let asked = stop.await.context(UNHEARD)?;
    let ending = Ending::begin();
    match asked {
        Asked::BySignal => tracing::info!("stopping: requests in flight are finished"),
        Asked::ByItsInput => {
            tracing::info!("stopping with standard input: requests in flight are finished");
        }
    }
    running.end(ending).await;
    Ok(ending)
}

const UNHEARD: &str = "listening for signals failed";
