//! How a transport is set up.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use protocol::{Random, SystemRandom};
use url::Url;

use super::{Inner, Settings, Transport};
use crate::{Error, Retries};

/// Servers and balancers close idle connections after a minute or more. Closing ours first keeps a
/// POST, which cannot be sent again, from meeting a connection that is about to end.
const IDLE_CONNECTION: Duration = Duration::from_secs(30);

/// How long an HTTP/2 connection may be silent while an answer is awaited, and then how long the
/// answer to a ping. Without it a dead connection would be used until TCP gives it up.
const SILENT_CONNECTION: Duration = Duration::from_secs(5);

/// Sets a [`Transport`] up.
///
/// ```no_run
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use pingone::Transport;
///
/// let transport = Transport::builder()
///     .only_trust(std::fs::read("ca.pem")?)
///     .total_timeout(Duration::from_secs(5))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct TransportBuilder {
    authorities: Vec<u8>,
    proxy: Option<Url>,
    resolved: Vec<(String, SocketAddr)>,
    connect_timeout: Duration,
    settings: Settings,
}

impl TransportBuilder {
    pub(super) fn new() -> Self {
        Self {
            authorities: Vec::new(),
            proxy: None,
            resolved: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            settings: Settings {
                total_timeout: Duration::from_secs(15),
                largest_answer: 1024 * 1024,
                retries: Retries::default(),
                is_http_allowed: false,
                clock: Arc::new(system_time),
                random: Arc::new(SystemRandom),
                mark: None,
            },
        }
    }

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

    /// Opens connections to `host` at this address, without asking for the name's own.
    ///
    /// The port counts for addresses that name none. Everything else stays: the certificate must be
    /// good for `host`, and requests name it.
    pub fn resolve(mut self, host: impl Into<String>, address: SocketAddr) -> Self {
        self.resolved.push((host.into(), address));
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

    /// Takes the time from `clock` instead of the system: when tokens expire and keys are fetched
    /// again. Tests give one that stands still.
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// Takes random bytes from `random` instead of the system: `state`, `nonce`, code verifiers,
    /// jitter.
    pub fn random(mut self, random: Arc<dyn Random>) -> Self {
        self.settings.random = random;
        self
    }

    /// Lets `mark` add to the headers of each request before it goes out, inside of the call's span:
    /// the `traceparent` that lets the other side's trace go on with this one.
    ///
    /// ```
    /// use pingone::Transport;
    ///
    /// let transport = Transport::builder()
    ///     .mark_requests(|headers| {
    ///         // With `tracing-opentelemetry`: a propagator injects `Span::current().context()`.
    ///         let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    ///         headers.insert("traceparent", http::HeaderValue::from_static(parent));
    ///     })
    ///     .build()?;
    /// # Ok::<(), pingone::Error>(())
    /// ```
    pub fn mark_requests(mut self, mark: impl Fn(&mut HeaderMap) + Send + Sync + 'static) -> Self {
        self.settings.mark = Some(Arc::new(mark));
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
        for (host, address) in &self.resolved {
            http = http.resolve(host, *address);
        }
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

#[expect(
    clippy::disallowed_methods,
    reason = "the one place of the SDK that reads the system's clock"
)]
fn system_time() -> Timestamp {
    Timestamp::now()
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

impl fmt::Debug for TransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportBuilder")
            .field("total_timeout", &self.settings.total_timeout)
            .field("retries", &self.settings.retries)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
