//! What the database says of its own tables.

use std::collections::BTreeMap;

use crate::{Db, error::StoreError, migration::VERSIONS_TABLE, statement::Statement};

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
