//! The mail address that somebody had before they changed it, while they can take it back.

use std::fmt;
use std::sync::Arc;

use db::{Db, Statement, StoreError};
use jiff::{SignedDuration, Timestamp};
use platform::keyring::Keyring;
use protocol::Random;
use protocol::id::UserId;

/// How long a change can be taken back.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Keeps former addresses, sealed.
pub(crate) struct FormerAddresses {
    db: Db,
    random: Arc<dyn Random>,
    keyring: Arc<Keyring>,
}

/// An address that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormerAddress {
    pub(crate) address: String,
    pub(crate) until: Timestamp,
}

impl fmt::Debug for FormerAddresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormerAddresses")
    }
}

/// The first address of several changes stays: whoever changes it once more takes from its owner no
/// way back.
const INSERT: &str = "\
INSERT INTO portal_former_addresses (user_id, address, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO UPDATE SET address = excluded.address, expires_at = excluded.expires_at
 WHERE portal_former_addresses.expires_at <= $4";

const FIND: &str = "\
SELECT address, expires_at FROM portal_former_addresses WHERE user_id = $1 AND expires_at > $2";

const DELETE: &str = "DELETE FROM portal_former_addresses WHERE user_id = $1";

impl FormerAddresses {
    pub(crate) fn new(db: Db, random: Arc<dyn Random>, keyring: Arc<Keyring>) -> Self {
        Self {
            db,
            random,
            keyring,
        }
    }

    /// Keeps an address, unless an earlier one is kept. Gives whether it is kept.
    pub(crate) async fn insert(
        &self,
        user: UserId,
        address: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sealed = self
            .keyring
            .seal(&context(user), address.as_bytes(), &*self.random);
        let until = now.saturating_add(KEPT_FOR).unwrap_or(Timestamp::MAX);
        let insert = Statement::new(INSERT)
            .bind(user.to_string())
            .bind(sealed)
            .bind(until)
            .bind(now);
        let written = self.db.write(insert).await;
        let written = written.map_err(StoreError::during("keep a former address"))?;
        Ok(written.rows_affected == 1)
    }

    pub(crate) async fn find(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> Result<Option<FormerAddress>, StoreError> {
        let find = Statement::new(FIND).bind(user.to_string()).bind(now);
        let row = self.db.read_optional(find).await;
        let Some(row) = row.map_err(StoreError::during("find a former address"))? else {
            return Ok(None);
        };
        let (sealed, until): (String, Timestamp) = (row.get("address")?, row.get("expires_at")?);
        // Sealed with a key that is gone: as good as no address.
        let opened = self.keyring.open(&context(user), &sealed).ok();
        let text = opened
            .as_deref()
            .and_then(|bytes| str::from_utf8(bytes).ok());
        let address = text.map(str::to_owned);
        Ok(address.map(|address| FormerAddress { address, until }))
    }

    pub(crate) async fn delete(&self, user: UserId) -> Result<(), StoreError> {
        let delete = Statement::new(DELETE).bind(user.to_string());
        let deleted = self.db.write(delete).await;
        deleted.map_err(StoreError::during("forget a former address"))?;
        Ok(())
    }
}

fn context(user: UserId) -> String {
    format!("portal_former_addresses.address:{user}")
}
