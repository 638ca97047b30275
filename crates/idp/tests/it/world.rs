//! What the stories speak of: an environment with the demo data, programs and people that use it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use db::testing::TestDb;
use db::{Db, Statement};
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use idp::demo::{self, Demo};
use idp::{HashingSettings, Idp, Limits, Parts, PortalAddresses, Settings};
use jiff::{SignedDuration, Timestamp};
use platform::FrozenClock;
use platform::keyring::Keyring;
use platform::net::RemoteAddress;
use protocol::SystemRandom;
use protocol::pingone::{GrantTypeName, ResponseTypeName};
use serde_json::Value;
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

pub(crate) const REDIRECT_URI: &str = "https://localhost:8080/callback";
pub(crate) const AFTER_SIGN_OFF: &str = "https://localhost:8080/";
/// All that the demo's portal asks for.
pub(crate) const SCOPES: &str = "openid profile email address phone";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An installation with the demo data.
pub(crate) struct World {
    pub(crate) idp: Idp,
    pub(crate) demo: Demo,
    pub(crate) clock: Arc<FrozenClock>,
    pub(crate) db: Db,
    settings: Settings,
    keyring: Arc<Keyring>,
    router: Router,
    _place: Option<TestDb>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::build(Db::sqlite_in_memory().unwrap(), None, change).await
    }

    /// On a database of its own engine.
    pub(crate) async fn on(place: TestDb) -> Self {
        Self::build(place.db.clone(), Some(place), |_| {}).await
    }

    /// An installation without any environment.
    pub(crate) async fn start(db: Db) -> Idp {
        let parts = Parts {
            db,
            clock: Arc::new(FrozenClock::new("2026-01-05T10:00:00Z".parse().unwrap())),
            random: Arc::new(SystemRandom),
            keyring: Arc::new(Keyring::random(&SystemRandom)),
        };
        let settings = Settings::new(Url::parse("https://localhost:9443/").unwrap());
        Idp::start(settings, parts).await.unwrap()
    }

    async fn build(db: Db, place: Option<TestDb>, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new(Url::parse("https://localhost:9443/").unwrap());
        settings.mailbox = true;
        settings.registration = true;
        settings.hashing = HashingSettings {
            memory_kib: 64,
            iterations: 1,
            parallelism: 1,
            ..HashingSettings::default()
        };
        settings.limits = Limits {
            authorizations_per_minute: 100_000,
            judged_passwords_per_minute: 100_000,
            sign_ons_per_minute: 1000,
            registrations_per_hour: 1000,
            recoveries_per_hour: 1000,
        };
        change(&mut settings);
        let start: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
        let clock = Arc::new(FrozenClock::new(start));
        let keyring = Arc::new(Keyring::random(&SystemRandom));
        let parts = Parts {
            db: db.clone(),
            clock: clock.clone(),
            random: Arc::new(SystemRandom),
            keyring: Arc::clone(&keyring),
        };
        let idp = Idp::start(settings.clone(), parts).await.unwrap();
        let demo = demo::ensure(&idp, Self::portal()).await.unwrap();
        Self {
            router: idp.router(),
            idp,
            demo,
            clock,
            db,
            settings,
            keyring,
            _place: place,
        }
    }

    /// A portal that is configured for everything.
    pub(crate) fn portal() -> PortalAddresses {
        let mut portal = PortalAddresses::new(Url::parse("https://localhost:8080/").unwrap());
        portal.grant_types = vec![
            GrantTypeName::AuthorizationCode,
            GrantTypeName::Implicit,
            GrantTypeName::ClientCredentials,
            GrantTypeName::RefreshToken,
        ];
        portal.response_types = vec![
            ResponseTypeName::Code,
            ResponseTypeName::Token,
            ResponseTypeName::IdToken,
        ];
        portal
    }

    /// The same installation after its process has ended and begun again.
    pub(crate) async fn restart(&mut self) {
        let parts = Parts {
            db: self.db.clone(),
            clock: self.clock.clone(),
            random: Arc::new(SystemRandom),
            keyring: Arc::clone(&self.keyring),
        };
        self.idp = Idp::start(self.settings.clone(), parts).await.unwrap();
        self.router = self.idp.router();
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// The address of an endpoint of the demo environment.
    pub(crate) fn endpoint(&self, name: &str) -> String {
        format!("/{}/as/{name}", self.demo.environment_id)
    }

    pub(crate) fn issuer(&self) -> &str {
        self.demo.issuer.as_str()
    }

    /// Changes the demo application as an administrator would; caches are let to run out.
    pub(crate) async fn change_application(&self, change: impl FnOnce(&mut Value)) {
        self.change_document("applications", &self.demo.client_id.to_string(), change)
            .await;
    }

    pub(crate) async fn change_document(
        &self,
        table: &'static str,
        id: &str,
        change: impl FnOnce(&mut Value),
    ) {
        let read = Statement::new("SELECT document FROM ")
            .push(table)
            .push(" WHERE id = ");
        let row = self
            .db
            .read_optional(read.push_bind(id))
            .await
            .unwrap()
            .unwrap();
        let mut document: Value =
            serde_json::from_str(&row.get::<String>("document").unwrap()).unwrap();
        change(&mut document);
        let write = Statement::new("UPDATE ")
            .push(table)
            .push(" SET document = ")
            .push_bind(document.to_string())
            .push(" WHERE id = ")
            .push_bind(id);
        self.db.write(write).await.unwrap();
        self.advance(6);
    }

    /// A second application, made from the demo's one: another id, the same settings and secret.
    pub(crate) async fn another_application(&self, name: &str) -> String {
        let id = uuid::Uuid::new_v4().to_string();
        let first = self.demo.client_id.to_string();
        for (sql, extra) in [
            (
                "INSERT INTO applications (id, environment_id, name_key, document, created_at, updated_at) \
                 SELECT $1, environment_id, $3, document, created_at, updated_at FROM applications WHERE id = $2",
                Some(name.to_owned()),
            ),
            (
                "INSERT INTO application_secrets (application_id, digest, sealed, created_at) \
                 SELECT $1, digest, sealed, created_at FROM application_secrets WHERE application_id = $2",
                None,
            ),
        ] {
            let mut statement = Statement::new(sql).bind(id.as_str()).bind(first.as_str());
            if let Some(extra) = extra {
                statement = statement.bind(extra);
            }
            self.db.write(statement).await.unwrap();
        }
        let grants = Statement::new(
            "SELECT id, environment_id, resource_id, created_at FROM resource_grants \
             WHERE application_id = $1",
        );
        for row in self.db.read(grants.bind(first.as_str())).await.unwrap() {
            let grant = uuid::Uuid::new_v4().to_string();
            let insert = Statement::new(
                "INSERT INTO resource_grants (id, environment_id, application_id, resource_id, created_at, updated_at) \
                 VALUES ($1, $2, $3, $4, $5, $5)",
            )
            .bind(grant.as_str())
            .bind(row.get::<String>("environment_id").unwrap())
            .bind(id.as_str())
            .bind(row.get::<String>("resource_id").unwrap())
            .bind(row.get::<i64>("created_at").unwrap());
            self.db.write(insert).await.unwrap();
            let scopes = Statement::new(
                "INSERT INTO resource_grant_scopes (resource_grant_id, scope_id) \
                 SELECT $1, scope_id FROM resource_grant_scopes WHERE resource_grant_id = $2",
            )
            .bind(grant.as_str())
            .bind(row.get::<String>("id").unwrap());
            self.db.write(scopes).await.unwrap();
        }
        id
    }

    /// Runs one statement, as an administrator's tool would.
    pub(crate) async fn sql(&self, statement: Statement) {
        self.db.write(statement).await.unwrap();
    }

    pub(crate) async fn disable_user(&self) {
        let statement = Statement::new("UPDATE users SET enabled = $1 WHERE username = $2");
        self.sql(statement.bind(false).bind(self.demo.user.username))
            .await;
    }

    /// A browser that has not been here before.
    pub(crate) fn browser(&self) -> Browser {
        Browser {
            router: self.router.clone(),
            cookies: BTreeMap::new(),
            address: None,
        }
    }

    /// Sends one request of a program.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// Posts a form without client authentication in the header.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(form_request(path, form).body(encoded(form)).unwrap())
            .await
    }

    /// Posts a form as the demo application, by HTTP Basic.
    pub(crate) async fn post_as_client(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let id = self.demo.client_id.to_string();
        self.post_as(path, form, &id, self.demo.client_secret.expose())
            .await
    }

    pub(crate) async fn post_as(
        &self,
        path: &str,
        form: &[(&str, &str)],
        id: &str,
        secret: &str,
    ) -> Answer {
        let request = form_request(path, form)
            .header(AUTHORIZATION, basic(id, secret))
            .body(encoded(form));
        self.send(request.unwrap()).await
    }

    /// Redeems a code as the demo application.
    pub(crate) async fn redeem(&self, code: &str) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
        ];
        self.post_as_client(&self.endpoint("token"), &form).await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.post_as_client(&self.endpoint("token"), &form).await
    }

    pub(crate) async fn userinfo(&self, token: &str) -> Answer {
        let request = Request::get(self.endpoint("userinfo"))
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty());
        self.send(request.unwrap()).await
    }

    /// The parameters of an ordinary authorization request.
    pub(crate) fn request(&self) -> Params {
        let mut params = Params::default();
        for (name, value) in [
            ("client_id", self.demo.client_id.to_string().as_str()),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", SCOPES),
            ("state", "s-1"),
            ("nonce", "n-1"),
        ] {
            params = params.set(name, value);
        }
        params
    }

    /// A whole sign-on of the demo user in a new browser; gives what the application received.
    pub(crate) async fn sign_on(&self, params: &Params) -> (Browser, Received) {
        let mut browser = self.browser();
        let received = browser.sign_on(self, params).await;
        (browser, received)
    }

    /// A code for the ordinary request.
    pub(crate) async fn code(&self) -> String {
        self.sign_on(&self.request()).await.1.param("code")
    }

    /// The tokens of the ordinary request.
    pub(crate) async fn tokens(&self) -> Value {
        self.redeem(&self.code().await)
            .await
            .expect(StatusCode::OK)
            .json()
    }

    /// The newest mailed code to an address.
    pub(crate) async fn mailed_code(&self, to: &str) -> Option<String> {
        let answer = self.get(&format!("/mailbox/messages?to={to}")).await;
        let mails = answer.expect(StatusCode::OK).json();
        // Several mails may be of one instant.
        let newest = mails.get(0)?["createdAt"].clone();
        let mails = mails.as_array()?.iter();
        mails
            .filter(|mail| mail["createdAt"] == newest)
            .filter_map(|mail| mail["text"].as_str())
            .flat_map(str::split_whitespace)
            .find(|word| {
                word.len() == 8
                    && word
                        .chars()
                        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            })
            .map(str::to_owned)
    }

    /// Waits until a mail has been written beside the answer.
    pub(crate) async fn awaited_code(&self, to: &str) -> String {
        for _ in 0..2000 {
            if let Some(code) = self.mailed_code(to).await {
                return code;
            }
            tokio::task::yield_now().await;
        }
        panic!("no mail arrived for {to}");
    }
}

pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

fn form_request(path: &str, _: &[(&str, &str)]) -> http::request::Builder {
    Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded")
}

fn encoded(form: &[(&str, &str)]) -> Body {
    Body::from(
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish(),
    )
}

/// A password that the demo user does not have yet.
pub(crate) const NEW_PASSWORD: &str = "Bright-Meadow-58";

/// A browser in front of a fresh sign-on page.
pub(crate) async fn at_sign_on(world: &World) -> (Browser, String) {
    let mut browser = world.browser();
    let answer = browser.authorize(world, &world.request()).await;
    let page = Browser::page_of(&answer.expect(StatusCode::FOUND));
    (browser, page)
}

/// The address of another page of the same interaction.
pub(crate) fn sub_page(page: &str, name: &str) -> String {
    page.replace("/signon/?", &format!("/signon/{name}?"))
}

/// Parameters of an authorization request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(other, _)| other != name);
        self
    }

    pub(crate) fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    async fn read(response: http::Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}\n{:?}", self.body, self.headers);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        self.header(LOCATION)
    }

    /// The error code of an OAuth answer, which must have a description with the correlation id.
    #[track_caller]
    pub(crate) fn oauth_error(&self) -> String {
        let json = self.json();
        let description = json["error_description"].as_str().unwrap_or_default();
        let id = self.header("correlation-id");
        assert!(
            !id.is_empty() && description.ends_with(&format!("(Correlation ID: {id})")),
            "{json}"
        );
        assert!(
            self.header("cache-control").contains("no-store"),
            "{:?}",
            self.headers
        );
        json["error"].as_str().unwrap_or_default().to_owned()
    }
}

