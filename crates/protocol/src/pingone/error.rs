//! Errors of the management API and of flows (PingOne, "Error codes").

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::codes::open_codes;

open_codes! {
    /// The code of an error as a whole.
    ApiErrorCode {
        /// The token is missing or wrong (401), or does not allow this (403).
        AccessFailed = "ACCESS_FAILED";
        /// A value breaks a rule (400).
        InvalidData = "INVALID_DATA";
        /// The request is malformed (400, 415).
        InvalidRequest = "INVALID_REQUEST";
        /// The path has no such method (405).
        MethodNotAllowed = "METHOD_NOT_ALLOWED";
        /// There is no such thing (404).
        NotFound = "NOT_FOUND";
        /// It contradicts the present state (409).
        RequestConflict = "REQUEST_CONFLICT";
        /// It is well-formed, and the present state forbids it (400).
        RequestFailed = "REQUEST_FAILED";
        /// Too many requests (429).
        RequestLimited = "REQUEST_LIMITED";
        /// Something broke at the service (500, 503).
        UnexpectedError = "UNEXPECTED_ERROR";
    }
}

/// An error as it travels.
///
/// ```
/// use pingone_protocol::pingone::{ApiError, ApiErrorCode};
///
/// let text = r#"{"id": "8ab2", "code": "NOT_FOUND", "message": "There is no such user."}"#;
/// let error: ApiError = serde_json::from_str(text)?;
/// assert_eq!(error.code, ApiErrorCode::NotFound);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ApiError {
    /// Equals the answer's `Correlation-Id`; to be quoted to PingOne's support.
    #[serde(default)]
    pub id: String,
    /// The code of the whole.
    pub code: ApiErrorCode,
    /// English, for developers.
    #[serde(default)]
    pub message: String,
    /// One entry per problem.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ErrorDetail>,
}

impl ApiError {
    /// An error without details.
    pub fn new(id: impl Into<String>, code: ApiErrorCode, message: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            code,
            message: message.into(),
            details: Vec::new(),
        }
    }
}

/// One problem of an [`ApiError`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ErrorDetail {
    /// Such as `UNIQUENESS_VIOLATION`, `INVALID_VALUE`, `REQUIRED_VALUE`.
    #[serde(default)]
    pub code: String,
    /// The member that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// English, for developers.
    #[serde(default)]
    pub message: String,
    /// Further facts, such as `unsatisfiedRequirements` or `secondsUntilUnlock`.
    #[serde(default, rename = "innerError", skip_serializing_if = "Map::is_empty")]
    pub inner_error: Map<String, Value>,
}

impl ErrorDetail {
    /// A problem of one member.
    pub fn new(code: &str, target: Option<&str>, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            target: target.map(str::to_owned),
            message: message.into(),
            inner_error: Map::new(),
        }
    }

    /// Adds a fact to `innerError`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.inner_error.insert(name.to_owned(), value.into());
        self
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        for detail in &self.details {
            write!(f, "; ")?;
            if let Some(target) = &detail.target {
                write!(f, "{target}: ")?;
            }
            write!(f, "{}", detail.message)?;
        }
        write!(f, " [PingOne error id {}]", self.id)
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_field_reason_and_id() {
        let error: ApiError = serde_json::from_str(
            r#"{"id":"8ab2","code":"INVALID_DATA","message":"The request could not be completed.",
            "details":[{"code":"UNIQUENESS_VIOLATION","target":"username",
            "message":"is unique but a non-unique value is provided"}]}"#,
        )
        .unwrap();
        assert_eq!(
            error.to_string(),
            "INVALID_DATA: The request could not be completed.; username: is unique but a \
             non-unique value is provided [PingOne error id 8ab2]"
        );
    }
}
