//! The whole system in the test's own process: portal and environment over HTTPS, on free ports,
//! with a clock that the test moves.

use std::sync::Arc;

use fakes::{Browser, Method, Request};
use jiff::{SignedDuration, Timestamp};
use latchkey::config::{Loaded, Sources};
use latchkey::seed::Seed;
use latchkey::telemetry::Telemetry;
use latchkey::{EnvironmentFile, Running, Servers, UpOptions, up};
use latchkey_testkit::NO_LIMITS;
use platform::{Clock, FrozenClock, SystemClock};
use serde_json::{Value, json};
use url::Url;

use crate::mailbox::Mailbox;
use crate::people::Person;

/// Beside [`latchkey_testkit::NO_LIMITS`], with which nothing is kept back that a test does.
const DEFAULTS: &str = "\
portal.listen = \"localhost:0\"
portal.limits.sign_on_per_minute = 100000
portal.limits.registration_per_minute = 100000
portal.limits.recovery_per_minute = 100000
idp.listen = \"localhost:0\"
";

fn defaults() -> String {
    let line = |(key, value): &(&str, &str)| format!("{key} = {value}\n");
    let no_limits = NO_LIMITS.iter().map(line);
    format!("{DEFAULTS}{}", no_limits.collect::<String>())
}

/// What to start; see [`System::prepare`].
#[derive(Debug)]
pub struct Preparation {
    settings: Vec<(&'static str, String)>,
    servers: Servers,
    database: Option<db::testing::TestDb>,
    open: Option<db::Db>,
    seed: Option<Seed>,
    later: SignedDuration,
}

impl Preparation {
    /// Sets a key of the configuration, as `latchkey config show` names it.
    #[must_use]
    pub fn set(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.settings.push((key, value.into()));
        self
    }

    /// Starts the embedded environment alone.
    #[must_use]
    pub fn without_portal(mut self) -> Self {
        self.servers = Servers::Environment;
        self
    }

    /// Starts the portal alone.
    #[must_use]
    pub fn without_environment(mut self) -> Self {
        self.servers = Servers::Portal;
        self
    }

    /// Keeps everything in `database` instead of an SQLite file of its own.
    #[must_use]
    pub fn on(mut self, database: db::testing::TestDb) -> Self {
        self.database = Some(database);
        self
    }

    /// Keeps everything in a database that the test keeps for the next start.
    #[must_use]
    pub fn with(mut self, open: db::Db) -> Self {
        self.open = Some(open);
        self
    }

    /// Starts so much later than now, as after a standstill: what is due by then is done at once.
    #[must_use]
    pub fn later(mut self, by: SignedDuration) -> Self {
        self.later = by;
        self
    }

    /// Brings up a seed instead of the demo.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Starts it.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start(self) -> System {
        fakes::install_cryptography();
        let mut sources = Sources {
            inline: Some(defaults()),
            ..Sources::default()
        };
        for (key, value) in self.settings {
            sources = sources.option(key, value, "(test)");
        }
        let settings = match Loaded::read(&sources).settings() {
            Ok(settings) => settings,
            Err(invalid) => panic!("the test's configuration: {invalid}"),
        };
        // Certificates are checked by the real time, so the clock starts there.
        let clock = Arc::new(FrozenClock::new(SystemClock.now()));
        clock.advance(self.later);
        let mut options = UpOptions::new(settings);
        options.servers = self.servers;
        options.ephemeral = true;
        options.seed = self.seed;
        if let Some(settings) = &options.settings.telemetry.otlp {
            let started = Telemetry::start(settings, &*options.random);
            options.telemetry = Some(Arc::new(started.expect("what is sent to a collector")));
        }
        options.clock = Arc::clone(&clock) as Arc<dyn Clock>;
        let own = self.database.as_ref().map(|test| test.db.clone());
        options.db = own.or(self.open);
        let running = match up(options).await {
            Ok(running) => running,
            Err(error) => panic!("the system did not start: {error:?}"),
        };
        // Without TLS there is none.
        let authority = match running.env.ca_file.as_str() {
            "" => String::new(),
            file => std::fs::read_to_string(file)
                .expect("the local authority's certificate can be read"),
        };
        System {
            running,
            clock,
            authority,
            _database: self.database,
        }
    }
}

/// A running system; stops when dropped.
#[derive(Debug)]
pub struct System {
    running: Running,
    clock: Arc<FrozenClock>,
    authority: String,
    _database: Option<db::testing::TestDb>,
}

