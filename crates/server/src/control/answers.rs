//! What the management API answered before, for reads that are to be stale.

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};
use quick_cache::sync::Cache;

/// So many answers are remembered …
const MOST: usize = 500;
/// … and none that is longer.
const LONGEST: usize = 64 * 1024;

/// The last good answer to each `GET`.
#[derive(Debug)]
pub(super) struct Answers(Cache<String, Answer>);

#[derive(Clone, Debug)]
struct Answer {
    headers: HeaderMap,
    body: Bytes,
}

/// What a stale read finds.
#[derive(Debug)]
pub(super) enum Before {
    /// This was answered.
    Answered(Response),
    /// There was nothing yet.
    Nothing,
    /// Nobody knows: the answer as it is now.
    Unknown(Response),
}

impl Default for Answers {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl Answers {
    /// Whether answers to such a request are remembered.
    pub(super) fn are_kept_of(method: &Method, uri: &Uri) -> bool {
        method == Method::GET && uri.path().starts_with("/v1/")
    }

    /// Remembers a good answer.
    pub(super) async fn remember(&self, uri: &Uri, response: Response) -> Response {
        if response.status() != StatusCode::OK {
            return response;
        }
        let (response, answer) = taken(response).await;
        if let Some(answer) = answer {
            self.0.insert(uri.to_string(), answer);
        }
        response
    }

    /// What this good answer was before.
    pub(super) async fn before(&self, uri: &Uri, now: Response) -> Before {
        if now.status() != StatusCode::OK {
            return Before::Unknown(now);
        }
        if let Some(answer) = self.0.get(&uri.to_string()) {
            return Before::Answered(answer.into_response());
        }
        match taken(now).await {
            (now, Some(answer)) if answer.is_collection() => Before::Unknown(now),
            (_, Some(_)) => Before::Nothing,
            (now, None) => Before::Unknown(now),
        }
    }

    pub(super) fn clear(&self) {
        self.0.clear();
    }
}

impl Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.headers_mut() = self.headers;
        response
    }

    fn is_collection(&self) -> bool {
        let parsed: Result<serde_json::Value, _> = serde_json::from_slice(&self.body);
        parsed.is_ok_and(|value| value.get("_embedded").is_some())
    }
}

/// The answer, and a copy of it when it is short.
async fn taken(response: Response) -> (Response, Option<Answer>) {
    let length = response.body().size_hint().upper();
    let is_short = length.is_some_and(|length| length <= LONGEST as u64);
    if !is_short {
        return (response, None);
    }
    let (parts, body) = response.into_parts();
    match to_bytes(body, LONGEST).await {
        Ok(body) => {
            let answer = Answer {
                headers: parts.headers.clone(),
                body: body.clone(),
            };
            (Response::from_parts(parts, Body::from(body)), Some(answer))
        }
        Err(error) => {
            let broken = futures_util::stream::once(async { Err::<Bytes, _>(error) });
            (Response::from_parts(parts, Body::from_stream(broken)), None)
        }
    }
}
