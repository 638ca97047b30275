//! Refusals of the management API in PingOne's shape (PingOne, "Error codes").
//!
//! The texts are PingOne's own: clients look for some of them.

use std::sync::Arc;

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use db::StoreError;
use platform::net::RequestId;
use protocol::pingone::{ApiError, ApiErrorCode, ErrorDetail};
use web::{Limited, forbid_storing};

use super::service::{ServiceError, from_service};
use crate::hasher::HashError;
use crate::keys::KeysError;

/// The header that carries a request's id; on failure the body's `id` is the same.
pub(crate) const CORRELATION_ID: HeaderName = HeaderName::from_static("correlation-id");

const VALIDATION: &str =
    "The request could not be completed. One or more validation errors were in the request.";
const MALFORMED: &str = "The request could not be completed. The request was malformed or invalid.";
const NO_ACCESS: &str =
    "The request could not be completed. You do not have access to this resource.";
const NOT_FOUND: &str = "The request could not be completed. The requested resource was not found.";
const PROCESSING: &str =
    "The request could not be completed. There was an issue processing the request.";

/// How long a caller is asked to stay away when the service is busy, in seconds.
const BUSY_SECONDS: u64 = 2;

/// How long a caller is asked to stay away when an address has had its share of mails.
const TOO_MANY_MAILS_SECONDS: u64 = 10 * 60;

/// A refusal of the management API.
///
/// It becomes an answer where the request's id is known: in
/// [`correlate`](crate::requests::correlate).
#[derive(Clone, Debug)]
pub(crate) struct ApiFailure {
    status: StatusCode,
    code: ApiErrorCode,
    message: String,
    details: Vec<ErrorDetail>,
    retry_after_seconds: Option<u64>,
    /// For the log only.
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl ApiFailure {
    fn new(status: StatusCode, code: ApiErrorCode, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            details: Vec::new(),
            retry_after_seconds: None,
            cause: None,
        }
    }

    fn detail(mut self, detail: ErrorDetail) -> Self {
        self.details.push(detail);
        self
    }

    fn caused_by(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.cause = Some(Arc::from(cause.into()));
        self
    }

    /// 400: values that break rules, one detail each.
    pub(crate) fn invalid_data(details: Vec<ErrorDetail>) -> Self {
        let failure = Self::new(
            StatusCode::BAD_REQUEST,
            ApiErrorCode::InvalidData,
            VALIDATION,
        );
        Self { details, ..failure }
    }

    /// 400: one value that breaks a rule.
    pub(crate) fn invalid_value(target: &str, message: impl Into<String>) -> Self {
        Self::invalid_data(vec![ErrorDetail::new(
            "INVALID_VALUE",
            Some(target),
            message,
        )])
    }

    /// 400: a value that must be there.
    pub(crate) fn required_value(target: &str) -> Self {
        let detail = ErrorDetail::new("REQUIRED_VALUE", Some(target), "must not be blank");
        Self::invalid_data(vec![detail])
    }

    /// 400: a code that is not among those that are taken.
    pub(crate) fn not_one_of(target: &str, allowed: &[&str]) -> Self {
        let message = format!("must be one of {}", allowed.join(", "));
        Self::invalid_data(vec![
            ErrorDetail::new("INVALID_VALUE", Some(target), message).with("allowedValues", allowed),
        ])
    }

    /// 400: a value that another object has and that must be unique.
    pub(crate) fn not_unique(target: &str) -> Self {
        Self::invalid_data(vec![ErrorDetail::new(
            "UNIQUENESS_VIOLATION",
            Some(target),
            "is unique but a non-unique value is provided",
        )])
    }

