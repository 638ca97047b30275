//! Who is signed on in a browser.

use axum::http::HeaderMap;
use axum::response::Response;
use db::StoreError;
use jiff::{SignedDuration, Timestamp};
use protocol::id::EnvironmentId;
use protocol::secret::SessionToken;

use super::proven::{PASSWORD, Proven};
use super::{Given, Known, cookies};
use crate::Idp;
use crate::stores::sessions::{BrowserSession, SECOND_FACTOR, Sessions};
use crate::stores::users::{StoredUser, Users};

/// How exactly it is known when a session was last seen; more would cost a write per request.
const TOUCH_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// A browser in which a user is signed on who may be.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) session: BrowserSession,
    pub(crate) user: StoredUser,
    token: SessionToken,
}

impl Browser {
    /// The session of a request's cookie. That of a user who is disabled or locked counts as none.
    pub(crate) async fn find(
        idp: &Idp,
        environment: EnvironmentId,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        for token in cookies::session_tokens(headers) {
            let session = Sessions::new(idp.db())
                .find(environment, &token.digest(), now)
                .await?;
            let Some(session) = session else { continue };
            let user = Users::new(idp.db())
                .find(environment, session.user_id)
                .await?;
            if let Some(user) = user.filter(|user| user.can_authenticate(now)) {
                return Ok(Some(Self {
                    session,
                    user,
                    token,
                }));
            }
        }
        Ok(None)
    }

    /// The user as a policy knows them that demands more.
    pub(crate) fn known(&self) -> Known {
        Known {
            user: self.user.id,
            proof: self.token.digest(),
            password_at: self.session.authenticated_at,
            has_password: self.has_password(),
            session: Some(self.session.id),
            second_factor_at: self.second_factor_at(),
            gave_second_factor: false,
        }
    }

    /// What was proven in its session; `given`, what of it in the interaction that led to it.
    pub(crate) fn proven(&self, given: Given) -> Proven {
        Proven {
            password_at: self.session.authenticated_at,
            has_password: self.has_password(),
            second_factor_at: self.second_factor_at(),
            given,
        }
    }

    fn has_password(&self) -> bool {
        self.session.amr.iter().any(|one| one == PASSWORD)
    }

    /// When a device proved that it is the user, if one did. Of a session from before that was
    /// kept, it is not known to be later than the password.
    fn second_factor_at(&self) -> Option<Timestamp> {
        let session = &self.session;
        let did = session.amr.iter().any(|one| one == SECOND_FACTOR);
        did.then(|| session.second_factor_at.unwrap_or(session.authenticated_at))
    }

    /// The value of its cookie.
    pub(crate) fn token(&self) -> &SessionToken {
        &self.token
    }

    /// Notes that the session was used, so that it lives on; the browser keeps its cookie longer.
    pub(crate) async fn touch(
        &self,
        idp: &Idp,
        now: Timestamp,
        response: &mut Response,
    ) -> Result<(), StoreError> {
        if now.duration_since(self.session.active_at) < TOUCH_AFTER {
            return Ok(());
        }
        let lifetime = idp.settings().lifetimes.browser_session;
        let expires_at = now.saturating_add(lifetime).unwrap_or(now);
        Sessions::touch(self.session.id, now, expires_at)
            .commit_unrecorded(idp)
            .await
            .map_err(StoreError::during("note that a browser session was seen"))?;
        cookies::set(idp, self.session.environment_id, &self.token, response);
        Ok(())
    }
}
