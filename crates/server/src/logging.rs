//! The log: lines on standard error, for people or as JSON.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use crate::config::settings::{Log, LogFormat};

/// Starts logging. A second call in the same process changes nothing, as when tests start several
/// servers.
pub fn start(log: &Log) {
    // PostgreSQL's notices speak to whoever writes its SQL. A filter of one's own comes later and wins.
    let filter = format!("tokio_postgres=warn,{}", log.filter);
    let filter = EnvFilter::builder().parse_lossy(filter);
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    // The only way to fail is that somebody was first.
    let _ = match log.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}
