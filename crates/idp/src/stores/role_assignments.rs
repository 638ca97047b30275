//! Role assignments: which roles users and applications hold, and for what.

use std::sync::Arc;

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{EnvironmentId, RoleAssignmentId, RoleId};
use protocol::pingone::{RoleAssignment, RoleScope, RoleScopeType};
use uuid::Uuid;
use web::LookupCounts;

use super::change::Change;
use super::configuration::Object;
use super::custom_roles::CustomRole;
use crate::caches::{Recent, Touched};

/// A role that a user, an application or a gateway holds.
#[derive(Clone, Debug)]
pub(crate) struct StoredAssignment {
    pub(crate) id: RoleAssignmentId,
    /// The holder's environment.
    pub(crate) environment_id: EnvironmentId,
    pub(crate) holder: Holder,
    pub(crate) role_id: RoleId,
    /// The ids of the permissions that the role gives, where it is a custom one.
    pub(crate) custom: Arc<[String]>,
    pub(crate) scope: RoleScope,
    /// The environment of the population or application that it is for; looked up when it is read.
    pub(crate) scope_environment: Option<EnvironmentId>,
    pub(crate) read_only: bool,
    pub(crate) created_at: Timestamp,
}

/// Who holds a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    Application(Uuid),
    /// A group: its members gain nothing by it.
    Group(Uuid),
    Gateway(Uuid),
    User(Uuid),
}

impl Holder {
    pub(crate) fn id(self) -> Uuid {
        match self {
            Self::Application(id) | Self::Gateway(id) | Self::Group(id) | Self::User(id) => id,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Application(_) => "APPLICATION",
            Self::Group(_) => "GROUP",
            Self::Gateway(_) => "GATEWAY",
            Self::User(_) => "USER",
        }
    }
}

impl StoredAssignment {
    /// The assignment as PingOne shows it, without links.
    pub(crate) fn to_wire(&self) -> RoleAssignment {
        let mut assignment =
            RoleAssignment::new(self.id, self.environment_id, self.role_id, self.scope);
        assignment.read_only = self.read_only;
        assignment
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let holder_id: Uuid = row.get("actor_id")?;
        Ok(Self {
            id: row.parse("id", RoleAssignmentId::parse)?,
            environment_id: row.parse("environment_id", EnvironmentId::parse)?,
            holder: row.parse("actor_kind", |kind| match kind {
                "APPLICATION" => Ok(Holder::Application(holder_id)),
                "GROUP" => Ok(Holder::Group(holder_id)),
                "GATEWAY" => Ok(Holder::Gateway(holder_id)),
                "USER" => Ok(Holder::User(holder_id)),
                _ => Err(StoreError::inconsistent(
                    "a role is held by an unknown kind",
                )),
            })?,
            role_id: row.parse("role_id", RoleId::parse)?,
            custom: row
                .parse_optional("role", |text| serde_json::from_str::<CustomRole>(text))?
                .into_iter()
                .flat_map(|role| role.permissions)
                .map(|permission| permission.id)
                .collect(),
            scope: RoleScope::new(row.parse("scope_type", scope_type)?, row.get("scope_id")?),
            scope_environment: row.parse_optional("scope_environment", EnvironmentId::parse)?,
            read_only: row.get("read_only")?,
            created_at: row.get("created_at")?,
        })
    }
}

fn scope_type(text: &str) -> Result<RoleScopeType, StoreError> {
    match text {
        "APPLICATION" => Ok(RoleScopeType::Application),
        "ENVIRONMENT" => Ok(RoleScopeType::Environment),
        "ORGANIZATION" => Ok(RoleScopeType::Organization),
        "POPULATION" => Ok(RoleScopeType::Population),
        _ => Err(StoreError::inconsistent(
            "a role is assigned for an unknown kind",
        )),
    }
}

fn scope_name(scope: RoleScopeType) -> &'static str {
    match scope {
        RoleScopeType::Application => "APPLICATION",
        RoleScopeType::Environment => "ENVIRONMENT",
        RoleScopeType::Organization => "ORGANIZATION",
        RoleScopeType::Population => "POPULATION",
    }
}

