//! What an operator does to an account by one button.

use axum::extract::{Path, RawQuery};
use axum::response::Response;
use protocol::id::SessionId;

use super::open::OpenUser;
use crate::failure::Failure;
use crate::fields::Fields;
use crate::pages::person::is_locked;
use crate::visit::Visit;

const ENABLED: &str = "enabled";
const SESSION: &str = "session";

/// Lifts both kinds of lock: of the account, and of the password after wrong ones.
pub(crate) async fn unlock(
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let open = OpenUser::load(&visit, &id, query.as_deref()).await?;
    let management = &open.operator.management;
    if is_locked(&open.user)
        && let Err(error) = management.users().unlock(open.user.id).await
    {
        return open.refused(&visit, error).await;
    }
    match management.passwords(open.user.id).unlock().await {
        Ok(_) => open.done(&visit, "flash-user-unlocked").await,
        Err(error) if error.has_no_password() => open.done(&visit, "flash-user-unlocked").await,
        Err(error) => open.refused(&visit, error).await,
    }
}

/// Enables or disables, as the form says: pressing a stale page's button twice does no harm.
pub(crate) async fn set_enabled(
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    fields: Fields,
) -> Result<Response, Failure> {
    let open = OpenUser::load(&visit, &id, query.as_deref()).await?;
    let (users, enable) = (open.operator.management.users(), fields.is_ticked(ENABLED));
    if open.is_own() && !enable {
        let text = visit.text("error-own-account");
        return open.refused_in_words(&visit, text).await;
    }
    let set = if enable {
        users.enable(open.user.id).await
    } else {
        users.disable(open.user.id).await
    };
    match set {
        Ok(()) if enable => open.done(&visit, "flash-user-enabled").await,
        Ok(()) => open.done(&visit, "flash-user-disabled").await,
        Err(error) => open.refused(&visit, error).await,
    }
}

/// Mails the user a recovery code.
pub(crate) async fn send_recovery_code(
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let open = OpenUser::load(&visit, &id, query.as_deref()).await?;
    let passwords = open.operator.management.passwords(open.user.id);
    match passwords.send_recovery_code().await {
        Ok(_) => open.done(&visit, "flash-code-sent").await,
        Err(error) => open.refused(&visit, error).await,
    }
}

/// Mails the user a code that proves the address; it is asked for at the next sign-on.
pub(crate) async fn send_verification_code(
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let open = OpenUser::load(&visit, &id, query.as_deref()).await?;
    if open.user.email_verified == Some(true) {
        return open.done(&visit, "flash-user-verified-already").await;
    }
    let users = open.operator.management.users();
    match users.send_verification_code(open.user.id).await {
        Ok(_) => open.done(&visit, "flash-verification-sent").await,
        Err(error) => open.refused(&visit, error).await,
    }
}

/// Ends one session of the user, here and at the environment.
pub(crate) async fn end_session(
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    fields: Fields,
) -> Result<Response, Failure> {
    let open = OpenUser::load(&visit, &id, query.as_deref()).await?;
    let Ok(session) = SessionId::parse(&fields.line(SESSION)) else {
        return open.done(&visit, "flash-user-session-gone").await;
    };
    let sessions = open.operator.management.sessions(open.user.id);
    match sessions.load(session).await {
        Ok(_) => {}
        Err(error) if error.is_not_found() => {
            return open.done(&visit, "flash-user-session-gone").await;
        }
        Err(error) => return open.refused(&visit, error).await,
    }
    end(&visit, &open, session).await?;
    open.done(&visit, "flash-user-session-ended").await
}

/// Ends all sessions of the user.
pub(crate) async fn end_sessions(
    visit: Visit,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let open = OpenUser::load(&visit, &id, query.as_deref()).await?;
    if open.is_own() {
        let text = visit.text("error-own-sessions");
        return open.refused_in_words(&visit, text).await;
    }
    let sessions = open.operator.management.sessions(open.user.id);
    let all = match sessions.list().all().await {
        Ok(all) => all,
        Err(error) => return open.refused(&visit, error).await,
    };
    for one in all {
        end(&visit, &open, one.id).await?;
    }
    open.done(&visit, "flash-user-sessions-ended").await
}

/// Ends a session of this user: here first, so that one that could not be ended here is still listed.
async fn end(visit: &Visit, open: &OpenUser, session: SessionId) -> Result<(), Failure> {
    let sessions = visit.portal().sessions();
    let ended = sessions.end_behind(&session.to_string()).await;
    ended.map_err(Failure::session)?;
    let sessions = open.operator.management.sessions(open.user.id);
    match sessions.delete(session).await {
        Ok(()) => Ok(()),
        // It has ended meanwhile.
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(visit.api_failed(error).await),
    }
}
