//! Signing on by an OpenID provider elsewhere, and whom its identities belong to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::{get, post};
use http::StatusCode;
use http::header::AUTHORIZATION;
use http_body_util::BodyExt as _;
use idp::demo::Account;
use platform::Clock as _;
use protocol::jose::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};
use url::Url;

use crate::management::{Api, id, user_path};
use crate::world::{Answer, Browser, Received, World, claims, shows, sub_page};

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

#[tokio::test]
async fn a_newcomer_becomes_a_user_of_the_providers_population_and_comes_back_as_the_same() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    map(
        &api,
        &provider,
        "name.given",
        "${providerAttributes.given_name}",
        "EMPTY_ONLY",
    )
    .await;
    map(
        &api,
        &provider,
        "nickname",
        "${providerAttributes.nick}",
        "ALWAYS",
    )
    .await;
    let at = format!("identityProviders/{provider}");
    let mut object = api.get(&at).await.expect(StatusCode::OK).json();
    object["userInfoEndpoint"] = json!(format!("{}/userinfo", elsewhere.url));
    api.put(&at, &object).await.expect(StatusCode::OK);
    obey(&api, &[login_with(&provider)]).await;

    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    assert_eq!(sent.param("scope"), "openid email");
    assert_eq!(sent.param("code_challenge_method"), "S256");
    let redirect_uri = sent.param("redirect_uri");
    let environment = world.demo.environment_id;
    assert_eq!(
        redirect_uri,
        format!("https://localhost:9443/{environment}/rp/callback/openid_connect")
    );
    elsewhere.said().user_info = json!({ "sub": "person-1", "nick": "Al" });
    let person = json!({ "email": "al@elsewhere.example", "given_name": "Alan" });
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, person).await;
    let received = browser.resume(&answer).await;
    let first = subject(&world, &received).await;
    let (form, header) = elsewhere.said().asked.pop().unwrap();
    assert_eq!(form["redirect_uri"], redirect_uri);
    let verifier = protocol::oauth::CodeVerifier::parse(&form["code_verifier"]).unwrap();
    assert_eq!(verifier.challenge().as_str(), sent.param("code_challenge"));
    assert_eq!(header, crate::world::basic("an-id", "a-secret"));
    assert_eq!(first.get("amr"), None, "no password was given: {first}");

    let user = format!("users/{}", first["sub"].as_str().unwrap());
    let made = api.get(&user).await.expect(StatusCode::OK).json();
    assert_eq!(made["username"], "person-1");
    assert_eq!(made["identityProvider"]["id"], json!(provider));
    assert_eq!(
        (&made["name"]["given"], &made["nickname"]),
        (&json!("Alan"), &json!("Al"))
    );
    let accounts = api.get(&format!("{user}/linkedAccounts")).await;
    let accounts = accounts.expect(StatusCode::OK).json();
    let account = &accounts["_embedded"]["linkedAccounts"][0];
    assert_eq!(account["externalId"], "person-1");
    assert_eq!(account["identityProvider"]["id"], json!(provider));

    // What is there stays, unless the mapping says otherwise.
    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    elsewhere.said().user_info = json!({ "sub": "person-1", "nick": "Turing" });
    let person = json!({ "email": "other@elsewhere.example", "given_name": "Mathison" });
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, person).await;
    let received = browser.resume(&answer).await;
    assert_eq!(subject(&world, &received).await["sub"], first["sub"]);
    let now = api.get(&user).await.expect(StatusCode::OK).json();
    assert_eq!(now["email"], "al@elsewhere.example");
    assert_eq!(
        (&now["name"]["given"], &now["nickname"]),
        (&json!("Alan"), &json!("Turing"))
    );

    // Once it is taken away, the identity is nobody's, and the name is taken.
    let gone = format!("{user}/linkedAccounts/{}", id(account));
    api.delete(&gone).await.expect(StatusCode::NO_CONTENT);
    let rows = db::Statement::new("SELECT subject FROM linked_identities");
    assert!(world.db.read(rows).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_comes_back_counts_once_and_in_the_browser_that_left() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    obey(&api, &[login_with(&provider)]).await;
    let (mut browser, page, sent) = at_provider(&world, "Partner").await;
    let person = json!({ "email": "al@elsewhere.example" });
    elsewhere.said().id_token = elsewhere.right(&world, &sent, &person);
    let state = sent.param("state");
    let back = sent.back(&[("code", "c-1"), ("state", &state)]);

    let mut stranger = world.browser();
    let refused = stranger.get(&back).await;
    shows(
        &refused,
        StatusCode::FORBIDDEN,
        "belongs to another browser",
    );
    let (id, _) = state.rsplit_once('.').unwrap();
    for other in [id.to_owned(), format!("{id}.x"), format!("{state}x")] {
        let back = sent.back(&[("code", "c-1"), ("state", &other)]);
        let answer = browser.get(&back).await.expect(StatusCode::SEE_OTHER);
        assert!(answer.location().contains("/signon/?flowId="), "{answer:?}");
    }
    let nothing = browser.get(&sent.back(&[("code", "c-1")])).await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
    let other_type = back.replace("openid_connect", "google");
    assert!(elsewhere.said().asked.is_empty(), "nothing was redeemed");

    let answer = browser.get(&back).await;
    assert!(answer.location().contains("/as/resume?"), "{answer:?}");
    shows(&answer, StatusCode::OK, "Sending you back");
    let again = browser.get(&back).await.expect(StatusCode::SEE_OTHER);
    assert!(again.location().contains("/signon/?flowId="), "{again:?}");
    assert_eq!(elsewhere.said().asked.len(), 1);
    browser.resume(&answer).await.param("code");
    let late = browser.get(&back).await.expect(StatusCode::SEE_OTHER);
    let over = next_page(&mut browser, &late).await;
    assert!(
        over.status == StatusCode::GONE || over.status == StatusCode::SEE_OTHER,
        "{over:?}"
    );
    assert_eq!(elsewhere.said().asked.len(), 1);

    // The answer of another type's address is not this provider's.
    drop(page);
    let answer = browser.get(&other_type).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(elsewhere.said().asked.len(), 1);
}

