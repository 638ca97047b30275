//! Errors of the OAuth endpoints: [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)
//! and [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3), in PingOne's words: a
//! general sentence, the case, and the correlation id.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use db::StoreError;
use platform::net::RequestId;
use protocol::oauth::{OAuthError, OAuthErrorCode};
use protocol::params::InvalidParams;
use protocol::trail::{self, Reason};
use web::forbid_storing;
use web::form::FormRejection;

use super::service::{ServiceError, from_service};
use crate::keys::KeysError;

/// What PingOne says before the case, when the request is at fault.
const INVALID: &str =
    "The request could not be completed. One or more validation errors were in the request";

/// What PingOne says before the case, when the client is refused.
const DENIED: &str = "Request denied";

/// What PingOne says before the case, when something broke.
const TROUBLE: &str =
    "The request could not be completed. There was an issue processing the request";

/// Seconds after which a client may try again when the service cannot answer.
const TRY_AGAIN_SECONDS: u32 = 2;

/// A refusal of an OAuth endpoint. It becomes an answer where the request's id is known: in
/// [`correlate`](crate::requests::correlate::correlate).
#[derive(Clone, Debug)]
pub(crate) struct OAuthFailure {
    code: OAuthErrorCode,
    status: StatusCode,
    sentence: &'static str,
    detail: String,
    challenge: Option<&'static str>,
    retry_after_seconds: Option<u32>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// For whoever explains a request: what the client is told, without the request's id.
impl fmt::Display for OAuthFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl Reason for OAuthFailure {
    fn is_own_fault(&self) -> bool {
        self.status.is_server_error()
    }
}

impl OAuthFailure {
    fn new(
        code: OAuthErrorCode,
        status: StatusCode,
        sentence: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            code,
            status,
            sentence,
            detail: detail.into(),
            challenge: None,
            retry_after_seconds: None,
            cause: None,
        }
    }

    fn bad_request(code: OAuthErrorCode, detail: impl Into<String>) -> Self {
        Self::new(code, StatusCode::BAD_REQUEST, INVALID, detail)
    }

    /// A parameter is missing, wrong or repeated.
    pub(crate) fn invalid_request(detail: impl Into<String>) -> Self {
        Self::bad_request(OAuthErrorCode::InvalidRequest, detail)
    }

    /// A code or refresh token is wrong, used, expired or somebody else's.
    pub(crate) fn invalid_grant(detail: impl Into<String>) -> Self {
        Self::bad_request(OAuthErrorCode::InvalidGrant, detail)
    }

    /// A scope is unknown or not granted.
    pub(crate) fn invalid_scope(detail: impl Into<String>) -> Self {
        Self::bad_request(OAuthErrorCode::InvalidScope, detail)
    }

    /// The application may not use this grant type.
    pub(crate) fn unauthorized_client(detail: impl Into<String>) -> Self {
        Self::bad_request(OAuthErrorCode::UnauthorizedClient, detail)
    }

    /// There is no such grant type.
    pub(crate) fn unsupported_grant_type(detail: impl Into<String>) -> Self {
        Self::bad_request(OAuthErrorCode::UnsupportedGrantType, detail)
    }

    /// The application is allowed nothing.
    pub(crate) fn access_denied(detail: impl Into<String>) -> Self {
        Self::new(
            OAuthErrorCode::AccessDenied,
            StatusCode::FORBIDDEN,
            DENIED,
            detail,
        )
    }

    /// The client did not prove who it is.
    pub(crate) fn invalid_client(detail: impl Into<String>) -> Self {
        Self::new(
            OAuthErrorCode::InvalidClient,
            StatusCode::UNAUTHORIZED,
            DENIED,
            detail,
        )
    }

