//! Which of the keyring's keys sealed what lies in the database.

use db::{Reader, Statement, StoreError};

/// More keys than an installation rotates through.
const MOST_KEYS: usize = 100;

const HAS_TABLES: &str =
    "SELECT version FROM schema_versions WHERE set_name = 'idp' ORDER BY version LIMIT 1";

/// What is sealed begins with its key's id and a dot.
const SEALED: [&str; 3] = [
    "SELECT sealed FROM signing_keys WHERE sealed LIKE '%.%'",
    "SELECT sealed FROM application_secrets WHERE sealed LIKE '%.%'",
    "SELECT sealed FROM configuration_objects WHERE sealed LIKE '%.%'",
];

/// The ids of the keys without which signing keys or application secrets of this database cannot be
/// read, each once. None where the environment has no tables yet.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer, or was never migrated by anybody.
pub async fn sealing_keys(db: &Reader) -> Result<Vec<String>, StoreError> {
    let mut ids: Vec<String> = Vec::new();
    if db
        .read_optional(Statement::new(HAS_TABLES))
        .await?
        .is_none()
    {
        return Ok(ids);
    }
    for table in SEALED {
        while ids.len() < MOST_KEYS {
            let other = ids.iter().fold(Statement::new(table), |statement, id| {
                statement
                    .push(" AND sealed NOT LIKE ")
                    .push_bind(format!("{id}.%"))
            });
            let found = db.read_optional(other.push(" LIMIT 1").scan()).await?;
            let Some(row) = found else { break };
            let sealed: String = row.get("sealed")?;
            let id = sealed.split('.').next().unwrap_or_default();
            ids.push(id.to_owned());
        }
    }
    Ok(ids)
}