/// What is wrong with an answer, by its name.
type Break<'a> = (&'a str, &'a dyn Fn(&mut Said));

#[tokio::test]
async fn an_answer_that_is_not_right_signs_nobody_on_and_leaves_a_way_on() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    obey(&api, &[login_with(&provider)]).await;
    let person = json!({ "email": "al@elsewhere.example" });
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwZXJzb24tMSJ9.";
    let break_it: [Break<'_>; 10] = [
        ("nonce", &|said| said.id_token["nonce"] = json!("another")),
        ("no nonce", &|said| {
            said.id_token.as_object_mut().unwrap().remove("nonce");
        }),
        ("issuer", &|said| {
            said.id_token["iss"] = json!("https://other.example");
        }),
        ("audience", &|said| {
            said.id_token["aud"] = json!("another-id");
        }),
        ("expiry", &|said| said.id_token["exp"] = json!(1)),
        ("hash", &|said| {
            said.id_token["at_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
        }),
        ("no signature", &|said| said.id_token = json!(unsigned)),
        ("no token", &|said| said.id_token = Value::Null),
        ("refusal", &|said| {
            said.token_status = StatusCode::BAD_REQUEST;
        }),
        ("failure", &|said| {
            said.token_status = StatusCode::BAD_GATEWAY;
        }),
    ];
    for (what, break_it) in break_it {
        let (mut browser, page, sent) = at_provider(&world, "Partner").await;
        {
            let right = elsewhere.right(&world, &sent, &person);
            let mut said = elsewhere.said();
            said.token_status = StatusCode::OK;
            said.id_token = right;
            break_it(&mut said);
        }
        let back = sent.back(&[("code", "c-1"), ("state", &sent.param("state"))]);
        let answer = browser.get(&back).await;
        let told = next_page(&mut browser, &answer).await;
        shows(&told, StatusCode::OK, FAILED);
        assert!(
            button(&told, "Partner").contains("/rp/authenticate?"),
            "{what}"
        );
        let right = browser.give_right(&page, &world.demo.user).await;
        browser.resume(&right).await.param("code");
    }
    elsewhere.said().token_status = StatusCode::OK;
    let redeemed = elsewhere.said().asked.len();
    for (params, words) in [
        (&[("error", "access_denied")][..], STOPPED),
        (&[("error", "server_error")], FAILED),
        (&[("code", "c-1"), ("iss", "https://other.example")], FAILED),
        (&[], FAILED),
    ] {
        let (mut browser, _, sent) = at_provider(&world, "Partner").await;
        let state = sent.param("state");
        let params: Vec<_> = params.iter().copied().chain([("state", &*state)]).collect();
        let answer = browser.get(&sent.back(&params)).await;
        let told = next_page(&mut browser, &answer).await;
        shows(&told, StatusCode::OK, words);
    }
    assert_eq!(
        elsewhere.said().asked.len(),
        redeemed,
        "nothing was redeemed"
    );
    assert_eq!(api.users_by("username eq \"person-1\"").await, [""; 0]);
}

