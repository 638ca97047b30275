//! Traces: a span for each request that comes in, and one for each call of the SDK that goes out.

use std::borrow::Cow;
use std::future::{Future, ready};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{Context, Key, KeyValue, Value};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, Span as SdkSpan,
    SpanData, SpanEvents, SpanExporter, SpanLimits, SpanProcessor,
};
use platform::net::RequestId;
use tracing::field::Empty;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use super::counts::Counts;
use super::delivery::Delivery;
use super::{BATCH, PATIENCE, QUEUE};
use crate::traffic;

pub(super) const SIGNAL: &str = "traces";

/// Spans of requests that came in have this target, which the log leaves out.
pub(crate) const REQUEST: &str = "latchkey::request";

/// Spans of the SDK's calls have this one.
const CALL: &str = "pingone::transport";

/// A method that no route knows
/// ([conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/)).
const OTHER: &str = "_OTHER";

/// What is told of a span, in the words of OpenTelemetry: everything else stays here, whatever
/// somebody adds to a span.
const TOLD: [(&str, &str); 11] = [
    ("client.address", "client.address"),
    ("http.request.method", "http.request.method"),
    ("http.response.status_code", "http.response.status_code"),
    ("http.route", "http.route"),
    ("latchkey.request_id", "latchkey.request_id"),
    ("latchkey.server", "latchkey.server"),
    // Of the SDK's span.
    ("attempts", "pingone.attempts"),
    ("method", "http.request.method"),
    ("path", "url.template"),
    ("pingone.id", "pingone.id"),
    ("status", "http.response.status_code"),
];

/// The span of a request that came in.
#[derive(Clone, Debug)]
pub struct RequestSpan(Span);

impl RequestSpan {
    /// No span, where requests are not traced.
    pub fn none() -> Self {
        Self(Span::none())
    }

    /// Begins one. `followed` holds the headers of a request whose sender is believed: the trace that
    /// they name is gone on with.
    pub fn begin(
        server: &'static str,
        id: RequestId,
        client: IpAddr,
        method: &Method,
        followed: Option<&HeaderMap>,
    ) -> Self {
        let span = tracing::info_span!(
            target: REQUEST,
            "request",
            otel.kind = "server",
            otel.status_code = Empty,
            client.address = %client,
            http.request.method = match traffic::method_name(method) {
                "other" => OTHER,
                name => name,
            },
            http.response.status_code = Empty,
            http.route = Empty,
            latchkey.request_id = %id,
            latchkey.server = server,
        );
        if let Some(headers) = followed {
            let parent = TraceContextPropagator::new()
                .extract_with_context(&Context::new(), &Incoming(headers));
            // Fails where no collector is configured, and then there is nothing to go on with.
            let _ = span.set_parent(parent);
        }
        Self(span)
    }

    /// What belongs to the request is done within.
    pub fn span(&self) -> &Span {
        &self.0
    }

    /// Says how it ended.
    pub fn answered(&self, route: Option<&str>, status: StatusCode) {
        if self.0.is_disabled() {
            return;
        }
        if let Some(route) = route {
            self.0.record("http.route", route);
        }
        self.0.record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            self.0.record("otel.status_code", "ERROR");
        }
    }
}

/// Names the present span in the headers of a request that goes out, as
/// [Trace Context](https://www.w3.org/TR/trace-context/) has it; nothing where there is none.
pub fn pass_on(headers: &mut HeaderMap) {
    let context = Span::current().context();
    TraceContextPropagator::new().inject_context(&context, &mut Outgoing(headers));
}

struct Incoming<'a>(&'a HeaderMap);

impl Extractor for Incoming<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

struct Outgoing<'a>(&'a mut HeaderMap);

impl Injector for Outgoing<'_> {
    fn set(&mut self, key: &str, value: String) {
        let name = HeaderName::from_bytes(key.as_bytes());
        // An empty `tracestate` says nothing.
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value))
            && !value.is_empty()
        {
            self.0.insert(name, value);
        }
    }
}

/// Takes the two kinds of spans to the collector, and no others.
pub(super) fn layer<S>(tracer: SdkTracer) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_level(false)
        .with_location(false)
        .with_target(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(|metadata| {
            metadata.is_span() && [REQUEST, CALL].contains(&metadata.target())
        }))
}

pub(super) fn provider(
    delivery: Delivery,
    counts: Arc<Counts>,
    resource: &Resource,
    sampled: f64,
) -> SdkTracerProvider {
    let exporter = Exporter {
        delivery,
        resource: resource.into(),
    };
    // All of it is set, so that no environment variable decides.
    let config = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(PATIENCE)
        .build();
    let batches = BatchSpanProcessor::builder(exporter).with_batch_config(config);
    let sampler = Sampler::TraceIdRatioBased(sampled);
    SdkTracerProvider::builder()
        .with_span_processor(Counted {
            batches: batches.build(),
            counts,
        })
        .with_sampler(Sampler::ParentBased(Box::new(sampler)))
        .with_span_limits(SpanLimits::default())
        .with_resource(resource.clone())
        .build()
}

