//! Bringing the tables to this version as a step of its own, and copying them elsewhere.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use db::{Copied, Db, Location, MigrationSet, StoreError};
use platform::{Parts, SystemClock};
use protocol::SystemRandom;

use super::{Keys, StartError, environment, open_database};
use crate::config::settings::Database;
use crate::config::{Servers, Settings};
use crate::data_dir::{self, DATABASE_FILE, DataDir, DataDirError};
use crate::installation;

/// A step that the database was not brought by yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PendingStep {
    /// The set of tables.
    pub(crate) set: &'static str,
    /// The step's number in it.
    pub(crate) version: u32,
    /// What it brings.
    pub(crate) name: &'static str,
}

impl std::fmt::Display for PendingStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({})", self.set, self.version, self.name)
    }
}

/// Why the tables were not brought to this version, or not copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TablesError {
    /// A running server uses the SQLite database.
    #[error("the database cannot be changed while a server uses it; stop that one first")]
    Running(#[source] DataDirError),
    /// What a server would fail on as well.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database itself.
    #[error("the database could not be read (setting database)")]
    Database(#[source] StoreError),
    /// There is nothing to copy.
    #[error("there is no database {0}; nothing to copy (name the place with --data-dir)")]
    Nothing(String),
    /// Something would not be copied.
    #[error(
        "the database holds tables of `{0}`, too, which would not be copied; leave out --for, or name \
         the command that uses them"
    )]
    LeftOut(String),
    /// The other database cannot be opened.
    #[error("the database to copy into could not be opened (--to)")]
    Target(#[source] StoreError),
    /// The copy is not whole.
    #[error("the database was not copied")]
    Copy(#[source] StoreError),
}

/// Every set of tables that these servers use.
pub(crate) fn sets(servers: Servers) -> Vec<MigrationSet<'static>> {
    let mut sets: Vec<MigrationSet<'static>> = vec![(installation::SET, installation::MIGRATIONS)];
    if servers.has_environment() {
        sets.push((idp::TABLES, idp::MIGRATIONS));
    }
    if servers.has_portal() {
        sets.push((portal::TABLES, portal::MIGRATIONS));
    }
    sets
}

/// The newest version of each set.
pub(crate) fn newest(sets: &[MigrationSet<'_>]) -> BTreeMap<String, u32> {
    let newest = sets.iter().filter_map(|(set, migrations)| {
        let last = migrations.last()?;
        Some(((*set).to_owned(), last.version))
    });
    newest.collect()
}

/// The steps that these servers would bring this database by when they start.
pub(super) async fn pending_in(db: &Db, servers: Servers) -> Result<Vec<PendingStep>, StoreError> {
    let mut pending = Vec::new();
    for (set, migrations) in sets(servers) {
        let steps = db.pending(set, migrations).await?;
        pending.extend(steps.into_iter().map(|step| PendingStep {
            set,
            version: step.version,
            name: step.name,
        }));
    }
    Ok(pending)
}

/// The steps that the configured database lacks. Changes nothing, and makes no database where there
/// is none.
///
/// # Errors
///
/// [`TablesError`] when the database does not answer, or is newer than this program.
pub(crate) async fn pending(
    settings: &Settings,
    directory: &Path,
    servers: Servers,
) -> Result<Vec<PendingStep>, TablesError> {
    let file = directory.join(DATABASE_FILE);
    let db = if matches!(settings.database, Database::Sqlite) && !file.exists() {
        Db::sqlite_in_memory().map_err(TablesError::Database)?
    } else {
        open_database(settings, directory).await?
    };
    let pending = pending_in(&db, servers).await;
    pending.map_err(TablesError::Database)
}

/// Brings the configured database to this version, as the start of these servers does. With SQLite no
/// server may run; on PostgreSQL the servers of the version before have to be stopped.
///
/// # Errors
///
/// [`TablesError`] says what stands in the way; steps that were taken before stay.
pub(crate) async fn migrate(
    settings: &Settings,
    directory: &Path,
    servers: Servers,
) -> Result<Vec<PendingStep>, TablesError> {
    let _held = hold(settings, directory)?;
    let db = open_database(settings, directory).await?;
    let pending = pending_in(&db, servers).await;
    let pending = pending.map_err(TablesError::Database)?;
    let keys = Keys::open(settings, directory, &db, &SystemRandom).await?;
    let parts = Parts {
        db: db.clone(),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        keyring: keys.keyring,
    };
    if servers.has_environment() {
        // Some of what is stored is brought up to date by the environment itself.
        environment::start_idp(settings, &settings.idp_url(), None, None, parts).await?;
    }
    if servers.has_portal() {
        let portal = db.migrate(portal::TABLES, portal::MIGRATIONS).await;
        portal.map_err(TablesError::Database)?;
    }
    db.close().await;
    Ok(pending)
}

/// Copies the configured database of these servers into an empty one, of either kind, and compares
/// every row. With SQLite no server may run; on PostgreSQL all have to be stopped.
///
/// # Errors
///
/// [`TablesError`] says what stands in the way; then the other database is not to be used.
pub(crate) async fn copy(
    settings: &Settings,
    directory: &Path,
    servers: Servers,
    to: &Location,
    progress: impl FnMut(u64, u64),
) -> Result<Copied, TablesError> {
    let file = directory.join(DATABASE_FILE);
    if matches!(settings.database, Database::Sqlite) && !file.exists() {
        return Err(TablesError::Nothing(file.display().to_string()));
    }
    let _held = match to {
        Location::Sqlite(_) => Some(held(DataDir::open(directory))?),
        _ => hold(settings, directory)?,
    };
    let from = open_database(settings, directory).await?;
    // Half a copy is refused as such.
    pending_in(&from, servers)
        .await
        .map_err(TablesError::Copy)?;
    let sets = sets(servers);
    let there = from
        .schema_versions()
        .await
        .map_err(TablesError::Database)?;
    let is_copied = |name: &String| sets.iter().any(|(set, _)| set == name);
    if let Some(left) = there.into_keys().find(|name| !is_copied(name)) {
        return Err(TablesError::LeftOut(left));
    }
    let to = Db::open(to).await.map_err(TablesError::Target)?;
    let copied = db::copy(&from, &to, &sets, progress).await;
    let copied = copied.map_err(TablesError::Copy)?;
    to.close().await;
    from.close().await;
    Ok(copied)
}

/// SQLite belongs to one process at a time.
fn hold(settings: &Settings, directory: &Path) -> Result<Option<DataDir>, TablesError> {
    held(match settings.database {
        Database::Postgres(_) => data_dir::make(directory).map(|()| None),
        Database::Sqlite => DataDir::open(directory).map(Some),
    })
}

fn held<T>(directory: Result<T, DataDirError>) -> Result<T, TablesError> {
    directory.map_err(|error| match error {
        error @ DataDirError::InUse { .. } => TablesError::Running(error),
        error => StartError::from(error).into(),
    })
}