#[tokio::test]
async fn keys_are_kept_and_fetched_again_for_a_token_of_a_new_one() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    obey(&api, &[login_with(&provider)]).await;
    let person = || json!({ "email": "al@elsewhere.example" });
    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, person()).await;
    browser.resume(&answer).await.param("code");
    let forged = key("key-1");
    let real = std::mem::replace(&mut elsewhere.said().key, forged);
    elsewhere.said().published = Some(real);
    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, person()).await;
    let told = next_page(&mut browser, &answer).await;
    shows(&told, StatusCode::OK, FAILED);
    elsewhere.said().key = key("key-2");
    elsewhere.said().published = None;
    world.advance(61);
    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, person()).await;
    browser.resume(&answer).await.param("code");
}

#[tokio::test]
async fn an_identity_is_linked_by_the_password_of_the_account_and_never_by_its_address() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = id(&api
        .make("identityProviders", &elsewhere.object("Partner"))
        .await);
    map(
        &api,
        &provider,
        "email",
        "${providerAttributes.email}",
        "ALWAYS",
    )
    .await;
    obey(&api, &[login_with(&provider)]).await;
    let mina = import(&api, "mina").await;

    let mut pages = Vec::new();
    let mut last = None;
    for address in ["nobody@example.com", "mina@example.com"] {
        let (mut browser, page, sent) = at_provider(&world, "Partner").await;
        let claims = json!({ "email": address, "email_verified": true });
        let answer = come_back(&world, &mut browser, &elsewhere, &sent, claims).await;
        let shown = next_page(&mut browser, &answer).await;
        shows(&shown, StatusCode::OK, "Connect your account");
        let flow = page
            .split("flowId=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap();
        pages.push(shown.body.replace(flow, "flow"));
        last = Some((browser, page));
    }
    assert_eq!(
        pages[0], pages[1],
        "nobody is told whether an address is known"
    );
    let (mut browser, page) = last.unwrap();
    let connect = sub_page(&page, "connect");
    let mut told = Vec::new();
    for name in ["nobody", "mina"] {
        let wrong = browser.give(&connect, name, "Wrong-Password-1").await;
        shows(
            &wrong,
            StatusCode::UNPROCESSABLE_ENTITY,
            "The username or the password is wrong.",
        );
        told.push(wrong.body.replace(name, "x"));
    }
    assert_eq!(told[0], told[1]);
    let mut stranger = world.browser();
    stranger.get(&page).await.expect(StatusCode::FORBIDDEN);
    let right = browser.give(&connect, "mina", OWN_PASSWORD).await;
    let received = browser.resume(&right).await;
    let token = subject(&world, &received).await;
    assert_eq!(
        (&token["sub"], &token["amr"]),
        (&mina["id"], &json!(["pwd"]))
    );

    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    let claims = json!({ "email": "nobody@example.com" });
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, claims).await;
    let received = browser.resume(&answer).await;
    assert_eq!(subject(&world, &received).await["sub"], mina["id"]);
    // The password goes on to be hers.
    let (mut browser, page) = crate::world::at_sign_on(&world).await;
    let right = browser.give(&page, "mina", OWN_PASSWORD).await;
    browser.resume(&right).await.param("code");
    // A provider moves the mailbox to nowhere.
    let user = api
        .get(&user_path(&mina))
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(user["email"], "nobody@example.com");
    assert_eq!(user.get("emailVerified"), None);
}

