//! An environment: how it is started, what it is asked, where it is.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pingone::{
    ClientAuthentication, ClientSecret, Credentials, Endpoints, EnvironmentId, Transport, auth,
    management,
};
use reqwest::{Certificate, Client, ClientBuilder, Method, redirect};
use serde_json::{Value, json};
use url::Url;

use crate::control::Control;
use crate::program::{Program, Start};
use crate::seed::Wanted;
use crate::time::{self, Follower};
use crate::{Application, Browser, Error, Fault, Mail, Received, User};

/// Longer than the minute for which one may wait for a mail.
const ANSWER_WITHIN: Duration = Duration::from_secs(90);

/// How many seconds [`Environment::mail_to`] waits.
const MAIL_WITHIN: &str = "10";

/// Settings with which nothing that tests do is kept back by the limits for one address, and hashing a
/// password costs no time.
pub const NO_LIMITS: [(&str, &str); 7] = [
    ("idp.limits.authorizations_per_minute", "100000"),
    ("idp.limits.judged_passwords_per_minute", "100000"),
    ("idp.limits.sign_ons_per_minute", "100000"),
    ("idp.limits.registrations_per_hour", "100000"),
    ("idp.limits.recoveries_per_hour", "100000"),
    ("idp.argon2.memory_kib", "64"),
    ("idp.argon2.iterations", "1"),
];

/// What to start; see [`Environment::builder`].
#[derive(Debug)]
#[must_use]
pub struct Builder {
    start: Start,
    wanted: Wanted,
}

impl Builder {
    /// Brings up this seed: a TOML text as `latchkey environment export` writes one.
    pub fn seed(mut self, text: impl Into<String>) -> Self {
        self.wanted.text = Some(text.into());
        self
    }

    /// Adds a user, to the last environment of the seed if one is given.
    pub fn user(mut self, user: User) -> Self {
        self.wanted.users.push(user);
        self
    }

    /// Adds an application, to the last environment of the seed if one is given.
    pub fn application(mut self, application: Application) -> Self {
        self.wanted.applications.push(application);
        self
    }

    /// Sets a key of the configuration, as `latchkey config show` names it.
    pub fn set(mut self, key: &str, value: impl Into<String>) -> Self {
        self.start.settings.push((key.to_owned(), value.into()));
        self
    }

    /// Lets the clock stand still at this time from the start.
    pub fn clock(self, at: Timestamp) -> Self {
        self.option("--clock", &at.to_string())
    }

    /// Makes ids, codes, secrets and opaque tokens the same in every run.
    pub fn random_seed(self, number: u64) -> Self {
        self.option("--random-seed", &number.to_string())
    }

    /// Starts this program, instead of the one that `LATCHKEY` names or the `PATH` has.
    pub fn program(mut self, path: impl Into<PathBuf>) -> Self {
        self.start.program = Some(path.into());
        self
    }

    fn option(mut self, name: &str, value: &str) -> Self {
        self.start.options.extend([name.into(), value.into()]);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// [`Error`] with what the program said, when it does not start.
    pub async fn start(mut self) -> Result<Environment, Error> {
        self.start.seed = self.wanted.file()?;
        let (program, variables) = self.start.start().await?;
        Environment::of(program, variables).await
    }
}

/// A running environment, with data that goes when it is dropped.
pub struct Environment {
    variables: BTreeMap<String, String>,
    id: EnvironmentId,
    endpoints: Endpoints,
    authority: Vec<u8>,
    transport: Transport,
    control: Control,
    clock: Arc<Follower>,
    _program: Program,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("id", &self.id)
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}

impl Environment {
    /// Starts an environment with demo data: [`variable`](Self::variable) tells its ids, secrets and
    /// people.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// A start with a seed, users, applications or settings of its own: then there is no demo data.
    pub fn builder() -> Builder {
        let setting = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        Builder {
            start: Start {
                settings: NO_LIMITS.into_iter().map(setting).collect(),
                ..Start::default()
            },
            wanted: Wanted::default(),
        }
    }

