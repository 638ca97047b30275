//! Single requests below the SDK, to see what it does not show: dates, and where a browser is sent.

use std::time::Duration;

use http::header;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use url::Url;

use super::subject::Subject;

/// One request lasts no longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// No body is read beyond this.
const LARGEST_BODY: usize = 256 * 1024;

/// Connections that follow nothing and remember nothing.
pub(super) struct Wire {
    http: reqwest::Client,
    back_channel: Option<Url>,
}

/// What was answered.
pub(super) struct Reply {
    pub(super) status: http::StatusCode,
    pub(super) location: Option<Url>,
    pub(super) date: Option<Timestamp>,
    pub(super) body: Vec<u8>,
}

impl Wire {
    pub(super) fn new(subject: &Subject) -> Result<Self, reqwest::Error> {
        let outgoing = &subject.portal.outgoing;
        let mut http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .referer(false)
            .no_proxy();
        if let Some(pem) = &outgoing.ca_pem {
            let authorities = reqwest::Certificate::from_pem_bundle(pem.as_bytes())?;
            http = http.tls_certs_only(authorities);
        }
        Ok(Self {
            http: http.build()?,
            back_channel: outgoing.back_channel_url.clone(),
        })
    }

    /// Whether connections go elsewhere than the addresses say.
    pub(super) fn has_back_channel(&self) -> bool {
        self.back_channel.is_some()
    }

    /// Where the connection for a public address goes.
    pub(super) fn reroute(&self, url: &Url) -> Url {
        let mut moved = url.clone();
        let Some(to) = &self.back_channel else {
            return moved;
        };
        let is_moved = moved.set_scheme(to.scheme()).is_ok()
            && moved.set_host(to.host_str()).is_ok()
            && moved.set_port(to.port()).is_ok();
        if is_moved { moved } else { url.clone() }
    }

    /// A GET, once.
    pub(super) async fn get(&self, url: &Url) -> Result<Reply, reqwest::Error> {
        let sent = self.http.get(self.reroute(url)).send().await;
        let mut answer = sent.map_err(reqwest::Error::without_url)?;
        let header = |name| {
            answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let location = header(header::LOCATION).and_then(|text| url.join(text).ok());
        let date = header(header::DATE)
            .and_then(|text| rfc2822::parse(text).ok())
            .map(|date| date.timestamp());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
            if body.len() + chunk.len() > LARGEST_BODY {
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply {
            status: answer.status(),
            location,
            date,
            body,
        })
    }
}
