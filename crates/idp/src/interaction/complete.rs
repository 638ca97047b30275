//! The end of an interaction: the user is signed on, and the browser gets a session.

use axum::http::HeaderMap;
use protocol::id::SessionId;
use protocol::secret::SessionToken;

use super::browser::Browser;
use super::error::InteractionError;
use super::proven::Proven;
use super::{Interaction, Step};
use crate::Idp;
use crate::accounts::passwords::Right;
use crate::accounts::sign_on;
use crate::audit::{Activity, By};
use crate::stores::change::Change;
use crate::stores::sessions::{BrowserSession, SeenFrom, Sessions};
use crate::stores::users::StoredUser;
use crate::tallies::SignOnResult;

/// Signs the user on by what was proven, and gives the session's new token. A password that was right
/// is written with it.
///
/// The token is new at every sign-on. Within a session of the same user its id stays, as at
/// PingOne; a session of another user in the same browser ends.
pub(crate) async fn complete(
    idp: &Idp,
    interaction: Interaction,
    user: &StoredUser,
    proven: Proven,
    right: Option<Right>,
    headers: &HeaderMap,
    by: &By,
) -> Result<SessionToken, InteractionError> {
    let now = by.now;
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
        authenticated_at: proven.password_at,
        second_factor_at: proven.second_factor_at,
        acr: interaction.request.policy.name.clone(),
        amr: proven.methods(),
        identity_provider: interaction.external.last(),
        created_at: of_same_user.map_or(now, |browser| browser.session.created_at),
        active_at: now,
        expires_at: now.saturating_add(lifetime).unwrap_or(now),
    };
    let from = SeenFrom {
        user_agent: by.origin.user_agent.clone(),
        address: by.origin.address.0.to_string(),
    };
    let allowed = Activity::new("USER.ACCESS_ALLOWED", user);
    let (given_back, activity) = match &right {
        Some(right) => (right.change(), right.activity().and(allowed)),
        None => (Change::new(), allowed),
    };
    let change = match (&before, of_same_user) {
        (_, Some(_)) => Sessions::renew(&session, &token.digest(), &from),
        (Some(other), None) => {
            Sessions::end(other.session.id).and(Sessions::insert(&session, &token.digest(), &from))
        }
        (None, None) => Sessions::insert(&session, &token.digest(), &from),
    };
    let environment = interaction.environment;
    let completed = interaction.to(Step::Completed {
        user: user.id,
        session: session.id,
        given: proven.given,
    });
    let by = by.acting_as(user);
    let written = change
        .and(completed.advance(idp, now)?)
        .and(given_back)
        .and(sign_on::note(user, &by))
        .commit(idp, environment, &activity, &by)
        .await;
    match written {
        Ok(()) => {
            idp.sign_ons().ended(SignOnResult::Completed);
            Ok(token)
        }
        // Another request was faster; what it led to is what counts. The password was right all
        // the same.
        Err(error) if error.unmet().is_some() => {
            if let Some(right) = right {
                right.commit(idp, environment, &by).await?;
            }
            Err(InteractionError::Over)
        }
        Err(error) => Err(error.into()),
    }
}
