//! Bringing the schema to what the program expects, one numbered step after the other.
//!
//! Several crates share a database, each with a named set of migrations. Every step takes effect
//! in one transaction together with its entry in `schema_versions`, whose primary key lets one
//! node win when several start together; the others see that the step is done and go on.
//! Why this is ours: `docs/decisions/0002-migrations.md`.

mod split;

use std::{collections::BTreeMap, fmt::Write as _};

use aws_lc_rs::digest;

use crate::{
    Db, batch::Batch, error::StoreError, migration::split::statements, statement::Statement,
};

/// One step of a schema, embedded in the program.
///
/// Once released its text never changes: what is wrong in it is mended by a later step. The text is
/// statements ended by semicolons, in the SQL that both engines read; no triggers, no dollar
/// quotes. A text column that is sorted by, or searched by its beginning, is declared
/// `TEXT COLLATE "C"`: then both engines compare bytes, and an index serves ranges.
///
/// ```
/// use db::Migration;
///
/// const MIGRATIONS: &[Migration] = &[Migration {
///     version: 1,
///     name: "users",
///     sql: "CREATE TABLE users (id TEXT PRIMARY KEY, is_enabled BOOLEAN NOT NULL);",
/// }];
/// # let _ = MIGRATIONS;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number, greater than that of the step before.
    pub version: u32,
    /// What it brings, for people: the file's name without the number.
    pub name: &'static str,
    /// The statements, usually by `include_str!("../migrations/0001_users.sql")`.
    pub sql: &'static str,
}

/// A named set of migrations.
pub type MigrationSet<'a> = (&'static str, &'a [Migration]);

const CREATE_TABLE: &str = "\
CREATE TABLE IF NOT EXISTS schema_versions (
    set_name TEXT NOT NULL,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at BIGINT NOT NULL,
    PRIMARY KEY (set_name, version)
)";

const LIST_APPLIED: &str = "\
SELECT version, name, checksum FROM schema_versions WHERE set_name = $1";

const INSERT: &str = "\
INSERT INTO schema_versions (set_name, version, name, checksum, applied_at)
VALUES ($1, $2, $3, $4, $5)";

/// PostgreSQL only: `CREATE TABLE IF NOT EXISTS` fails when two do it at the same moment, and two
/// steps that change the same tables could block each other. Held until the transaction ends.
const TAKE_TURNS: &str = "SELECT 1 AS locked FROM pg_advisory_xact_lock($1)";

/// Any number that nothing else in the database locks: "latchkey" in ASCII.
const TURN: i64 = 0x6c61_7463_686b_6579;

/// By bytes, whatever language the PostgreSQL server sorts in; to SQLite that is `BINARY`.
const C_COLLATION: &str = "COLLATE \"C\"";

/// Where it is written which steps were taken.
pub(crate) const VERSIONS_TABLE: &str = "schema_versions";

/// The set of the one entry that a database has while it is copied into.
const COPY: &str = "copy";

const END_COPY: &str = "DELETE FROM schema_versions WHERE set_name = $1";

pub(crate) async fn apply(
    db: &Db,
    set: &'static str,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    in_order(set, migrations)?;
    db.batch(begin(db).add(Statement::new(CREATE_TABLE)))
        .await?;
    refuse_unfinished(db).await?;
    take_steps(db, set, migrations).await
}

/// The same for a database that [`begin_copy`] has marked.
pub(crate) async fn apply_to_copy(
    db: &Db,
    set: &'static str,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    in_order(set, migrations)?;
    take_steps(db, set, migrations).await
}

