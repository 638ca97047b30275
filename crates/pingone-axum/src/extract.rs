//! Who is asking, as extractors.

use std::fmt;

use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{Method, StatusCode, Uri, header};
use jiff::{SignedDuration, Timestamp};
use pingone::auth::UserInfo;
use protocol::secret::AccessToken;
use serde_json::{Map, Value};
use tower_sessions::Session;
use url::form_urlencoded;

use crate::session::Record;
use crate::settings::LOGIN;
use crate::{AccessTokenError, GrantType, ReturnTo, SessionError, SignOn};

/// The user who is signed on. As an extractor it sends everybody else to sign on and back.
///
/// ```
/// use pingone_axum::{AccessTokenError, SignedOn};
///
/// async fn hello(user: Option<SignedOn>) -> String {
///     user.map_or("Who are you?".to_owned(), |user| format!("Hello {}", user.display_name()))
/// }
///
/// async fn address(user: SignedOn) -> String {
///     format!("{:?}", user.claim("email"))
/// }
///
/// async fn call_an_api(user: SignedOn) -> Result<(), AccessTokenError> {
///     let token = user.access_token().await?;
///     // … send it to an API as `Authorization: Bearer`
///     drop(token);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct SignedOn {
    sign_on: SignOn,
    session: Session,
    record: Record,
}

impl fmt::Debug for SignedOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedOn")
            .field("subject", &self.record.subject)
            .finish_non_exhaustive()
    }
}

impl SignedOn {
    pub(crate) fn new(sign_on: SignOn, session: Session, record: Record) -> Self {
        Self {
            sign_on,
            session,
            record,
        }
    }

    /// The user, as the issuer names them (`sub`).
    pub fn subject(&self) -> &str {
        &self.record.subject
    }

    /// What the ID token said.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.record.claims
    }

    /// A claim that is a text.
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.record
            .claims
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    }

    /// A name to greet the user with: the best that the ID token has.
    pub fn display_name(&self) -> &str {
        ["name", "given_name", "preferred_username", "email"]
            .into_iter()
            .find_map(|name| self.claim(name))
            .unwrap_or(&self.record.subject)
    }

    /// When the user signed on here.
    pub fn signed_on_at(&self) -> Timestamp {
        self.record.signed_on_at
    }

    /// When the user showed the provider who they are, which may have been for another application.
    pub fn authenticated_at(&self) -> Timestamp {
        self.record.authenticated_at
    }

    /// Whether that was recently enough for what only the owner of the account may do: within
    /// [`SignOnSettings::recent`](crate::SignOnSettings::recent).
    pub fn is_recent(&self) -> bool {
        let (recent, now) = (self.sign_on.settings().recent, self.sign_on.now());
        is_recent(self.authenticated_at(), recent, now)
    }

    /// An access token that still serves, renewed if needed.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError::Ended`] when the provider refuses to renew it: the user is then signed
    /// off here, and [`NotSignedOn`] leads back to the page.
    pub async fn access_token(&self) -> Result<AccessToken, AccessTokenError> {
        match self.sign_on.fresh_tokens(self.record.tokens).await {
            Ok(tokens) => tokens.access_token.ok_or(AccessTokenError::NotGranted),
            Err(AccessTokenError::Ended) => {
                crate::session::end(&self.session).await?;
                Err(AccessTokenError::Ended)
            }
            Err(error) => Err(error),
        }
    }

    /// Ends the session here and revokes its tokens; the provider's own session stays. What else
    /// the application keeps in the session stays too.
    ///
    /// # Errors
    ///
    /// [`SessionError`] when the store of sessions does not answer.
    pub async fn end(&self) -> Result<(), SessionError> {
        crate::session::end(&self.session).await?;
        crate::sign_off::give_up_tokens(&self.sign_on, self.record.tokens).await;
        Ok(())
    }

    /// What the provider's userinfo endpoint says about the user, proven to be about this one.
    ///
    /// # Errors
    ///
    /// As [`access_token`](Self::access_token).
    pub async fn userinfo(&self) -> Result<UserInfo, AccessTokenError> {
        let access_token = self.access_token().await?;
        let asked = self
            .sign_on
            .client()
            .userinfo(&access_token, &self.record.subject)
            .await;
        match asked {
            // Revoked ahead of its time: the session at the provider is over.
            Err(error) if error.is_unauthorized() => {
                self.sign_on.tokens().delete(self.record.tokens).await?;
                crate::session::end(&self.session).await?;
                Err(AccessTokenError::Ended)
            }
            asked => asked.map_err(AccessTokenError::Provider),
        }
    }
}

