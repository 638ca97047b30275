//! Beginning again: the servers that answer are one *generation*, and the next one waits ready.
//!
//! All state of a generation is its own: its copy of the database as it was right after the start,
//! its caches, limits, and what is pending. So nothing has to be found and emptied; the next
//! generation takes the stage, and the one before ends in the background.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use db::{Db, Load};
use http::StatusCode;
use idp::Idp;
use jiff::{SignedDuration, Timestamp};
use portal::Portal;
use tokio::sync::{Mutex, OwnedRwLockReadGuard, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout_at};
use tower::ServiceExt as _;

use super::ServerName;
use crate::ending::{Ending, Part};
use crate::installation::Installation;

/// Requests that a generation is answering have this long when the next one takes the stage …
const GRACE: Duration = Duration::from_secs(7);
/// … and its jobs this long after them.
const JOBS_GRACE: Duration = Duration::from_secs(2);

/// What waits longer than this in an outbox is late: codes in mails are good for minutes.
const LATE: SignedDuration = SignedDuration::from_mins(15);

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Both servers on one database, ready to answer.
pub struct Generation {
    /// The portal, if it is served.
    pub portal: Option<Router>,
    /// What the environment answers, if it is served.
    pub environment: Option<Router>,
    /// The environment itself.
    pub idp: Option<Idp>,
    /// The portal itself.
    pub pages: Option<Portal>,
    /// The database.
    pub db: Db,
    /// The database's own record.
    pub installation: Installation,
    /// The database's file, when it is this generation's alone.
    pub file: Option<PathBuf>,
    /// What goes on beside requests, until `stopping` says so.
    pub jobs: Vec<Job>,
    /// Tells the jobs to end.
    pub stopping: watch::Sender<bool>,
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generation")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// Makes generations that are as the first one was right after the start.
pub trait Maker: Send + Sync {
    /// Makes the next one.
    fn make(&self) -> Pin<Box<dyn Future<Output = Result<Generation, BoxError>> + Send>>;
}

/// Why everything did not begin again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rewound {
    /// There is no image of this database.
    #[error("{0}")]
    Impossible(&'static str),
    /// The next generation could not be made.
    #[error("the servers could not be made anew")]
    Failed(#[source] BoxError),
}

/// What answers now, and what will.
pub struct Stage {
    playing: RwLock<Arc<Playing>>,
    maker: Result<Arc<dyn Maker>, &'static str>,
    next: Mutex<Option<JoinHandle<Result<Generation, BoxError>>>>,
    ending: Mutex<JoinSet<()>>,
}

/// The environment that plays, kept from ending.
#[derive(Debug)]
pub struct OnStage {
    idp: Idp,
    _busy: OwnedRwLockReadGuard<()>,
}

impl Deref for OnStage {
    type Target = Idp;

    fn deref(&self) -> &Idp {
        &self.idp
    }
}

struct Playing {
    portal: Option<Router>,
    environment: Option<Router>,
    idp: Option<Idp>,
    pages: Option<Portal>,
    db: Db,
    installation: Installation,
    file: Option<PathBuf>,
    stopping: watch::Sender<bool>,
    jobs: Mutex<JoinSet<()>>,
    /// Each request reads it until it is answered.
    busy: Arc<tokio::sync::RwLock<()>>,
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage")
            .field("file", &self.playing().file)
            .finish_non_exhaustive()
    }
}

impl Stage {
    /// Lets the first generation play. `maker` makes those after it, or is why there are none.
    ///
    /// The first one to follow it is made at once, so this needs a runtime.
    pub fn open(first: Generation, maker: Result<Arc<dyn Maker>, &'static str>) -> Self {
        let next = maker.as_ref().ok().map(|maker| tokio::spawn(maker.make()));
        Self {
            playing: RwLock::new(Playing::begin(first)),
            maker,
            next: Mutex::new(next),
            ending: Mutex::default(),
        }
    }

