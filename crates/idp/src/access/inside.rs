//! Calls of the program itself: a seed is brought up and an environment exported through the same
//! handlers, and the same checks, that answer everybody else.
//!
//! Nobody outside can make one: it comes in the request's extensions, never over the wire.

use std::sync::Arc;

use jiff::Timestamp;
use protocol::id::{EnvironmentId, OrganizationId, RoleAssignmentId};
use protocol::oauth::Scopes;
use protocol::pingone::{RoleScope, RoleScopeType};
use protocol::secret::ClientSecret;
use uuid::Uuid;

use super::roles::ROLES;
use crate::core::ids::GivenIds;
use crate::hasher::{InvalidHash, known_hash};
use crate::stores::passwords::PasswordHash;
use crate::stores::role_assignments::{Holder, StoredAssignment};

/// What an object that is made gets instead of something random.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Given {
    /// Its id.
    pub id: Option<Uuid>,
    /// The ids of what it begins with, and of what that begins with.
    pub ids: Arc<GivenIds>,
    /// The secret of an application or a resource.
    pub secret: Option<ClientSecret>,
    /// Of an application: whether operators sign on to it, and their tokens carry their roles.
    pub is_for_operators: bool,
    /// Of a user: the hash of the password.
    pub password: Option<GivenPassword>,
    /// Of a user: when the password was set.
    pub password_set_at: Option<Timestamp>,
}

/// A password of which only the hash is known.
#[derive(Clone, Debug)]
pub struct GivenPassword {
    pub(crate) hash: PasswordHash,
    pub(crate) must_change: bool,
}

impl GivenPassword {
    /// Understands the PHC string of an Argon2id hash.
    ///
    /// # Errors
    ///
    /// [`InvalidHash`] for any other text, and for costs with which signing on would take the
    /// server's memory or time.
    pub fn parse(hash: &str, must_change: bool) -> Result<Self, InvalidHash> {
        Ok(Self {
            hash: known_hash(hash)?,
            must_change,
        })
    }
}

/// The program itself as the one who asks.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Where it may do everything.
    pub(crate) organization: OrganizationId,
    pub(crate) given: Given,
    /// Whether answers show secrets that nobody else is shown.
    pub(crate) is_shown_secrets: bool,
    /// None.
    pub(super) scopes: Scopes,
}

impl Program {
    pub(crate) fn new(organization: OrganizationId, given: Given, is_shown_secrets: bool) -> Self {
        Self {
            organization,
            given,
            is_shown_secrets,
            scopes: Scopes::default(),
        }
    }

    /// Every role, for the whole organization.
    pub(super) fn assignments(&self, now: Timestamp) -> Arc<[StoredAssignment]> {
        let scope = RoleScope::new(RoleScopeType::Organization, self.organization.as_uuid());
        let each = ROLES.iter().map(|role| StoredAssignment {
            id: RoleAssignmentId::from_uuid(Uuid::nil()),
            environment_id: EnvironmentId::from_uuid(Uuid::nil()),
            holder: Holder::Application(Uuid::nil()),
            role_id: role.id,
            custom: Arc::default(),
            scope,
            scope_environment: None,
            read_only: false,
            created_at: now,
        });
        each.collect()
    }
}
