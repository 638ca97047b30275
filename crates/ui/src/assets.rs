//! The vendored files: style sheet, scripts, logo.
//!
//! A file's name carries the hash of its content, so browsers may keep it for ever, and a new
//! release is seen at once. Nothing is loaded from another host.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, LazyLock},
};

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Router,
    extract::Path,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use rust_embed::RustEmbed;

/// The path under which both programs serve the files.
pub const PREFIX: &str = "/assets/";

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Embedded;

/// A file ready to be sent.
#[derive(Clone, Debug)]
struct Asset {
    content_type: &'static str,
    bytes: Bytes,
}

/// A file made from configuration and served beside the vendored ones.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) file_name: String,
    pub(crate) url: String,
    pub(crate) content_type: &'static str,
    pub(crate) bytes: Bytes,
}

impl Served {
    pub(crate) fn new(
        stem: &str,
        extension: &str,
        content_type: &'static str,
        bytes: Bytes,
    ) -> Self {
        let file_name = format!("{stem}-{}.{extension}", short_hash(&bytes));
        let url = format!("{PREFIX}{file_name}");
        Self {
            file_name,
            url,
            content_type,
            bytes,
        }
    }
}

/// The vendored files, by the name in the source tree and by the name on the wire.
struct Table {
    urls: BTreeMap<String, String>,
    files: BTreeMap<String, Asset>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table {
        urls: BTreeMap::new(),
        files: BTreeMap::new(),
    };
    for name in Embedded::iter() {
        let (Some(file), Some((stem, extension))) = (Embedded::get(&name), name.rsplit_once('.'))
        else {
            continue;
        };
        let bytes = match file.data {
            std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
        };
        let served = format!("{stem}-{}.{extension}", short_hash(&bytes));
        let content_type = content_type(extension);
        table
            .urls
            .insert(name.into_owned(), format!("{PREFIX}{served}"));
        table.files.insert(
            served,
            Asset {
                content_type,
                bytes,
            },
        );
    }
    table
});

/// The address of a vendored file, such as `site.css`.
///
/// An unknown name is logged and leads to a 404; tests assert that templates name none.
pub fn url(name: &str) -> &'static str {
    TABLE.urls.get(name).map_or_else(
        || {
            tracing::error!(name, "there is no vendored file with this name");
            "/assets/missing"
        },
        String::as_str,
    )
}

/// Serves the vendored files and some of the caller's own under `/assets/`.
pub(crate) fn router<'a, S>(own: impl Iterator<Item = &'a Served>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let own: BTreeMap<String, Asset> = own
        .map(
            |Served {
                 file_name,
                 content_type,
                 bytes,
                 ..
             }| {
                (
                    file_name.clone(),
                    Asset {
                        content_type,
                        bytes: bytes.clone(),
                    },
                )
            },
        )
        .collect();
    let own = Arc::new(own);
    let handler = move |Path(name): Path<String>, headers: HeaderMap| {
        let asset = own.get(&name).or_else(|| TABLE.files.get(&name)).cloned();
        async move { answer(&name, asset, &headers) }
    };
    Router::new().route("/assets/{name}", get(handler))
}

/// The first 16 hexadecimal digits of a SHA-256.
pub(crate) fn short_hash(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    digest
        .as_ref()
        .iter()
        .take(8)
        .fold(String::with_capacity(16), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn answer(name: &str, asset: Option<Asset>, request: &HeaderMap) -> Response {
    let Some(asset) = asset else {
        return (
            StatusCode::NOT_FOUND,
            [(CACHE_CONTROL, HeaderValue::from_static("no-store"))],
            "There is no file with this name.\n",
        )
            .into_response();
    };
    // The name carries the hash, so it identifies the content.
    let etag = HeaderValue::from_str(&format!("\"{name}\"")).ok();
    let is_known = request
        .get_all(IF_NONE_MATCH)
        .iter()
        .any(|known| is_named_in(name, known));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        asset.bytes.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // An SVG opened as a page of its own must not run anything.
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    );
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        // Mails show the logo on the pages of mail programs.
        HeaderValue::from_static(if asset.content_type.starts_with("image/") {
            "cross-origin"
        } else {
            "same-origin"
        }),
    );
    if let Some(etag) = etag {
        headers.insert(ETAG, etag);
    }
    response
}

/// Whether an `If-None-Match` names the file
/// ([RFC 9110 §13.1.2](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2)).
fn is_named_in(name: &str, known: &HeaderValue) -> bool {
    let known = known.to_str().unwrap_or_default();
    known
        .split(',')
        .map(str::trim)
        .any(|tag| tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == name || tag == "*")
}

fn content_type(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use tower::ServiceExt;

    use super::*;
    use crate::Brand;

    async fn fetch(path: &str, known: Option<&HeaderValue>) -> Response {
        let mut request = Request::get(path);
        if let Some(etag) = known {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let router: Router = Brand::default().asset_router();
        router
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn files_may_be_kept_for_ever_and_have_the_right_type() {
        for (name, expected) in [
            ("site.css", "text/css; charset=utf-8"),
            ("reveal.js", "text/javascript; charset=utf-8"),
            ("logo.svg", "image/svg+xml"),
        ] {
            let response = fetch(url(name), None).await;
            assert_eq!(response.status(), StatusCode::OK, "{name}");
            assert_eq!(response.headers()[CONTENT_TYPE], expected);
            assert_eq!(
                response.headers()[CACHE_CONTROL],
                "public, max-age=31536000, immutable"
            );
            assert_eq!(response.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
        }
    }

    #[tokio::test]
    async fn a_mail_program_may_show_the_logo_and_no_other_site_may_use_the_rest() {
        for (name, expected) in [("logo.svg", "cross-origin"), ("site.css", "same-origin")] {
            let response = fetch(url(name), None).await;
            let policy = &response.headers()["cross-origin-resource-policy"];
            assert_eq!(policy, expected, "{name}");
        }
    }

    #[tokio::test]
    async fn a_file_that_the_browser_has_is_not_sent_again() {
        let first = fetch(url("site.css"), None).await;
        let again = fetch(url("site.css"), first.headers().get(ETAG)).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let list = format!("\"other\", W/{}", first.headers()[ETAG].to_str().unwrap());
        let again = fetch(
            url("site.css"),
            Some(&HeaderValue::from_str(&list).unwrap()),
        )
        .await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let other = fetch(
            url("site.css"),
            Some(&HeaderValue::from_static("\"other\"")),
        )
        .await;
        assert_eq!(other.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn other_names_are_not_found_and_not_kept() {
        for path in [
            "/assets/site.css",
            "/assets/..%2FCargo.toml",
            "/assets/missing",
        ] {
            let response = fetch(path, None).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        }
    }

    #[tokio::test]
    async fn the_brand_is_served_beside_the_vendored_files() {
        let response = fetch(Brand::default().style_url(), None).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
    }

    #[test]
    fn no_file_loads_anything_from_another_host() {
        for name in Embedded::iter() {
            let file = Embedded::get(&name).unwrap();
            let text = String::from_utf8(file.data.into_owned()).unwrap();
            let text = text.replace("http://www.w3.org/2000/svg", "");
            assert!(
                !text.contains("//"),
                "{name} names another host, or has a // comment"
            );
        }
    }
}
