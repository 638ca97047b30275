//! The layer that knows a request's id: it gives every answer its `Correlation-Id`, and renders the
//! failures that name it.

use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE, ALLOW};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use platform::net::RequestId;
use protocol::id::EnvironmentId;
use ui::{Look, Site};

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
        let (site, look) = appearance(&idp, environment, &headers).await;
        response = failure.render((&site, look), &headers, id);
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
            let headers = accepts();
            let (site, look) = appearance(&idp, environment, &headers).await;
            no_such_address
                .into_page_failure()
                .render((&site, look), &headers, id)
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

/// The pages in the language of whoever asks, and as those of the environment look; where that
/// cannot be found out, as when the database does not answer, in English and in the brand.
async fn appearance(
    idp: &Idp,
    environment: Option<EnvironmentId>,
    headers: &HeaderMap,
) -> (Site, Look) {
    let plain = || (idp.site().clone(), Look::default());
    let Some(environment) = environment else {
        return plain();
    };
    // Ids that nobody has take no place among the languages that are kept.
    if !matches!(
        idp.environments().find(environment, idp.now()).await,
        Ok(Some(_))
    ) {
        return plain();
    }
    let now = idp.now();
    let site = speech::site(idp, environment, &[], headers, now).await;
    let looks = idp.look(environment, None, now).await;
    match (site, looks) {
        (Ok(site), Ok(looks)) => (site, looks.page.clone()),
        _ => plain(),
    }
}

fn contains(header: &HeaderValue, text: &str) -> bool {
    header.to_str().is_ok_and(|value| value.contains(text))
}
