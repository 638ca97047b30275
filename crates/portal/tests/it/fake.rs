//! A small PingOne on a loopback port: an OpenID provider and the part of the management API that
//! the portal uses. It keeps users in memory, and fails in whatever way a test asks for.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use platform::{Clock, FrozenClock};
use protocol::SystemRandom;
use protocol::id::{EnvironmentId, PasswordPolicyId, PopulationId, RoleId, UserId};
use protocol::jose::{JwkSet, SigningAlgorithm, SigningKey, left_half_hash};
use protocol::oauth::CodeVerifier;
use protocol::params::FormParams;
use protocol::password_policy::{Context, PasswordPolicy, evaluate};
use protocol::pingone::media_type;
use serde_json::{Value, json};
use url::Url;

pub(crate) const ENVIRONMENT: &str = "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1";
pub(crate) const CLIENT_ID: &str = "2a1f8f44-7f0a-4c5e-8f4e-1f9f5d0c7b21";
pub(crate) const CLIENT_SECRET: &str = "the-application's-secret";
pub(crate) const WORKER_TOKEN: &str = "worker-token-WJ8dX2";
pub(crate) const OPERATOR_ROLE: &str = "0bd9c966-7664-4ac1-b059-0ff9293908e2";
/// What the demo person signs on with.
pub(crate) const PASSWORD: &str = "Sunny-Harbour-42";

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mood {
    Well,
    /// 503 to everything.
    Down,
    /// 429 with `Retry-After: 30`.
    Busy,
    /// 200 with a page of some proxy.
    Nonsense,
    /// Accepts the connection and says nothing.
    Silent,
}

#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing that a test turns"
)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    pub(crate) password: String,
    pub(crate) given: Option<String>,
    pub(crate) family: Option<String>,
    pub(crate) population: Option<PopulationId>,
    pub(crate) enabled: bool,
    pub(crate) must_change: bool,
    pub(crate) is_locked: bool,
    pub(crate) is_operator: bool,
    pub(crate) history: Vec<String>,
    pub(crate) code: Option<(String, u32)>,
    pub(crate) failures: u32,
    pub(crate) needs_verification: bool,
}

#[derive(Debug)]
struct Code {
    user: UserId,
    nonce: String,
    challenge: String,
    redirect_uri: String,
}

#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing that a test turns"
)]
pub(crate) struct World {
    pub(crate) mood: Mood,
    pub(crate) people: Vec<Person>,
    pub(crate) populations: Vec<(PopulationId, String, String)>,
    pub(crate) announces_iss: bool,
    /// The issuer that discovery names instead of the right one.
    pub(crate) wrong_issuer: Option<String>,
    /// Seconds that access tokens live.
    pub(crate) lifetime: i64,
    /// Counts by `METHOD path`, ids left out.
    pub(crate) calls: BTreeMap<String, u32>,
    /// Filters of searches, as they came.
    pub(crate) filters: Vec<String>,
    pub(crate) refresh_is_refused: bool,
    /// Whether nothing is heard of a recovery code that is to be sent.
    pub(crate) codes_are_stuck: bool,
    /// Claims to put into the next ID token instead of the right ones.
    pub(crate) wrong_claims: serde_json::Map<String, Value>,
    pub(crate) revoked: Vec<String>,
    codes: HashMap<String, Code>,
    access: HashMap<String, (UserId, i64)>,
    refresh: HashMap<String, UserId>,
    used_refresh: Vec<String>,
    pub(crate) changed_too_young: bool,
    next: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Fake {
    pub(crate) base: Url,
    pub(crate) clock: Arc<FrozenClock>,
    world: Arc<Mutex<World>>,
}

fn key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(SigningAlgorithm::Rs256, "key-1").unwrap())
}

