//! `/environments/{environment}/users/{user}/sessions`: the browsers in which a user is signed on
//! (PingOne, "User sessions").

use jiff::Timestamp;
use protocol::id::{EnvironmentId, SessionId, UserId};
use protocol::pingone::{Reference, date};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::access::on_user::OnUser;
use crate::access::permissions::may;
use crate::api::hal::{Hal, Page, Reply};
use crate::audit::Subject;
use crate::requests::extract::PathId;
use crate::requests::failures::api::ApiFailure;
use crate::stores::flows::Flows;
use crate::stores::sessions::{SeenSession, Sessions};

/// A browser in which a user is signed on.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserSession {
    id: SessionId,
    environment: Reference<EnvironmentId>,
    user: Reference<UserId>,
    #[serde(with = "protocol::pingone::date::Date")]
    created_at: Timestamp,
    #[serde(with = "protocol::pingone::date::Date")]
    active_at: Timestamp,
    #[serde(with = "protocol::pingone::date::Date")]
    expires_at: Timestamp,
    user_agent: String,
    last_sign_on: LastSignOn,
    locations: [Location; 1],
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LastSignOn {
    #[serde(with = "protocol::pingone::date::Date")]
    at: Timestamp,
    remote_ip: String,
    with_authenticator: Map<String, Value>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(with = "protocol::pingone::date::Date")]
    at: Timestamp,
    remote_ip: String,
}

fn representation<P>(on: &OnUser<P>, seen: SeenSession) -> Hal<UserSession> {
    let SeenSession { session, from } = seen;
    let at = session.authenticated_at;
    let means = session.amr.into_iter();
    let shown = UserSession {
        id: session.id,
        environment: Reference::new(session.environment_id),
        user: Reference::new(session.user_id),
        created_at: session.created_at,
        active_at: session.active_at,
        expires_at: session.expires_at,
        user_agent: from.user_agent,
        last_sign_on: LastSignOn {
            at,
            remote_ip: from.address.clone(),
            with_authenticator: means
                .map(|name| (name, json!({ "at": date::written(at) })))
                .collect(),
        },
        locations: [Location {
            at,
            remote_ip: from.address,
        }],
    };
    let environment = on.environment.id;
    let urls = on.idp.urls();
    Hal::new(format!("{}/sessions/{}", on.url(), session.id), shown)
        .link(
            "environment",
            urls.api(format_args!("environments/{environment}")),
        )
        .link("user", on.url())
}

pub(super) async fn list(on: OnUser<may::ReadSessions>) -> Result<Reply, ApiFailure> {
    let sessions = Sessions::new(on.idp.db());
    let found = sessions
        .of_user(on.environment.id, on.user.id, on.now)
        .await?;
    let items = found.into_iter().map(|one| representation(&on, one));
    let url = format!("{}/sessions", on.url());
    Reply::ok(&Page::whole(url, "sessions", items.collect()))
}

async fn load<P>(on: &OnUser<P>, id: SessionId) -> Result<SeenSession, ApiFailure> {
    let sessions = Sessions::new(on.idp.db());
    let found = sessions
        .of_user(on.environment.id, on.user.id, on.now)
        .await?;
    let found = found.into_iter().find(|one| one.session.id == id);
    found.ok_or_else(ApiFailure::not_found)
}

pub(super) async fn read(
    on: OnUser<may::ReadSessions>,
    PathId(id): PathId<SessionId>,
) -> Result<Reply, ApiFailure> {
    Reply::ok(&representation(&on, load(&on, id).await?))
}

/// Signs the user off in that browser.
pub(super) async fn delete(
    on: OnUser<may::EndSessions>,
    PathId(id): PathId<SessionId>,
) -> Result<Reply, ApiFailure> {
    load(&on, id).await?;
    let subject = Subject::of("SESSION", id, &on.user.username);
    // Whoever ends sessions does not want another one to begin by what was given before.
    let change = Sessions::end(id).and(Flows::end_behind_password(on.user.id));
    on.commit(on.environment.id, change, "SESSION.DELETED", subject)
        .await?;
    Ok(Reply::no_content())
}
