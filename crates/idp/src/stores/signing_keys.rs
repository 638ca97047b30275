//! Signing keys: private halves sealed, certificates in the clear.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{EnvironmentId, SigningKeyId};

use super::change::Change;

/// A signing key as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct StoredSigningKey {
    /// Its name in tokens.
    pub id: SigningKeyId,
    /// The environment that it signs for.
    pub environment_id: EnvironmentId,
    /// The private key in PKCS#8, readable by this installation's keyring only.
    pub sealed: String,
    /// The self-signed certificate over it, in DER.
    pub certificate: Vec<u8>,
    /// From when on it is published.
    pub created_at: Timestamp,
    /// From when on it signs, until the next one does.
    pub signs_from: Timestamp,
}

/// The keys of all environments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SigningKeys<'a>(&'a Reader);

const PUBLISHED: &str = "\
SELECT id, environment_id, sealed, certificate, created_at, signs_from FROM signing_keys
 WHERE environment_id = $1 AND (retires_at IS NULL OR retires_at > $2)
 ORDER BY signs_from, id";

const INSERT: &str = "\
INSERT INTO signing_keys
       (id, environment_id, algorithm, sealed, certificate, created_at, signs_from)
VALUES ($1, $2, 'RS256', $3, $4, $5, $6)
ON CONFLICT (environment_id, signs_from) DO NOTHING";

const RETIRE: &str = "\
UPDATE signing_keys SET retires_at = $3
 WHERE environment_id = $1 AND signs_from < $2 AND retires_at IS NULL";

/// A key that is there already signs from another instant on.
const SIGN_AGAIN: &str = "\
UPDATE signing_keys SET signs_from = $3, retires_at = NULL
 WHERE environment_id = $1 AND id = $2";

/// Those that would have taken over later signed nothing yet.
const DROP_LATER: &str = "\
DELETE FROM signing_keys WHERE environment_id = $1 AND signs_from > $2 AND id <> $3";

const PURGE: &str = "\
DELETE FROM signing_keys
 WHERE environment_id = $1 AND retires_at IS NOT NULL AND retires_at <= $2";

impl<'a> SigningKeys<'a> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self(db)
    }

    /// The keys of an environment that are published at `now`, in the order in which they sign.
    pub(crate) async fn published(
        &self,
        environment: EnvironmentId,
        now: Timestamp,
    ) -> Result<Vec<StoredSigningKey>, StoreError> {
        let statement = Statement::new(PUBLISHED)
            .bind(environment.as_uuid())
            .bind(now);
        let rows = self.0.read(statement).await;
        let rows = rows.map_err(StoreError::during("load signing keys"))?;
        rows.iter().map(read).collect()
    }

    /// Adds a key. The requirement is not met where the environment has one that begins to sign at
    /// the same instant: of several nodes that make one at once, the first wins.
    pub(crate) fn insert(key: &StoredSigningKey) -> Change {
        Change::of_one(
            Statement::new(INSERT)
                .bind(key.id.as_uuid())
                .bind(key.environment_id.as_uuid())
                .bind(&key.sealed)
                .bind(STANDARD.encode(&key.certificate))
                .bind(key.created_at)
                .bind(key.signs_from),
        )
    }

    /// Adds the next key, as [`insert`](Self::insert) does, notes when those before it leave the
    /// JWKS, and forgets those that have.
    pub(crate) fn succeed(
        key: &StoredSigningKey,
        predecessors_retire_at: Timestamp,
        now: Timestamp,
    ) -> Change {
        let retire = Statement::new(RETIRE)
            .bind(key.environment_id.as_uuid())
            .bind(key.signs_from)
            .bind(predecessors_retire_at);
        let purge = Statement::new(PURGE)
            .bind(key.environment_id.as_uuid())
            .bind(now);
        Self::insert(key).add(retire).add(purge)
    }
}

impl SigningKeys<'_> {
    /// Lets a key sign from an instant on, in the place of all others: a new one, or one that is
    /// published already. The requirement is not met where another one begins at the same instant.
    pub(crate) fn choose(
        key: &StoredSigningKey,
        is_published: bool,
        predecessors_retire_at: Timestamp,
        now: Timestamp,
    ) -> Change {
        let environment = key.environment_id.as_uuid();
        let drop_later = Statement::new(DROP_LATER)
            .bind(environment)
            .bind(now)
            .bind(key.id.as_uuid());
        let retire = Statement::new(RETIRE)
            .bind(environment)
            .bind(key.signs_from)
            .bind(predecessors_retire_at);
        let chosen = if is_published {
            let again = Statement::new(SIGN_AGAIN)
                .bind(environment)
                .bind(key.id.as_uuid())
                .bind(key.signs_from);
            Change::of_one(again)
        } else {
            Self::insert(key)
        };
        chosen.add(drop_later).add(retire)
    }
}

fn read(row: &Row) -> Result<StoredSigningKey, StoreError> {
    Ok(StoredSigningKey {
        id: SigningKeyId::from_uuid(row.get("id")?),
        environment_id: EnvironmentId::from_uuid(row.get("environment_id")?),
        sealed: row.get("sealed")?,
        certificate: row.parse("certificate", |text| STANDARD.decode(text))?,
        created_at: row.get("created_at")?,
        signs_from: row.get("signs_from")?,
    })
}