impl Fake {
    pub(crate) async fn start(clock: Arc<FrozenClock>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let world = World {
            mood: Mood::Well,
            people: Vec::new(),
            populations: Vec::new(),
            announces_iss: true,
            wrong_issuer: None,
            lifetime: 3_600,
            calls: BTreeMap::new(),
            filters: Vec::new(),
            refresh_is_refused: false,
            codes_are_stuck: false,
            wrong_claims: serde_json::Map::new(),
            revoked: Vec::new(),
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            used_refresh: Vec::new(),
            changed_too_young: false,
            next: 0,
        };
        let fake = Self {
            base: Url::parse(&base).unwrap(),
            clock,
            world: Arc::new(Mutex::new(world)),
        };
        fake.add("ada", "ada@example.com");
        let router = fake.clone().router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}{ENVIRONMENT}/as", self.base)
    }

    pub(crate) fn add(&self, username: &str, email: &str) -> UserId {
        let id = UserId::random(&SystemRandom);
        self.world().people.push(Person {
            id,
            username: username.to_owned(),
            email: email.to_owned(),
            email_verified: false,
            password: PASSWORD.to_owned(),
            given: Some("Ada".to_owned()),
            family: Some("Lovelace".to_owned()),
            population: None,
            enabled: true,
            must_change: false,
            is_locked: false,
            is_operator: false,
            history: Vec::new(),
            code: None,
            failures: 0,
            needs_verification: false,
        });
        id
    }

    pub(crate) fn change(&self, username: &str, change: impl FnOnce(&mut Person)) {
        let mut world = self.world();
        change(
            world
                .people
                .iter_mut()
                .find(|person| person.username == username)
                .unwrap(),
        );
    }

    pub(crate) fn person(&self, username: &str) -> Option<Person> {
        self.world()
            .people
            .iter()
            .find(|person| person.username == username)
            .cloned()
    }

    /// Every access token of users is refused from now on.
    pub(crate) fn revoke_access_tokens(&self) {
        self.world().access.clear();
    }

    pub(crate) fn calls(&self, call: &str) -> u32 {
        self.world().calls.get(call).copied().unwrap_or(0)
    }

    /// The mailed code, once it has been sent: that happens behind the answer.
    pub(crate) async fn mailed_code(&self, username: &str) -> String {
        for _ in 0..200 {
            if let Some((code, _)) = self.person(username).unwrap().code {
                return code;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no code was sent to {username}");
    }

    /// What the sign-on page does: somebody signs on, and the browser is sent back with a code.
    pub(crate) fn authorize(&self, url: &Url, username: &str) -> String {
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(query["client_id"], CLIENT_ID);
        assert_eq!(query["code_challenge_method"], "S256");
        let user = self.person(username).unwrap().id;
        let mut world = self.world();
        let code = world.fresh("code");
        let kept = Code {
            user,
            nonce: query["nonce"].clone(),
            challenge: query["code_challenge"].clone(),
            redirect_uri: query["redirect_uri"].clone(),
        };
        world.codes.insert(code.clone(), kept);
        let iss = world.announces_iss.then(|| ("iss", self.issuer()));
        drop(world);
        let mut answer = url::form_urlencoded::Serializer::new(String::new());
        answer
            .append_pair("code", &code)
            .append_pair("state", &query["state"]);
        if let Some((name, iss)) = iss {
            answer.append_pair(name, &iss);
        }
        answer.finish()
    }

    /// What the sign-on page does with the implicit grant.
    pub(crate) fn authorize_implicit(&self, url: &Url, username: &str) -> String {
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let with_token = query["response_type"] == "token id_token";
        assert!(with_token || query["response_type"] == "id_token");
        let person = self.person(username).unwrap();
        let now = self.clock.now().as_second();
        let mut world = self.world();
        let access = world.fresh("opaque-access");
        let lifetime = world.lifetime;
        if with_token {
            let until = (person.id, now + lifetime);
            world.access.insert(access.clone(), until);
        }
        drop(world);
        let id_token = self.id_token(&person, &query["nonce"], &access);
        let mut answer = url::form_urlencoded::Serializer::new(String::new());
        if with_token {
            answer
                .append_pair("access_token", &access)
                .append_pair("token_type", "Bearer")
                .append_pair("expires_in", &lifetime.to_string());
        }
        answer
            .append_pair("id_token", &id_token)
            .append_pair("state", &query["state"])
            .append_pair("iss", &self.issuer())
            .finish()
    }

    fn id_token(&self, person: &Person, nonce: &str, access_token: &str) -> String {
        let now = self.clock.now().as_second();
        let mut claims = json!({
            "iss": self.issuer(),
            "sub": person.id,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 600,
            "auth_time": now,
            "nonce": nonce,
            "at_hash": left_half_hash(protocol::jose::Algorithm::RS256, access_token),
            "preferred_username": person.username,
            "email": person.email,
            "amr": ["pwd"],
        });
        let mut wrong = self.world().wrong_claims.clone();
        claims.as_object_mut().unwrap().append(&mut wrong);
        key().sign(&claims).unwrap()
    }

    fn router(self) -> Router {
        let issuer = format!("/{ENVIRONMENT}/as");
        let users = format!("/v1/environments/{ENVIRONMENT}/users");
        Router::new()
            .route(
                &format!("{issuer}/.well-known/openid-configuration"),
                get(discovery),
            )
            .route(&format!("{issuer}/jwks"), get(jwks))
            .route(&format!("{issuer}/token"), post(token))
            .route(&format!("{issuer}/userinfo"), get(userinfo))
            .route(&format!("{issuer}/revoke"), post(revoke))
            .route("/v1/roles", get(roles))
            .route(&users, get(list_users).post(create_user))
            .route(&format!("{users}/{{id}}"), get(load_user).post(act_on_user))
            .route(
                &format!("{users}/{{id}}/enabled"),
                axum::routing::put(set_enabled),
            )
            .route(&format!("{users}/{{id}}/roleAssignments"), get(assignments))
            .route(
                &format!("{users}/{{id}}/password"),
                get(password_state).put(put_password).post(post_password),
            )
            .route(
                &format!("/v1/environments/{ENVIRONMENT}/populations"),
                get(populations),
            )
            .route(
                &format!("/v1/environments/{ENVIRONMENT}/populations/{{id}}"),
                get(population),
            )
            .route(
                &format!("/v1/environments/{ENVIRONMENT}/passwordPolicies"),
                get(policies),
            )
            .layer(from_fn_with_state(self.clone(), mood))
            .with_state(self)
    }
}

impl World {
    fn fresh(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{kind}-{}-{}", self.next, UserId::random(&SystemRandom))
    }
}

/// Counts the call, and answers as the mood is.
async fn mood(State(fake): State<Fake>, request: Request, next: Next) -> Response {
    let is_id = |part: &str| part.len() == 36 && UserId::parse(part).is_ok();
    let path: Vec<&str> = request
        .uri()
        .path()
        .split('/')
        .map(|part| if is_id(part) { "*" } else { part })
        .collect();
    let call = format!("{} {}", request.method(), path.join("/"));
    let mood = {
        let mut world = fake.world();
        *world.calls.entry(call).or_default() += 1;
        world.mood
    };
    match mood {
        Mood::Well => next.run(request).await,
        Mood::Down => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mood::Busy => (
            StatusCode::TOO_MANY_REQUESTS,
            [("retry-after", "30"), ("content-type", "application/json")],
            r#"{"id":"5f0c","code":"REQUEST_LIMITED","message":"too many"}"#,
        )
            .into_response(),
        Mood::Nonsense => ([("content-type", "text/html")], "<h1>It works</h1>").into_response(),
        Mood::Silent => std::future::pending().await,
    }
}

fn json_answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (
        status,
        [("content-type", "application/json")],
        body.to_string(),
    )
        .into_response()
}

