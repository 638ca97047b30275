//! Browser sessions. The cookie's value is kept as a digest only.

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{EnvironmentId, SessionId, UserId};
use protocol::secret::SessionTokenDigest;
use uuid::Uuid;

use super::change::Change;
use super::flows::Flows;

/// The authentication method of who was proven by more than one factor (RFC 8176).
pub(crate) const SECOND_FACTOR: &str = "mfa";

/// A browser in which a user is signed on.
#[derive(Clone, Debug)]
pub(crate) struct BrowserSession {
    /// The `sid` of tokens; never the cookie's value.
    pub id: SessionId,
    /// The environment.
    pub environment_id: EnvironmentId,
    /// Who is signed on.
    pub user_id: UserId,
    /// When the user last proved who they are.
    pub authenticated_at: Timestamp,
    /// When a device last proved that it is the user's, if one did.
    pub second_factor_at: Option<Timestamp>,
    /// The sign-on policy that was met.
    pub acr: String,
    /// The means, such as `pwd`.
    pub amr: Vec<String>,
    /// By which identity provider elsewhere the user signed on last.
    pub identity_provider: Option<Uuid>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last seen.
    pub active_at: Timestamp,
    /// When it ends without further activity.
    pub expires_at: Timestamp,
}

/// From which browser a session was begun, for the user to recognise it by.
#[derive(Clone, Debug)]
pub(crate) struct SeenFrom {
    /// The browser's `User-Agent`, cut to a bearable length.
    pub user_agent: String,
    /// Its address.
    pub address: String,
}

/// The sessions of all environments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sessions<'a>(&'a Reader);

const FIND: &str = "\
SELECT id, environment_id, user_id, authenticated_at, second_factor_at, acr, amr,
       identity_provider_id, created_at, active_at, expires_at
  FROM browser_sessions
 WHERE token_digest = $1 AND environment_id = $2 AND expires_at > $3";

/// The newest first.
const OF_USER: &str = "\
SELECT id, environment_id, user_id, authenticated_at, second_factor_at, acr, amr,
       identity_provider_id, user_agent, remote_address, created_at, active_at, expires_at
  FROM browser_sessions
 WHERE user_id = $1 AND environment_id = $2 AND expires_at > $3
 ORDER BY created_at DESC, id LIMIT $4";

/// How many sessions of a user are listed at most.
const MOST_LISTED: u32 = 100;

/// A session and the browser that it was begun from.
#[derive(Clone, Debug)]
pub(crate) struct SeenSession {
    pub(crate) session: BrowserSession,
    pub(crate) from: SeenFrom,
}

