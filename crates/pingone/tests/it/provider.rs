//! The provider as this client sees it, and the requests that most stories make.

use std::ops::Deref;
use std::sync::Arc;

use fakes::provider::{Answer, Endpoint};
use jiff::Timestamp;
use pingone::auth::{
    Authorization, AuthorizationRequest, Client, FormParams, Issuer, RedirectUri, ResponseType,
    Scopes,
};
use pingone::{Credentials, TransportBuilder};
use platform::Clock as _;
use platform::clock::as_function;
use serde_json::{Value, json};

pub(crate) use fakes::provider::key;

use crate::service::{frozen_clock, transport, worker};

pub(crate) const CLIENT_ID: &str = "worker";
pub(crate) const REDIRECT_URI: &str = "https://app.example/callback?x=1";

/// A provider that does not announce `iss`, and whose ID tokens the stories sign.
pub(crate) struct Provider(fakes::Provider);

impl Deref for Provider {
    type Target = fakes::Provider;

    fn deref(&self) -> &fakes::Provider {
        &self.0
    }
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let provider = fakes::Provider::start(frozen_clock()).await;
        provider.describe(&json!({"authorization_response_iss_parameter_supported": null}));
        Self(provider)
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
        let clock = Arc::clone(self.clock());
        Client::new(
            issuer,
            credentials,
            transport.clock(as_function(clock)).build().unwrap(),
        )
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock().now()
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
    pub(crate) fn issue(&self, body: Value) {
        self.answer(Endpoint::Token, Answer::Json(200, body));
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
