//! Which of the keyring's keys sealed what lies in the database.

use db::{Reader, Statement, StoreError};

/// More keys than an installation rotates through.
const MOST_KEYS: usize = 100;

/// The version of the tables, before the program brings them up to date.
const VERSION: &str =
    "SELECT version FROM schema_versions WHERE set_name = 'idp' ORDER BY version DESC LIMIT 1";

/// Tables with what is sealed, which begins with its key's id and a dot, and since which version
/// they are there.
const SEALED: [(i64, &str); 3] = [
    (1, "SELECT sealed FROM signing_keys WHERE sealed LIKE '%.%'"),
    (
        1,
        "SELECT sealed FROM application_secrets WHERE sealed LIKE '%.%'",
    ),
    (
        13,
        "SELECT sealed FROM configuration_objects WHERE sealed LIKE '%.%'",
    ),
];

/// The ids of the keys without which signing keys or application secrets of this database cannot be
/// read, each once. None where the environment has no tables yet.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer, or was never migrated by anybody.
pub async fn sealing_keys(db: &Reader) -> Result<Vec<String>, StoreError> {
    let mut ids: Vec<String> = Vec::new();
    let Some(row) = db.read_optional(Statement::new(VERSION)).await? else {
        return Ok(ids);
    };
    let version: i64 = row.get("version")?;
    for (since, table) in SEALED {
        if since > version {
            continue;
        }
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
