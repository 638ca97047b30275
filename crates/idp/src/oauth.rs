//! The OpenID provider: one file per endpoint, all under `/{environmentId}/as/`.

pub(crate) mod authorize;
pub(crate) mod bearer;
pub(crate) mod claims;
pub(crate) mod client;
pub(crate) mod cookies;
pub(crate) mod discovery;
pub(crate) mod extract;
pub(crate) mod hint;
pub(crate) mod introspect;
pub(crate) mod jwks;
pub(crate) mod no_store;
pub(crate) mod response;
pub(crate) mod resume;
pub(crate) mod revoke;
pub(crate) mod signoff;
pub(crate) mod token;
pub(crate) mod userinfo;

use axum::extract::{Request, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use platform::net::RequestId;

use crate::Idp;
use crate::errors::api::CORRELATION_ID;
use crate::errors::oauth::OAuthFailure;
use crate::errors::page::PageFailure;
use crate::keys::Keys;
use crate::limits::Limits;
use crate::settings::Settings;

/// The name of the one sign-on policy that every environment has: the `acr` of its tokens.
pub(crate) const SINGLE_FACTOR: &str = "Single_Factor";

/// What the endpoints and pages keep in memory.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) keys: Keys,
    pub(crate) discovery: discovery::Documents,
    pub(crate) limits: Limits,
}

impl Shared {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            keys: Keys::new(),
            discovery: discovery::Documents::default(),
            limits: Limits::new(&settings.limits),
        }
    }
}

/// Gives every request an id and every answer its `Correlation-Id`, and renders the failures that
/// name it.
pub(crate) async fn correlate(
    State(idp): State<Idp>,
    mut request: Request,
    next: Next,
) -> Response {
    let known = request.extensions().get::<RequestId>().copied();
    let id = known.unwrap_or_else(|| RequestId::random(idp.random()));
    request.extensions_mut().insert(id);
    let accept = request.headers().get(ACCEPT).cloned();
    let mut response = next.run(request).await;
    let accepts = || {
        let mut headers = HeaderMap::new();
        headers.extend(accept.clone().map(|accept| (ACCEPT, accept)));
        headers
    };
    if let Some(failure) = response.extensions_mut().remove::<OAuthFailure>() {
        response = failure.render(id);
    } else if let Some(failure) = response.extensions_mut().remove::<PageFailure>() {
        response = failure.render(&idp, &accepts(), id);
    } else if let Some(nowhere) = response.extensions_mut().remove::<extract::Nowhere>() {
        let is_browser = accept
            .as_ref()
            .is_some_and(|accept| contains(accept, "text/html"));
        response = if is_browser {
            nowhere.into_page_failure().render(&idp, &accepts(), id)
        } else {
            nowhere.into_api_failure().respond(id)
        };
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(CORRELATION_ID, value);
    }
    response
}

fn contains(header: &HeaderValue, text: &str) -> bool {
    header.to_str().is_ok_and(|value| value.contains(text))
}
