//! Client secrets. PingOne shows them again, so they are kept sealed beside their digest.

use std::sync::Arc;

use db::{Reader, Statement, StoreError};
use jiff::Timestamp;
use platform::clock::is_expired;
use platform::keyring::Keyring;
use protocol::Random;
use protocol::id::ApplicationId;
use protocol::secret::{ClientSecret, ClientSecretDigest};
use web::LookupCounts;

use super::change::Change;
use crate::caches::{Recent, Touched};

/// A secret's digest and until when it works.
#[derive(Clone, Debug)]
pub(crate) struct KnownSecret {
    digest: ClientSecretDigest,
    expires_at: Option<Timestamp>,
}

/// An application's secrets, readable.
#[derive(Clone, Debug)]
pub(crate) struct ReadableSecrets {
    /// The one in force.
    pub(crate) present: ClientSecret,
    /// The one before it, while it still works, and until when.
    pub(crate) previous: Option<(ClientSecret, Timestamp)>,
}

const FIND: &str = "\
SELECT digest, sealed, expires_at FROM application_secrets WHERE application_id = $1";

const DROP_PREVIOUS: &str = "\
DELETE FROM application_secrets WHERE application_id = $1 AND expires_at IS NOT NULL";

const DROP_ALL: &str = "DELETE FROM application_secrets WHERE application_id = $1";

const EXPIRE_PRESENT: &str = "\
UPDATE application_secrets SET expires_at = $2 WHERE application_id = $1 AND expires_at IS NULL";

const INSERT: &str = "\
INSERT INTO application_secrets (application_id, digest, sealed, created_at)
VALUES ($1, $2, $3, $4)";

/// The secrets of all applications.
#[derive(Debug)]
pub(crate) struct ApplicationSecrets {
    db: Reader,
    keyring: Arc<Keyring>,
    recent: Recent<Arc<[KnownSecret]>>,
}

impl ApplicationSecrets {
    pub(crate) fn new(db: Reader, keyring: Arc<Keyring>) -> Self {
        Self {
            db,
            keyring,
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

    /// Whether a secret is one of the application's that work at `now`; found out in a time that does
    /// not tell how near a wrong one was.
    pub(crate) async fn matches(
        &self,
        application: ApplicationId,
        secret: &ClientSecret,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let digest = secret.digest();
        let known = self.known(application, now).await?;
        // All are compared, so that the time does not tell which one it was.
        let matching = known
            .iter()
            .filter(|known| !known.expires_at.is_some_and(|at| is_expired(at, now)))
            .filter(|known| known.digest == digest)
            .count();
        Ok(matching > 0)
    }

    async fn known(
        &self,
        application: ApplicationId,
        now: Timestamp,
    ) -> Result<Arc<[KnownSecret]>, StoreError> {
        let read = async {
            let rows = self
                .db
                .read(Statement::new(FIND).bind(application.as_uuid()))
                .await;
            let rows = rows.map_err(StoreError::during("look client secrets up"))?;
            let known = rows
                .iter()
                .map(|row| {
                    Ok(KnownSecret {
                        digest: ClientSecretDigest::from_stored(row.get("digest")?),
                        expires_at: row.get("expires_at")?,
                    })
                })
                .collect::<Result<Arc<[_]>, StoreError>>()?;
            Ok(Some(known))
        };
        let known = self.recent.find(application.as_uuid(), now, read).await?;
        Ok(known.unwrap_or_default())
    }

    /// The secrets of an application, to be shown; `None` when it has none.
    pub(crate) async fn find(
        &self,
        application: ApplicationId,
        now: Timestamp,
    ) -> Result<Option<ReadableSecrets>, StoreError> {
        let rows = self
            .db
            .read(Statement::new(FIND).bind(application.as_uuid()))
            .await;
        let (mut present, mut previous) = (None, None);
        for row in rows.map_err(StoreError::during("read client secrets"))? {
            let digest: String = row.get("digest")?;
            let sealed: String = row.get("sealed")?;
            let secret = self
                .keyring
                .open(&sealing_context(application, &digest), &sealed)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .map(ClientSecret::new)
                .ok_or_else(|| {
                    StoreError::inconsistent("a client secret was sealed by another keyring")
                })?;
            match row.get::<Option<Timestamp>>("expires_at")? {
                None => present = Some(secret),
                Some(at) if !is_expired(at, now) => previous = Some((secret, at)),
                Some(_) => {}
            }
        }
        Ok(present.map(|present| ReadableSecrets { present, previous }))
    }

    /// Gives an application a new secret. The present one keeps working until `previous_until`, or
    /// stops at once; an older one stops at once.
    pub(crate) fn rotate(
        &self,
        application: ApplicationId,
        secret: &ClientSecret,
        previous_until: Option<Timestamp>,
        random: &dyn Random,
        now: Timestamp,
    ) -> Change {
        let digest = secret.digest();
        let context = sealing_context(application, digest.as_str());
        let sealed = self
            .keyring
            .seal(&context, secret.expose().as_bytes(), random);
        let insert = Statement::new(INSERT)
            .bind(application.as_uuid())
            .bind(digest.as_str())
            .bind(sealed)
            .bind(now);
        let change = match previous_until {
            Some(until) => Change::new()
                .add(Statement::new(DROP_PREVIOUS).bind(application.as_uuid()))
                .add(
                    Statement::new(EXPIRE_PRESENT)
                        .bind(application.as_uuid())
                        .bind(until),
                ),
            None => Change::new().add(Statement::new(DROP_ALL).bind(application.as_uuid())),
        };
        change.add(insert).touching(application)
    }

    /// Makes the secret before the present one worthless.
    pub(crate) fn drop_previous(application: ApplicationId) -> Change {
        Change::new()
            .add(Statement::new(DROP_PREVIOUS).bind(application.as_uuid()))
            .touching(application)
    }
}

fn sealing_context(application: ApplicationId, digest: &str) -> String {
    format!("application_secrets.sealed:{application}:{digest}")
}