    async fn of(program: Program, variables: BTreeMap<String, String>) -> Result<Self, Error> {
        let told = |name: &str| -> Result<&str, Error> {
            let value = variables.get(name).map(String::as_str);
            value.ok_or_else(|| Error::new(format!("the environment file does not tell {name}")))
        };
        let file = told("CA_FILE")?;
        let authority = std::fs::read(file);
        let authority = authority.map_err(Error::during(format!("{file} cannot be read")))?;
        let endpoints = Endpoints::new(told("AUTH_URL")?, told("API_URL")?);
        let endpoints = endpoints.map_err(Error::during("the environment has no address"))?;
        let id = EnvironmentId::parse(told("ENVIRONMENT_ID")?);
        let id = id.map_err(Error::during("the environment has no id"))?;
        let url = Url::parse(told("CONTROL_URL")?);
        let url = url.map_err(Error::during("the control API has no address"))?;
        let clock = Arc::new(Follower::default());
        let now = Arc::clone(&clock);
        let transport = Transport::builder()
            .only_trust(authority.clone())
            .clock(move || now.now(time::system()))
            .build()
            .map_err(Error::during("TLS cannot be set up"))?;
        let control = Control {
            http: client(Client::builder(), &authority)?,
            url,
        };
        let environment = Self {
            variables,
            id,
            endpoints,
            authority,
            transport,
            control,
            clock,
            _program: program,
        };
        // The file is written before the ports open, all of them at once.
        environment.wait_for_the_ports().await?;
        Ok(environment)
    }