fn api_error(status: u16, code: &str, details: &Value) -> Response {
    json_answer(
        status,
        &json!({"id": "c0ffee00-0000-4000-8000-000000000000", "code": code,
                "message": "The request could not be completed.", "details": details}),
    )
}

async fn discovery(State(fake): State<Fake>) -> Response {
    let issuer = fake.issuer();
    let named = fake.world().wrong_issuer.clone();
    json_answer(
        200,
        &json!({
            "issuer": named.as_ref().unwrap_or(&issuer),
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "jwks_uri": format!("{issuer}/jwks"),
            "end_session_endpoint": format!("{issuer}/signoff"),
            "revocation_endpoint": format!("{issuer}/revoke"),
            "authorization_response_iss_parameter_supported": fake.world().announces_iss,
        }),
    )
}

async fn jwks() -> Response {
    let set = JwkSet::new(vec![key().public_jwk(&[])]);
    json_answer(200, &serde_json::to_value(set).unwrap())
}

async fn token(State(fake): State<Fake>, headers: HeaderMap, body: String) -> Response {
    let refuse = |error: &str| json_answer(400, &json!({"error": error}));
    let params = FormParams::parse(body.as_bytes()).unwrap();
    let grant_type = params.find("grant_type").unwrap_or_default().to_owned();
    *fake
        .world()
        .calls
        .entry(format!("grant {grant_type}"))
        .or_default() += 1;
    assert!(
        headers.contains_key("authorization"),
        "the client proves who it is"
    );
    let now = fake.clock.now().as_second();
    let (user, nonce) = match grant_type.as_str() {
        "client_credentials" => {
            return json_answer(
                200,
                &json!({"access_token": WORKER_TOKEN, "token_type": "Bearer", "expires_in": 3600}),
            );
        }
        "authorization_code" => {
            let code = fake
                .world()
                .codes
                .remove(params.find("code").unwrap_or_default());
            let Some(code) = code else {
                return refuse("invalid_grant");
            };
            let verifier = CodeVerifier::parse(params.find("code_verifier").unwrap()).unwrap();
            assert_eq!(verifier.challenge().as_str(), code.challenge);
            assert_eq!(
                params.find("redirect_uri"),
                Some(code.redirect_uri.as_str())
            );
            (code.user, Some(code.nonce))
        }
        "refresh_token" => {
            let token = params.find("refresh_token").unwrap().to_owned();
            let mut world = fake.world();
            if world.refresh_is_refused || world.used_refresh.contains(&token) {
                return refuse("invalid_grant");
            }
            let Some(user) = world.refresh.remove(&token) else {
                return refuse("invalid_grant");
            };
            world.used_refresh.push(token);
            (user, None)
        }
        _ => return refuse("unsupported_grant_type"),
    };
    let (access, refresh, lifetime) = {
        let mut world = fake.world();
        let (access, refresh) = (world.fresh("opaque-access"), world.fresh("opaque-refresh"));
        let lifetime = world.lifetime;
        world.access.insert(access.clone(), (user, now + lifetime));
        world.refresh.insert(refresh.clone(), user);
        (access, refresh, lifetime)
    };
    let mut answer = json!({
        "access_token": access, "token_type": "Bearer", "expires_in": lifetime,
        "refresh_token": refresh,
    });
    if let Some(nonce) = nonce {
        let person = fake
            .world()
            .people
            .iter()
            .find(|p| p.id == user)
            .cloned()
            .unwrap();
        answer["id_token"] = fake.id_token(&person, &nonce, &access).into();
    }
    json_answer(200, &answer)
}

