//! The keys, `GET /{environment}/as/jwks`: prepared bytes per environment.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::Idp;
use crate::documents::PublicDocument;
use crate::requests::extract::Environment;
use crate::requests::failures::oauth::OAuthFailure;
use crate::requests::origin::Now;

/// Answers with the environment's public keys.
pub(crate) async fn get(
    State(idp): State<Idp>,
    environment: Environment,
    Now(now): Now,
    headers: HeaderMap,
) -> Result<Response, OAuthFailure> {
    let keys = idp.keys().current(&idp, environment.id(), now).await?;
    Ok(prepared(keys.jwks(), &headers))
}

/// A document that everybody may see and keep for five minutes: keys are published a day before
/// they sign.
pub(super) fn prepared(document: PublicDocument, request: &HeaderMap) -> Response {
    let PublicDocument { bytes, tag } = document;
    let is_known = request.get(IF_NONE_MATCH).is_some_and(|known| {
        known
            .to_str()
            .is_ok_and(|known| known.split(',').any(|one| one.trim() == tag))
    });
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        bytes.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    headers.insert(ETAG, tag);
    response
}
