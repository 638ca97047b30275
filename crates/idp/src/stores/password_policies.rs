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
}

/// Reads a row with the columns id, is_default, document, created_at and updated_at.
pub(crate) fn from_row(row: &Row) -> Result<StoredPasswordPolicy, StoreError> {
    let id = row.parse("id", PasswordPolicyId::parse)?;
    let mut policy: PasswordPolicy = row.parse("document", |text| serde_json::from_str(text))?;
    policy.id = Some(id);
    policy.default = row.get("is_default")?;
    policy.created_at = Some(row.get("created_at")?);
    policy.updated_at = Some(row.get("updated_at")?);
    Ok(StoredPasswordPolicy { id, policy })
}
