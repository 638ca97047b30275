//! The end of an interaction: the user is signed on, and the browser gets a session.

use axum::http::HeaderMap;
use db::Batch;
use jiff::Timestamp;
use protocol::id::SessionId;
use protocol::secret::SessionToken;

use super::SINGLE_FACTOR;
use super::browser::Browser;
use super::{Interaction, Step};
use crate::Idp;
use crate::accounts::sign_on;
use crate::audit::{Activity, Actor, Origin};
use crate::stores::sessions::{BrowserSession, SeenFrom, Sessions};
use crate::stores::users::StoredUser;
use crate::web::failures::page::{PageError, PageFailure};

/// Signs the user on and gives the session's new token.
///
/// The token is new at every sign-on. Within a session of the same user its id stays, as at
/// PingOne; a session of another user in the same browser ends.
pub(crate) async fn complete(
    idp: &Idp,
    interaction: Interaction,
    user: &StoredUser,
    headers: &HeaderMap,
    origin: &Origin,
    now: Timestamp,
) -> Result<SessionToken, PageFailure> {
    let token = SessionToken::random(idp.random());
    let before = Browser::find(idp, interaction.environment, headers, now).await?;
    let of_same_user = before.as_ref().filter(|browser| browser.user.id == user.id);
    let lifetime = idp.settings().lifetimes.browser_session;
    let session = BrowserSession {
        id: of_same_user.map_or_else(
            || SessionId::random(idp.random()),
            |browser| browser.session.id,
        ),
        environment_id: interaction.environment,
        user_id: user.id,
        authenticated_at: now,
        acr: SINGLE_FACTOR.to_owned(),
        amr: vec!["pwd".to_owned()],
        created_at: of_same_user.map_or(now, |browser| browser.session.created_at),
        active_at: now,
        expires_at: now.saturating_add(lifetime).unwrap_or(now),
    };
    let from = SeenFrom {
        user_agent: origin.user_agent.clone(),
        address: origin.address.0.to_string(),
    };
    let allowed = Activity::new("USER.ACCESS_ALLOWED", Actor::from(user), user);

    let mut batch = Batch::new();
    if of_same_user.is_some() {
        batch = batch.require(
            Sessions::renew_statement(&session, &token.digest(), &from),
            1,
        );
    } else {
        if let Some(other) = &before {
            batch = batch.add(Sessions::end_statement(other.session.id));
        }
        batch = batch.add(Sessions::insert_statement(&session, &token.digest(), &from));
    }
    let environment = interaction.environment;
    let completed = interaction.to(Step::Completed {
        user: user.id,
        session: session.id,
    });
    let batch = batch
        .require(completed.advance_statement(idp, now)?, 1)
        .add(sign_on::record(user, origin, now))
        .add(allowed.statement(idp, environment, origin, now));
    match idp.db().batch(batch).await {
        Ok(_) => Ok(token),
        // Another request was faster; what it led to is what counts.
        Err(error) if error.unmet().is_some() => Err(PageError::FlowGone.into()),
        Err(error) => Err(error.into()),
    }
}
