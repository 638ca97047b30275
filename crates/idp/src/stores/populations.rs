//! Populations.

use std::collections::HashMap;

use db::{Statement, StoreError, Value};
use protocol::id::{EnvironmentId, PasswordPolicyId, PopulationId};
use protocol::pingone::{Population, Reference};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filter_sql::Attribute;
use super::record::{Events, Record, Table, columns, events};
use super::{fold, population_users};

columns! {
    /// A population as the database keeps it.
    #[derive(Clone, Debug)]
    pub(crate) struct StoredPopulation in "populations" by PopulationId {
        name: String,
        description: Option<String>,
        is_default: bool,
        password_policy_id: Option<PasswordPolicyId>,
        more: PopulationSettings = json "also",
    }
}

/// What no statement looks at.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PopulationSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preferred_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alternative_identifiers: Option<Vec<String>>,
    /// Where there is none, the environment's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) theme: Option<Uuid>,
    /// With whom its users sign on, if not with a password that is kept here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default_identity_provider: Option<Uuid>,
}

impl Record for StoredPopulation {
    const EVENTS: Events = events!("POPULATION");
    const ATTRIBUTES: &'static [Attribute] = &[
        Attribute::exact("id", "id"),
        Attribute::text("name", "name_key"),
    ];
    const HAS_DEFAULT: bool = true;
    const POPULATION: Option<&'static str> = Some("id");
    const TAKES_ALONG: Option<&'static str> =
        Some("SELECT id FROM groups WHERE population_id = $1");
    /// Neither the last population nor one with users can go.
    const DELETABLE: &'static str = "
   AND EXISTS (SELECT 1 FROM populations AS other
                WHERE other.environment_id = $2 AND other.id <> $1)
   AND NOT EXISTS (SELECT 1 FROM users WHERE users.population_id = $1)";

    fn name(&self) -> &str {
        &self.name
    }

    fn population(&self) -> Option<PopulationId> {
        Some(self.id)
    }

    fn is_default(&self) -> bool {
        self.is_default
    }

    fn keys(&self) -> Vec<(&'static str, Value)> {
        vec![("name_key", fold(&self.name).into())]
    }
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
        let language = self.more.preferred_language.as_deref();
        population.preferred_language = Some(language.unwrap_or(DEFAULT_LANGUAGE).to_owned());
        population
            .alternative_identifiers
            .clone_from(&self.more.alternative_identifiers);
        population.theme = self.more.theme.map(Reference::new);
        population.user_count = user_count;
        population
    }
}

/// What the pages speak where nothing else is said.
const DEFAULT_LANGUAGE: &str = "en";

const HAS_USERS: &str = "SELECT 1 AS found FROM users WHERE population_id = $1 LIMIT 1";

/// The populations of all environments.
pub(crate) type Populations<'a> = Table<'a, StoredPopulation>;

impl Populations<'_> {
    /// The population in which users land who name none.
    pub(crate) async fn find_default(
        &self,
        environment: EnvironmentId,
    ) -> Result<Option<StoredPopulation>, StoreError> {
        self.find_where(environment, |select| select.push(" AND is_default"))
            .await
    }

    /// The population with this name, whatever its case.
    pub(crate) async fn find_by_name(
        &self,
        environment: EnvironmentId,
        name: &str,
    ) -> Result<Option<StoredPopulation>, StoreError> {
        let named = |select: Statement| select.push(" AND name_key = ").push_bind(fold(name));
        self.find_where(environment, named).await
    }

    /// How many users each of these populations has; one that never had any is missing.
    pub(crate) async fn count_users(
        &self,
        populations: &[StoredPopulation],
    ) -> Result<HashMap<PopulationId, i64>, StoreError> {
        population_users::count(self.db(), populations.iter().map(|one| one.id)).await
    }

    /// Whether an environment has no other population.
    pub(crate) async fn is_alone(
        &self,
        environment: EnvironmentId,
        id: PopulationId,
    ) -> Result<bool, StoreError> {
        let others = |select: Statement| {
            let select = select.push(" AND id <> ").push_bind(id.as_uuid());
            select.push(" LIMIT 1")
        };
        let other = self.find_where(environment, others).await?;
        Ok(other.is_none())
    }

    /// Whether a population has users.
    pub(crate) async fn has_users(&self, id: PopulationId) -> Result<bool, StoreError> {
        let row = self
            .db()
            .read_optional(Statement::new(HAS_USERS).bind(id.as_uuid()))
            .await;
        row.map(|row| row.is_some())
            .map_err(StoreError::during("look for users of a population"))
    }
}
