//! A small PingOne: an OpenID provider, and the part of the management API that our programs use.
//!
//! It keeps people in memory, and fails in whatever way a test asks for: [`Answer`] stands in for
//! what an endpoint would say, [`Signature`] and [`Provider::claim`] spoil ID tokens, and
//! [`Provider::describe`] spoils the discovery document.

mod access;
mod answer;
mod management;
mod openid;
mod passwords;
mod world;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use platform::{Clock as _, FrozenClock};
use protocol::SystemRandom;
use protocol::id::UserId;
use protocol::jose::{SigningAlgorithm, SigningKey};
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

pub use answer::{Answer, Endpoint, Received};
pub use world::{Person, Signature, World};

/// The environment's id.
pub const ENVIRONMENT: &str = "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1";
/// The application that users sign on to.
pub const CLIENT_ID: &str = "2a1f8f44-7f0a-4c5e-8f4e-1f9f5d0c7b21";
/// Its secret.
pub const CLIENT_SECRET: &str = "the-application's-secret";
/// The worker application.
pub const WORKER_ID: &str = "5c8f4b0e-52e9-4d27-a1c2-6a0e3a1a9c37";
/// Its secret.
pub const WORKER_SECRET: &str = "the-worker's-secret";
/// The access token that every worker gets.
pub const WORKER_TOKEN: &str = "worker-token-WJ8dX2";
/// The role "Identity Data Admin", which operators have.
pub const OPERATOR_ROLE: &str = "0bd9c966-7664-4ac1-b059-0ff9293908e2";
/// What everybody signs on with at first.
pub const PASSWORD: &str = "Sunny-Harbour-42";

/// How long a test waits for what happens behind an answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// A signing key; the provider publishes and uses number 0 until it is told otherwise.
///
/// Keys take a moment to make, so all tests of a process share them.
///
/// # Panics
///
/// When `number` is not 0 or 1.
pub fn key(number: usize) -> &'static SigningKey {
    static KEYS: [OnceLock<SigningKey>; 2] = [OnceLock::new(), OnceLock::new()];
    KEYS[number].get_or_init(|| {
        let id = format!("key-{number}");
        SigningKey::generate(SigningAlgorithm::Rs256, id.as_str()).unwrap()
    })
}

/// A provider; clones are the same one.
#[derive(Clone, Debug)]
pub struct Provider {
    base: Url,
    clock: Arc<FrozenClock>,
    world: Arc<Mutex<World>>,
}

impl Provider {
    /// A provider on a loopback port of its own, with `ada` for a user.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub async fn start(clock: Arc<FrozenClock>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let provider = Self::at(Url::parse(&base).unwrap(), clock);
        let router = provider.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// A provider that believes to stand at `base`, for a test that serves [`Provider::router`].
    pub fn at(base: Url, clock: Arc<FrozenClock>) -> Self {
        let provider = Self {
            base,
            clock,
            world: Arc::new(Mutex::new(World::new())),
        };
        provider.register(CLIENT_ID, Some(CLIENT_SECRET));
        provider.register(WORKER_ID, Some(WORKER_SECRET));
        provider.add("ada", "ada@example.com");
        provider
    }

    /// All endpoints, for a server or for calls within the process.
    pub fn router(&self) -> Router {
        Router::new()
            .merge(openid::routes())
            .merge(management::routes())
            .merge(passwords::routes())
            .layer(from_fn_with_state(self.clone(), answer::stand_in))
            .with_state(self.clone())
    }

    /// Where it stands.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Its issuer, as PingOne's are.
    pub fn issuer(&self) -> String {
        format!("{}{ENVIRONMENT}/as", self.base)
    }

    /// The clock by which it issues tokens.
    pub fn clock(&self) -> &Arc<FrozenClock> {
        &self.clock
    }

