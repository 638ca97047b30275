//! `/healthz`: the process answers. `/readyz`: and its database does.
//!
//! That the portal's environment can be reached is not asked for: it would take every node out of
//! service at once, when what people need then is the page that says so. Both answer under any host
//! name, since a prober uses the node's address.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use db::Db;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

/// What readiness depends on.
#[derive(Clone, Debug)]
pub struct Readiness {
    db: Db,
    stopping: Arc<AtomicBool>,
}

impl Readiness {
    /// Ready while this database answers.
    pub fn new(db: Db) -> Self {
        Self {
            db,
            stopping: Arc::default(),
        }
    }

    /// Not ready any more: the process is ending.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// The two routes.
pub(crate) fn routes(readiness: Readiness) -> Router {
    Router::new()
        .route("/healthz", get(async || plain(StatusCode::OK, "ok\n")))
        .route("/readyz", get(ready))
        .with_state(readiness)
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    if readiness.stopping.load(Ordering::Relaxed) {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match readiness.db.check().await {
        Ok(()) => plain(StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the database does not answer"
            );
            plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer\n",
            )
        }
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, text).into_response()
}
