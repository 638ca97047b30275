//! The audit log as a file as well: a JSON object a line, for whatever collects logs.
//!
//! The database is the audit log; this follows it. An entry is queued once it is committed, so that
//! nobody who signs on waits for this file, and one thread writes. What the file does not take waits;
//! what does not fit into the queue any more is lost *here* alone, is counted, and is said in the log.
//!
//! Before each write the thread looks whether the file still stands at its path, and opens it anew
//! where it does not, and it only ever appends: so both ways of `logrotate` work, renaming and
//! `copytruncate`, and nobody has to be told.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Entries that may wait: half a minute of the busiest installation, in a few MiB.
const QUEUE: usize = 10_000;

/// Entries in one write.
const BATCH: usize = 256;

/// How soon a file that took nothing is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// How long the end waits for what is queued.
const LONGEST_END: Duration = Duration::from_secs(1);

/// The file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error(
    "the audit log's file {path} cannot be written (setting idp.audit_file); its folder has to be there, \
     and this user has to be allowed to make files in it"
)]
pub struct AuditFileError {
    path: String,
    source: io::Error,
}

/// The file, and the way to the thread that writes it.
#[derive(Debug)]
pub struct AuditFile {
    lines: Mutex<Option<Sender<String>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    counts: Arc<Counts>,
    is_losing: AtomicBool,
}

/// What became of entries until now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AuditFileNumbers {
    /// In the file.
    pub(crate) written: u64,
    /// Not in the file, and never will be.
    pub(crate) lost: u64,
    /// Not yet in the file.
    pub(crate) waiting: u64,
}

#[derive(Debug, Default)]
struct Counts {
    heard: AtomicU64,
    written: AtomicU64,
    lost: AtomicU64,
    /// Nobody waits any more: what cannot be written is left.
    is_over: AtomicBool,
}

impl AuditFile {
    /// Opens the file, or makes it, readable for its owner and group, and starts to write.
    ///
    /// # Errors
    ///
    /// [`AuditFileError`] when it cannot be written.
    pub fn open(path: &Path) -> Result<Self, AuditFileError> {
        let failed = |source| AuditFileError {
            path: path.display().to_string(),
            source,
        };
        let file = Appended::open(path).map_err(failed)?;
        let (lines, received) = channel(QUEUE);
        let counts = Arc::<Counts>::default();
        let shared = Arc::clone(&counts);
        let writer = thread::Builder::new()
            .name("audit-file".to_owned())
            .spawn(move || write_all(file, received, &shared))
            .map_err(failed)?;
        Ok(Self {
            lines: Mutex::new(Some(lines)),
            writer: Mutex::new(Some(writer)),
            counts,
            is_losing: AtomicBool::new(false),
        })
    }

    /// What became of entries until now.
    pub(crate) fn numbers(&self) -> AuditFileNumbers {
        let written = self.counts.written.load(Ordering::Relaxed);
        let lost = self.counts.lost.load(Ordering::Relaxed);
        let heard = self.counts.heard.load(Ordering::Relaxed);
        AuditFileNumbers {
            written,
            lost,
            waiting: heard.saturating_sub(written + lost),
        }
    }

