//! What an installation can set about its environments.

use std::fmt::Debug;
use std::sync::Arc;

use db::Migration;
use jiff::SignedDuration;
use protocol::pingone::Region;
use secrecy::SecretString;
use serde_json::{Map, Value};
use ui::{BrandSettings, Mode, Notice, RegistrationFields};
use url::Url;

use crate::first_key::FirstKey;

/// The settings of an [`Idp`](crate::Idp), parsed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where browsers and clients reach it, with a slash at the end: `https://localhost:9443/`.
    /// Issuers, links and mails are made from it alone, never from a request's `Host`.
    pub public_url: Url,
    /// Where clients reach the management API, if not at the same address.
    pub api_public_url: Option<Url>,
    /// Where clients reach uploaded images, if not at the same address.
    pub uploads_public_url: Option<Url>,
    /// Names under which environments may be reached once they have proven them as custom domains.
    /// No other name of the installation can be an environment's.
    pub custom_domains: Vec<String>,
    /// The authority of the installation's own certificates, as PEM: requests to addresses that
    /// administrators name trust it beside those that the machine trusts.
    pub own_authority: Option<String>,
    /// Development shows causes on error pages and permits the mailbox.
    pub mode: Mode,
    /// Whether `/mailbox` shows the mails instead of a mail program.
    pub mailbox: bool,
    /// Whether the hosted pages let people make accounts for themselves, in the default population.
    pub registration: bool,
    /// What a registration asks for beside the email address and the password.
    pub registration_fields: RegistrationFields,
    /// The region that environments say they are in.
    pub region: Region,
    /// Name, colours, logos and links of the hosted pages and mails.
    pub brand: BrandSettings,
    /// A banner above every page, such as what development mode relaxes.
    pub notice: Option<Notice>,
    /// The cost of a password hash, and how many are computed at once.
    pub hashing: HashingSettings,
    /// The mail server; without one, mails wait in the outbox.
    pub smtp: Option<SmtpSettings>,
    /// Requests that one address may make.
    pub limits: Limits,
    /// How long things are good for.
    pub lifetimes: Lifetimes,
    /// Whether error pages lead to an explanation in development: whoever serves the environment has
    /// it at `/explain/{id}`.
    pub explained: bool,
    /// Who else hears of each entry of the audit log.
    pub activities: Option<Arc<dyn Listener>>,
    /// The first signing key, where it is made ahead.
    pub first_key: FirstKey,
    /// Steps of the tables after this version's: tests let a node be one of a version to come.
    pub later_migrations: &'static [Migration],
}

/// Hears of each entry of the audit log, once it is written to the database.
pub trait Listener: Debug + Send + Sync {
    /// Takes an entry, in the form of the management API with its environment, and does not wait:
    /// whoever signs on waits for this.
    fn hear(&self, entry: Map<String, Value>);
}

impl Settings {
    /// The public addresses that it has beside `public_url`.
    pub fn further_addresses(&self) -> impl Iterator<Item = &Url> {
        [&self.api_public_url, &self.uploads_public_url]
            .into_iter()
            .flatten()
    }

    /// The defaults for an address.
    pub fn new(public_url: Url) -> Self {
        Self {
            public_url,
            api_public_url: None,
            uploads_public_url: None,
            custom_domains: Vec::new(),
            own_authority: None,
            mode: Mode::Production,
            mailbox: false,
            registration: false,
            registration_fields: RegistrationFields::default(),
            region: Region::NorthAmerica,
            brand: BrandSettings::default(),
            notice: None,
            hashing: HashingSettings::default(),
            smtp: None,
            limits: Limits::default(),
            lifetimes: Lifetimes::default(),
            explained: false,
            activities: None,
            first_key: FirstKey::default(),
            later_migrations: &[],
        }
    }
}

/// Requests that one address may make; an IPv6 address counts as its /64.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Authorization requests, each of which is kept or answered with something that is, per minute.
    pub authorizations_per_minute: u32,
    /// Passwords judged by the policy's rules while somebody types, per minute.
    pub judged_passwords_per_minute: u32,
    /// Passwords tried on the hosted pages, per minute.
    pub sign_ons_per_minute: u32,
    /// Registrations on the hosted pages, per hour.
    pub registrations_per_hour: u32,
    /// Recovery and verification mails asked for on the hosted pages, per hour.
    pub recoveries_per_hour: u32,
    /// Requests of the management API below one environment per second, whoever makes them, so that
    /// clients can rehearse that PingOne answers 429. 0 for no limit.
    pub api_requests_per_second: u32,
    /// Requests of programs at the OpenID provider and the flow API per second, for the same
    /// rehearsal. 0 for no limit.
    pub authentication_requests_per_second: u32,
}

impl Default for Limits {
    /// Enough for an office behind one address, and for a person who mistypes; nothing is rehearsed.
    fn default() -> Self {
        Self {
            authorizations_per_minute: 300,
            judged_passwords_per_minute: 600,
            sign_ons_per_minute: 60,
            registrations_per_hour: 60,
            recoveries_per_hour: 60,
            api_requests_per_second: 0,
            authentication_requests_per_second: 0,
        }
    }
}

/// How long things are good for.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// Access and ID tokens: an hour, as PingOne's.
    pub access_token: SignedDuration,
    /// Authorization codes: a minute is enough for a redirect, and RFC 6749 §4.1.2 allows ten at
    /// most.
    pub authorization_code: SignedDuration,
    /// A sign-on interaction without activity: a quarter of an hour, as PingOne's.
    pub flow: SignedDuration,
    /// A browser session without activity: thirty days, as PingOne's.
    pub browser_session: SignedDuration,
    /// Entries of the audit log.
    pub activities: SignedDuration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            access_token: SignedDuration::from_hours(1),
            authorization_code: SignedDuration::from_mins(1),
            flow: SignedDuration::from_mins(15),
            browser_session: SignedDuration::from_hours(30 * 24),
            activities: SignedDuration::from_hours(14 * 24),
        }
    }
}

/// The cost of a password hash and how many are computed at once.
#[derive(Clone, Copy, Debug)]
pub struct HashingSettings {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// Hashes computed at the same time.
    pub permits: usize,
    /// Hashes waiting for a permit; one more is turned away.
    pub queue: usize,
}

impl Default for HashingSettings {
    /// 19 MiB, two passes, one lane (OWASP); a permit per core.
    fn default() -> Self {
        let permits = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            memory_kib: 19 * 1024,
            iterations: 2,
            parallelism: 1,
            permits,
            queue: 256,
        }
    }
}

/// How the way to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// Not at all: for a relay on this machine.
    None,
    /// TLS after `STARTTLS`, without which nothing is sent; usually port 587.
    StartTls,
    /// TLS from the first byte; usually port 465.
    Tls,
}

/// The mail server.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub security: SmtpSecurity,
    /// PEM of authorities that its certificate is checked with beside the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// Name and password, if it asks for them.
    pub credentials: Option<(String, SecretString)>,
    /// The sender, such as `Example <no-reply@example.com>`.
    pub from: String,
}
