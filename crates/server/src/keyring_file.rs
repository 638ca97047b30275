//! The keyring's file: made once, readable by this user alone, rotated in two steps.
//!
//! The newest key in use seals and authenticates; all are accepted, so a rotation signs nobody off.
//! A new key is staged first. Nodes read the file again when it changes, so that all of them know
//! the key before one uses it.

use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use platform::keyring::{InvalidKeyring, Keyring, StoredKey};
use protocol::Random;
use serde::{Deserialize, Serialize};

use crate::data_dir::{FileStamp, read_if_present, write_private};

/// The file's name in the data directory.
pub const FILE_NAME: &str = "keyring.json";

#[derive(Serialize, Deserialize)]
struct Content {
    /// Oldest first.
    keys: Vec<StoredKey>,
}

/// Why a keyring's file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringFileError {
    /// It cannot be read or written.
    #[error("the keyring {path} could not be read or written")]
    Io {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It is not what was written.
    #[error(
        "the keyring {path} is damaged; restore it from a backup: what is sealed with its keys, \
         as application secrets and signing keys, cannot be read without it"
    )]
    Damaged {
        /// Which.
        path: String,
    },
    /// Its keys are no keys.
    #[error("the keyring {path} cannot be used; restore it from a backup")]
    Invalid {
        /// Which.
        path: String,
        /// Why.
        source: InvalidKeyring,
    },
    /// Others may read it.
    #[error("the keyring {path} can be read by other users (mode {mode:o}); run chmod 600 {path}")]
    Readable {
        /// Which.
        path: String,
        /// The permissions.
        mode: u32,
    },
    /// A rotation that was begun has to be finished first.
    #[error("the key {id} is staged in the keyring {path} already; run `latchkey keys activate`")]
    Staged {
        /// Which.
        path: String,
        /// The key.
        id: String,
    },
    /// There is no key to activate.
    #[error("no key is staged in the keyring {path}; `latchkey keys rotate` stages one")]
    NotStaged {
        /// Which.
        path: String,
    },
    /// There is none to rotate.
    #[error("there is no keyring {path} yet; it is made at the first start")]
    Absent {
        /// Which.
        path: String,
    },
}

/// A keyring's file, and what it looked like when it was last read.
#[derive(Debug)]
pub struct KeyringFile {
    path: PathBuf,
    seen: Mutex<Option<FileStamp>>,
}

impl KeyringFile {
    /// The file at this path, not read yet.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            seen: Mutex::new(None),
        }
    }

    /// Where it is, for messages.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The keys, oldest first; `None` when there is no file.
    ///
    /// # Errors
    ///
    /// [`KeyringFileError`] when the file is there but cannot be used.
    pub fn read(&self) -> Result<Option<Vec<StoredKey>>, KeyringFileError> {
        let stamp = FileStamp::of(&self.path);
        let content = Named(self.path.clone()).read()?;
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = stamp;
        Ok(content.map(|content| content.keys))
    }

    /// Makes the file with a first key.
    ///
    /// # Errors
    ///
    /// [`KeyringFileError`] when it cannot be written.
    pub fn make(&self, random: &dyn Random) -> Result<Vec<StoredKey>, KeyringFileError> {
        let keys = vec![StoredKey::random(random)];
        Named(self.path.clone()).write(&Content { keys: keys.clone() })?;
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = FileStamp::of(&self.path);
        Ok(keys)
    }

    /// The keys, if the file looks otherwise than when it was last read.
    ///
    /// # Errors
    ///
    /// [`KeyringFileError`] when it cannot be read, or cannot be used; the latter once for each change.
    pub fn changed(&self) -> Result<Option<Vec<StoredKey>>, KeyringFileError> {
        let stamp = FileStamp::of(&self.path);
        if *self.seen.lock().unwrap_or_else(PoisonError::into_inner) == stamp {
            return Ok(None);
        }
        let read = self.read();
        // What could not be read at all may be readable the next time.
        if read.is_err() && !matches!(read, Err(KeyringFileError::Io { .. })) {
            *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = stamp;
        }
        read
    }

    /// Forgets what the file looked like, so that it counts as changed when next looked at.
    pub(crate) fn forget(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The keyring of these keys.
    ///
    /// # Errors
    ///
    /// [`KeyringFileError::Invalid`] when one is no key, or none is in use.
    pub fn keyring(&self, keys: &[StoredKey]) -> Result<Keyring, KeyringFileError> {
        Keyring::new(keys).map_err(|source| self.invalid(source))
    }

    /// Says that the file's keys are no keys.
    pub(crate) fn invalid(&self, source: InvalidKeyring) -> KeyringFileError {
        KeyringFileError::Invalid {
            path: self.name(),
            source,
        }
    }
}

/// Adds a key that is known and not used yet, and returns its id.
///
/// # Errors
///
/// [`KeyringFileError`] when there is no keyring, a key is staged already, or the file cannot be used
/// or written.
pub fn stage(path: &Path, random: &dyn Random) -> Result<String, KeyringFileError> {
    change(path, |file, keys| {
        if let Some(staged) = keys.iter().find(|key| key.staged) {
            return Err(KeyringFileError::Staged {
                path: file.name(),
                id: staged.id.clone(),
            });
        }
        let mut key = StoredKey::random(random);
        key.staged = true;
        let id = key.id.clone();
        keys.push(key);
        Ok(id)
    })
}

