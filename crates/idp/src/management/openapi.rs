//! `/openapi.json`: the document of the management API
//! ([OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1)), for anybody.

mod made;

use std::io::Read as _;

use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use flate2::read::GzDecoder;
use protocol::pingone::media_type;

use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;

pub use made::document;

/// The document as `cargo xtask generate` writes it, compressed.
const COMPRESSED: &[u8] = include_bytes!("openapi.json.gz");

/// The route that serves the document to anybody.
pub(super) fn route() -> MethodRouter<Idp> {
    get(serve).fallback(async || {
        let mut response = ApiFailure::method_not_allowed().into_response();
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(ALLOW, allowed);
        response
    })
}

async fn serve(headers: HeaderMap) -> Result<Response, ApiFailure> {
    let accepted = headers.get_all(ACCEPT_ENCODING).iter();
    let takes_gzip = accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| coding.trim().eq_ignore_ascii_case("gzip"));
    let mut response = if takes_gzip {
        let mut response = COMPRESSED.into_response();
        let gzip = HeaderValue::from_static("gzip");
        response.headers_mut().insert(CONTENT_ENCODING, gzip);
        response
    } else {
        let mut text = Vec::new();
        let read = GzDecoder::new(COMPRESSED).read_to_end(&mut text);
        read.map_err(ApiFailure::internal)?;
        text.into_response()
    };
    for (name, value) in [
        (CONTENT_TYPE, media_type::JSON),
        (VARY, "Accept-Encoding"),
        (CACHE_CONTROL, "public, max-age=300"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}