/// What came back to the application.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// The whole address.
    pub(crate) location: String,
    params: Vec<(String, String)>,
}

impl Received {
    #[track_caller]
    pub(crate) fn at(location: &str) -> Self {
        assert!(
            location.starts_with(REDIRECT_URI),
            "not sent to the application: {location}"
        );
        let (_, params) = location.split_once(['?', '#']).unwrap_or((location, ""));
        let params = form_urlencoded::parse(params.as_bytes())
            .into_owned()
            .collect();
        Self {
            location: location.to_owned(),
            params,
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn param(&self, name: &str) -> String {
        self.find(name)
            .unwrap_or_else(|| panic!("no {name} in {}", self.location))
            .to_owned()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.params.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// A browser that keeps cookies and follows nothing by itself.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) address: Option<RemoteAddress>,
}

impl Browser {
    pub(crate) async fn get(&mut self, url: &str) -> Answer {
        self.send(Method::GET, url, Body::empty(), &[]).await
    }

    pub(crate) async fn post(&mut self, url: &str, form: &[(&str, &str)]) -> Answer {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.send(Method::POST, url, encoded(form), &headers).await
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        url: &str,
        body: Body,
        headers: &[(&str, &str)],
    ) -> Answer {
        let path = url.strip_prefix("https://localhost:9443").unwrap_or(url);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("accept", "text/html");
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body).unwrap();
        if let Some(address) = self.address {
            request.extensions_mut().insert(address);
        }
        let answer = Answer::read(self.router.clone().oneshot(request).await.unwrap()).await;
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Sends an authorization request.
    pub(crate) async fn authorize(&mut self, world: &World, params: &Params) -> Answer {
        self.get(&format!(
            "{}?{}",
            world.endpoint("authorize"),
            params.query()
        ))
        .await
    }

    /// Sends an authorization request and gives the sign-on page's address.
    #[track_caller]
    pub(crate) fn page_of(answer: &Answer) -> String {
        let location = answer.location();
        assert!(
            location.contains("/signon/?flowId="),
            "no sign-on page: {answer:?}"
        );
        location
            .strip_prefix("https://localhost:9443")
            .unwrap_or(location)
            .to_owned()
    }

    /// Gives name and password on a sign-on page.
    pub(crate) async fn give(&mut self, page: &str, username: &str, password: &str) -> Answer {
        self.post(page, &[("username", username), ("password", password)])
            .await
    }

    /// From the way back of the pages to what the application receives.
    pub(crate) async fn resume(&mut self, answer: &Answer) -> Received {
        let location = answer.location().to_owned();
        assert!(
            location.contains("/as/resume?flowId="),
            "not completed: {answer:?}"
        );
        let answer = self.get(&location).await.expect(StatusCode::FOUND);
        Received::at(answer.location())
    }

    /// A whole sign-on of the demo user.
    pub(crate) async fn sign_on(&mut self, world: &World, params: &Params) -> Received {
        let answer = self
            .authorize(world, params)
            .await
            .expect(StatusCode::FOUND);
        let page = Self::page_of(&answer);
        self.get(&page).await.expect(StatusCode::OK);
        let user = &world.demo.user;
        let answer = self
            .give(&page, user.username, user.password.expose())
            .await;
        self.resume(&answer).await
    }
}

/// The claims of a token, unverified.
#[track_caller]
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// The header of a token.
#[track_caller]
pub(crate) fn header(token: &str) -> Value {
    let header = token.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}
