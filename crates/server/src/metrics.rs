//! `GET /metrics`, on a port of its own: how busy the program is and what it did, in the text format
//! that Prometheus reads ([OpenMetrics 1.0](https://prometheus.io/docs/specs/om/open_metrics_spec/)).
//!
//! Requests are counted as they are answered ([`Traffic`]); everything else is asked of the servers
//! when somebody reads. What each number means stands in docs/metrics.md.

mod snapshot;

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use platform::Clock;
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use self::snapshot::Snapshot;
use crate::audit_log::AuditLog;
use crate::control::Stage;
use crate::health::Readiness;
use crate::telemetry::Telemetry;
use crate::traffic::Traffic;

/// All names begin with it.
const PREFIX: &str = "latchkey";

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the numbers are asked of.
pub(crate) struct Sources {
    pub(crate) stage: Arc<Stage>,
    pub(crate) readiness: Readiness,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) audit_log: Arc<AuditLog>,
    pub(crate) telemetry: Option<Arc<Telemetry>>,
}

/// The router of the port.
pub(crate) fn router(sources: Sources, traffic: &Traffic) -> Router {
    let mut registry = Registry::with_prefix(PREFIX);
    traffic.register(&mut registry);
    Router::new()
        .route("/metrics", get(answer))
        .with_state(Arc::new((sources, registry)))
}

async fn answer(State(state): State<Arc<(Sources, Registry)>>) -> Response {
    let (sources, traffic) = &*state;
    let snapshot = Snapshot::take(sources).await;
    if let Ok(text) = write(traffic, snapshot) {
        let headers = [(CONTENT_TYPE, OPENMETRICS), (CACHE_CONTROL, "no-store")];
        return (headers, text).into_response();
    }
    tracing::error!("the metrics could not be written");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn write(traffic: &Registry, snapshot: Snapshot) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix(PREFIX);
    snapshot.register(&mut registry);
    let mut written = String::new();
    text::encode_registry(&mut written, traffic)?;
    text::encode_registry(&mut written, &registry)?;
    text::encode_eof(&mut written)?;
    Ok(written)
}
