//! Issued authorization codes, each in the row of its grant, and their one use. Only digests are
//! kept.

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use platform::clock::is_expired;
use protocol::id::{ApplicationId, GrantId};
use protocol::oauth::CodeChallenge;
use protocol::secret::AuthorizationCodeDigest;

use super::change::Change;
use super::grants::{self, Grant, StoredCode};

/// What a code is that was presented.
#[derive(Debug)]
pub(crate) enum Presented {
    /// Not used yet, as far as can be seen: [`AuthorizationCodes::use_up`] decides.
    Unused(Box<Grant>, StoredCode),
    /// Used before, and one of the two holders is a thief: revoke all that the grant gave.
    Used(GrantId),
    /// Never issued to this application, or expired unused.
    Unknown,
}

/// The codes of all environments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorizationCodes<'a>(&'a Reader);

const FIND: &str = "\
SELECT id, environment_id, application_id, user_id, session_id, scopes, nonce, acr, amr,
       authenticated_at, created_at, expires_at, revoked_at,
       redirect_uri, code_challenge, code_challenge_method, code_expires_at, code_used_at
  FROM grants WHERE code_digest = $1 AND application_id = $2";

const USE_UP: &str = "\
UPDATE grants SET code_used_at = $3
 WHERE code_digest = $1 AND application_id = $2 AND code_used_at IS NULL AND code_expires_at > $3";

impl<'a> AuthorizationCodes<'a> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self(db)
    }

    /// What the code with this digest is in the hands of an application. In the wrong one's it is
    /// [`Presented::Unknown`], and stays good for its owner.
    pub(crate) async fn find(
        &self,
        digest: &AuthorizationCodeDigest,
        application: ApplicationId,
        now: Timestamp,
    ) -> Result<Presented, StoreError> {
        let find = Statement::new(FIND)
            .bind(digest.as_str())
            .bind(application.as_uuid());
        let row = self.0.read_optional(find).await;
        let row = row.map_err(StoreError::during("look for an authorization code"))?;
        let Some(row) = row else {
            return Ok(Presented::Unknown);
        };
        let grant = grants::read(&row)?;
        if row.get::<Option<Timestamp>>("code_used_at")?.is_some() {
            return Ok(Presented::Used(grant.id));
        }
        let code = read(&row, digest)?;
        if is_expired(code.expires_at, now) {
            return Ok(Presented::Unknown);
        }
        Ok(Presented::Unused(Box::new(grant), code))
    }

    /// Uses up the code with this digest, if it is the application's and still good at `now`.
    ///
    /// However many requests arrive together, the requirement is met for one at most
    /// ([RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2)).
    pub(crate) fn use_up(
        digest: &AuthorizationCodeDigest,
        application: ApplicationId,
        now: Timestamp,
    ) -> Change {
        Change::of_one(
            Statement::new(USE_UP)
                .bind(digest.as_str())
                .bind(application.as_uuid())
                .bind(now),
        )
    }
}

fn read(row: &Row, digest: &AuthorizationCodeDigest) -> Result<StoredCode, StoreError> {
    let method: Option<String> = row.get("code_challenge_method")?;
    let challenge = |text: &str| CodeChallenge::parse(text, method.as_deref());
    Ok(StoredCode {
        digest: digest.clone(),
        redirect_uri: row
            .get::<Option<String>>("redirect_uri")?
            .unwrap_or_default(),
        code_challenge: row.parse_optional("code_challenge", challenge)?,
        expires_at: row.get("code_expires_at")?,
    })
}
