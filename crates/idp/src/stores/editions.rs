//! How much of what every environment begins with an environment has: an environment that an earlier
//! version of the program made lacks what came later.

use db::{Reader, Statement, StoreError};
use protocol::id::EnvironmentId;

use super::change::Change;

/// Environments that are read at a time.
const BATCH: u32 = 100;

const BEHIND: &str = "\
SELECT environments.id, COALESCE(editions.edition, 0) AS edition
  FROM environments
  LEFT JOIN environment_editions AS editions ON editions.environment_id = environments.id
 WHERE COALESCE(editions.edition, 0) < $1
 ORDER BY environments.id LIMIT $2";

/// Touches no row where another node was faster.
const REACH: &str = "\
INSERT INTO environment_editions (environment_id, edition) VALUES ($1, $2)
    ON CONFLICT (environment_id) DO UPDATE SET edition = $2
 WHERE environment_editions.edition < $2";

/// Some of the environments that are behind an edition, each with its own.
pub(crate) async fn behind(
    db: &Reader,
    edition: usize,
) -> Result<Vec<(EnvironmentId, usize)>, StoreError> {
    let select = Statement::new(BEHIND).bind(number(edition)).bind(BATCH);
    let rows = db.read(select).await;
    let rows = rows.map_err(StoreError::during("read the editions of environments"))?;
    rows.iter()
        .map(|row| {
            let edition: i64 = row.get("edition")?;
            let edition = usize::try_from(edition).unwrap_or_default();
            Ok((row.parse("id", EnvironmentId::parse)?, edition))
        })
        .collect()
}

/// Notes that an environment reaches an edition; the requirement is not met where it has already.
pub(crate) fn reach(environment: EnvironmentId, edition: usize) -> Change {
    let reach = Statement::new(REACH).bind(environment.as_uuid());
    Change::of_one(reach.bind(number(edition)))
}

fn number(edition: usize) -> i64 {
    i64::try_from(edition).unwrap_or(i64::MAX)
}