#[tokio::test]
async fn two_accounts_cannot_take_one_identity() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = id(&api
        .make("identityProviders", &elsewhere.object("Partner"))
        .await);
    obey(&api, &[login_with(&provider)]).await;
    let users = [import(&api, "mina").await, import(&api, "nils").await];
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let (mut browser, page, sent) = at_provider(&world, "Partner").await;
        let answer = come_back(&world, &mut browser, &elsewhere, &sent, json!({})).await;
        let shown = next_page(&mut browser, &answer).await;
        shows(&shown, StatusCode::OK, "Connect your account");
        waiting.push((browser, page));
    }
    let (mut second, second_page) = waiting.pop().unwrap();
    let (mut first, first_page) = waiting.pop().unwrap();
    let answer = first
        .give(&sub_page(&first_page, "connect"), "mina", OWN_PASSWORD)
        .await;
    first.resume(&answer).await.param("code");
    let answer = second
        .give(&sub_page(&second_page, "connect"), "nils", OWN_PASSWORD)
        .await;
    assert!(!answer.location().contains("/as/resume"), "{answer:?}");
    for (user, count) in users.iter().zip([1, 0]) {
        let accounts = api
            .get(&format!("{}/linkedAccounts", user_path(user)))
            .await;
        let accounts = accounts.expect(StatusCode::OK).json();
        assert_eq!(accounts["count"], json!(count), "{accounts}");
    }
}

#[tokio::test]
async fn who_registers_by_a_provider_confirms_the_data_and_proves_the_address_known_or_not() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = id(&api
        .make("identityProviders", &elsewhere.object("Partner"))
        .await);
    map(
        &api,
        &provider,
        "email",
        "${providerAttributes.email}",
        "EMPTY_ONLY",
    )
    .await;
    map(
        &api,
        &provider,
        "name.given",
        "${providerAttributes.given_name}",
        "EMPTY_ONLY",
    )
    .await;
    let mut action = login_with(&provider);
    action["registration"] = json!({
        "enabled": true, "confirmIdentityProviderAttributes": true,
    });
    obey(&api, &[action]).await;
    import(&api, "mina").await;
    let mut pages = Vec::new();
    for (subject, address) in [
        ("person-2", "mina@example.com"),
        ("person-3", "nora@example.com"),
    ] {
        let (mut browser, page, sent) = at_provider(&world, "Partner").await;
        let claims = json!({ "sub": subject, "email": address, "given_name": "Nora" });
        let answer = come_back(&world, &mut browser, &elsewhere, &sent, claims).await;
        let shown = next_page(&mut browser, &answer).await;
        shows(&shown, StatusCode::OK, "Create an account");
        let wants = browser.post(&sub_page(&page, "connect/account"), &[]).await;
        let shown = next_page(&mut browser, &wants).await;
        shows(&shown, StatusCode::OK, "value=\"Nora\"");
        assert!(shown.body.contains(&format!("value=\"{address}\"")));
        let confirm = sub_page(&page, "confirm");
        let form = |name, family| {
            [
                ("username", name),
                ("email", address),
                ("givenName", "Nora"),
                ("familyName", family),
            ]
        };
        let bad = browser.post(&confirm, &form("", "<b>")).await;
        shows(&bad, StatusCode::UNPROCESSABLE_ENTITY, "Choose a username.");
        shows(&bad, StatusCode::UNPROCESSABLE_ENTITY, "A name has letters");
        let taken = browser.post(&confirm, &form("demo", "King")).await;
        shows(
            &taken,
            StatusCode::UNPROCESSABLE_ENTITY,
            "This username is taken.",
        );
        let name = subject.replace("person", "nora");
        let made = browser.post(&confirm, &form(&name, "King")).await;
        let shown = next_page(&mut browser, &made).await;
        shows(&shown, StatusCode::OK, "Confirm your");
        let flow = page
            .split("flowId=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap();
        pages.push(shown.body.replace(flow, "flow").replace(address, "address"));
        if address.starts_with("nora") {
            let code = world.awaited_code(address).await;
            let verify = sub_page(&page, "verify");
            let proved = browser.post(&verify, &[("verificationCode", &code)]).await;
            let received = browser.resume(&proved).await;
            let token = self::subject(&world, &received).await;
            let user = format!("users/{}", token["sub"].as_str().unwrap());
            let user = api.get(&user).await.expect(StatusCode::OK).json();
            assert_eq!(user["username"], "nora-3");
            assert_eq!(user["name"], json!({ "given": "Nora", "family": "King" }));
            assert_eq!(user["identityProvider"]["type"], "PING_ONE");
        }
    }
    assert_eq!(
        pages[0], pages[1],
        "nobody is told whether an address is known"
    );
    assert_eq!(api.users_by("username sw \"nora-\"").await, ["nora-3"]);
}