    /// A router that lets whatever plays answer.
    pub fn router(self: &Arc<Self>, server: ServerName) -> Router {
        let stage = Arc::clone(self);
        let answer = move |request: Request| {
            let entered = stage.enter();
            async move {
                Ok::<Response, Infallible>(match entered {
                    Some((playing, _busy)) => playing.answer(server, request).await,
                    None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                })
            }
        };
        Router::new().fallback_service(tower::service_fn(answer))
    }

    /// The environment that plays; its database stays open as long as this is held.
    pub fn idp(&self) -> Option<OnStage> {
        let (playing, busy) = self.enter()?;
        Some(OnStage {
            idp: playing.idp.clone()?,
            _busy: busy,
        })
    }

    /// The record of the database that is in use.
    pub fn installation(&self) -> Installation {
        self.playing().installation.clone()
    }

    /// What is missing of the parts of what plays, in words for everybody.
    pub async fn missing(&self, now: Timestamp) -> Vec<(&'static str, Option<&'static str>)> {
        let mut parts = Vec::new();
        if let Some(idp) = self.idp() {
            let Ok(outboxes) = idp.outboxes().await else {
                return vec![("outboxes", Some("cannot be read"))];
            };
            parts.extend(outboxes.map(|outbox| {
                let is_late = outbox.since.is_some_and(|since| since + LATE < now);
                (
                    outbox.name,
                    is_late.then_some("wait for longer than 15 minutes"),
                )
            }));
        }
        if let Some(pages) = &self.playing().pages {
            parts.push(("portal", pages.missing()));
        }
        parts
    }

    /// How busy the way to the database is that is in use.
    pub fn load(&self) -> Load {
        self.playing().db.load()
    }

    /// How busy the portal is that plays, if one does.
    pub fn portal_numbers(&self) -> Option<portal::Numbers> {
        self.playing().pages.as_ref().map(Portal::numbers)
    }

    /// Lets the next generation take the stage; `meanwhile` is called in between.
    ///
    /// # Errors
    ///
    /// [`Rewound`], and what played goes on.
    pub async fn rewind(&self, meanwhile: impl FnOnce()) -> Result<(), Rewound> {
        let maker = self
            .maker
            .as_ref()
            .map_err(|why| Rewound::Impossible(why))?;
        let mut next = self.next.lock().await;
        let made = next.take().unwrap_or_else(|| tokio::spawn(maker.make()));
        let made = made.await.map_err(|error| Rewound::Failed(error.into()))?;
        let generation = made.map_err(Rewound::Failed)?;
        let before = {
            let mut playing = self.playing.write().unwrap_or_else(PoisonError::into_inner);
            meanwhile();
            std::mem::replace(&mut *playing, Playing::begin(generation))
        };
        *next = Some(tokio::spawn(maker.make()));
        let mut ending = self.ending.lock().await;
        while ending.try_join_next().is_some() {}
        let requests_until = Instant::now() + GRACE;
        let work_until = requests_until + JOBS_GRACE;
        ending.spawn(async move { before.end(true, requests_until, work_until).await });
        Ok(())
    }

    /// Ends everything, and says which file the last generation leaves, if it has one of its own.
    pub(crate) async fn close(&self, ending: Ending) -> Option<PathBuf> {
        let (requests_until, work_until) = (ending.until(Part::Requests), ending.until(Part::Work));
        let playing = self.playing();
        // Nothing of these is kept, so nobody waits for them longer.
        let others = timeout_at(work_until, async {
            if let Some(next) = self.next.lock().await.take()
                && let Ok(Ok(unused)) = next.await
            {
                Playing::begin(Generation {
                    jobs: Vec::new(),
                    ..unused
                })
                .end(true, requests_until, work_until)
                .await;
            }
            let mut before = self.ending.lock().await;
            while before.join_next().await.is_some() {}
        });
        let ((), others) = tokio::join!(playing.end(false, requests_until, work_until), others);
        if others.is_err() {
            tracing::warn!("what was made for resets did not end in time and is left");
        }
        playing.file.clone()
    }

    /// What plays, kept from ending until the guard is dropped; `None` when everything ends.
    fn enter(&self) -> Option<(Arc<Playing>, OwnedRwLockReadGuard<()>)> {
        // It is waited for only once another one plays, which nobody becomes meanwhile.
        let playing = self.playing.read().unwrap_or_else(PoisonError::into_inner);
        let busy = Arc::clone(&playing.busy).try_read_owned().ok()?;
        Some((Arc::clone(&playing), busy))
    }

