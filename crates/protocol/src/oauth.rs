//! OAuth 2.0 and OpenID Connect: what travels between a client and an authorization server.

mod error;
mod metadata;
mod pkce;
mod response;
mod scope;
mod token;
mod uri;

pub use error::{OAuthError, OAuthErrorCode};
pub use metadata::ProviderMetadata;
pub use pkce::{CodeChallenge, CodeChallengeMethod, CodeVerifier, InvalidPkce};
pub use response::{InvalidResponse, Prompt, ResponseMode, ResponseType};
pub use scope::{InvalidScope, Scopes};
pub use token::{GrantType, TokenEndpointAuthMethod, TokenResponse};
pub use uri::{InvalidUri, Issuer, RedirectUri};
