//! The files of the data directory that an archive keeps, and places that must be empty.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::{ArchiveError, io_error};
use crate::config::FILE_NAME;
use crate::data_dir::{GENERATIONS, LOCK_FILE, read_if_present, write_private};
use crate::env_file::KEPT_ENV_FILE;
use crate::tls::AUTHORITY_FILES;

/// Where an archive has them.
pub(super) const FOLDER: &str = "files";

/// Endings of the files that `latchkey environment create` writes.
const SECRETS: [&str; 2] = [".secret", ".administration.env"];

/// What is told of a directory that is not empty, at most.
const TOLD: usize = 3;

/// The file's name in the data directory, if an archive may hold a file of this name.
pub(super) fn kept_name(in_archive: &str) -> Option<&str> {
    let name = in_archive.strip_prefix(FOLDER)?.strip_prefix('/')?;
    is_kept(name).then_some(name)
}

fn is_kept(name: &str) -> bool {
    let is_secret = |ending: &&str| name.strip_suffix(*ending).is_some_and(|id| !id.is_empty());
    !name.contains(['/', '\\'])
        && (name == KEPT_ENV_FILE
            || AUTHORITY_FILES.contains(&name)
            || SECRETS.iter().any(is_secret))
}

/// The data directory's files that belong into an archive, and their names there.
pub(super) fn kept(directory: &Path) -> Result<Vec<(PathBuf, String)>, ArchiveError> {
    let mut found = Vec::new();
    let entries = fs::read_dir(directory).map_err(io_error("reading", directory))?;
    for entry in entries {
        let entry = entry.map_err(io_error("reading", directory))?;
        if let Some(name) = entry.file_name().to_str()
            && is_kept(name)
        {
            found.push((entry.path(), format!("{FOLDER}/{name}")));
        }
    }
    Ok(found)
}

/// The folder that a file lies in.
pub(super) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Copies a file to a new one that this user alone can read.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), ArchiveError> {
    let content = fs::read(from).map_err(io_error("reading", from))?;
    create_private(to)
        .and_then(|mut file| file.write_all(&content))
        .map_err(io_error("writing", to))
}

pub(super) fn create_private(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Refuses a data directory in which anything stands but the lock and a configuration.
pub(super) fn refuse_used(directory: &Path) -> Result<(), ArchiveError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(io_error("reading", directory))? {
        let name = entry.map_err(io_error("reading", directory))?.file_name();
        if name != LOCK_FILE && name != FILE_NAME {
            found.push(name.to_string_lossy().into_owned());
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    found.sort_unstable();
    if found.len() > TOLD {
        found.truncate(TOLD);
        found.push("…".to_owned());
    }
    Err(ArchiveError::NotEmpty {
        place: format!("the data directory {}", directory.display()),
        found: found.join(", "),
    })
}

/// Whether a server that runs here keeps its data in a database that a reset made. The one for the
/// next reset is made ahead: where there is a second one, the first is in use.
pub(super) fn has_been_reset(directory: &Path) -> Result<bool, ArchiveError> {
    let folder = directory.join(GENERATIONS);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(io_error("reading", &folder)(error)),
    };
    for entry in entries {
        let name = entry.map_err(io_error("reading", &folder))?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".db"));
        if number.is_some_and(|number| number.parse::<u32>().is_ok_and(|number| number > 1)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Refuses a keyring in the archive's keyring's place, unless it is the same.
pub(super) fn refuse_other(keyring: &Path, archived: &Path) -> Result<(), ArchiveError> {
    let there = read_if_present(keyring).map_err(io_error("reading", keyring))?;
    let archived = fs::read_to_string(archived).map_err(io_error("reading", archived))?;
    if there.is_none_or(|there| there == archived) {
        return Ok(());
    }
    Err(ArchiveError::NotEmpty {
        place: format!("the keyring's place {}", keyring.display()),
        found: "another keyring".to_owned(),
    })
}

/// Refuses a folder in which no file can be made.
pub(super) fn refuse_unwritable(folder: &Path) -> Result<(), ArchiveError> {
    let made = tempfile::Builder::new()
        .prefix(".latchkey-")
        .tempfile_in(folder);
    made.map(drop).map_err(io_error("making a file in", folder))
}

/// Files that were put in their places, and are removed again unless they are kept.
#[derive(Default)]
pub(super) struct Placed(Vec<PathBuf>);

impl Placed {
    /// Copies a file to a new one that this user alone can read, and that is on the disk.
    pub(super) fn copy(&mut self, from: &Path, to: &Path) -> Result<(), ArchiveError> {
        let content = fs::read(from).map_err(io_error("reading", from))?;
        self.0.push(to.to_owned());
        write_private(to, &content).map_err(io_error("writing", to))
    }

    /// Moves a file of the same file system to its place, on the disk.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> Result<(), ArchiveError> {
        self.0.push(to.to_owned());
        let moved = fs::File::open(from)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(from, to))
            // The name is durable only when the directory is.
            .and_then(|()| fs::File::open(folder_of(to))?.sync_all());
        moved.map_err(io_error("making", to))
    }

    pub(super) fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        for file in &self.0 {
            // What was not even begun is not there, and the error that is told is the first one.
            let _ = fs::remove_file(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_its_place_is_removed_when_a_later_step_fails() {
        let place = tempfile::tempdir().unwrap();
        let file = |name: &str| place.path().join(name);
        fs::write(file("from"), "x").unwrap();
        let put = |last: &Path| {
            let mut placed = Placed::default();
            placed.copy(&file("from"), &file("copy"))?;
            placed.rename(&file("from"), last)?;
            placed.keep();
            Ok::<(), ArchiveError>(())
        };

        put(&file("no/such/folder")).unwrap_err();
        assert!(!file("copy").exists());
        assert!(file("from").exists());

        put(&file("moved")).unwrap();
        assert_eq!(fs::read(file("copy")).unwrap(), b"x");
        assert_eq!(fs::read(file("moved")).unwrap(), b"x");
    }

    #[test]
    fn an_archive_names_no_file_outside_the_data_directory() {
        for name in [
            "files/../x.secret",
            "files//etc/x.secret",
            "files/a/b.secret",
            "files/.secret",
            "files/latchkey.toml",
            "files/latchkey.db",
            "keyring.json",
            "other/x.secret",
        ] {
            assert_eq!(kept_name(name), None, "{name}");
        }
        assert_eq!(kept_name("files/ca.pem"), Some("ca.pem"));
        assert_eq!(kept_name("files/1.portal.secret"), Some("1.portal.secret"));
    }
}
