//! Why the control API did not do something.

use axum::Json;
use axum::response::{IntoResponse, Response};
use db::StoreError;
use http::StatusCode;
use idp::ControlError;
use schemars::JsonSchema;
use serde::Serialize;

/// A refusal, as it travels.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(super) struct Failure {
    #[serde(skip)]
    status: StatusCode,
    /// A word for programs.
    code: &'static str,
    /// What was wrong and what to do, for people.
    message: String,
}

impl Failure {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// Something of the request is not taken.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
    }

    /// There is no such thing.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    /// The state of things forbids it.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "CONFLICT", message)
    }

    /// It broke.
    pub(super) fn broken(error: &(dyn std::error::Error + 'static)) -> Self {
        let message = ui::chain_of_causes(error).join(": ");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "FAILED", message)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::broken(&error)
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        match &error {
            ControlError::NoEnvironment(_) => Self::not_found(error.to_string()),
            ControlError::SameInstant(_) => Self::conflict(error.to_string()),
            _ => Self::broken(&error),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}
