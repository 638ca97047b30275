//! `/healthz`: the process answers. `/readyz`: and its database takes what is written.
//!
//! That the portal's environment can be reached is not asked for: it would take every node out of
//! service at once, when what people need then is the page that says so. Both answer under any host
//! name, since a prober uses the node's address.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::installation::Installation;

/// What a probe found is good for this long: probes come from everywhere, and each one writes.
const FOUND_IS_GOOD_FOR: Duration = Duration::from_secs(2);

/// A database that takes longer is not ready.
const LONGEST_PROBE: Duration = Duration::from_secs(5);

/// What readiness depends on.
#[derive(Clone)]
pub struct Readiness {
    /// Whose database has to take what is written.
    installation: Arc<dyn Fn() -> Installation + Send + Sync>,
    stopping: Arc<AtomicBool>,
    found: Arc<Mutex<Option<(Instant, Found)>>>,
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness")
            .field("stopping", &self.stopping)
            .finish_non_exhaustive()
    }
}

/// What the last probe found.
#[derive(Clone, Copy, Debug)]
enum Found {
    Ready,
    Full,
    Unavailable,
}

impl Readiness {
    /// Ready while this installation's database can be written.
    pub fn new(installation: Installation) -> Self {
        Self {
            installation: Arc::new(move || installation.clone()),
            stopping: Arc::default(),
            found: Arc::default(),
        }
    }

    /// Ready while another database can be written, in the same process.
    pub(crate) fn of(&self, installation: Installation) -> Self {
        self.of_current(move || installation.clone())
    }

    /// Ready while the database can be written that is `current` when the probe comes.
    pub(crate) fn of_current(
        &self,
        current: impl Fn() -> Installation + Send + Sync + 'static,
    ) -> Self {
        Self {
            installation: Arc::new(current),
            stopping: Arc::clone(&self.stopping),
            found: Arc::default(),
        }
    }

    /// What a probe finds; one at a time, and none while the last one is good.
    async fn probe(&self) -> Found {
        let mut last = self.found.lock().await;
        if let Some((at, found)) = *last
            && at.elapsed() < FOUND_IS_GOOD_FOR
        {
            return found;
        }
        let installation = (self.installation)();
        let probe = installation.probe();
        let found = match tokio::time::timeout(LONGEST_PROBE, probe).await {
            Ok(Ok(())) => Found::Ready,
            Ok(Err(error)) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the database takes nothing"
                );
                if error.is_full() {
                    Found::Full
                } else {
                    Found::Unavailable
                }
            }
            Err(_) => {
                tracing::warn!("the database does not answer in time");
                Found::Unavailable
            }
        };
        *last = Some((Instant::now(), found));
        found
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
    match readiness.probe().await {
        Found::Ready => plain(StatusCode::OK, "ready\n"),
        Found::Full => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "the database's disk is full\n",
        ),
        Found::Unavailable => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer\n",
        ),
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use db::{Db, Statement};

    use super::*;

    async fn status(readiness: &Readiness) -> StatusCode {
        ready(State(readiness.clone())).await.status()
    }

    #[tokio::test]
    async fn a_node_whose_disk_is_full_is_not_ready_until_there_is_room() {
        let db = Db::sqlite_in_memory().unwrap();
        let readiness = Readiness::new(Installation::open(&db).await.unwrap());
        // SQLite's own limit stands for the disk's: no page can be added.
        let limit = Statement::new("PRAGMA max_page_count = 1");
        db.write(limit).await.unwrap();
        let full = ready(State(readiness.clone())).await;
        assert_eq!(full.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = axum::body::to_bytes(full.into_body(), 100).await.unwrap();
        assert_eq!(&body[..], b"the database's disk is full\n");

        let lifted = Statement::new("PRAGMA max_page_count = 100000");
        db.write(lifted).await.unwrap();
        assert_eq!(
            status(&readiness).await,
            StatusCode::SERVICE_UNAVAILABLE,
            "what was found is good for a moment"
        );
        tokio::time::pause();
        tokio::time::advance(FOUND_IS_GOOD_FOR).await;
        tokio::time::resume();
        assert_eq!(status(&readiness).await, StatusCode::OK);
        readiness.stop();
        assert_eq!(status(&readiness).await, StatusCode::SERVICE_UNAVAILABLE);
    }
}
