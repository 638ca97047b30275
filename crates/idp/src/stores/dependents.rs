//! What depends on a row of a table of resources: configuration objects that hang off it, and
//! references to it.

use db::Statement;
use uuid::Uuid;

/// That no object refers to the row that `$1` is the id of.
pub(crate) const UNREFERENCED: &str =
    " AND NOT EXISTS (SELECT 1 FROM object_references WHERE to_id = $1)";

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
