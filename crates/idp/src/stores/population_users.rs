//! How many users each population has: a sum that each write of a user keeps, so that telling it
//! costs the same however many there are.
//!
//! The statements belong into the batch that writes the user, and read where the user is from its
//! own row.

use std::collections::HashMap;

use db::{Reader, Row, Statement, StoreError};
use protocol::id::{PopulationId, UserId};

/// Into how many shares a count is divided: as many users of one population can be written at the
/// same time.
const SHARES: u128 = 16;

const COUNT: &str = "\
SELECT population_id, CAST(SUM(users) AS BIGINT) AS users
  FROM population_users WHERE population_id IN (NULL";

const JOIN: &str = "\
INSERT INTO population_users (population_id, share, users) VALUES ($1, $2, 1)
ON CONFLICT (population_id, share) DO UPDATE SET users = population_users.users + 1";

const LEAVE_FOR: &str = "\
INSERT INTO population_users (population_id, share, users)
SELECT population_id, CAST($2 AS BIGINT), -1 FROM users WHERE id = $1 AND population_id <> $3
ON CONFLICT (population_id, share) DO UPDATE SET users = population_users.users - 1";

const JOIN_IF_ELSEWHERE: &str = "\
INSERT INTO population_users (population_id, share, users)
SELECT CAST($3 AS TEXT), CAST($2 AS BIGINT), 1 FROM users WHERE id = $1 AND population_id <> $3
ON CONFLICT (population_id, share) DO UPDATE SET users = population_users.users + 1";

/// Keeps others from moving the user until the batch is over, and changes nothing.
const HOLD: &str = "UPDATE users SET version = version WHERE id = $1";

/// How many users each of some populations has; one that never had any is missing.
pub(crate) async fn count(
    db: &Reader,
    populations: impl IntoIterator<Item = PopulationId>,
) -> Result<HashMap<PopulationId, i64>, StoreError> {
    let count = populations
        .into_iter()
        .fold(Statement::new(COUNT), |count, population| {
            count.push(", ").push_bind(population.as_uuid())
        });
    let rows = db.read(count.push(") GROUP BY population_id")).await;
    let rows = rows.map_err(StoreError::during("count the users of populations"))?;
    let of = |row: &Row| {
        let population = row.parse("population_id", PopulationId::parse)?;
        Ok((population, row.get("users")?))
    };
    rows.iter().map(of).collect()
}

/// A new user is in a population.
pub(crate) fn joined(user: UserId, population: PopulationId) -> Statement {
    Statement::new(JOIN)
        .bind(population.as_uuid())
        .bind(share(user))
}

/// A user will be in a population, and may be in another one so far: before the write, which must
/// fail when somebody else writes the user meanwhile.
pub(crate) fn moving(user: UserId, to: PopulationId) -> [Statement; 2] {
    [LEAVE_FOR, JOIN_IF_ELSEWHERE].map(|sql| {
        Statement::new(sql)
            .bind(user.as_uuid())
            .bind(share(user))
            .bind(to.as_uuid())
    })
}

/// A user will be deleted: before that.
pub(crate) fn leaving(user: UserId) -> [Statement; 2] {
    let hold = Statement::new(HOLD).bind(user.as_uuid());
    let leave = Statement::new(LEAVE_FOR)
        .bind(user.as_uuid())
        .bind(share(user))
        .bind("");
    [hold, leave]
}

/// The share that a user counts in, whichever the population.
fn share(user: UserId) -> i64 {
    i64::try_from(user.as_uuid().as_u128() % SHARES).unwrap_or_default()
}