/// A user who has shown the provider who they are within the configured time.
///
/// ```
/// use pingone_axum::RecentlySignedOn;
///
/// async fn delete_account(RecentlySignedOn(user): RecentlySignedOn) -> String {
///     format!("{} has just given the password, and means it.", user.subject())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct RecentlySignedOn(pub SignedOn);

/// Nobody is signed on, or not recently enough: an answer that leads to signing on and back.
///
/// ```
/// use axum::http::request::Parts;
/// use pingone_axum::{NotSignedOn, ReturnTo};
///
/// fn to_sign_on(parts: &Parts) -> NotSignedOn {
///     NotSignedOn::at(parts).returning_to(ReturnTo::home())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct NotSignedOn {
    return_to: ReturnTo,
    is_fresh_wanted: bool,
    wants_page: bool,
}

impl NotSignedOn {
    /// For this request; a form that was posted is shown again after signing on.
    pub fn at(parts: &Parts) -> Self {
        // The whole address, also below a nested router.
        let uri = parts
            .extensions
            .get::<axum::extract::OriginalUri>()
            .map_or(&parts.uri, |uri| uri);
        Self {
            return_to: return_to(&parts.method, uri),
            is_fresh_wanted: false,
            wants_page: wants_page(parts),
        }
    }

    /// Comes back to another page of this site than the one that was asked for: for forms that are
    /// sent to an address where no page is.
    #[must_use]
    pub fn returning_to(self, page: ReturnTo) -> Self {
        Self {
            return_to: page,
            ..self
        }
    }

    /// Asks for the password even of somebody who is signed on at the provider: for what only its
    /// owner may do with an account.
    #[must_use]
    pub fn fresh(self) -> Self {
        Self {
            is_fresh_wanted: true,
            ..self
        }
    }

    /// Where signing on begins, so that it comes back to this page.
    pub fn begin_path(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("return_to", self.return_to.as_str());
        if self.is_fresh_wanted {
            query.append_pair("fresh", "true");
        }
        format!("{LOGIN}?{}", query.finish())
    }

    /// To a page of this site, for a sign-on that has to begin anew.
    pub(crate) fn anew(return_to: ReturnTo) -> Self {
        Self {
            return_to,
            is_fresh_wanted: false,
            wants_page: true,
        }
    }
}

impl IntoResponse for NotSignedOn {
    fn into_response(self) -> Response {
        if self.wants_page {
            Redirect::to(&self.begin_path()).into_response()
        } else {
            StatusCode::UNAUTHORIZED.into_response()
        }
    }
}

/// The page of the request; for a POST its path, where the form is shown.
fn return_to(method: &Method, uri: &Uri) -> ReturnTo {
    let path = match uri.path_and_query() {
        Some(path) if *method == Method::GET => path.as_str(),
        _ => uri.path(),
    };
    ReturnTo::parse(path).unwrap_or_default()
}

/// Whether a page is wanted, and not data for a script.
fn wants_page(parts: &Parts) -> bool {
    let accept = parts
        .headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    !accept.is_some_and(|accept| accept.starts_with("application/json"))
}