    /// Writes what is queued and ends, within a second. What comes later is lost.
    pub async fn finish(&self) {
        drop(locked(&self.lines).take());
        let Some(writer) = locked(&self.writer).take() else {
            return;
        };
        let begun = tokio::time::Instant::now();
        while !writer.is_finished() && begun.elapsed() < LONGEST_END {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.counts.is_over.store(true, Ordering::Relaxed);
        writer.thread().unpark();
        let AuditFileNumbers { waiting, .. } = self.numbers();
        if waiting > 0 {
            tracing::error!(
                waiting,
                "entries of the audit log did not come into its file; they are in the database alone"
            );
        }
    }

    /// Loses an entry, and says so when it is the first of several.
    fn lose(&self) {
        self.counts.lost.fetch_add(1, Ordering::Relaxed);
        if !self.is_losing.swap(true, Ordering::Relaxed) {
            tracing::error!(
                "the audit log's file takes nothing and the queue is full: entries from now on are in \
                 the database alone"
            );
        }
    }
}

impl idp::Listener for AuditFile {
    fn hear(&self, entry: Map<String, Value>) {
        self.counts.heard.fetch_add(1, Ordering::Relaxed);
        let line = format!("{}\n", Value::Object(entry));
        let sent = match &*locked(&self.lines) {
            Some(lines) => lines.try_send(line).is_ok(),
            None => false,
        };
        if !sent {
            return self.lose();
        }
        if self.is_losing.swap(false, Ordering::Relaxed) {
            let lost = self.counts.lost.load(Ordering::Relaxed);
            tracing::warn!(lost, "the audit log's file takes entries again");
        }
    }
}

/// Writes until nobody sends any more.
fn write_all(mut file: Appended, mut received: Receiver<String>, counts: &Counts) {
    let mut lines = Vec::with_capacity(BATCH);
    while received.blocking_recv_many(&mut lines, BATCH) > 0 {
        let text = lines.concat();
        if !write(&mut file, text.as_bytes(), counts) {
            return;
        }
        let number = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        counts.written.fetch_add(number, Ordering::Relaxed);
        lines.clear();
    }
}

/// Writes all of a text, however often that has to be tried; `false` when the end came before it.
fn write(file: &mut Appended, text: &[u8], counts: &Counts) -> bool {
    let (mut left, mut has_failed) = (text, false);
    while !left.is_empty() {
        match file.write(left) {
            Ok(written) => left = left.get(written..).unwrap_or_default(),
            Err(error) => {
                if counts.is_over.load(Ordering::Relaxed) {
                    return false;
                }
                if !has_failed {
                    let path = file.path.display();
                    tracing::error!(%error, %path, "the audit log's file takes nothing; it is tried again");
                }
                has_failed = true;
                thread::park_timeout(AGAIN);
            }
        }
    }
    if has_failed {
        tracing::info!(path = %file.path.display(), "the audit log's file is written again");
    }
    true
}

/// A file that is only appended to, wherever its name leads.
struct Appended {
    path: PathBuf,
    file: File,
}

impl Appended {
    fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).mode(0o640).open(path)?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if !self.is_in_place()? {
            *self = Self::open(&self.path)?;
        }
        let written = self.file.write(text)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(written)
    }

    /// Whether the path still leads to this file.
    fn is_in_place(&self) -> io::Result<bool> {
        let place = |file: fs::Metadata| (file.dev(), file.ino());
        match fs::metadata(&self.path) {
            Ok(there) => Ok(place(there) == place(self.file.metadata()?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use idp::Listener as _;
    use serde_json::json;

    use super::*;

    fn entry(n: usize) -> Map<String, Value> {
        let entry = json!({ "n": n });
        entry.as_object().unwrap().clone()
    }

    fn numbers(text: &str) -> Vec<usize> {
        let line = |line: &str| serde_json::from_str::<Value>(line).unwrap()["n"].as_u64();
        let numbers = text.lines().filter_map(line);
        numbers.map(|n| usize::try_from(n).unwrap()).collect()
    }

    /// Waits until everything that was heard is written.
    async fn settled(file: &AuditFile) {
        while file.numbers().waiting > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test]
    async fn a_file_that_was_rotated_by_renaming_goes_on_in_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("a.jsonl"), folder.path().join("a.1"));
        let file = AuditFile::open(&path).unwrap();
        file.hear(entry(1));
        settled(&file).await;
        fs::rename(&path, &old).unwrap();
        file.hear(entry(2));
        file.finish().await;
        assert_eq!(numbers(&fs::read_to_string(&old).unwrap()), [1]);
        assert_eq!(numbers(&fs::read_to_string(&path).unwrap()), [2]);
        let mode = fs::metadata(&path).unwrap().mode() & 0o777;
        assert_eq!(mode & 0o137, 0, "{mode:o}");
    }

    #[tokio::test]
    async fn a_file_that_was_emptied_in_its_place_is_written_from_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let file = AuditFile::open(&path).unwrap();
        file.hear(entry(1));
        settled(&file).await;
        File::create(&path).unwrap();
        file.hear(entry(2));
        file.finish().await;
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!((numbers(&text), text.contains('\0')), (vec![2], false));
    }

    #[tokio::test]
    async fn what_cannot_be_written_waits_and_what_does_not_fit_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("logs");
        fs::create_dir(&inner).unwrap();
        let file = AuditFile::open(&inner.join("a.jsonl")).unwrap();
        fs::rename(&inner, folder.path().join("away")).unwrap();
        let more = QUEUE + BATCH + 10;
        for n in 0..more {
            file.hear(entry(n));
        }
        let AuditFileNumbers { written, lost, .. } = file.numbers();
        assert_eq!(written, 0);
        assert!(lost >= 10, "{lost} are lost");
        fs::create_dir(&inner).unwrap();
        settled(&file).await;
        let text = fs::read_to_string(inner.join("a.jsonl")).unwrap();
        let expected: Vec<_> = (0..numbers(&text).len()).collect();
        assert_eq!(numbers(&text), expected, "in their order, none in between");
        let all = file.numbers();
        let written = usize::try_from(all.written).unwrap();
        assert_eq!(written + usize::try_from(all.lost).unwrap(), more);
        assert_eq!(written, expected.len());
        file.finish().await;
    }
}