    /// The client tried the `Authorization` header, so the answer names its scheme
    /// ([RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)).
    #[must_use]
    pub(crate) fn with_basic_challenge(mut self) -> Self {
        self.challenge = Some(r#"Basic realm="PingOne""#);
        self
    }

    /// Whether the client did not prove who it is.
    pub(crate) fn is_unauthorized(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
    }

    /// No access token was sent.
    pub(crate) fn no_token() -> Self {
        let mut failure = Self::new(
            OAuthErrorCode::InvalidToken,
            StatusCode::UNAUTHORIZED,
            DENIED,
            "an access token is required",
        );
        failure.challenge = Some("Bearer");
        failure
    }

    /// The access token is wrong, expired or revoked.
    pub(crate) fn invalid_token(detail: impl Into<String>) -> Self {
        let mut failure = Self::new(
            OAuthErrorCode::InvalidToken,
            StatusCode::UNAUTHORIZED,
            DENIED,
            detail,
        );
        failure.challenge = Some(r#"Bearer error="invalid_token""#);
        failure
    }

    /// The access token lacks the scope `openid`.
    pub(crate) fn insufficient_scope() -> Self {
        let mut failure = Self::new(
            OAuthErrorCode::InsufficientScope,
            StatusCode::FORBIDDEN,
            DENIED,
            "the access token lacks the scope openid",
        );
        failure.challenge = Some(r#"Bearer error="insufficient_scope", scope="openid""#);
        failure
    }

    /// The body is too large.
    pub(crate) fn too_large() -> Self {
        let mut failure = Self::invalid_request("the body is larger than 64 KiB");
        failure.status = StatusCode::PAYLOAD_TOO_LARGE;
        failure
    }

    /// The body has another type than `application/x-www-form-urlencoded`.
    pub(crate) fn unsupported_media_type() -> Self {
        let mut failure =
            Self::invalid_request("the body must be of the type application/x-www-form-urlencoded");
        failure.status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        failure
    }

    /// The service could not do it.
    pub(crate) fn service(error: ServiceError) -> Self {
        match error {
            ServiceError::Busy(cause) => Self {
                retry_after_seconds: Some(TRY_AGAIN_SECONDS),
                cause: Some(Arc::from(cause)),
                ..Self::new(
                    OAuthErrorCode::TemporarilyUnavailable,
                    StatusCode::SERVICE_UNAVAILABLE,
                    TROUBLE,
                    "the service cannot answer right now; try again",
                )
            },
            ServiceError::Broken(cause) => Self::internal(cause),
        }
    }

    /// Something broke; the cause goes to the log only.
    pub(crate) fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let mut failure = Self::new(
            OAuthErrorCode::ServerError,
            StatusCode::INTERNAL_SERVER_ERROR,
            TROUBLE,
            "something went wrong at the service",
        );
        failure.cause = Some(Arc::from(cause.into()));
        failure
    }

    /// The answer, with the id of the request in it.
    pub(crate) fn render(&self, request: RequestId) -> Response {
        if let Some(cause) = &self.cause {
            let causes = ui::chain_of_causes(cause.as_ref());
            tracing::error!(%request, ?causes, "an OAuth endpoint could not answer");
        }
        let description = format!(
            "{}: {} (Correlation ID: {request})",
            self.sentence, self.detail
        );
        trail::said(self);
        let body = OAuthError::new(self.code.clone(), in_allowed_characters(&description));
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        forbid_storing(headers);
        if let Some(challenge) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// RFC 6749 allows neither quotes nor backslashes nor anything outside ASCII in a description.
pub(crate) fn in_allowed_characters(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' => '\'',
            '\x20'..='\x7e' if c != '\\' => c,
            _ => '?',
        })
        .collect()
}

impl IntoResponse for OAuthFailure {
    /// Hands the failure to the layer that knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<InvalidParams> for OAuthFailure {
    fn from(invalid: InvalidParams) -> Self {
        Self::invalid_request(invalid.to_string())
    }
}

impl From<FormRejection> for OAuthFailure {
    fn from(rejection: FormRejection) -> Self {
        match rejection {
            FormRejection::NotAForm => Self::unsupported_media_type(),
            FormRejection::TooLarge => Self::too_large(),
            FormRejection::BrokenOff => Self::invalid_request(rejection.to_string()),
            FormRejection::Invalid(invalid) => invalid.into(),
        }
    }
}

from_service!(OAuthFailure: StoreError, KeysError);

#[cfg(test)]
mod tests {
    use super::in_allowed_characters;

    #[test]
    fn a_description_holds_only_what_the_rfc_allows() {
        assert_eq!(in_allowed_characters("a \"b\" \\ ä\n"), "a 'b' ? ??");
    }
}
