//! What a session knows about signing on and off.

use jiff::Timestamp;
use protocol::secret::is_equal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tower_sessions::Session;
use tower_sessions::session::Error;

use crate::TokensId;
use crate::pending::{PendingSignOn, PendingSignOns, Taken};

const SIGNED_ON: &str = "signed_on";
const PENDING: &str = "sign_on_pending";
const SIGN_OFF: &str = "sign_off_state";

/// Who is signed on in a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) tokens: TokensId,
    pub(crate) subject: String,
    pub(crate) claims: Map<String, Value>,
    pub(crate) signed_on_at: Timestamp,
    pub(crate) authenticated_at: Timestamp,
}

pub(crate) async fn find(session: &Session) -> Result<Option<Record>, Error> {
    session.get(SIGNED_ON).await
}

/// Remembers a sign-on that was begun.
pub(crate) async fn add_pending(
    session: &Session,
    pending: PendingSignOn,
    now: Timestamp,
) -> Result<(), Error> {
    let mut all: PendingSignOns = session.get(PENDING).await?.unwrap_or_default();
    all.add(pending, now);
    session.insert(PENDING, all).await
}

/// Whether sign-ons are on their way.
pub(crate) async fn has_pending(session: &Session) -> Result<bool, Error> {
    Ok(session.get_value(PENDING).await?.is_some())
}

/// Takes out the sign-on with this state, and saves at once: an answer of 5xx would otherwise
/// leave the session as it was, and the state good for a second use.
pub(crate) async fn take_pending(
    session: &Session,
    state: &str,
    now: Timestamp,
) -> Result<Taken, Error> {
    let Some(mut all) = session.get::<PendingSignOns>(PENDING).await? else {
        return Ok(Taken::Unknown);
    };
    let taken = all.take(state, now);
    if matches!(taken, Taken::Unknown) {
        return Ok(taken);
    }
    if all.is_empty() {
        session.remove_value(PENDING).await?;
    } else {
        session.insert(PENDING, all).await?;
    }
    session.save().await?;
    Ok(taken)
}

/// Makes the session that of a user who has just signed on.
///
/// Its id is renewed, so that one that was planted before is worth nothing, and what belonged to
/// somebody else goes. Sign-ons pending in other tabs stay.
pub(crate) async fn begin(session: &Session, record: &Record) -> Result<(), Error> {
    let pending = session.get_value(PENDING).await?;
    session.clear().await;
    session.cycle_id().await?;
    if let Some(pending) = pending {
        session.insert_value(PENDING, pending).await?;
    }
    session.insert(SIGNED_ON, record).await
}

/// Ends a session whose user has to sign on again. Messages for the next page stay.
pub(crate) async fn end(session: &Session) -> Result<(), Error> {
    session.remove_value(SIGNED_ON).await?;
    session.save().await
}

/// Ends a session for good; what is put into it afterwards belongs to a new one.
pub(crate) async fn flush(session: &Session) -> Result<(), Error> {
    session.flush().await
}

pub(crate) async fn expect_sign_off(session: &Session, state: &str) -> Result<(), Error> {
    session.insert(SIGN_OFF, state).await
}

/// Whether the provider answers a sign-off of this browser: once.
pub(crate) async fn finish_sign_off(session: &Session, state: &str) -> Result<bool, Error> {
    match session.get::<String>(SIGN_OFF).await? {
        Some(expected) if is_equal(&expected, state) => {
            session.remove_value(SIGN_OFF).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}
