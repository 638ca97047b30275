//! What a session knows about signing on and off.

use jiff::Timestamp;
use protocol::secret::is_equal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tower_sessions::Session;
use tower_sessions::session::Id;

use crate::TokensId;
use crate::failure::SessionError;
use crate::pending::{PendingSignOn, PendingSignOns, Taken};
use crate::turns::Turns;

const SIGNED_ON: &str = "signed_on";
const PENDING: &str = "sign_on_pending";
const SIGN_OFF: &str = "sign_off_state";

/// Who is signed on in a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) tokens: TokensId,
    pub(crate) subject: String,
    pub(crate) claims: Map<String, Value>,
    #[serde(with = "protocol::pingone::date::Date")]
    pub(crate) signed_on_at: Timestamp,
    #[serde(with = "protocol::pingone::date::Date")]
    pub(crate) authenticated_at: Timestamp,
}

/// The provider's session (`sid`) that a stored session belongs to, if somebody is signed on in it:
/// for stores that end what hangs on a session of the provider.
pub fn provider_session<S: std::hash::BuildHasher>(
    data: &std::collections::HashMap<String, Value, S>,
) -> Option<&str> {
    data.get(SIGNED_ON)?.get("claims")?.get("sid")?.as_str()
}

pub(crate) async fn find(session: &Session) -> Result<Option<Record>, SessionError> {
    session.get(SIGNED_ON).await.map_err(SessionError::new)
}

/// Remembers a sign-on that was begun.
///
/// A session is saved as a whole, so two tabs that begin at the same moment would lose one of the
/// two: they take turns, and each reads what the one before has saved.
pub(crate) async fn add_pending(
    session: &Session,
    pending: PendingSignOn,
    now: Timestamp,
    turns: &Turns<Id>,
) -> Result<(), SessionError> {
    let _turn = match session.id() {
        Some(id) => Some(turns.take(id).await),
        None => None,
    };
    reload(session).await?;
    let mut all: PendingSignOns = session
        .get(PENDING)
        .await
        .map_err(SessionError::new)?
        .unwrap_or_default();
    all.add(pending, now);
    session
        .insert(PENDING, all)
        .await
        .map_err(SessionError::new)?;
    session.save().await.map_err(SessionError::new)
}

/// Reads a session as it is stored now, unless this request has changed it already.
async fn reload(session: &Session) -> Result<(), SessionError> {
    if session.id().is_none() || session.is_modified() {
        return Ok(());
    }
    session.load().await.map_err(SessionError::new)
}

/// Whether sign-ons are on their way.
pub(crate) async fn has_pending(session: &Session) -> Result<bool, SessionError> {
    Ok(session
        .get_value(PENDING)
        .await
        .map_err(SessionError::new)?
        .is_some())
}

/// Takes out the sign-on with this state, and saves at once: an answer of 5xx would otherwise
/// leave the session as it was, and the state good for a second use.
pub(crate) async fn take_pending(
    session: &Session,
    state: &str,
    now: Timestamp,
    turns: &Turns<Id>,
) -> Result<Taken, SessionError> {
    let _turn = match session.id() {
        Some(id) => Some(turns.take(id).await),
        None => None,
    };
    reload(session).await?;
    let Some(mut all) = session
        .get::<PendingSignOns>(PENDING)
        .await
        .map_err(SessionError::new)?
    else {
        return Ok(Taken::Unknown);
    };
    let taken = all.take(state, now);
    if matches!(taken, Taken::Unknown) {
        return Ok(taken);
    }
    if all.is_empty() {
        session
            .remove_value(PENDING)
            .await
            .map_err(SessionError::new)?;
    } else {
        session
            .insert(PENDING, all)
            .await
            .map_err(SessionError::new)?;
    }
    session.save().await.map_err(SessionError::new)?;
    Ok(taken)
}

/// Makes the session that of a user who has just signed on.
///
/// Its id is renewed, so that one that was planted before is worth nothing, and what belonged to
/// somebody else goes. Sign-ons pending in other tabs stay, and the entries that the application keeps.
pub(crate) async fn begin(
    session: &Session,
    record: &Record,
    kept: &[&'static str],
) -> Result<(), SessionError> {
    let mut staying = Vec::new();
    for name in kept.iter().chain([&PENDING]) {
        let value = session.get_value(name).await.map_err(SessionError::new)?;
        staying.extend(value.map(|value| (*name, value)));
    }
    session.clear().await;
    session.cycle_id().await.map_err(SessionError::new)?;
    for (name, value) in staying {
        session
            .insert_value(name, value)
            .await
            .map_err(SessionError::new)?;
    }
    session
        .insert(SIGNED_ON, record)
        .await
        .map_err(SessionError::new)
}

/// Ends a session whose user has to sign on again. Messages for the next page stay.
pub(crate) async fn end(session: &Session) -> Result<(), SessionError> {
    session
        .remove_value(SIGNED_ON)
        .await
        .map_err(SessionError::new)?;
    session.save().await.map_err(SessionError::new)
}

/// Ends a session for good; what is put into it afterwards belongs to a new one.
pub(crate) async fn flush(session: &Session) -> Result<(), SessionError> {
    session.flush().await.map_err(SessionError::new)
}

pub(crate) async fn expect_sign_off(session: &Session, state: &str) -> Result<(), SessionError> {
    session
        .insert(SIGN_OFF, state)
        .await
        .map_err(SessionError::new)
}

/// Whether the provider answers a sign-off of this browser: once.
pub(crate) async fn finish_sign_off(session: &Session, state: &str) -> Result<bool, SessionError> {
    match session
        .get::<String>(SIGN_OFF)
        .await
        .map_err(SessionError::new)?
    {
        Some(expected) if is_equal(&expected, state) => {
            session
                .remove_value(SIGN_OFF)
                .await
                .map_err(SessionError::new)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}
