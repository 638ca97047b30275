//! The audit log elsewhere as well: in a file, or at a syslog daemon.
//!
//! The database is the audit log; these follow it. An entry is queued once it is committed, so that
//! nobody who signs on waits for them, and one thread for each writes. What cannot be written waits;
//! what does not fit into the queue any more is lost *there* alone, is counted, and is said in the
//! log.

mod file;
mod syslog;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use self::file::Appended;
use self::syslog::Syslog;

pub use self::syslog::SyslogAddress;

/// Entries that may wait: half a minute of the busiest installation, in a few MiB.
const QUEUE: usize = 10_000;

/// Entries that are taken out of the queue at once.
const BATCH: usize = 256;

/// How soon what took nothing is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// How long the end waits for what is queued.
const LONGEST_END: Duration = Duration::from_secs(1);

/// What follows the audit log cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum AuditLogError {
    /// The file cannot be written.
    #[error(
        "the audit log's file {path} cannot be written (setting idp.audit_file); its folder has to be there, \
         and this user has to be allowed to make files in it"
    )]
    File {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The system gives no thread.
    #[error("no thread could be started that writes the audit log elsewhere as well")]
    Thread(#[source] io::Error),
}

/// All that follow the audit log.
#[derive(Debug, Default)]
pub struct AuditLog {
    followers: Vec<Follower>,
}

/// A kind of follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Followed {
    File,
    Syslog,
}

/// What became of one follower's entries until now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AuditLogNumbers {
    pub(crate) of: Followed,
    /// Written.
    pub(crate) written: u64,
    /// Not written, and never will be.
    pub(crate) lost: u64,
    /// Not yet written.
    pub(crate) waiting: u64,
}

impl AuditLog {
    /// Opens what is named, and starts to write.
    ///
    /// # Errors
    ///
    /// [`AuditLogError`] when the file cannot be written. A syslog daemon may come later.
    pub fn open(
        file: Option<&Path>,
        syslog: Option<&SyslogAddress>,
    ) -> Result<Self, AuditLogError> {
        let mut followers = Vec::new();
        if let Some(path) = file {
            let opened = Appended::open(path).map_err(|source| AuditLogError::File {
                path: path.display().to_string(),
                source,
            })?;
            followers.push(Follower::start(Followed::File, opened)?);
        }
        if let Some(address) = syslog {
            let syslog = Syslog::new(address.clone());
            followers.push(Follower::start(Followed::Syslog, syslog)?);
        }
        Ok(Self { followers })
    }

    /// Whether nothing is named.
    pub(crate) fn is_empty(&self) -> bool {
        self.followers.is_empty()
    }

    /// What became of entries until now.
    pub(crate) fn numbers(&self) -> Vec<AuditLogNumbers> {
        self.followers.iter().map(Follower::numbers).collect()
    }

    /// Writes what is queued and ends, within this long and within a second. What comes later is lost.
    pub async fn finish(&self, longest: Duration) {
        for follower in &self.followers {
            drop(locked(&follower.entries).take());
        }
        let until = tokio::time::Instant::now() + longest.min(LONGEST_END);
        for follower in &self.followers {
            follower.finish(until).await;
        }
    }
}

impl idp::Listener for AuditLog {
    fn hear(&self, entry: Map<String, Value>) {
        let entry = Arc::new(Entry::new(entry));
        for follower in &self.followers {
            follower.hear(Arc::clone(&entry));
        }
    }
}

/// An entry of the audit log, as the management API shows it.
#[derive(Debug)]
struct Entry {
    json: String,
    recorded_at: String,
    action: String,
    has_failed: bool,
}

impl Entry {
    fn new(entry: Map<String, Value>) -> Self {
        let entry = Value::Object(entry);
        let text = |pointer| entry.pointer(pointer).and_then(Value::as_str);
        let owned = |pointer| text(pointer).unwrap_or_default().to_owned();
        Self {
            recorded_at: owned("/recordedAt"),
            action: owned("/action/type"),
            has_failed: text("/result/status") == Some("FAILED"),
            json: entry.to_string(),
        }
    }
}

/// An entry in a queue, with its number: those that are lost have one too.
type Numbered = (u64, Arc<Entry>);

/// Takes entries to where they are written as well.
trait Sink: fmt::Display + Send + 'static {
    /// Writes of these entries, of which there is one at least, as many as it can, in their order;
    /// those that follow, and all when it fails, are brought again.
    fn write(&mut self, entries: &[Numbered]) -> io::Result<Written>;
}

/// How many entries are done with, from the first.
#[derive(Clone, Copy, Debug)]
enum Written {
    /// They are there.
    All(usize),
    /// The first one cannot be written at all.
    Unfit,
}

/// A queue, and the thread that takes entries out of it.
struct Follower {
    of: Followed,
    entries: Mutex<Option<Sender<Numbered>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    counts: Arc<Counts>,
    is_losing: AtomicBool,
}