/// Whose token came along.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bearer {
    User(UserId),
    Worker,
}

fn bearer(fake: &Fake, headers: &HeaderMap) -> Option<Bearer> {
    let token = headers
        .get("authorization")?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")?;
    if token == WORKER_TOKEN {
        return Some(Bearer::Worker);
    }
    let (user, until) = *fake.world().access.get(token)?;
    (fake.clock.now().as_second() < until).then_some(Bearer::User(user))
}

async fn userinfo(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    let Some(Bearer::User(user)) = bearer(&fake, &headers) else {
        return json_answer(401, &json!({"error": "invalid_token"}));
    };
    let person = fake
        .world()
        .people
        .iter()
        .find(|person| person.id == user)
        .cloned()
        .unwrap();
    json_answer(
        200,
        &json!({
            "sub": user, "name": format!("{} Lovelace", person.given.unwrap_or_default()),
            "email": person.email, "preferred_username": person.username,
            "address": {"street_address": "St James's Square 12", "locality": "London"},
            "updated_at": 1_767_607_200,
        }),
    )
}

async fn revoke(State(fake): State<Fake>, body: String) -> Response {
    let params = FormParams::parse(body.as_bytes()).unwrap();
    let token = params.find("token").unwrap().to_owned();
    let mut world = fake.world();
    world.refresh.remove(&token);
    world.revoked.push(token);
    StatusCode::OK.into_response()
}

async fn roles() -> Response {
    let role = json!({"id": OPERATOR_ROLE, "name": "Identity Data Admin"});
    json_answer(200, &json!({"_embedded": {"roles": [role]}}))
}

async fn assignments(
    State(fake): State<Fake>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    assert_eq!(
        bearer(&fake, &headers),
        Some(Bearer::Worker),
        "asked with the worker's token"
    );
    let world = fake.world();
    let is_operator = world
        .people
        .iter()
        .any(|p| p.id.to_string() == id && p.is_operator);
    let assignment = json!({
        "id": PasswordPolicyId::random(&SystemRandom),
        "environment": {"id": ENVIRONMENT},
        "role": {"id": RoleId::parse(OPERATOR_ROLE).unwrap()},
        "scope": {"id": ENVIRONMENT, "type": "ENVIRONMENT"},
    });
    let all = if is_operator {
        vec![assignment]
    } else {
        Vec::new()
    };
    json_answer(200, &json!({"_embedded": {"roleAssignments": all}}))
}

