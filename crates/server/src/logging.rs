//! The log: lines on standard error, for people or as JSON.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use crate::config::settings::{Log, LogFormat};

/// Starts logging. A second call in the same process changes nothing, as when tests start several
/// servers.
pub fn start(log: &Log) {
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter(&log.filter))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    // The only way to fail is that somebody was first.
    let _ = match log.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
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
