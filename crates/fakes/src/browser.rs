//! A browser without scripts: keeps cookies, follows redirects, sends forms.

mod form;
mod page;
mod transport;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use reqwest::cookie::{CookieStore, Jar};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, ORIGIN, REFERER,
    SET_COOKIE,
};
use reqwest::{Method, redirect};
use url::Url;

pub use form::Form;
pub use page::{Page, parameter};
use transport::Transport;

/// How long a request may take before the test fails.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What browsers take, the best first.
const TAKEN: HeaderValue = HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8");

/// How many redirects are followed before the test fails.
const REDIRECTS: usize = 20;

/// One person's browser.
///
/// It keeps cookies as browsers do: by host, whatever the port. It follows redirects on this
/// machine, and stops at the first one that leads elsewhere, so that a test can look at it.
#[derive(Clone, Debug)]
pub struct Browser {
    client: reqwest::Client,
    transport: Transport,
    jar: Arc<Jar>,
    headers: HeaderMap,
    stops: Vec<String>,
}

impl Browser {
    /// A browser without cookies that trusts the authority in `ca`, a PEM text.
    ///
    /// # Panics
    ///
    /// When `ca` is not a certificate.
    pub fn trusting(ca: &str) -> Self {
        let certificates = reqwest::Certificate::from_pem_bundle(ca.as_bytes())
            .expect("the authorities are certificates");
        Self::build(|client| client.tls_certs_only(certificates))
    }

    /// A browser without cookies for servers that speak plain HTTP.
    pub fn plain() -> Self {
        Self::build(|client| client.tls_certs_only([]))
    }

    /// A browser without cookies for a service of this process that believes to stand at `base`.
    ///
    /// Addresses may be given without `base`. It follows redirects within the service alone.
    ///
    /// # Panics
    ///
    /// When `base` is not an absolute URL.
    pub fn within(service: Router, base: &str) -> Self {
        let base = Url::parse(base).expect("an absolute URL");
        let mut browser = Self::plain();
        browser.transport = Transport::Service { service, base };
        browser
    }

    /// The same browser, in front of another service within the process.
    #[must_use]
    pub fn before(mut self, service: Router) -> Self {
        if let Transport::Service { service: old, .. } = &mut self.transport {
            *old = service;
        }
        self
    }

    /// The same browser behind a proxy: whatever is asked of one of these public addresses goes to its
    /// listener over plain HTTP, and no name is looked up.
    ///
    /// # Panics
    ///
    /// When an address is not an absolute URL.
    #[must_use]
    pub fn by_listeners(mut self, listeners: &[(&str, SocketAddr)]) -> Self {
        let parsed = |(url, to): &(&str, SocketAddr)| (Url::parse(url).expect("a URL"), *to);
        self.transport = Transport::Listeners(listeners.iter().map(parsed).collect());
        self
    }

    fn build(trust: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> Self {
        crate::install_cryptography();
        let jar = Arc::new(Jar::default());
        let client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .no_proxy();
        let client = trust(client)
            .build()
            .expect("the test client's settings are valid");
        Self {
            client,
            transport: Transport::Socket,
            jar,
            headers: HeaderMap::new(),
            stops: Vec::new(),
        }
    }

    /// The same browser, sending `name: value` with every request.
    ///
    /// # Panics
    ///
    /// When the header is not one.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers
            .insert(name, value.parse().expect("a header's value"));
        self
    }

    /// The same browser, not following redirects to addresses that begin so.
    #[must_use]
    pub fn stopping_at(mut self, prefix: &str) -> Self {
        self.stops.push(prefix.to_owned());
        self
    }

    /// Opens a page, following redirects.
    pub async fn open(&self, url: impl AsRef<str>) -> Page {
        self.follow(self.request(Method::GET, url).send().await)
            .await
    }

    /// Opens a page without following redirects.
    pub async fn open_only(&self, url: impl AsRef<str>) -> Page {
        self.request(Method::GET, url).send().await
    }

    /// A request that is sent as it is: no redirect is followed.
    ///
    /// # Panics
    ///
    /// When `url` is not an absolute URL, and not a path of a service within the process.
    pub fn request(&self, method: Method, url: impl AsRef<str>) -> Request {
        let url = self.transport.address(url.as_ref());
        let inner = self
            .client
            .request(method, url.clone())
            .headers(self.headers.clone());
        Request {
            browser: self.clone(),
            cookies: self.jar.cookies(&url),
            url,
            inner,
        }
    }

    /// Sends a form as a page at `from` would, following redirects.
    async fn submit(
        &self,
        from: &Url,
        method: Method,
        action: Url,
        fields: &[(String, String)],
    ) -> Page {
        let page = if method == Method::GET {
            let mut action = action;
            action.query_pairs_mut().clear().extend_pairs(fields);
            self.request(Method::GET, action).send().await
        } else {
            let site = if from.origin() == action.origin() {
                "same-origin"
            } else if from.host() == action.host() {
                "same-site"
            } else {
                "cross-site"
            };
            self.request(Method::POST, action)
                .header(ORIGIN.as_str(), &from.origin().ascii_serialization())
                .header(REFERER.as_str(), from.as_str())
                .header("sec-fetch-site", site)
                .form(fields)
                .send()
                .await
        };
        self.follow(page).await
    }

