//! The account of the user who is signed on, as they may see and change it by their own access token.

use http::StatusCode;
use pingone::{User, management};
use pingone_axum::SignedOn;
use protocol::id::UserId;

use crate::failure::Failure;
use crate::visit::{Visit, user_id};

/// The own account.
pub(crate) struct Own {
    /// The management API with the user's own access token.
    pub(crate) management: management::Client,
    pub(crate) id: UserId,
}

impl Own {
    /// The account of whoever is signed on.
    pub(crate) async fn open(visit: &Visit) -> Result<Self, Failure> {
        Self::of(visit, visit.user()?).await
    }

    /// The same for whoever has just shown the provider who they are.
    pub(crate) async fn open_freshly(visit: &Visit) -> Result<Self, Failure> {
        Self::of(visit, visit.fresh_user()?).await
    }

    async fn of(visit: &Visit, user: &SignedOn) -> Result<Self, Failure> {
        let services = visit.services("failure-management-not-configured")?;
        let id = user_id(user)?;
        let access_token = visit.access_token(user).await?;
        let management = services.management.with_access_token(access_token);
        Ok(Self { management, id })
    }

    pub(crate) async fn load(&self, visit: &Visit) -> Result<User, Failure> {
        match self.management.users().load(self.id).await {
            Ok(user) => Ok(user),
            Err(error) => Err(failed(visit, error).await),
        }
    }
}

/// A call for the own account failed; one that is refused lacks a scope.
pub(crate) async fn failed(visit: &Visit, error: pingone::Error) -> Failure {
    if error.is_forbidden() {
        return Failure::new(StatusCode::FORBIDDEN)
            .detail("failure-account-scopes")
            .caused_by(error);
    }
    visit.api_failed(error).await
}
