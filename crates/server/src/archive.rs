//! Backups: one archive with the database, the keyring and the secret files that belong together.
//!
//! An archive is a tar file. It begins with a [`Manifest`], which tells the length and the SHA-256
//! digest of everything that follows. What belongs together is checked when the archive is made and
//! again before anything of it is put in its place.

mod files;
mod manifest;
mod postgres;
mod tape;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use db::{Db, Statement, StoreError};
use jiff::Timestamp;
use tempfile::TempDir;

use crate::config::Settings;
use crate::config::settings::Database;
use crate::data_dir::{DATABASE_FILE, DataDir, DataDirError, write_private};
use crate::installation::{Installation, InstallationError};
use crate::keyring_file::{self, KeyringFile};

pub use manifest::{Content, Digest, Engine, Manifest};

use manifest::KEYRING;

/// Why there is no archive, or nothing was restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// A file or folder.
    #[error("{what} failed")]
    Io {
        /// What was tried.
        what: String,
        /// Why.
        source: io::Error,
    },
    /// The data directory.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The archive would replace a file.
    #[error("{0} exists already; name a new file for the backup")]
    Exists(String),
    /// There is no database to keep.
    #[error("there is no database {0}; nothing to back up (name the place with --data-dir)")]
    Nothing(String),
    /// Something would be overwritten.
    #[error(
        "{place} is not empty ({found}); restore into an empty one, so that nothing is overwritten"
    )]
    NotEmpty {
        /// A data directory, database or keyring.
        place: String,
        /// What stands in it.
        found: String,
    },
    /// The file is no archive of ours, or is not whole.
    #[error("{path} cannot be restored: {what}")]
    Damaged {
        /// The archive.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// The archive and the configuration name different databases.
    #[error(
        "the archive holds a database of {archived}, and the configuration names {configured}; set \
         `database` to one of {archived}, restore, and move the data with `latchkey copy`"
    )]
    Engine {
        /// Where it comes from.
        archived: Engine,
        /// Where it should go.
        configured: Engine,
    },
    /// The tables would land elsewhere than the program looks for them.
    #[error(
        "the archive's tables are of the schema {archived}, and the configured database looks into \
         {configured}; make that the first one of its search_path"
    )]
    Schema {
        /// Where they come from.
        archived: String,
        /// Where they should go.
        configured: String,
    },
    /// The keyring does not belong to the database.
    #[error(transparent)]
    Keys(#[from] InstallationError),
    /// The database.
    #[error("the database could not be read or written (setting database)")]
    Database(#[from] StoreError),
    /// SQLite's own check.
    #[error(
        "the database is damaged: {0}; restore the last good backup, or ask for help before \
         anything else is written"
    )]
    Corrupt(String),
    /// PostgreSQL's programs are not installed.
    #[error(
        "{0} is not on the path; install PostgreSQL's client programs (on Debian: apt-get install \
         postgresql-client), of the server's version or newer"
    )]
    NoTool(&'static str),
    /// One of PostgreSQL's programs failed.
    #[error("{tool} failed: {said}")]
    Tool {
        /// Which.
        tool: &'static str,
        /// What it said.
        said: String,
    },
}

/// For `map_err`: what was tried with which file.
fn io_error(what: &str, path: &Path) -> impl FnOnce(io::Error) -> ArchiveError {
    let what = format!("{what} {}", path.display());
    move |source| ArchiveError::Io { what, source }
}

/// Writes an archive of this installation to a new file that this user alone can read. Servers may
/// run meanwhile.
///
/// # Errors
///
/// [`ArchiveError`] says what stands in the way; then there is no file.
pub async fn backup(
    settings: &Settings,
    directory: &Path,
    to: &Path,
    now: Timestamp,
) -> Result<Manifest, ArchiveError> {
    if to.exists() {
        return Err(ArchiveError::Exists(to.display().to_string()));
    }
    let staging = staging(files::folder_of(to))?;
    // The database comes first: nobody takes keys or secrets away, so that what is read later holds
    // everything that this state of the database needs.
    let saved = save_database(settings, directory, staging.path()).await?;
    let keyring = keyring_path(settings, directory);
    files::copy(&keyring, &staging.path().join(KEYRING))?;
    for (from, name) in files::kept(directory)? {
        files::copy(&from, &staging.path().join(name))?;
    }
    let installation = saved.verify(&keyring).await?;
    let (path, to) = (staging.path().to_owned(), to.to_owned());
    let written = tokio::task::spawn_blocking(move || {
        let contents = tape::contents(&path)?;
        let manifest = Manifest::new(saved.content, installation, contents, now);
        tape::write(&path, &manifest, &to)?;
        Ok(manifest)
    });
    written.await.map_err(thread_failed)?
}