impl System {
    /// Starts the system with demo data and default settings.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start() -> Self {
        Self::prepare().start().await
    }

    /// A start with other settings.
    pub fn prepare() -> Preparation {
        Preparation {
            settings: Vec::new(),
            servers: Servers::Both,
            database: None,
            open: None,
            seed: None,
            later: SignedDuration::ZERO,
        }
    }

    /// Addresses, ids and secrets of the demo environment.
    pub fn env(&self) -> &EnvironmentFile {
        &self.running.env
    }

    /// Where the data is.
    pub fn data_dir(&self) -> &std::path::Path {
        &self.running.data_dir
    }

    /// The database, to look behind the scenes.
    pub fn db(&self) -> &db::Db {
        &self.running.db
    }

    /// The PEM text of the authority that signed both certificates.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Where the metrics are read, if `metrics.listen` is set.
    pub fn metrics_url(&self) -> Option<&Url> {
        self.running.metrics_url.as_ref()
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock of both sides.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// An address of the portal.
    ///
    /// # Panics
    ///
    /// When `path` cannot be one.
    pub fn portal(&self, path: &str) -> Url {
        joined(&self.env().portal_url, path)
    }

    /// An address of the authentication API below the environment, such as `as/token`.
    ///
    /// # Panics
    ///
    /// When `path` cannot be one.
    pub fn auth(&self, path: &str) -> Url {
        joined(
            &self.env().auth_url,
            &format!("{}/{path}", self.env().environment_id),
        )
    }

    /// An address of the management API below the environment, such as `users`.
    ///
    /// # Panics
    ///
    /// When `path` cannot be one.
    pub fn api(&self, path: &str) -> Url {
        let path = format!("environments/{}/{path}", self.env().environment_id);
        joined(&self.env().api_url, path.trim_end_matches('/'))
    }

    /// A fresh browser that trusts both sides.
    pub fn browser(&self) -> Browser {
        Browser::trusting(&self.authority)
    }

    /// The mailbox of the development environment.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.browser(), &self.env().mailbox_url)
    }

    /// The ordinary user of the demo data.
    pub fn demo_user(&self) -> Person {
        Person::new(&self.env().demo_username, &self.env().demo_password)
    }

    /// The operator of the demo data.
    pub fn operator(&self) -> Person {
        Person::new(&self.env().operator_username, &self.env().operator_password)
    }

    /// An access token of the demo worker, which administers the environment.
    ///
    /// # Panics
    ///
    /// When there is none to be had.
    pub async fn worker_token(&self) -> String {
        let env = self.env();
        let answer = self
            .browser()
            .request(Method::POST, self.auth("as/token"))
            .basic(&env.worker_client_id, &env.worker_client_secret)
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await
            .expect(200);
        answer.json_text("/access_token")
    }

    /// A request to the management API, carrying the worker's access token.
    ///
    /// # Panics
    ///
    /// When there is no access token to be had.
    pub async fn manage(&self, method: Method, path: &str) -> Request {
        self.browser()
            .request(method, self.api(path))
            .bearer(&self.worker_token().await)
    }

    /// Makes a user in the demo user's population who can sign on with [`Person::password`].
    ///
    /// # Panics
    ///
    /// When the management API refuses.
    pub async fn new_user(&self, username: &str) -> Person {
        let filter = format!("username eq \"{}\"", self.env().demo_username);
        let mut users = self.api("users");
        users.query_pairs_mut().append_pair("filter", &filter);
        let token = self.worker_token().await;
        let demo: Value = self
            .browser()
            .request(Method::GET, users)
            .bearer(&token)
            .send()
            .await
            .expect(200)
            .json();
        let person = Person::new(username, "Correct-Horse-42");
        let created = self
            .browser()
            .request(Method::POST, self.api("users"))
            .bearer(&token)
            .json_as(
                "application/vnd.pingidentity.user.import+json",
                &json!({
                    "username": person.username,
                    "email": person.email,
                    "name": { "given": "Ada", "family": "Lovelace" },
                    "population": demo.pointer("/_embedded/users/0/population"),
                    "password": { "value": person.password, "forceChange": false },
                }),
            )
            .send()
            .await
            .expect(201);
        person.with_id(&created.json_text("/id"))
    }

    /// Stops it, as SIGTERM would, and waits until it has.
    pub async fn stop(self) {
        self.running.shutdown().await;
    }
}

fn joined(base: &str, path: &str) -> Url {
    let base = Url::parse(base).expect("the environment file holds URLs");
    base.join(path.trim_start_matches('/'))
        .expect("a path below it")
}
