//! The data directory: finding it, holding it alone, and writing private files into it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use etcetera::BaseStrategy as _;
use tempfile::{NamedTempFile, TempDir};

/// The file that whoever uses the directory holds.
pub(crate) const LOCK_FILE: &str = "latchkey.lock";

/// The database's file in the data directory.
pub(crate) const DATABASE_FILE: &str = "latchkey.db";

/// The folder in it of what the control API's resets made, while a server runs.
pub(crate) const GENERATIONS: &str = "generations";

/// A data directory that this process holds alone.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// Held open: the lock ends with it.
    _lock: File,
    /// Removed when dropped.
    _ephemeral: Option<TempDir>,
}

/// Why the data directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataDirError {
    /// The platform has no place for data, as for a user without a home directory.
    #[error("there is no home directory to keep data in; name a data directory with --data-dir")]
    NoPlace,
    /// It cannot be made or opened.
    #[error(
        "opening the data directory {path} failed; give this user the right to write there, or \
         name another with --data-dir"
    )]
    Open {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Another process uses it.
    #[error(
        "the data directory {path} is in use by another latchkey{process}; stop that one, or name \
         another directory with --data-dir (--ephemeral makes a throw-away one)"
    )]
    InUse {
        /// Which.
        path: String,
        /// ` (process 123)` when known.
        process: String,
    },
}

/// The platform's place for our data, as `~/.local/share/latchkey`.
///
/// # Errors
///
/// [`DataDirError::NoPlace`] for a user without a home directory.
pub fn platform() -> Result<PathBuf, DataDirError> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| DataDirError::NoPlace)?;
    Ok(strategy.data_dir().join("latchkey"))
}

/// Makes the directory if need be, readable by this user alone, without taking it: for what may
/// happen beside a running server.
///
/// # Errors
///
/// [`DataDirError::Open`] when it cannot be made.
pub fn make(path: &Path) -> Result<(), DataDirError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| DataDirError::Open {
            path: path.display().to_string(),
            source,
        })
}

impl DataDir {
    /// Makes the directory if need be, readable by this user alone, and takes it.
    ///
    /// # Errors
    ///
    /// [`DataDirError`] when it cannot be made or another process holds it.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        Self::take(path, None)
    }

    /// A throw-away directory that is removed in the end.
    ///
    /// # Errors
    ///
    /// [`DataDirError::Open`] when the system's place for temporary files cannot be written.
    pub fn ephemeral() -> Result<Self, DataDirError> {
        let directory = tempfile::Builder::new()
            .prefix("latchkey-")
            .tempdir()
            .map_err(|source| DataDirError::Open {
                path: std::env::temp_dir().display().to_string(),
                source,
            })?;
        let path = directory.path().to_owned();
        Self::take(&path, Some(directory))
    }

    fn take(path: &Path, ephemeral: Option<TempDir>) -> Result<Self, DataDirError> {
        let name = || path.display().to_string();
        let failed = |source| DataDirError::Open {
            path: name(),
            source,
        };
        make(path)?;
        let mut lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(path.join(LOCK_FILE))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // What stands in the file only makes the message better.
                let _ = lock.read_to_string(&mut holder);
                let process = match holder.trim().parse::<u32>() {
                    Ok(process) => format!(" (process {process})"),
                    Err(_) => String::new(),
                };
                return Err(DataDirError::InUse {
                    path: name(),
                    process,
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        lock.set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| writeln!(lock, "{}", std::process::id()))
            .map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
            _ephemeral: ephemeral,
        })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// Writes a file that this user alone can read (mode 0600), whole or not at all, so that it survives
/// a power cut.
///
/// # Errors
///
/// What the system says when the file cannot be written or moved to its place.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let file = private_beside(path, content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The name is durable only when the directory is.
    File::open(directory_of(path))?.sync_all()
}

/// The same for what nobody wants after a power cut: the disk may write it when it likes, and who reads
/// it meanwhile reads it whole.
///
/// # Errors
///
/// As [`write_private`].
pub(crate) fn write_unflushed(path: &Path, content: &[u8]) -> io::Result<()> {
    let file = private_beside(path, content)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// A file of this user's alone, with this content, that can be moved to the path at once.
fn private_beside(path: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(".latchkey-")
        .tempfile_in(directory_of(path))?;
    file.write_all(content)?;
    Ok(file)
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// What a file looks like from outside: time of change, length and place on the disk. Enough to
/// notice a change, and cheap to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileStamp {
    modified: SystemTime,
    length: u64,
    inode: u64,
}

impl FileStamp {
    /// The stamp of a file that is there.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self {
            modified: metadata.modified().ok()?,
            length: metadata.len(),
            inode: metadata.ino(),
        })
    }
}

/// Reads a file if it is there.
///
/// # Errors
///
/// What the system says, except that there is no such file.
pub(crate) fn read_if_present(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_second_holder_is_told_who_the_first_is() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("data");
        let first = DataDir::open(&path).unwrap();
        let message = DataDir::open(&path).unwrap_err().to_string();
        assert!(message.contains("is in use"), "{message}");
        assert!(
            message.contains(&format!("(process {})", std::process::id())),
            "{message}"
        );
        drop(first);
        DataDir::open(&path).unwrap();
    }

    #[test]
    fn directory_and_files_are_private() {
        let place = tempfile::tempdir().unwrap();
        let directory = DataDir::open(&place.path().join("data")).unwrap();
        write_private(&directory.file("x"), b"secret").unwrap();
        write_private(&directory.file("x"), b"other").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(directory.path()), 0o700);
        assert_eq!(mode(&directory.file("x")), 0o600);
        assert_eq!(fs::read(directory.file("x")).unwrap(), b"other");
    }

    #[test]
    fn an_ephemeral_directory_is_removed() {
        let directory = DataDir::ephemeral().unwrap();
        let path = directory.path().to_owned();
        assert!(path.exists());
        drop(directory);
        assert!(!path.exists());
    }
}
