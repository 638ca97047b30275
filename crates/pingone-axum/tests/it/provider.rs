//! A provider without PingOne's extras, and the example application in front of it.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, header};
use pingone::auth::{Client, Issuer, RedirectUri};
use pingone::{ClientAuthentication, Credentials, Transport};
use platform::FrozenClock;
use tower::ServiceExt as _;
use url::Url;

/// The application's id; it has no secret.
const CLIENT_ID: &str = "example";

/// No end-session endpoint, no revocation, no `iss`, no refresh tokens.
pub(crate) struct Provider(fakes::Provider);

impl Deref for Provider {
    type Target = fakes::Provider;

    fn deref(&self) -> &fakes::Provider {
        &self.0
    }
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let clock = FrozenClock::new("2026-01-05T10:00:00Z".parse().unwrap());
        let provider = fakes::Provider::start(Arc::new(clock)).await;
        provider.keep_to_the_minimum();
        provider.register(CLIENT_ID, None);
        provider.claim("name", "Ada <Lovelace>");
        Self(provider)
    }

    /// The example application for this provider.
    pub(crate) fn app(&self) -> Router {
        let redirect_uri = RedirectUri::parse("http://localhost:3000/callback").unwrap();
        super::app::app(self.client(), redirect_uri).unwrap()
    }

    /// The application's client of this provider.
    pub(crate) fn client(&self) -> Client {
        let transport = Transport::builder()
            .clock(platform::clock::as_function(Arc::clone(self.clock())))
            .build()
            .unwrap();
        let credentials = Credentials::new(CLIENT_ID, ClientAuthentication::None);
        Client::new(
            Issuer::parse(&self.issuer()).unwrap(),
            credentials,
            transport,
        )
    }

    /// The address of the callback when Ada has signed on for this authorization request.
    pub(crate) fn callback(&self, address: &str) -> String {
        let answer = self.authorize(&Url::parse(address).unwrap(), "ada");
        format!("/callback?{answer}")
    }
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
        self.get(&provider.callback(begun.location())).await
    }
}
