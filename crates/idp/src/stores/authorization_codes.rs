//! Where issued authorization codes wait for their one use. Only digests are kept.

use db::{Db, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{ApplicationId, GrantId};
use protocol::oauth::CodeChallenge;
use protocol::secret::AuthorizationCodeDigest;

use super::change::Change;

/// What a code stands for and is bound to.
#[derive(Clone, Debug)]
pub(crate) struct StoredCode {
    /// The grant whose tokens it buys.
    pub grant_id: GrantId,
    /// The redirect URI of the authorization request, to be repeated.
    pub redirect_uri: String,
    /// The challenge of the authorization request.
    pub code_challenge: Option<CodeChallenge>,
}

/// What became of a code that was presented.
#[derive(Debug)]
pub(crate) enum Redeemed {
    /// First use: issue tokens for this.
    Once(StoredCode),
    /// Used before, and one of the two holders is a thief: revoke all that the grant gave.
    Again(GrantId),
    /// Never issued to this application, or expired unused.
    Unknown,
}

/// The codes of all environments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorizationCodes<'a>(&'a Db);

const INSERT: &str = "\
INSERT INTO authorization_codes (digest, grant_id, application_id, redirect_uri, code_challenge,
                                 code_challenge_method, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

const REDEEM: &str = "\
UPDATE authorization_codes SET consumed_at = $3
 WHERE digest = $1 AND application_id = $2 AND consumed_at IS NULL AND expires_at > $3
RETURNING grant_id, redirect_uri, code_challenge, code_challenge_method";

const FIND_USED: &str = "\
SELECT grant_id FROM authorization_codes
 WHERE digest = $1 AND application_id = $2 AND consumed_at IS NOT NULL";

impl<'a> AuthorizationCodes<'a> {
    pub(crate) fn new(db: &'a Db) -> Self {
        Self(db)
    }

    /// Keeps a new code.
    pub(crate) fn insert(
        digest: &AuthorizationCodeDigest,
        application: ApplicationId,
        code: &StoredCode,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Change {
        let challenge = code.code_challenge.as_ref();
        Change::of(
            Statement::new(INSERT)
                .bind(digest.as_str())
                .bind(code.grant_id.as_uuid())
                .bind(application.as_uuid())
                .bind(&code.redirect_uri)
                .bind(challenge.map(CodeChallenge::as_str))
                .bind(challenge.map(|challenge| challenge.method().as_str()))
                .bind(now)
                .bind(expires_at),
        )
    }

    /// Uses up the code with this digest, if it is the application's and still good at `now`.
    ///
    /// However many calls arrive together, one at most gets [`Redeemed::Once`]
    /// ([RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2)). In the wrong
    /// application's hands a code is [`Redeemed::Unknown`], and stays good for its owner.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer. Whether the code was used up is then
    /// unknown: issue nothing, and let the client start again.
    pub(crate) async fn redeem(
        &self,
        digest: &AuthorizationCodeDigest,
        application: ApplicationId,
        now: Timestamp,
    ) -> Result<Redeemed, StoreError> {
        let redeem = Statement::new(REDEEM)
            .bind(digest.as_str())
            .bind(application.as_uuid())
            .bind(now);
        let written = self.0.write(redeem).await;
        let written = written.map_err(StoreError::during("redeem an authorization code"))?;
        if let Some(row) = written.into_row() {
            return read(&row).map(Redeemed::Once);
        }
        let find = Statement::new(FIND_USED)
            .bind(digest.as_str())
            .bind(application.as_uuid());
        let used = self.0.read_optional(find).await;
        let used = used.map_err(StoreError::during("look for a used authorization code"))?;
        match used {
            Some(row) => Ok(Redeemed::Again(GrantId::from_uuid(row.get("grant_id")?))),
            None => Ok(Redeemed::Unknown),
        }
    }
}

fn read(row: &Row) -> Result<StoredCode, StoreError> {
    let method: Option<String> = row.get("code_challenge_method")?;
    Ok(StoredCode {
        grant_id: GrantId::from_uuid(row.get("grant_id")?),
        redirect_uri: row
            .get::<Option<String>>("redirect_uri")?
            .unwrap_or_default(),
        code_challenge: row.parse_optional("code_challenge", |text| {
            CodeChallenge::parse(text, method.as_deref())
        })?,
    })
}
