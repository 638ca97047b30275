//! What runs, and how it ends.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use db::Db;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout_at;
use ui::Mode;
use url::Url;

use super::keys::Keys;
use crate::audit_log::AuditLog;
use crate::control::Stage;
use crate::data_dir::{DATABASE_FILE, DataDir, GENERATIONS};
use crate::ending::{Ending, Part};
use crate::env_file::EnvironmentFile;
use crate::front::Network;
use crate::health::Readiness;
use crate::serve::Serving;

/// What runs.
#[derive(Debug)]
pub struct Running {
    /// The portal's address, if it is served.
    pub portal_url: Option<Url>,
    /// The embedded environment's address, if it is served.
    pub idp_url: Option<Url>,
    /// Where the metrics are read, if they are.
    pub metrics_url: Option<Url>,
    /// Where sign-ons are explained to everybody who may see development pages, if they are.
    pub explain_url: Option<Url>,
    /// What the environment file says.
    pub env: EnvironmentFile,
    /// Development or production.
    pub mode: Mode,
    /// Networks that development is opened to.
    pub networks: Vec<Network>,
    /// Where data is kept.
    pub data_dir: PathBuf,
    /// The database, for tests that look behind the scenes: the one from the start.
    pub db: Db,
    /// The portal's first, where it is served.
    pub(super) ports: Vec<Serving>,
    /// Both servers, and what they do beside requests.
    pub(super) stage: Arc<Stage>,
    pub(super) jobs: JoinSet<()>,
    pub(super) stopping: watch::Sender<bool>,
    pub(super) readiness: Readiness,
    pub(super) keys: Keys,
    pub(super) audit_log: Arc<AuditLog>,
    /// Held until the end: the lock, and the directory itself when it is a throw-away one.
    pub(super) _directory: DataDir,
}

impl Running {
    /// Takes a changed keyring file into use, as the node does by itself every few seconds.
    pub async fn refresh_keys(&self) {
        self.keys.refresh(&self.stage, &self.readiness).await;
    }

    /// Stops accepting, finishes requests in flight and background work, closes the database. Takes
    /// less than ten seconds, unless the disk keeps what was accepted waiting.
    pub async fn shutdown(self) {
        self.end(Ending::begin()).await;
    }

    /// The same, as parts of an end that has begun.
    pub(crate) async fn end(mut self, ending: Ending) {
        self.readiness.stop();
        let mut ports = self.ports.into_iter();
        // What the portal is answering asks the environment, whose port is open until then.
        if self.portal_url.is_some()
            && let Some(portal) = ports.next()
        {
            portal.stop(ending.left(Part::Portal)).await;
        }
        let mut stopping = JoinSet::new();
        for port in ports {
            stopping.spawn(port.stop(ending.left(Part::Requests)));
        }
        stopping.join_all().await;
        // Nobody listens any more when every job has ended by itself.
        let _ = self.stopping.send(true);
        let ended = async { while self.jobs.join_next().await.is_some() {} };
        let (ended, last) = tokio::join!(
            timeout_at(ending.until(Part::Work), ended),
            self.stage.close(ending)
        );
        if ended.is_err() {
            tracing::warn!(
                "looking after keys and certificates did not end in time and is cut off"
            );
        }
        self.db.close().await;
        self.audit_log.finish(ending.left(Part::AuditLog)).await;
        if let Some(last) = last {
            keep(&last, &self.data_dir.join(DATABASE_FILE));
        }
        let copies = self.data_dir.join(GENERATIONS);
        if let Err(error) = fs::remove_dir_all(&copies)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %copies.display(), "copies of the database were left behind");
        }
    }
}

/// After a reset another file holds the data; the next start looks for it in the usual one.
fn keep(last: &Path, usual: &Path) {
    for log in ["-wal", "-shm"] {
        let mut name = usual.to_owned().into_os_string();
        name.push(log);
        // A database that was closed leaves none behind.
        let _ = fs::remove_file(name);
    }
    if let Err(error) = fs::rename(last, usual) {
        tracing::error!(%error, "the data from after the reset could not be kept");
    }
}
