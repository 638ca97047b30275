//! Issued authorization codes, each in the row of its grant, and their one use. Only digests are
//! kept.

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{ApplicationId, GrantId};
use protocol::oauth::CodeChallenge;
use protocol::secret::AuthorizationCodeDigest;

use super::change::Claim;
use super::grants::{self, Grant, StoredCode};

/// The codes of all environments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorizationCodes<'a>(&'a Reader);

const REDEEM: &str = "\
UPDATE grants SET code_used_at = $3
 WHERE code_digest = $1 AND application_id = $2 AND code_used_at IS NULL AND code_expires_at > $3
RETURNING id, environment_id, application_id, user_id, session_id, scopes, nonce, acr, amr,
          authenticated_at, created_at, expires_at, revoked_at,
          code_digest, redirect_uri, code_challenge, code_challenge_method, code_expires_at";

const FIND_USED: &str = "\
SELECT id FROM grants
 WHERE code_digest = $1 AND application_id = $2 AND code_used_at IS NOT NULL";

impl<'a> AuthorizationCodes<'a> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self(db)
    }

    /// Uses up the code with this digest, if it is the application's and still good at `now`, and
    /// gives it with its grant.
    ///
    /// However many calls arrive together, one at most gets the code
    /// ([RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2)). In the wrong
    /// application's hands a code is unknown, and stays good for its owner.
    pub(crate) fn redeem(
        digest: &AuthorizationCodeDigest,
        application: ApplicationId,
        now: Timestamp,
    ) -> Claim<Option<(Box<Grant>, StoredCode)>> {
        let redeem = Statement::new(REDEEM)
            .bind(digest.as_str())
            .bind(application.as_uuid())
            .bind(now);
        Claim::new("redeem an authorization code", redeem, |written| {
            written.into_row().as_ref().map(read).transpose()
        })
    }

    /// The grant of a code of the application that was used before: one of its two holders is a
    /// thief. `None` where it was never issued to the application, or expired unused.
    pub(crate) async fn find_used(
        &self,
        digest: &AuthorizationCodeDigest,
        application: ApplicationId,
    ) -> Result<Option<GrantId>, StoreError> {
        let find = Statement::new(FIND_USED)
            .bind(digest.as_str())
            .bind(application.as_uuid());
        let used = self.0.read_optional(find).await;
        let used = used.map_err(StoreError::during("look for a used authorization code"))?;
        used.map(|row| Ok(GrantId::from_uuid(row.get("id")?)))
            .transpose()
    }
}

fn read(row: &Row) -> Result<(Box<Grant>, StoredCode), StoreError> {
    let method: Option<String> = row.get("code_challenge_method")?;
    let challenge = |text: &str| CodeChallenge::parse(text, method.as_deref());
    let code = StoredCode {
        digest: AuthorizationCodeDigest::from_stored(row.get("code_digest")?),
        redirect_uri: row
            .get::<Option<String>>("redirect_uri")?
            .unwrap_or_default(),
        code_challenge: row.parse_optional("code_challenge", challenge)?,
        expires_at: row.get("code_expires_at")?,
    };
    Ok((Box::new(grants::read(row)?), code))
}
