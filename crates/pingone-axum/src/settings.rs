//! How an application signs its users on.

use jiff::SignedDuration;
use protocol::oauth::{RedirectUri, ResponseMode, ResponseType, Scopes};

/// Where signing on begins.
pub(crate) const LOGIN: &str = "/login";
/// Where signing off is asked about and done.
pub(crate) const LOGOUT: &str = "/logout";

/// How tokens are obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    /// A code, redeemed by the server; with PKCE. The right choice.
    AuthorizationCode,
    /// The application for itself: there is no user.
    ClientCredentials,
    /// Tokens through the browser.
    Implicit,
}

/// Settings of a [`SignOn`](crate::SignOn).
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use pingone::auth::{RedirectUri, Scopes};
/// use pingone_axum::SignOnSettings;
///
/// let redirect_uri = RedirectUri::parse("https://app.example/callback")?;
/// let settings = SignOnSettings::new(redirect_uri)
///     .scopes(Scopes::parse("openid profile email")?)
///     .max_age_seconds(3_600);
/// # drop(settings);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SignOnSettings {
    pub(crate) redirect_uri: RedirectUri,
    pub(crate) post_logout_redirect_uri: Option<RedirectUri>,
    pub(crate) scopes: Scopes,
    pub(crate) grant_type: GrantType,
    pub(crate) response_type: ResponseType,
    pub(crate) response_mode: Option<ResponseMode>,
    pub(crate) prompt: Option<String>,
    pub(crate) max_age_seconds: Option<i64>,
    pub(crate) acr_values: Vec<String>,
    pub(crate) session_lifetime: SignedDuration,
    pub(crate) recent: SignedDuration,
    pub(crate) cookie_prefix: String,
}

impl SignOnSettings {
    /// Settings with the authorization code grant, the scope `openid`, and this registered
    /// redirect URI, whose path becomes the callback's.
    pub fn new(redirect_uri: RedirectUri) -> Self {
        Self {
            redirect_uri,
            post_logout_redirect_uri: None,
            scopes: Scopes::from_iter(["openid"]),
            grant_type: GrantType::AuthorizationCode,
            response_type: ResponseType::TOKEN_ID_TOKEN,
            response_mode: None,
            prompt: None,
            max_age_seconds: None,
            acr_values: Vec::new(),
            session_lifetime: SignedDuration::from_hours(12),
            recent: SignedDuration::from_mins(5),
            cookie_prefix: "__Host-".to_owned(),
        }
    }

    /// Where the provider sends people after signing off; it has to be registered there.
    #[must_use]
    pub fn post_logout_redirect_uri(mut self, uri: RedirectUri) -> Self {
        self.post_logout_redirect_uri = Some(uri);
        self
    }

    /// The scopes to ask for. Without `openid` there is no ID token, and so no user.
    #[must_use]
    pub fn scopes(mut self, scopes: Scopes) -> Self {
        self.scopes = scopes;
        self
    }

    /// How tokens are obtained.
    #[must_use]
    pub fn grant_type(mut self, grant_type: GrantType) -> Self {
        self.grant_type = grant_type;
        self
    }

    /// The response type of the implicit grant.
    #[must_use]
    pub fn response_type(mut self, response_type: ResponseType) -> Self {
        self.response_type = response_type;
        self
    }

    /// How the answer travels; by default in the query for a code, else in the fragment.
    #[must_use]
    pub fn response_mode(mut self, mode: ResponseMode) -> Self {
        self.response_mode = Some(mode);
        self
    }

    /// `prompt`, as OpenID Connect Core §3.1.2.1 names its values.
    #[must_use]
    pub fn prompt(mut self, prompt: impl Into<String>) -> Self {
        self.prompt = Some(prompt.into());
        self
    }

    /// How long ago a user may have shown who they are, at most.
    #[must_use]
    pub fn max_age_seconds(mut self, seconds: i64) -> Self {
        self.max_age_seconds = Some(seconds);
        self
    }

    /// Authentication contexts to ask for, in the order of preference.
    #[must_use]
    pub fn acr_values(mut self, values: Vec<String>) -> Self {
        self.acr_values = values;
        self
    }

    /// How long the tokens of a session are kept: the session's absolute limit.
    #[must_use]
    pub fn session_lifetime(mut self, lifetime: SignedDuration) -> Self {
        self.session_lifetime = lifetime;
        self
    }

    /// What [`RecentlySignedOn`](crate::RecentlySignedOn) takes for recent.
    #[must_use]
    pub fn recent(mut self, recent: SignedDuration) -> Self {
        self.recent = recent;
        self
    }

    /// Begins the name of the cookie that binds a `form_post` answer to its browser. Two
    /// applications on one host need different ones; keep `__Host-` in front.
    #[must_use]
    pub fn cookie_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.cookie_prefix = prefix.into();
        self
    }

    /// The path of the callback.
    pub fn redirect_path(&self) -> &str {
        self.redirect_uri.as_url().path()
    }

    pub(crate) fn requested_response_type(&self) -> ResponseType {
        match self.grant_type {
            GrantType::Implicit => self.response_type,
            GrantType::AuthorizationCode | GrantType::ClientCredentials => ResponseType::CODE,
        }
    }

    pub(crate) fn mode(&self) -> ResponseMode {
        let default = ResponseMode::default_for(self.requested_response_type());
        self.response_mode.unwrap_or(default)
    }
}
