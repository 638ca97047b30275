//! What programs send: requests of the OAuth endpoints, as an application with or without a secret.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;
use url::form_urlencoded;

use super::{Answer, Browser, REDIRECT_URI, Received, SCOPES, World};

impl World {
    /// A browser that has not been here before.
    pub(crate) fn browser(&self) -> Browser {
        let environment = format!("{}/", self.demo.environment_id);
        let home = self.settings.public_url.join(&environment).unwrap();
        Browser::new(self.router.clone(), home)
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
        let id = self.demo.client_id.to_string();
        let secret = self.demo.client_secret.expose();
        self.redeem_as(&id, Some(secret), code).await
    }

    /// Redeems a code as this application, by HTTP Basic if it has a secret.
    pub(crate) async fn redeem_as(&self, id: &str, secret: Option<&str>, code: &str) -> Answer {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
        ];
        let path = self.endpoint("token");
        if let Some(secret) = secret {
            return self.post_as(&path, &form, id, secret).await;
        }
        form.push(("client_id", id));
        self.post(&path, &form).await
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
}

pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

fn form_request(path: &str, _: &[(&str, &str)]) -> http::request::Builder {
    Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded")
}

pub(super) fn encoded(form: &[(&str, &str)]) -> Body {
    Body::from(
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish(),
    )
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