    /// The cookies that would be sent to `url`, as a `Cookie` header.
    ///
    /// # Panics
    ///
    /// When `url` is not an absolute URL.
    pub fn cookies(&self, url: impl AsRef<str>) -> Option<String> {
        let url = Url::parse(url.as_ref()).expect("an absolute URL");
        Some(self.jar.cookies(&url)?.to_str().ok()?.to_owned())
    }

    /// The value of a cookie that would be sent to `url`.
    ///
    /// # Panics
    ///
    /// When `url` is not an absolute URL.
    pub fn cookie(&self, url: impl AsRef<str>, name: &str) -> Option<String> {
        self.cookies(url)?
            .split("; ")
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(found, value)| (found == name).then(|| value.to_owned()))
    }

    /// Puts a cookie, written as a `Set-Cookie` header, as if `url` had set it.
    ///
    /// # Panics
    ///
    /// When `url` is not an absolute URL.
    pub fn set_cookie(&self, url: impl AsRef<str>, cookie: &str) {
        let url = Url::parse(url.as_ref()).expect("an absolute URL");
        self.jar.add_cookie_str(cookie, &url);
    }

    async fn follow(&self, mut page: Page) -> Page {
        let mut hops = vec![page.url.clone()];
        while let Some(next) = page.redirect() {
            if !self.transport.reaches(&next)
                || self
                    .stops
                    .iter()
                    .any(|stop| next.as_str().starts_with(stop))
            {
                break;
            }
            assert!(hops.len() < REDIRECTS, "too many redirects: {hops:#?}");
            hops.push(next.clone());
            let fragment = next.fragment().map(str::to_owned);
            let mut at = next;
            at.set_fragment(None);
            page = self.request(Method::GET, at).send().await;
            page.url.set_fragment(fragment.as_deref());
        }
        page.hops = hops;
        page
    }
}

/// A request that is being put together.
#[derive(Debug)]
pub struct Request {
    browser: Browser,
    cookies: Option<HeaderValue>,
    url: Url,
    inner: reqwest::RequestBuilder,
}

impl Request {
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.inner = self.inner.header(name, value);
        self
    }

    /// Adds an `Authorization` header with an access token.
    #[must_use]
    pub fn bearer(mut self, access_token: &str) -> Self {
        self.inner = self.inner.bearer_auth(access_token);
        self
    }

    /// Adds an `Authorization` header with a client's id and secret.
    #[must_use]
    pub fn basic(mut self, id: &str, secret: &str) -> Self {
        self.inner = self.inner.basic_auth(id, Some(secret));
        self
    }

    /// Sends only the cookies with such names, as browsers do when another site is behind it.
    ///
    /// # Panics
    ///
    /// When a cookie is not text.
    #[must_use]
    pub fn only_cookies(mut self, is_sent: impl Fn(&str) -> bool) -> Self {
        let all = self.cookies.take();
        let all = all.as_ref().map_or("", |all| all.to_str().expect("text"));
        let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
        let sent: Vec<&str> = all
            .split("; ")
            .filter(|pair| is_sent(&name(pair)))
            .collect();
        let sent = sent.join("; ");
        self.cookies = (!sent.is_empty()).then(|| sent.parse().expect("cookies are a header"));
        self
    }

    /// Sends fields as a form.
    #[must_use]
    pub fn form<F: serde::Serialize + ?Sized>(mut self, fields: &F) -> Self {
        self.inner = self.inner.form(fields);
        self
    }

    /// Sends JSON, as `application/json` unless another type was set by [`Request::header`].
    ///
    /// # Panics
    ///
    /// When `body` cannot be written as JSON.
    #[must_use]
    pub fn json<B: serde::Serialize + ?Sized>(self, body: &B) -> Self {
        self.json_as("application/json", body)
    }

    /// Sends JSON as `media_type`.
    ///
    /// # Panics
    ///
    /// When `body` cannot be written as JSON.
    #[must_use]
    pub fn json_as<B: serde::Serialize + ?Sized>(mut self, media_type: &str, body: &B) -> Self {
        let body = serde_json::to_vec(body).expect("a value that is JSON");
        self.inner = self.inner.header(CONTENT_TYPE, media_type).body(body);
        self
    }

    /// Sends bytes.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.inner = self.inner.body(body.into());
        self
    }

    /// Sends it.
    ///
    /// # Panics
    ///
    /// When no answer arrives.
    pub async fn send(self) -> Page {
        let Self {
            browser,
            cookies,
            url,
            inner,
        } = self;
        let mut request = inner.build().expect("a request that can be sent");
        if let Some(cookies) = cookies {
            request.headers_mut().entry(COOKIE).or_insert(cookies);
        }
        // Whoever brings a token of their own is a program.
        if !request.headers().contains_key(AUTHORIZATION) {
            request.headers_mut().entry(ACCEPT).or_insert(TAKEN);
        }
        let answer = browser.transport.send(&browser.client, request).await;
        let (status, headers, body) = match answer {
            Ok(answer) => answer,
            Err(error) => panic!("no answer from {url}: {error:?}"),
        };
        let mut cookies = headers.get_all(SET_COOKIE).iter();
        browser.jar.set_cookies(&mut cookies, &url);
        Page {
            browser,
            status,
            url,
            headers,
            body,
            hops: Vec::new(),
        }
    }
}
