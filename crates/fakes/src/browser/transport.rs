//! How a browser's requests reach a server: by a socket, or by a call within the process.

use std::error::Error;
use std::net::SocketAddr;

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
    /// For each of these public addresses to where its server listens without TLS.
    Listeners(Vec<(Url, SocketAddr)>),
}

/// An answer, read to its end.
type Answer = (StatusCode, HeaderMap, Vec<u8>);

impl Transport {
    /// The address that a test means.
    pub(super) fn address(&self, written: &str) -> Url {
        match self {
            Self::Socket | Self::Listeners(_) => Url::parse(written).expect("an absolute URL"),
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
            Self::Listeners(_) => self.listener(url).is_some(),
        }
    }

    /// Where the server of an address listens.
    fn listener(&self, url: &Url) -> Option<SocketAddr> {
        let Self::Listeners(listeners) = self else {
            return None;
        };
        let mut listeners = listeners.iter();
        let found = listeners.find(|(public, _)| public.origin() == url.origin());
        found.map(|(_, address)| *address)
    }

    /// Turns a request to a public address into what a proxy asks of its server.
    fn behind_proxy(
        &self,
        request: &mut reqwest::Request,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let public = request.url().clone();
        let address = self
            .listener(&public)
            .ok_or_else(|| format!("{public} is nobody's"))?;
        let host = HeaderValue::from_str(public.authority())?;
        request.headers_mut().insert(HOST, host);
        let url = request.url_mut();
        let is_changed = url
            .set_scheme("http")
            .and_then(|()| url.set_ip_host(address.ip()));
        is_changed
            .and_then(|()| url.set_port(Some(address.port())))
            .map_err(|()| format!("{public} cannot be asked at {address}").into())
    }

    /// Sends a request and reads the answer.
    pub(super) async fn send(
        &self,
        client: &Client,
        mut request: reqwest::Request,
    ) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        if let Self::Listeners(_) = self {
            self.behind_proxy(&mut request)?;
        }
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