#[tokio::test]
async fn a_name_leads_to_its_provider_whether_it_is_somebodys_or_not() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    let rule = json!({
        "condition": { "contains": "@elsewhere.example", "value": "${identifier}" },
        "identityProvider": { "id": provider },
    });
    let action = json!({ "type": "IDENTIFIER_FIRST", "priority": 1, "discoveryRules": [rule] });
    obey(&api, &[action]).await;
    let known = json!({ "username": "known", "email": "known@elsewhere.example" });
    api.make("users", &known).await;
    for name in ["known@Elsewhere.example", "nobody@elsewhere.example"] {
        let (mut browser, page) = crate::world::at_sign_on(&world).await;
        let shown = browser.get(&page).await.expect(StatusCode::OK);
        let policy = shown.header("content-security-policy");
        assert!(
            policy.contains(&elsewhere.url),
            "the form ends there: {policy}"
        );
        let named = browser.post(&page, &[("username", name)]).await;
        let sent = leave(&mut browser, named).await;
        assert_eq!(sent.param("login_hint"), name);
        // Whoever turns around finds the way and another one.
        let shown = browser.get(&page).await.expect(StatusCode::OK);
        assert!(button(&shown, "Partner").contains("/rp/authenticate?"));
        let restart = browser.post(&sub_page(&page, "restart"), &[]).await;
        let shown = next_page(&mut browser, &restart).await;
        shows(&shown, StatusCode::OK, "name=\"username\"");
    }
    let (mut browser, page) = crate::world::at_sign_on(&world).await;
    browser.post(&page, &[("username", "demo")]).await;
    let password = world.demo.user.password.expose().to_owned();
    let right = browser.post(&page, &[("password", &password)]).await;
    browser.resume(&right).await.param("code");
}

#[tokio::test]
async fn a_policy_that_demands_a_provider_is_met_by_that_provider_alone() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = with_population(&api, &elsewhere).await;
    // A session of a password is not enough.
    let (mut browser, _) = world.sign_on(&world.request()).await;
    let mut action = only(&provider);
    action["acrValues"] = json!("strong");
    obey(&api, &[action]).await;
    let answer = browser.authorize(&world, &world.request()).await;
    let page = Browser::page_of(&answer);
    let sent = leave(&mut browser, answer).await;
    assert_eq!(sent.param("acr_values"), "strong");
    let password = browser.give_right(&page, &world.demo.user).await;
    assert!(!password.location().contains("/as/resume"), "{password:?}");
    let shown = browser.get(&page).await;
    shows(&shown, StatusCode::OK, "Sign on elsewhere");
    let person = json!({ "email": "al@elsewhere.example" });
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, person.clone()).await;
    let received = browser.resume(&answer).await;
    assert_eq!(subject(&world, &received).await["acr"], "Own");
    // The session that came of it is.
    let answer = browser.authorize(&world, &world.request()).await;
    Received::at(answer.location()).param("code");

    // Nobody gets around a provider that was taken out of use.
    let at = format!("identityProviders/{provider}");
    let mut object = api.get(&at).await.expect(StatusCode::OK).json();
    object["enabled"] = json!(false);
    api.put(&at, &object).await.expect(StatusCode::OK);
    let refused = world.browser().authorize(&world, &world.request()).await;
    let refused = Received::at(refused.location());
    assert_eq!(refused.param("error"), "access_denied");
}

