//! What went wrong, as pages.
//!
//! A handler gives a [`Failure`]; the one layer around all routes makes the page of it, and of
//! every bare status that routing, body limits or the protection against cross-site posts answer
//! with. So each kind looks the same wherever it comes from, and is logged once.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, Method, StatusCode, header};
use pingone_axum::{AccessTokenError, NotSignedOn};
use platform::net::RequestId;
use ui::{Account, ErrorPage, NavItem, Side};
use url::Url;

use crate::paths;
use crate::recovery::RecoveryError;
use crate::state::Portal;

/// When there are too many recoveries at a time, trying again soon helps.
const BUSY_FOR: Duration = Duration::from_secs(5);

/// A page cannot be shown as asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It can after signing on.
    NotSignedOn(NotSignedOn),
    /// What was asked for is not done, and a message says why, on the page at this address.
    Told(String),
    /// It cannot: this is shown instead.
    Page(Box<FailurePage>),
}

/// What stands around a page that says what went wrong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    pub(crate) nav: Vec<NavItem>,
    pub(crate) account: Option<Account>,
    /// Where the form that signs off may lead.
    pub(crate) form_targets: Vec<Url>,
}

/// Everything the error page shows and the log keeps.
#[derive(Clone, Debug, Default)]
pub(crate) struct FailurePage {
    status: StatusCode,
    /// The id of the text for this very case.
    detail: Option<&'static str>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
    /// PingOne's own id of the error.
    correlation_id: Option<String>,
    /// What PingOne said, for people.
    message: Option<String>,
    retry_after: Option<Duration>,
    /// The text and address of the way out.
    action: Option<(&'static str, &'static str)>,
    /// Whose fault it is; absent: ours, if the status says so.
    fault: Option<Fault>,
}

/// Whose fault a failure is, which decides how it is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The OpenID provider's, or PingOne's: somebody should look there.
    Provider,
    /// The visitor's browser brought something that is too old or not from here.
    Visitor,
}

impl Failure {
    pub(crate) fn new(status: StatusCode) -> Self {
        Self::Page(Box::new(FailurePage {
            status,
            ..FailurePage::default()
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut FailurePage)) -> Self {
        if let Self::Page(failure) = &mut self {
            change(failure);
        }
        self
    }

    /// Adds a sentence for this very case.
    pub(crate) fn detail(self, text_id: &'static str) -> Self {
        self.with(|failure| failure.detail = Some(text_id))
    }

    /// Adds another way out than the start page.
    pub(crate) fn action(self, text_id: &'static str, path: &'static str) -> Self {
        self.with(|failure| failure.action = Some((text_id, path)))
    }

    /// Adds the cause, for the log and for development.
    pub(crate) fn caused_by(self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.with(|failure| failure.cause = Some(Arc::new(cause)))
    }

    /// Says whose fault it is, when that is not ours.
    pub(crate) fn fault(self, fault: Fault) -> Self {
        self.with(|failure| failure.fault = Some(fault))
    }

    /// A page needs a setting that is not there.
    pub(crate) fn not_configured(detail: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND).detail(detail)
    }

    /// Says when to try again, if that is known.
    pub(crate) fn retry_after(self, wait: Option<Duration>) -> Self {
        self.with(|failure| failure.retry_after = wait)
    }

    /// Too many requests of one address.
    pub(crate) fn too_many(wait: Duration) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS).retry_after(Some(wait))
    }

    /// The session's store does not answer.
    pub(crate) fn session(error: impl Error + Send + Sync + 'static) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE).caused_by(error)
    }
}

/// The portal's own database does not answer.
impl From<db::StoreError> for Failure {
    fn from(error: db::StoreError) -> Self {
        Self::session(error)
    }
}

/// An environment that is down, slow or busy: 503, and again later. One that answers nonsense or
/// refuses what it should not: 502. Never 500.
impl From<pingone::Error> for Failure {
    fn from(error: pingone::Error) -> Self {
        let status = if error.is_unavailable() || error.is_rate_limited() {
            StatusCode::SERVICE_UNAVAILABLE
        } else if error.is_forbidden() {
            StatusCode::FORBIDDEN
        } else {
            StatusCode::BAD_GATEWAY
        };
        let page = Self::new(status).with(|failure| {
            failure.correlation_id = error.correlation_id().map(str::to_owned);
            failure.message = error.api().map(|api| api.message.clone());
            failure.retry_after = error.retry_after();
        });
        let page = if status == StatusCode::SERVICE_UNAVAILABLE {
            page.detail("failure-environment-unavailable")
        } else {
            page
        };
        page.caused_by(error)
    }
}

impl From<RecoveryError> for Failure {
    fn from(error: RecoveryError) -> Self {
        match error {
            RecoveryError::Environment(error) => error.into(),
            RecoveryError::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE)
                .retry_after(Some(BUSY_FOR))
                .caused_by(error),
        }
    }
}

