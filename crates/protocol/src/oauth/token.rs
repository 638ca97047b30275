//! The token endpoint: [RFC 6749 §3.2](https://www.rfc-editor.org/rfc/rfc6749#section-3.2), §5.1.

use serde::{Deserialize, Serialize};

use crate::secret::{AccessToken, IdToken, RefreshToken};

/// A grant type of the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// A code for tokens.
    AuthorizationCode,
    /// The client for itself.
    ClientCredentials,
    /// A refresh token for new tokens.
    RefreshToken,
}

impl GrantType {
    /// All that there are.
    pub const ALL: [Self; 3] = [
        Self::AuthorizationCode,
        Self::ClientCredentials,
        Self::RefreshToken,
    ];

    /// Reads a grant type; `None` when it is not known here.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|grant_type| grant_type.as_str() == text)
    }

    /// The grant type as it travels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
        }
    }
}

/// How a client proves who it is at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TokenEndpointAuthMethod {
    /// Not at all: a public client.
    None,
    /// In the `Authorization` header.
    ClientSecretBasic,
    /// In the form.
    ClientSecretPost,
    /// By an assertion that the secret signs ([RFC 7523](https://www.rfc-editor.org/rfc/rfc7523)).
    ClientSecretJwt,
    /// By an assertion that a key of its own signs.
    PrivateKeyJwt,
}

impl TokenEndpointAuthMethod {
    /// Those that need no assertion: what these crates speak.
    pub const WITHOUT_ASSERTION: [Self; 3] =
        [Self::ClientSecretBasic, Self::ClientSecretPost, Self::None];

    /// Reads the OAuth spelling of a method without assertion, such as `client_secret_basic`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut methods = Self::WITHOUT_ASSERTION.into_iter();
        methods.find(|method| method.as_str() == text)
    }

    /// Whether the client has a secret that it shares with the server.
    pub fn has_secret(self) -> bool {
        !matches!(self, Self::None | Self::PrivateKeyJwt)
    }

    /// Whether a client proves by it who it is.
    pub fn is_proof(self) -> bool {
        self != Self::None
    }

    /// The OAuth spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }
}

/// What the token endpoint answers (§5.1). The client reads this; the server writes its own form,
/// so that secrets are never serialized by accident.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct TokenResponse {
    /// The access token.
    pub access_token: AccessToken,
    /// `Bearer`, in any case.
    pub token_type: String,
    /// Seconds until the access token expires.
    #[serde(default)]
    pub expires_in: Option<i64>,
    /// The refresh token, when one was issued.
    #[serde(default)]
    pub refresh_token: Option<RefreshToken>,
    /// The granted scopes; absent means those that were asked for.
    #[serde(default)]
    pub scope: Option<String>,
    /// The ID token, when `openid` was granted to a user.
    #[serde(default)]
    pub id_token: Option<IdToken>,
}
