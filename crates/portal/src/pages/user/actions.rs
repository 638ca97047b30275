//! What an operator does to an account by one button.

use axum::response::Response;
use protocol::id::SessionId;

use super::open::OpenUser;
use crate::failure::Failure;
use crate::fields::Fields;
use crate::pages::person::is_locked;

const ENABLED: &str = "enabled";
const SESSION: &str = "session";

/// Lifts both kinds of lock: of the account, and of the password after wrong ones.
pub(crate) async fn unlock(open: OpenUser) -> Result<Response, Failure> {
    let users = open.operator.management.users();
    if is_locked(&open.user)
        && let Err(error) = users.unlock(open.user.id).await
    {
        return Err(open.refused(error).await);
    }
    match open.passwords().unlock().await {
        Ok(_) => open.done("flash-user-unlocked").await,
        Err(error) if error.has_no_password() => open.done("flash-user-unlocked").await,
        Err(error) => Err(open.refused(error).await),
    }
}

/// Enables or disables, as the form says: pressing a stale page's button twice does no harm.
pub(crate) async fn set_enabled(open: OpenUser, fields: Fields) -> Result<Response, Failure> {
    let (users, enable) = (open.operator.management.users(), fields.is_ticked(ENABLED));
    let (set, done) = if enable {
        (users.enable(open.user.id).await, "flash-user-enabled")
    } else {
        open.require_another("error-own-account").await?;
        (users.disable(open.user.id).await, "flash-user-disabled")
    };
    match set {
        Ok(()) => open.done(done).await,
        Err(error) => Err(open.refused(error).await),
    }
}

/// Mails the user a recovery code.
pub(crate) async fn send_recovery_code(open: OpenUser) -> Result<Response, Failure> {
    match open.passwords().send_recovery_code().await {
        Ok(_) => open.done("flash-code-sent").await,
        Err(error) => Err(open.refused(error).await),
    }
}

/// Mails the user a code that proves the address; it is asked for at the next sign-on.
pub(crate) async fn send_verification_code(open: OpenUser) -> Result<Response, Failure> {
    if open.user.email_verified == Some(true) {
        return open.done("flash-user-verified-already").await;
    }
    let users = open.operator.management.users();
    match users.send_verification_code(open.user.id).await {
        Ok(_) => open.done("flash-verification-sent").await,
        Err(error) => Err(open.refused(error).await),
    }
}

/// Ends one session of the user, here and at the environment.
pub(crate) async fn end_session(open: OpenUser, fields: Fields) -> Result<Response, Failure> {
    let Ok(session) = SessionId::parse(&fields.line(SESSION)) else {
        return open.done("flash-user-session-gone").await;
    };
    let sessions = open.operator.management.sessions(open.user.id);
    match sessions.load(session).await {
        Ok(_) => {}
        Err(error) if error.is_not_found() => return open.done("flash-user-session-gone").await,
        Err(error) => return Err(open.refused(error).await),
    }
    end(&open, session).await?;
    open.done("flash-user-session-ended").await
}

/// Ends all sessions of the user.
pub(crate) async fn end_sessions(open: OpenUser) -> Result<Response, Failure> {
    open.require_another("error-own-sessions").await?;
    let sessions = open.operator.management.sessions(open.user.id);
    let all = match sessions.list().all().await {
        Ok(all) => all,
        Err(error) => return Err(open.refused(error).await),
    };
    for one in all {
        end(&open, one.id).await?;
    }
    open.done("flash-user-sessions-ended").await
}

/// Ends a session of this user: here first, so that one that could not be ended here is still listed.
async fn end(open: &OpenUser, session: SessionId) -> Result<(), Failure> {
    let sessions = open.visit.portal().sessions();
    let ended = sessions.end_behind(&session.to_string()).await;
    ended.map_err(Failure::session)?;
    let sessions = open.operator.management.sessions(open.user.id);
    match sessions.delete(session).await {
        Ok(()) => Ok(()),
        // It has ended meanwhile.
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(open.visit.api_failed(error).await),
    }
}
