//! What is answered instead of the truth, and what was asked.

use std::io;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Method, StatusCode, Uri};
use protocol::id::UserId;
use protocol::params::FormParams;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{ENVIRONMENT, Provider};

/// What an endpoint answers instead of what is right.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// This status, without a reason.
    Status(u16),
    /// 429 with `Retry-After: 30`.
    Busy,
    /// 200 with the page of some proxy.
    Nonsense,
    /// This text for JSON.
    Text(&'static str),
    /// This status and body.
    Json(u16, Value),
    /// The right answer, but so much later.
    Late(Duration),
    /// The connection stays open and nothing comes.
    Silent,
    /// The connection ends without an answer.
    Dropped,
}

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// Everything that has no answer of its own.
    Any,
    /// The discovery document.
    Discovery,
    /// The published keys.
    Keys,
    /// The token endpoint.
    Token,
    /// The userinfo endpoint.
    Userinfo,
    /// The introspection endpoint.
    Introspection,
    /// The revocation endpoint.
    Revocation,
    /// The end-session endpoint.
    SignOff,
    /// The management API.
    Management,
    /// What there is not.
    Unknown,
}

impl Endpoint {
    fn of(path: &str) -> Self {
        if path.starts_with("/v1/") {
            return Self::Management;
        }
        match path.strip_prefix(&format!("/{ENVIRONMENT}/as/")) {
            Some(".well-known/openid-configuration") => Self::Discovery,
            Some("jwks") => Self::Keys,
            Some("token") => Self::Token,
            Some("userinfo") => Self::Userinfo,
            Some("introspect") => Self::Introspection,
            Some("revoke") => Self::Revocation,
            Some("signoff") => Self::SignOff,
            _ => Self::Unknown,
        }
    }
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// What was asked.
    pub endpoint: Endpoint,
    /// By which method.
    pub method: Method,
    /// At which path and query.
    pub uri: Uri,
    /// With which headers.
    pub headers: HeaderMap,
    /// With which body.
    pub body: Bytes,
}

impl Received {
    /// The fields of the form that was sent.
    ///
    /// # Panics
    ///
    /// When it was not a form.
    pub fn form(&self) -> FormParams {
        FormParams::parse(&self.body).unwrap()
    }

    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<String> {
        let query = self.uri.query().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes())
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.into_owned())
    }

    /// `METHOD /path`, with `*` for every id.
    pub(super) fn call(&self) -> String {
        let is_id = |part: &str| part.len() == 36 && UserId::parse(part).is_ok();
        let parts = self.uri.path().split('/');
        let path: Vec<&str> = parts
            .map(|part| if is_id(part) { "*" } else { part })
            .collect();
        format!("{} {}", self.method, path.join("/"))
    }
}

/// Notes the request, and answers as the provider was told to.
pub(super) async fn stand_in(
    State(provider): State<Provider>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let endpoint = Endpoint::of(parts.uri.path());
    let answer = {
        let mut world = provider.world();
        world.received.push(Received {
            endpoint,
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            headers: parts.headers.clone(),
            body: body.clone(),
        });
        let answer = world.answers.get(&endpoint);
        answer
            .or_else(|| world.answers.get(&Endpoint::Any))
            .cloned()
    };
    let usual = next.run(Request::from_parts(parts, Body::from(body)));
    match answer {
        None => usual.await,
        Some(Answer::Late(time)) => {
            tokio::time::sleep(time).await;
            usual.await
        }
        Some(Answer::Status(status)) => status_of(status).into_response(),
        Some(Answer::Busy) => (
            StatusCode::TOO_MANY_REQUESTS,
            [("retry-after", "30"), ("content-type", "application/json")],
            r#"{"id":"5f0c","code":"REQUEST_LIMITED","message":"too many"}"#,
        )
            .into_response(),
        Some(Answer::Nonsense) => {
            ([("content-type", "text/html")], "<h1>It works</h1>").into_response()
        }
        Some(Answer::Text(text)) => ([("content-type", "application/json")], text).into_response(),
        Some(Answer::Json(status, body)) => json_answer(status, &body),
        Some(Answer::Silent) => std::future::pending().await,
        Some(Answer::Dropped) => {
            let broken = Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset));
            Body::from_stream(stream::iter([broken])).into_response()
        }
    }
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap()
}

pub(super) fn json_answer(status: u16, body: &Value) -> Response {
    let headers = [("content-type", "application/json")];
    (status_of(status), headers, body.to_string()).into_response()
}

/// An error as PingOne's API has them.
pub(super) fn api_error(status: u16, code: &str, details: &Value) -> Response {
    json_answer(
        status,
        &json!({"id": "c0ffee00-0000-4000-8000-000000000000", "code": code,
                "message": "The request could not be completed.", "details": details}),
    )
}
