//! A person's browser in front of the hosted pages.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::{Extension, Router};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use idp::demo::Account;
use platform::net::{Insider, RemoteAddress};
use url::Url;

use super::program::encoded;
use super::{Answer, Params, Received, World};

/// Cookies by their names.
pub(crate) type Cookies = BTreeMap<String, String>;

/// A browser that keeps cookies and follows nothing by itself.
#[derive(Debug)]
pub(crate) struct Browser {
    inner: fakes::Browser,
    router: Router,
    /// The environment's address, below which its cookies live.
    home: Url,
}

impl Browser {
    pub(super) fn new(router: Router, home: Url) -> Self {
        let inner = fakes::Browser::within(router.clone(), home.as_str());
        Self {
            inner,
            router,
            home,
        }
    }

    /// The environment's cookies.
    pub(crate) fn cookies(&self) -> Cookies {
        // Those for the way to identity providers are sent there only.
        let everywhere = self.home.join("rp/").unwrap();
        let sent = self.inner.cookies(everywhere).unwrap_or_default();
        sent.split("; ")
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// Another browser, with these cookies.
    pub(crate) fn holding(&self, cookies: &Cookies) -> Self {
        let other = Self::new(self.router.clone(), self.home.clone());
        let path = self.home.path().trim_end_matches('/');
        for (name, value) in cookies {
            let cookie = format!("{name}={value}; Path={path}");
            other.inner.set_cookie(&self.home, &cookie);
        }
        other
    }

    /// Another browser, with the cookies that this one has now.
    pub(crate) fn copy(&self) -> Self {
        self.holding(&self.cookies())
    }

    /// From now on its requests come from this address.
    pub(crate) fn come_from(&mut self, address: RemoteAddress) {
        let insider = Insider(address.0.is_loopback());
        let router = self.router.clone().layer(Extension(insider));
        let service = router.layer(Extension(address));
        self.inner = self.inner.clone().before(service);
    }

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
        let mut request = self.inner.request(method, url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let body = body.collect().await.unwrap().to_bytes();
        let page = request.body(body).send().await;
        Answer {
            body: page.body(),
            status: page.status,
            headers: page.headers,
        }
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

    /// Gives the right name and password of somebody on a sign-on page.
    pub(crate) async fn give_right(&mut self, page: &str, account: &Account) -> Answer {
        self.give(page, account.username, account.password.expose())
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
        self.sign_on_as(&world.demo.user, world, params).await
    }

    /// A whole sign-on of this person.
    pub(crate) async fn sign_on_as(
        &mut self,
        account: &Account,
        world: &World,
        params: &Params,
    ) -> Received {
        let answer = self
            .authorize(world, params)
            .await
            .expect(StatusCode::FOUND);
        let page = Self::page_of(&answer);
        self.get(&page).await.expect(StatusCode::OK);
        let answer = self.give_right(&page, account).await;
        self.resume(&answer).await
    }
}

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
