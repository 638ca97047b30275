//! One request with many records: encoded, posted, and what the collector says to it.
//!
//! Works on the thread of the SDK's that collects the records, where nothing is logged to the
//! collector itself, so that sending makes nothing to send.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use prost::Message;
use tokio::runtime::{Builder, Runtime};
use ui::chain_of_causes;
use url::Url;

use super::{Counts, TelemetryError, TelemetrySettings};

/// Opening a connection takes no longer …
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// … and a request with its answer no longer than that.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An answer holds a number and a sentence; of a longer one the rest is not read.
const LONGEST_ANSWER: usize = 64 * 1024;

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");

/// Posts the records of one signal.
#[derive(Debug)]
pub(super) struct Delivery {
    http: reqwest::Client,
    /// Of this signal's thread: it lives as long as that, whatever becomes of the servers' own.
    runtime: Runtime,
    url: Url,
    headers: HeaderMap,
    counts: Arc<Counts>,
}

/// Why a request came to nothing. Its text names no address, and no header.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{}", chain_of_causes(.0).join(": "))]
    Http(reqwest::Error),
    #[error("it answers {0}")]
    Refused(reqwest::StatusCode),
}

impl Delivery {
    pub(super) fn new(
        settings: &TelemetrySettings,
        signal: &str,
        counts: Arc<Counts>,
    ) -> Result<Self, TelemetryError> {
        let url = settings.endpoint.join(&format!("v1/{signal}"));
        let url = url.map_err(|error| TelemetryError(error.into()))?;
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("latchkey/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            // Between two requests nobody looks after a connection.
            .pool_max_idle_per_host(0);
        if let Some(pem) = &settings.ca_pem {
            let authorities = reqwest::Certificate::from_pem_bundle(pem);
            let authorities = authorities.map_err(|error| TelemetryError(error.into()))?;
            http = http.tls_certs_only(authorities);
        }
        Ok(Self {
            http: http.build().map_err(|error| TelemetryError(error.into()))?,
            runtime: runtime().map_err(|error| TelemetryError(error.into()))?,
            url,
            headers: settings.headers.clone(),
            counts,
        })
    }

    /// Sends so many records in one request. `rejected` reads the answer: how many of them the
    /// collector did not want.
    pub(super) fn send<A: Message + Default>(
        &self,
        number: usize,
        request: &impl Message,
        rejected: fn(A) -> i64,
    ) -> OTelSdkResult {
        let posted = self.runtime.block_on(self.post(request.encode_to_vec()));
        match posted {
            Ok(answer) => {
                // Whoever answers something else has taken it all the same.
                let answer = A::decode(&*answer).map_or(0, rejected);
                let most = u64::try_from(number).unwrap_or(u64::MAX);
                let rejected = u64::try_from(answer).unwrap_or(0).min(most);
                self.counts.taken(number, rejected);
                Ok(())
            }
            Err(failure) => {
                let why = failure.to_string();
                self.counts.failed(number, &why);
                Err(OTelSdkError::InternalFailure(why))
            }
        }
    }

    async fn post(&self, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let request = self.http.post(self.url.clone());
        let request = request.headers(self.headers.clone()).body(body);
        let request = request.header(CONTENT_TYPE, PROTOBUF);
        let sent = request.send().await;
        let mut response = sent.map_err(|error| Failure::Http(error.without_url()))?;
        if !response.status().is_success() {
            return Err(Failure::Refused(response.status()));
        }
        let mut answer = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            answer.extend_from_slice(&chunk);
            if answer.len() > LONGEST_ANSWER {
                break;
            }
        }
        Ok(answer)
    }
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
