//! A person's browser in front of the hosted pages.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use http::header::{COOKIE, SET_COOKIE};
use http::{Method, Request, StatusCode};
use idp::demo::Account;
use platform::net::RemoteAddress;
use tower::ServiceExt as _;

use super::program::encoded;
use super::{Answer, Params, Received, World};

/// A browser that keeps cookies and follows nothing by itself.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(super) router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) address: Option<RemoteAddress>,
}

impl Browser {
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
        let path = url.strip_prefix("https://localhost:9443").unwrap_or(url);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("accept", "text/html");
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body).unwrap();
        if let Some(address) = self.address {
            request.extensions_mut().insert(address);
        }
        let answer = Answer::read(self.router.clone().oneshot(request).await.unwrap()).await;
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
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