#[tokio::test]
async fn behind_a_password_the_provider_must_know_the_same_person() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = id(&api
        .make("identityProviders", &elsewhere.object("Partner"))
        .await);
    let mut second = only(&provider);
    second["priority"] = json!(2);
    second["passUserContext"] = json!(true);
    obey(&api, &[json!({ "type": "LOGIN", "priority": 1 }), second]).await;
    for name in ["mina", "nils"] {
        import(&api, name).await;
    }
    for (name, is_theirs) in [("mina", true), ("mina", true), ("nils", false)] {
        let (mut browser, page) = crate::world::at_sign_on(&world).await;
        let right = browser.give(&page, name, OWN_PASSWORD).await;
        let sent = leave(&mut browser, right).await;
        assert_eq!(sent.param("login_hint"), name);
        let mut stranger = world.browser();
        stranger.get(&page).await.expect(StatusCode::FORBIDDEN);
        let answer = come_back(&world, &mut browser, &elsewhere, &sent, json!({})).await;
        if is_theirs {
            let received = browser.resume(&answer).await;
            assert_eq!(subject(&world, &received).await["amr"], json!(["pwd"]));
        } else {
            let told = next_page(&mut browser, &answer).await;
            shows(&told, StatusCode::OK, "belongs to another account here");
        }
    }
}

#[tokio::test]
async fn whose_credentials_are_kept_elsewhere_signs_on_there_alone() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = id(&api
        .make("identityProviders", &elsewhere.object("Partner"))
        .await);
    obey(&api, &[login_with(&provider)]).await;
    let user = import(&api, "mina").await;
    let bound = Account::clone(&world.demo.user);
    let (mut browser, page) = crate::world::at_sign_on(&world).await;
    let right = browser.give(&page, "mina", OWN_PASSWORD).await;
    browser.resume(&right).await.param("code");
    let path = format!("{}/identityProvider", user_path(&user));
    let body = json!({ "identityProvider": { "id": provider } });
    api.put(&path, &body).await.expect(StatusCode::OK);

    let (mut browser, page) = crate::world::at_sign_on(&world).await;
    let mut told = Vec::new();
    for name in ["mina", "nobo"] {
        let refused = browser.give(&page, name, OWN_PASSWORD).await;
        shows(
            &refused,
            StatusCode::UNPROCESSABLE_ENTITY,
            "The username or the password is wrong.",
        );
        told.push(refused.body.replace(name, "x"));
    }
    assert_eq!(told[0], told[1]);
    let forgot = sub_page(&page, "forgot");
    browser.post(&forgot, &[("username", "mina")]).await;
    assert_eq!(world.mailed_code("mina@example.com").await, None);

    // The provider calls her by the name that she has here; nobody else is taken for her.
    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    let other = json!({ "sub": "demo" });
    let answer = come_back(&world, &mut browser, &elsewhere, &sent, other).await;
    let shown = next_page(&mut browser, &answer).await;
    shows(&shown, StatusCode::OK, "Connect your account");
    assert_eq!(bound.username, "demo");
    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    let answer = come_back(
        &world,
        &mut browser,
        &elsewhere,
        &sent,
        json!({ "sub": "mina" }),
    )
    .await;
    let received = browser.resume(&answer).await;
    assert_eq!(subject(&world, &received).await["sub"], user["id"]);

    let disable = json!({ "enabled": false });
    let path = format!("{}/enabled", user_path(&user));
    api.put(&path, &disable).await.expect(StatusCode::OK);
    let (mut browser, _, sent) = at_provider(&world, "Partner").await;
    let answer = come_back(
        &world,
        &mut browser,
        &elsewhere,
        &sent,
        json!({ "sub": "mina" }),
    )
    .await;
    let told = next_page(&mut browser, &answer).await;
    shows(&told, StatusCode::OK, "cannot be used in this way");
}

