//! What the database says of its own tables.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Db,
    batch::Batch,
    error::StoreError,
    migration::{Migration, MigrationSet, VERSIONS_TABLE},
    statement::Statement,
};

const SQLITE_TABLES: &str = "\
SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
 ORDER BY name";

/// The casts turn PostgreSQL's own domain types into text.
const POSTGRES_TABLES: &str = "\
SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables
 WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'
 ORDER BY CAST(table_name AS TEXT) COLLATE \"C\"";

const VERSIONS: &str = "\
SELECT set_name, MAX(version) AS version FROM schema_versions GROUP BY set_name";

const SCHEMA: &str = "SELECT CAST(current_schema() AS TEXT) AS name";

impl Db {
    /// The names of all tables, sorted; on PostgreSQL those of the schema that is looked into first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn tables(&self) -> Result<Vec<String>, StoreError> {
        let list = match self {
            Self::Postgres(_) => POSTGRES_TABLES,
            Self::Sqlite(_) => SQLITE_TABLES,
        };
        let rows = self.read(Statement::new(list)).await?;
        rows.iter().map(|row| row.get("name")).collect()
    }

    /// The newest migration of each set; none in a database that was never migrated.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn schema_versions(&self) -> Result<BTreeMap<String, u32>, StoreError> {
        let tables = self.tables().await?;
        if tables.iter().all(|table| table != VERSIONS_TABLE) {
            return Ok(BTreeMap::new());
        }
        let rows = self.read(Statement::new(VERSIONS)).await?;
        let versions = rows.iter().map(|row| {
            let version: i64 = row.get("version")?;
            let version = u32::try_from(version)
                .map_err(|error| StoreError::inconsistent("column `version`").because(error))?;
            Ok((row.get("set_name")?, version))
        });
        versions.collect()
    }

    /// Drops these tables of a PostgreSQL database, all or none; not those that others name.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database is SQLite's, whose file is deleted instead, does not answer,
    /// or has none of that name.
    pub async fn drop_tables(&self, tables: &BTreeSet<String>) -> Result<(), StoreError> {
        if matches!(self, Self::Sqlite(_)) {
            return Err(StoreError::refused(
                "SQLite's tables are dropped with their file",
            ));
        }
        if tables.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = tables.iter().map(|table| quoted(table)).collect();
        let drop = Statement::adapted(format!("DROP TABLE {}", names.join(", ")));
        let drop = Batch::changing_schema().add(drop);
        self.batch(drop).await.map(|_| ())
    }

    /// The PostgreSQL schema in which tables are made and looked for first; `None` on SQLite, or
    /// where there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub async fn schema_name(&self) -> Result<Option<String>, StoreError> {
        match self {
            Self::Postgres(_) => {
                let row = self.read_optional(Statement::new(SCHEMA)).await?;
                row.map_or(Ok(None), |row| row.get("name"))
            }
            Self::Sqlite(_) => Ok(None),
        }
    }
}

/// The tables that these sets of migrations make, each up to its version among `versions`, and the
/// one that holds the versions themselves. A set that is not among them makes none.
///
/// # Errors
///
/// [`StoreError`] when a version is none that these migrations lead to.
pub async fn tables_of(
    sets: &[MigrationSet<'_>],
    versions: &BTreeMap<String, u32>,
) -> Result<BTreeSet<String>, StoreError> {
    for (set, version) in versions {
        let is_known = sets.iter().any(|(name, migrations)| {
            name == set && migrations.iter().any(|step| step.version == *version)
        });
        if !is_known {
            return Err(StoreError::refused(format!(
                "the database has migration {version} of `{set}`, which this program does not have; \
                 use the program that made it"
            )));
        }
    }
    // What a migration makes is what it makes here.
    let scratch = Db::sqlite_in_memory()?;
    for (set, migrations) in sets {
        let Some(version) = versions.get(*set) else {
            continue;
        };
        let steps = migrations.iter().filter(|step| step.version <= *version);
        let steps: Vec<Migration> = steps.copied().collect();
        scratch.migrate(set, &steps).await?;
    }
    Ok(scratch.tables().await?.into_iter().collect())
}

/// A name as both engines read it, whatever stands in it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
