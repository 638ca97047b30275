//! How busy everything is at one moment, and what it came to until then.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use db::Load;
use idp::{Numbers, Outbox};
use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tokio::time::timeout;

use super::Sources;
use crate::audit_log::{AuditLogNumbers, Followed};
use crate::telemetry::{Telemetry, TelemetryNumbers};

/// A database that does not count what waits in this time is not waited for: the other numbers are
/// needed most just then.
const LONGEST_COUNT: Duration = Duration::from_secs(3);

const ENVIRONMENT: &str = "idp";
const PORTAL: &str = "portal";

/// Names and values of labels, of a closed set each.
type Labels = Vec<(&'static str, &'static str)>;

type Counts = Family<Labels, Counter>;
type Gauges = Family<Labels, Gauge>;
type Seconds = Family<Labels, Gauge<f64, AtomicU64>>;

/// How busy everything is at one moment.
pub(super) struct Snapshot {
    is_ready: bool,
    load: Load,
    environment: Option<Numbers>,
    /// None where there is no environment, or its database does not answer.
    outboxes: Vec<Outbox>,
    portal: Option<portal::Numbers>,
    audit_log: Vec<AuditLogNumbers>,
    telemetry: Vec<TelemetryNumbers>,
    now: Timestamp,
}

impl Snapshot {
    /// Asks everything that plays.
    pub(super) async fn take(sources: &Sources) -> Self {
        let is_ready = sources.readiness.is_ready().await;
        let stage = &sources.stage;
        let idp = stage.idp();
        let mut outboxes = Vec::new();
        if let Some(idp) = &idp {
            match timeout(LONGEST_COUNT, idp.outboxes()).await {
                Ok(Ok(counted)) => outboxes.extend(counted),
                Ok(Err(error)) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what waits in the outboxes could not be counted for the metrics"
                ),
                Err(_) => tracing::warn!(
                    "what waits in the outboxes was not counted for the metrics: the database does \
                     not answer in time"
                ),
            }
        }
        let telemetry = sources.telemetry.as_deref();
        Self {
            is_ready,
            load: stage.load(),
            environment: idp.map(|idp| idp.numbers()),
            outboxes,
            portal: stage.portal_numbers(),
            audit_log: sources.audit_log.numbers(),
            telemetry: telemetry.map(Telemetry::numbers).unwrap_or_default(),
            now: sources.clock.now(),
        }
    }

    /// Names the metrics, with their values.
    pub(super) fn register(self, registry: &mut Registry) {
        let build = vec![
            ("version", env!("CARGO_PKG_VERSION")),
            ("engine", self.load.engine),
        ];
        registry.register("build", "The program and its database", Info::new(build));
        let ready = Gauge::<i64>::default();
        ready.set(self.is_ready.into());
        registry.register("ready", "Whether /readyz answers 200", ready);
        self.register_database(registry);
        self.register_parts(registry);
        if let Some(numbers) = &self.environment {
            register_environment(registry, numbers);
            self.register_outboxes(registry);
        }
        for numbers in self.audit_log {
            register_audit_log(registry, numbers);
        }
        if !self.telemetry.is_empty() {
            register_telemetry(registry, &self.telemetry);
        }
    }

    fn register_database(&self, registry: &mut Registry) {
        let most = Gauge::<i64>::default();
        most.set(whole(self.load.most_connections));
        let name = "database_connections_max";
        registry.register(name, "Connections that may be open", most);
        let in_use = Gauge::<i64>::default();
        in_use.set(whole(self.load.in_use));
        let name = "database_connections_in_use";
        registry.register(name, "Connections that work at present", in_use);
        let waiting = Gauge::<i64>::default();
        waiting.set(whole(self.load.waiting));
        let help = "Calls that wait for a connection (SQLite: writes that wait for a commit)";
        registry.register("database_waiting", help, waiting);
    }

    /// What both servers have.
    fn register_parts(&self, registry: &mut Registry) {
        let (tasks, lookups) = (Gauges::default(), Counts::default());
        let (runs, failures, last) = (Counts::default(), Counts::default(), Seconds::default());
        let environment = self.environment.iter().map(|numbers| {
            let Numbers { caches, jobs, .. } = numbers;
            (
                ENVIRONMENT,
                numbers.background_tasks,
                &caches[..],
                &jobs[..],
            )
        });
        let portal = self.portal.iter().map(|numbers| {
            let portal::Numbers { caches, jobs, .. } = numbers;
            (PORTAL, numbers.background_tasks, &caches[..], &jobs[..])
        });
        for (server, under_way, caches, jobs) in environment.chain(portal) {
            let server = ("server", server);
            tasks.get_or_create(&vec![server]).set(whole(under_way));
            for (cache, counts) in caches {
                for (result, number) in [("hit", counts.hits), ("miss", counts.misses)] {
                    let labels = vec![server, ("cache", cache), ("result", result)];
                    lookups.get_or_create(&labels).inc_by(number);
                }
            }
            for (job, counts) in jobs {
                // Not `job`: to Prometheus that is what it scrapes.
                let labels = vec![server, ("task", job)];
                runs.get_or_create(&labels).inc_by(counts.runs);
                failures.get_or_create(&labels).inc_by(counts.failures);
                if let Some(at) = counts.last_success {
                    let at = at.as_duration().as_secs_f64();
                    last.get_or_create(&labels).set(at);
                }
            }
        }
        let help = "Tasks under way that no answer waits for";
        registry.register("background_tasks", help, tasks);
        let help = "How often what is kept in memory was asked for, and there";
        registry.register("cache_lookups", help, lookups);
        let help = "How often a job was done, failures included";
        registry.register("job_runs", help, runs);
        registry.register("job_failures", "How often a job failed", failures);
        let help = "When a job was last done without failing, by the servers' clock";
        registry.register("job_last_success_timestamp_seconds", help, last);
    }

    fn register_outboxes(&self, registry: &mut Registry) {
        let (waiting, oldest) = (Gauges::default(), Seconds::default());
        for outbox in &self.outboxes {
            let labels = vec![("outbox", outbox.name)];
            let number = i64::try_from(outbox.waiting).unwrap_or(i64::MAX);
            waiting.get_or_create(&labels).set(number);
            let age = outbox.since.map(|since| self.now.duration_since(since));
            let age = age.map_or(0.0, |age| age.as_secs_f64().max(0.0));
            oldest.get_or_create(&labels).set(age);
        }
        registry.register("outbox_waiting", "What waits to be sent", waiting);
        let help = "How long the oldest of what waits has waited";
        registry.register("outbox_oldest_seconds", help, oldest);
    }
}