    fn playing(&self) -> Arc<Playing> {
        Arc::clone(&self.playing.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Playing {
    fn begin(generation: Generation) -> Arc<Self> {
        let mut jobs = JoinSet::new();
        for job in generation.jobs {
            jobs.spawn(job);
        }
        Arc::new(Self {
            portal: generation.portal,
            environment: generation.environment,
            idp: generation.idp,
            pages: generation.pages,
            db: generation.db,
            installation: generation.installation,
            file: generation.file,
            stopping: generation.stopping,
            jobs: Mutex::new(jobs),
            busy: Arc::default(),
        })
    }

    async fn answer(&self, server: ServerName, request: Request) -> Response {
        let router = match server {
            ServerName::Environment => &self.environment,
            ServerName::Portal => &self.portal,
        };
        match router.clone().unwrap_or_default().oneshot(request).await {
            Ok(response) => response,
            Err(impossible) => match impossible {},
        }
    }

    /// Waits for requests, ends the jobs, and closes the database.
    async fn end(&self, forget: bool, requests_until: Instant, work_until: Instant) {
        if timeout_at(requests_until, self.busy.write()).await.is_err() {
            tracing::warn!("requests from before the reset did not end in time and are cut off");
        }
        // Nobody listens any more when every job has ended by itself.
        let _ = self.stopping.send(true);
        let mut jobs = self.jobs.lock().await;
        let ended = async { while jobs.join_next().await.is_some() {} };
        if timeout_at(work_until, ended).await.is_err() {
            tracing::warn!("background work did not end in time and is cut off");
            jobs.abort_all();
        }
        // What was accepted is written, however long the disk takes for it.
        self.db.close().await;
        if let Some(file) = self.file.as_ref().filter(|_| forget) {
            for end in ["", "-wal", "-shm"] {
                let mut name = file.clone().into_os_string();
                name.push(end);
                // The log is folded into the file as a rule, and there is nothing to remove.
                let _ = std::fs::remove_file(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use db::Statement;

    use super::*;

    struct Empty;

    async fn generation(db: Db) -> Generation {
        Generation {
            installation: Installation::open(&db).await.unwrap(),
            portal: None,
            environment: None,
            idp: None,
            pages: None,
            db,
            file: None,
            jobs: Vec::new(),
            stopping: watch::channel(false).0,
        }
    }

    impl Maker for Empty {
        fn make(&self) -> Pin<Box<dyn Future<Output = Result<Generation, BoxError>> + Send>> {
            Box::pin(async { Ok(generation(Db::sqlite_in_memory()?).await) })
        }
    }

    #[tokio::test]
    async fn who_entered_before_a_reset_has_the_database_until_they_leave() {
        let db = Db::sqlite_in_memory().unwrap();
        let is_open = async || {
            db.write(Statement::new("PRAGMA user_version = 1"))
                .await
                .is_ok()
        };
        let stage = Stage::open(generation(db.clone()).await, Ok(Arc::new(Empty)));
        let entered = stage.enter().unwrap();
        stage.rewind(|| {}).await.unwrap();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(is_open().await, "it was closed before its time");
        drop(entered);
        stage.close(Ending::begin()).await;
        assert!(!is_open().await);
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_waits_for_nothing_that_does_not_end() {
        let mut first = generation(Db::sqlite_in_memory().unwrap()).await;
        first.jobs = vec![Box::pin(std::future::pending())];
        let stage = Stage::open(first, Ok(Arc::new(Empty)));
        let _before = stage.enter().unwrap();
        stage.rewind(|| {}).await.unwrap();
        let _entered = stage.enter().unwrap();
        // Time that is paused leaps on whenever a thread beside the runtime, as the database's, keeps all
        // waiting: how much of it has gone says nothing, but what waits for ever is overtaken.
        let closed = tokio::time::timeout(Duration::from_hours(1), stage.close(Ending::begin()));
        assert!(closed.await.is_ok(), "it waits for ever");
    }
}
