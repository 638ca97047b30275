//! Populations.

use db::{Db, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{EnvironmentId, PasswordPolicyId, PopulationId};
use protocol::pingone::{Population, Reference};

use super::change::Change;
use super::fold;

/// A population as the database keeps it.
#[derive(Clone, Debug)]
pub(crate) struct StoredPopulation {
    pub(crate) id: PopulationId,
    pub(crate) environment_id: EnvironmentId,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) is_default: bool,
    pub(crate) password_policy_id: Option<PasswordPolicyId>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl StoredPopulation {
    /// The population as PingOne shows it, without links.
    pub(crate) fn to_wire(&self, user_count: i64) -> Population {
        let mut population = Population::new(
            self.id,
            self.environment_id,
            self.name.clone(),
            [self.created_at, self.updated_at],
        );
        population.description.clone_from(&self.description);
        population.default = self.is_default;
        population.password_policy = self.password_policy_id.map(Reference::new);
        population.user_count = user_count;
        population
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.parse("id", PopulationId::parse)?,
            environment_id: row.parse("environment_id", EnvironmentId::parse)?,
            name: row.get("name")?,
            description: row.get("description")?,
            is_default: row.get("is_default")?,
            password_policy_id: row
                .parse_optional("password_policy_id", PasswordPolicyId::parse)?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

const FIND: &str = "\
SELECT id, environment_id, name, description, is_default, password_policy_id, created_at, updated_at
  FROM populations WHERE environment_id = $1 AND id = $2";

const FIND_DEFAULT: &str = "\
SELECT id, environment_id, name, description, is_default, password_policy_id, created_at, updated_at
  FROM populations WHERE environment_id = $1 AND is_default";

const FIND_BY_NAME: &str = "\
SELECT id, environment_id, name, description, is_default, password_policy_id, created_at, updated_at
  FROM populations WHERE environment_id = $1 AND name_key = $2";

const PAGE: &str = "\
SELECT id, environment_id, name, description, is_default, password_policy_id, created_at, updated_at
  FROM populations WHERE environment_id = $1 AND id > $2";

const COUNT_USERS: &str = "SELECT COUNT(*) AS users FROM users WHERE population_id = $1";

const CLEAR_DEFAULT: &str = "\
UPDATE populations SET is_default = FALSE
 WHERE environment_id = $1 AND id <> $2 AND is_default";

const INSERT: &str = "\
INSERT INTO populations (id, environment_id, name, name_key, description, is_default,
                         password_policy_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";

const UPDATE: &str = "\
UPDATE populations
   SET name = $3, name_key = $4, description = $5, is_default = $6, password_policy_id = $7,
       updated_at = $8
 WHERE id = $1 AND environment_id = $2";

/// Neither the last population nor one with users can go.
const DELETE: &str = "\
DELETE FROM populations
 WHERE id = $1 AND environment_id = $2
   AND EXISTS (SELECT 1 FROM populations AS other
                WHERE other.environment_id = $2 AND other.id <> $1)
   AND NOT EXISTS (SELECT 1 FROM users WHERE users.population_id = $1)";

const HAS_USERS: &str = "SELECT 1 AS found FROM users WHERE population_id = $1 LIMIT 1";

/// The populations of all environments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Populations<'a>(&'a Db);

impl<'a> Populations<'a> {
    pub(crate) fn new(db: &'a Db) -> Self {
        Self(db)
    }

    /// A population of the environment.
    pub(crate) async fn find(
        &self,
        environment: EnvironmentId,
        id: PopulationId,
    ) -> Result<Option<StoredPopulation>, StoreError> {
        self.read_one(
            Statement::new(FIND)
                .bind(environment.as_uuid())
                .bind(id.as_uuid()),
        )
        .await
    }

    /// The population in which users land who name none.
    pub(crate) async fn find_default(
        &self,
        environment: EnvironmentId,
    ) -> Result<Option<StoredPopulation>, StoreError> {
        self.read_one(Statement::new(FIND_DEFAULT).bind(environment.as_uuid()))
            .await
    }

    /// The population with this name, whatever its case.
    pub(crate) async fn find_by_name(
        &self,
        environment: EnvironmentId,
        name: &str,
    ) -> Result<Option<StoredPopulation>, StoreError> {
        let statement = Statement::new(FIND_BY_NAME)
            .bind(environment.as_uuid())
            .bind(fold(name));
        self.read_one(statement).await
    }

    async fn read_one(&self, statement: Statement) -> Result<Option<StoredPopulation>, StoreError> {
        let row = self.0.read_optional(statement).await;
        let row = row.map_err(StoreError::during("look a population up"))?;
        row.as_ref().map(StoredPopulation::from_row).transpose()
    }

    /// At most `limit` populations behind `after`, by id; `restrict` adds conditions.
    pub(crate) async fn page(
        &self,
        environment: EnvironmentId,
        after: &str,
        limit: u32,
        restrict: impl FnOnce(Statement) -> Statement,
    ) -> Result<Vec<StoredPopulation>, StoreError> {
        let select = Statement::new(PAGE).bind(environment.as_uuid()).bind(after);
        let select = restrict(select)
            .push(" ORDER BY id LIMIT ")
            .push_bind(limit);
        let rows = self.0.read(select).await;
        let rows = rows.map_err(StoreError::during("list populations"))?;
        rows.iter().map(StoredPopulation::from_row).collect()
    }

    /// How many users a population has.
    pub(crate) async fn count_users(&self, id: PopulationId) -> Result<i64, StoreError> {
        let count = Statement::new(COUNT_USERS).bind(id.as_uuid()).scan();
        let row = self.0.read_optional(count).await;
        match row.map_err(StoreError::during("count the users of a population"))? {
            Some(row) => row.get("users"),
            None => Ok(0),
        }
    }

    /// Whether a population has users.
    pub(crate) async fn has_users(&self, id: PopulationId) -> Result<bool, StoreError> {
        let row = self
            .0
            .read_optional(Statement::new(HAS_USERS).bind(id.as_uuid()))
            .await;
        row.map(|row| row.is_some())
            .map_err(StoreError::during("look for users of a population"))
    }

    /// Adds a population; a new default takes the place of the old one.
    pub(crate) fn insert(population: &StoredPopulation) -> Change {
        Self::clear_default(population).add(
            Statement::new(INSERT)
                .bind(population.id.as_uuid())
                .bind(population.environment_id.as_uuid())
                .bind(population.name.as_str())
                .bind(fold(&population.name))
                .bind(population.description.as_deref())
                .bind(population.is_default)
                .bind(population.password_policy_id.map(|id| id.as_uuid()))
                .bind(population.created_at),
        )
    }

    /// Replaces a population; a new default takes the place of the old one.
    pub(crate) fn update(population: &StoredPopulation) -> Change {
        Self::clear_default(population).require_one(
            Statement::new(UPDATE)
                .bind(population.id.as_uuid())
                .bind(population.environment_id.as_uuid())
                .bind(population.name.as_str())
                .bind(fold(&population.name))
                .bind(population.description.as_deref())
                .bind(population.is_default)
                .bind(population.password_policy_id.map(|id| id.as_uuid()))
                .bind(population.updated_at),
        )
    }

    fn clear_default(population: &StoredPopulation) -> Change {
        if !population.is_default {
            return Change::new();
        }
        Change::new().add(
            Statement::new(CLEAR_DEFAULT)
                .bind(population.environment_id.as_uuid())
                .bind(population.id.as_uuid()),
        )
    }

    /// Deletes a population that has no users and is not the last one; otherwise the requirement
    /// is not met.
    pub(crate) fn delete(environment: EnvironmentId, id: PopulationId) -> Change {
        let delete = Statement::new(DELETE)
            .bind(id.as_uuid())
            .bind(environment.as_uuid());
        Change::new().require_one(delete)
    }
}
