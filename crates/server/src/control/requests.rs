//! The requests that came in, without their secrets.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::Request;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use jiff::Timestamp;
use platform::net::RequestId;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::faults::Fault;
use super::pattern::Pattern;
use super::{ServerName, shown};

/// So many requests are kept.
const MOST: usize = 1_000;

/// Longer paths are cut off.
const LONGEST_PATH: usize = 1_024;

/// Longer bodies are not looked into.
const LONGEST_BODY: usize = 64 * 1024;

/// A request that came in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Request")]
pub(super) struct Received {
    /// Its number: each is greater than the one before.
    id: u64,
    /// Its id in the log, and in error answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// When it came, by the clock of the servers.
    at: Timestamp,
    /// Which server it came to.
    server: ServerName,
    /// Its method.
    method: String,
    /// Its path, without the query.
    path: String,
    /// The parameters of the query that are known to hold no secret.
    query: Map<String, Value>,
    /// The headers that are known to hold no secret; of `authorization`, the scheme.
    headers: BTreeMap<&'static str, String>,
    /// What of the body is known to hold no secret: parameters of a form or members of a document.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    /// How many parameters and members are not shown.
    hidden: usize,
    /// The fault that happened to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Fault>,
    /// The status of the answer; null while there is none, and when the connection ended first.
    status: Option<u16>,
    /// How long the answer took.
    milliseconds: Option<u64>,
}

/// Which requests are asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) after: Option<u64>,
    pub(super) server: Option<ServerName>,
    pub(super) method: Option<Method>,
    pub(super) path: Option<Pattern>,
}

impl Wanted {
    fn is(&self, request: &Received) -> bool {
        self.after.is_none_or(|after| request.id > after)
            && self.server.is_none_or(|server| request.server == server)
            && self
                .method
                .as_ref()
                .is_none_or(|method| method.as_str() == request.method)
            && self
                .path
                .as_ref()
                .is_none_or(|path| path.matches(&request.path))
    }
}

/// The last thousand, oldest first.
#[derive(Debug, Default)]
pub(super) struct Requests(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    requests: VecDeque<Received>,
    last_id: u64,
}

impl Requests {
    /// Writes a request down, with what goes wrong with it, and gives its number.
    pub(super) fn begin(&self, mut request: Received, fault: Option<Fault>) -> u64 {
        let mut ring = self.lock();
        ring.last_id += 1;
        request.id = ring.last_id;
        request.fault = fault;
        if ring.requests.len() >= MOST {
            ring.requests.pop_front();
        }
        ring.requests.push_back(request);
        ring.last_id
    }

    /// Adds how it was answered. One that was forgotten meanwhile stays forgotten.
    pub(super) fn end(&self, id: u64, status: Option<StatusCode>, took: Duration) {
        let mut ring = self.lock();
        let mut newest_first = ring.requests.iter_mut().rev();
        if let Some(request) = newest_first.find(|request| request.id == id) {
            request.status = status.map(|status| status.as_u16());
            request.milliseconds = u64::try_from(took.as_millis()).ok();
        }
    }

    pub(super) fn find(&self, wanted: &Wanted) -> Vec<Received> {
        let ring = self.lock();
        let found = ring.requests.iter().filter(|request| wanted.is(request));
        found.cloned().collect()
    }

    /// Forgets all; numbers go on, so that no request that is under way is taken for another.
    pub(super) fn clear(&self) {
        self.lock().requests.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a body is looked into.
enum Look {
    Form,
    Document,
}

/// What is shown of a request, and the request with its body.
///
/// # Errors
///
/// When the body ended before its time.
pub(super) async fn received(
    server: ServerName,
    at: Timestamp,
    request: Request,
) -> Result<(Received, Request), axum::Error> {
    let (look, request) = (look(&request), request);
    let (parts, body) = request.into_parts();
    let (query, mut hidden) = shown::parameters(parts.uri.query().unwrap_or_default().as_bytes());
    let mut shown = None;
    let body = if let Some(look) = look {
        let bytes: Bytes = to_bytes(body, LONGEST_BODY).await?;
        let (found, not_shown) = match look {
            Look::Form => {
                let (parameters, hidden) = shown::parameters(&bytes);
                (Some(Value::Object(parameters)), hidden)
            }
            Look::Document => shown::document(&bytes),
        };
        hidden += not_shown;
        shown = found;
        Body::from(bytes)
    } else {
        body
    };
    let received = Received {
        id: 0,
        request_id: parts
            .extensions
            .get::<RequestId>()
            .map(RequestId::to_string),
        at,
        server,
        method: parts.method.as_str().chars().take(32).collect(),
        path: parts.uri.path().chars().take(LONGEST_PATH).collect(),
        query,
        headers: shown::headers(&parts.headers),
        body: shown,
        hidden,
        fault: None,
        status: None,
        milliseconds: None,
    };
    Ok((received, Request::from_parts(parts, body)))
}

/// Looks into a body only when its length is told and small.
fn look(request: &Request) -> Option<Look> {
    let length = request.body().size_hint().exact()?;
    if length == 0 || length > LONGEST_BODY as u64 {
        return None;
    }
    let media_type = request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let media_type = media_type.split(';').next()?.trim().to_ascii_lowercase();
    if media_type == "application/x-www-form-urlencoded" {
        Some(Look::Form)
    } else if media_type == "application/json" || media_type.ends_with("+json") {
        Some(Look::Document)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(path: &str) -> Received {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let (received, _) = received(ServerName::Portal, Timestamp::UNIX_EPOCH, request)
            .await
            .unwrap();
        received
    }

    #[tokio::test]
    async fn the_oldest_makes_room_and_numbers_go_on() {
        let requests = Requests::default();
        for _ in 0..=MOST {
            requests.begin(get("/a").await, None);
        }
        let kept = requests.find(&Wanted::default());
        assert_eq!(kept.len(), MOST);
        assert_eq!(kept[0].id, 2);
        requests.clear();
        requests.end(2, Some(StatusCode::OK), Duration::ZERO);
        assert!(requests.find(&Wanted::default()).is_empty());
        let next = requests.begin(get("/b").await, None);
        assert_eq!(next, MOST as u64 + 2);
    }

    #[tokio::test]
    async fn requests_are_found_by_path_method_and_number() {
        let requests = Requests::default();
        let first = requests.begin(get("/v1/a").await, None);
        requests.begin(get("/v1/b").await, None);
        let find = |wanted: Wanted| requests.find(&wanted).len();
        let path = Pattern::try_from("/v1/{name}".to_owned()).unwrap();
        let wanted = Wanted {
            path: Some(path),
            ..Wanted::default()
        };
        assert_eq!(find(wanted.clone()), 2);
        assert_eq!(
            find(Wanted {
                after: Some(first),
                ..wanted.clone()
            }),
            1
        );
        assert_eq!(
            find(Wanted {
                method: Some(Method::POST),
                ..wanted.clone()
            }),
            0
        );
        let server = Some(ServerName::Environment);
        assert_eq!(find(Wanted { server, ..wanted }), 0);
    }
}