fn shown(person: &Person) -> Value {
    json!({
        "id": person.id,
        "environment": {"id": ENVIRONMENT},
        "population": person.population.map(|id| json!({"id": id})),
        "username": person.username,
        "email": person.email,
        "emailVerified": person.email_verified.then_some(true),
        "enabled": person.enabled,
        "name": {"given": person.given, "family": person.family},
        "account": {"canAuthenticate": !person.is_locked,
                    "status": if person.is_locked { "LOCKED" } else { "OK" }},
        "createdAt": "2026-01-05T10:00:00Z",
    })
}

/// May this caller do that? The worker and operators may; a user only for themselves.
fn allowed(fake: &Fake, headers: &HeaderMap, own: Option<&str>) -> Result<(), Box<Response>> {
    let refuse = |status| Err(Box::new(api_error(status, "ACCESS_FAILED", &json!([]))));
    match bearer(fake, headers) {
        None => refuse(401),
        Some(Bearer::Worker) => Ok(()),
        Some(Bearer::User(user)) => {
            let is_operator = fake
                .world()
                .people
                .iter()
                .any(|person| person.id == user && person.is_operator);
            let is_own = own.is_some_and(|own| own == user.to_string());
            if is_operator || is_own {
                Ok(())
            } else {
                refuse(403)
            }
        }
    }
}

async fn list_users(
    State(fake): State<Fake>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = allowed(&fake, &headers, None) {
        return *refusal;
    }
    let filter = query.get("filter").cloned().unwrap_or_default();
    let mut world = fake.world();
    world.filters.push(filter.clone());
    // Enough of SCIM for the searches of the portal: each comparison's text, unescaped.
    let texts: Vec<String> = filter
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_lowercase)
        .collect();
    let is_exact = filter.contains(" eq ");
    let matches = |person: &&Person| {
        let values = [person.username.to_lowercase(), person.email.to_lowercase()];
        filter.is_empty()
            || texts.iter().any(|text| {
                values.iter().any(|value| {
                    if is_exact {
                        value == text
                    } else {
                        value.starts_with(text.as_str())
                    }
                })
            })
    };
    let all: Vec<Value> = world.people.iter().filter(matches).map(shown).collect();
    let limit = query
        .get("limit")
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_usize);
    let from = query
        .get("cursor")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0_usize);
    let page: Vec<&Value> = all.iter().skip(from).take(limit).collect();
    let mut links = json!({});
    if from + limit < all.len() {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        links["next"] = json!({"href": format!(
            "{}v1/environments/{ENVIRONMENT}/users?cursor={}&limit={limit}&filter={filter}",
            fake.base, from + limit
        )});
    }
    json_answer(
        200,
        &json!({"_links": links, "_embedded": {"users": page}, "count": all.len()}),
    )
}

/// PingOne's answer to a password that breaks the policy.
fn judge(password: &str, target: &str) -> Result<(), Box<Response>> {
    let evaluation = evaluate(&PasswordPolicy::standard(), password, &Context::UNKNOWN);
    if evaluation.is_acceptable() {
        return Ok(());
    }
    let detail = json!([{"code": "INVALID_VALUE", "target": target,
        "message": "New password did not satisfy password policy requirements",
        "innerError": evaluation.to_inner_error()}]);
    Err(Box::new(api_error(400, "INVALID_DATA", &detail)))
}

