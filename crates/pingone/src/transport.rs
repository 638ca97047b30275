//! One way out for every call: time-outs, bounded answers, no redirects, retries, a span.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use jiff::fmt::rfc2822;
use protocol::{Clock, Random, SystemClock, SystemRandom};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field};
use url::Url;

use crate::Error;
use crate::endpoints::{Reroute, is_loopback};
use crate::error::{AnswerFacts, Problem};
use crate::retry::{self, Decision, Idempotency, Retries};

/// The connections of any number of clients, with the rules for using them.
///
/// Cheap to clone; clones share the connections. TLS is rustls, redirects are never followed,
/// answers have a largest size, and every call has a time-out.
///
/// ```
/// use std::time::Duration;
/// use pingone::Transport;
///
/// let transport = Transport::builder().total_timeout(Duration::from_secs(5)).build()?;
/// # Ok::<(), pingone::Error>(())
/// ```
#[derive(Clone)]
pub struct Transport {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    settings: Settings,
}

struct Settings {
    total_timeout: Duration,
    largest_answer: usize,
    retries: Retries,
    is_http_allowed: bool,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// Servers and balancers close idle connections after a minute or more. Closing ours first keeps a
/// POST, which cannot be sent again, from meeting a connection that is about to end.
const IDLE_CONNECTION: Duration = Duration::from_secs(30);

/// How long an HTTP/2 connection may be silent while an answer is awaited, and then how long the
/// answer to a ping. Without it a dead connection would be used until TCP gives it up.
const SILENT_CONNECTION: Duration = Duration::from_secs(5);

/// Sets a [`Transport`] up.
#[must_use]
pub struct TransportBuilder {
    authorities: Vec<u8>,
    proxy: Option<Url>,
    connect_timeout: Duration,
    settings: Settings,
}

impl Transport {
    /// A transport with the defaults: the system's certificate authorities, 5 seconds to connect,
    /// 15 seconds for a call with its retries, answers of at most 1 MiB.
    ///
    /// # Errors
    ///
    /// As [`TransportBuilder::build`].
    pub fn new() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// A transport that differs from the defaults.
    pub fn builder() -> TransportBuilder {
        TransportBuilder {
            authorities: Vec::new(),
            proxy: None,
            connect_timeout: Duration::from_secs(5),
            settings: Settings {
                total_timeout: Duration::from_secs(15),
                largest_answer: 1024 * 1024,
                retries: Retries::default(),
                is_http_allowed: false,
                clock: Arc::new(SystemClock),
                random: Arc::new(SystemRandom),
            },
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.inner.settings.clock
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.inner.settings.random
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("total_timeout", &self.inner.settings.total_timeout)
            .field("retries", &self.inner.settings.retries)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportBuilder")
            .field("total_timeout", &self.settings.total_timeout)
            .field("retries", &self.settings.retries)
            .finish_non_exhaustive()
    }
}

impl TransportBuilder {
    /// Trusts the certificate authorities in this PEM text, and no others: for the embedded
    /// environment, whose authority no system knows.
    pub fn only_trust(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.authorities = pem.into();
        self
    }

    /// Opens all connections through a proxy. The environment variables that other programs take
    /// one from are not read.
    pub fn proxy(mut self, proxy: Url) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// How long opening a connection may take.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a call may take, its retries and pauses included.
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.settings.total_timeout = timeout;
        self
    }

    /// The largest answer that is read, in bytes after decompression.
    pub fn largest_answer(mut self, bytes: usize) -> Self {
        self.settings.largest_answer = bytes;
        self
    }

    /// How often and how long a call is tried again.
    pub fn retries(mut self, retries: Retries) -> Self {
        self.settings.retries = retries;
        self
    }

    /// Takes the time from `clock`: when tokens expire and keys are fetched again.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.settings.clock = clock;
        self
    }

    /// Takes random bytes from `random`: `state`, `nonce`, code verifiers, jitter.
    pub fn random(mut self, random: Arc<dyn Random>) -> Self {
        self.settings.random = random;
        self
    }

    /// Sends tokens and secrets over plain HTTP to other machines too, where anybody on the way
    /// can read them. Plain HTTP to this machine needs no permission.
    pub fn danger_allow_http(mut self) -> Self {
        self.settings.is_http_allowed = true;
        self
    }

