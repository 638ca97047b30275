//! Nothing that was acknowledged is lost when the process is killed.
//!
//! The real program is killed in the middle of registrations and password changes and started again
//! on the same data directory, several times. Everything answered with success must hold then;
//! what was not answered may have happened or not, but only as a whole.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use latchkey::EnvironmentFile;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, RequestBuilder, Response, Url};
use serde_json::{Value, json};
use testkit::{Browser, Person, give_credentials};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// How often the process is killed.
const ROUNDS: usize = 4;

/// Clients at the same time.
const CLIENTS: usize = 8;

/// The process is killed after so many acknowledgements of a round, more in each round.
const ACKNOWLEDGED: usize = 24;

/// How long a start, or the work of one round, may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A verifier and its S256 challenge: the example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Cheap hashes, and no limit for one address.
const VARIABLES: [(&str, &str); 9] = [
    ("LATCHKEY_IDP__ARGON2__MEMORY_KIB", "64"),
    ("LATCHKEY_IDP__ARGON2__ITERATIONS", "1"),
    ("LATCHKEY_IDP__LIMITS__SIGN_ONS_PER_MINUTE", "100000"),
    ("LATCHKEY_IDP__LIMITS__REGISTRATIONS_PER_HOUR", "100000"),
    ("LATCHKEY_IDP__LIMITS__RECOVERIES_PER_HOUR", "100000"),
    ("LATCHKEY_PORTAL__LIMITS__SIGN_ON_PER_MINUTE", "100000"),
    ("LATCHKEY_PORTAL__LIMITS__REGISTRATION_PER_MINUTE", "100000"),
    ("LATCHKEY_PORTAL__LIMITS__RECOVERY_PER_MINUTE", "100000"),
    ("LATCHKEY_PORTAL__REGISTRATION__VERIFY_EMAIL", "false"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::default());
    for round in 0..ROUNDS {
        let mut program = Program::start(directory.path()).await;
        ledger.check(&program).await;

        let enough = Arc::new(Enough::after(ACKNOWLEDGED + 7 * round));
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let client = Worker::new(&program, &ledger, &enough, format!("{round}-{number}"));
            clients.spawn(client.await.work());
        }
        tokio::time::timeout(PATIENCE, enough.reached.notified())
            .await
            .unwrap_or_else(|_| panic!("too slow: {}", program.log()));
        program.kill();
        while let Some(ended) = clients.join_next().await {
            ended.unwrap();
        }
    }
    let program = Program::start(directory.path()).await;
    ledger.check(&program).await;
    assert!(ledger.len() >= ROUNDS * CLIENTS, "{} users", ledger.len());
}

/// The running program.
struct Program {
    process: Child,
    log: PathBuf,
    env: EnvironmentFile,
    authority: String,
}

