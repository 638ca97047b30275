//! The log: each event that comes into it, with the trace that it belongs to.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Debug;
use std::future::{Future, ready};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::logs::{AnyValue, LogRecord, Logger, Severity};
use opentelemetry::{InstrumentationScope, Key};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{
    BatchConfigBuilder, BatchLogProcessor, LogBatch, LogExporter, LogProcessor, SdkLogRecord,
    SdkLogger, SdkLoggerProvider,
};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use ui::chain_of_causes;

use super::counts::Counts;
use super::delivery::Delivery;
use super::{BATCH, PATIENCE, QUEUE};

pub(super) const SIGNAL: &str = "logs";

/// Makes a record of each event. The crate that OpenTelemetry has for this leaves the causes of
/// errors out, which are what an operator looks for.
pub(super) struct EventLayer {
    logger: SdkLogger,
}

impl EventLayer {
    pub(super) fn new(logger: SdkLogger) -> Self {
        Self { logger }
    }
}

impl<S> Layer<S> for EventLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        // A line of a crate that logs without `tracing` comes as an event of the bridge's.
        let (target, level) = match event.normalized_metadata() {
            Some(line) => (Cow::Owned(line.target().to_owned()), *line.level()),
            None => (
                Cow::Borrowed(event.metadata().target()),
                *event.metadata().level(),
            ),
        };
        let (severity, text) = severity(level);
        let mut record = self.logger.create_log_record();
        record.set_target(target);
        record.set_severity_number(severity);
        record.set_severity_text(text);
        #[expect(
            clippy::disallowed_methods,
            reason = "as the log's own lines: nothing is decided by the time"
        )]
        record.set_timestamp(SystemTime::now());
        event.record(&mut Fields(&mut record));
        self.logger.emit(record);
    }
}

fn severity(level: Level) -> (Severity, &'static str) {
    match level {
        Level::ERROR => (Severity::Error, "ERROR"),
        Level::WARN => (Severity::Warn, "WARN"),
        Level::INFO => (Severity::Info, "INFO"),
        Level::DEBUG => (Severity::Debug, "DEBUG"),
        Level::TRACE => (Severity::Trace, "TRACE"),
    }
}

/// Writes an event's fields into a record as the log's lines have them.
struct Fields<'r>(&'r mut SdkLogRecord);

impl Fields<'_> {
    fn add(&mut self, field: &Field, value: impl Into<AnyValue>) {
        match field.name() {
            "message" => self.0.set_body(value.into()),
            // Where a line of another crate's log came from.
            name if name.starts_with("log.") => {}
            name => self.0.add_attribute(Key::new(name), value),
        }
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.to_owned());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.add(field, value),
            Err(_) => self.add(field, value.to_string()),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.add(field, chain_of_causes(value).join(": "));
    }
}

pub(super) fn provider(
    delivery: Delivery,
    counts: Arc<Counts>,
    resource: &Resource,
) -> SdkLoggerProvider {
    let exporter = Exporter {
        delivery,
        resource: resource.into(),
    };
    let config = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(PATIENCE)
        .build();
    let batches = BatchLogProcessor::builder(exporter).with_batch_config(config);
    SdkLoggerProvider::builder()
        .with_log_processor(Counted {
            batches: batches.build(),
            counts,
        })
        .with_resource(resource.clone())
        .build()
}

/// Lets no more into the SDK's queue than has room there: what it drops by itself nobody could count.
#[derive(Debug)]
struct Counted {
    batches: BatchLogProcessor,
    counts: Arc<Counts>,
}

impl LogProcessor for Counted {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        if self.counts.admit() {
            self.batches.emit(record, scope);
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

impl LogExporter for Exporter {
    fn export(&self, batch: LogBatch<'_>) -> impl Future<Output = OTelSdkResult> + Send {
        let number = batch.iter().count();
        let request = ExportLogsServiceRequest {
            resource_logs: group_logs_by_resource_and_scope(&batch, &self.resource),
        };
        let rejected = |answer: ExportLogsServiceResponse| {
            let partial = answer.partial_success;
            partial.map_or(0, |partial| partial.rejected_log_records)
        };
        ready(self.delivery.send(number, &request, rejected))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use opentelemetry::logs::LoggerProvider as _;
    use tracing_log::log::Record;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// Keeps what it gets.
    #[derive(Clone, Debug, Default)]
    struct Kept(Arc<Mutex<Vec<SdkLogRecord>>>);

    impl LogProcessor for Kept {
        fn emit(&self, record: &mut SdkLogRecord, _: &InstrumentationScope) {
            self.0.lock().unwrap().push(record.clone());
        }

        fn force_flush(&self) -> OTelSdkResult {
            Ok(())
        }

        fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
            Ok(())
        }
    }

    #[test]
    fn a_line_of_a_crate_without_tracing_has_the_target_and_the_level_that_it_was_written_with() {
        let kept = Kept::default();
        let provider = SdkLoggerProvider::builder().with_log_processor(kept.clone());
        let layer = EventLayer::new(provider.build().logger("test"));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let mut line = Record::builder();
            line.target("another::crate")
                .level(tracing_log::log::Level::Warn);
            let line = line.args(format_args!("it rains")).build();
            tracing_log::format_trace(&line).unwrap();
        });
        let records = kept.0.lock().unwrap();
        let record = records.first().unwrap();
        assert_eq!(record.target().map(AsRef::as_ref), Some("another::crate"));
        assert_eq!(record.severity_number(), Some(Severity::Warn));
        assert_eq!(record.body(), Some(&AnyValue::from("it rains")));
        assert_eq!(record.attributes_iter().count(), 0);
    }

    #[derive(Debug, thiserror::Error)]
    #[error("it did not work")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn a_line_keeps_its_fields_and_an_error_its_causes() {
        let kept = Kept::default();
        let provider = SdkLoggerProvider::builder().with_log_processor(kept.clone());
        let layer = EventLayer::new(provider.build().logger("test"));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let error = Outer(std::io::Error::other("the disk is full"));
            let error = &error as &dyn Error;
            tracing::error!(target: "latchkey::test", error, n = 7, large = u64::MAX, "oh {}", "no");
        });
        let records = kept.0.lock().unwrap();
        let record = records.first().unwrap();
        assert_eq!(record.severity_number(), Some(Severity::Error));
        assert_eq!(record.target().map(AsRef::as_ref), Some("latchkey::test"));
        assert_eq!(record.body(), Some(&AnyValue::from("oh no")));
        let find = |key| {
            let mut found = record.attributes_iter();
            found.find_map(|(name, value)| (name.as_str() == key).then_some(value))
        };
        let error = "it did not work: the disk is full";
        assert_eq!(find("error"), Some(&AnyValue::from(error)));
        assert_eq!(find("n"), Some(&AnyValue::from(7_i64)));
        assert_eq!(find("large"), Some(&AnyValue::from("18446744073709551615")));
    }
}
