//! The database of a start: which one, how it is opened, and what is made beside it.

use std::path::Path;

use db::{Db, StoreError};
use idp::FirstKey;

use super::reserved::Reserved;
use super::{StartError, UpOptions, open_database, tables};
use crate::config::settings::Database;
use crate::data_dir::DATABASE_FILE;
use crate::tls::ServerTls;

/// An environment that lives for one test is asked for a token as soon as it is there.
pub(super) fn begin_first_key(options: &mut UpOptions) {
    if is_new(options) && options.servers.has_environment() {
        options.settings.idp.settings.first_key = FirstKey::begin();
    }
}

/// Whether there is nothing in the database yet.
pub(super) fn is_new(options: &UpOptions) -> bool {
    options.ephemeral
        && options.db.is_none()
        && matches!(options.settings.database, Database::Sqlite)
}

/// Whether a start need not wait for the first keys, though resets need them: not where the order of
/// what is made decides on ids.
pub(super) fn keys_come_later(options: &UpOptions) -> bool {
    is_new(options) && options.settings.control.random_seed.is_none()
}

/// Opens a file of SQLite's.
pub(super) type OpenFile = fn(&Path) -> Result<Db, StoreError>;

/// What goes with the process need not be on the disk.
pub(super) fn how_to_open(options: &UpOptions) -> OpenFile {
    if options.ephemeral {
        Db::sqlite_unflushed
    } else {
        Db::sqlite
    }
}

/// Prepares both at once. Each comes to its end, whatever becomes of the other: they write into the same
/// directory.
pub(super) async fn tls_and_database(
    options: &UpOptions,
    reserved: &Reserved,
    open_file: OpenFile,
) -> Result<(Option<ServerTls>, Db), StartError> {
    let (tls, db) = tokio::join!(
        reserved.prepare_tls(&options.settings),
        database(options, open_file, reserved.directory.path())
    );
    Ok((tls?, db?))
}

async fn database(
    options: &UpOptions,
    open_file: OpenFile,
    directory: &Path,
) -> Result<Db, StartError> {
    match options.db.clone() {
        Some(db) => Ok(db),
        None if is_new(options) => {
            let made = open_file(&directory.join(DATABASE_FILE));
            let made = made.map_err(StartError::Database)?;
            // Nobody else uses it, so that its tables can be made beside everything else.
            for (set, migrations) in tables::sets(options.servers) {
                let migrated = made.migrate(set, migrations).await;
                migrated.map_err(StartError::Database)?;
            }
            Ok(made)
        }
        None => open_database(&options.settings, directory).await,
    }
}
