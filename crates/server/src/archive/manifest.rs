//! What an archive says of itself.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::settings::Database;

/// The manifest's own name, the first in an archive.
pub(super) const MANIFEST: &str = "manifest.json";

/// The keyring's name in an archive.
pub(super) const KEYRING: &str = "keyring.json";

/// The one form of archives that there is.
pub(super) const FORMAT: u32 = 1;

/// The first file of an archive: where it comes from, and what must be in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// The form of the archive.
    pub format: u32,
    /// The version of the program that made it.
    pub version: String,
    /// When.
    pub made_at: String,
    /// Which installation it is of: the id of the keyring's first key.
    pub installation: String,
    /// Its database.
    pub database: Content,
    /// Every other file.
    pub files: BTreeMap<String, Digest>,
}

/// What is known of the database in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Whose database it is.
    pub engine: Engine,
    /// The PostgreSQL schema that its tables stand in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub schema: Option<String>,
    /// The newest migration of each set of tables.
    pub versions: BTreeMap<String, u32>,
}

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

/// What a file must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 digest in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    pub(super) fn new(
        database: Content,
        installation: String,
        files: BTreeMap<String, Digest>,
        now: Timestamp,
    ) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: now.to_string(),
            installation,
            database,
            files,
        }
    }

    /// The names of its files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }
}

impl Engine {
    pub(super) const fn of(database: &Database) -> Self {
        match database {
            Database::Postgres(_) => Self::Postgres,
            Database::Sqlite => Self::Sqlite,
        }
    }

    /// The database's name in an archive.
    pub(super) const fn file(self) -> &'static str {
        match self {
            Self::Postgres => "database.pgdump",
            Self::Sqlite => "database.sqlite",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        })
    }
}
