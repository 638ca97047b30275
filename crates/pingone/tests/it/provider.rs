//! An OpenID provider that signs what a test wants signed.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use pingone::auth::{
    Authorization, AuthorizationRequest, Client, FormParams, Issuer, RedirectUri, ResponseType,
    Scopes,
};
use pingone::{Credentials, TransportBuilder};
use platform::clock::as_function;
use platform::{Clock as _, FrozenClock};
use protocol::jose::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::service::{frozen_clock, transport, worker};

pub(crate) const CLIENT_ID: &str = "worker";
pub(crate) const REDIRECT_URI: &str = "https://app.example/callback?x=1";

/// Keys take a moment to make, so all tests share these.
pub(crate) fn key(number: usize) -> &'static SigningKey {
    static KEYS: [OnceLock<SigningKey>; 2] = [OnceLock::new(), OnceLock::new()];
    KEYS[number].get_or_init(|| {
        SigningKey::generate(SigningAlgorithm::Rs256, format!("key-{number}").as_str()).unwrap()
    })
}

pub(crate) struct Provider {
    pub(crate) server: MockServer,
    pub(crate) clock: Arc<FrozenClock>,
}

impl Provider {
    /// A provider with one key and a discovery document like PingOne's.
    pub(crate) async fn start() -> Self {
        let provider = Self::without_documents().await;
        provider.publish(&[key(0)]).await;
        provider.describe(json!({})).await;
        provider
    }

    pub(crate) async fn without_documents() -> Self {
        Self {
            server: MockServer::start().await,
            clock: frozen_clock(),
        }
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}/env/as", self.server.uri())
    }

    /// Answers with a discovery document; `changes` replace members, `null` removes one.
    pub(crate) async fn describe(&self, changes: Value) {
        let issuer = self.issuer();
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "jwks_uri": format!("{issuer}/jwks"),
            "end_session_endpoint": format!("{issuer}/signoff"),
            "introspection_endpoint": format!("{issuer}/introspect"),
            "revocation_endpoint": format!("{issuer}/revoke"),
            "response_types_supported": ["code", "id_token", "token id_token"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        });
        let members = document.as_object_mut().unwrap();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => members.remove(name),
                value => members.insert(name.clone(), value.clone()),
            };
        }
        let response = ResponseTemplate::new(200).set_body_json(document);
        self.answer("GET", "/.well-known/openid-configuration", response)
            .await;
    }

    pub(crate) async fn publish(&self, keys: &[&SigningKey]) {
        let keys: Vec<_> = keys.iter().map(|key| key.public_jwk(&[])).collect();
        let response = ResponseTemplate::new(200).set_body_json(json!({"keys": keys}));
        self.answer("GET", "/jwks", response).await;
    }

    pub(crate) async fn answer(&self, http_method: &str, at: &str, response: ResponseTemplate) {
        Mock::given(method(http_method))
            .and(path(format!("/env/as{at}")))
            .respond_with(response)
            .mount(&self.server)
            .await;
    }

    /// How often a path below the issuer was asked.
    pub(crate) async fn count(&self, at: &str) -> usize {
        crate::service::count(&self.server, &format!("/env/as{at}")).await
    }

    pub(crate) fn client(&self) -> Client {
        self.client_with(worker(), transport())
    }

    pub(crate) fn client_with(
        &self,
        credentials: Credentials,
        transport: TransportBuilder,
    ) -> Client {
        let issuer = Issuer::parse(&self.issuer()).unwrap();
        let clock = Arc::clone(&self.clock);
        Client::new(
            issuer,
            credentials,
            transport.clock(as_function(clock)).build().unwrap(),
        )
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What an ID token says when nothing is wrong with it.
    pub(crate) fn claims(&self, nonce: &str) -> Value {
        let now = self.now().as_second();
        json!({"iss": self.issuer(), "sub": "ada", "aud": CLIENT_ID, "iat": now,
            "exp": now + 3600, "auth_time": now, "nonce": nonce})
    }

    pub(crate) fn id_token(&self, nonce: &str) -> String {
        key(0).sign(&self.claims(nonce)).unwrap()
    }

    /// Answers the next token requests.
    pub(crate) async fn issue(&self, body: Value) {
        self.answer(
            "POST",
            "/token",
            ResponseTemplate::new(200).set_body_json(body),
        )
        .await;
    }
}

/// The tokens of a usual answer.
pub(crate) fn tokens(id_token: &str) -> Value {
    json!({"access_token": "access-hush", "token_type": "Bearer", "expires_in": 3600,
        "refresh_token": "refresh-hush", "scope": "openid profile", "id_token": id_token})
}

pub(crate) fn request() -> AuthorizationRequest {
    AuthorizationRequest::new(RedirectUri::parse(REDIRECT_URI).unwrap())
        .scopes(Scopes::parse("openid profile").unwrap())
}

pub(crate) fn request_for(response_type: &str) -> AuthorizationRequest {
    request().response_type(ResponseType::parse(response_type).unwrap())
}

/// A parameter of the authorization request.
pub(crate) fn sent(authorization: &Authorization, name: &str) -> Option<String> {
    let mut pairs = authorization.url.query_pairs();
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// The callback of a request, with these parameters beside `state`.
pub(crate) fn callback(authorization: &Authorization, params: &[(&str, &str)]) -> FormParams {
    let state = sent(authorization, "state").unwrap();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("state", &state).extend_pairs(params);
    FormParams::parse(form.finish().as_bytes()).unwrap()
}
