//! Environments.

use std::sync::Arc;

use db::{Reader, Row, Statement, StoreError};
use jiff::{SignedDuration, Timestamp};
use protocol::id::{EnvironmentId, LicenseId, OrganizationId};
use protocol::pingone::{
    BillOfMaterials, Environment, EnvironmentStatus, EnvironmentSubtype, EnvironmentType, Open,
    Product, ProductType, Reference, Region,
};
use serde::{Deserialize, Serialize};
use web::LookupCounts;

use super::change::Change;
use super::{fold, licenses};
use crate::caches::{Recent, Touched};

/// An environment as the database keeps it.
#[derive(Clone, Debug)]
pub(crate) struct StoredEnvironment {
    pub(crate) id: EnvironmentId,
    pub(crate) organization_id: OrganizationId,
    pub(crate) name: String,
    pub(crate) details: EnvironmentDetails,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// What no query looks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct EnvironmentDetails {
    pub(crate) description: Option<String>,
    pub(crate) environment_type: EnvironmentType,
    pub(crate) region: Region,
    /// The licence that was named; without one it is the organization's.
    #[serde(default)]
    pub(crate) license: Option<LicenseId>,
    #[serde(default)]
    pub(crate) subtype: Option<EnvironmentSubtype>,
    #[serde(default)]
    pub(crate) icon: Option<String>,
    #[serde(default)]
    pub(crate) products: StoredProducts,
    /// When it was marked for deletion.
    #[serde(default)]
    #[serde(with = "protocol::pingone::date::OptionalDate")]
    pub(crate) soft_deleted_at: Option<Timestamp>,
}

impl EnvironmentDetails {
    /// Of an environment that is being made, with sign-on and directory alone.
    pub(crate) fn new(environment_type: EnvironmentType, region: Region) -> Self {
        Self {
            description: None,
            environment_type,
            region,
            license: None,
            subtype: None,
            icon: None,
            products: StoredProducts::default(),
            soft_deleted_at: None,
        }
    }

    /// From when on it can be deleted for good.
    pub(crate) fn hard_delete_allowed_at(&self) -> Option<Timestamp> {
        let marked = self.soft_deleted_at?;
        marked.checked_add(RESTORABLE).ok()
    }
}

/// How long an environment that was marked for deletion can be restored.
const RESTORABLE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Which products an environment has, and since when. One that says nothing has sign-on and
/// directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredProducts {
    pub(crate) bill: BillOfMaterials,
    #[serde(default, with = "protocol::pingone::date::OptionalDate")]
    pub(crate) created_at: Option<Timestamp>,
    #[serde(default, with = "protocol::pingone::date::OptionalDate")]
    pub(crate) updated_at: Option<Timestamp>,
}

impl Default for StoredProducts {
    fn default() -> Self {
        Self {
            bill: BillOfMaterials::new([Product::new(ProductType::Base)]),
            created_at: None,
            updated_at: None,
        }
    }
}

impl StoredEnvironment {
    /// The environment as PingOne shows it, without links.
    pub(crate) fn to_wire(&self) -> Environment {
        let mut environment = Environment::new(
            self.id,
            self.organization_id,
            self.name.clone(),
            self.details.environment_type,
            self.details.region,
            [self.created_at, self.updated_at],
        );
        let details = &self.details;
        environment.description.clone_from(&details.description);
        environment.subtype = details.subtype.map(Open::Known);
        environment.icon.clone_from(&details.icon);
        environment.license = Some(Reference::new(self.license()));
        environment.status = Some(self.status().into());
        environment.soft_deleted_at = details.soft_deleted_at;
        environment.hard_delete_allowed_at = details.hard_delete_allowed_at();
        environment
    }

    /// Whether it is in use.
    pub(crate) fn status(&self) -> EnvironmentStatus {
        match self.details.soft_deleted_at {
            Some(_) => EnvironmentStatus::DeletePending,
            None => EnvironmentStatus::Active,
        }
    }

    /// Whether it answers sign-ons: one that is marked for deletion does not.
    pub(crate) fn is_in_use(&self) -> bool {
        self.status() == EnvironmentStatus::Active
    }

    /// The licence that was named, or else the organization's.
    pub(crate) fn license(&self) -> LicenseId {
        let named = self.details.license;
        named.unwrap_or_else(|| licenses::id(self.organization_id, 0))
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.parse("id", EnvironmentId::parse)?,
            organization_id: row.parse("organization_id", OrganizationId::parse)?,
            name: row.get("name")?,
            details: row.parse("document", |text| serde_json::from_str(text))?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }

    fn document(&self) -> Result<String, StoreError> {
        serde_json::to_string(&self.details)
            .map_err(|_| StoreError::inconsistent("an environment cannot be written as JSON"))
    }
}

const FIND: &str = "\
SELECT id, organization_id, name, document, created_at, updated_at
  FROM environments WHERE id = $1";

const FIND_NAME: &str = "SELECT name FROM environments WHERE id = $1";

const FIND_BY_NAME: &str = "\
SELECT id, organization_id, name, document, created_at, updated_at
  FROM environments WHERE name_key = $1 ORDER BY created_at LIMIT 1";

const PAGE: &str = "\
SELECT id, organization_id, name, document, created_at, updated_at
  FROM environments WHERE id > $1";

const INSERT: &str = "\
INSERT INTO environments
       (id, organization_id, name, name_key, document, license_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";

const UPDATE: &str = "\
UPDATE environments SET name = $2, name_key = $3, document = $4, license_id = $5, updated_at = $6
 WHERE id = $1";

const DELETE: &str = "DELETE FROM environments WHERE id = $1";

/// The environments of this installation.
#[derive(Debug)]
pub(crate) struct Environments {
    db: Reader,
    recent: Recent<Arc<StoredEnvironment>>,
}

impl Environments {
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

    /// An environment; cached.
    pub(crate) async fn find(
        &self,
        id: EnvironmentId,
        now: Timestamp,
    ) -> Result<Option<Arc<StoredEnvironment>>, StoreError> {
        let read = self.read_one(Statement::new(FIND).bind(id.as_uuid()));
        self.recent.find(id.as_uuid(), now, read).await
    }

    /// What an environment is called, for mails.
    pub(crate) async fn find_name(&self, id: EnvironmentId) -> Result<Option<String>, StoreError> {
        let find = Statement::new(FIND_NAME).bind(id.as_uuid());
        let row = self.db.read_optional(find).await;
        let row = row.map_err(StoreError::during("read an environment's name"))?;
        row.map(|row| row.get("name")).transpose()
    }

    /// The oldest environment with this name, in whatever organization.
    pub(crate) async fn find_by_name(
        &self,
        name: &str,
    ) -> Result<Option<Arc<StoredEnvironment>>, StoreError> {
        self.read_one(Statement::new(FIND_BY_NAME).bind(fold(name)))
            .await
    }

    async fn read_one(
        &self,
        statement: Statement,
    ) -> Result<Option<Arc<StoredEnvironment>>, StoreError> {
        let row = self.db.read_optional(statement).await;
        let row = row.map_err(StoreError::during("look an environment up"))?;
        row.as_ref()
            .map(StoredEnvironment::from_row)
            .transpose()
            .map(|found| found.map(Arc::new))
    }

    /// At most `limit` environments behind `after`, by id; `restrict` adds conditions.
    pub(crate) async fn page(
        &self,
        after: &str,
        limit: u32,
        restrict: impl FnOnce(Statement) -> Statement,
    ) -> Result<Vec<StoredEnvironment>, StoreError> {
        let select = restrict(Statement::new(PAGE).bind(after));
        let select = select.push(" ORDER BY id LIMIT ").push_bind(limit);
        let rows = self.db.read(select).await;
        let rows = rows.map_err(StoreError::during("list environments"))?;
        rows.iter().map(StoredEnvironment::from_row).collect()
    }

    /// Adds an environment with nothing in it.
    pub(crate) fn insert(environment: &StoredEnvironment) -> Result<Change, StoreError> {
        let insert = Statement::new(INSERT)
            .bind(environment.id.as_uuid())
            .bind(environment.organization_id.as_uuid())
            .bind(environment.name.as_str())
            .bind(fold(&environment.name))
            .bind(environment.document()?)
            .bind(environment.license().as_uuid())
            .bind(environment.created_at);
        Ok(Change::new().add(insert).touching(environment.id))
    }

    /// Replaces what can be changed.
    pub(crate) fn update(environment: &StoredEnvironment) -> Result<Change, StoreError> {
        let update = Statement::new(UPDATE)
            .bind(environment.id.as_uuid())
            .bind(environment.name.as_str())
            .bind(fold(&environment.name))
            .bind(environment.document()?)
            .bind(environment.license().as_uuid())
            .bind(environment.updated_at);
        Ok(Change::new().require_one(update).touching(environment.id))
    }

    /// Deletes an environment with everything in it.
    pub(crate) fn delete(id: EnvironmentId) -> Change {
        Change::new()
            .require_one(Statement::new(DELETE).bind(id.as_uuid()))
            .touching_everything()
    }
}