    /// In words of its own.
    pub(crate) fn saying(self, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..self
        }
    }

    /// 400: something that depends on it forbids it.
    pub(crate) fn constraint(target: Option<&str>, message: impl Into<String>) -> Self {
        let detail = ErrorDetail::new("CONSTRAINT_VIOLATION", target, message);
        Self::new(
            StatusCode::BAD_REQUEST,
            ApiErrorCode::RequestFailed,
            PROCESSING,
        )
        .detail(detail)
    }

    /// 400: not JSON, or not of the expected shape.
    pub(crate) fn malformed(details: Vec<ErrorDetail>) -> Self {
        let failure = Self::new(
            StatusCode::BAD_REQUEST,
            ApiErrorCode::InvalidRequest,
            MALFORMED,
        );
        Self { details, ..failure }
    }

    /// 400: well-formed, and the present state forbids it.
    pub(crate) fn request_failed(detail: ErrorDetail) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            ApiErrorCode::RequestFailed,
            PROCESSING,
        )
        .detail(detail)
    }

    /// 401: no access token, or none that is good.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            ApiErrorCode::AccessFailed,
            NO_ACCESS,
        )
        .detail(ErrorDetail::new(
            "INVALID_TOKEN",
            Some("Authentication Credentials"),
            "The authorization token is either missing or invalid, or it has expired.",
        ))
    }

    /// 403: a good access token whose holder may not do this.
    pub(crate) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, ApiErrorCode::AccessFailed, NO_ACCESS).detail(
            ErrorDetail::new(
                "INSUFFICIENT_PERMISSIONS",
                None,
                "The actor attempting to perform the request is not authorized.",
            ),
        )
    }

    /// 404.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, ApiErrorCode::NotFound, NOT_FOUND)
    }

    /// 404 in the words that PingOne has for one kind of object.
    pub(crate) fn not_found_saying(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, ApiErrorCode::NotFound, message)
    }

    /// Without the words of one kind of object, where something is not found.
    pub(crate) fn in_general_words(self) -> Self {
        if self.status == StatusCode::NOT_FOUND {
            Self::not_found()
        } else {
            self
        }
    }

    /// 405.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            ApiErrorCode::MethodNotAllowed,
            "The request could not be completed. The method is not offered by this resource.",
        )
    }

    /// 409: somebody else changed it at the same time.
    pub(crate) fn conflict() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            ApiErrorCode::RequestConflict,
            "The request could not be completed. The resource was changed by another request; \
             read it again and repeat.",
        )
    }

    /// 413.
    pub(crate) fn too_large() -> Self {
        let detail = ErrorDetail::new("SIZE_LIMIT_EXCEEDED", None, "The body is too large.");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            ApiErrorCode::InvalidRequest,
            MALFORMED,
        )
        .detail(detail)
    }

    /// 415.
    pub(crate) fn unsupported_media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ApiErrorCode::InvalidRequest,
            "The request could not be completed. The media type is not supported by this resource.",
        )
    }

    /// 429: the address has had its share of mails.
    pub(crate) fn too_many_mails() -> Self {
        let failure = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            ApiErrorCode::RequestLimited,
            "The request could not be completed. Too many mails were sent to this address; try \
             again later.",
        );
        Self {
            retry_after_seconds: Some(TOO_MANY_MAILS_SECONDS),
            ..failure
        }
    }

    /// 429: the address has made too many attempts.
    fn limited(limited: Limited) -> Self {
        let failure = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            ApiErrorCode::RequestLimited,
            "The request could not be completed. There were too many attempts; try again later.",
        );
        Self {
            retry_after_seconds: Some(limited.retry_after_seconds()),
            ..failure
        }
    }

    /// 429: there were too many requests in a second.
    pub(crate) fn too_many_requests(limited: Limited) -> Self {
        let message = "The request could not be completed. Too many requests were made; wait as long \
                       as Retry-After says, and repeat it.";
        let detail = ErrorDetail::new("LIMIT_EXCEEDED", None, "There were too many in a second.");
        Self::limited(limited).saying(message).detail(detail)
    }

    /// 503: come back later.
    pub(crate) fn unavailable() -> Self {
        let failure = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ApiErrorCode::UnexpectedError,
            "The request could not be completed. The service is busy; try again.",
        );
        Self {
            retry_after_seconds: Some(BUSY_SECONDS),
            ..failure
        }
    }

    /// 500.
    pub(crate) fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ApiErrorCode::UnexpectedError,
            "The request could not be completed. An unexpected error occurred.",
        )
        .caused_by(cause)
    }

    /// The service could not do it.
    pub(crate) fn service(error: ServiceError) -> Self {
        match error {
            ServiceError::Busy(cause) => Self::unavailable().caused_by(cause),
            ServiceError::Broken(cause) => Self::internal(cause),
        }
    }

    /// The status.
    #[cfg(test)]
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The member that the first detail names.
    #[cfg(test)]
    pub(crate) fn target(&self) -> Option<&str> {
        self.details.first()?.target.as_deref()
    }

    /// The answer, with the request's id in its body.
    pub(crate) fn render(self, request: RequestId) -> Response {
        if self.status.is_server_error() {
            let cause = self
                .cause
                .as_deref()
                .map(|error| ui::chain_of_causes(error).join(": "));
            let cause = cause.unwrap_or_else(|| self.message.clone());
            tracing::error!(request.id = %request, cause, "the management API failed");
        }
        let mut body = ApiError::new(request.to_string(), self.code, self.message);
        body.details = self.details;
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        forbid_storing(headers);
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer error=\"invalid_token\""),
            );
        }
        response
    }
}

impl IntoResponse for ApiFailure {
    /// Hands the failure to the layer that knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Limited> for ApiFailure {
    fn from(limited: Limited) -> Self {
        Self::limited(limited)
    }
}

impl From<StoreError> for ApiFailure {
    fn from(error: StoreError) -> Self {
        if error.unmet().is_some() {
            Self::conflict()
        } else {
            Self::service(error.into())
        }
    }
}

from_service!(ApiFailure: HashError, KeysError);
