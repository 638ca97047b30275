//! One handle over SQLite and PostgreSQL, for stores whose SQL is written once.
//!
//! A store borrows a [`Db`] and speaks in [`Statement`]s and [`Row`]s; it never learns which engine
//! answers:
//!
//! ```
//! use db::{Db, Migration, Row, Statement, StoreError};
//! use jiff::Timestamp;
//!
//! const MIGRATIONS: &[Migration] = &[Migration {
//!     version: 1,
//!     name: "codes",
//!     sql: "CREATE TABLE codes (
//!               digest TEXT PRIMARY KEY,
//!               grant_id TEXT NOT NULL,
//!               expires_at BIGINT NOT NULL,
//!               consumed_at BIGINT
//!           );",
//! }];
//!
//! const REDEEM: &str = "\
//! UPDATE codes SET consumed_at = $2
//!  WHERE digest = $1 AND consumed_at IS NULL AND expires_at > $2
//! RETURNING grant_id";
//!
//! struct Codes<'a> {
//!     db: &'a Db,
//! }
//!
//! impl Codes<'_> {
//!     /// Uses up a code: its grant, once.
//!     async fn redeem(&self, digest: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
//!         let redeem = Statement::new(REDEEM).bind(digest).bind(now);
//!         let written = self.db.write(redeem).await.map_err(StoreError::during("redeem a code"))?;
//!         written.into_row().map(|row| row.get("grant_id")).transpose()
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), StoreError> {
//! let db = Db::sqlite_in_memory()?;
//! db.migrate("example", MIGRATIONS).await?;
//! let insert = "INSERT INTO codes (digest, grant_id, expires_at) VALUES ($1, $2, $3)";
//! db.write(Statement::new(insert).bind("c0de").bind("gr4nt").bind(60_000_i64)).await?;
//!
//! let codes = Codes { db: &db };
//! let now = Timestamp::UNIX_EPOCH;
//! assert_eq!(codes.redeem("c0de", now).await?.as_deref(), Some("gr4nt"));
//! assert_eq!(codes.redeem("c0de", now).await?, None);
//! # Ok(())
//! # }
//! ```
//!
//! # Rules for the SQL
//!
//! - Columns are `TEXT`, `BIGINT` or `BOOLEAN`. Instants are Unix milliseconds, ids hyphenated UUIDs.
//! - Placeholders are `$1`, `$2`, …, on both engines, in any order, repeated at will.
//! - Only what both read: `RETURNING`, `ON CONFLICT … DO UPDATE`, partial indexes, common table
//!   expressions. Not `now()`, `ILIKE`, arrays, `jsonb`, autoincrement. `SUM` of a `BIGINT` is a
//!   `NUMERIC` to PostgreSQL: write `CAST(SUM(n) AS BIGINT)`.
//! - A text column that is sorted by, or searched by its beginning, is `TEXT COLLATE "C"` in its
//!   migration, and "begins with" is a range (`name >= $1 AND name < $2`): an index serves it on both.
//!   `LIKE` tells upper from lower case on both, and needs `ESCAPE '\'` said.
//! - Text with a NUL character is refused by PostgreSQL alone: refuse it where it comes in.
//! - What may happen once is a condition in the `UPDATE`, and the rows affected are checked. Several
//!   statements that belong together are a [`Batch`].
//! - A read that may touch many rows is marked with [`Statement::scan`].
//! - `SELECT … FOR UPDATE` and read-then-write have no place here: there is no transaction to hold
//!   open between two calls.
//!
//! # What is promised
//!
//! [`Db::write`] and [`Db::batch`] answer after the commit is on disk. Reads that begin after that
//! answer see it. An error for which [`StoreError::is_unavailable`] holds leaves open whether the
//! write took place; every other error means that it did not.

mod batch;
mod catalog;
mod copy;
mod error;
mod load;
mod location;
mod migration;
mod postgres;
mod reader;
mod row;
mod sqlite;
mod statement;
#[cfg(feature = "testing")]
pub mod testing;
mod value;

use std::path::Path;

use crate::sqlite::Durability;

pub use crate::{
    batch::{Batch, Written},
    catalog::tables_of,
    copy::{Copied, copy},
    error::StoreError,
    load::Load,
    location::Location,
    migration::{Migration, MigrationSet},
    postgres::{LibpqEnvironment, Postgres, PostgresSettings},
    reader::Reader,
    row::Row,
    sqlite::Sqlite,
    statement::Statement,
    value::{FromValue, Value},
};

/// A database. Clones share its connections.
#[derive(Clone, Debug)]
pub enum Db {
    /// A PostgreSQL server, for any number of nodes.
    Postgres(Postgres),
    /// A file or memory, for one process.
    Sqlite(Sqlite),
}

impl Db {
    /// Opens the database at this location.
    ///
    /// # Errors
    ///
    /// As [`sqlite`](Self::sqlite) and [`postgres`](Self::postgres).
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        match location {
            Location::Postgres(settings) => Self::postgres(settings).await,
            Location::Sqlite(path) => Self::sqlite(path),
            Location::SqliteInMemory => Self::sqlite_in_memory(),
        }
    }

    /// Opens the database in this file, and makes the file, readable for its owner alone, if there
    /// is none. Its folder must exist. Keeping other processes away is the caller's task.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the file cannot be opened or is not a database.
    pub fn sqlite(path: &Path) -> Result<Self, StoreError> {
        Sqlite::open(path, Durability::Flushed).map(Self::Sqlite)
    }

    /// As [`sqlite`](Self::sqlite), for data that nobody wants after a power cut: what was committed
    /// survives the process, and no write waits for the disk.
    ///
    /// # Errors
    ///
    /// As [`sqlite`](Self::sqlite).
    pub fn sqlite_unflushed(path: &Path) -> Result<Self, StoreError> {
        Sqlite::open(path, Durability::Unflushed).map(Self::Sqlite)
    }

    /// Opens an empty database that lives as long as the handle and its clones.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is no memory or no thread for it.
    pub fn sqlite_in_memory() -> Result<Self, StoreError> {
        Sqlite::in_memory().map(Self::Sqlite)
    }

    /// Connects to a PostgreSQL server, once, to know that it answers.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the settings cannot work, or the server cannot be reached
    /// ([`is_unavailable`](StoreError::is_unavailable)).
    pub async fn postgres(settings: &PostgresSettings) -> Result<Self, StoreError> {
        Postgres::open(settings).await.map(Self::Postgres)
    }

    /// Brings the tables of `set` to the newest of `migrations`, which are in ascending order.
    /// Several nodes may do so at the same time.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database is newer than the program, when a migration's text is not
    /// the one that was applied, or when a step fails: then it left nothing behind.
    pub async fn migrate(
        &self,
        set: &'static str,
        migrations: &[Migration],
    ) -> Result<(), StoreError> {
        let migrated = migration::apply(self, set, migrations).await;
        migrated.map_err(StoreError::during("bring the database to this version"))
    }

    /// Which of `migrations` this database does not have yet, in order. Changes nothing.
    ///
    /// # Errors
    ///
    /// As [`migrate`](Self::migrate), where it would refuse the database.
    pub async fn pending<'a>(
        &self,
        set: &str,
        migrations: &'a [Migration],
    ) -> Result<Vec<&'a Migration>, StoreError> {
        let pending = migration::pending(self, set, migrations).await;
        pending.map_err(StoreError::during("compare the database with this version"))
    }

    /// The same database, for whoever may look and change nothing.
    pub fn reader(&self) -> Reader {
        Reader::new(self.clone())
    }

    /// Reads all rows of the answer; bound them by `LIMIT`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer or does not accept the statement.
    pub async fn read(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Postgres(postgres) => postgres.read(statement).await,
            Self::Sqlite(sqlite) => sqlite.read(statement).await,
        }
    }

    /// Reads the first row of the answer, if there is one.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn read_optional(&self, statement: Statement) -> Result<Option<Row>, StoreError> {
        Ok(self.read(statement).await?.into_iter().next())
    }

    /// Runs one writing statement. What it did is on disk when this returns.
    ///
    /// # Errors
    ///
    /// [`StoreError`] with its predicates; nothing was written unless it
    /// [`is_unavailable`](StoreError::is_unavailable), which leaves that open.
    pub async fn write(&self, statement: Statement) -> Result<Written, StoreError> {
        let written = self.batch(statement.into()).await?.pop();
        written.ok_or_else(|| StoreError::inconsistent("a statement gave no answer"))
    }

    /// Runs statements in order, all or none. What they did is on disk when this returns, one
    /// [`Written`] each.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write); an unmet [`Batch::require`] is [`StoreError::unmet`].
    pub async fn batch(&self, batch: Batch) -> Result<Vec<Written>, StoreError> {
        match self {
            Self::Postgres(postgres) => postgres.batch(batch).await,
            Self::Sqlite(sqlite) => sqlite.batch(batch).await,
        }
    }

    /// Whether reading and writing would be possible now, for a readiness probe.
    ///
    /// # Errors
    ///
    /// [`StoreError`] saying why not.
    pub async fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(postgres) => postgres.check().await,
            Self::Sqlite(sqlite) => sqlite.check().await,
        }
    }

    /// How busy the way to the database is.
    pub fn load(&self) -> Load {
        match self {
            Self::Postgres(postgres) => postgres.load(),
            Self::Sqlite(sqlite) => sqlite.load(),
        }
    }

    /// Writes an image of a SQLite database, with everything that was committed when it began, to a
    /// file that does not exist yet. It can be opened by [`sqlite`](Self::sqlite). Reading and
    /// writing go on meanwhile, except in memory, where writes wait.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database is on PostgreSQL, whose own tools make images, when the file
    /// exists or cannot be made, or when there is no room for it; then no file is left behind. Nor is
    /// one when nobody waits for the answer any more: then writing it ends.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        match self {
            Self::Postgres(_) => Err(StoreError::refused(
                "PostgreSQL's database is copied by its own tools, as pg_dump",
            )),
            Self::Sqlite(sqlite) => sqlite.copy_to(file).await,
        }
    }

    /// Finishes what was accepted and closes; every later write is refused. Dropping the last clone
    /// instead loses nothing, and leaves a log file that the next start reads.
    pub async fn close(&self) {
        match self {
            Self::Postgres(postgres) => postgres.close(),
            Self::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}
