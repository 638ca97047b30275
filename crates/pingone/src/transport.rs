//! One way out for every call: time-outs, bounded answers, no redirects, retries, a span.

mod builder;
mod call;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use protocol::Random;
use protocol::trail::{self, Called, Step};
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field};
use url::Url;

pub use self::builder::TransportBuilder;
pub use self::call::Answer;
pub(crate) use self::call::Call;
use self::call::template;
use crate::Error;
use crate::endpoints::{Reroute, is_loopback};
use crate::error::{AnswerFacts, Problem};
use crate::retry::{self, Decision, Retries};

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
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    random: Arc<dyn Random>,
    mark: Option<Arc<Mark>>,
}

/// Adds to the headers of a request that goes out.
type Mark = dyn Fn(&mut HeaderMap) + Send + Sync;

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
        TransportBuilder::new()
    }

    /// The present instant, by this transport's clock.
    pub fn now(&self) -> Timestamp {
        (self.inner.settings.clock)()
    }

    /// This transport's source of random bytes.
    pub fn random(&self) -> &dyn Random {
        &*self.inner.settings.random
    }
}

impl Transport {
    /// Sends a call, again if that is safe and useful, within the total time-out.
    pub(crate) async fn send(&self, call: &Call, reroute: &Reroute) -> Result<Answer, Error> {
        let span = tracing::info_span!(
            "pingone",
            method = %call.method,
            path = %template(call.url.path()),
            media_type = field::Empty,
            status = field::Empty,
            attempts = field::Empty,
            pingone.id = field::Empty,
            ms = field::Empty,
        );
        let media_type = call.headers.get(header::CONTENT_TYPE);
        if let Some(media_type) = media_type.and_then(|value| value.to_str().ok()) {
            span.record("media_type", media_type);
        }
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
            let Ok(sent) = sent.await else {
                let sent = Err(self.timed_out(call));
                note(call, &sent);
                return sent;
            };
            note(call, &sent);
            let error = match sent {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
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
        let mut headers = call.headers.clone();
        if let Some(mark) = &self.inner.settings.mark {
            mark(&mut headers);
        }
        let mut response = self
            .inner
            .http
            .request(call.method.clone(), url.clone())
            .headers(headers)
            .body(call.body.clone())
            .send()
            .await
            .map_err(|error| self.broken(call, &url, error))?;
        let facts = self.facts(response.status(), response.headers());
        Span::current().record("status", response.status().as_u16());
        if let Some(id) = &facts.correlation_id {
            Span::current().record("pingone.id", id);
        }

        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
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
        if status.is_success() {
            Ok(Answer {
                status,
                headers,
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
        let wait = at.duration_since(self.now());
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

/// Tells of a call, and what became of it, whoever explains the request that it is for.
fn note(call: &Call, sent: &Result<Answer, Error>) {
    trail::note(|| {
        let answered_as = match sent {
            Ok(answer) => answer.header("correlation-id"),
            Err(error) => error.correlation_id(),
        };
        let status = match sent {
            Ok(answer) => Some(answer.status()),
            Err(error) => error.status(),
        };
        let failure = sent.as_ref().err().filter(|_| status.is_none());
        Step::Called(Called {
            method: call.method.to_string(),
            path: format!("/{}", template(call.url.path())),
            status: status.map(|status| status.as_u16()),
            answered_as: answered_as.map(|id| id.chars().take(64).collect()),
            failure: failure.map(ToString::to_string),
        })
    });
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("total_timeout", &self.inner.settings.total_timeout)
            .field("retries", &self.inner.settings.retries)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2015-10-21T07:27:30Z".parse().unwrap();
        let transport = Transport::builder().clock(move || now).build().unwrap();
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
}