/// For a token whose end leads nowhere else; pages of a user go through `Visit::access_failed`.
impl From<AccessTokenError> for Failure {
    fn from(error: AccessTokenError) -> Self {
        match error {
            AccessTokenError::Provider(error) => error.into(),
            error => Self::new(error.status()).caused_by(error),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::NotSignedOn(not) => not.into_response(),
            Self::Told(path) => Redirect::to(&path).into_response(),
            Self::Page(failure) => {
                let mut response = failure.status.into_response();
                response.extensions_mut().insert(failure);
                response
            }
        }
    }
}

/// The page for a path that no route serves.
pub(crate) async fn not_found() -> Failure {
    Failure::new(StatusCode::NOT_FOUND)
}

/// The page for signing on when there is no provider.
pub(crate) async fn sign_on_not_configured() -> Failure {
    Failure::not_configured("failure-sign-on-not-configured")
}

/// Makes pages of failures, and logs those that are not the visitor's.
pub(crate) async fn show(
    State(portal): State<Portal>,
    mut request: Request,
    next: Next,
) -> Response {
    let known = request.extensions().get::<RequestId>().copied();
    let id = known.unwrap_or_else(|| RequestId::random(portal.random()));
    request.extensions_mut().insert(id);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let headers = request.headers().clone();
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let failure = response.extensions().get::<Box<FailurePage>>().cloned();
    match failure {
        Some(failure) => page(&portal, &failure, id, &method, &path, &headers, &response),
        None if is_finished(&response) => response,
        None => {
            // The layer of sessions answers so when it cannot save; that passes.
            let status = match status {
                StatusCode::INTERNAL_SERVER_ERROR => StatusCode::SERVICE_UNAVAILABLE,
                status => status,
            };
            let failure = FailurePage {
                status,
                ..FailurePage::default()
            };
            page(&portal, &failure, id, &method, &path, &headers, &response)
        }
    }
}

/// Whether an answer is a page or data already.
fn is_finished(response: &Response) -> bool {
    let content_type = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| {
        value.starts_with("text/html") || value.starts_with("application/json")
    })
}

fn log(failure: &FailurePage, id: RequestId, method: &Method, path: &str, cause: &str) {
    let status = failure.status.as_u16();
    match failure.fault {
        None if failure.status.is_server_error() => {
            tracing::error!(request.id = %id, %method, path, status, cause, "a page could not be shown");
        }
        None => {}
        Some(Fault::Provider) => {
            tracing::warn!(request.id = %id, %method, path, status, cause, "the provider's answer was refused");
        }
        Some(Fault::Visitor) => {
            tracing::info!(request.id = %id, %method, path, status, cause, "a visitor's answer was refused");
        }
    }
}

fn page(
    portal: &Portal,
    failure: &FailurePage,
    id: RequestId,
    method: &Method,
    path: &str,
    request: &HeaderMap,
    bare: &Response,
) -> Response {
    let causes: Vec<String> = failure
        .cause
        .as_ref()
        .map(|cause| ui::chain_of_causes(&**cause))
        .unwrap_or_default();
    log(failure, id, method, path, &causes.join(": "));
    let texts = portal.site().messages();
    let mut page = ErrorPage::new(portal.site(), Side::Portal, failure.status)
        .id(failure
            .correlation_id
            .clone()
            .unwrap_or_else(|| id.to_string()))
        .accepted_by(request);
    if let Some(cause) = &failure.cause {
        page = page.caused_by(&**cause);
    }
    if let Some(frame) = bare.extensions().get::<Frame>().cloned() {
        page = page.framed(frame.nav, frame.account, frame.form_targets);
    }
    let mut details: Vec<String> = failure
        .detail
        .map(|id| texts.text(id))
        .into_iter()
        .collect();
    if let Some(message) = failure
        .message
        .as_ref()
        .filter(|message| !message.is_empty())
    {
        details.push(texts.format("failure-pingone-says", &[("message", message.as_str())]));
    }
    if !details.is_empty() {
        page = page.detail(details.join(" "));
    }
    if let Some(wait) = failure.retry_after {
        page = page.retry_after_seconds(wait.as_secs().max(1));
    }
    page = match failure.action {
        Some((text, path)) => page.action(texts.text(text), path),
        // The page that failed can be asked for again: at the same address, by a GET.
        None if failure.status.is_server_error() => {
            page.action(texts.text("failure-try-again"), paths::again(path))
        }
        None => page,
    };
    let mut response = page.into_response();
    // What goes beyond the page: `Allow` of a 405, cookies of a session that was saved.
    for name in [header::ALLOW, header::SET_COOKIE] {
        for value in bare.headers().get_all(&name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    response
}
