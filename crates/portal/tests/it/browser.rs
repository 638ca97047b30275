//! A browser as far as these tests need one: it keeps cookies and says where forms come from.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, StatusCode, header};
use tower::ServiceExt as _;
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

pub(crate) struct Browser {
    router: Router,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    pub(crate) fn new(router: Router) -> Self {
        Self {
            router,
            cookies: Mutex::default(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(Request::get(path), Body::empty()).await
    }

    /// Sends a form of this site.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        self.post_text(path, &form.finish()).await
    }

    pub(crate) async fn post_text(&self, path: &str, form: &str) -> Page {
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(form.to_owned())).await
    }

    pub(crate) async fn send(&self, request: http::request::Builder, body: Body) -> Page {
        self.send_with(request, body, |_| true).await
    }

    /// A form of another site: browsers then keep back all cookies but `SameSite=None`.
    pub(crate) async fn post_from_elsewhere(&self, path: &str, form: &str) -> Page {
        let request = Request::post(path)
            .header("sec-fetch-site", "cross-site")
            .header("origin", "https://elsewhere.example")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let is_sent = |name: &str| name.ends_with("-sign-on");
        self.send_with(request, Body::from(form.to_owned()), is_sent)
            .await
    }

    async fn send_with(
        &self,
        mut request: http::request::Builder,
        body: Body,
        is_sent: impl Fn(&str) -> bool,
    ) -> Page {
        let cookies: Vec<String> = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .filter(|(name, _)| is_sent(name))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let request = request
            .header(header::HOST, "localhost:8080")
            .body(body)
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        let bytes = to_bytes(body, 1 << 22).await.unwrap();
        Page {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    fn keep(&self, cookie: &str) {
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
        let mut cookies = self.cookies.lock().unwrap();
        if attributes.contains("Max-Age=0") {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    pub(crate) fn cookie(&self, ending: &str) -> Option<String> {
        let cookies = self.cookies.lock().unwrap();
        cookies
            .iter()
            .find(|(name, _)| name.ends_with(ending))
            .map(|(_, value)| value.clone())
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies
            .lock()
            .unwrap()
            .insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn all_cookies(&self) -> String {
        self.cookies
            .lock()
            .unwrap()
            .values()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    }
}
