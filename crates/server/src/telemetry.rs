//! Traces and logs for an OpenTelemetry collector, where one is configured: by
//! [OTLP over HTTP](https://opentelemetry.io/docs/specs/otlp/#otlphttp) in protobuf.
//!
//! Nobody who signs on waits for the collector: what is to be sent goes into a queue with a bound, and
//! a thread for each signal sends it. What does not fit, or was not taken, is lost, counted, and said
//! in the log once. Without a collector none of this exists, and requests make no spans.

mod counts;
mod delivery;
mod logs;
mod spans;

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use http::HeaderMap;
use opentelemetry::KeyValue;
use opentelemetry::logs::LoggerProvider as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use protocol::Random;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;
use url::Url;

use self::counts::Counts;
use self::delivery::Delivery;

pub(crate) use self::counts::TelemetryNumbers;
pub(crate) use self::spans::REQUEST;
pub use self::spans::{RequestSpan, pass_on};

/// What waits at most, of each signal: some seconds of the busiest installation, in a few MiB.
const QUEUE: usize = 8 * 1024;

/// What is sent at once.
const BATCH: usize = 512;

/// How long what is to be sent waits for others.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long the end waits until everything is sent.
const LONGEST_END: Duration = Duration::from_secs(2);

/// Where traces and logs are sent, and which.
#[derive(Clone, Debug)]
pub struct TelemetrySettings {
    /// The collector; `v1/traces` and `v1/logs` stand below it.
    pub endpoint: Url,
    /// What it wants to see: marked as sensitive, so that no `Debug` shows them.
    pub headers: HeaderMap,
    /// Certificate authorities that it is checked with instead of the system's, as PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// Whether traces are sent.
    pub traces: bool,
    /// Whether the log is sent.
    pub logs: bool,
    /// What the program is called there.
    pub service_name: String,
    /// How many traces of a thousand are sent, of those that begin here.
    pub sampled_per_thousand: u16,
}

/// Sending to the collector was not set up.
#[derive(Debug, thiserror::Error)]
#[error("connections to the OpenTelemetry collector could not be set up (section telemetry)")]
pub struct TelemetryError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// The way to the collector.
pub struct Telemetry {
    traces: Option<Signal<SdkTracerProvider>>,
    logs: Option<Signal<SdkLoggerProvider>>,
}

/// One signal on its way.
struct Signal<P> {
    provider: P,
    counts: Arc<Counts>,
}

impl Telemetry {
    /// Sets the way up. Whether anybody is there is seen when there is something to send.
    ///
    /// # Errors
    ///
    /// [`TelemetryError`] when TLS or threads cannot be had.
    pub fn start(
        settings: &TelemetrySettings,
        random: &dyn Random,
    ) -> Result<Self, TelemetryError> {
        let resource = Resource::builder_empty()
            .with_service_name(settings.service_name.clone())
            .with_attributes([
                KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
                KeyValue::new("service.instance.id", random.uuid().to_string()),
            ])
            .build();
        let delivery = |signal| {
            let counts = Arc::new(Counts::new(signal, QUEUE));
            Delivery::new(settings, signal, Arc::clone(&counts)).map(|delivery| (delivery, counts))
        };
        let mut telemetry = Self {
            traces: None,
            logs: None,
        };
        if settings.traces {
            let (delivery, counts) = delivery(spans::SIGNAL)?;
            let sampled = f64::from(settings.sampled_per_thousand) / 1000.0;
            let provider = spans::provider(delivery, Arc::clone(&counts), &resource, sampled);
            telemetry.traces = Some(Signal { provider, counts });
        }
        if settings.logs {
            let (delivery, counts) = delivery(logs::SIGNAL)?;
            let provider = logs::provider(delivery, Arc::clone(&counts), &resource);
            telemetry.logs = Some(Signal { provider, counts });
        }
        Ok(telemetry)
    }

    /// Whether requests are to make spans.
    pub fn has_traces(&self) -> bool {
        self.traces.is_some()
    }

    /// What takes spans to the collector.
    pub(crate) fn spans<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let traces = self.traces.as_ref()?;
        Some(spans::layer(traces.provider.tracer(SCOPE)))
    }

    /// What takes events to the collector.
    pub(crate) fn events<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let logs = self.logs.as_ref()?;
        Some(logs::EventLayer::new(logs.provider.logger(SCOPE)))
    }

    /// What became of each signal until now.
    pub(crate) fn numbers(&self) -> Vec<TelemetryNumbers> {
        self.counts().map(Counts::numbers).collect()
    }

    /// Sends what waits and ends, within this long and within two seconds. What comes later is lost.
    pub fn finish(&self, longest: Duration) {
        let longest = longest.min(LONGEST_END);
        // Each may have to wait for the same collector.
        thread::scope(|scope| {
            // What is not sent by then is counted below.
            scope.spawn(|| {
                let traces = self.traces.as_ref();
                traces.map(|traces| traces.provider.shutdown_with_timeout(longest))
            });
            if let Some(logs) = &self.logs {
                let _ = logs.provider.shutdown_with_timeout(longest);
            }
        });
        for counts in self.counts() {
            counts.end();
        }
    }

    fn counts(&self) -> impl Iterator<Item = &Counts> {
        let traces = self.traces.iter().map(|signal| &*signal.counts);
        traces.chain(self.logs.iter().map(|signal| &*signal.counts))
    }
}

/// Who says so, in the words of OpenTelemetry.
const SCOPE: &str = "latchkey";

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry")
            .field("numbers", &self.numbers())
            .finish_non_exhaustive()
    }
}
