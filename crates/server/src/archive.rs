//! Backups: one archive with the database, the keyring and the secret files that belong together.
//!
//! An archive is a tar file. It begins with a [`Manifest`], which tells the length and the SHA-256
//! digest of everything that follows. What belongs together is checked when the archive is made and
//! again before anything of it is put in its place.

mod files;
mod manifest;
mod postgres;
mod tape;
mod work;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use db::{Db, Statement, StoreError};
use jiff::Timestamp;
use tempfile::TempDir;

use crate::config::settings::Database;
use crate::config::{Servers, Settings};
use crate::data_dir::{DATABASE_FILE, DataDir, DataDirError};
use crate::installation::{Installation, InstallationError};
use crate::keyring_file::{self, KeyringFile};
use crate::up::tables;

pub use manifest::{Content, Digest, Engine, Manifest};

use files::Placed;
use manifest::KEYRING;
use postgres::Loaded;
use work::{Work, on_thread};

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
    /// The data is elsewhere until the server stops.
    #[error(
        "the control API has reset this database, and what came since comes into its file when the \
         server stops; stop it first"
    )]
    Reset(#[source] DataDirError),
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
    /// The archive's tables are of a version that this program does not know.
    #[error(
        "the archive was made by latchkey {version}, which has tables that this program does not \
         know; restore it with that version"
    )]
    Newer {
        /// Who made it.
        version: String,
        /// Which tables.
        source: StoreError,
    },
    /// It failed when PostgreSQL's tables stood there already, and they still do.
    #[error(
        "{failed}; and the tables that were restored could not be dropped again: empty the database \
         before you try once more"
    )]
    HalfWay {
        /// What failed, with its causes.
        failed: String,
        /// Why they could not be dropped.
        source: StoreError,
    },
    /// Somebody wanted it to end.
    #[error("it was stopped before it was done, and nothing of it was left behind")]
    Stopped,
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
/// run meanwhile. Ctrl-C and SIGTERM end it; nothing is left behind then.
///
/// It runs in a runtime of its own.
///
/// # Errors
///
/// [`ArchiveError`] says what stands in the way; then there is no file.
pub fn backup(
    settings: &Settings,
    directory: &Path,
    to: &Path,
    now: Timestamp,
) -> Result<Manifest, ArchiveError> {
    if to.exists() {
        return Err(ArchiveError::Exists(to.display().to_string()));
    }
    let staging = staging(files::folder_of(to))?;
    // Gone before the folder is removed, so that nothing is written into it any more.
    let work = Work::new()?;
    work.until_stopped(make(settings, directory, staging.path(), to, now))
}

async fn make(
    settings: &Settings,
    directory: &Path,
    staging: &Path,
    to: &Path,
    now: Timestamp,
) -> Result<Manifest, ArchiveError> {
    // The database comes first: nobody takes keys or secrets away, so that what is read later holds
    // everything that this state of the database needs.
    let saved = save_database(settings, directory, staging).await?;
    let keyring = keyring_path(settings, directory);
    files::copy(&keyring, &staging.join(KEYRING))?;
    for (from, name) in files::kept(directory)? {
        files::copy(&from, &staging.join(name))?;
    }
    let installation = saved.verify(&keyring).await?;
    let (path, to) = (staging.to_owned(), to.to_owned());
    on_thread(move |given_up| {
        let contents = tape::contents(&path, given_up)?;
        let manifest = Manifest::new(saved.content, installation, contents, now);
        tape::write(&path, &manifest, &to, given_up)?;
        Ok(manifest)
    })
    .await
}

/// Puts an archive's contents into an empty data directory and, on PostgreSQL, a database that has
/// none of our tables. Ctrl-C and SIGTERM end it; nothing is left behind then.
///
/// It runs in a runtime of its own.
///
/// # Errors
///
/// [`ArchiveError`] says what stands in the way. On SQLite nothing is put in its place before
/// everything was checked; PostgreSQL's tables can be checked only once they are there, and are
/// dropped again when something is wrong. Whatever fails, what was put in its place is taken away, so
/// that it can be tried again; where that fails, too, the error says so.
pub fn restore(
    settings: &Settings,
    directory: &Path,
    from: &Path,
) -> Result<Manifest, ArchiveError> {
    let held = DataDir::open(directory)?;
    files::refuse_used(held.path())?;
    let keyring = keyring_path(settings, directory);
    if !keyring.exists() {
        files::refuse_unwritable(files::folder_of(&keyring))?;
    }
    let staging = staging(directory)?;
    let work = Work::new()?;
    let unpacked = Unpacked {
        folder: staging.path(),
        archive: from,
        directory,
        keyring: &keyring,
    };
    let (manifest, loaded) = work.until_stopped(unpacked.load(settings))?;
    // The rest is a matter of moments, and is not stopped in the middle.
    work.finish(unpacked.put_in_place(&manifest, loaded))?;
    Ok(manifest)
}

