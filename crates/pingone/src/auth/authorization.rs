//! The way out: what the browser asks the provider for
//! ([OpenID Connect Core §3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest)).

use std::fmt;

use jiff::SignedDuration;
use protocol::oauth::{CodeVerifier, Prompt, RedirectUri, ResponseMode, ResponseType, Scopes};
use serde::{Deserialize, Serialize};
use url::Url;

use super::Client;
use crate::Error;

/// What to ask the provider for.
///
/// `state`, `nonce` and the code challenge (PKCE, S256) are added by [`Client::authorize`], new
/// each time.
///
/// ```no_run
/// # use pingone::{Error, auth};
/// # async fn example(client: auth::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use pingone::auth::{AuthorizationRequest, Prompt, RedirectUri, Scopes};
///
/// let request = AuthorizationRequest::new(RedirectUri::parse("https://app.example/callback")?)
///     .scopes(Scopes::parse("openid profile email")?)
///     .prompts([Prompt::Login])
///     .login_hint("ada");
/// let authorization = client.authorize(&request).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct AuthorizationRequest {
    redirect_uri: RedirectUri,
    response_type: ResponseType,
    response_mode: Option<ResponseMode>,
    scopes: Scopes,
    prompts: Vec<Prompt>,
    max_age: Option<SignedDuration>,
    acr_values: Option<String>,
    login_hint: Option<String>,
    additional: Vec<(String, String)>,
}

/// Where to send the browser, and what to keep until it comes back.
#[derive(Debug)]
#[non_exhaustive]
pub struct Authorization {
    /// Where to send the browser.
    pub url: Url,
    /// What to keep.
    pub pending: PendingAuthorization,
}

/// What has to be known when the browser comes back.
///
/// It holds secrets: keep it on the server, or sealed, bound to the browser that began, and give
/// it away when the browser comes back, whatever comes of it. It is used once: [`Client::receive`]
/// takes it.
#[derive(Deserialize, Serialize)]
#[non_exhaustive]
pub struct PendingAuthorization {
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) code_verifier: Option<String>,
    pub(super) redirect_uri: RedirectUri,
    pub(super) response_type: ResponseType,
    pub(super) scopes: Scopes,
    pub(super) max_age_seconds: Option<i64>,
    pub(super) is_issuer_announced: bool,
}

impl AuthorizationRequest {
    /// A request for a code, with the scope `openid`.
    pub fn new(redirect_uri: RedirectUri) -> Self {
        Self {
            redirect_uri,
            response_type: ResponseType::CODE,
            response_mode: None,
            scopes: Scopes::from_iter(["openid"]),
            prompts: Vec::new(),
            max_age: None,
            acr_values: None,
            login_hint: None,
            additional: Vec::new(),
        }
    }

    /// The scopes to ask for. Without `openid` no ID token comes, and nobody is signed on.
    pub fn scopes(mut self, scopes: Scopes) -> Self {
        self.scopes = scopes;
        self
    }

    /// What to answer with: a code, or tokens straight from the authorization endpoint.
    pub fn response_type(mut self, response_type: ResponseType) -> Self {
        self.response_type = response_type;
        self
    }

    /// How the answer travels, when it is not the response type's usual way.
    pub fn response_mode(mut self, response_mode: ResponseMode) -> Self {
        self.response_mode = Some(response_mode);
        self
    }

    /// What the user must or must not be asked.
    pub fn prompts(mut self, prompts: impl Into<Vec<Prompt>>) -> Self {
        self.prompts = prompts.into();
        self
    }

    /// How long ago the user may have signed on, to the second. The ID token is held to it.
    pub fn max_age(mut self, max_age: SignedDuration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Which sign-on policies to apply, in order of preference, separated by spaces.
    pub fn acr_values(mut self, acr_values: impl Into<String>) -> Self {
        self.acr_values = Some(acr_values.into());
        self
    }

    /// The username to begin with.
    pub fn login_hint(mut self, login_hint: impl Into<String>) -> Self {
        self.login_hint = Some(login_hint.into());
        self
    }

    /// A further parameter. One that this request sets by itself cannot be replaced.
    pub fn additional(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.additional.push((name.into(), value.into()));
        self
    }
}

impl PendingAuthorization {
    /// The `state`, by which the callback tells which request it answers.
    pub fn state(&self) -> &str {
        &self.state
    }
}

impl Client {
    /// Begins a sign-on: makes the address for the browser.
    ///
    /// # Errors
    ///
    /// An [`Error`] of the kind [`SetUp`](crate::ErrorKind::SetUp) when the request contradicts
    /// itself; [`Error::is_unavailable`] and [`Error::is_untrusted`] for the discovery document.
    ///
    /// ```no_run
    /// # use pingone::{Error, auth};
    /// # async fn example(client: auth::Client, request: auth::AuthorizationRequest) -> Result<(), Error> {
    /// let authorization = client.authorize(&request).await?;
    /// println!("send the browser to {}", authorization.url);
    /// println!("and keep what belongs to {}", authorization.pending.state());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn authorize(&self, request: &AuthorizationRequest) -> Result<Authorization, Error> {
        check(request)?;
        let metadata = self.metadata().await?;
        let random = self.inner.provider.transport().random();
        let (state, nonce) = (random.token(), random.token());
        let verifier = request
            .response_type
            .code
            .then(|| CodeVerifier::random(random));