/// Why an extractor did not give a user.
#[derive(Debug)]
#[non_exhaustive]
pub enum SignedOnRejection {
    /// The layer of `tower-sessions` is missing, or its store does not answer.
    NoSession,
    /// Nobody is signed on.
    NotSignedOn(NotSignedOn),
}

impl IntoResponse for SignedOnRejection {
    fn into_response(self) -> Response {
        match self {
            Self::NoSession => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Self::NotSignedOn(not) => not.into_response(),
        }
    }
}

async fn find<S>(parts: &Parts, state: &S) -> Result<Option<SignedOn>, SignedOnRejection>
where
    S: Send + Sync,
    SignOn: FromRef<S>,
{
    let session = parts.extensions.get::<Session>().ok_or_else(|| {
        tracing::error!("the layer of tower-sessions is missing around these routes");
        SignedOnRejection::NoSession
    })?;
    SignOn::from_ref(state)
        .find(session)
        .await
        .map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a session cannot be read"
            );
            SignedOnRejection::NoSession
        })
}

impl<S> FromRequestParts<S> for SignedOn
where
    S: Send + Sync,
    SignOn: FromRef<S>,
{
    type Rejection = SignedOnRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let found = find(parts, state).await?;
        found.ok_or_else(|| SignedOnRejection::NotSignedOn(NotSignedOn::at(parts)))
    }
}

impl<S> OptionalFromRequestParts<S> for SignedOn
where
    S: Send + Sync,
    SignOn: FromRef<S>,
{
    type Rejection = SignedOnRejection;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, Self::Rejection> {
        find(parts, state).await
    }
}

impl<S> FromRequestParts<S> for RecentlySignedOn
where
    S: Send + Sync,
    SignOn: FromRef<S>,
{
    type Rejection = SignedOnRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let signed_on = <SignedOn as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        if signed_on.is_recent() {
            return Ok(Self(signed_on));
        }
        Err(SignedOnRejection::NotSignedOn(
            NotSignedOn::at(parts).fresh(),
        ))
    }
}

/// Whether something at `at` is still recent: up to the edge second, not on it.
fn is_recent(at: Timestamp, recent: SignedDuration, now: Timestamp) -> bool {
    at.checked_add(recent).is_ok_and(|end| now < end)
}

impl SignOn {
    /// The user who is signed on in a session.
    ///
    /// # Errors
    ///
    /// [`SessionError`] when the store of sessions does not answer.
    pub async fn find(&self, session: &Session) -> Result<Option<SignedOn>, SessionError> {
        if self.grant_type() == GrantType::ClientCredentials {
            return Ok(None);
        }
        let record = crate::session::find(session).await?;
        Ok(record.map(|record| SignedOn::new(self.clone(), session.clone(), record)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posted_form_comes_back_to_its_page_and_a_page_to_itself() {
        let uri: Uri = "https://app.example/users?q=a".parse().unwrap();
        assert_eq!(return_to(&Method::GET, &uri).as_str(), "/users?q=a");
        assert_eq!(return_to(&Method::POST, &uri).as_str(), "/users");
        let odd: Uri = "//evil.example/".parse().unwrap_or_default();
        assert_eq!(return_to(&Method::GET, &odd).as_str(), "/");
    }

    #[test]
    fn recent_ends_at_its_edge_second() {
        let (at, recent) = (Timestamp::UNIX_EPOCH, SignedDuration::from_mins(5));
        assert!(is_recent(at, recent, at + SignedDuration::from_secs(299)));
        assert!(!is_recent(at, recent, at + SignedDuration::from_secs(300)));
    }

    #[test]
    fn the_way_to_sign_on_carries_the_page_as_one_parameter() {
        let not = NotSignedOn {
            return_to: ReturnTo::parse("/users?q=a&page=b").unwrap(),
            is_fresh_wanted: true,
            wants_page: true,
        };
        assert_eq!(
            not.begin_path(),
            "/login?return_to=%2Fusers%3Fq%3Da%26page%3Db&fresh=true"
        );
    }
}
