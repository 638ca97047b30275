//! What the management API answered before, for reads that are to be stale.

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use quick_cache::sync::Cache;

/// So many answers are remembered …
const MOST: usize = 500;
/// … and none that is longer.
const LONGEST: usize = 64 * 1024;

/// The last good answer to each `GET` of each token.
#[derive(Debug)]
pub(super) struct Answers(Cache<Key, Answer>);

/// What was read, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// HTTP/2 names the server in the address as well.
    path_and_query: String,
    /// The digest of the token: what one may read is no answer for another.
    token: Vec<u8>,
}

impl Key {
    /// The key of a request whose answer is remembered; `None` of others.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let uri = request.uri();
        if request.method() != Method::GET || !uri.path().starts_with("/v1/") {
            return None;
        }
        let token = request.headers().get(AUTHORIZATION);
        let token = token.map(HeaderValue::as_bytes).unwrap_or_default();
        Some(Self {
            path_and_query: uri.path_and_query()?.to_string(),
            token: digest(&SHA256, token).as_ref().to_vec(),
        })
    }
}

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
    /// Remembers a good answer.
    pub(super) async fn remember(&self, key: Key, response: Response) -> Response {
        if response.status() != StatusCode::OK {
            return response;
        }
        let (response, answer) = taken(response).await;
        if let Some(answer) = answer {
            self.0.insert(key, answer);
        }
        response
    }

    /// What this good answer was before.
    pub(super) async fn before(&self, key: &Key, now: Response) -> Before {
        if now.status() != StatusCode::OK {
            return Before::Unknown(now);
        }
        if let Some(answer) = self.0.get(key) {
            return Before::Answered(answer.into_response());
        }
        match taken(now).await {
            (now, Some(answer)) if answer.is_collection() => Before::Unknown(now),
            (_, Some(_)) => Before::Nothing,
            (now, None) => Before::Unknown(now),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn key(uri: &str, token: &str) -> Option<Key> {
        let request = Request::builder().uri(uri).header(AUTHORIZATION, token);
        Key::of(&request.body(Body::empty()).unwrap())
    }

    #[test]
    fn an_answer_belongs_to_a_path_with_its_query_and_to_a_token() {
        let first = key("/v1/users?limit=1", "Bearer a").unwrap();
        let absolute = "https://id.example.com/v1/users?limit=1";
        assert_eq!(key(absolute, "Bearer a").unwrap(), first);
        assert_ne!(key(absolute, "Bearer b").unwrap(), first);
        assert_ne!(key("/v1/users?limit=2", "Bearer a").unwrap(), first);
        assert_eq!(key("/as/jwks", "Bearer a"), None);
        assert!(!format!("{first:?}").contains("Bearer"));
    }
}