        let prompts: Vec<_> = request.prompts.iter().copied().map(prompt_name).collect();
        let max_age_seconds = request.max_age.map(|age| age.as_secs());
        let challenge = verifier.as_ref().map(CodeVerifier::challenge);
        let own = [
            ("response_type", Some(request.response_type.to_string())),
            ("client_id", Some(self.client_id().to_owned())),
            (
                "redirect_uri",
                Some(request.redirect_uri.as_str().to_owned()),
            ),
            (
                "scope",
                Some(request.scopes.to_string()).filter(|text| !text.is_empty()),
            ),
            ("state", Some(state.clone())),
            ("nonce", is_openid(request).then(|| nonce.clone())),
            (
                "code_challenge",
                challenge.as_ref().map(|c| c.as_str().to_owned()),
            ),
            (
                "code_challenge_method",
                challenge.as_ref().map(|c| c.method().as_str().to_owned()),
            ),
            (
                "response_mode",
                request.response_mode.map(|mode| mode.as_str().to_owned()),
            ),
            (
                "prompt",
                Some(prompts.join(" ")).filter(|text| !text.is_empty()),
            ),
            (
                "max_age",
                max_age_seconds.map(|seconds| seconds.to_string()),
            ),
            ("acr_values", request.acr_values.clone()),
            ("login_hint", request.login_hint.clone()),
        ];
        if let Some((name, _)) = request
            .additional
            .iter()
            .find(|(name, _)| own.iter().any(|(known, _)| known == name))
        {
            return Err(Error::set_up(format!(
                "the authorization parameter `{name}` has a method of its own; use that"
            )));
        }

        let mut url = metadata.authorization_endpoint.clone();
        {
            let mut query = url.query_pairs_mut();
            for (name, value) in &own {
                if let Some(value) = value {
                    query.append_pair(name, value);
                }
            }
            query.extend_pairs(&request.additional);
        }
        let pending = PendingAuthorization {
            issuer: self.issuer().as_str().to_owned(),
            client_id: self.client_id().to_owned(),
            state,
            nonce,
            code_verifier: verifier.map(|verifier| verifier.expose().to_owned()),
            redirect_uri: request.redirect_uri.clone(),
            response_type: request.response_type,
            scopes: request.scopes.clone(),
            max_age_seconds,
            is_issuer_announced: metadata.authorization_response_iss_parameter_supported,
        };
        Ok(Authorization { url, pending })
    }
}

fn is_openid(request: &AuthorizationRequest) -> bool {
    request.scopes.contains("openid")
}

fn check(request: &AuthorizationRequest) -> Result<(), Error> {
    let refuse = |text: &str| Err(Error::set_up(text.to_owned()));
    if request.response_type.id_token && !is_openid(request) {
        return refuse("an ID token needs the scope openid; add it, or ask for no id_token");
    }
    if request.response_type.has_tokens() && request.response_mode == Some(ResponseMode::Query) {
        return refuse(
            "tokens in a query end up in logs; use the response mode fragment or form_post",
        );
    }
    if request.prompts.len() > 1 && request.prompts.contains(&Prompt::None) {
        return refuse("prompt=none allows no other prompt beside it");
    }
    if request.max_age.is_some_and(|age| age.is_negative()) {
        return refuse("max_age is negative");
    }
    Ok(())
}

fn prompt_name(prompt: Prompt) -> &'static str {
    match prompt {
        Prompt::Consent => "consent",
        Prompt::Login => "login",
        Prompt::None => "none",
        Prompt::SelectAccount => "select_account",
    }
}

impl fmt::Debug for PendingAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingAuthorization")
            .field("issuer", &self.issuer)
            .field("response_type", &self.response_type)
            .finish_non_exhaustive()
    }
}