impl Program {
    /// Starts it on a data directory and waits until it is ready.
    async fn start(directory: &Path) -> Self {
        let file = directory.join("test.env");
        let log = directory.join("test.log");
        // What an earlier start wrote says nothing about this one.
        let _ = fs::remove_file(&file);
        let output = fs::File::create(&log).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_latchkey"))
            .args(["up", "--portal-listen", "localhost:0"])
            .args(["--idp-listen", "localhost:0", "--data-dir"])
            .arg(directory.join("data"))
            .arg("--env-file")
            .arg(&file)
            .env_clear()
            .env("HOME", directory)
            .envs(VARIABLES)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let begun = Instant::now();
        loop {
            if let Some(ready) = Self::ready(&file).await {
                let (env, authority) = ready;
                return Self {
                    process,
                    log,
                    env,
                    authority,
                };
            }
            let said = || fs::read_to_string(&log).unwrap();
            let ended = process.try_wait().unwrap();
            assert!(ended.is_none(), "it ended with {ended:?}: {}", said());
            assert!(begun.elapsed() < PATIENCE, "it is not ready: {}", said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The environment file, once both ports are ready.
    async fn ready(file: &Path) -> Option<(EnvironmentFile, String)> {
        let env = EnvironmentFile::parse(&fs::read_to_string(file).ok()?).ok()?;
        let authority = fs::read_to_string(&env.ca_file).ok()?;
        let client = trusting(&authority);
        for url in [&env.portal_url, &env.auth_url] {
            let answer = client.get(format!("{url}readyz")).send().await.ok()?;
            answer.status().is_success().then_some(())?;
        }
        Some((env, authority))
    }

    /// Kills it without a word (SIGKILL) and waits until it is gone.
    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    fn api(&self, path: &str) -> String {
        let EnvironmentFile {
            api_url,
            environment_id,
            ..
        } = &self.env;
        format!("{api_url}environments/{environment_id}/{path}")
    }

    /// An access token of the worker.
    async fn worker_token(&self) -> String {
        let answer: Value = trusting(&self.authority)
            .post(format!("{}/token", self.env.issuer))
            .basic_auth(
                &self.env.worker_client_id,
                Some(&self.env.worker_client_secret),
            )
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Whether the environment lets this person in, on its own page.
    async fn signs_on(&self, username: &str, password: &str) -> bool {
        let (url, callback) = authorization(&self.env, "openid");
        let browser = Browser::trusting(&self.authority).stopping_at(&callback);
        let page = browser.open(url).await.expect(200);
        let page = give_credentials(&page, &Person::new(username, password)).await;
        page.status.is_redirection()
            && page
                .location()
                .query_pairs()
                .any(|(name, _)| name == "code")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An authorization request of the demo application, and where the answer goes.
fn authorization(env: &EnvironmentFile, scope: &str) -> (Url, String) {
    let callback = format!("{}callback", env.portal_url);
    let mut url = Url::parse(&format!("{}/authorize", env.issuer)).unwrap();
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", env.client_id.as_str()),
        ("redirect_uri", callback.as_str()),
        ("scope", scope),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    (url, callback)
}

/// Where an answer redirects to.
#[track_caller]
fn target(answer: &Response) -> Url {
    let location = answer.headers().get(LOCATION);
    let location = location.unwrap_or_else(|| panic!("no redirect: {answer:?}"));
    answer.url().join(location.to_str().unwrap()).unwrap()
}

fn trusting(authority: &str) -> Client {
    testkit::install_cryptography();
    let certificate = reqwest::Certificate::from_pem(authority.as_bytes()).unwrap();
    Client::builder()
        .tls_certs_only([certificate])
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .build()
        .unwrap()
}

/// Tells when a number of things has happened.
struct Enough {
    wanted: usize,
    seen: AtomicUsize,
    reached: Notify,
}

impl Enough {
    fn after(wanted: usize) -> Self {
        Self {
            wanted,
            seen: AtomicUsize::new(0),
            reached: Notify::new(),
        }
    }

    fn one_more(&self) {
        if self.seen.fetch_add(1, Ordering::Relaxed) + 1 == self.wanted {
            self.reached.notify_one();
        }
    }
}

/// What was asked for, and what was acknowledged.
#[derive(Default)]
struct Ledger(Mutex<HashMap<String, Entry>>);

#[derive(Clone, Debug, Default)]
struct Entry {
    /// The password of the last acknowledged answer; none while the registration has none.
    acknowledged: Option<String>,
    /// The password of a request without an answer.
    asked: Option<String>,
}

impl Ledger {
    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn ask(&self, username: &str, password: &str) {
        let mut entries = self.0.lock().unwrap();
        let entry = entries.entry(username.to_owned()).or_default();
        entry.asked = Some(password.to_owned());
    }

    fn acknowledge(&self, username: &str) {
        let mut entries = self.0.lock().unwrap();
        let entry = entries.get_mut(username).unwrap();
        entry.acknowledged = entry.asked.take();
    }

    /// Compares what stands here with what the program says, and notes what turned out to hold.
    async fn check(&self, program: &Program) {
        let client = trusting(&program.authority);
        let token = program.worker_token().await;
        let entries = self.0.lock().unwrap().clone();
        for (username, entry) in entries {
            let filter = format!("username eq \"{username}\"");
            let found: Value = client
                .get(program.api("users"))
                .query(&[("filter", &filter)])
                .bearer_auth(&token)
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap();
            let exists = found["_embedded"]["users"].as_array().unwrap().len() == 1;
            let holds = self
                .password_that_holds(program, &username, &entry, exists)
                .await;
            let mut entries = self.0.lock().unwrap();
            match holds {
                Some(password) => {
                    let settled = Entry {
                        acknowledged: Some(password),
                        asked: None,
                    };
                    entries.insert(username, settled);
                }
                None => drop(entries.remove(&username)),
            }
        }
    }

    async fn password_that_holds(
        &self,
        program: &Program,
        username: &str,
        entry: &Entry,
        exists: bool,
    ) -> Option<String> {
        if !exists {
            assert!(
                entry.acknowledged.is_none(),
                "{username} was acknowledged and is gone"
            );
            return None;
        }
        let mut holding = Vec::new();
        for password in entry.acknowledged.iter().chain(&entry.asked) {
            if program.signs_on(username, password).await {
                holding.push(password.clone());
            }
        }
        assert_eq!(
            holding.len(),
            1,
            "{username} exists and cannot sign on as acknowledged or asked: {entry:?}, {}",
            program.log()
        );
        holding.pop()
    }
}

/// One client: registers people and changes their passwords until the program is gone.
struct Worker {
    client: Client,
    token: String,
    env: EnvironmentFile,
    users: String,
    population: String,
    ledger: Arc<Ledger>,
    enough: Arc<Enough>,
    name: String,
}

impl Worker {
    async fn new(
        program: &Program,
        ledger: &Arc<Ledger>,
        enough: &Arc<Enough>,
        name: String,
    ) -> Self {
        let client = trusting(&program.authority);
        let token = program.worker_token().await;
        let filter = format!("username eq \"{}\"", program.env.demo_username);
        let found: Value = client
            .get(program.api("users"))
            .query(&[("filter", &filter)])
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let population = found["_embedded"]["users"][0]["population"]["id"].as_str();
        Self {
            client,
            token,
            env: program.env.clone(),
            users: program.api("users"),
            population: population.unwrap().to_owned(),
            ledger: Arc::clone(ledger),
            enough: Arc::clone(enough),
            name,
        }
    }

    async fn work(self) {
        for number in 0.. {
            if self.one_person(number).await.is_none() {
                return;
            }
        }
    }

    /// Registers somebody at the portal or through the management API, and changes the password in
    /// both ways. None when the program is gone.
    async fn one_person(&self, number: usize) -> Option<()> {
        let username = format!("durable-{}-{number}", self.name);
        // Unlike each other: the policy refuses a new password that is nearly the old one.
        let words = ["Steady-Harbour", "Purple-Lantern", "Quick-Mountain"];
        let password = |step: usize| format!("{}-{number}", words[step]);
        self.ledger.ask(&username, &password(0));
        let id = if number.is_multiple_of(2) {
            self.import(&username, &password(0)).await?
        } else {
            self.register(&username, &password(0)).await?
        };
        self.ledger.acknowledge(&username);
        self.enough.one_more();

        self.ledger.ask(&username, &password(1));
        let body = json!({"value": password(1), "forceChange": false});
        self.put_password(&self.token, &id, "set", &body).await?;
        self.ledger.acknowledge(&username);
        self.enough.one_more();

        let own = self.own_token(&username, &password(1)).await?;
        self.ledger.ask(&username, &password(2));
        let body = json!({"currentPassword": password(1), "newPassword": password(2)});
        self.put_password(&own, &id, "reset", &body).await?;
        self.ledger.acknowledge(&username);
        self.enough.one_more();
        Some(())
    }

    /// Signs the user on as a browser would, and gets their own access token. None when the program
    /// is gone.
    async fn own_token(&self, username: &str, password: &str) -> Option<String> {
        let (url, callback) = authorization(&self.env, "openid p1:reset:userPassword");
        let begun = self.client.get(url).send().await.ok()?;
        let credentials = [("username", username), ("password", password)];
        let page = self.client.post(target(&begun)).form(&credentials);
        let signed_on = page.send().await.ok()?;
        let mut resume = self.client.get(target(&signed_on));
        for cookie in signed_on.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            resume = resume.header(COOKIE, pair);
        }
        let answer = target(&resume.send().await.ok()?);
        let (_, code) = answer
            .query_pairs()
            .find(|(name, _)| name == "code")
            .unwrap();
        let request = self.client.post(format!("{}/token", self.env.issuer));
        let request = request.basic_auth(&self.env.client_id, Some(&self.env.client_secret));
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &callback),
            ("code_verifier", VERIFIER),
        ];
        let answer = request.form(&fields).send().await.ok()?;
        let status = answer.status();
        let text = answer.text().await.ok()?;
        assert!(status.is_success(), "{status}: {text}");
        let tokens: Value = serde_json::from_str(&text).unwrap();
        Some(tokens["access_token"].as_str().unwrap().to_owned())
    }

    async fn import(&self, username: &str, password: &str) -> Option<String> {
        let body = json!({
            "username": username,
            "email": format!("{username}@example.com"),
            "population": {"id": self.population},
            "password": {"value": password},
        });
        let kind = "application/vnd.pingidentity.user.import+json";
        let request = self.client.post(&self.users).header("content-type", kind);
        let user = self.api(request.body(body.to_string()), 201).await?;
        Some(user["id"].as_str().unwrap().to_owned())
    }

    async fn put_password(&self, token: &str, id: &str, what: &str, body: &Value) -> Option<()> {
        let kind = format!("application/vnd.pingidentity.password.{what}+json");
        let url = format!("{}/{id}/password", self.users);
        let request = self.client.put(url).header("content-type", kind);
        self.api_as(token, request.body(body.to_string()), 200)
            .await
            .map(drop)
    }

    /// Sends a request of the management API as the worker.
    async fn api(&self, request: RequestBuilder, expected: u16) -> Option<Value> {
        self.api_as(&self.token, request, expected).await
    }

    /// Sends a request of the management API. None when the program is gone; another status than
    /// the expected one fails the test.
    async fn api_as(&self, token: &str, request: RequestBuilder, expected: u16) -> Option<Value> {
        let answer = request.bearer_auth(token).send().await.ok()?;
        let status = answer.status();
        let text = answer.text().await.ok()?;
        assert_eq!(status.as_u16(), expected, "{text}");
        Some(serde_json::from_str(&text).unwrap())
    }

    /// Registers somebody at the portal as a browser would, and finds the id.
    async fn register(&self, username: &str, password: &str) -> Option<String> {
        let email = format!("{username}@example.com");
        let url = format!("{}register", self.env.portal_url);
        let fields = [
            ("username", username),
            ("email", email.as_str()),
            ("givenName", "Ada"),
            ("familyName", "Lovelace"),
            ("password", password),
            ("confirmPassword", password),
        ];
        let answer = self.client.post(url).form(&fields).send().await.ok()?;
        let status = answer.status();
        // The portal answers 502 or 503 when the environment, in the same process, goes first.
        if status.is_server_error() {
            return None;
        }
        let page = answer.text().await.ok()?;
        assert!(status.is_redirection(), "{status}: {page}");
        let found = self
            .client
            .get(&self.users)
            .query(&[("filter", format!("username eq \"{username}\""))]);
        // The registration is acknowledged, whatever becomes of this look-up.
        let Some(found) = self.api(found, 200).await else {
            self.ledger.acknowledge(username);
            return None;
        };
        let id = found["_embedded"]["users"][0]["id"].as_str();
        Some(id.unwrap().to_owned())
    }
}
