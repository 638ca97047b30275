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

#[cfg(test)]
mod tests {
    use db::Batch;
    use db::testing::TestDb;

    use super::*;
    use crate::stores::MIGRATIONS;
    use crate::stores::populations::StoredPopulation;
    use crate::stores::record::Record as _;

    /// One id stands for the environment, its population and what hangs off that; the others for
    /// its group, and for something that refers to the group.
    const ID: &str = "6f1d0b3a-4f0e-4c0f-9a51-0c3d8a1f7b21";
    const GROUP: &str = "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1";
    const FROM: &str = "9c052a8a-14be-44e4-8f07-2662569994ce";

    async fn what_goes_along_is_looked_after(test: TestDb) {
        let db = &test.db;
        db.migrate("idp", MIGRATIONS).await.unwrap();
        let insert = |sql: &'static str| Statement::new(sql).bind(ID);
        let made = Batch::new()
            .add(insert(
                "INSERT INTO environments (id, organization_id, name, name_key, document, \
                 created_at, updated_at) VALUES ($1, $1, 'e', 'e', '{}', 0, 0)",
            ))
            .add(insert(
                "INSERT INTO populations (id, environment_id, name, name_key, is_default, \
                 created_at, updated_at) VALUES ($1, $1, 'p', 'p', FALSE, 0, 0)",
            ))
            .add(
                insert(
                    "INSERT INTO groups (id, environment_id, population_id, name_key, document, \
                     created_at, updated_at) VALUES ($2, $1, $1, 'g', '{}', 0, 0)",
                )
                .bind(GROUP),
            );
        db.batch(made).await.unwrap();
        let id = Uuid::try_parse(ID).unwrap();
        let environment = EnvironmentId::from_uuid(id);
        let require =
            |rows| db.batch(Batch::new().require(require_unreferenced(environment, id, rows), 1));
        let along = StoredPopulation::TAKES_ALONG;
        require(along).await.unwrap();

        let refer = insert(
            "INSERT INTO object_references (environment_id, from_id, to_id) VALUES ($1, $2, $3)",
        );
        let refer = refer.bind(FROM).bind(GROUP);
        db.batch(Batch::new().add(refer)).await.unwrap();
        assert_eq!(require(along).await.unwrap_err().unmet(), Some(0));
        require(None).await.unwrap();
        let reader = db.reader();
        assert!(is_referred_to(&reader, id, along).await.unwrap());
        assert!(!is_referred_to(&reader, id, None).await.unwrap());
    }

    #[tokio::test]
    async fn nothing_goes_along_that_is_referred_to_on_sqlite() {
        what_goes_along_is_looked_after(db::testing::sqlite().await).await;
    }

    #[tokio::test]
    async fn nothing_goes_along_that_is_referred_to_on_postgresql() {
        if let Some(test) = db::testing::postgres().await {
            what_goes_along_is_looked_after(test).await;
        }
    }
}