/// An archive on its way from a folder to its place.
struct Unpacked<'a> {
    folder: &'a Path,
    archive: &'a Path,
    directory: &'a Path,
    keyring: &'a Path,
}

impl Unpacked<'_> {
    fn staged_keyring(&self) -> PathBuf {
        self.folder.join(KEYRING)
    }

    /// Unpacks and checks everything. PostgreSQL's tables are in their place afterwards.
    async fn load(&self, settings: &Settings) -> Result<(Manifest, Option<Loaded>), ArchiveError> {
        let (folder, archive) = (self.folder.to_owned(), self.archive.to_owned());
        let read = on_thread(move |given_up| tape::read(&archive, &folder, given_up));
        let manifest = read.await?;
        let configured = Engine::of(&settings.database);
        if manifest.database.engine != configured {
            return Err(ArchiveError::Engine {
                archived: manifest.database.engine,
                configured,
            });
        }
        let sets = tables::sets(Servers::Both);
        let ours = db::tables_of(&sets, &manifest.database.versions).await;
        let mut ours = ours.map_err(|source| ArchiveError::Newer {
            version: manifest.version.clone(),
            source,
        })?;
        // A manifest may tell less than there is.
        ours.extend(db::tables_of(&sets, &tables::newest(&sets)).await?);
        let keyring = self.staged_keyring();
        files::refuse_other(self.keyring, &keyring)?;
        let image = self.folder.join(configured.file());
        let loaded = match &settings.database {
            Database::Sqlite => {
                let saved = Saved::image(image).await?;
                self.check(&saved, &manifest).await?;
                None
            }
            Database::Postgres(postgres) => {
                let db = Db::postgres(postgres).await?;
                let archived = &manifest.database;
                Some(postgres::load(postgres, db, archived, ours, &image).await?)
            }
        };
        Ok((manifest, loaded))
    }

    async fn put_in_place(
        &self,
        manifest: &Manifest,
        loaded: Option<Loaded>,
    ) -> Result<(), ArchiveError> {
        let Some(loaded) = loaded else {
            return self.put_files(manifest);
        };
        let put = match Saved::live(loaded.db.clone()).await {
            Ok(saved) => self.check(&saved, manifest).await,
            Err(error) => Err(error),
        };
        match put.and_then(|()| self.put_files(manifest)) {
            Ok(()) => Ok(()),
            Err(error) => Err(loaded.take_away(error).await),
        }
    }

    /// The manifest must speak of the database that it came with, and the keyring belong to it.
    async fn check(&self, saved: &Saved, manifest: &Manifest) -> Result<(), ArchiveError> {
        if saved.content.versions != manifest.database.versions {
            return Err(ArchiveError::Damaged {
                path: self.archive.display().to_string(),
                what: "its database has tables of other versions than its manifest tells"
                    .to_owned(),
            });
        }
        saved.verify(&self.staged_keyring()).await.map(drop)
    }

    /// Puts all files in their places, or none.
    fn put_files(&self, manifest: &Manifest) -> Result<(), ArchiveError> {
        let mut placed = Placed::default();
        for name in manifest.names() {
            if let Some(kept) = files::kept_name(name) {
                placed.copy(&self.folder.join(name), &self.directory.join(kept))?;
            }
        }
        if !self.keyring.exists() {
            placed.copy(&self.staged_keyring(), self.keyring)?;
        }
        if manifest.database.engine == Engine::Sqlite {
            // The last step: a database without its keyring would not be opened.
            let image = self.folder.join(Engine::Sqlite.file());
            placed.rename(&image, &self.directory.join(DATABASE_FILE))?;
        }
        placed.keep();
        Ok(())
    }
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
            // Where nobody holds the directory, what is left of a reset counts no more.
            if files::has_been_reset(directory)?
                && let Err(error @ DataDirError::InUse { .. }) = DataDir::open(directory)
            {
                return Err(ArchiveError::Reset(error));
            }
            Db::sqlite(&file)?.copy_to(&image).await?;
            Saved::image(image).await
        }
        Database::Postgres(postgres) => {
            let saved = Saved::live(Db::postgres(postgres).await?).await?;
            if saved.content.versions.is_empty() {
                return Err(ArchiveError::Nothing("with our tables".to_owned()));
            }
            let sets = tables::sets(Servers::Both);
            let ours = db::tables_of(&sets, &saved.content.versions).await?;
            postgres::dump(postgres, &saved.content, &ours, &image).await?;
            Ok(saved)
        }
    }
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
