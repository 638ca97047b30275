//! What depends on a row of a table of resources: configuration objects that hang off it, and
//! references to it.

use db::{Reader, Statement, StoreError};
use protocol::id::EnvironmentId;
use uuid::Uuid;

/// Begins with what is deleted: `$1`.
const DELETED: &str = "WITH RECURSIVE below (id) AS (SELECT CAST($1 AS TEXT) ";

/// Goes on with what hangs off it, and finds what refers to any of it and stays.
const REFERRING: &str = "
     UNION
    SELECT objects.id FROM configuration_objects AS objects
      JOIN below ON objects.parent_id = below.id)
SELECT from_id FROM object_references
 WHERE to_id IN (SELECT id FROM below) AND from_id NOT IN (SELECT id FROM below)";

/// What refers to something, or to what goes with it, and stays when it is deleted. `rows` selects
/// the rows that go with a row that `$1` is the id of.
fn referring(statement: Statement, rows: Option<&'static str>) -> Statement {
    let statement = statement.push(DELETED);
    let statement = match rows {
        Some(rows) => statement.push("UNION ").push(rows),
        None => statement,
    };
    statement.push(REFERRING)
}

/// Touches no row where something refers to what is deleted, or to what goes with it.
pub(crate) fn require_unreferenced(
    environment: EnvironmentId,
    id: Uuid,
    rows: Option<&'static str>,
) -> Statement {
    let require = "UPDATE environments SET updated_at = updated_at WHERE id = $2 AND NOT EXISTS (";
    let require = Statement::new(require).bind(id).bind(environment.as_uuid());
    referring(require, rows).push(")")
}

/// Whether something refers to what is to be deleted, or to what goes with it.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer.
pub(crate) async fn is_referred_to(
    db: &Reader,
    id: Uuid,
    rows: Option<&'static str>,
) -> Result<bool, StoreError> {
    let select = referring(Statement::new(""), rows).push(" LIMIT 1");
    let found = db.read_optional(select.bind(id)).await;
    let found = found.map_err(StoreError::during("look for a reference"))?;
    Ok(found.is_some())
}

const DROP_REFERENCES_BELOW: &str = "\
WITH RECURSIVE below (id) AS (
    SELECT CAST($1 AS TEXT)
     UNION
    SELECT objects.id FROM configuration_objects AS objects
      JOIN below ON objects.parent_id = below.id)
DELETE FROM object_references WHERE from_id IN (SELECT id FROM below)";

const DROP_BELOW: &str = "\
WITH RECURSIVE below (id) AS (
    SELECT id FROM configuration_objects WHERE parent_id = $1
     UNION
    SELECT objects.id FROM configuration_objects AS objects
      JOIN below ON objects.parent_id = below.id)
DELETE FROM configuration_objects WHERE id IN (SELECT id FROM below)";

/// What hangs off something that is deleted, and what it refers to.
pub(crate) fn drop_below(id: Uuid) -> [Statement; 2] {
    [DROP_REFERENCES_BELOW, DROP_BELOW].map(|sql| Statement::new(sql).bind(id))
}
