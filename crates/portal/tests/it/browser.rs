//! The browser in front of the portal: its forms, its pages, and what every cookie must be.

use std::collections::BTreeMap;

use axum::Router;
use fakes::Method;
use http::{HeaderMap, StatusCode, header};
use url::Url;

/// An answer.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn location(&self) -> &str {
        self.headers[header::LOCATION].to_str().unwrap()
    }

    pub(crate) fn address(&self) -> Url {
        Url::parse(self.location()).unwrap()
    }

    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    /// The error at a field, which a reader hears with it.
    pub(crate) fn error_at(&self, field: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("id=\"{field}-error\""))?;
        let (text, _) = rest.split_once("</span></p>")?;
        text.rsplit_once("</span>").map(|(_, text)| text.trim())
    }

    /// The form that the page sends on to another site: where to, and its hidden fields.
    pub(crate) fn form_elsewhere(&self) -> (Url, BTreeMap<String, String>) {
        let document = scraper::Html::parse_document(&self.body);
        let select = |text| scraper::Selector::parse(text).unwrap();
        let form = document
            .select(&select("form[data-form-post]"))
            .next()
            .unwrap();
        let hidden = select("input[type=hidden]");
        let fields = form.select(&hidden).map(|field| {
            let value = |name| field.attr(name).unwrap().to_owned();
            (value("name"), value("value"))
        });
        (
            Url::parse(form.attr("action").unwrap()).unwrap(),
            fields.collect(),
        )
    }

    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect()
    }
}

/// Where the portal believes to stand.
const BASE: &str = "https://localhost:8080/";

pub(crate) struct Browser(fakes::Browser);

impl Browser {
    pub(crate) fn new(router: Router) -> Self {
        Self(fakes::Browser::within(router, BASE))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> fakes::Request {
        self.0.request(method, path)
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        Self::send(self.request(Method::GET, path)).await
    }

    /// Sends a form of this site.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        self.post_text(path, &form.finish()).await
    }

    pub(crate) async fn post_text(&self, path: &str, form: &str) -> Page {
        let request = self.request(Method::POST, path);
        let request = request.header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        Self::send(request.body(form)).await
    }

    /// A form of another site: browsers then keep back all cookies but `SameSite=None`.
    pub(crate) async fn post_from_elsewhere(&self, path: &str, form: &str) -> Page {
        let request = self
            .request(Method::POST, path)
            .only_cookies(|name| name.ends_with("-sign-on"))
            .header("sec-fetch-site", "cross-site")
            .header("origin", "https://elsewhere.example")
            .header("content-type", "application/x-www-form-urlencoded");
        Self::send(request.body(form)).await
    }

    /// Sends a request and checks every cookie that comes back.
    pub(crate) async fn send(request: fakes::Request) -> Page {
        let answer = request.send().await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            check(cookie.to_str().unwrap());
        }
        Page {
            status: answer.status,
            body: String::from_utf8(answer.bytes().to_vec()).unwrap(),
            headers: answer.headers,
        }
    }

    pub(crate) fn cookie(&self, ending: &str) -> Option<String> {
        let mut cookies = self.cookies().into_iter();
        cookies
            .find(|(name, _)| name.ends_with(ending))
            .map(|(_, value)| value)
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.0
            .set_cookie(BASE, &format!("{name}={value}; Path=/; Secure"));
    }

    /// The values of all cookies.
    pub(crate) fn all_cookies(&self) -> String {
        let values = self.cookies().into_iter().map(|(_, value)| value);
        values.collect::<Vec<_>>().join(" ")
    }

    fn cookies(&self) -> Vec<(String, String)> {
        let cookies = self.0.cookies(BASE).unwrap_or_default();
        let pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

/// Every cookie is for this host, for HTTPS and for no script.
fn check(cookie: &str) {
    let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
    let (name, value) = pair.split_once('=').unwrap();
    assert!(name.starts_with("__Host-"), "{cookie}");
    for part in ["Secure", "HttpOnly", "Path=/"] {
        assert!(
            value.is_empty() || attributes.contains(part),
            "{cookie} lacks {part}"
        );
    }
    assert!(!attributes.contains("Domain"), "{cookie}");
    assert!(
        cookie.len() < 3_500,
        "browsers drop large cookies without a word: {cookie}"
    );
}
