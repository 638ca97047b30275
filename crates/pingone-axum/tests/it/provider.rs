//! An OpenID provider without PingOne's extras: no end-session endpoint, no revocation, no `iss`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, Request, StatusCode, header};
use pingone::auth::{Client, Issuer, RedirectUri};
use pingone::{ClientAuthentication, Credentials, Transport};
use platform::{Clock, FrozenClock};
use protocol::jose::{JwkSet, SigningAlgorithm, SigningKey};
use protocol::params::FormParams;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use url::Url;

fn key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(SigningAlgorithm::Rs256, "key-1").unwrap())
}

#[derive(Clone)]
pub(crate) struct Provider {
    issuer: String,
    pub(crate) clock: Arc<FrozenClock>,
    nonces: Arc<Mutex<HashMap<String, String>>>,
    kind: Kind,
}

/// What is particular about a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It has what it must have.
    Bare,
    /// It ends sessions, too.
    EndsSessions,
    /// Its discovery document names another issuer.
    MisnamesItself,
    /// Its ID tokens are for another application.
    MistakesAudience,
}

impl Provider {
    pub(crate) async fn start() -> Self {
        Self::of_kind(Kind::Bare).await
    }

    pub(crate) async fn of_kind(kind: Kind) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            clock: Arc::new(FrozenClock::new("2026-01-05T10:00:00Z".parse().unwrap())),
            nonces: Arc::default(),
            kind,
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// The example application for this provider.
    pub(crate) fn app(&self) -> Router {
        let redirect_uri = RedirectUri::parse("http://localhost:3000/callback").unwrap();
        super::app::app(self.client(), redirect_uri).unwrap()
    }

    /// The application's client of this provider.
    pub(crate) fn client(&self) -> Client {
        let transport = Transport::builder()
            .clock(platform::clock::as_function(Arc::clone(&self.clock)))
            .build()
            .unwrap();
        let credentials = Credentials::new("example", ClientAuthentication::None);
        Client::new(Issuer::parse(&self.issuer).unwrap(), credentials, transport)
    }

    /// Somebody signs on; gives the query of the callback.
    pub(crate) fn authorize(&self, address: &Url) -> String {
        let query: HashMap<String, String> = address.query_pairs().into_owned().collect();
        let mut nonces = self.nonces.lock().unwrap();
        let code = format!("code-{}", nonces.len());
        nonces.insert(code.clone(), query["nonce"].clone());
        format!("code={code}&state={}", query["state"])
    }
}

fn answer(body: &Value) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}

async fn discovery(State(provider): State<Provider>) -> Response {
    let issuer = &provider.issuer;
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
    });
    match provider.kind {
        Kind::EndsSessions => document["end_session_endpoint"] = json!(format!("{issuer}/signoff")),
        Kind::MisnamesItself => document["issuer"] = json!("https://op.example"),
        Kind::Bare | Kind::MistakesAudience => {}
    }
    answer(&document)
}

async fn jwks() -> Response {
    answer(&serde_json::to_value(JwkSet::new(vec![key().public_jwk(&[])])).unwrap())
}

async fn token(State(provider): State<Provider>, body: String) -> Response {
    let params = FormParams::parse(body.as_bytes()).unwrap();
    let code = params.find("code").unwrap();
    let Some(nonce) = provider.nonces.lock().unwrap().remove(code) else {
        return (StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#).into_response();
    };
    let now = provider.clock.now().as_second();
    let audience = match provider.kind {
        Kind::MistakesAudience => "somebody else",
        Kind::Bare | Kind::EndsSessions | Kind::MisnamesItself => "example",
    };
    let claims = json!({
        "iss": provider.issuer, "sub": "ada", "aud": audience, "iat": now, "exp": now + 600,
        "auth_time": now, "nonce": nonce, "name": "Ada <Lovelace>",
    });
    let id_token = key().sign(&claims).unwrap();
    answer(&json!({"access_token": "opaque", "token_type": "Bearer", "id_token": id_token}))
}

/// A browser: one cookie and no more.
pub(crate) struct Browser {
    app: Router,
    cookie: Mutex<String>,
}

pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn location(&self) -> &str {
        self.headers[header::LOCATION].to_str().unwrap()
    }
}

impl Browser {
    pub(crate) fn new(app: Router) -> Self {
        Self {
            app,
            cookie: Mutex::default(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(Request::get(path)).await
    }

    pub(crate) async fn send(&self, request: http::request::Builder) -> Page {
        let cookie = self.cookie.lock().unwrap().clone();
        let request = request
            .header(header::COOKIE, cookie)
            .body(Body::empty())
            .unwrap();
        let (parts, body) = self
            .app
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        if let Some(cookie) = parts.headers.get(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            pair.clone_into(&mut self.cookie.lock().unwrap());
        }
        let body = to_bytes(body, 1 << 20).await.unwrap();
        Page {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub(crate) async fn sign_on(&self, provider: &Provider, begin: &str) -> Page {
        let begun = self.get(begin).await;
        let answer = provider.authorize(&Url::parse(begun.location()).unwrap());
        self.get(&format!("/callback?{answer}")).await
    }
}
