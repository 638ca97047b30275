//! Errors as pages: for a browser, and for whatever must not be sent back to an application,
//! because it has not been proven that the address is one of its own.
//!
//! Each kind has one fixed sentence in the catalogue, which other people's tests look for.

mod for_programs;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use db::StoreError;
use platform::net::RequestId;
use protocol::params::InvalidParams;
use protocol::trail::{self, Reason};
use ui::{ErrorPage, Html, Layout, Look, Mode, Side, Site};
use web::Limited;
use web::form::FormRejection;

use super::service::{ServiceError, from_service};
use crate::accounts::Refusal;
use crate::hasher::HashError;
use crate::keys::KeysError;

/// Seconds after which a person may try again when the service is busy.
const BUSY_SECONDS: u64 = 2;

/// What kind of error a page tells of.
#[derive(Clone, Debug)]
pub(crate) enum PageError {
    /// The application is disabled.
    ApplicationDisabled,
    /// There is no such application, or the request names none.
    ApplicationUnknown,
    /// A form was sent from another site.
    CrossSite,
    /// There is no such environment.
    EnvironmentUnknown,
    /// The sign-on policy demands a proof that is not provided.
    FactorNotProvided,
    /// The sign-on is over, or never was.
    FlowGone,
    /// Something broke.
    Internal,
    /// An ID token hint is no token of this environment's.
    InvalidHint,
    /// The parameters cannot be read.
    InvalidParameters,
    /// The address has no such method.
    MethodNotAllowed,
    /// There is nothing here.
    NotFound,
    /// PingOne has something here, and this environment does not.
    NotProvided,
    /// The address to go to after sign-off is not registered.
    PostLogoutRedirectUriMismatch(Box<UriMismatch>),
    /// The redirect URI is missing.
    RedirectUriMissing,
    /// The redirect URI is not registered.
    RedirectUriMismatch(Box<UriMismatch>),
    /// The body is too large.
    TooLarge,
    /// Too many attempts from one address.
    TooManyAttempts,
    /// The service cannot answer now.
    Unavailable,
    /// The body has a type that no form has.
    UnsupportedMediaType,
    /// The sign-on was begun in another browser.
    WrongBrowser,
}

/// An address that was sent, and those that are registered.
#[derive(Clone, Debug)]
pub(crate) struct UriMismatch {
    pub(crate) application: String,
    pub(crate) sent: String,
    pub(crate) registered: Vec<String>,
}

impl UriMismatch {
    /// What was sent, cut, beside what is registered.
    pub(crate) fn boxed(application: &str, sent: &str, registered: &[String]) -> Box<Self> {
        Box::new(Self {
            application: application.to_owned(),
            sent: sent.chars().take(1000).collect(),
            registered: registered.to_vec(),
        })
    }
}

/// A failure that becomes a page where the request's id is known: in
/// [`correlate`](crate::requests::correlate::correlate).
#[derive(Clone, Debug)]
pub(crate) struct PageFailure {
    error: PageError,
    retry_after_seconds: Option<u64>,
    /// The words and the address of a link.
    way_on: Option<(String, String)>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl From<PageError> for PageFailure {
    fn from(error: PageError) -> Self {
        Self {
            error,
            retry_after_seconds: None,
            way_on: None,
            cause: None,
        }
    }
}

impl Reason for PageFailure {
    fn is_own_fault(&self) -> bool {
        matches!(self.error, PageError::Internal | PageError::Unavailable)
    }
}

/// For whoever explains a request; the page has words of its own.
impl fmt::Display for PageFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.error.words())
    }
}

