//! The log: lines on standard error, for people or as JSON.

mod lines;

use std::io::{self, IsTerminal as _};
use std::panic;
use std::sync::OnceLock;

use tracing_subscriber::EnvFilter;

use self::lines::Lines;
use crate::config::settings::{Log, LogFormat};

static LINES: OnceLock<Lines> = OnceLock::new();

/// Writes the last lines when it is dropped: hold it until the program ends.
#[derive(Debug)]
#[must_use = "the last lines are lost without it"]
pub struct UntilTheEnd(());

impl Drop for UntilTheEnd {
    fn drop(&mut self) {
        flush();
    }
}

/// Starts logging. A second call in the same process changes nothing, as when tests start several
/// servers.
pub fn start(log: &Log) -> UntilTheEnd {
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
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter(&log.filter))
        .with_writer(lines.clone())
        .with_ansi(io::stderr().is_terminal());
    // The only way to fail is that somebody was first.
    let _ = match log.format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    };
    UntilTheEnd(())
}

/// Writes the lines that wait for others: before the program ends without returning.
pub fn flush() {
    if let Some(lines) = LINES.get() {
        lines.flush();
    }
}

/// PostgreSQL's notices speak to whoever writes its SQL, so they are left out unless somebody asks for
/// them: what is configured comes later and wins.
fn filter(configured: &str) -> EnvFilter {
    EnvFilter::builder().parse_lossy(format!("tokio_postgres=warn,{configured}"))
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
