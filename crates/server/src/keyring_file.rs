//! The keyring's file: made once, readable by this user alone, rotated by adding a key.
//!
//! The newest key seals and authenticates; all are accepted, so a rotation signs nobody off.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use platform::keyring::{InvalidKeyring, Keyring, StoredKey};
use protocol::Random;
use serde::{Deserialize, Serialize};

use crate::data_dir::{read_if_present, write_private};

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
    /// There is none to rotate.
    #[error("there is no keyring {path} yet; it is made at the first start")]
    Absent {
        /// Which.
        path: String,
    },
}

/// Reads the keyring, or makes one with a first key.
///
/// # Errors
///
/// [`KeyringFileError`] when the file is there but cannot be used: a new one in its place would lose
/// what the old keys sealed.
pub fn load_or_make(path: &Path, random: &dyn Random) -> Result<Keyring, KeyringFileError> {
    let file = Named(path.to_owned());
    let content = if let Some(content) = file.read()? {
        content
    } else {
        let content = Content {
            keys: vec![StoredKey::random(random)],
        };
        file.write(&content)?;
        content
    };
    Keyring::new(&content.keys).map_err(|source| KeyringFileError::Invalid {
        path: file.name(),
        source,
    })
}

/// Adds a key, which is used from the next start on. Returns how many there are then.
///
/// # Errors
///
/// [`KeyringFileError`] when there is no keyring, or it cannot be used or written.
pub fn rotate(path: &Path, random: &dyn Random) -> Result<usize, KeyringFileError> {
    let file = Named(path.to_owned());
    let mut content = file
        .read()?
        .ok_or_else(|| KeyringFileError::Absent { path: file.name() })?;
    content.keys.push(StoredKey::random(random));
    Keyring::new(&content.keys).map_err(|source| KeyringFileError::Invalid {
        path: file.name(),
        source,
    })?;
    file.write(&content)?;
    Ok(content.keys.len())
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
        let mode = self.0.metadata().map_err(self.io())?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
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
    fn rotation_adds_a_key_and_keeps_the_old_ones() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(FILE_NAME);
        let random = SeededRandom::new(1);
        let before = load_or_make(&path, &random).unwrap();
        let sealed = before.seal("c", b"m", &random);
        assert_eq!(rotate(&path, &random).unwrap(), 2);
        let after = load_or_make(&path, &random).unwrap();
        assert_eq!(after.open("c", &sealed).unwrap(), b"m");
        assert_ne!(
            after.authenticate("c", b"m"),
            before.authenticate("c", b"m")
        );
    }

    #[test]
    fn a_damaged_or_readable_keyring_is_refused_rather_than_replaced() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(FILE_NAME);
        let random = SeededRandom::new(1);
        let absent = rotate(&path, &random).unwrap_err();
        assert!(
            matches!(absent, KeyringFileError::Absent { .. }),
            "{absent}"
        );
        write_private(&path, b"{").unwrap();
        let damaged = load_or_make(&path, &random).unwrap_err();
        assert!(
            matches!(damaged, KeyringFileError::Damaged { .. }),
            "{damaged}"
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let readable = load_or_make(&path, &random).unwrap_err().to_string();
        assert!(readable.contains("mode 644"), "{readable}");
    }
}