/// Role assignments that a condition is true of, with what the custom role gives and where a
/// population or an application is.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "\
SELECT id, environment_id, actor_kind, actor_id, role_id, scope_type, scope_id, read_only,
       created_at,
       (SELECT document FROM configuration_objects
         WHERE configuration_objects.id = role_id AND kind = 'CUSTOM_ROLE') AS role,
       CASE scope_type
         WHEN 'APPLICATION' THEN (SELECT applications.environment_id FROM applications
                                   WHERE applications.id = scope_id)
         WHEN 'POPULATION' THEN (SELECT populations.environment_id FROM populations
                                  WHERE populations.id = scope_id)
       END AS scope_environment
  FROM role_assignments WHERE ",
            $condition,
            " ORDER BY created_at, id"
        )
    };
}

const OF_ACTOR: &str = select!("actor_id = $1");

const OF_HOLDERS_IN: &str = select!("environment_id = $1");

const OF_SCOPES: &str = select!("scope_id IN ($1, $2)");

const ENVIRONMENT_OF_APPLICATION: &str = "SELECT environment_id FROM applications WHERE id = $1";

const ENVIRONMENT_OF_POPULATION: &str = "SELECT environment_id FROM populations WHERE id = $1";

const OF_ROLE: &str = select!("role_id = $1");

/// Waits for whoever gives or changes the custom role at the same time.
const REQUIRE_ROLE: &str = "\
UPDATE configuration_objects SET updated_at = updated_at WHERE id = $1 AND updated_at = $2";

const REQUIRE_COUNT: &str = "\
UPDATE configuration_objects SET updated_at = updated_at
 WHERE id = $1 AND (SELECT COUNT(*) FROM role_assignments WHERE role_id = $1) = $2";

/// Waits for whoever takes it away at the same time.
const REQUIRE: &str = "UPDATE role_assignments SET read_only = read_only WHERE id = $1";

const INSERT: &str = "\
INSERT INTO role_assignments (id, environment_id, actor_kind, actor_id, role_id, scope_type,
                              scope_id, read_only, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const DELETE: &str = "DELETE FROM role_assignments WHERE id = $1 AND actor_id = $2";

const DELETE_WITHIN: &str = "DELETE FROM role_assignments WHERE scope_id = $1";

const DELETE_ALL: &str = "DELETE FROM role_assignments WHERE actor_id = $1";

/// The role assignments of all environments.
#[derive(Debug)]
pub(crate) struct RoleAssignments {
    db: Reader,
    recent: Recent<Arc<[StoredAssignment]>>,
}

impl RoleAssignments {
    pub(crate) fn new(db: Reader) -> Self {
        Self {
            db,
            recent: Recent::default(),
        }
    }

    /// How often the cache was asked, and knew.
    pub(crate) fn lookups(&self) -> LookupCounts {
        self.recent.lookups()
    }

    /// Forgets what a write may have changed.
    pub(crate) fn forget(&self, touched: &Touched) {
        self.recent.forget(touched);
    }