async fn create_user(State(fake): State<Fake>, headers: HeaderMap, body: String) -> Response {
    assert_eq!(
        bearer(&fake, &headers),
        Some(Bearer::Worker),
        "users are created by the worker"
    );
    let content_type = headers["content-type"].to_str().unwrap();
    assert!(
        media_type::is(content_type, media_type::USER_IMPORT),
        "in one call: {content_type}"
    );
    let body: Value = serde_json::from_str(&body).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (username, email) = (text(&body["username"]), text(&body["email"]));
    let taken = {
        let world = fake.world();
        let name = username.to_lowercase();
        let is_name = world
            .people
            .iter()
            .any(|person| person.username.to_lowercase() == name);
        [(is_name, "username")]
    };
    let details: Vec<Value> = taken
        .iter()
        .filter(|(is_taken, _)| *is_taken)
        .map(|(_, target)| {
            json!({"code": "UNIQUENESS_VIOLATION", "target": target,
                   "message": "is unique but a non-unique value is provided"})
        })
        .collect();
    if !details.is_empty() {
        return api_error(400, "INVALID_DATA", &Value::Array(details));
    }
    if let Err(refusal) = judge(&text(&body["password"]["value"]), "password") {
        return *refusal;
    }
    let id = fake.add(&username, &email);
    fake.change(&username, |person| {
        person.password = text(&body["password"]["value"]);
        person.given = body["name"]["given"].as_str().map(str::to_owned);
        person.family = body["name"]["family"].as_str().map(str::to_owned);
        person.population = body["population"]["id"]
            .as_str()
            .map(|id| PopulationId::parse(id).unwrap());
        person.needs_verification = body["lifecycle"]["status"] == "VERIFICATION_REQUIRED";
    });
    let person = fake
        .world()
        .people
        .iter()
        .find(|person| person.id == id)
        .cloned()
        .unwrap();
    json_answer(201, &shown(&person))
}

fn find(fake: &Fake, id: &str) -> Option<Person> {
    fake.world()
        .people
        .iter()
        .find(|person| person.id.to_string() == id)
        .cloned()
}

async fn load_user(
    State(fake): State<Fake>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = allowed(&fake, &headers, Some(&id)) {
        return *refusal;
    }
    match find(&fake, &id) {
        Some(person) => json_answer(200, &shown(&person)),
        None => api_error(404, "NOT_FOUND", &json!([])),
    }
}

async fn act_on_user(
    State(fake): State<Fake>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = allowed(&fake, &headers, None) {
        return *refusal;
    }
    let person = find(&fake, &id).unwrap();
    let content_type = headers["content-type"].to_str().unwrap();
    assert!(media_type::is(content_type, media_type::ACCOUNT_UNLOCK));
    fake.change(&person.username, |person| person.is_locked = false);
    json_answer(200, &shown(&find(&fake, &id).unwrap()))
}

async fn set_enabled(
    State(fake): State<Fake>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if let Err(refusal) = allowed(&fake, &headers, None) {
        return *refusal;
    }
    let person = find(&fake, &id).unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    fake.change(&person.username, |person| {
        person.enabled = body["enabled"] == true;
    });
    json_answer(200, &body)
}

fn state(person: &Person) -> Value {
    json!({
        "environment": {"id": ENVIRONMENT},
        "user": {"id": person.id},
        "status": if person.must_change { "MUST_CHANGE_PASSWORD" } else { "OK" },
        "_embedded": {"passwordPolicy": PasswordPolicy::standard()},
    })
}

async fn password_state(
    State(fake): State<Fake>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = allowed(&fake, &headers, Some(&id)) {
        return *refusal;
    }
    json_answer(200, &state(&find(&fake, &id).unwrap()))
}

async fn put_password(
    State(fake): State<Fake>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if let Err(refusal) = allowed(&fake, &headers, Some(&id)) {
        return *refusal;
    }
    let content_type = headers["content-type"].to_str().unwrap().to_owned();
    let body: Value = serde_json::from_str(&body).unwrap();
    let person = find(&fake, &id).unwrap();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    if media_type::is(&content_type, media_type::PASSWORD_SET) {
        if let Err(refusal) = judge(&text("value"), "value") {
            return *refusal;
        }
        fake.change(&person.username, |person| {
            person.password = text("value");
            person.must_change = body["forceChange"] == true;
        });
        return json_answer(200, &state(&find(&fake, &id).unwrap()));
    }
    assert!(media_type::is(&content_type, media_type::PASSWORD_RESET));
    if person.failures >= 5 {
        let detail = json!([{"code": "PASSWORD_LOCKED_OUT", "message": "locked",
            "innerError": {"secondsUntilUnlock": 840}}]);
        return api_error(400, "REQUEST_FAILED", &detail);
    }
    if text("currentPassword") != person.password {
        fake.change(&person.username, |person| person.failures += 1);
        let detail = json!([{"code": "INVALID_VALUE", "target": "currentPassword",
            "message": "The provided password did not match provisioned password",
            "innerError": {"failuresRemaining": 4 - person.failures}}]);
        return api_error(400, "INVALID_DATA", &detail);
    }
    if fake.world().changed_too_young {
        let detail = json!([{"code": "PASSWORD_TOO_YOUNG", "message": "too young"}]);
        return api_error(400, "REQUEST_FAILED", &detail);
    }
    if let Err(refusal) = judge(&text("newPassword"), "newPassword") {
        return *refusal;
    }
    if person.history.contains(&text("newPassword")) {
        let detail = json!([{"code": "INVALID_VALUE", "target": "newPassword",
            "message": "New password did not satisfy password policy requirements",
            "innerError": {"unsatisfiedRequirements": ["history"], "history": "used before"}}]);
        return api_error(400, "INVALID_DATA", &detail);
    }
    fake.change(&person.username, |person| {
        person.history.push(person.password.clone());
        person.password = text("newPassword");
        person.failures = 0;
    });
    json_answer(200, &state(&person))
}

