//! Password policies.

use db::{Statement, StoreError, Value};
use jiff::Timestamp;
use protocol::id::{EnvironmentId, PasswordPolicyId, PopulationId};
use protocol::password_policy::PasswordPolicy;
use protocol::pingone::Reference;

use super::fold;
use super::record::{Columns as _, Events, Record, Table, columns, events};

columns! {
    /// A password policy as the database keeps it.
    #[derive(Clone, Debug)]
    pub(crate) struct StoredPasswordPolicy in "password_policies" by PasswordPolicyId {
        /// The rules; what the other columns hold is left out.
        policy: PasswordPolicy = json "document",
        is_default: bool,
        /// How many populations name it.
        populations: i64 = computed "(SELECT COUNT(*) FROM populations WHERE populations.password_policy_id = password_policies.id)",
    }
}

impl Record for StoredPasswordPolicy {
    const EVENTS: Events = events!("PASSWORD_POLICY");
    const HAS_DEFAULT: bool = true;
    /// Neither the default nor one that a population names can go.
    const DELETABLE: &'static str = " AND NOT is_default \
         AND NOT EXISTS (SELECT 1 FROM populations WHERE password_policy_id = $1)";

    fn name(&self) -> &str {
        &self.policy.name
    }

    fn is_default(&self) -> bool {
        self.is_default
    }

    fn keys(&self) -> Vec<(&'static str, Value)> {
        vec![("name_key", fold(&self.policy.name).into())]
    }
}

impl StoredPasswordPolicy {
    /// A new policy, whatever the given one says of id, environment and instants.
    pub(crate) fn new(
        id: PasswordPolicyId,
        environment: EnvironmentId,
        mut policy: PasswordPolicy,
        now: Timestamp,
    ) -> Self {
        policy.id = None;
        policy.environment = None;
        policy.population_count = None;
        policy.created_at = None;
        policy.updated_at = None;
        Self {
            id,
            environment_id: environment,
            is_default: policy.default,
            policy,
            populations: 0,
            created_at: now,
            updated_at: now,
        }
    }

    /// The policy as PingOne shows it, without links.
    pub(crate) fn to_wire(&self) -> PasswordPolicy {
        let mut policy = self.policy.clone();
        policy.id = Some(self.id);
        policy.environment = Some(Reference::new(self.environment_id));
        policy.default = self.is_default;
        policy.population_count = Some(u32::try_from(self.populations).unwrap_or(u32::MAX));
        policy.created_at = Some(self.created_at);
        policy.updated_at = Some(self.updated_at);
        policy
    }
}

/// The population's own policy comes first, the environment's default second. Sign-ons ask for it,
/// so nothing is counted.
const EFFECTIVE: &str = "\
SELECT id, environment_id, document, is_default, CAST(0 AS BIGINT) AS populations, created_at,
       updated_at
  FROM password_policies
 WHERE environment_id = $1
   AND (is_default
        OR id = (SELECT password_policy_id FROM populations
                  WHERE id = $2 AND environment_id = $1))
 ORDER BY CASE WHEN id = (SELECT password_policy_id FROM populations
                           WHERE id = $2 AND environment_id = $1) THEN 0 ELSE 1 END
 LIMIT 1";

/// The password policies of all environments.
pub(crate) type PasswordPolicies<'a> = Table<'a, StoredPasswordPolicy>;

impl PasswordPolicies<'_> {
    /// The policy that applies to the users of a population.
    ///
    /// # Errors
    ///
    /// [`StoreError`] as well when the environment has no default policy, which its founding
    /// prevents.
    pub(crate) async fn effective(
        &self,
        environment: EnvironmentId,
        population: PopulationId,
    ) -> Result<StoredPasswordPolicy, StoreError> {
        let statement = Statement::new(EFFECTIVE)
            .bind(environment.as_uuid())
            .bind(population.as_uuid());
        let row = self
            .db()
            .read_optional(statement)
            .await
            .map_err(StoreError::during("find the password policy that applies"))?;
        match row {
            Some(row) => StoredPasswordPolicy::from_row(&row),
            None => Err(StoreError::inconsistent(
                "an environment has no default password policy",
            )),
        }
    }
}
