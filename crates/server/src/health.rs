//! `/healthz`: the process answers. `/readyz`: and its database takes what is written; a line for each
//! part says whether something is missing there, though it keeps nobody from signing on.
//!
//! That the portal's environment can be reached is not asked for: it would take every node out of
//! service at once, when what people need then is the page that says so. Both answer under any host
//! name, since a prober uses the node's address.

use std::fmt::{self, Write as _};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
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

/// What may be missing of a part of the servers, in words without a secret or a number: probes are
/// answered to everybody.
pub(crate) type Part = (&'static str, Option<&'static str>);

type Parts = Pin<Box<dyn Future<Output = Vec<Part>> + Send>>;

/// What readiness depends on.
#[derive(Clone)]
pub struct Readiness {
    /// Whose database has to take what is written.
    installation: Arc<dyn Fn() -> Installation + Send + Sync>,
    stopping: Arc<AtomicBool>,
    /// Whether the keyring's file was changed to one that cannot be used.
    is_keyring_spoilt: Arc<AtomicBool>,
    /// What else is looked at, once there is something.
    parts: Arc<OnceLock<Box<dyn Fn() -> Parts + Send + Sync>>>,
    found: Arc<Mutex<Option<(Instant, Answer)>>>,
}

/// What a probe found, and what may be missing beside.
#[derive(Clone, Debug)]
struct Answer {
    found: Found,
    parts: Vec<Part>,
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness")
            .field("stopping", &self.stopping)
            .finish_non_exhaustive()
    }
}

/// What the last probe found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
            is_keyring_spoilt: Arc::default(),
            parts: Arc::default(),
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
            is_keyring_spoilt: Arc::clone(&self.is_keyring_spoilt),
            parts: Arc::clone(&self.parts),
            found: Arc::default(),
        }
    }

    /// Says what else to look at, once.
    pub(crate) fn look_at<F>(&self, parts: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Vec<Part>> + Send + 'static,
    {
        // It is told once, at the start.
        let _ = self.parts.set(Box::new(move || Box::pin(parts())));
    }

    /// Notes whether the keyring's file can be used as it is now.
    pub(crate) fn note_keyring(&self, is_good: bool) {
        self.is_keyring_spoilt.store(!is_good, Ordering::Relaxed);
    }

    /// What a probe finds; one at a time, and none while the last one is good.
    async fn probe(&self) -> Answer {
        let mut last = self.found.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < FOUND_IS_GOOD_FOR
        {
            return answer.clone();
        }
        let found = self.probe_database().await;
        let answer = Answer {
            found,
            parts: self.others(found).await,
        };
        *last = Some((Instant::now(), answer.clone()));
        answer
    }

    /// What may be missing beside the database. Nothing is asked of one that does not answer.
    async fn others(&self, found: Found) -> Vec<Part> {
        let is_spoilt = self.is_keyring_spoilt.load(Ordering::Relaxed);
        let spoilt = "its file was changed and cannot be used; the keys from before stay in use";
        let mut parts = vec![("keyring", is_spoilt.then_some(spoilt))];
        if let Some(others) = self.parts.get().filter(|_| found == Found::Ready) {
            match tokio::time::timeout(LONGEST_PROBE, others()).await {
                Ok(others) => parts.extend(others),
                Err(_) => parts.push(("outboxes", Some("could not be looked at in time"))),
            }
        }
        parts
    }

    async fn probe_database(&self) -> Found {
        let installation = (self.installation)();
        let probe = installation.probe();
        match tokio::time::timeout(LONGEST_PROBE, probe).await {
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
        }
    }

    /// Whether `/readyz` would say so now.
    pub(crate) async fn is_ready(&self) -> bool {
        !self.stopping.load(Ordering::Relaxed) && self.probe().await.found == Found::Ready
    }

    /// Not ready any more: the process is ending.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// The two routes.
pub(crate) fn routes(readiness: Readiness) -> Router {
    Router::new()
        .route(
            "/healthz",
            get(async || plain(StatusCode::OK, "ok\n".to_owned())),
        )
        .route("/readyz", get(ready))
        .with_state(readiness)
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    if readiness.stopping.load(Ordering::Relaxed) {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned());
    }
    let Answer { found, parts } = readiness.probe().await;
    let (status, first, missing) = match found {
        Found::Ready => (StatusCode::OK, "ready", None),
        Found::Full => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database's disk is full",
            Some("there is no room on its disk"),
        ),
        Found::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer",
            Some("does not answer, or takes nothing"),
        ),
    };
    let mut text = format!("{first}\n");
    for (part, missing) in [("database", missing)].into_iter().chain(parts) {
        // Writing into a String cannot fail.
        let _ = match missing {
            Some(missing) => writeln!(text, "{part}: {missing}"),
            None => writeln!(text, "{part}: ok"),
        };
    }
    plain(status, text)
}

fn plain(status: StatusCode, text: String) -> Response {
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
        let body = axum::body::to_bytes(full.into_body(), 1_000).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let expected = "the database's disk is full\n\
                        database: there is no room on its disk\nkeyring: ok\n";
        assert_eq!(text, expected);

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

    #[tokio::test]
    async fn what_is_missing_beside_the_database_is_said_and_keeps_the_node_ready() {
        let db = Db::sqlite_in_memory().unwrap();
        let readiness = Readiness::new(Installation::open(&db).await.unwrap());
        readiness.look_at(async || vec![("mails", Some("wait")), ("webhooks", None)]);
        readiness.note_keyring(false);
        let answer = ready(State(readiness)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let body = axum::body::to_bytes(answer.into_body(), 1_000).await;
        let text = String::from_utf8(body.unwrap().to_vec()).unwrap();
        let expected = "ready\ndatabase: ok\nkeyring: its file was changed and cannot be used; the \
                        keys from before stay in use\nmails: wait\nwebhooks: ok\n";
        assert_eq!(text, expected);
    }
}