async fn take_steps(
    db: &Db,
    set: &'static str,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    let mut applied = list_applied(db, set).await?;
    verify(set, migrations, &applied)?;
    let mut newest = None;
    for migration in migrations {
        if applied.contains_key(&migration.version) {
            continue;
        }
        match db.batch(step(db, set, migration)).await {
            Ok(_) => {
                tracing::debug!(set, migration.version, migration.name, "a step was taken");
                newest = Some(migration.version);
            }
            Err(error) if error.is_unique_violation() => {
                // Another node was faster, or the step itself collides with what is stored.
                applied = list_applied(db, set).await?;
                verify(set, migrations, &applied)?;
                if !applied.contains_key(&migration.version) {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
    }
    if let Some(version) = newest {
        tracing::info!(set, version, "schema migrated");
    }
    Ok(())
}

fn begin(db: &Db) -> Batch {
    match db {
        Db::Sqlite(_) => Batch::changing_schema(),
        Db::Postgres(_) => Batch::changing_schema().add(Statement::new(TAKE_TURNS).bind(TURN)),
    }
}

/// The entry comes first, so that whoever is late fails on it before touching the schema.
fn step(db: &Db, set: &'static str, migration: &Migration) -> Batch {
    #[expect(
        clippy::disallowed_methods,
        reason = "a note for people that nothing decides on"
    )]
    let applied_at = jiff::Timestamp::now();
    let entry = Statement::new(INSERT)
        .bind(set)
        .bind(migration.version)
        .bind(migration.name)
        .bind(checksum(migration.sql))
        .bind(applied_at);
    let statements = statements(migration.sql).into_iter().map(|sql| match db {
        Db::Sqlite(_) => Statement::adapted(sql.replace(C_COLLATION, "COLLATE BINARY")),
        Db::Postgres(_) => Statement::new(sql),
    });
    statements.fold(begin(db).require(entry, 1), Batch::add)
}

fn in_order(set: &str, migrations: &[Migration]) -> Result<(), StoreError> {
    if migrations.is_sorted_by(|earlier, later| earlier.version < later.version) {
        return Ok(());
    }
    Err(StoreError::refused(format!(
        "the migrations of `{set}` are out of order"
    )))
}

/// The steps that were not taken yet.
pub(crate) async fn pending<'a>(
    db: &Db,
    set: &str,
    migrations: &'a [Migration],
) -> Result<Vec<&'a Migration>, StoreError> {
    in_order(set, migrations)?;
    let tables = db.tables().await?;
    if tables.iter().all(|table| table != VERSIONS_TABLE) {
        return Ok(migrations.iter().collect());
    }
    refuse_unfinished(db).await?;
    let applied = list_applied(db, set).await?;
    verify(set, migrations, &applied)?;
    let is_pending = |migration: &&Migration| !applied.contains_key(&migration.version);
    Ok(migrations.iter().filter(is_pending).collect())
}

/// Marks an empty database that will be copied into, before it has any other table: nothing is
/// migrated, and so nothing started, on it. Of two who begin, one does.
pub(crate) async fn begin_copy(db: &Db) -> Result<(), StoreError> {
    let entry = Statement::new(INSERT)
        .bind(COPY)
        .bind(1)
        .bind("unfinished")
        .bind("")
        .bind(0_i64);
    let marked = begin(db).add(Statement::new(CREATE_TABLE));
    db.batch(marked.require(entry, 1)).await.map(drop)
}

/// The copy is whole.
pub(crate) async fn end_copy(db: &Db) -> Result<(), StoreError> {
    db.write(Statement::new(END_COPY).bind(COPY))
        .await
        .map(drop)
}

struct Applied {
    name: String,
    checksum: String,
}

async fn refuse_unfinished(db: &Db) -> Result<(), StoreError> {
    let unfinished = Statement::new(LIST_APPLIED).bind(COPY);
    match db.read_optional(unfinished).await? {
        Some(_) => Err(StoreError::refused(
            "a copy into this database was not finished; empty it and copy again",
        )),
        None => Ok(()),
    }
}

async fn list_applied(db: &Db, set: &str) -> Result<BTreeMap<u32, Applied>, StoreError> {
    let rows = db.read(Statement::new(LIST_APPLIED).bind(set)).await?;
    let applied = rows.iter().map(|row| {
        let version = u32::try_from(row.get::<i64>("version")?)
            .map_err(|error| StoreError::inconsistent("column `version`").because(error))?;
        Ok((
            version,
            Applied {
                name: row.get("name")?,
                checksum: row.get("checksum")?,
            },
        ))
    });
    applied.collect()
}

/// Refuses a database that this program would misread.
fn verify(
    set: &str,
    migrations: &[Migration],
    applied: &BTreeMap<u32, Applied>,
) -> Result<(), StoreError> {
    let newest = migrations.last().map_or(0, |migration| migration.version);
    for (
        version,
        Applied {
            name,
            checksum: stored,
        },
    ) in applied
    {
        let known = migrations
            .iter()
            .find(|migration| migration.version == *version);
        let problem = match known {
            Some(migration) if checksum(migration.sql) == *stored => continue,
            Some(_) => "whose text has changed since in this program; restore the original text",
            None if *version > newest => {
                "which is newer than this program; start the newer program, or restore a backup \
                 made before"
            }
            None => "which this program does not have; start the program that made it",
        };
        return Err(StoreError::refused(format!(
            "the database has migration {version} (`{name}`) of `{set}`, {problem}"
        )));
    }
    Ok(())
}

/// SHA-256 in hexadecimal, the same whatever line ends the sources were checked out with.
fn checksum(sql: &str) -> String {
    let sql = sql.replace("\r\n", "\n");
    let hash = digest::digest(&digest::SHA256, sql.as_bytes());
    hash.as_ref().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
