//! What comes back: an answer, what an application received at its redirect URI, a token's parts.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{LOCATION, REFRESH};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use url::form_urlencoded;

use super::REDIRECT_URI;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(super) async fn read(response: http::Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    #[track_caller]
    pub(crate) fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}\n{:?}", self.body, self.headers);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Where it leads by itself: by a redirect, or from a page.
    pub(crate) fn location(&self) -> &str {
        match self.header(REFRESH).strip_prefix("0;url=") {
            Some(url) => url,
            None => self.header(LOCATION),
        }
    }

    /// The error code of an OAuth answer, which must have a description with the correlation id.
    #[track_caller]
    pub(crate) fn oauth_error(&self) -> String {
        let json = self.json();
        let description = json["error_description"].as_str().unwrap_or_default();
        let id = self.header("correlation-id");
        assert!(
            !id.is_empty() && description.ends_with(&format!("(Correlation ID: {id})")),
            "{json}"
        );
        assert!(
            self.header("cache-control").contains("no-store"),
            "{:?}",
            self.headers
        );
        json["error"].as_str().unwrap_or_default().to_owned()
    }
}

/// Asserts the status of a page and that it says this.
#[track_caller]
pub(crate) fn shows(answer: &Answer, status: StatusCode, text: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.body.contains(text), "no `{text}` in {}", answer.body);
}

/// What came back to the application.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// The whole address.
    pub(crate) location: String,
    params: Vec<(String, String)>,
}

impl Received {
    #[track_caller]
    pub(crate) fn at(location: &str) -> Self {
        assert!(
            location.starts_with(REDIRECT_URI),
            "not sent to the application: {location}"
        );
        let (_, params) = location.split_once(['?', '#']).unwrap_or((location, ""));
        let params = form_urlencoded::parse(params.as_bytes())
            .into_owned()
            .collect();
        Self {
            location: location.to_owned(),
            params,
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn param(&self, name: &str) -> String {
        self.find(name)
            .unwrap_or_else(|| panic!("no {name} in {}", self.location))
            .to_owned()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.params.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// The claims of a token, unverified.
#[track_caller]
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// The header of a token.
#[track_caller]
pub(crate) fn header(token: &str) -> Value {
    let header = token.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}
