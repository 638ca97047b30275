//! The log: lines on standard error, for people or as JSON, and for a collector where there is one.

mod lines;

use std::io::{self, IsTerminal as _};
use std::panic;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt, registry};

use self::lines::Lines;
use crate::config::settings::{Log, LogFormat};
use crate::telemetry::{REQUEST, Telemetry};

static LINES: OnceLock<Lines> = OnceLock::new();

/// Writes the last lines when it is dropped, and sends them: hold it until the program ends.
#[derive(Debug)]
#[must_use = "the last lines are lost without it"]
pub struct UntilTheEnd {
    telemetry: Option<Arc<Telemetry>>,
    longest: Duration,
}

impl UntilTheEnd {
    /// Writes and sends them now, within this long.
    pub(crate) fn end(mut self, longest: Duration) {
        self.longest = longest;
    }
}

impl Drop for UntilTheEnd {
    fn drop(&mut self) {
        if let Some(telemetry) = &self.telemetry {
            telemetry.finish(self.longest);
        }
        flush();
    }
}

/// Starts logging, and tracing where there is a collector. A second call in the same process changes
/// nothing, as when tests start several servers.
pub fn start(log: &Log, telemetry: Option<Arc<Telemetry>>) -> UntilTheEnd {
    let lines = LINES.get_or_init(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if let Some(lines) = LINES.get() {
                lines.try_flush();
            }
            before(panic);
        }));
        Lines::to(io::stderr())
    });
    // The only way to fail is that somebody was first.
    let _ = match &telemetry {
        None => alone(log, lines),
        Some(telemetry) => beside(telemetry, log, lines),
    };
    UntilTheEnd {
        telemetry,
        longest: Duration::MAX,
    }
}

type Started = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Lines, and nothing else.
fn alone(log: &Log, lines: &Lines) -> Started {
    let subscriber = fmt()
        .with_env_filter(filter(&log.filter))
        .with_writer(lines.clone())
        .with_ansi(io::stderr().is_terminal());
    match log.format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    }
}

/// The same lines, and what the collector wants.
fn beside(telemetry: &Telemetry, log: &Log, lines: &Lines) -> Started {
    let written = fmt::layer()
        .with_writer(lines.clone())
        .with_ansi(io::stderr().is_terminal());
    let written = match log.format {
        LogFormat::Text => written.boxed(),
        LogFormat::Json => written.json().flatten_event(true).boxed(),
    };
    let sent = telemetry.events();
    let sent = sent.map(|events| events.with_filter(filter(&log.filter)));
    registry()
        .with(written.with_filter(filter(&log.filter)))
        .with(sent)
        .with(telemetry.spans())
        .try_init()?;
    Ok(())
}

/// Writes the lines that wait for others: before the program ends without returning.
pub fn flush() {
    if let Some(lines) = LINES.get() {
        lines.flush();
    }
}

/// PostgreSQL's notices speak to whoever writes its SQL, so they are left out unless somebody asks for
/// them: what is configured comes later and wins. Spans of requests are for a collector.
fn filter(configured: &str) -> EnvFilter {
    EnvFilter::builder().parse_lossy(format!("tokio_postgres=warn,{REQUEST}=off,{configured}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_of_the_database_are_logged_only_when_asked_for() {
        let usual = filter("info").to_string();
        assert!(usual.contains("tokio_postgres=warn"), "{usual}");
        let asked = filter("info,tokio_postgres=info").to_string();
        assert!(asked.contains("tokio_postgres=info"), "{asked}");
        assert!(!asked.contains("tokio_postgres=warn"), "{asked}");
    }
}
