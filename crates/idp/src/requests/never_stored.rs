//! Answers with tokens or personal data, which no cache may keep.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use web::forbid_storing;

use super::failures::oauth::OAuthFailure;

/// What holds tokens or personal data. It is no `Serialize`, so the one way to send it is
/// [`NoStore`].
pub(crate) trait Confidential {
    /// The JSON that is sent.
    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error>;
}

/// An answer that no cache may keep
/// ([RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1)).
#[derive(Debug)]
pub(crate) struct NoStore<T>(pub(crate) T);

impl<T: Confidential> IntoResponse for NoStore<T> {
    fn into_response(self) -> Response {
        match self.0.to_json() {
            Ok(body) => {
                let mut response = body.into_response();
                let headers = response.headers_mut();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                forbid_storing(headers);
                response
            }
            Err(error) => OAuthFailure::internal(error).into_response(),
        }
    }
}
