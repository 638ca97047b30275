//! Authorization responses: how they travel back to the client
//! ([OAuth 2.0 Multiple Response Type Encoding Practices](https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html),
//! [Form Post Response Mode](https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html)).

use std::fmt;

use askama::Template;
use axum::http::header::{LOCATION, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use platform::net::RequestId;
use protocol::id::{ApplicationId, EnvironmentId};
use protocol::oauth::{OAuthErrorCode, RedirectUri, ResponseMode};
use protocol::trail::Reason;
use serde::{Deserialize, Serialize};
use ui::{Html, Layout, Side};
use url::form_urlencoded;
use web::forbid_storing;

use crate::Idp;
use crate::requests::failures::oauth::in_allowed_characters;

/// Where an authorization response goes: proven to be the client's, so that an error can be sent
/// there too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ReturnAddress {
    pub(crate) application: ApplicationId,
    pub(crate) redirect_uri: RedirectUri,
    pub(crate) mode: ResponseMode,
    pub(crate) state: Option<String>,
}

/// An error for the client ([RFC 6749 §4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReturnError {
    pub(crate) code: OAuthErrorCode,
    pub(crate) detail: String,
}

/// What the client is told.
impl fmt::Display for ReturnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl Reason for ReturnError {}

impl ReturnError {
    pub(crate) fn new(code: OAuthErrorCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }

    pub(crate) fn invalid_request(detail: impl Into<String>) -> Self {
        Self::new(OAuthErrorCode::InvalidRequest, detail)
    }
}

/// Parameters of a response, in the order in which they travel.
pub(crate) type ResponseParams = Vec<(&'static str, String)>;

/// Sends the browser back with an error.
pub(crate) fn refuse(
    idp: &Idp,
    environment: EnvironmentId,
    address: &ReturnAddress,
    error: &ReturnError,
    request: RequestId,
) -> Response {
    let description = format!(
        "Request denied: {} (Correlation ID: {request})",
        error.detail
    );
    let params = vec![
        ("error", error.code.to_string()),
        ("error_description", in_allowed_characters(&description)),
    ];
    deliver(idp, environment, address, params)
}

/// Sends the browser back with a response; `state` and `iss`
/// ([RFC 9207](https://www.rfc-editor.org/rfc/rfc9207)) are added.
pub(crate) fn deliver(
    idp: &Idp,
    environment: EnvironmentId,
    address: &ReturnAddress,
    mut params: ResponseParams,
) -> Response {
    if let Some(state) = &address.state {
        params.push(("state", state.clone()));
    }
    params.push(("iss", idp.urls().issuer(environment).as_str().to_owned()));
    let uri = address.redirect_uri.as_str();
    match address.mode {
        ResponseMode::FormPost => form_post(idp, address, params),
        ResponseMode::Fragment => redirect(&format!("{uri}#{}", encoded(&params))),
        ResponseMode::Query => {
            let separator = if uri.contains('?') { '&' } else { '?' };
            redirect(&format!("{uri}{separator}{}", encoded(&params)))
        }
    }
}

fn encoded(params: &ResponseParams) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params)
        .finish()
}

/// A redirect that nobody keeps and whose origin is not told.
pub(crate) fn redirect(location: &str) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    let headers = response.headers_mut();
    forbid_storing(headers);
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // Registered addresses are ASCII or are encoded by this parser; `HeaderValue` takes UTF-8.
    if let Ok(location) = HeaderValue::from_bytes(location.as_bytes()) {
        headers.insert(LOCATION, location);
    }
    response
}

/// A page whose form carries the response; a script sends it, or a person presses the button.
#[derive(Template)]
#[template(path = "form-post.html")]
struct FormPostPage {
    layout: Layout,
    action: String,
    fields: ResponseParams,
}

fn form_post(idp: &Idp, address: &ReturnAddress, params: ResponseParams) -> Response {
    let site = idp.site();
    let title = site.messages().text("form-post-title");
    let page = FormPostPage {
        layout: Layout::new(site, Side::SignOn, title)
            .with_lead(site.messages().text("form-post-lead")),
        action: address.redirect_uri.as_str().to_owned(),
        fields: params,
    };
    let page = Html::new(page)
        .form_target(address.redirect_uri.as_url())
        .may_have_opener();
    let mut response = page.into_response();
    forbid_storing(response.headers_mut());
    response
}