/// Lets no more into the SDK's queue than has room there: what it drops by itself nobody could count.
#[derive(Debug)]
struct Counted {
    batches: BatchSpanProcessor,
    counts: Arc<Counts>,
}

impl SpanProcessor for Counted {
    fn on_start(&self, span: &mut SdkSpan, context: &Context) {
        self.batches.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() && self.counts.admit() {
            self.batches.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batches.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.batches.shutdown_with_timeout(timeout)
    }
}

#[derive(Debug)]
struct Exporter {
    delivery: Delivery,
    resource: ResourceAttributesWithSchema,
}

impl SpanExporter for Exporter {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        let number = batch.len();
        let spans = batch.into_iter().map(told).collect();
        let request = ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(spans, &self.resource),
        };
        let rejected = |answer: ExportTraceServiceResponse| {
            let partial = answer.partial_success;
            partial.map_or(0, |partial| partial.rejected_spans)
        };
        ready(self.delivery.send(number, &request, rejected))
    }
}

/// What is told of a span.
fn told(mut span: SpanData) -> SpanData {
    if span.name == "pingone" {
        span.span_kind = SpanKind::Client;
    }
    let attributes = span.attributes.drain(..).filter_map(|attribute| {
        let told = TOLD
            .iter()
            .find(|(name, _)| *name == attribute.key.as_str());
        told.map(|(_, word)| KeyValue::new(*word, number(word, attribute.value)))
    });
    span.attributes = attributes.collect();
    span.name = name(&span);
    // What is said meanwhile comes by the log.
    span.events = SpanEvents::default();
    if let Status::Error { description } = &mut span.status {
        *description = Cow::Borrowed("");
    }
    span
}

/// What is a number in the words of OpenTelemetry, though a text came: `tracing` has numbers that it
/// does not know.
fn number(word: &str, value: Value) -> Value {
    let is_number = ["http.response.status_code", "pingone.attempts"].contains(&word);
    let parsed = value.as_str().parse::<i64>().ok().filter(|_| is_number);
    parsed.map_or(value, Value::I64)
}

/// Method and route, or method and path without ids: never a path as it came.
fn name(span: &SpanData) -> Cow<'static, str> {
    let find = |key: &'static str| {
        let key = Key::from_static_str(key);
        let found = span.attributes.iter().find(|found| found.key == key);
        match found.map(|found| &found.value) {
            Some(Value::String(text)) => Some(text.as_str()),
            _ => None,
        }
    };
    let method = find("http.request.method").filter(|method| *method != OTHER);
    let method = method.unwrap_or("HTTP");
    match find("http.route").or_else(|| find("url.template")) {
        Some(route) => format!("{method} {route}").into(),
        None => method.to_owned().into(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use opentelemetry::InstrumentationScope;
    use opentelemetry::trace::{Event, SpanContext, SpanId};
    use opentelemetry_sdk::trace::SpanLinks;

    use super::*;

    fn span(name: &'static str, attributes: &[(&'static str, &'static str)]) -> SpanData {
        let attributes = attributes.iter();
        let attributes = attributes.map(|(key, value)| KeyValue::new(*key, *value));
        let mut events = SpanEvents::default();
        events.events = vec![Event::with_name("hush")];
        SpanData {
            span_context: SpanContext::empty_context(),
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: name.into(),
            start_time: SystemTime::UNIX_EPOCH,
            end_time: SystemTime::UNIX_EPOCH,
            attributes: attributes.collect(),
            dropped_attributes_count: 0,
            events,
            links: SpanLinks::default(),
            status: Status::error("hush"),
            instrumentation_scope: InstrumentationScope::builder("test").build(),
        }
    }

    #[test]
    fn a_span_tells_what_is_listed_and_nothing_else() {
        let call = told(span(
            "pingone",
            &[
                ("method", "POST"),
                ("path", "…/as/token"),
                ("media_type", "hush"),
                ("password", "hush"),
                ("http.request.header.cookie", "hush"),
                ("status", "200"),
            ],
        ));
        assert_eq!(call.name, "POST …/as/token");
        assert_eq!(call.span_kind, SpanKind::Client);
        let expected = [
            KeyValue::new("http.request.method", "POST"),
            KeyValue::new("url.template", "…/as/token"),
            KeyValue::new("http.response.status_code", 200),
        ];
        assert_eq!(call.attributes, expected);
        assert_eq!(call.status, Status::error(""));
        assert!(!format!("{call:?}").contains("hush"), "{call:?}");
    }

    #[test]
    fn a_request_without_a_route_is_named_by_its_method_alone() {
        let named = |method| told(span("request", &[("http.request.method", method)])).name;
        assert_eq!(named("GET"), "GET");
        assert_eq!(named(OTHER), "HTTP");
    }
}
