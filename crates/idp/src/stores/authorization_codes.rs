//! Issued authorization codes, each in the row of its grant, and their one use. Only digests are
//! kept.

use db::{Db, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{ApplicationId, GrantId};
use protocol::oauth::CodeChallenge;
use protocol::secret::AuthorizationCodeDigest;

use super::grants::{self, Grant, StoredCode};

/// What became of a code that was presented.
#[derive(Debug)]
pub(crate) enum Redeemed {
    /// First use: issue tokens of this grant, if the request is the code's.
    Once(Box<Grant>, StoredCode),
    /// Used before, and one of the two holders is a thief: revoke all that the grant gave.
    Again(GrantId),
    /// Never issued to this application, or expired unused.
    Unknown,
}

/// The codes of all environments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorizationCodes<'a>(&'a Db);

const REDEEM: &str = "\
UPDATE grants SET code_used_at = $3
 WHERE code_digest = $1 AND application_id = $2 AND code_used_at IS NULL AND code_expires_at > $3
RETURNING id, environment_id, application_id, user_id, session_id, scopes, nonce, acr, amr,
          authenticated_at, created_at, expires_at, revoked_at,
          redirect_uri, code_challenge, code_challenge_method, code_expires_at";

const FIND_USED: &str = "\
SELECT id FROM grants
 WHERE code_digest = $1 AND application_id = $2 AND code_used_at IS NOT NULL";

impl<'a> AuthorizationCodes<'a> {
    pub(crate) fn new(db: &'a Db) -> Self {
        Self(db)
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
            let method: Option<String> = row.get("code_challenge_method")?;
            let challenge = |text: &str| CodeChallenge::parse(text, method.as_deref());
            let code = StoredCode {
                digest: digest.clone(),
                redirect_uri: row
                    .get::<Option<String>>("redirect_uri")?
                    .unwrap_or_default(),
                code_challenge: row.parse_optional("code_challenge", challenge)?,
                expires_at: row.get("code_expires_at")?,
            };
            return Ok(Redeemed::Once(Box::new(grants::read(&row)?), code));
        }
        let find = Statement::new(FIND_USED)
            .bind(digest.as_str())
            .bind(application.as_uuid());
        let used = self.0.read_optional(find).await;
        let used = used.map_err(StoreError::during("look for a used authorization code"))?;
        match used {
            Some(row) => Ok(Redeemed::Again(GrantId::from_uuid(row.get("id")?))),
            None => Ok(Redeemed::Unknown),
        }
    }
}
