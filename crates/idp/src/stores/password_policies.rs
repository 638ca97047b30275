//! Password policies.

use db::{Db, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{EnvironmentId, PasswordPolicyId, PopulationId};
use protocol::password_policy::PasswordPolicy;
use protocol::pingone::Reference;

use super::change::Change;
use super::fold;

/// A password policy as the database keeps it: the id and the document, which holds it too.
#[derive(Clone, Debug)]
pub(crate) struct StoredPasswordPolicy {
    pub(crate) id: PasswordPolicyId,
    pub(crate) policy: PasswordPolicy,
}

/// The population's own policy comes first, the environment's default second.
const EFFECTIVE: &str = "\
SELECT id, is_default, document, created_at, updated_at FROM password_policies
 WHERE environment_id = $1
   AND (is_default
        OR id = (SELECT password_policy_id FROM populations
                  WHERE id = $2 AND environment_id = $1))
 ORDER BY CASE WHEN id = (SELECT password_policy_id FROM populations
                           WHERE id = $2 AND environment_id = $1) THEN 0 ELSE 1 END
 LIMIT 1";

const LIST: &str = "\
SELECT id, is_default, document, created_at, updated_at,
       (SELECT COUNT(*) FROM populations
         WHERE populations.password_policy_id = password_policies.id) AS population_count
  FROM password_policies WHERE environment_id = $1";

const INSERT: &str = "\
INSERT INTO password_policies (id, environment_id, name_key, is_default, document, created_at,
                               updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $6)";

const UPDATE: &str = "\
UPDATE password_policies SET name_key = $3, is_default = $4, document = $5, updated_at = $6
 WHERE id = $1 AND environment_id = $2";

const CLEAR_DEFAULT: &str = "\
UPDATE password_policies SET is_default = FALSE
 WHERE environment_id = $1 AND id <> $2 AND is_default";

/// Neither the default nor one that a population names can go.
const DELETE: &str = "\
DELETE FROM password_policies
 WHERE id = $1 AND environment_id = $2 AND NOT is_default
   AND NOT EXISTS (SELECT 1 FROM populations WHERE password_policy_id = $1)";

/// The password policies of all environments.
#[derive(Debug)]
pub(crate) struct PasswordPolicies<'a>(&'a Db);

impl<'a> PasswordPolicies<'a> {
    pub(crate) fn new(db: &'a Db) -> Self {
        Self(db)
    }

    /// The policy that applies to the users of a population.
    ///
    /// # Errors
    ///
    /// [`StoreError`] as well when the environment has no default policy, which seeding prevents.
    pub(crate) async fn effective(
        &self,
        environment: EnvironmentId,
        population: PopulationId,
    ) -> Result<StoredPasswordPolicy, StoreError> {
        let statement = Statement::new(EFFECTIVE)
            .bind(environment.as_uuid())
            .bind(population.as_uuid());
        let row = self
            .0
            .read_optional(statement)
            .await
            .map_err(StoreError::during("find the password policy that applies"))?;
        match row {
            Some(row) => from_row(&row),
            None => Err(StoreError::inconsistent(
                "an environment has no default password policy",
            )),
        }
    }

    /// A policy of the environment, as PingOne shows it.
    pub(crate) async fn find(
        &self,
        environment: EnvironmentId,
        id: PasswordPolicyId,
    ) -> Result<Option<PasswordPolicy>, StoreError> {
        let find = Statement::new(LIST)
            .bind(environment.as_uuid())
            .push(" AND id = ")
            .push_bind(id.as_uuid());
        let row = self.0.read_optional(find).await;
        let row = row.map_err(StoreError::during("look a password policy up"))?;
        row.as_ref()
            .map(|row| to_wire(row, environment))
            .transpose()
    }

    /// All policies of an environment, as PingOne shows them, by name.
    pub(crate) async fn list(
        &self,
        environment: EnvironmentId,
    ) -> Result<Vec<PasswordPolicy>, StoreError> {
        let list = Statement::new(LIST)
            .bind(environment.as_uuid())
            .push(" ORDER BY name_key");
        let rows = self.0.read(list).await;
        let rows = rows.map_err(StoreError::during("list password policies"))?;
        rows.iter().map(|row| to_wire(row, environment)).collect()
    }

    /// Adds a policy; a new default takes the place of the old one.
    pub(crate) fn insert(
        environment: EnvironmentId,
        id: PasswordPolicyId,
        policy: &PasswordPolicy,
        now: Timestamp,
    ) -> Result<Change, StoreError> {
        let insert = Statement::new(INSERT)
            .bind(id.as_uuid())
            .bind(environment.as_uuid())
            .bind(fold(&policy.name))
            .bind(policy.default)
            .bind(document(policy)?)
            .bind(now);
        Ok(clear_default(environment, id, policy).add(insert))
    }

    /// Replaces a policy; a new default takes the place of the old one.
    pub(crate) fn update(
        environment: EnvironmentId,
        id: PasswordPolicyId,
        policy: &PasswordPolicy,
        now: Timestamp,
    ) -> Result<Change, StoreError> {
        let update = Statement::new(UPDATE)
            .bind(id.as_uuid())
            .bind(environment.as_uuid())
            .bind(fold(&policy.name))
            .bind(policy.default)
            .bind(document(policy)?)
            .bind(now);
        Ok(clear_default(environment, id, policy).require_one(update))
    }

    /// Deletes a policy that is neither the default nor named by a population; otherwise the
    /// requirement is not met.
    pub(crate) fn delete(environment: EnvironmentId, id: PasswordPolicyId) -> Change {
        let delete = Statement::new(DELETE)
            .bind(id.as_uuid())
            .bind(environment.as_uuid());
        Change::new().require_one(delete)
    }
}

fn clear_default(
    environment: EnvironmentId,
    id: PasswordPolicyId,
    policy: &PasswordPolicy,
) -> Change {
    if !policy.default {
        return Change::new();
    }
    let clear = Statement::new(CLEAR_DEFAULT)
        .bind(environment.as_uuid())
        .bind(id.as_uuid());
    Change::new().add(clear)
}

/// What the columns do not hold.
fn document(policy: &PasswordPolicy) -> Result<String, StoreError> {
    let rules = PasswordPolicy {
        id: None,
        environment: None,
        population_count: None,
        created_at: None,
        updated_at: None,
        ..policy.clone()
    };
    serde_json::to_string(&rules)
        .map_err(|_| StoreError::inconsistent("a password policy cannot be written as JSON"))
}

fn to_wire(row: &Row, environment: EnvironmentId) -> Result<PasswordPolicy, StoreError> {
    let count: i64 = row.get("population_count")?;
    Ok(PasswordPolicy {
        environment: Some(Reference::new(environment)),
        population_count: Some(u32::try_from(count).unwrap_or(u32::MAX)),
        ..from_row(row)?.policy
    })
}

/// Reads a row with the columns `id`, `is_default`, `document`, `created_at` and `updated_at`.
pub(crate) fn from_row(row: &Row) -> Result<StoredPasswordPolicy, StoreError> {
    let id = row.parse("id", PasswordPolicyId::parse)?;
    let mut policy: PasswordPolicy = row.parse("document", |text| serde_json::from_str(text))?;
    policy.id = Some(id);
    policy.default = row.get("is_default")?;
    policy.created_at = Some(row.get("created_at")?);
    policy.updated_at = Some(row.get("updated_at")?);
    Ok(StoredPasswordPolicy { id, policy })
}