    /// Seconds of [`Provider::clock`] since 1970.
    fn now(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// All that it keeps.
    ///
    /// # Panics
    ///
    /// When a test failed while it held the world.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Knows an application; one without a secret says only who it is.
    pub fn register(&self, client_id: &str, secret: Option<&str>) {
        let secret = secret.map(str::to_owned);
        self.world().clients.insert(client_id.to_owned(), secret);
    }

    /// Answers so at this endpoint until told otherwise.
    pub fn answer(&self, endpoint: Endpoint, answer: Answer) {
        self.world().answers.insert(endpoint, answer);
    }

    /// Takes back everything that [`Provider::answer`] was told.
    pub fn answer_as_usual(&self) {
        self.world().answers.clear();
    }

    /// Replaces members of the discovery document; `null` removes one.
    ///
    /// # Panics
    ///
    /// When `changes` is not an object.
    pub fn describe(&self, changes: &Value) {
        let changes = changes.as_object().expect("members of the document");
        self.world().described.extend(changes.clone());
    }

    /// Publishes these keys instead of number 0.
    pub fn publish(&self, keys: &[&SigningKey]) {
        self.world().keys = keys.iter().map(|key| key.public_jwk(&[])).collect();
    }

    /// Puts a claim into ID tokens, whatever would be right.
    pub fn claim(&self, name: &str, value: impl Into<Value>) {
        self.world().claims.insert(name.to_owned(), value.into());
    }

    /// Signs ID tokens so.
    pub fn sign_with(&self, signature: Signature) {
        self.world().signature = signature;
    }

    /// From now on it has only what OpenID Connect makes it have: no endpoints beyond the three,
    /// no `iss`, no refresh tokens and no times of life.
    pub fn keep_to_the_minimum(&self) {
        self.world().is_minimal = true;
    }

    /// Adds a user.
    pub fn add(&self, username: &str, email: &str) -> UserId {
        let id = UserId::random(&SystemRandom);
        self.world().people.push(Person::new(id, username, email));
        id
    }

    /// Changes a user.
    ///
    /// # Panics
    ///
    /// When nobody has that name.
    pub fn change(&self, username: &str, change: impl FnOnce(&mut Person)) {
        let mut world = self.world();
        let mut people = world.people.iter_mut();
        change(people.find(|p| p.username == username).unwrap());
    }

    /// The user with this name, as they are now.
    pub fn person(&self, username: &str) -> Option<Person> {
        self.world()
            .find(|person| person.username == username)
            .cloned()
    }

    /// Every access token of users is refused from now on.
    pub fn revoke_access_tokens(&self) {
        self.world().access.clear();
    }

    /// What it was asked, oldest first.
    pub fn requests(&self, endpoint: Endpoint) -> Vec<Received> {
        let world = self.world();
        let received = world.received.iter();
        received
            .filter(|request| endpoint == Endpoint::Any || request.endpoint == endpoint)
            .cloned()
            .collect()
    }

    /// How often an endpoint was asked.
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.requests(endpoint).len()
    }

    /// How often it was called so: `METHOD /path`, with `*` for every id.
    pub fn calls(&self, call: &str) -> usize {
        let requests = self.requests(Endpoint::Any);
        requests.iter().filter(|it| it.call() == call).count()
    }

    /// How often tokens were asked for by this type of grant.
    pub fn grants(&self, grant_type: &str) -> usize {
        let requests = self.requests(Endpoint::Token);
        let is_meant = |request: &&Received| request.form().find("grant_type") == Some(grant_type);
        requests.iter().filter(is_meant).count()
    }

    /// The mailed code, once it has been sent: that happens behind the answer.
    ///
    /// # Panics
    ///
    /// When none was sent for two seconds.
    pub async fn mailed_code(&self, username: &str) -> String {
        let sent = async {
            loop {
                if let Some((code, _)) = self.person(username).unwrap().code {
                    break code;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let sent = tokio::time::timeout(PATIENCE, sent).await;
        sent.unwrap_or_else(|_| panic!("no code was sent to {username}"))
    }

    /// What the sign-on page does: somebody signs on at the address of an authorization request,
    /// and the browser is sent back with these parameters.
    ///
    /// # Panics
    ///
    /// When the request is not one that PingOne would accept.
    pub fn authorize(&self, url: &Url, username: &str) -> String {
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let person = self.person(username).unwrap();
        let client = &query["client_id"];
        assert!(self.world().clients.contains_key(client), "{client}");
        let mut answer = Serializer::new(String::new());
        match query["response_type"].as_str() {
            "code" => self.give_code(&query, &person, &mut answer),
            "id_token" => self.give_tokens(&query, &person, false, &mut answer),
            "token id_token" => self.give_tokens(&query, &person, true, &mut answer),
            other => panic!("no answer to the response type {other}"),
        }
        answer.append_pair("state", &query["state"]);
        if self.discovery()["authorization_response_iss_parameter_supported"] == true {
            answer.append_pair("iss", &self.issuer());
        }
        answer.finish()
    }
}
