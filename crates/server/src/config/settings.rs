//! The configuration as types: what the rest of the program is started with.
//!
//! Portal and environment have settings of their own, which are read straight into their types;
//! here stands what belongs to the program around them. The keys are declared where they are read,
//! in `sections`.

use std::path::PathBuf;

use db::PostgresSettings;
use jiff::Timestamp;
use ui::Mode;
use url::Url;

use crate::audit_log::SyslogAddress;
use crate::front::proxies::{ForwardedBy, Network};
use crate::listen::ListenAddress;
use crate::telemetry::TelemetrySettings;

/// Said of a logo that no mail shows.
const NO_LOGO_IN_MAILS: &str = "mails show no logo, since mail programs show no SVG: give a \
     PNG as brand.mail_logo";

/// Everything that is configured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Development: demo data, mailbox, causes on error pages, loopback and named networks only.
    /// Or production.
    pub mode: Mode,
    /// The data directory; `None` for the platform's.
    pub data_dir: Option<PathBuf>,
    /// Where data is kept.
    pub database: Database,
    /// Whether a server in production brings the tables to its version when it starts.
    pub migrate_at_start: bool,
    /// The keyring's file; `None` for the one in the data directory.
    pub keyring_file: Option<PathBuf>,
    /// The customer pages.
    pub portal: Portal,
    /// The embedded environment.
    pub idp: Idp,
    /// How both ports are secured.
    pub tls: Tls,
    /// Who is believed about where a request came from.
    pub proxy: Proxy,
    /// Limits of both ports.
    pub server: Server,
    /// How many sign-ons can be explained.
    pub explain_keep: usize,
    /// What tests do to the system in development.
    pub control: Control,
    /// Numbers for whoever watches the program.
    pub metrics: Metrics,
    /// Traces and logs for a collector.
    pub telemetry: Telemetry,
    /// The log.
    pub log: Log,
}

impl Settings {
    /// What works and is hardly meant so, each with what to do.
    pub fn remarks(&self) -> Vec<&'static str> {
        let lacks_mail_logo = self.portal.settings.brand.lacks_mail_logo();
        lacks_mail_logo
            .then_some(NO_LOGO_IN_MAILS)
            .into_iter()
            .collect()
    }
}

/// Traces and logs for a collector.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// Where they are sent, if they are.
    pub otlp: Option<TelemetrySettings>,
    /// Whose traces are gone on with, beside those of this machine and of declared proxies.
    pub followed: Vec<Network>,
}

/// Numbers for whoever watches the program.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Where they are read, if they are.
    pub listen: Option<ListenAddress>,
    /// Who may read them beside this machine.
    pub networks: Vec<Network>,
}

/// What tests do to the system in development.
#[derive(Clone, Copy, Debug)]
pub struct Control {
    /// Where the control API listens, if it does.
    pub listen: Option<ListenAddress>,
    /// What ids, codes and tokens follow from, if they are to be the same in every run.
    pub random_seed: Option<u64>,
    /// The time at which the clock stands still from the start.
    pub clock: Option<Timestamp>,
}

/// Where data is kept.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file in the data directory.
    Sqlite,
    /// A PostgreSQL server.
    Postgres(PostgresSettings),
}

/// Where a server is reached.
#[derive(Clone, Debug)]
pub struct Port {
    /// Where to listen.
    pub listen: ListenAddress,
    /// The address that people and clients use; `None` for the one listened on.
    pub public_url: Option<Url>,
    /// Further names under which requests are answered.
    pub extra_hosts: Vec<String>,
}

/// The customer pages.
#[derive(Clone, Debug)]
pub struct Portal {
    /// Where they are reached.
    pub port: Port,
    /// Their own settings. The address in them is the configured one; what the system chooses for
    /// port 0 is known when the port is taken.
    pub settings: portal::Settings,
}

/// The embedded environment.
#[derive(Clone, Debug)]
pub struct Idp {
    /// Where it is reached.
    pub port: Port,
    /// Whether to make the demo environment.
    pub demo: bool,
    /// Where entries of the audit log are written as well.
    pub audit_file: Option<PathBuf>,
    /// The syslog daemon to which they are sent as well.
    pub audit_syslog: Option<SyslogAddress>,
    /// Its own settings. The address in them is the configured one; what the system chooses for
    /// port 0 is known when the port is taken.
    pub settings: idp::Settings,
}

/// How both ports are secured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Certificates from an authority of our own.
    Local,
    /// PEM files, read again when they change.
    Files {
        /// The chain, leaf first.
        certificate: PathBuf,
        /// The leaf's key.
        key: PathBuf,
    },
    /// Plain HTTP.
    Off,
}

/// Who is believed about where a request came from.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Networks of reverse proxies.
    pub trusted: Vec<Network>,
    /// The header they set.
    pub header: ForwardedBy,
}

/// Limits of both ports.
#[derive(Clone, Debug)]
pub struct Server {
    /// Networks that development is opened to, beside this machine.
    pub development_networks: Vec<Network>,
    /// Seconds that a request may take.
    pub request_timeout_seconds: u64,
    /// Connections at the same time, each port.
    pub max_connections: usize,
}

/// The log.
#[derive(Clone, Debug)]
pub struct Log {
    /// Text or JSON.
    pub format: LogFormat,
    /// As in `info,latchkey::access=warn`.
    pub filter: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Port {
    /// The address that people and clients use when the server listens at `listen`: the configured
    /// one, or the port of this machine.
    pub fn url(&self, listen: ListenAddress, tls: &Tls) -> Url {
        let scheme = if *tls == Tls::Off { "http" } else { "https" };
        self.public_url
            .clone()
            .unwrap_or_else(|| listen.url(scheme))
    }
}

impl Settings {
    /// The portal's address by the configuration alone.
    pub fn portal_url(&self) -> Url {
        let port = &self.portal.port;
        port.url(port.listen, &self.tls)
    }

    /// The environment's address by the configuration alone.
    pub fn idp_url(&self) -> Url {
        let port = &self.idp.port;
        port.url(port.listen, &self.tls)
    }
}
