//! Signing on by an OpenID provider elsewhere, and whom its identities belong to.

mod answers;
mod people;
mod policies;
mod power;
mod programs;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::{get, post};
use http::StatusCode;
use http::header::AUTHORIZATION;
use http_body_util::BodyExt as _;
use platform::Clock as _;
use protocol::jose::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};
use url::Url;

use crate::management::{Api, id};
use crate::world::{Answer, Browser, Received, World, claims};

const FAILED: &str = "The sign-on elsewhere did not work.";
const STOPPED: &str = "The sign-on was stopped elsewhere.";
const OWN_PASSWORD: &str = "Bright-Meadow-58";

/// A provider elsewhere, which says what it is told to say.
struct Elsewhere {
    url: String,
    state: Arc<Mutex<Said>>,
}

struct Said {
    key: SigningKey,
    /// What is published, if not the key that signs.
    published: Option<SigningKey>,
    id_token: Value,
    user_info: Value,
    token_status: StatusCode,
    /// The forms and the authorization headers that came to the token endpoint.
    asked: Vec<(BTreeMap<String, String>, String)>,
}

fn key(name: &str) -> SigningKey {
    SigningKey::generate(SigningAlgorithm::Es256, name).unwrap()
}

async fn token(State(state): State<Arc<Mutex<Said>>>, request: Request) -> (StatusCode, String) {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let form = url::form_urlencoded::parse(&body).into_owned().collect();
    let header = parts.headers.get(AUTHORIZATION);
    let header = header
        .map_or("", |value| value.to_str().unwrap())
        .to_owned();
    let mut said = state.lock().unwrap();
    said.asked.push((form, header));
    if !said.token_status.is_success() {
        return (said.token_status, r#"{"error":"invalid_grant"}"#.to_owned());
    }
    let mut tokens = json!({ "access_token": "at-1", "token_type": "Bearer" });
    if said.id_token.is_string() {
        tokens["id_token"] = said.id_token.clone();
    } else if said.id_token.is_object() {
        tokens["id_token"] = json!(said.key.sign(&said.id_token).unwrap());
    }
    (StatusCode::OK, tokens.to_string())
}

async fn keys(State(state): State<Arc<Mutex<Said>>>) -> String {
    let said = state.lock().unwrap();
    let key = said.published.as_ref().unwrap_or(&said.key);
    json!({ "keys": [key.public_jwk(&[])] }).to_string()
}

async fn user_info(
    State(state): State<Arc<Mutex<Said>>>,
    request: Request,
) -> (StatusCode, String) {
    let sent = request.headers().get(AUTHORIZATION);
    if sent.is_none_or(|sent| sent != "Bearer at-1") {
        return (StatusCode::UNAUTHORIZED, String::new());
    }
    (StatusCode::OK, state.lock().unwrap().user_info.to_string())
}

impl Elsewhere {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(Said {
            key: key("key-1"),
            published: None,
            id_token: Value::Null,
            user_info: Value::Null,
            token_status: StatusCode::OK,
            asked: Vec::new(),
        }));
        let router = Router::new()
            .route("/token", post(token))
            .route("/keys", get(keys))
            .route("/userinfo", get(user_info))
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    fn said(&self) -> std::sync::MutexGuard<'_, Said> {
        self.state.lock().unwrap()
    }

    /// It as an object of the management API.
    fn object(&self, name: &str) -> Value {
        json!({
            "type": "OPENID_CONNECT", "name": name, "enabled": true, "clientId": "an-id",
            "clientSecret": "a-secret", "issuer": self.url, "pkceMethod": "S256",
            "scopes": ["openid", "email"],
            "authorizationEndpoint": format!("{}/authorize", self.url),
            "tokenEndpoint": format!("{}/token", self.url),
            "jwksEndpoint": format!("{}/keys", self.url),
        })
    }

    /// The claims of a right ID token for a browser that was sent here.
    fn right(&self, world: &World, sent: &Sent, more: &Value) -> Value {
        let now = world.clock.now().as_second();
        let mut claims = json!({
            "iss": self.url, "aud": "an-id", "sub": "person-1", "iat": now, "exp": now + 300,
            "nonce": sent.param("nonce"),
        });
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    }
}

/// What a browser is sent to the provider with.
struct Sent {
    to: Url,
}

impl Sent {
    fn param(&self, name: &str) -> String {
        let mut pairs = self.to.query_pairs();
        let found = pairs.find(|(other, _)| other == name);
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    }