/// Takes the staged key into use, and returns its id.
///
/// # Errors
///
/// [`KeyringFileError`] when no key is staged, or the file cannot be used or written.
pub fn activate(path: &Path) -> Result<String, KeyringFileError> {
    change(path, |file, keys| {
        let staged = keys.iter_mut().find(|key| key.staged);
        let staged = staged.ok_or_else(|| KeyringFileError::NotStaged { path: file.name() })?;
        staged.staged = false;
        Ok(staged.id.clone())
    })
}

fn change<T>(
    path: &Path,
    change: impl FnOnce(&Named, &mut Vec<StoredKey>) -> Result<T, KeyringFileError>,
) -> Result<T, KeyringFileError> {
    let file = Named(path.to_owned());
    let mut content = file
        .read()?
        .ok_or_else(|| KeyringFileError::Absent { path: file.name() })?;
    let changed = change(&file, &mut content.keys)?;
    Keyring::new(&content.keys).map_err(|source| KeyringFileError::Invalid {
        path: file.name(),
        source,
    })?;
    file.write(&content)?;
    Ok(changed)
}

/// Whether nobody else reads a file of this owner and mode. A group may read what root owns: so
/// secrets are mounted into containers of Kubernetes, for the group of one process.
fn is_private(owner: u32, mode: u32) -> bool {
    let others = if owner == 0 { 0o037 } else { 0o077 };
    mode & others == 0
}

struct Named(PathBuf);

impl Named {
    fn name(&self) -> String {
        self.0.display().to_string()
    }

    fn io(&self) -> impl Fn(io::Error) -> KeyringFileError {
        let path = self.name();
        move |source| KeyringFileError::Io {
            path: path.clone(),
            source,
        }
    }

    fn read(&self) -> Result<Option<Content>, KeyringFileError> {
        let Some(text) = read_if_present(&self.0).map_err(self.io())? else {
            return Ok(None);
        };
        let metadata = self.0.metadata().map_err(self.io())?;
        let mode = metadata.permissions().mode() & 0o777;
        if !is_private(metadata.uid(), mode) {
            return Err(KeyringFileError::Readable {
                path: self.name(),
                mode,
            });
        }
        // The parser's own words could quote a key.
        let content = serde_json::from_str(&text)
            .map_err(|_| KeyringFileError::Damaged { path: self.name() })?;
        Ok(Some(content))
    }

    fn write(&self, content: &Content) -> Result<(), KeyringFileError> {
        let mut text = serde_json::to_vec_pretty(content)
            .map_err(|_| KeyringFileError::Damaged { path: self.name() })?;
        text.push(b'\n');
        write_private(&self.0, &text).map_err(self.io())
    }
}

#[cfg(test)]
mod tests {
    use protocol::SeededRandom;

    use super::*;

    #[test]
    fn rotation_has_two_steps_and_keeps_the_old_keys() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(FILE_NAME);
        let random = SeededRandom::new(1);
        let file = KeyringFile::new(path.clone());
        assert!(file.read().unwrap().is_none());
        let keyring = file.keyring(&file.make(&random).unwrap()).unwrap();
        assert!(file.changed().unwrap().is_none());
        let sealed = keyring.seal("c", b"m", &random);
        let tag = keyring.authenticate("c", b"m");

        let early = activate(&path).unwrap_err();
        assert!(
            matches!(early, KeyringFileError::NotStaged { .. }),
            "{early}"
        );
        let id = stage(&path, &random).unwrap();
        let again = stage(&path, &random).unwrap_err();
        assert!(again.to_string().contains(&id), "{again}");
        keyring.replace(&file.changed().unwrap().unwrap()).unwrap();
        assert_eq!(keyring.authenticate("c", b"m"), tag);

        assert_eq!(activate(&path).unwrap(), id);
        keyring.replace(&file.changed().unwrap().unwrap()).unwrap();
        assert!(file.changed().unwrap().is_none());
        assert!(keyring.authenticate("c", b"m").starts_with(&id));
        assert_eq!(keyring.open("c", &sealed).unwrap(), b"m");
    }

    #[test]
    fn a_damaged_or_readable_keyring_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(FILE_NAME);
        let file = KeyringFile::new(path.clone());
        let absent = stage(&path, &SeededRandom::new(1)).unwrap_err();
        assert!(
            matches!(absent, KeyringFileError::Absent { .. }),
            "{absent}"
        );
        write_private(&path, b"{").unwrap();
        let damaged = file.read().unwrap_err();
        assert!(
            matches!(damaged, KeyringFileError::Damaged { .. }),
            "{damaged}"
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let readable = file.read().unwrap_err().to_string();
        assert!(readable.contains("mode 644"), "{readable}");
    }
    #[test]
    fn a_group_reads_only_what_root_owns_and_nobody_else_writes() {
        for (owner, mode, expected) in [
            (1000, 0o600, true),
            (1000, 0o400, true),
            (1000, 0o640, false),
            (0, 0o440, true),
            (0, 0o640, true),
            (0, 0o660, false),
            (0, 0o644, false),
        ] {
            assert_eq!(is_private(owner, mode), expected, "{owner} {mode:o}");
        }
    }
}
