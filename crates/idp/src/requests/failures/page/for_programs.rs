//! The same for whoever does not take HTML: a program that asks for what browsers are for. It gets
//! PingOne's shape of an error (PingOne, "Error codes"), with the sentence of the page.

use axum::Json;
use axum::http::header::{ACCEPT, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use platform::net::RequestId;
use protocol::pingone::{ApiError, ApiErrorCode, ErrorDetail};
use ui::{Mode, Site};
use web::forbid_storing;

use super::{PageError, PageFailure, UriMismatch};

/// Whether whoever asks takes a page.
pub(super) fn takes_html(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(ACCEPT).into_iter();
    accept
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}

pub(super) fn answer(failure: &PageFailure, site: &Site, request: RequestId) -> Response {
    let (status, text) = failure.error.status_and_text();
    let general = || format!("error-{}-sentence", status.as_u16());
    let sentence = site
        .messages()
        .text(&text.map_or_else(general, str::to_owned));
    let mut body = ApiError::new(request.to_string(), code(status), sentence);
    body.details.extend(detail(&failure.error, site.mode()));
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    forbid_storing(headers);
    if let Some(seconds) = failure.retry_after_seconds {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn code(status: StatusCode) -> ApiErrorCode {
    match status {
        StatusCode::FORBIDDEN => ApiErrorCode::AccessFailed,
        StatusCode::NOT_FOUND | StatusCode::GONE => ApiErrorCode::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ApiErrorCode::MethodNotAllowed,
        StatusCode::TOO_MANY_REQUESTS => ApiErrorCode::RequestLimited,
        status if status.is_server_error() => ApiErrorCode::UnexpectedError,
        _ => ApiErrorCode::InvalidRequest,
    }
}

/// The parameter that is wrong, if it is one.
fn detail(error: &PageError, mode: Mode) -> Option<ErrorDetail> {
    let invalid =
        |target, message: &str| Some(ErrorDetail::new("INVALID_VALUE", Some(target), message));
    match error {
        PageError::ApplicationDisabled => invalid("client_id", "The application is disabled"),
        PageError::ApplicationUnknown => invalid("client_id", "There is no such application"),
        PageError::InvalidHint => invalid("id_token_hint", "It is no ID token of this environment"),
        PageError::RedirectUriMissing => {
            let message = "must not be blank";
            let target = Some("redirect_uri");
            Some(ErrorDetail::new("REQUIRED_VALUE", target, message))
        }
        PageError::RedirectUriMismatch(mismatch) => {
            let detail = invalid("redirect_uri", "Redirect URI mismatch")?;
            Some(beside(detail, mismatch, mode))
        }
        PageError::PostLogoutRedirectUriMismatch(mismatch) => {
            let message = "Post-logout redirect URI mismatch";
            let detail = invalid("post_logout_redirect_uri", message)?;
            Some(beside(detail, mismatch, mode))
        }
        _ => None,
    }
}

/// In development: what was sent, and what is registered.
fn beside(detail: ErrorDetail, mismatch: &UriMismatch, mode: Mode) -> ErrorDetail {
    if mode != Mode::Development {
        return detail;
    }
    detail
        .with("sent", mismatch.sent.as_str())
        .with("registered", mismatch.registered.clone())
}