/// What the environment alone has.
fn register_environment(registry: &mut Registry, numbers: &Numbers) {
    let hashing = numbers.hashing;
    for (name, help, number) in [
        (
            "hashing_running",
            "Password hashes that are being computed",
            hashing.running,
        ),
        (
            "hashing_running_max",
            "Password hashes that are computed at once at most",
            hashing.most_running,
        ),
        (
            "hashing_waiting",
            "Password hashes that wait to be computed",
            hashing.waiting,
        ),
    ] {
        let gauge = Gauge::<i64>::default();
        gauge.set(whole(number));
        registry.register(name, help, gauge);
    }
    let refused: Counter = Counter::default();
    refused.inc_by(hashing.refused);
    let help = "Password hashes that were turned away because too many waited";
    registry.register("hashing_refused", help, refused);

    let sign_ons = Counts::default();
    for (result, number) in numbers.sign_ons {
        let labels = vec![("result", result)];
        sign_ons.get_or_create(&labels).inc_by(number);
    }
    let help = "Tries to sign on at the hosted pages or by the flow API, by how they ended";
    registry.register("sign_ons", help, sign_ons);

    let deliveries = Counts::default();
    for (outbox, results) in numbers.deliveries {
        for (result, number) in results {
            let labels = vec![("outbox", outbox), ("result", result)];
            deliveries.get_or_create(&labels).inc_by(number);
        }
    }
    let help = "Tries to send what waits, by how they ended";
    registry.register("outbox_deliveries", help, deliveries);
}

fn register_audit_log(registry: &mut Registry, numbers: AuditLogNumbers) {
    let entries = Counts::default();
    for (result, number) in [("lost", numbers.lost), ("written", numbers.written)] {
        let labels = vec![("result", result)];
        entries.get_or_create(&labels).inc_by(number);
    }
    let waiting = Gauge::<i64>::default();
    waiting.set(i64::try_from(numbers.waiting).unwrap_or(i64::MAX));
    let [(name, help), (name_of_waiting, help_of_waiting)] = match numbers.of {
        Followed::File => [
            (
                "audit_file_entries",
                "Entries of the audit log for its file, by what became of them",
            ),
            (
                "audit_file_waiting",
                "Entries of the audit log that are not yet in its file",
            ),
        ],
        Followed::Syslog => [
            (
                "audit_syslog_entries",
                "Entries of the audit log for syslog, by what became of them",
            ),
            (
                "audit_syslog_waiting",
                "Entries of the audit log that are not yet sent to syslog",
            ),
        ],
    };
    registry.register(name, help, entries);
    registry.register(name_of_waiting, help_of_waiting, waiting);
}

fn register_telemetry(registry: &mut Registry, signals: &[TelemetryNumbers]) {
    let (records, waiting) = (Counts::default(), Gauges::default());
    for numbers in signals {
        let signal = ("signal", numbers.signal);
        for (result, number) in [
            ("lost", numbers.lost),
            ("rejected", numbers.rejected),
            ("sent", numbers.sent),
        ] {
            let labels = vec![signal, ("result", result)];
            records.get_or_create(&labels).inc_by(number);
        }
        let labels = vec![signal];
        waiting.get_or_create(&labels).set(whole(numbers.waiting));
    }
    let help = "Spans and lines of the log for the OpenTelemetry collector, by what became of them";
    registry.register("telemetry_records", help, records);
    let help = "Spans and lines of the log that are not yet sent to the OpenTelemetry collector";
    registry.register("telemetry_waiting", help, waiting);
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