    /// What a user or an application holds; cached.
    pub(crate) async fn of_actor(
        &self,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Arc<[StoredAssignment]>, StoreError> {
        let read = async { Ok(Some(Arc::from(self.of_holder(id).await?))) };
        let found = self.recent.find(id, now, read).await?;
        Ok(found.unwrap_or_default())
    }

    /// What a user or an application holds, as it is in the database now.
    pub(crate) async fn of_holder(&self, id: Uuid) -> Result<Vec<StoredAssignment>, StoreError> {
        self.all(Statement::new(OF_ACTOR).bind(id)).await
    }

    /// What those hold who are of an environment.
    pub(crate) async fn of_holders_in(
        &self,
        environment: EnvironmentId,
    ) -> Result<Vec<StoredAssignment>, StoreError> {
        let statement = Statement::new(OF_HOLDERS_IN).bind(environment.as_uuid());
        self.all(statement).await
    }

    /// What is held for any of these, by whomever.
    pub(crate) async fn of_scopes(
        &self,
        scopes: [Uuid; 2],
    ) -> Result<Vec<StoredAssignment>, StoreError> {
        let bind = |statement: Statement, scope| statement.bind(scope);
        let statement = scopes.into_iter().fold(Statement::new(OF_SCOPES), bind);
        self.all(statement).await
    }

    async fn all(&self, statement: Statement) -> Result<Vec<StoredAssignment>, StoreError> {
        let rows = self.db.read(statement).await;
        let rows = rows.map_err(StoreError::during("look role assignments up"))?;
        rows.iter().map(StoredAssignment::from_row).collect()
    }

    /// The environment of what a role is for; `None` where there is no such thing.
    pub(crate) async fn environment_of(
        &self,
        scope: RoleScope,
    ) -> Result<Option<EnvironmentId>, StoreError> {
        let find = match scope.scope_type {
            RoleScopeType::Application => ENVIRONMENT_OF_APPLICATION,
            RoleScopeType::Population => ENVIRONMENT_OF_POPULATION,
            RoleScopeType::Environment => return Ok(Some(EnvironmentId::from_uuid(scope.id))),
            RoleScopeType::Organization => return Ok(None),
        };
        let row = self
            .db
            .read_optional(Statement::new(find).bind(scope.id))
            .await;
        let row = row.map_err(StoreError::during("find what a role is for"))?;
        let id = row.map(|row| row.get("environment_id")).transpose()?;
        Ok(id.map(EnvironmentId::from_uuid))
    }

    /// By whom a custom role is held.
    pub(crate) async fn of_role(&self, role: Uuid) -> Result<Vec<StoredAssignment>, StoreError> {
        self.all(Statement::new(OF_ROLE).bind(role)).await
    }

    /// Requires that a custom role is still as it was read.
    pub(crate) fn require_role(role: &Object<CustomRole>) -> Change {
        let require = Statement::new(REQUIRE_ROLE);
        Change::of_one(require.bind(role.id).bind(role.updated_at))
    }

    /// Requires that so many hold a custom role, no more and no fewer.
    pub(crate) fn require_held_by(role: Uuid, count: usize) -> Change {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        Change::of_one(Statement::new(REQUIRE_COUNT).bind(role).bind(count))
    }

    /// Requires that a role is still held.
    pub(crate) fn require_held(assignment: &StoredAssignment) -> Change {
        Change::of_one(Statement::new(REQUIRE).bind(assignment.id.as_uuid()))
    }

    /// Gives a role.
    pub(crate) fn insert(assignment: &StoredAssignment) -> Change {
        let insert = Statement::new(INSERT)
            .bind(assignment.id.as_uuid())
            .bind(assignment.environment_id.as_uuid())
            .bind(assignment.holder.kind())
            .bind(assignment.holder.id())
            .bind(assignment.role_id.as_uuid())
            .bind(scope_name(assignment.scope.scope_type))
            .bind(assignment.scope.id)
            .bind(assignment.read_only)
            .bind(assignment.created_at);
        Change::new().add(insert).touching(assignment.holder.id())
    }

    /// Takes a role away.
    pub(crate) fn delete(assignment: &StoredAssignment) -> Change {
        let holder = assignment.holder.id();
        let delete = Statement::new(DELETE)
            .bind(assignment.id.as_uuid())
            .bind(holder);
        Change::new().require_one(delete).touching(holder)
    }

    /// Ends all roles that hold in something alone that is being deleted.
    pub(crate) fn delete_within(scope: Uuid) -> Change {
        Change::of(Statement::new(DELETE_WITHIN).bind(scope)).touching_everything()
    }

    /// Takes all roles away from a holder who is being deleted.
    pub(crate) fn delete_all(holder: Uuid) -> Change {
        Change::new()
            .add(Statement::new(DELETE_ALL).bind(holder))
            .touching(holder)
    }
}
