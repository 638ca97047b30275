//! Why a sign-on did not come about, or an access token cannot be had.

use http::StatusCode;
use protocol::oauth::OAuthErrorCode;
use protocol::trail::Reason;

use crate::TokenStoreError;

/// A session could not be read or written: its store does not answer.
#[derive(Debug, thiserror::Error)]
#[error("the store of sessions does not answer")]
pub struct SessionError(#[source] tower_sessions::session::Error);

impl SessionError {
    pub(crate) fn new(source: tower_sessions::session::Error) -> Self {
        Self(source)
    }
}

/// Why a sign-on did not come about; the host application shows it as a page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignOnFailure {
    /// The sign-on was begun too long ago. The callback begins it anew by itself, so an application
    /// meets this only in its own use of the parts.
    #[error("the sign-on was begun too long ago")]
    Expired,
    /// The issuer in the browser's answer is not the one that the browser was sent to: whoever made
    /// this answer, it was not this provider. The person in front of the browser did nothing wrong.
    #[error("the answer of the OpenID provider is not accepted")]
    Forged(#[source] pingone::Error),
    /// The answer lacks a parameter, repeats one, or is no text.
    #[error("the answer of the OpenID provider is malformed: {0}")]
    Malformed(String),
    /// Tokens came, and nothing in them says whose they are.
    #[error("the OpenID provider did not say who signed on; ask for the scope openid")]
    NoIdentity,
    /// The provider could not be asked, or what it says cannot be used: a refused token request, an
    /// ID token that proves nothing, a discovery document of another issuer.
    #[error("the OpenID provider did not complete the sign-on")]
    Provider(#[source] pingone::Error),
    /// The provider or the user said no.
    #[error("the OpenID provider refused: {error}{}", described(.description.as_deref()))]
    Refused {
        /// The provider's code.
        error: OAuthErrorCode,
        /// The provider's explanation, for developers. Text from outside: escape it.
        description: Option<String>,
    },
    /// The session could not be read or written.
    #[error("the session could not be used")]
    Session(#[from] SessionError),
    /// Tokens could not be kept.
    #[error("tokens could not be kept")]
    Store(#[from] TokenStoreError),
    /// The answer belongs to no sign-on of this browser, or to one that was answered before.
    #[error("no sign-on with this state was begun in this browser, or it was answered before")]
    UnknownState,
}

impl Reason for SignOnFailure {
    fn is_own_fault(&self) -> bool {
        matches!(self, Self::Session(_) | Self::Store(_))
    }
}

impl From<pingone::Error> for SignOnFailure {
    fn from(error: pingone::Error) -> Self {
        Self::Provider(error)
    }
}

fn described(description: Option<&str>) -> String {
    description.map_or_else(String::new, |text| format!(": {text}"))
}

impl SignOnFailure {
    /// The status of the page that shows it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Expired => StatusCode::GONE,
            Self::Malformed(_) | Self::UnknownState => StatusCode::BAD_REQUEST,
            Self::Forged(_) | Self::NoIdentity => StatusCode::BAD_GATEWAY,
            Self::Provider(error) => provider_status(error),
            Self::Refused { error, .. } => match error {
                OAuthErrorCode::AccessDenied => StatusCode::FORBIDDEN,
                OAuthErrorCode::ConsentRequired
                | OAuthErrorCode::InteractionRequired
                | OAuthErrorCode::LoginRequired => StatusCode::UNAUTHORIZED,
                OAuthErrorCode::ServerError | OAuthErrorCode::TemporarilyUnavailable => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
                _ => StatusCode::BAD_REQUEST,
            },
            Self::Session(_) | Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Why there is no access token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessTokenError {
    /// The provider no longer renews it, or it was never renewable: the user has to sign on again.
    #[error("the session at the OpenID provider has ended")]
    Ended,
    /// The program is about to end, and begins no refresh any more.
    #[error("the program is about to end")]
    Ending,
    /// Only an ID token was asked for.
    #[error("no access token was asked for; add `token` to the response type")]
    NotGranted,
    /// The provider could not be asked; trying again may help.
    #[error("the access token could not be renewed")]
    Provider(#[source] pingone::Error),
    /// The session could not be used.
    #[error("the session could not be used")]
    Session(#[from] SessionError),
    /// The tokens could not be read or replaced.
    #[error("the tokens could not be read")]
    Store(#[from] TokenStoreError),
}

impl AccessTokenError {
    /// The status of a page that shows it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Ended => StatusCode::UNAUTHORIZED,
            Self::NotGranted => StatusCode::FORBIDDEN,
            Self::Provider(error) => provider_status(error),
            Self::Ending | Self::Session(_) | Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// 503 for a provider that is down, slow or busy; 502 for one that answers nonsense or refuses.
fn provider_status(error: &pingone::Error) -> StatusCode {
    if error.is_unavailable() || error.is_rate_limited() {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::BAD_GATEWAY
    }
}