#[tokio::test]
async fn in_production_no_provider_leads_into_the_own_network() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere {
        url: "https://10.0.0.1".to_owned(),
        state: Elsewhere::start().await.state,
    };
    let refusal = api
        .post("identityProviders", &elsewhere.object("Inside"))
        .await;
    crate::management::refused(
        &refusal,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "jwksEndpoint",
    );
}

/// The flow of an interaction, for programs.
async fn flow(browser: &mut Browser, page: &str) -> (String, Value) {
    let (environment, _) = page.split_once("/signon/").unwrap();
    let id = page
        .split("flowId=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    let path = format!("{environment}/flows/{id}");
    let flow = browser.get(&path).await.expect(StatusCode::OK).json();
    (path, flow)
}

/// An action of the flow API.
async fn act(browser: &mut Browser, path: &str, action: &str, body: &Value) -> Answer {
    let media = format!("application/vnd.pingidentity.{action}+json");
    let headers = [("content-type", media.as_str())];
    let body = axum::body::Body::from(body.to_string());
    browser.send(http::Method::POST, path, body, &headers).await
}

#[tokio::test]
async fn programs_find_the_ways_to_providers_and_link_accounts_by_the_flow() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = id(&api
        .make("identityProviders", &elsewhere.object("Partner"))
        .await);
    let rule = json!({
        "condition": { "contains": "@elsewhere.example", "value": "${identifier}" },
        "identityProvider": { "id": provider },
    });
    let action = json!({
        "type": "IDENTIFIER_FIRST", "priority": 1, "discoveryRules": [rule],
        "socialProviders": [{ "id": provider }],
        "registration": { "enabled": true },
    });
    obey(&api, &[action]).await;
    let mina = import(&api, "mina").await;
    let (mut browser, page) = crate::world::at_sign_on(&world).await;
    let (path, shown) = flow(&mut browser, &page).await;
    let offered = &shown["_embedded"]["socialProviders"][0];
    assert_eq!(
        (&offered["name"], &offered["type"]),
        (&json!("Partner"), &json!("OPENID_CONNECT"))
    );
    let named = json!({ "username": "al@elsewhere.example" });
    let named = act(&mut browser, &path, "user.lookup", &named).await;
    let shown = named.expect(StatusCode::OK).json();
    assert_eq!(shown["status"], "EXTERNAL_AUTHENTICATION_REQUIRED");
    let partner = &shown["_embedded"]["identityProvider"];
    let href = partner["_links"]["authenticate"]["href"].as_str().unwrap();
    let answer = browser.get(href).await;
    let sent = leave(&mut browser, answer).await;
    come_back(&world, &mut browser, &elsewhere, &sent, json!({})).await;
    let (path, shown) = flow(&mut browser, &page).await;
    assert_eq!(shown["status"], "ACCOUNT_LINKING_REQUIRED");
    assert!(shown["_links"]["user.confirm"].is_object(), "{shown}");
    let (_, hidden) = page.split_once("flowId=").unwrap();
    assert!(!shown.to_string().contains("person-1"), "{hidden}");
    let given = json!({ "username": "mina", "password": "Wrong-Password-1" });
    let wrong = act(&mut browser, &path, "usernamePassword.check", &given).await;
    wrong.expect(StatusCode::BAD_REQUEST);
    let incomplete = act(&mut browser, &path, "user.confirm", &json!({})).await;
    crate::management::refused(&incomplete, 400, "INVALID_DATA", "REQUIRED_VALUE", "email");
    let given = json!({ "username": "mina", "password": OWN_PASSWORD });
    let right = act(&mut browser, &path, "usernamePassword.check", &given).await;
    let shown = right.expect(StatusCode::OK).json();
    assert_eq!(shown["status"], "COMPLETED");
    assert_eq!(shown["_embedded"]["user"]["id"], mina["id"]);
    let accounts = api
        .get(&format!("{}/linkedAccounts", user_path(&mina)))
        .await;
    let accounts = accounts.expect(StatusCode::OK).json();
    assert_eq!(
        accounts["_embedded"]["linkedAccounts"][0]["externalId"],
        "person-1"
    );
}