impl PageFailure {
    /// Too many attempts; when to come back.
    pub(crate) fn limited(retry_after_seconds: u64) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..PageError::TooManyAttempts.into()
        }
    }

    /// Too much runs beside requests.
    pub(crate) fn busy() -> Self {
        Self {
            retry_after_seconds: Some(BUSY_SECONDS),
            ..PageError::Unavailable.into()
        }
    }

    /// The service could not do it.
    pub(crate) fn service(error: ServiceError) -> Self {
        match error {
            ServiceError::Busy(cause) => Self {
                cause: Some(Arc::from(cause)),
                ..Self::busy()
            },
            ServiceError::Broken(cause) => Self {
                cause: Some(Arc::from(cause)),
                ..PageError::Internal.into()
            },
        }
    }

    /// Something broke.
    pub(crate) fn internal(cause: impl Error + Send + Sync + 'static) -> Self {
        Self {
            cause: Some(Arc::new(cause)),
            ..PageError::Internal.into()
        }
    }

    /// Whether the interaction is not there: finished, expired, or never begun.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.error, PageError::FlowGone)
    }

    /// Whether the interaction goes on in another browser.
    pub(crate) fn is_of_another_browser(&self) -> bool {
        matches!(self.error, PageError::WrongBrowser)
    }

    /// Offers a way on instead of the front page.
    pub(crate) fn lead_to(&mut self, text: String, url: String) {
        self.way_on = Some((text, url));
    }

    /// The page; what it says as JSON for whoever takes no HTML.
    pub(crate) fn render(
        &self,
        (site, look): (&Site, Look),
        headers: &HeaderMap,
        request: RequestId,
    ) -> Response {
        let (status, text) = self.error.status_and_text();
        if let (Some(cause), true) = (&self.cause, status.is_server_error()) {
            let causes = ui::chain_of_causes(cause.as_ref());
            tracing::error!(%request, ?causes, "a page could not be shown");
        }
        if !for_programs::takes_html(headers) {
            return for_programs::answer(self, site, request);
        }
        match &self.error {
            PageError::RedirectUriMismatch(mismatch)
            | PageError::PostLogoutRedirectUriMismatch(mismatch)
                if site.mode() == Mode::Development =>
            {
                trail::said(self);
                return UriMismatchPage::new((site, look), mismatch, text, request).into_response();
            }
            _ => {}
        }
        let mut page = ErrorPage::new(site, Side::SignOn, status)
            .id(request.to_string())
            .look(look);
        if let Some(text) = text {
            page = page.detail(site.messages().text(text));
        }
        if let Some(cause) = &self.cause {
            page = page.caused_by(cause.as_ref());
        }
        if let Some((text, url)) = &self.way_on {
            page = page.action(text.as_str(), url.as_str());
        }
        if let Some(seconds) = self.retry_after_seconds {
            page = page.retry_after_seconds(seconds);
        }
        page.into_response()
    }
}

impl PageError {
    /// What is wrong, in few words.
    fn words(&self) -> &'static str {
        match self {
            Self::ApplicationDisabled => "the application is disabled",
            Self::ApplicationUnknown => "there is no such application, or none is named",
            Self::CrossSite => "the form was sent from another site",
            Self::EnvironmentUnknown => "there is no such environment",
            Self::FactorNotProvided => "the sign-on policy demands what is not provided",
            Self::FlowGone => "the sign-on is over, or never was",
            Self::Internal => "something broke",
            Self::InvalidHint => "the id_token_hint is no token of this environment",
            Self::InvalidParameters => "the parameters cannot be read",
            Self::MethodNotAllowed => "the address has no such method",
            Self::NotFound => "there is nothing here",
            Self::NotProvided => "PingOne has something here that is not provided",
            Self::PostLogoutRedirectUriMismatch(_) => {
                "the address to go to after sign-off is not registered"
            }
            Self::RedirectUriMissing => "the redirect_uri is missing",
            Self::RedirectUriMismatch(_) => "the redirect_uri is not registered",
            Self::TooLarge => "the body is too large",
            Self::TooManyAttempts => "too many attempts came from this address",
            Self::Unavailable => "the service cannot answer now",
            Self::UnsupportedMediaType => "the body is no form",
            Self::WrongBrowser => "the sign-on was begun in another browser",
        }
    }

    /// The status, and the id of the sentence for this very case.
    fn status_and_text(&self) -> (StatusCode, Option<&'static str>) {
        match self {
            Self::ApplicationDisabled => (
                StatusCode::BAD_REQUEST,
                Some("page-error-application-disabled"),
            ),
            Self::ApplicationUnknown => (
                StatusCode::BAD_REQUEST,
                Some("page-error-application-unknown"),
            ),
            Self::CrossSite => (StatusCode::FORBIDDEN, Some("page-error-cross-site")),
            Self::EnvironmentUnknown => (
                StatusCode::NOT_FOUND,
                Some("page-error-environment-unknown"),
            ),
            Self::FactorNotProvided => (
                StatusCode::FORBIDDEN,
                Some("page-error-factor-not-provided"),
            ),
            Self::FlowGone => (StatusCode::GONE, Some("page-error-flow-gone")),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, None),
            Self::InvalidHint => (StatusCode::BAD_REQUEST, Some("page-error-invalid-hint")),
            Self::InvalidParameters => (
                StatusCode::BAD_REQUEST,
                Some("page-error-invalid-parameters"),
            ),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, None),
            Self::NotFound => (StatusCode::NOT_FOUND, None),
            Self::NotProvided => (StatusCode::NOT_FOUND, Some("page-error-not-provided")),
            Self::PostLogoutRedirectUriMismatch(_) => (
                StatusCode::BAD_REQUEST,
                Some("page-error-post-logout-redirect-uri"),
            ),
            Self::RedirectUriMissing => (
                StatusCode::BAD_REQUEST,
                Some("page-error-redirect-uri-missing"),
            ),
            Self::RedirectUriMismatch(_) => {
                (StatusCode::BAD_REQUEST, Some("page-error-redirect-uri"))
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, None),
            Self::TooManyAttempts => (StatusCode::TOO_MANY_REQUESTS, None),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, None),
            Self::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, None),
            Self::WrongBrowser => (StatusCode::FORBIDDEN, Some("page-error-wrong-browser")),
        }
    }
}

