//! `/security`: the password, where the user is signed on, and what happened to the account.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use pingone::UserSession;
use protocol::id::SessionId;
use serde_json::Value;
use ui::{Flash, Layout};

use crate::failure::Failure;
use crate::fields::Fields;
use crate::pages::device;
use crate::pages::events::{self, Event};
use crate::pages::own::{self, Own};
use crate::pages::person::{When, Zone};
use crate::paths;
use crate::visit::Visit;

const SESSION: &str = "session";

/// So many events are shown.
const MOST_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "security.html")]
struct Page {
    layout: Layout,
    /// When the password was changed last, if that is told.
    changed: Option<When>,
    /// Absent where the environment does not tell.
    sessions: Option<Vec<Session>>,
    has_others: bool,
    /// Absent where the environment does not tell.
    events: Option<Vec<ShownEvent>>,
}

/// A browser in which the user is signed on.
struct Session {
    id: String,
    device: String,
    address: Option<String>,
    seen: When,
    is_this: bool,
}

struct ShownEvent {
    text: String,
    when: When,
    from: String,
    is_alarming: bool,
}

pub(crate) async fn get(visit: Visit) -> Result<Response, Failure> {
    let own = Own::open(&visit).await?;
    let services = visit.services("failure-management-not-configured")?;
    let (users, passwords) = (own.management.users(), own.management.passwords(own.id));
    let (user, password, sessions, events) = tokio::join!(
        users.load(own.id),
        passwords.state(),
        sessions(&own),
        events::of_user(&services.management, own.id, visit.portal().now()),
    );
    let user = match user {
        Ok(user) => Some(user),
        Err(error) => allowed_to_lack(&visit, error).await?,
    };
    let password = match password {
        Ok(password) => Some(password),
        Err(error) => allowed_to_lack(&visit, error).await?,
    };
    let sessions = match sessions {
        Ok(sessions) => Some(sessions),
        Err(error) => allowed_to_lack(&visit, error).await?,
    };
    let zone = Zone::of(user.as_ref(), visit.signed_on());
    let this = this_session(&visit);
    let sessions: Option<Vec<Session>> = sessions.map(|sessions| {
        let shown = sessions.iter().map(|one| session(&visit, one, this, &zone));
        shown.collect()
    });
    let layout = visit.layout("security-title").await?;
    let page = Page {
        layout: layout.with_lead(visit.text("security-lead")),
        changed: password
            .and_then(|password| password.last_changed_at)
            .map(|at| zone.when(at)),
        has_others: sessions
            .as_ref()
            .is_some_and(|sessions| sessions.iter().any(|one| !one.is_this)),
        sessions,
        events: events.map(|events| {
            let shown = events.iter().take(MOST_SHOWN);
            shown
                .map(|event| shown_event(&visit, event, &zone))
                .collect()
        }),
    };
    Ok(visit.page(page).into_response())
}

/// A part that the environment does not let the user see is left out; any other failure is one.
async fn allowed_to_lack<T>(visit: &Visit, error: pingone::Error) -> Result<Option<T>, Failure> {
    if error.is_forbidden() || error.is_not_found() {
        return Ok(None);
    }
    Err(own::failed(visit, error).await)
}

async fn sessions(own: &Own) -> Result<Vec<UserSession>, pingone::Error> {
    own.management.sessions(own.id).list().all().await
}

/// The environment's session of the browser that asks.
fn this_session(visit: &Visit) -> Option<SessionId> {
    let sid = visit.signed_on()?.claim("sid")?;
    SessionId::parse(sid).ok()
}

fn session(visit: &Visit, one: &UserSession, this: Option<SessionId>, zone: &Zone) -> Session {
    let last = one.further.get("lastSignOn");
    let address = last
        .and_then(|last| last.get("remoteIp"))
        .and_then(Value::as_str);
    Session {
        id: one.id.to_string(),
        device: device::in_words(visit, one.user_agent.as_deref()),
        address: address.map(str::to_owned),
        seen: zone.when(one.active_at.unwrap_or(one.created_at)),
        is_this: Some(one.id) == this,
    }
}

fn shown_event(visit: &Visit, event: &Event, zone: &Zone) -> ShownEvent {
    let mut from = Vec::new();
    // What a program did, such as this site for its user, came from no place that the user knows.
    let user_agent = event.user_agent.as_deref().unwrap_or_default();
    if device::parts(user_agent) != (None, None) {
        from.push(device::in_words(visit, Some(user_agent)));
        from.extend(event.address.clone());
    }
    ShownEvent {
        text: visit.text(event.text),
        when: zone.when(event.at),
        from: from.join(", "),
        is_alarming: event.is_alarming,
    }
}

/// Ends one session, here and at the environment.
pub(crate) async fn end(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let own = Own::open(&visit).await?;
    let Ok(id) = SessionId::parse(&fields.line(SESSION)) else {
        return done(&visit, Flash::info(visit.text("flash-session-gone"))).await;
    };
    let flash = match own.management.sessions(own.id).load(id).await {
        Ok(_) => {
            end_one(&visit, &own, id).await?;
            Flash::success(visit.text("flash-session-ended-there"))
        }
        Err(error) if error.is_not_found() => Flash::info(visit.text("flash-session-gone")),
        Err(error) => return Err(own::failed(&visit, error).await),
    };
    done(&visit, flash).await
}

/// Ends all sessions but that of the browser that asks.
pub(crate) async fn end_others(visit: Visit) -> Result<Response, Failure> {
    let own = Own::open(&visit).await?;
    let this = this_session(&visit);
    let all = match sessions(&own).await {
        Ok(sessions) => sessions,
        Err(error) => return Err(own::failed(&visit, error).await),
    };
    for one in all.iter().filter(|one| Some(one.id) != this) {
        end_one(&visit, &own, one.id).await?;
    }
    let flash = Flash::success(visit.text("flash-sessions-ended"));
    done(&visit, flash).await
}

/// Ends a session of this user: here first, so that one that could not be ended here is still listed,
/// and ended by trying again.
async fn end_one(visit: &Visit, own: &Own, id: SessionId) -> Result<(), Failure> {
    let sessions = visit.portal().sessions();
    let ended = sessions.end_behind(&id.to_string()).await;
    ended.map_err(Failure::session)?;
    match own.management.sessions(own.id).delete(id).await {
        Ok(()) => {}
        // It has ended meanwhile.
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(own::failed(visit, error).await),
    }
    Ok(())
}

async fn done(visit: &Visit, flash: Flash) -> Result<Response, Failure> {
    visit.leave(flash).await?;
    Ok(Redirect::to(paths::SECURITY).into_response())
}
