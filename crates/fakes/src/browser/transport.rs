//! How a browser's requests reach a server: by a socket, or by a call within the process.

use std::error::Error;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::Request;
use reqwest::header::{HOST, HeaderMap, HeaderValue};
use reqwest::{Client, StatusCode};
use tower::ServiceExt as _;
use url::Url;

/// The largest answer of a service that is read.
const LARGEST: usize = 16 << 20;

/// Where requests go.
#[derive(Clone, Debug)]
pub(super) enum Transport {
    /// To the host that the address names.
    Socket,
    /// To this service, which believes to stand at `base`.
    Service { service: Router, base: Url },
}

/// An answer, read to its end.
type Answer = (StatusCode, HeaderMap, Vec<u8>);

impl Transport {
    /// The address that a test means.
    pub(super) fn address(&self, written: &str) -> Url {
        match self {
            Self::Socket => Url::parse(written).expect("an absolute URL"),
            Self::Service { base, .. } => base.join(written).expect("a URL"),
        }
    }

    /// Whether a redirect to this address can be followed.
    pub(super) fn reaches(&self, url: &Url) -> bool {
        match self {
            Self::Socket => {
                matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
            }
            Self::Service { base, .. } => url.origin() == base.origin(),
        }
    }

    /// Sends a request and reads the answer.
    pub(super) async fn send(
        &self,
        client: &Client,
        request: reqwest::Request,
    ) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        let Self::Service { service, .. } = self else {
            let answer = client.execute(request).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            return Ok((status, headers, answer.bytes().await?.to_vec()));
        };
        let url = request.url();
        if !self.reaches(url) {
            return Err(format!("{url} is not of the service").into());
        }
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let body = request.body().and_then(reqwest::Body::as_bytes);
        let body = Body::from(body.unwrap_or_default().to_vec());
        let mut asked = Request::builder()
            .method(request.method())
            .uri(path)
            .body(body)?;
        *asked.headers_mut() = request.headers().clone();
        let host = HeaderValue::from_str(url.authority())?;
        asked.headers_mut().entry(HOST).or_insert(host);
        let (parts, body) = service.clone().oneshot(asked).await?.into_parts();
        let body = to_bytes(body, LARGEST).await?;
        Ok((parts.status, parts.headers, body.to_vec()))
    }
}
