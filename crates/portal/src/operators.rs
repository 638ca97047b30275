//! Who sees the operator's pages: whoever holds one of the configured roles.
//!
//! This decides what is shown. What an operator may really do is decided by PingOne, since the
//! pages call it with the operator's own access token.

use std::sync::Arc;

use jiff::Timestamp;
use pingone::management;
use platform::Clock;
use protocol::id::{RoleId, UserId};
use web::LookupCounts;

use crate::cache::Cache;

/// Asks who holds the roles, and remembers the answers for a moment.
#[derive(Debug)]
pub(crate) struct Operators {
    management: management::Client,
    clock: Arc<dyn Clock>,
    /// Names of the roles.
    names: Vec<String>,
    holders: Cache<UserId, bool>,
    roles: Cache<(), Vec<RoleId>>,
}

impl Operators {
    pub(crate) fn new(
        management: management::Client,
        clock: Arc<dyn Clock>,
        names: Vec<String>,
    ) -> Self {
        Self {
            management,
            clock,
            names,
            holders: Cache::default(),
            roles: Cache::default(),
        }
    }

    /// How often what is kept in memory was asked for, and there.
    pub(crate) fn lookups(&self) -> LookupCounts {
        self.holders.lookups() + self.roles.lookups()
    }

    /// Whether this user holds one of the roles.
    pub(crate) async fn holds_role(&self, subject: &str) -> Result<bool, pingone::Error> {
        let Ok(user) = UserId::parse(subject) else {
            return Ok(false);
        };
        let now = self.clock.now();
        if let Some(holds) = self.holders.find(&user, now) {
            return Ok(holds);
        }
        let roles = self.roles(now).await?;
        let assignments = match self.management.role_assignments(user).list().all().await {
            Ok(assignments) => assignments,
            // Not a user of this environment, though somebody of that name signed on elsewhere.
            Err(error) if error.is_not_found() => Vec::new(),
            Err(error) => return Err(error),
        };
        let holds = assignments
            .iter()
            .any(|assignment| roles.contains(&assignment.role.id));
        self.holders.insert(user, holds, now);
        Ok(holds)
    }

    /// The ids of the configured roles, which are the same in every environment.
    async fn roles(&self, now: Timestamp) -> Result<Vec<RoleId>, pingone::Error> {
        if let Some(roles) = self.roles.find(&(), now) {
            return Ok(roles);
        }
        let all = self.management.roles().list().all().await?;
        let roles: Vec<RoleId> = all
            .into_iter()
            .filter(|role| self.names.contains(&role.name))
            .map(|role| role.id)
            .collect();
        self.roles.insert((), roles.clone(), now);
        Ok(roles)
    }

    /// Whether the navigation shows the operator's pages; an environment that cannot be asked is
    /// no reason not to show the others.
    pub(crate) async fn is_shown(&self, subject: &str) -> bool {
        match self.holds_role(subject).await {
            Ok(holds) => holds,
            Err(error) => {
                let causes = ui::chain_of_causes(&error).join(": ");
                tracing::warn!(error = %causes, "whether a user is an operator could not be asked");
                false
            }
        }
    }
}
