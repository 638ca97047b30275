//! Uploaded images and the style sheets of themes, for everybody who has their address: pages of
//! applications show them, too.

use axum::extract::{Path, State};
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse as _, Response};

use crate::configuration::images;
use crate::requests::extract::{Environment, NoSuchAddress};
use crate::state::Idp;

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// An image. Browsers keep it, because an address always leads to the same one; whatever it holds,
/// they take it for an image.
pub(crate) async fn image(
    State(idp): State<Idp>,
    environment: Environment,
    Path((_, name)): Path<(String, String)>,
) -> Result<Response, NoSuchAddress> {
    let found = images::find(&idp, environment.id(), &name).await;
    let (format, content) = found
        .map_err(NoSuchAddress::Failed)?
        .ok_or(NoSuchAddress::NoPath)?;
    Ok(kept(content, format.media_type()))
}

/// The style sheet of a theme.
pub(crate) async fn theme(
    State(idp): State<Idp>,
    environment: Environment,
    Path((_, name)): Path<(String, String)>,
) -> Result<Response, NoSuchAddress> {
    let found = idp.themes().style_sheet(environment.id(), &name).await;
    let css = found
        .map_err(NoSuchAddress::Failed)?
        .ok_or(NoSuchAddress::NoPath)?;
    Ok(kept(css.into_bytes(), "text/css; charset=utf-8"))
}

/// An answer that browsers keep.
fn kept(content: Vec<u8>, media_type: &'static str) -> Response {
    let mut response = content.into_response();
    for (name, value) in [
        (CONTENT_TYPE, media_type),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
