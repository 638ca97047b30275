//! Who sees the operator's pages: whoever holds one of the configured roles.
//!
//! This decides what is shown. What an operator may really do is decided by PingOne, since the
//! pages call it with the operator's own access token.

use pingone::management;
use protocol::id::{RoleId, UserId};

use crate::Portal;
use crate::cache::Cache;
use crate::failure::PageError;

/// What was asked about roles a moment ago.
#[derive(Debug, Default)]
pub(crate) struct Operators {
    holders: Cache<UserId, bool>,
    roles: Cache<(), Vec<RoleId>>,
}

impl Operators {
    /// Whether this user holds one of the roles.
    pub(crate) async fn holds_role(
        &self,
        portal: &Portal,
        subject: &str,
    ) -> Result<bool, PageError> {
        let (Some(management), Ok(user)) = (portal.management(), UserId::parse(subject)) else {
            return Ok(false);
        };
        let now = portal.now();
        if let Some(holds) = self.holders.find(&user, now) {
            return Ok(holds);
        }
        let wanted = self.wanted(portal, management).await?;
        let assignments = match management.role_assignments(user).list().all().await {
            Ok(assignments) => assignments,
            // Not a user of this environment, though somebody of that name signed on elsewhere.
            Err(error) if error.is_not_found() => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let holds = assignments
            .iter()
            .any(|assignment| wanted.contains(&assignment.role.id));
        self.holders.insert(user, holds, now);
        Ok(holds)
    }

    /// The ids of the configured roles, which are the same in every environment.
    async fn wanted(
        &self,
        portal: &Portal,
        management: &management::Client,
    ) -> Result<Vec<RoleId>, PageError> {
        let now = portal.now();
        if let Some(wanted) = self.roles.find(&(), now) {
            return Ok(wanted);
        }
        let names = &portal.settings().operator_roles;
        let roles = management.roles().list().all().await?;
        let wanted: Vec<RoleId> = roles
            .into_iter()
            .filter(|role| names.contains(&role.name))
            .map(|role| role.id)
            .collect();
        self.roles.insert((), wanted.clone(), now);
        Ok(wanted)
    }

    /// Whether the navigation shows the operator's pages; an environment that cannot be asked is
    /// no reason not to show the others.
    pub(crate) async fn is_shown(&self, portal: &Portal, subject: &str) -> bool {
        match self.holds_role(portal, subject).await {
            Ok(holds) => holds,
            Err(error) => {
                tracing::warn!(?error, "whether a user is an operator could not be asked");
                false
            }
        }
    }
}
