//! The licences of an organization: they limit nothing, so only the names that they were given are
//! kept, and how many environments name each is counted.

use db::{Reader, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{LicenseId, OrganizationId};
use uuid::Uuid;

use super::change::Change;

const FIND_NAME: &str = "SELECT name FROM license_names WHERE license_id = $1";

const SET_NAME: &str = "\
INSERT INTO license_names (license_id, name) VALUES ($1, $2)
    ON CONFLICT (license_id) DO UPDATE SET name = $2";

const COUNT: &str = "\
SELECT COUNT(*) AS number FROM environments WHERE organization_id = $1 AND license_id = $2";

const BEGAN: &str = "\
SELECT MIN(created_at) AS began FROM environments WHERE organization_id = $1";

const UNNAMED: &str = "\
SELECT id, organization_id FROM environments WHERE license_id IS NULL LIMIT 100";

const NAME: &str = "UPDATE environments SET license_id = $2 WHERE id = $1 AND license_id IS NULL";

/// The id of one of an organization's licences, which follows from the organization's. The first is
/// the one of environments that name none.
pub(crate) fn id(organization: OrganizationId, position: usize) -> LicenseId {
    // Far from the bits that tell the version of a UUID.
    let other = u128::try_from(position).unwrap_or_default() + 1;
    LicenseId::from_uuid(Uuid::from_u128(organization.as_uuid().as_u128() ^ other))
}

/// The name that a licence was given.
pub(crate) async fn find_name(db: &Reader, id: LicenseId) -> Result<Option<String>, StoreError> {
    let row = db.read_optional(Statement::new(FIND_NAME).bind(id.as_uuid()));
    let row = row
        .await
        .map_err(StoreError::during("read a licence's name"))?;
    row.map(|row| row.get("name")).transpose()
}

/// Gives a licence a name.
pub(crate) fn set_name(id: LicenseId, name: &str) -> Change {
    Change::of(Statement::new(SET_NAME).bind(id.as_uuid()).bind(name))
}

/// How many environments a licence is assigned to.
pub(crate) async fn count_environments(
    db: &Reader,
    organization: OrganizationId,
    id: LicenseId,
) -> Result<i64, StoreError> {
    let count = Statement::new(COUNT)
        .bind(organization.as_uuid())
        .bind(id.as_uuid());
    let row = db.read_optional(count).await;
    let row = row.map_err(StoreError::during("count a licence's environments"))?;
    row.map_or(Ok(0), |row| row.get("number"))
}

/// Since when an organization has environments.
pub(crate) async fn began(
    db: &Reader,
    organization: OrganizationId,
) -> Result<Option<Timestamp>, StoreError> {
    let row = db.read_optional(Statement::new(BEGAN).bind(organization.as_uuid()));
    let row = row
        .await
        .map_err(StoreError::during("read an organization's age"))?;
    row.map_or(Ok(None), |row| row.get("began"))
}

/// What gives some environments of an earlier version the organization's licence; `None` when all
/// have one.
pub(crate) async fn outdated(db: &Reader) -> Result<Option<Change>, StoreError> {
    let rows = db.read(Statement::new(UNNAMED).scan()).await?;
    let mut change = None;
    for row in &rows {
        let organization = row.parse("organization_id", OrganizationId::parse)?;
        let environment: Uuid = row.get("id")?;
        let name = Statement::new(NAME)
            .bind(environment)
            .bind(id(organization, 0).as_uuid());
        change = Some(change.unwrap_or_else(Change::new).add(name));
    }
    Ok(change)
}
