//! A provider without PingOne's extras, and the example application in front of it.

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use fakes::{Browser, Page};
use pingone::auth::{Client, Issuer, RedirectUri};
use pingone::{ClientAuthentication, Credentials, Transport};
use platform::FrozenClock;
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

    /// A browser in front of the example application.
    pub(crate) fn browser(&self) -> Browser {
        browser(self.app())
    }

    /// Ada signs on from the page at `begin`; gives the answer of the callback.
    pub(crate) async fn sign_on(&self, browser: &Browser, begin: &str) -> Page {
        let begun = browser.open_only(begin).await;
        browser.open_only(self.callback(begun.leads_to())).await
    }

    /// The address of the callback when Ada has signed on for this authorization request.
    pub(crate) fn callback(&self, address: &str) -> String {
        let answer = self.authorize(&Url::parse(address).unwrap(), "ada");
        format!("/callback?{answer}")
    }
}

/// A browser in front of an application; its session cookie is for HTTPS.
pub(crate) fn browser(app: Router) -> Browser {
    Browser::within(app, "https://localhost:3000/")
}
