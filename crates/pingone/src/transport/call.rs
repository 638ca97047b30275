//! A request on its way out, and the answer that came back.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use crate::Error;
use crate::error::Problem;
use crate::retry::Idempotency;

/// A request, ready to be sent any number of times.
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The public address: where it connects to is the business of a `Reroute`.
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) idempotency: Idempotency,
    text: String,
}

/// What a call was answered with when it succeeded: status, headers and body.
///
/// [`Request::answer`](crate::management::Request::answer) gives it; its `Debug` shows no body,
/// which may hold secrets.
pub struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(super) call: String,
}

impl Call {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        let text = format!("{method} {}", template(url.path()));
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            idempotency: Idempotency::ByMethod,
            text,
        }
    }

    /// Method and path, ids replaced by dots.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl Answer {
    /// The status, one of 2xx.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The first header of this name, such as `location`, if it is a text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as it came.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    ///
    /// [`Error`] of the kind [`UnexpectedAnswer`](crate::ErrorKind::UnexpectedAnswer) when the body
    /// is no `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // The error's own text may quote the body, secrets included.
            let text = format!(
                "it is not the expected JSON ({:?} error at line {}, column {})",
                error.classify(),
                error.line(),
                error.column()
            );
            Error::new(&self.call, Problem::Unexpected(text))
        })
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("call", &self.call)
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A path with everything that may be an id or worse replaced by dots: what logs and errors show.
pub(super) fn template(path: &str) -> String {
    let segments = path.trim_start_matches('/').split('/').map(|segment| {
        let is_word = segment.len() <= 40
            && segment
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            && segment.chars().filter(char::is_ascii_digit).count() <= 2;
        if is_word { segment } else { "…" }
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_without_ids() {
        for (path, shown) in [
            (
                "/v1/environments/7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1/users",
                "v1/environments/…/users",
            ),
            ("/v1/roles", "v1/roles"),
            ("/oauth2/v4/token", "oauth2/v4/token"),
            ("/u/ada%40example.com", "u/…"),
            (
                "/.well-known/openid-configuration",
                ".well-known/openid-configuration",
            ),
        ] {
            assert_eq!(template(path), shown);
        }
    }
}
