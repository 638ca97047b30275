//! The mail address that somebody had before they changed it, while they can take it back.

use std::fmt;
use std::sync::Arc;

use db::{Db, Statement, StoreError};
use jiff::{SignedDuration, Timestamp};
use platform::keyring::Keyring;
use protocol::Random;
use protocol::id::UserId;
use protocol::names::name_key;

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

/// What was written for a change that may turn out not to have been made.
#[derive(Debug)]
#[must_use = "a change that was refused leaves what was kept before"]
pub(crate) struct Kept {
    /// As it stands in the row: no other is sealed alike.
    sealed: String,
    /// What stood there before, sealed, and until when.
    earlier: Option<(String, Timestamp)>,
}

/// An earlier one gives way when it has ended by `$4`.
const INSERT: &str = "\
INSERT INTO portal_former_addresses (user_id, address, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO UPDATE SET address = excluded.address, expires_at = excluded.expires_at
 WHERE portal_former_addresses.expires_at <= $4";

const FIND: &str = "\
SELECT address, expires_at FROM portal_former_addresses WHERE user_id = $1 AND expires_at > $2";

const PUT_BACK: &str = "\
UPDATE portal_former_addresses SET address = $3, expires_at = $4 WHERE user_id = $1 AND address = $2";

const DELETE_KEPT: &str = "\
DELETE FROM portal_former_addresses WHERE user_id = $1 AND address = $2";

const DELETE: &str = "DELETE FROM portal_former_addresses WHERE user_id = $1";

impl FormerAddresses {
    pub(crate) fn new(db: Db, random: Arc<dyn Random>, keyring: Arc<Keyring>) -> Self {
        Self {
            db,
            random,
            keyring,
        }
    }

    /// Keeps the address that is about to be changed, if it is one to come back to: one that was
    /// proven, or any where none is kept. So whoever enters another before the new one is proven takes
    /// from the owner no way back.
    pub(crate) async fn keep(
        &self,
        user: UserId,
        address: &str,
        is_proven: bool,
        now: Timestamp,
    ) -> Result<Option<Kept>, StoreError> {
        let earlier = self.row(user, now).await?;
        let sealed = self
            .keyring
            .seal(&context(user), address.as_bytes(), &*self.random);
        let until = now.saturating_add(KEPT_FOR).unwrap_or(Timestamp::MAX);
        let gives_way = if is_proven { Timestamp::MAX } else { now };
        let insert = Statement::new(INSERT)
            .bind(user.to_string())
            .bind(sealed.as_str())
            .bind(until)
            .bind(gives_way);
        let written = self.write(insert, "keep a former address").await?;
        Ok((written == 1).then_some(Kept { sealed, earlier }))
    }

    /// The change was not made: what was kept before it comes back, unless another change has been
    /// begun meanwhile.
    pub(crate) async fn put_back(&self, user: UserId, kept: Kept) -> Result<(), StoreError> {
        let statement = match kept.earlier {
            Some((sealed, until)) => Statement::new(PUT_BACK)
                .bind(user.to_string())
                .bind(kept.sealed)
                .bind(sealed)
                .bind(until),
            None => Statement::new(DELETE_KEPT)
                .bind(user.to_string())
                .bind(kept.sealed),
        };
        self.write(statement, "put a former address back").await?;
        Ok(())
    }

    /// The address that can be taken back. The present one is none.
    pub(crate) async fn find(
        &self,
        user: UserId,
        present: &str,
        now: Timestamp,
    ) -> Result<Option<FormerAddress>, StoreError> {
        let Some((sealed, until)) = self.row(user, now).await? else {
            return Ok(None);
        };
        // Sealed with a key that is gone: as good as no address.
        let opened = self.keyring.open(&context(user), &sealed).ok();
        let text = opened
            .as_deref()
            .and_then(|bytes| str::from_utf8(bytes).ok());
        let address = text.filter(|address| name_key(address) != name_key(present));
        Ok(address.map(|address| FormerAddress {
            address: address.to_owned(),
            until,
        }))
    }

    /// What is kept, sealed, and until when.
    async fn row(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> Result<Option<(String, Timestamp)>, StoreError> {
        let find = Statement::new(FIND).bind(user.to_string()).bind(now);
        let row = self.db.read_optional(find).await;
        let row = row.map_err(StoreError::during("find a former address"))?;
        row.map(|row| Ok((row.get("address")?, row.get("expires_at")?)))
            .transpose()
    }

    pub(crate) async fn delete(&self, user: UserId) -> Result<(), StoreError> {
        let delete = Statement::new(DELETE).bind(user.to_string());
        self.write(delete, "forget a former address").await?;
        Ok(())
    }

    async fn write(&self, statement: Statement, what: &'static str) -> Result<u64, StoreError> {
        let written = self.db.write(statement).await;
        Ok(written.map_err(StoreError::during(what))?.rows_affected)
    }
}

fn context(user: UserId) -> String {
    format!("portal_former_addresses.address:{user}")
}