async fn post_password(
    State(fake): State<Fake>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if let Err(refusal) = allowed(&fake, &headers, None) {
        return *refusal;
    }
    let content_type = headers["content-type"].to_str().unwrap().to_owned();
    let person = find(&fake, &id).unwrap();
    if media_type::is(&content_type, media_type::PASSWORD_UNLOCK) {
        fake.change(&person.username, |person| person.failures = 0);
        return json_answer(200, &state(&person));
    }
    if media_type::is(&content_type, media_type::PASSWORD_SEND_RECOVERY_CODE) {
        if !person.enabled {
            let detail = json!([{"code": "ACCOUNT_NOT_USABLE", "message": "disabled"}]);
            return api_error(400, "REQUEST_FAILED", &detail);
        }
        let is_stuck = fake.world().codes_are_stuck;
        if is_stuck {
            std::future::pending::<()>().await;
        }
        let code = fake
            .world()
            .fresh("code")
            .to_uppercase()
            .chars()
            .rev()
            .take(8)
            .collect();
        fake.change(&person.username, |person| person.code = Some((code, 0)));
        return json_answer(200, &state(&person));
    }
    assert!(media_type::is(&content_type, media_type::PASSWORD_RECOVER));
    let body: Value = serde_json::from_str(&body).unwrap();
    let is_right = person
        .code
        .as_ref()
        .is_some_and(|(code, tries)| *tries < 5 && body["recoveryCode"] == **code);
    if !is_right {
        fake.change(&person.username, |person| {
            if let Some((_, tries)) = &mut person.code {
                *tries += 1;
            }
        });
        let detail = json!([{"code": "INVALID_VALUE", "target": "recoveryCode",
            "message": "The provided password recovery code was invalid or expired"}]);
        return api_error(400, "INVALID_DATA", &detail);
    }
    let new = body["newPassword"].as_str().unwrap().to_owned();
    if let Err(refusal) = judge(&new, "newPassword") {
        return *refusal;
    }
    fake.change(&person.username, |person| {
        person.password = new;
        person.code = None;
    });
    json_answer(200, &state(&person))
}

fn shown_population((id, name, description): &(PopulationId, String, String)) -> Value {
    json!({"id": id, "environment": {"id": EnvironmentId::parse(ENVIRONMENT).unwrap()},
        "name": name, "description": description,
        "createdAt": "2026-01-05T10:00:00Z", "updatedAt": "2026-01-05T10:00:00Z"})
}

async fn populations(State(fake): State<Fake>) -> Response {
    let all: Vec<Value> = fake
        .world()
        .populations
        .iter()
        .map(shown_population)
        .collect();
    json_answer(200, &json!({"_embedded": {"populations": all}}))
}

async fn population(State(fake): State<Fake>, Path(id): Path<String>) -> Response {
    let world = fake.world();
    let found = world
        .populations
        .iter()
        .find(|population| population.0.to_string() == id);
    json_answer(200, &shown_population(found.unwrap()))
}

async fn policies() -> Response {
    let mut policy = serde_json::to_value(PasswordPolicy::standard()).unwrap();
    policy["default"] = true.into();
    policy["id"] = json!(PasswordPolicyId::random(&SystemRandom));
    json_answer(200, &json!({"_embedded": {"passwordPolicies": [policy]}}))
}
