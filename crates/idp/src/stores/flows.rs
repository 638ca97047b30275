//! Sign-on interactions. `version` guards every transition: of two that start from one state, one
//! arrives.

use db::{Reader, Row, Statement, StoreError};
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId, FlowId, SessionId, UserId};

use super::change::Change;

/// A row of the table; what it means is the business of `interaction`.
#[derive(Clone, Debug)]
pub(crate) struct StoredFlow {
    /// Its id, which travels in the page's address.
    pub id: FlowId,
    /// The environment.
    pub environment_id: EnvironmentId,
    /// The application that asked.
    pub application_id: ApplicationId,
    /// PingOne's name of the state.
    pub status: String,
    /// The user, once known.
    pub user_id: Option<UserId>,
    /// The session, once there is one.
    pub session_id: Option<SessionId>,
    /// Request and state as JSON.
    pub document: String,
    /// How many transitions there were.
    pub version: i64,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends without further activity.
    pub expires_at: Timestamp,
}

/// The interactions of all environments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flows<'a>(&'a Reader);

const FIND: &str = "\
SELECT id, environment_id, application_id, status, user_id, session_id, document, version,
       created_at, expires_at
  FROM flows WHERE id = $1 AND environment_id = $2 AND expires_at > $3";

const INSERT: &str = "\
INSERT INTO flows (id, environment_id, application_id, status, user_id, session_id, document,
                   version, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

const ADVANCE: &str = "\
UPDATE flows
   SET status = $3, user_id = $4, session_id = $5, document = $6, version = version + 1,
       expires_at = $7
 WHERE id = $1 AND version = $2";

const FINISH: &str = "DELETE FROM flows WHERE id = $1 AND version = $2";

/// All states but those in which nothing is reached without a secret that ended as well: the password,
/// a code, or the session.
const END_BEHIND_PASSWORD: &str = "\
DELETE FROM flows
 WHERE user_id = $1
   AND status NOT IN ('MUST_CHANGE_PASSWORD', 'PASSWORD_EXPIRED', 'RECOVERY_CODE_REQUIRED',
                      'COMPLETED', 'FAILED')";

const END_OF_SESSION: &str = "DELETE FROM flows WHERE session_id = $1";

impl<'a> Flows<'a> {
    pub(crate) fn new(db: &'a Reader) -> Self {
        Self(db)
    }

    /// An interaction, unless its time is over.
    pub(crate) async fn find(
        &self,
        environment: EnvironmentId,
        id: FlowId,
        now: Timestamp,
    ) -> Result<Option<StoredFlow>, StoreError> {
        let statement = Statement::new(FIND)
            .bind(id.as_uuid())
            .bind(environment.as_uuid())
            .bind(now);
        let row = self.0.read_optional(statement).await;
        let row = row.map_err(StoreError::during("look up a sign-on interaction"))?;
        row.as_ref().map(read).transpose()
    }

    /// Begins an interaction.
    pub(crate) fn insert(flow: &StoredFlow) -> Change {
        let statement = Statement::new(INSERT)
            .bind(flow.id.as_uuid())
            .bind(flow.environment_id.as_uuid())
            .bind(flow.application_id.as_uuid())
            .bind(&flow.status)
            .bind(flow.user_id.map(|id| id.as_uuid()))
            .bind(flow.session_id.map(|id| id.as_uuid()))
            .bind(&flow.document)
            .bind(flow.version)
            .bind(flow.created_at)
            .bind(flow.expires_at);
        Change::of(statement)
    }

    /// Moves an interaction on from the version that was read. The requirement is not met when
    /// another request was faster.
    pub(crate) fn advance(flow: &StoredFlow) -> Change {
        Change::of_one(
            Statement::new(ADVANCE)
                .bind(flow.id.as_uuid())
                .bind(flow.version)
                .bind(&flow.status)
                .bind(flow.user_id.map(|id| id.as_uuid()))
                .bind(flow.session_id.map(|id| id.as_uuid()))
                .bind(&flow.document)
                .bind(flow.expires_at),
        )
    }

    /// Uses an interaction up; the requirement is not met when another request was
    /// faster.
    pub(crate) fn finish(id: FlowId, version: i64) -> Change {
        Change::of_one(Statement::new(FINISH).bind(id.as_uuid()).bind(version))
    }

    /// Ends the interactions in which a user's password counts as given.
    pub(crate) fn end_behind_password(user: UserId) -> Change {
        Change::of(Statement::new(END_BEHIND_PASSWORD).bind(user.as_uuid()))
    }

    /// Ends the interactions that went on from a session, or led to it.
    pub(crate) fn end_of_session(session: SessionId) -> Change {
        Change::of(Statement::new(END_OF_SESSION).bind(session.as_uuid()))
    }
}

fn read(row: &Row) -> Result<StoredFlow, StoreError> {
    Ok(StoredFlow {
        id: FlowId::from_uuid(row.get("id")?),
        environment_id: EnvironmentId::from_uuid(row.get("environment_id")?),
        application_id: ApplicationId::from_uuid(row.get("application_id")?),
        status: row.get("status")?,
        user_id: row
            .get::<Option<uuid::Uuid>>("user_id")?
            .map(UserId::from_uuid),
        session_id: row
            .get::<Option<uuid::Uuid>>("session_id")?
            .map(SessionId::from_uuid),
        document: row.get("document")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}
