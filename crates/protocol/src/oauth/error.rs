//! Errors on the wire: [RFC 6749 §4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1)
//! and [§5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2), OpenID Connect Core §3.1.2.6.

use serde::{Deserialize, Serialize};

use crate::codes::open_codes;

open_codes! {
    /// An error code of OAuth 2.0 and its neighbours.
    OAuthErrorCode {
        /// The user or the policy said no.
        AccessDenied = "access_denied";
        /// A page would have to ask for consent, and `prompt=none` forbids it.
        ConsentRequired = "consent_required";
        /// The user must do something, and `prompt=none` forbids it.
        InteractionRequired = "interaction_required";
        /// The client did not prove who it is.
        InvalidClient = "invalid_client";
        /// A code or token is wrong, used, expired, or somebody else's.
        InvalidGrant = "invalid_grant";
        /// A parameter is missing, wrong or repeated.
        InvalidRequest = "invalid_request";
        /// A request object is wrong.
        InvalidRequestObject = "invalid_request_object";
        /// A scope is unknown or not granted to the client.
        InvalidScope = "invalid_scope";
        /// An access token is wrong, expired or revoked (RFC 6750 §3.1).
        InvalidToken = "invalid_token";
        /// The access token lacks a scope (RFC 6750 §3.1).
        InsufficientScope = "insufficient_scope";
        /// Nobody is signed on, and `prompt=none` forbids asking.
        LoginRequired = "login_required";
        /// The server does not take request objects.
        RequestNotSupported = "request_not_supported";
        /// The server does not take requests by reference.
        RequestUriNotSupported = "request_uri_not_supported";
        /// Something broke at the server.
        ServerError = "server_error";
        /// The server cannot answer now.
        TemporarilyUnavailable = "temporarily_unavailable";
        /// The client may not use this grant or response type.
        UnauthorizedClient = "unauthorized_client";
        /// The grant type is unknown.
        UnsupportedGrantType = "unsupported_grant_type";
        /// The response type is unknown.
        UnsupportedResponseType = "unsupported_response_type";
        /// The server does not revoke this kind of token (RFC 7009 §2.2.1).
        UnsupportedTokenType = "unsupported_token_type";
    }
}

/// An OAuth error as it travels: a code for programs, a description for developers.
///
/// ```
/// use pingone_protocol::oauth::{OAuthError, OAuthErrorCode};
///
/// let error: OAuthError = serde_json::from_str(r#"{"error":"invalid_grant"}"#)?;
/// assert_eq!(error.error, OAuthErrorCode::InvalidGrant);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
#[error("{error}: {}", error_description.as_deref().unwrap_or("no description was given"))]
pub struct OAuthError {
    /// The code.
    pub error: OAuthErrorCode,
    /// What was wrong and what to do, for the client's developer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
}

impl OAuthError {
    /// An error with a description.
    pub fn new(error: OAuthErrorCode, description: impl Into<String>) -> Self {
        Self {
            error,
            error_description: Some(description.into()),
        }
    }
}

impl From<OAuthErrorCode> for OAuthError {
    /// An error without a description.
    fn from(error: OAuthErrorCode) -> Self {
        Self {
            error,
            error_description: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_code_survives_the_way_through() {
        let text = r#"{"error":"slow_down","error_description":"wait"}"#;
        let error: OAuthError = serde_json::from_str(text).unwrap();
        assert_eq!(error.error, OAuthErrorCode::Other("slow_down".to_owned()));
        assert_eq!(serde_json::to_string(&error).unwrap(), text);
        assert_eq!(error.to_string(), "slow_down: wait");
    }
}
