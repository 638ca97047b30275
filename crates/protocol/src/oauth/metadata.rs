//! The discovery document: OpenID Connect Discovery 1.0 §3, RFC 8414 §2.

use serde::{Deserialize, Serialize};
use url::Url;

use super::Issuer;

/// What an OpenID provider says about itself: the client reads it, and the server writes it. What a
/// provider supports is kept as it travels, because a list may hold what this crate has no name for.
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
#[expect(
    clippy::struct_excessive_bools,
    reason = "the specifications have one member for each"
)]
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
    /// Where an application ends a session by its ID token alone (PingOne, "ID token sign-off").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ping_end_idp_session_endpoint: Option<Url>,
    /// Where tokens are revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<Url>,
    /// Where tokens are looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<Url>,
    /// Whether authorization responses carry `iss` (RFC 9207 §3).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
    /// Whether the parameter `claims` is obeyed.
    #[serde(default)]
    pub claims_parameter_supported: bool,
    /// Whether the parameter `request` is obeyed.
    #[serde(default)]
    pub request_parameter_supported: bool,
    /// Whether the parameter `request_uri` is obeyed; a provider that does not say so obeys it.
    #[serde(default = "yes")]
    pub request_uri_parameter_supported: bool,
    /// Whether requests must be pushed (RFC 9126 §5).
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    /// Scopes that can be asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// What the authorization endpoint answers with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_types_supported: Vec<String>,
    /// How its answers travel; empty means `query` and `fragment`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_modes_supported: Vec<String>,
    /// The grant types; empty means `authorization_code` and `implicit`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grant_types_supported: Vec<String>,
    /// The values of `prompt` (Initiating User Registration 1.0 §4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompt_values_supported: Vec<String>,
    /// The sign-on policies that can be asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acr_values_supported: Vec<String>,
    /// Whether `sub` is the same for all clients: `public`, `pairwise`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subject_types_supported: Vec<String>,
    /// The algorithms that ID tokens are signed with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_token_signing_alg_values_supported: Vec<String>,
    /// The algorithms that user information is signed with; `none` is plain JSON.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userinfo_signing_alg_values_supported: Vec<String>,
    /// How clients authenticate at the token endpoint; empty means `client_secret_basic`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// How they do so where tokens are looked up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_methods_supported: Vec<String>,
    /// How they do so where tokens are revoked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_methods_supported: Vec<String>,
    /// The kinds of claims; empty means `normal`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claim_types_supported: Vec<String>,
    /// The claims about users that there may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims_supported: Vec<String>,
    /// The methods of PKCE (RFC 7636 §4.2); empty means that there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code_challenge_methods_supported: Vec<String>,
}

impl ProviderMetadata {
    /// A provider with what each must have, that promises nothing else.
    pub fn new(
        issuer: Issuer,
        authorization_endpoint: Url,
        token_endpoint: Url,
        jwks_uri: Url,
    ) -> Self {
        Self {
            issuer,
            authorization_endpoint,
            token_endpoint,
            userinfo_endpoint: None,
            jwks_uri,
            end_session_endpoint: None,
            ping_end_idp_session_endpoint: None,
            revocation_endpoint: None,
            introspection_endpoint: None,
            authorization_response_iss_parameter_supported: false,
            claims_parameter_supported: false,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
            require_pushed_authorization_requests: false,
            scopes_supported: Vec::new(),
            response_types_supported: Vec::new(),
            response_modes_supported: Vec::new(),
            grant_types_supported: Vec::new(),
            prompt_values_supported: Vec::new(),
            acr_values_supported: Vec::new(),
            subject_types_supported: Vec::new(),
            id_token_signing_alg_values_supported: Vec::new(),
            userinfo_signing_alg_values_supported: Vec::new(),
            token_endpoint_auth_methods_supported: Vec::new(),
            introspection_endpoint_auth_methods_supported: Vec::new(),
            revocation_endpoint_auth_methods_supported: Vec::new(),
            claim_types_supported: Vec::new(),
            claims_supported: Vec::new(),
            code_challenge_methods_supported: Vec::new(),
        }
    }
}

/// What an absent `request_uri_parameter_supported` means (Discovery §3).
fn yes() -> bool {
    true
}