    async fn wait_for_the_ports(&self) -> Result<(), Error> {
        let begun = std::time::Instant::now();
        loop {
            match self.now().await {
                Err(_) if begun.elapsed() < Duration::from_secs(5) => {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                answer => return answer.map(drop),
            }
        }
    }

    /// The environment's id; of several, the first one's.
    pub fn id(&self) -> EnvironmentId {
        self.id
    }

    /// Its issuer, which an application is set up with.
    pub fn issuer(&self) -> auth::Issuer {
        self.endpoints.issuer(self.id)
    }

    /// Where it is.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The authority that issued its certificate, as PEM.
    pub fn authority(&self) -> &[u8] {
        &self.authority
    }

    /// What the environment file says by this name, such as `DEMO_USERNAME`.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// A transport for the SDK that trusts the environment, and takes its time for the present.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The management API, by a worker that administers everything.
    pub fn management(&self) -> management::Client {
        let told = |name| self.variable(name).unwrap_or_default();
        let secret = ClientSecret::new(told("WORKER_CLIENT_SECRET"));
        let secret = ClientAuthentication::ClientSecretBasic(secret);
        let worker = Credentials::new(told("WORKER_CLIENT_ID"), secret);
        management::Client::new(&self.endpoints, self.id, worker, self.transport.clone())
    }

    /// An application's client of the environment.
    pub fn client(&self, application: &Application) -> auth::Client {
        let secret = ClientAuthentication::ClientSecretBasic(application.secret());
        let credentials = Credentials::new(application.client_id(), secret);
        auth::Client::new(self.issuer(), credentials, self.transport.clone())
    }

    /// A browser without cookies.
    ///
    /// # Errors
    ///
    /// [`Error`] when TLS cannot be set up on this machine.
    pub fn browser(&self) -> Result<Browser, Error> {
        let http = Client::builder()
            .cookie_store(true)
            .redirect(redirect::Policy::none());
        let http = client(http, &self.authority)?;
        Ok(Browser::new(http, self.issuer().as_str()))
    }

    /// Makes everything as it was right after the start.
    ///
    /// # Errors
    ///
    /// [`Error`] when the environment does not answer; so do all that follow.
    pub async fn reset(&self) -> Result<(), Error> {
        self.control.send(Method::POST, "reset", &[], None).await?;
        self.now().await.map(drop)
    }

    /// What the environment takes for the present.
    ///
    /// # Errors
    ///
    /// As [`reset`](Self::reset).
    pub async fn now(&self) -> Result<Timestamp, Error> {
        self.clock(Method::GET, "clock", None).await
    }

    /// Stops the clock.
    ///
    /// # Errors
    ///
    /// As [`reset`](Self::reset).
    pub async fn freeze(&self) -> Result<Timestamp, Error> {
        self.clock(Method::POST, "clock/freeze", None).await
    }

    /// Lets the clock go on from what it shows.
    ///
    /// # Errors
    ///
    /// As [`reset`](Self::reset).
    pub async fn thaw(&self) -> Result<Timestamp, Error> {
        self.clock(Method::POST, "clock/thaw", None).await
    }

    /// Sets the clock, which then stands still or goes on as before.
    ///
    /// # Errors
    ///
    /// As [`reset`](Self::reset), and when it is not from 2000 to 2200.
    pub async fn set_clock(&self, now: Timestamp) -> Result<Timestamp, Error> {
        let body = json!({"now": now});
        self.clock(Method::POST, "clock/set", Some(body)).await
    }

    /// Moves the clock by whole seconds.
    ///
    /// # Errors
    ///
    /// As [`set_clock`](Self::set_clock).
    pub async fn advance(&self, by: SignedDuration) -> Result<Timestamp, Error> {
        let body = json!({"seconds": by.as_secs()});
        self.clock(Method::POST, "clock/advance", Some(body)).await
    }

    async fn clock(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Timestamp, Error> {
        let shown: time::Shown = self.control.ask(method, path, &[], body).await?;
        self.clock.follow(shown, time::system());
        Ok(shown.now)
    }

    /// Lets requests fail.
    ///
    /// # Errors
    ///
    /// As [`reset`](Self::reset), and for a fault that cannot happen.
    pub async fn fail(&self, fault: Fault) -> Result<(), Error> {
        self.control.fail(&fault).await
    }

    /// Signs with another key from now on, without having announced it.
    ///
    /// # Errors
    ///
    /// As [`reset`](Self::reset).
    pub async fn change_keys(&self) -> Result<(), Error> {
        let path = "keys/change";
        let changed = self.control.send(Method::POST, path, &[], None);
        changed.await.map(drop)
    }

    /// The mail to this address, as soon as there is one.
    ///
    /// # Errors
    ///
    /// [`Error`] when none came within ten seconds.
    pub async fn mail_to(&self, address: &str) -> Result<Mail, Error> {
        let query = [("to", address), ("seconds", MAIL_WITHIN)];
        let mail = self.control.ask(Method::GET, "mails/wait", &query, None);
        mail.await
    }

    /// The mails to this address so far.
    ///
    /// # Errors
    ///
    /// As [`reset`](Self::reset).
    pub async fn mails_to(&self, address: &str) -> Result<Vec<Mail>, Error> {
        let query = [("to", address)];
        let mails = self.control.ask(Method::GET, "mails", &query, None);
        mails.await
    }

    /// What came in so far to a path, as in [`Fault::at`], oldest first.
    ///
    /// # Errors
    ///
    /// As [`reset`](Self::reset).
    pub async fn requests(&self, path: &str) -> Result<Vec<Received>, Error> {
        let query = [("path", path)];
        let requests = self.control.ask(Method::GET, "requests", &query, None);
        requests.await
    }
}

fn client(builder: ClientBuilder, authority: &[u8]) -> Result<Client, Error> {
    let certificates = Certificate::from_pem_bundle(authority);
    let certificates = certificates.map_err(Error::during("the authority is no certificate"))?;
    let client = builder
        .tls_certs_only(certificates)
        .timeout(ANSWER_WITHIN)
        .no_proxy()
        .build();
    client.map_err(Error::during("TLS cannot be set up"))
}