    /// The address that the browser is sent back to, with these parameters.
    fn back(&self, params: &[(&str, &str)]) -> String {
        let mut url = Url::parse(&self.param("redirect_uri")).unwrap();
        url.query_pairs_mut().extend_pairs(params);
        url.to_string()
    }
}

async fn world() -> World {
    World::with(|settings| settings.mode = ui::Mode::Development).await
}

/// Makes a policy of these actions and assigns it to the demo's application.
async fn obey(api: &Api<'_>, actions: &[Value]) {
    let policy = api.make("signOnPolicies", &json!({ "name": "Own" })).await;
    for action in actions {
        api.make(&format!("signOnPolicies/{}/actions", id(&policy)), action)
            .await;
    }
    let application = &api.world.demo.client_id;
    let path = format!("applications/{application}/signOnPolicyAssignments");
    let assignment = json!({ "priority": 1, "signOnPolicy": { "id": id(&policy) } });
    api.make(&path, &assignment).await;
}

fn login_with(provider: &str) -> Value {
    json!({ "type": "LOGIN", "priority": 1, "socialProviders": [{ "id": provider }] })
}

fn only(provider: &str) -> Value {
    json!({
        "type": "IDENTITY_PROVIDER", "priority": 1, "identityProvider": { "id": provider },
    })
}

/// A provider whose newcomers join a population of their own; gives its id.
async fn with_population(api: &Api<'_>, elsewhere: &Elsewhere) -> String {
    let population = api.make_population("Partners elsewhere").await;
    let mut object = elsewhere.object("Partner");
    object["registration"] = json!({ "population": { "id": population } });
    let provider = id(&api.make("identityProviders", &object).await);
    map(
        api,
        &provider,
        "email",
        "${providerAttributes.email}",
        "EMPTY_ONLY",
    )
    .await;
    provider
}

async fn map(api: &Api<'_>, provider: &str, name: &str, value: &str, update: &str) {
    let attribute = json!({ "name": name, "value": value, "update": update });
    api.make(
        &format!("identityProviders/{provider}/attributes"),
        &attribute,
    )
    .await;
}

/// Follows redirects inside the environment until the browser leaves for the provider.
async fn leave(browser: &mut Browser, mut answer: Answer) -> Sent {
    for _ in 0..4 {
        let location = answer.location().to_owned();
        if location.contains("/authorize?response_type=code&client_id=an-id") {
            return Sent {
                to: Url::parse(&location).unwrap(),
            };
        }
        assert!(!location.is_empty(), "no way out: {}", answer.body);
        answer = browser.get(&location).await;
    }
    panic!("no way out: {answer:?}");
}

/// The address behind the button of a provider.
fn button(page: &Answer, name: &str) -> String {
    let (before, _) = page
        .body
        .split_once(&format!("Continue with {name}</a>"))
        .unwrap();
    let (_, href) = before.rsplit_once("href=\"").unwrap();
    let href = href.split('"').next().unwrap();
    href.replace("&amp;", "&").replace("&#38;", "&")
}

/// A browser that the button of the sign-on page has led to the provider, and the page.
async fn at_provider(world: &World, name: &str) -> (Browser, String, Sent) {
    let (mut browser, page) = crate::world::at_sign_on(world).await;
    let shown = browser.get(&page).await.expect(StatusCode::OK);
    let answer = browser.get(&button(&shown, name)).await;
    let sent = leave(&mut browser, answer).await;
    (browser, page, sent)
}

/// Comes back with a code for these claims.
async fn come_back(
    world: &World,
    browser: &mut Browser,
    elsewhere: &Elsewhere,
    sent: &Sent,
    claims: Value,
) -> Answer {
    elsewhere.said().id_token = elsewhere.right(world, sent, &claims);
    let back = sent.back(&[("code", "c-1"), ("state", &sent.param("state"))]);
    browser.get(&back).await
}

/// The page that an answer leads to.
async fn next_page(browser: &mut Browser, answer: &Answer) -> Answer {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let location = answer.location().to_owned();
    browser.get(&location).await
}

/// Who is signed on by what the application received.
async fn subject(world: &World, received: &Received) -> Value {
    let tokens = world.redeem(&received.param("code")).await;
    claims(
        tokens.expect(StatusCode::OK).json()["id_token"]
            .as_str()
            .unwrap(),
    )
}

/// A user with a password that is good for sign-on.
async fn import(api: &Api<'_>, username: &str) -> Value {
    let user = json!({
        "username": username, "email": format!("{username}@example.com"),
        "password": { "value": OWN_PASSWORD },
    });
    api.import(&user).await.expect(StatusCode::CREATED).json()
}
