//! The configuration as types: what the rest of the program is started with.
//!
//! The keys, their defaults and their meaning stand in `config.default.toml`.

use std::path::PathBuf;

use protocol::id::{EnvironmentId, PopulationId};
use protocol::jose::Algorithm;
use protocol::oauth::{Issuer, ResponseMode, ResponseType, Scopes, TokenEndpointAuthMethod};
use secrecy::SecretString;
use ui::BrandSettings;
use url::Url;

use crate::edge::proxies::{ForwardedBy, Network};
use crate::listen::ListenAddress;

/// What the program is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Demo data, mailbox, causes on error pages; loopback only.
    Development,
    /// For customers.
    Production,
}

/// Everything that is configured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Development or production.
    pub mode: Mode,
    /// The data directory; `None` for the platform's.
    pub data_dir: Option<PathBuf>,
    /// Where data is kept.
    pub database: Database,
    /// The keyring's file; `None` for the one in the data directory.
    pub keyring_file: Option<PathBuf>,
    /// Looks of both sides.
    pub brand: BrandSettings,
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
    /// The log.
    pub log: Log,
}

/// Where data is kept.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file in the data directory.
    Sqlite,
    /// A PostgreSQL server.
    Postgres {
        /// The address with the password in it.
        url: SecretString,
        /// PEM file of authorities; `None` for the system's.
        ca_file: Option<PathBuf>,
        /// Connections at most.
        max_connections: u32,
    },
}

/// The customer pages.
#[derive(Clone, Debug)]
pub struct Portal {
    /// Where to listen.
    pub listen: ListenAddress,
    /// The address that people type; `None` for the one listened on.
    pub public_url: Option<Url>,
    /// Further names under which requests are answered.
    pub extra_hosts: Vec<String>,
    /// Seconds without a request after which a session ends.
    pub session_idle_seconds: i64,
    /// Seconds after which a session ends in any case.
    pub session_absolute_seconds: i64,
    /// Sign-on with an OpenID Provider.
    pub sign_on: SignOn,
    /// The management API.
    pub pingone: PingOne,
    /// Registration.
    pub registration: Registration,
    /// Forms sent by one address.
    pub limits: PortalLimits,
    /// Roles that open the operator's pages.
    pub operator_roles: Vec<String>,
}

/// Sign-on with an OpenID Provider.
#[derive(Clone, Debug)]
pub struct SignOn {
    /// The provider, exactly as its tokens name it.
    pub issuer: Option<Issuer>,
    /// The application's id.
    pub client_id: Option<String>,
    /// The application's secret.
    pub client_secret: Option<SecretString>,
    /// The path that the provider sends people back to.
    pub redirect_path: String,
    /// How tokens are got.
    pub grant_type: GrantType,
    /// What the implicit grant asks for.
    pub response_type: ResponseType,
    /// How the answer comes back; `None` for what the grant type asks for.
    pub response_mode: Option<ResponseMode>,
    /// How the application authenticates.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// Scopes asked for.
    pub scopes: Scopes,
    /// The `prompt` parameter.
    pub prompt: Option<String>,
    /// The `max_age` parameter, in seconds.
    pub max_age_seconds: Option<i64>,
    /// The `acr_values` parameter.
    pub acr_values: Vec<String>,
    /// Signature algorithms accepted for ID tokens.
    pub algorithms: Vec<Algorithm>,
    /// Where people land after signing off; `None` for the portal.
    pub post_sign_off_url: Option<Url>,
}

/// How the portal gets tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    /// A code that the server redeems.
    AuthorizationCode,
    /// Tokens through the browser.
    Implicit,
    /// The application signs itself on.
    ClientCredentials,
}

/// The management API that the portal uses.
#[derive(Clone, Debug)]
pub struct PingOne {
    /// Base of the authentication API, with a slash at the end.
    pub auth_url: Option<Url>,
    /// Base of the management API, with a slash at the end.
    pub api_url: Option<Url>,
    /// The environment.
    pub environment_id: Option<EnvironmentId>,
    /// The worker application's id.
    pub worker_client_id: Option<String>,
    /// The worker application's secret.
    pub worker_client_secret: Option<SecretString>,
    /// PEM file of authorities trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Where to connect instead of the public address.
    pub back_channel_url: Option<Url>,
}

/// Registration.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches of a form, never read by position"
)]
pub struct Registration {
    /// Whether people may register.
    pub enabled: bool,
    /// Whether a code is mailed that has to be entered at the first sign-on.
    pub verify_email: bool,
    /// Whether the form asks for the given name.
    pub ask_given_name: bool,
    /// Whether the form asks for the family name.
    pub ask_family_name: bool,
    /// Which population a new user joins.
    pub population: PopulationChoice,
}

/// Forms sent by one address to the portal, per minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortalLimits {
    /// Sign-ons begun.
    pub sign_on: u32,
    /// Registrations.
    pub registration: u32,
    /// Recoveries.
    pub recovery: u32,
}

/// Which population a new user joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PopulationChoice {
    /// Always this one; `None` for the environment's default.
    Fixed(Option<PopulationId>),
    /// One of these, chosen by the visitor.
    Choose(Vec<PopulationId>),
    /// The one whose description names the domain of the e-mail address.
    EmailDomain,
}

/// The embedded environment.
#[derive(Clone, Debug)]
pub struct Idp {
    /// Where to listen.
    pub listen: ListenAddress,
    /// The address that clients know; `None` for the one listened on.
    pub public_url: Option<Url>,
    /// Further names under which requests are answered.
    pub extra_hosts: Vec<String>,
    /// Whether to make the demo environment.
    pub demo: bool,
    /// Whether people can make accounts for themselves on the hosted pages.
    pub registration: bool,
    /// Cost of a password hash.
    pub argon2: Argon2,
    /// The mail server; `None` for the mailbox.
    pub smtp: Option<Smtp>,
    /// Attempts of one address.
    pub limits: Limits,
}

/// Cost of a password hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2 {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// Hashes at the same time; 0 for one each core.
    pub permits: usize,
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub encryption: SmtpEncryption,
    /// PEM file of authorities trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Who signs on there.
    pub username: Option<String>,
    /// With which password.
    pub password: Option<SecretString>,
    /// The sender of mails.
    pub from: String,
}

/// How a mail server's connection is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpEncryption {
    /// TLS after a plain greeting; refused when the server doesn't offer it.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// None.
    None,
}

/// Attempts of one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sign-ons, per minute.
    pub sign_ons_per_minute: u32,
    /// Registrations, per hour.
    pub registrations_per_hour: u32,
    /// Recoveries, per hour.
    pub recoveries_per_hour: u32,
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
#[derive(Clone, Copy, Debug)]
pub struct Server {
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
