//! Refresh tokens, each by its digest. Those of one grant form a chain in which every token but
//! the last has been superseded.

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{ApplicationId, GrantId};
use protocol::oauth::Scopes;
use protocol::secret::RefreshTokenDigest;

use super::change::Change;

/// A refresh token as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct StoredRefreshToken {
    /// The grant that it renews.
    pub grant_id: GrantId,
    /// The application that it was issued to.
    pub application_id: ApplicationId,
    /// What it is good for.
    pub scopes: Scopes,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When the whole chain ends, however often it is renewed.
    pub chain_expires_at: Timestamp,
    /// When it was superseded, and by what: readable by this installation's keyring only.
    pub superseded: Option<(Timestamp, String)>,
}

/// The refresh tokens of all environments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefreshTokens<'a>(&'a Reader);

const FIND: &str = "\
SELECT grant_id, application_id, scopes, issued_at, expires_at, chain_expires_at, superseded_at,
       sealed_successor
  FROM refresh_tokens WHERE digest = $1";

// The grant is looked at by the statement itself: a request still under way issues nothing once
// another one has revoked the grant.
const INSERT: &str = "\
INSERT INTO refresh_tokens (digest, grant_id, application_id, scopes, issued_at, expires_at,
                            chain_expires_at)
SELECT $1, g.id, g.application_id, $3, $4, $5, $6
  FROM grants g WHERE g.id = $2 AND g.revoked_at IS NULL";

const SUPERSEDE: &str = "\
UPDATE refresh_tokens SET superseded_at = $2, sealed_successor = $3
 WHERE digest = $1 AND superseded_at IS NULL AND expires_at > $2";

impl<'a> RefreshTokens<'a> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self(db)
    }

    /// A token, whatever has become of it.
    pub(crate) async fn find(
        &self,
        digest: &RefreshTokenDigest,
    ) -> Result<Option<StoredRefreshToken>, StoreError> {
        let row = self
            .0
            .read_optional(Statement::new(FIND).bind(digest.as_str()))
            .await;
        let row = row.map_err(StoreError::during("look up a refresh token"))?;
        row.as_ref().map(read).transpose()
    }

    /// Keeps a new token; the requirement is not met when its grant has been revoked.
    pub(crate) fn insert(digest: &RefreshTokenDigest, token: &StoredRefreshToken) -> Change {
        Change::of_one(
            Statement::new(INSERT)
                .bind(digest.as_str())
                .bind(token.grant_id.as_uuid())
                .bind(token.scopes.to_string())
                .bind(token.issued_at)
                .bind(token.expires_at)
                .bind(token.chain_expires_at),
        )
    }

    /// Replaces a token by its successor. The requirement is met for one call at most, and for none
    /// once the grant has been revoked.
    pub(crate) fn rotate(
        digest: &RefreshTokenDigest,
        sealed_successor: &str,
        successor_digest: &RefreshTokenDigest,
        successor: &StoredRefreshToken,
    ) -> Change {
        let supersede = Statement::new(SUPERSEDE)
            .bind(digest.as_str())
            .bind(successor.issued_at)
            .bind(sealed_successor);
        Change::of_one(supersede).and(Self::insert(successor_digest, successor))
    }
}

fn read(row: &Row) -> Result<StoredRefreshToken, StoreError> {
    let superseded_at: Option<Timestamp> = row.get("superseded_at")?;
    let sealed: Option<String> = row.get("sealed_successor")?;
    Ok(StoredRefreshToken {
        grant_id: GrantId::from_uuid(row.get("grant_id")?),
        application_id: ApplicationId::from_uuid(row.get("application_id")?),
        scopes: row.parse("scopes", Scopes::parse)?,
        issued_at: row.get("issued_at")?,
        expires_at: row.get("expires_at")?,
        chain_expires_at: row.get("chain_expires_at")?,
        superseded: superseded_at.zip(sealed),
    })
}