    /// Builds the transport.
    ///
    /// rustls needs a provider of cryptography for the whole process: when none is installed yet,
    /// this installs aws-lc's.
    ///
    /// # Errors
    ///
    /// An [`Error`] of the kind [`SetUp`](crate::ErrorKind::SetUp) when the certificate authorities
    /// cannot be read, or TLS cannot be set up on this machine.
    pub fn build(self) -> Result<Transport, Error> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Fails only when another thread was quicker, which is just as good.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("pingone-rust/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.connect_timeout)
            .timeout(self.settings.total_timeout)
            .referer(false)
            .pool_idle_timeout(IDLE_CONNECTION)
            .http2_keep_alive_interval(SILENT_CONNECTION)
            .http2_keep_alive_timeout(SILENT_CONNECTION);
        http = match self.proxy {
            None => http.no_proxy(),
            Some(url) => http.proxy(parse_proxy(url)?),
        };
        if !self.authorities.is_empty() {
            let certificates = reqwest::Certificate::from_pem_bundle(&self.authorities)
                .ok()
                .filter(|certificates| !certificates.is_empty())
                .ok_or_else(|| {
                    Error::set_up(
                        "the certificate authorities to trust are not PEM text with at least one \
                         certificate"
                            .to_owned(),
                    )
                })?;
            http = http.tls_certs_only(certificates);
        }
        let http = http.build().map_err(|error| {
            Error::set_up(format!("TLS could not be set up: {}", chain(&error)))
        })?;
        Ok(Transport {
            inner: Arc::new(Inner {
                http,
                settings: self.settings,
            }),
        })
    }
}

fn parse_proxy(url: Url) -> Result<reqwest::Proxy, Error> {
    let refuse =
        || Error::set_up("the proxy's address does not begin with http:// or https://".to_owned());
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse());
    }
    reqwest::Proxy::all(url).map_err(|_| refuse())
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// A request, ready to be sent any number of times.
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The public address: where it connects to is the business of a [`Reroute`].
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) idempotency: Idempotency,
    text: String,
}

/// An answer in 2xx.
pub(crate) struct Answer {
    pub(crate) body: Bytes,
    call: String,
}

impl Call {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        let text = format!("{method} {}", template(url.path()));
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            idempotency: Idempotency::ByMethod,
            text,
        }
    }

    /// Method and path, ids replaced by dots.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl Answer {
    /// Reads the body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // The error's own text may quote the body, secrets included.
            let text = format!(
                "it is not the expected JSON ({:?} error at line {}, column {})",
                error.classify(),
                error.line(),
                error.column()
            );
            Error::new(&self.call, Problem::Unexpected(text))
        })
    }
}

impl Transport {
    /// Sends a call, again if that is safe and useful, within the total time-out.
    pub(crate) async fn send(&self, call: &Call, reroute: &Reroute) -> Result<Answer, Error> {
        let span = tracing::info_span!(
            "pingone",
            method = %call.method,
            path = %template(call.url.path()),
            status = field::Empty,
            attempts = field::Empty,
            pingone.id = field::Empty,
            ms = field::Empty,
        );
        let start = Instant::now();
        // Boxed, since all of the HTTP client's state is in it and every caller would carry it along.
        let sending = Box::pin(self.send_until(call, reroute, start));
        let result = sending.instrument(span.clone()).await;
        let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        span.record("ms", elapsed);
        if let Err(error) = &result {
            // An OAuth error may name it in its text alone.
            if let Some(id) = error.correlation_id() {
                span.record("pingone.id", id);
            }
        }
        result
    }

