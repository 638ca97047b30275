//! An image of a database: a file of its own with everything that was committed at one moment.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

use rusqlite::Connection;

use crate::{
    error::StoreError,
    sqlite::{Durability, explain},
};

/// Writes the image to a file that does not exist yet, readable for its owner alone. What was begun
/// and did not succeed is removed.
pub(super) fn write(
    connection: &Connection,
    to: &Path,
    durability: Durability,
) -> Result<(), StoreError> {
    let writing = StoreError::during("write an image of the database");
    let refused = |error: io::Error| {
        let why = format!("the file {} cannot be made", to.display());
        StoreError::refused(why).because(error)
    };
    let file = create_new(to).map_err(|error| writing(refused(error)))?;
    let written = vacuum(connection, to).and_then(|()| match durability {
        Durability::Flushed => flush(&file),
        Durability::Unflushed => Ok(()),
    });
    if written.is_err() {
        // The error that is told is the first one.
        let _ = fs::remove_file(to);
    }
    written.map_err(writing)
}

/// SQLite takes an empty file, keeps its mode, and leaves flushing it to us.
fn vacuum(connection: &Connection, to: &Path) -> Result<(), StoreError> {
    let name = to
        .to_str()
        .ok_or_else(|| StoreError::refused("the file's path is not UTF-8"))?;
    let copied = connection.execute("VACUUM INTO ?1", [name]);
    copied.map(drop).map_err(explain)
}

fn flush(file: &File) -> Result<(), StoreError> {
    file.sync_all()
        .map_err(|error| StoreError::unavailable("its image cannot be flushed").because(error))
}

fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