const INSERT: &str = "\
INSERT INTO browser_sessions
       (id, environment_id, token_digest, user_id, authenticated_at, acr, amr,
        user_agent, remote_address, created_at, active_at, expires_at, identity_provider_id,
        second_factor_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

const RENEW: &str = "\
UPDATE browser_sessions
   SET token_digest = $3, authenticated_at = $4, acr = $5, amr = $6, user_agent = $7,
       remote_address = $8, active_at = $9, expires_at = $10, identity_provider_id = $11,
       second_factor_at = $12
 WHERE id = $1 AND user_id = $2";

const TOUCH: &str = "\
UPDATE browser_sessions SET active_at = $2, expires_at = $3 WHERE id = $1 AND active_at < $2";

const END: &str = "DELETE FROM browser_sessions WHERE id = $1";

const END_OTHERS: &str = "DELETE FROM browser_sessions WHERE user_id = $1 AND id <> $2";

const END_ALL: &str = "DELETE FROM browser_sessions WHERE user_id = $1";

impl<'a> Sessions<'a> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self(db)
    }

    /// The session of a cookie, unless it has ended.
    pub(crate) async fn find(
        &self,
        environment: EnvironmentId,
        token: &SessionTokenDigest,
        now: Timestamp,
    ) -> Result<Option<BrowserSession>, StoreError> {
        let statement = Statement::new(FIND)
            .bind(token.as_str())
            .bind(environment.as_uuid())
            .bind(now);
        let row = self.0.read_optional(statement).await;
        let row = row.map_err(StoreError::during("look up a browser session"))?;
        row.as_ref().map(read).transpose()
    }

    /// The sessions of a user that have not ended, the newest first.
    pub(crate) async fn of_user(
        &self,
        environment: EnvironmentId,
        user: UserId,
        now: Timestamp,
    ) -> Result<Vec<SeenSession>, StoreError> {
        let statement = Statement::new(OF_USER)
            .bind(user.as_uuid())
            .bind(environment.as_uuid())
            .bind(now)
            .bind(MOST_LISTED);
        let rows = self.0.read(statement).await;
        let rows = rows.map_err(StoreError::during("look up the sessions of a user"))?;
        let seen = |row: &Row| {
            Ok(SeenSession {
                session: read(row)?,
                from: SeenFrom {
                    user_agent: row.get("user_agent")?,
                    address: row.get("remote_address")?,
                },
            })
        };
        rows.iter().map(seen).collect()
    }

    /// Begins a session.
    pub(crate) fn insert(
        session: &BrowserSession,
        token: &SessionTokenDigest,
        from: &SeenFrom,
    ) -> Change {
        Change::of(
            Statement::new(INSERT)
                .bind(session.id.as_uuid())
                .bind(session.environment_id.as_uuid())
                .bind(token.as_str())
                .bind(session.user_id.as_uuid())
                .bind(session.authenticated_at)
                .bind(&session.acr)
                .bind(session.amr.join(" "))
                .bind(&from.user_agent)
                .bind(&from.address)
                .bind(session.created_at)
                .bind(session.active_at)
                .bind(session.expires_at)
                .bind(session.identity_provider)
                .bind(session.second_factor_at),
        )
    }

    /// Renews a session whose user has authenticated again: same id, another cookie.
    pub(crate) fn renew(
        session: &BrowserSession,
        token: &SessionTokenDigest,
        from: &SeenFrom,
    ) -> Change {
        Change::of_one(
            Statement::new(RENEW)
                .bind(session.id.as_uuid())
                .bind(session.user_id.as_uuid())
                .bind(token.as_str())
                .bind(session.authenticated_at)
                .bind(&session.acr)
                .bind(session.amr.join(" "))
                .bind(&from.user_agent)
                .bind(&from.address)
                .bind(session.active_at)
                .bind(session.expires_at)
                .bind(session.identity_provider)
                .bind(session.second_factor_at),
        )
    }

    /// Notes that a session was seen.
    pub(crate) fn touch(id: SessionId, now: Timestamp, expires_at: Timestamp) -> Change {
        Change::of(
            Statement::new(TOUCH)
                .bind(id.as_uuid())
                .bind(now)
                .bind(expires_at),
        )
    }

    /// Ends a session, and the interactions that went on from it.
    pub(crate) fn end(id: SessionId) -> Change {
        Change::of(Statement::new(END).bind(id.as_uuid())).and(Flows::end_of_session(id))
    }

    /// Ends all sessions of a user but one, as when the password was changed there.
    pub(crate) fn end_others(user: UserId, keep: Option<SessionId>) -> Change {
        let end = match keep {
            Some(keep) => Statement::new(END_OTHERS)
                .bind(user.as_uuid())
                .bind(keep.as_uuid()),
            None => Statement::new(END_ALL).bind(user.as_uuid()),
        };
        Change::of(end)
    }
}

fn read(row: &Row) -> Result<BrowserSession, StoreError> {
    Ok(BrowserSession {
        id: SessionId::from_uuid(row.get("id")?),
        environment_id: EnvironmentId::from_uuid(row.get("environment_id")?),
        user_id: UserId::from_uuid(row.get("user_id")?),
        authenticated_at: row.get("authenticated_at")?,
        second_factor_at: row.get("second_factor_at")?,
        acr: row.get("acr")?,
        amr: row
            .get::<String>("amr")?
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        identity_provider: row.get("identity_provider_id")?,
        created_at: row.get("created_at")?,
        active_at: row.get("active_at")?,
        expires_at: row.get("expires_at")?,
    })
}