/// Puts an archive's contents into an empty data directory and, on PostgreSQL, an empty database.
///
/// # Errors
///
/// [`ArchiveError`] says what stands in the way. Nothing is put in its place before everything was
/// checked.
pub async fn restore(
    settings: &Settings,
    directory: &Path,
    from: &Path,
) -> Result<Manifest, ArchiveError> {
    let held = DataDir::open(directory)?;
    files::refuse_used(held.path())?;
    let staging = staging(directory)?;
    let (path, archive) = (staging.path().to_owned(), from.to_owned());
    let read = tokio::task::spawn_blocking(move || tape::read(&archive, &path));
    let manifest = read.await.map_err(thread_failed)??;

    let configured = Engine::of(&settings.database);
    if manifest.database.engine != configured {
        return Err(ArchiveError::Engine {
            archived: manifest.database.engine,
            configured,
        });
    }
    let keyring = keyring_path(settings, directory);
    let staged = staging.path().join(KEYRING);
    files::refuse_other(&keyring, &staged)?;
    let image = staging.path().join(configured.file());
    match &settings.database {
        Database::Sqlite => {
            let saved = Saved::image(image.clone()).await?;
            same_tables(&saved.content, &manifest, from)?;
            saved.verify(&staged).await?;
        }
        Database::Postgres(postgres) => {
            let db = Db::postgres(postgres).await?;
            postgres::load(postgres, &db, &manifest.database, &image).await?;
            let saved = Saved::live(db).await?;
            same_tables(&saved.content, &manifest, from)?;
            saved.verify(&staged).await?;
        }
    }
    for name in manifest.names() {
        if let Some(kept) = files::kept_name(name) {
            let content = fs::read(staging.path().join(name));
            let content = content.map_err(io_error("reading", &staging.path().join(name)))?;
            let place = directory.join(kept);
            write_private(&place, &content).map_err(io_error("writing", &place))?;
        }
    }
    let content = fs::read(&staged).map_err(io_error("reading", &staged))?;
    write_private(&keyring, &content).map_err(io_error("writing", &keyring))?;
    if configured == Engine::Sqlite {
        // The last step: a database without its keyring would not be opened.
        let place = directory.join(DATABASE_FILE);
        fs::rename(&image, &place).map_err(io_error("making", &place))?;
    }
    Ok(manifest)
}

/// A database that was read, and what it says of itself.
struct Saved {
    db: Db,
    content: Content,
    /// An image may be opened at leisure; it is folded into one file when it is closed.
    is_image: bool,
}

impl Saved {
    async fn image(path: PathBuf) -> Result<Self, ArchiveError> {
        let db = Db::sqlite(&path)?;
        let damage = db.read(Statement::new("PRAGMA quick_check(1)").scan());
        let damage: Vec<String> = match damage.await {
            Ok(rows) => rows
                .iter()
                .map(|row| row.get("quick_check"))
                .collect::<Result<_, _>>()?,
            Err(error) => return Err(error.into()),
        };
        if damage != ["ok"] {
            return Err(ArchiveError::Corrupt(damage.join("; ")));
        }
        Ok(Self {
            content: Content {
                engine: Engine::Sqlite,
                schema: None,
                versions: db.schema_versions().await?,
            },
            db,
            is_image: true,
        })
    }

    async fn live(db: Db) -> Result<Self, ArchiveError> {
        Ok(Self {
            content: Content {
                engine: Engine::Postgres,
                schema: db.schema_name().await?,
                versions: db.schema_versions().await?,
            },
            db,
            is_image: false,
        })
    }

    /// Checks that the keyring holds the keys that the database was written with; the installation's
    /// id. Then the database is closed.
    async fn verify(&self, keyring: &Path) -> Result<String, ArchiveError> {
        let file = KeyringFile::new(keyring.to_owned());
        let installation = Installation::read(&self.db).await?;
        let id = installation.belongs_to(&file).await?;
        if self.is_image {
            self.db.close().await;
        }
        Ok(id)
    }
}

async fn save_database(
    settings: &Settings,
    directory: &Path,
    staging: &Path,
) -> Result<Saved, ArchiveError> {
    let image = staging.join(Engine::of(&settings.database).file());
    match &settings.database {
        Database::Sqlite => {
            let file = directory.join(DATABASE_FILE);
            // Opening would make one.
            if !file.exists() {
                return Err(ArchiveError::Nothing(file.display().to_string()));
            }
            Db::sqlite(&file)?.copy_to(&image).await?;
            Saved::image(image).await
        }
        Database::Postgres(postgres) => {
            let saved = Saved::live(Db::postgres(postgres).await?).await?;
            if saved.content.versions.is_empty() {
                return Err(ArchiveError::Nothing("with our tables".to_owned()));
            }
            postgres::dump(postgres, &saved.db, &saved.content, &image).await?;
            Ok(saved)
        }
    }
}

/// The manifest must speak of the database that it came with.
fn same_tables(found: &Content, manifest: &Manifest, archive: &Path) -> Result<(), ArchiveError> {
    if found.versions == manifest.database.versions {
        return Ok(());
    }
    Err(ArchiveError::Damaged {
        path: archive.display().to_string(),
        what: "its database has tables of other versions than its manifest tells".to_owned(),
    })
}

fn keyring_path(settings: &Settings, directory: &Path) -> PathBuf {
    match &settings.keyring_file {
        Some(path) => path.clone(),
        None => directory.join(keyring_file::FILE_NAME),
    }
}

/// A folder that this user alone can enter, beside where its contents will go.
fn staging(beside: &Path) -> Result<TempDir, ArchiveError> {
    let made = tempfile::Builder::new()
        .prefix(".latchkey-")
        .tempdir_in(beside);
    let made = made.map_err(io_error("making a folder in", beside))?;
    let kept = made.path().join(files::FOLDER);
    fs::create_dir(&kept).map_err(io_error("making", &kept))?;
    Ok(made)
}

fn thread_failed(error: tokio::task::JoinError) -> ArchiveError {
    ArchiveError::Io {
        what: "reading or writing the archive".to_owned(),
        source: error.into(),
    }
}
