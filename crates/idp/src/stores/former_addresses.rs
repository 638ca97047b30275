//! Addresses that accounts had proven before their owners changed them, while whoever reads them can
//! take the account back (`docs/decisions/0012-the-mailbox-decides.md`).

use db::{Reader, Row, Statement, StoreError};
use jiff::{SignedDuration, Timestamp};
use protocol::id::{EnvironmentId, UserId};

use super::change::Change;
use super::fold;

/// How long a change can be taken back.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Accounts beyond these of one address are not looked at.
const MOST_OF_ONE_ADDRESS: u32 = 10;

/// So many are kept for one user. Earlier ones come first: whoever changes the address again and again
/// does not get rid of the owner.
const MOST_OF_ONE_USER: u32 = 8;

const KEEP: &str = "\
INSERT INTO former_addresses (user_id, environment_id, address, address_key, proven_at, expires_at)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT),
       CAST($6 AS BIGINT)
 WHERE (SELECT COUNT(*) FROM former_addresses WHERE user_id = $1 AND expires_at > $7) < $8
    ON CONFLICT (user_id, address_key) DO UPDATE
   SET address = excluded.address, proven_at = excluded.proven_at, expires_at = excluded.expires_at";

const FORGET: &str = "DELETE FROM former_addresses WHERE user_id = $1";

const FORGET_THIS: &str = "DELETE FROM former_addresses WHERE user_id = $1 AND address_key = $2";

const FIND: &str = "\
SELECT user_id, address, proven_at, expires_at FROM former_addresses
 WHERE user_id = $1 AND address_key = $2 AND expires_at > $3";

const FIND_OWNERS: &str = "\
SELECT user_id, address, proven_at, expires_at FROM former_addresses
 WHERE environment_id = $1 AND address_key = $2 AND expires_at > $3
 ORDER BY proven_at, user_id LIMIT $4";

/// An address that an account had proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormerAddress {
    pub(crate) user: UserId,
    pub(crate) address: String,
    /// When it was proven.
    pub(crate) proven_at: Timestamp,
    /// When another one was proven.
    pub(crate) left_at: Timestamp,
}

/// A few for each user.
#[derive(Debug)]
pub(crate) struct FormerAddresses<'a>(&'a Reader);

impl<'a> FormerAddresses<'a> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self(db)
    }

    /// Keeps the address that a user has proven, who is about to have another one.
    pub(crate) fn keep(environment: EnvironmentId, former: &FormerAddress) -> Change {
        Change::of(
            Statement::new(KEEP)
                .bind(former.user.as_uuid())
                .bind(environment.as_uuid())
                .bind(former.address.as_str())
                .bind(fold(&former.address))
                .bind(former.proven_at)
                .bind(former.left_at + KEPT_FOR)
                .bind(former.left_at)
                .bind(MOST_OF_ONE_USER),
        )
    }

    /// Leaves a user none to come back to.
    pub(crate) fn forget(user: UserId) -> Change {
        Change::of(Statement::new(FORGET).bind(user.as_uuid()))
    }

    /// The same, where it is this one.
    pub(crate) fn forget_this(user: UserId, address: &str) -> Change {
        let forget = Statement::new(FORGET_THIS).bind(user.as_uuid());
        Change::of(forget.bind(fold(address)))
    }

    /// This address, if it is the one that the user can come back to.
    pub(crate) async fn find(
        &self,
        user: UserId,
        address: &str,
        now: Timestamp,
    ) -> Result<Option<FormerAddress>, StoreError> {
        let statement = Statement::new(FIND)
            .bind(user.as_uuid())
            .bind(fold(address))
            .bind(now);
        let row = self.0.read_optional(statement).await;
        let row = row.map_err(StoreError::during("look for a former address"))?;
        row.as_ref().map(read).transpose()
    }

    /// The users who can come back to this address, whatever its case.
    pub(crate) async fn find_owners(
        &self,
        environment: EnvironmentId,
        address: &str,
        now: Timestamp,
    ) -> Result<Vec<FormerAddress>, StoreError> {
        let statement = Statement::new(FIND_OWNERS)
            .bind(environment.as_uuid())
            .bind(fold(address))
            .bind(now)
            .bind(MOST_OF_ONE_ADDRESS);
        let rows = self.0.read(statement).await;
        let rows = rows.map_err(StoreError::during("look for owners of a former address"))?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<FormerAddress, StoreError> {
    let expires_at: Timestamp = row.get("expires_at")?;
    Ok(FormerAddress {
        user: row.parse("user_id", UserId::parse)?,
        address: row.get("address")?,
        proven_at: row.get("proven_at")?,
        left_at: expires_at - KEPT_FOR,
    })
}
