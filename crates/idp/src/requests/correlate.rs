//! The layer that knows a request's id: it gives every answer its `Correlation-Id`, and renders the
//! failures that name it.

use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE, ALLOW};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use platform::net::RequestId;
use protocol::id::EnvironmentId;
use ui::Site;

use super::extract::NoSuchAddress;
use super::failures::api::{ApiFailure, CORRELATION_ID};
use super::failures::oauth::OAuthFailure;
use super::failures::page::PageFailure;
use super::speech;
use crate::Idp;

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
    let environment = environment_of(request.uri().path());
    let accept_language = request.headers().get(ACCEPT_LANGUAGE).cloned();
    let mut response = next.run(request).await;
    let allowed = response.headers().get(ALLOW).cloned();
    let accepts = || {
        let mut headers = HeaderMap::new();
        headers.extend(accept.clone().map(|accept| (ACCEPT, accept)));
        headers.extend(accept_language.clone().map(|list| (ACCEPT_LANGUAGE, list)));
        headers
    };
    if let Some(failure) = response.extensions_mut().remove::<OAuthFailure>() {
        response = failure.render(id);
    } else if let Some(failure) = response.extensions_mut().remove::<PageFailure>() {
        let headers = accepts();
        response = failure.render(&site_for(&idp, environment, &headers).await, &headers, id);
    } else if let Some(failure) = response.extensions_mut().remove::<ApiFailure>() {
        let allow = response.headers_mut().remove(ALLOW);
        response = failure.render(id);
        let headers = response.headers_mut();
        headers.extend(allow.map(|allow| (ALLOW, allow)));
    } else if let Some(no_such_address) = response.extensions_mut().remove::<NoSuchAddress>() {
        let is_browser = accept
            .as_ref()
            .is_some_and(|accept| contains(accept, "text/html"));
        response = if is_browser {
            let (site, headers) = (site_for(&idp, environment, &accepts()).await, accepts());
            no_such_address
                .into_page_failure()
                .render(&site, &headers, id)
        } else {
            no_such_address.into_api_failure().render(id)
        };
    }
    if let Some(allowed) = allowed {
        response.headers_mut().insert(ALLOW, allowed);
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(CORRELATION_ID, value);
    }
    response
}

/// The environment that a path begins with, whether or not there is one.
fn environment_of(path: &str) -> Option<EnvironmentId> {
    let first = path.trim_start_matches('/').split('/').next()?;
    EnvironmentId::parse(first).ok()
}

/// The pages in the language of whoever asks; where that cannot be found out, as when the database
/// does not answer, in English.
async fn site_for(idp: &Idp, environment: Option<EnvironmentId>, headers: &HeaderMap) -> Site {
    let Some(environment) = environment else {
        return idp.site().clone();
    };
    // Ids that nobody has take no place among the languages that are kept.
    if !matches!(
        idp.environments().find(environment, idp.now()).await,
        Ok(Some(_))
    ) {
        return idp.site().clone();
    }
    let site = speech::site(idp, environment, &[], headers, idp.now()).await;
    site.unwrap_or_else(|_| idp.site().clone())
}

fn contains(header: &HeaderValue, text: &str) -> bool {
    header.to_str().is_ok_and(|value| value.contains(text))
}