#[derive(Debug, Default)]
struct Counts {
    heard: AtomicU64,
    written: AtomicU64,
    lost: AtomicU64,
    /// Nobody waits any more: what cannot be written is left.
    is_over: AtomicBool,
}

impl Follower {
    fn start(of: Followed, sink: impl Sink) -> Result<Self, AuditLogError> {
        let (entries, received) = channel(QUEUE);
        let counts = Arc::<Counts>::default();
        let shared = Arc::clone(&counts);
        let writer = thread::Builder::new()
            .name(format!("audit-{of}"))
            .spawn(move || write_all(sink, received, &shared))
            .map_err(AuditLogError::Thread)?;
        Ok(Self {
            of,
            entries: Mutex::new(Some(entries)),
            writer: Mutex::new(Some(writer)),
            counts,
            is_losing: AtomicBool::new(false),
        })
    }

    fn numbers(&self) -> AuditLogNumbers {
        let written = self.counts.written.load(Ordering::Relaxed);
        let lost = self.counts.lost.load(Ordering::Relaxed);
        let heard = self.counts.heard.load(Ordering::Relaxed);
        AuditLogNumbers {
            of: self.of,
            written,
            lost,
            waiting: heard.saturating_sub(written + lost),
        }
    }

    fn hear(&self, entry: Arc<Entry>) {
        // The number is given with the queue in hand, so that it is also the order there.
        let queue = locked(&self.entries);
        let number = self.counts.heard.fetch_add(1, Ordering::Relaxed) + 1;
        let sent = match &*queue {
            Some(entries) => entries.try_send((number, entry)).is_ok(),
            None => false,
        };
        drop(queue);
        if !sent {
            return self.lose();
        }
        if self.is_losing.swap(false, Ordering::Relaxed) {
            let lost = self.counts.lost.load(Ordering::Relaxed);
            tracing::warn!(to = %self.of, lost, "the audit log is written there again");
        }
    }

    /// Loses an entry, and says so when it is the first of several.
    fn lose(&self) {
        self.counts.lost.fetch_add(1, Ordering::Relaxed);
        if !self.is_losing.swap(true, Ordering::Relaxed) {
            tracing::error!(
                to = %self.of,
                "the audit log is not written there and the queue is full: entries from now on are \
                 in the database alone"
            );
        }
    }

    /// Waits until the thread has written what is queued.
    async fn finish(&self, until: tokio::time::Instant) {
        let Some(writer) = locked(&self.writer).take() else {
            return;
        };
        while !writer.is_finished() && tokio::time::Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.counts.is_over.store(true, Ordering::Relaxed);
        writer.thread().unpark();
        let AuditLogNumbers { waiting, .. } = self.numbers();
        if waiting > 0 {
            tracing::error!(
                to = %self.of,
                waiting,
                "entries of the audit log were not written there; they are in the database alone"
            );
        }
    }
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Follower").field(&self.numbers()).finish()
    }
}

impl fmt::Display for Followed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "file",
            Self::Syslog => "syslog",
        })
    }
}

/// Writes until nobody sends any more.
fn write_all(mut sink: impl Sink, mut received: Receiver<Numbered>, counts: &Counts) {
    let mut entries = Vec::with_capacity(BATCH);
    while received.blocking_recv_many(&mut entries, BATCH) > 0 {
        if !write(&mut sink, &entries, counts) {
            return;
        }
        entries.clear();
    }
}

/// Writes all of these, however often that has to be tried; `false` when the end came before it.
fn write(sink: &mut impl Sink, entries: &[Numbered], counts: &Counts) -> bool {
    let (mut left, mut has_failed) = (entries, false);
    while !left.is_empty() {
        match sink.write(left) {
            Ok(Written::All(number)) => {
                let written = u64::try_from(number).unwrap_or(u64::MAX);
                counts.written.fetch_add(written, Ordering::Relaxed);
                left = left.get(number..).unwrap_or_default();
            }
            Ok(Written::Unfit) => {
                counts.lost.fetch_add(1, Ordering::Relaxed);
                let bytes = left.first().map_or(0, |(_, entry)| entry.json.len());
                tracing::error!(
                    to = %sink,
                    bytes,
                    "an entry of the audit log is too long to be written there; it is in the \
                     database alone"
                );
                left = left.get(1..).unwrap_or_default();
            }
            Err(error) => {
                if counts.is_over.load(Ordering::Relaxed) {
                    return false;
                }
                if !has_failed {
                    tracing::error!(
                        %error,
                        to = %sink,
                        "the audit log cannot be written there; it is tried again"
                    );
                }
                has_failed = true;
                thread::park_timeout(AGAIN);
            }
        }
    }
    if has_failed {
        tracing::info!(to = %sink, "the audit log is written there again");
    }
    true
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