    async fn send_until(
        &self,
        call: &Call,
        reroute: &Reroute,
        start: Instant,
    ) -> Result<Answer, Error> {
        let settings = &self.inner.settings;
        let deadline = start + settings.total_timeout;
        let mut attempt = 1;
        loop {
            Span::current().record("attempts", attempt);
            let sent = tokio::time::timeout_at(deadline, self.attempt(call, reroute));
            let error = match sent.await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => error,
                Err(_) => return Err(self.timed_out(call)),
            };
            let Some(failure) = error.failure() else {
                return Err(error);
            };
            let decision = retry::decide(
                settings.retries,
                &call.method,
                call.idempotency,
                failure,
                error.retry_after(),
                attempt,
            );
            let Decision::Wait(pause) = decision else {
                return Err(error);
            };
            let pause = retry::with_jitter(pause, &*settings.random);
            if Instant::now() + pause >= deadline {
                return Err(error);
            }
            tracing::debug!(error = %error, ?pause, "trying again");
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    async fn attempt(&self, call: &Call, reroute: &Reroute) -> Result<Answer, Error> {
        let url = reroute.apply(&call.url);
        if url.scheme() != "https" && !self.inner.settings.is_http_allowed && !is_loopback(&url) {
            let text = format!(
                "{} would travel in the clear to {}; use https",
                call.text(),
                origin(&url)
            );
            return Err(Error::set_up(text));
        }
        let mut response = self
            .inner
            .http
            .request(call.method.clone(), url.clone())
            .headers(call.headers.clone())
            .body(call.body.clone())
            .send()
            .await
            .map_err(|error| self.broken(call, &url, error))?;
        let facts = self.facts(response.status(), response.headers());
        Span::current().record("status", response.status().as_u16());
        if let Some(id) = &facts.correlation_id {
            Span::current().record("pingone.id", id);
        }

        let limit = self.inner.settings.largest_answer;
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.broken(call, &url, error))?
        {
            if body.len() + chunk.len() > limit {
                let text = format!("it is larger than the {limit} bytes that are read");
                return Err(Error::answered(
                    call.text(),
                    Problem::Unexpected(text),
                    facts,
                ));
            }
            body.extend_from_slice(&chunk);
        }
        if response.status().is_success() {
            Ok(Answer {
                body: body.into(),
                call: call.text().to_owned(),
            })
        } else {
            Err(Error::refused(call.text(), &body, facts))
        }
    }

    fn facts(&self, status: StatusCode, headers: &HeaderMap) -> AnswerFacts {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let is_plain =
            |id: &&str| id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let correlation_id = text("correlation-id").filter(is_plain).map(str::to_owned);
        let retry_after =
            text(header::RETRY_AFTER.as_str()).and_then(|text| self.parse_retry_after(text));
        AnswerFacts {
            status: Some(status),
            correlation_id,
            retry_after,
        }
    }

    /// Seconds or a date: [RFC 9110 §10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3).
    fn parse_retry_after(&self, text: &str) -> Option<Duration> {
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let at = rfc2822::parse(text).ok()?.timestamp();
        let wait = at.duration_since(self.clock().now());
        Some(Duration::try_from(wait).unwrap_or(Duration::ZERO))
    }

    fn broken(&self, call: &Call, url: &Url, error: reqwest::Error) -> Error {
        let error = error.without_url();
        if error.is_connect() {
            let problem = Problem::Connect {
                origin: origin(url),
                source: error,
            };
            return Error::new(call.text(), problem);
        }
        if error.is_timeout() {
            return self.timed_out(call);
        }
        if error.is_builder() {
            return Error::set_up(format!("{} cannot be sent: {error}", call.text()));
        }
        Error::new(call.text(), Problem::Lost(error))
    }

    fn timed_out(&self, call: &Call) -> Error {
        let after = self.inner.settings.total_timeout;
        Error::new(call.text(), Problem::TimedOut { after })
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// A path with everything that may be an id or worse replaced by dots: what logs and errors show.
fn template(path: &str) -> String {
    let segments = path.trim_start_matches('/').split('/').map(|segment| {
        let is_word = segment.len() <= 40
            && segment
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            && segment.chars().filter(char::is_ascii_digit).count() <= 2;
        if is_word { segment } else { "…" }
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_without_ids() {
        for (path, shown) in [
            (
                "/v1/environments/7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1/users",
                "v1/environments/…/users",
            ),
            ("/v1/roles", "v1/roles"),
            ("/oauth2/v4/token", "oauth2/v4/token"),
            ("/u/ada%40example.com", "u/…"),
            (
                "/.well-known/openid-configuration",
                ".well-known/openid-configuration",
            ),
        ] {
            assert_eq!(template(path), shown);
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let clock = protocol::FrozenClock::new("2015-10-21T07:27:30Z".parse().unwrap());
        let transport = Transport::builder().clock(Arc::new(clock)).build().unwrap();
        for (text, expected) in [
            ("3", Some(3)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(30)),
            ("Wed, 21 Oct 2015 07:27:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let parsed = transport.parse_retry_after(text);
            assert_eq!(parsed, expected.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn an_address_that_is_no_proxy_is_refused() {
        let address = Url::parse("mailto:me@example.com").unwrap();
        let error = Transport::builder().proxy(address).build().unwrap_err();
        assert!(error.to_string().contains("proxy"), "{error}");
    }

    #[test]
    fn a_text_that_is_no_certificate_is_refused() {
        let error = Transport::builder()
            .only_trust("hello")
            .build()
            .unwrap_err();
        assert!(error.to_string().contains("not PEM text"), "{error}");
    }
}
