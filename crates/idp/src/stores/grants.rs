//! Grants: what a user allowed an application. Every code and user token hangs off one.

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId, GrantId, SessionId, UserId};
use protocol::oauth::{CodeChallenge, Scopes};
use protocol::secret::AuthorizationCodeDigest;

use super::change::Change;

/// What a user allowed an application, and how the user had proven who they are.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    /// The claim `p1.gid` of its access tokens.
    pub id: GrantId,
    /// The environment.
    pub environment_id: EnvironmentId,
    /// The application.
    pub application_id: ApplicationId,
    /// The user.
    pub user_id: UserId,
    /// The browser session in which it was made; the `sid` of its tokens.
    pub session_id: SessionId,
    /// What was allowed.
    pub scopes: Scopes,
    /// What the client sent to recognise its ID token by.
    pub nonce: Option<String>,
    /// The sign-on policy that was met.
    pub acr: String,
    /// The means.
    pub amr: Vec<String>,
    /// When the user proved it.
    pub authenticated_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// After which nothing of it is good any more, so that it can be forgotten.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Grant {
    /// Whether its tokens are still good, as far as it is up to the grant.
    pub(crate) fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && !platform::clock::is_expired(self.expires_at, now)
    }
}

/// An authorization code as it is kept: in the row of the grant that it was issued with.
#[derive(Clone, Debug)]
pub(crate) struct StoredCode {
    /// Its digest.
    pub digest: AuthorizationCodeDigest,
    /// The redirect URI of the authorization request, to be repeated.
    pub redirect_uri: String,
    /// The challenge of the authorization request.
    pub code_challenge: Option<CodeChallenge>,
    /// When it ends unused.
    pub expires_at: Timestamp,
}

/// The grants of all environments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grants<'a>(&'a Reader);

const FIND: &str = "\
SELECT id, environment_id, application_id, user_id, session_id, scopes, nonce, acr, amr,
       authenticated_at, created_at, expires_at, revoked_at
  FROM grants WHERE id = $1";

const INSERT: &str = "\
INSERT INTO grants (id, environment_id, application_id, user_id, session_id, scopes, nonce, acr,
                    amr, authenticated_at, created_at, expires_at, code_digest, redirect_uri,
                    code_challenge, code_challenge_method, code_expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";

const REVOKE: &str = "UPDATE grants SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";

const REVOKE_OTHERS: &str = "\
UPDATE grants SET revoked_at = $2
 WHERE user_id = $1 AND revoked_at IS NULL AND session_id <> $3";

impl<'a> Grants<'a> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self(db)
    }

    /// A grant, revoked or not.
    pub(crate) async fn find(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        let row = self
            .0
            .read_optional(Statement::new(FIND).bind(id.as_uuid()))
            .await;
        let row = row.map_err(StoreError::during("look up a grant"))?;
        row.as_ref().map(read).transpose()
    }

    /// Keeps a new grant, and the code that it was issued with, if there was one.
    pub(crate) fn insert(grant: &Grant, code: Option<&StoredCode>) -> Change {
        let challenge = code.and_then(|code| code.code_challenge.as_ref());
        Change::of(
            Statement::new(INSERT)
                .bind(grant.id.as_uuid())
                .bind(grant.environment_id.as_uuid())
                .bind(grant.application_id.as_uuid())
                .bind(grant.user_id.as_uuid())
                .bind(grant.session_id.as_uuid())
                .bind(grant.scopes.to_string())
                .bind(grant.nonce.as_deref())
                .bind(&grant.acr)
                .bind(grant.amr.join(" "))
                .bind(grant.authenticated_at)
                .bind(grant.created_at)
                .bind(grant.expires_at)
                .bind(code.map(|code| code.digest.as_str()))
                .bind(code.map(|code| code.redirect_uri.as_str()))
                .bind(challenge.map(CodeChallenge::as_str))
                .bind(challenge.map(|challenge| challenge.method().as_str()))
                .bind(code.map(|code| code.expires_at)),
        )
    }

    /// Makes everything that hangs off a grant worthless. To revoke again changes nothing.
    pub(crate) fn revoke(id: GrantId, now: Timestamp) -> Change {
        Change::of(Statement::new(REVOKE).bind(id.as_uuid()).bind(now))
    }

    /// Revokes what a user allowed in all sessions but one, as when the
    /// password was changed there: whoever knew the old one keeps no tokens.
    pub(crate) fn revoke_others(user: UserId, keep: Option<SessionId>, now: Timestamp) -> Change {
        let keep = keep.map_or_else(String::new, |session| session.to_string());
        Change::of(
            Statement::new(REVOKE_OTHERS)
                .bind(user.as_uuid())
                .bind(now)
                .bind(keep),
        )
    }
}

/// Reads the columns of a grant.
pub(super) fn read(row: &Row) -> Result<Grant, StoreError> {
    Ok(Grant {
        id: GrantId::from_uuid(row.get("id")?),
        environment_id: EnvironmentId::from_uuid(row.get("environment_id")?),
        application_id: ApplicationId::from_uuid(row.get("application_id")?),
        user_id: UserId::from_uuid(row.get("user_id")?),
        session_id: SessionId::from_uuid(row.get("session_id")?),
        scopes: row.parse("scopes", Scopes::parse)?,
        nonce: row.get("nonce")?,
        acr: row.get("acr")?,
        amr: row
            .get::<String>("amr")?
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        authenticated_at: row.get("authenticated_at")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}
