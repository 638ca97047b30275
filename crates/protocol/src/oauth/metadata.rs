//! The discovery document: OpenID Connect Discovery 1.0 §3, RFC 8414 §2.

use serde::{Deserialize, Serialize};
use url::Url;

use super::Issuer;

/// What an OpenID provider says about itself. Members that a client of ours does not read are
/// left out when reading and written by the server only.
///
/// ```
/// use pingone_protocol::oauth::ProviderMetadata;
///
/// let document = r#"{
///     "issuer": "https://id.example", "jwks_uri": "https://id.example/jwks",
///     "authorization_endpoint": "https://id.example/authorize",
///     "token_endpoint": "https://id.example/token", "request_uri_parameter_supported": true
/// }"#;
/// let metadata: ProviderMetadata = serde_json::from_str(document)?;
/// assert_eq!(metadata.issuer.as_str(), "https://id.example");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProviderMetadata {
    /// The issuer, to be compared character by character with the configured one.
    pub issuer: Issuer,
    /// Where the browser is sent to sign on.
    pub authorization_endpoint: Url,
    /// Where codes and credentials become tokens.
    pub token_endpoint: Url,
    /// Where an access token becomes claims about the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_endpoint: Option<Url>,
    /// The provider's keys.
    pub jwks_uri: Url,
    /// Where the browser is sent to sign off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_session_endpoint: Option<Url>,
    /// Where tokens are revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<Url>,
    /// Where tokens are looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<Url>,
    /// Whether authorization responses carry `iss` (RFC 9207 §3).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}