/// In development: which address was sent, which are registered, and where they part.
#[derive(Template)]
#[template(path = "uri_mismatch.html")]
struct UriMismatchPage {
    layout: Layout,
    sentence: String,
    application: String,
    sent: String,
    registered: Vec<Compared>,
    id: String,
    explanation: Option<String>,
}

/// A registered address beside the one that was sent.
struct Compared {
    same: String,
    differs: String,
    position: usize,
}

impl UriMismatchPage {
    fn new(
        (site, look): (&Site, Look),
        mismatch: &UriMismatch,
        text: Option<&'static str>,
        request: RequestId,
    ) -> Html<Self> {
        let sentence = text
            .map(|text| site.messages().text(text))
            .unwrap_or_default();
        let compare = |uri: &String| {
            let same = common_prefix(uri, &mismatch.sent);
            Compared {
                differs: uri.chars().skip(same).collect(),
                same: uri.chars().take(same).collect(),
                position: same + 1,
            }
        };
        let page = Self {
            layout: Layout::new(
                site,
                Side::SignOn,
                site.messages().text("page-error-uri-title"),
            )
            .with_look(look),
            sentence,
            application: mismatch.application.clone(),
            sent: mismatch.sent.clone(),
            registered: mismatch.registered.iter().map(compare).collect(),
            id: request.to_string(),
            explanation: site.explanation(&request.to_string()),
        };
        Html::new(page).status(StatusCode::BAD_REQUEST)
    }
}

/// How many characters two texts have in common at their beginning.
fn common_prefix(one: &str, other: &str) -> usize {
    one.chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count()
}

impl IntoResponse for PageFailure {
    /// Hands the failure to the layer that knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.error.status_and_text().0.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        PageFailure::from(self).into_response()
    }
}

impl From<InvalidParams> for PageFailure {
    fn from(invalid: InvalidParams) -> Self {
        Self {
            cause: Some(Arc::new(invalid)),
            ..PageError::InvalidParameters.into()
        }
    }
}

impl From<FormRejection> for PageFailure {
    fn from(rejection: FormRejection) -> Self {
        match rejection {
            FormRejection::NotAForm => PageError::UnsupportedMediaType.into(),
            FormRejection::TooLarge => PageError::TooLarge.into(),
            FormRejection::BrokenOff => PageError::InvalidParameters.into(),
            FormRejection::Invalid(invalid) => invalid.into(),
        }
    }
}

impl From<Limited> for PageFailure {
    fn from(limited: Limited) -> Self {
        Self::limited(limited.retry_after_seconds())
    }
}

impl From<Refusal> for PageFailure {
    /// For refusals that a page has no words of its own for.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Hashing(error) => error.into(),
            Refusal::Store(error) => error.into(),
            Refusal::AccountNotUsable | Refusal::NoPassword => PageError::FlowGone.into(),
            refusal => Self::internal(refusal),
        }
    }
}

from_service!(PageFailure: StoreError, HashError, KeysError);

#[cfg(test)]
mod tests {
    use super::common_prefix;

    #[test]
    fn addresses_part_where_their_characters_do() {
        assert_eq!(common_prefix("https://a/cb", "https://a/cb/"), 12);
        assert_eq!(common_prefix("https://ä/x", "https://ä/y"), 10);
    }
}
