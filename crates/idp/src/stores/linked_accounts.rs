//! The accounts elsewhere by which users sign on: as objects of the management API, and as
//! identities, each of which belongs to one user.

use db::{Reader, Statement, StoreError};
use jiff::Timestamp;
use platform::keyring::Keyring;
use protocol::Random;
use protocol::id::{EnvironmentId, IdentityProviderId, UserId};
pub(crate) use protocol::pingone::LinkedAccount;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::change::Change;
use super::configuration::{Document, Object, Objects, Reference, Target};
use super::record::{Events, events};
use super::users::{StoredUser, Users};

impl Document for LinkedAccount {
    const EVENTS: Events = events!("LINKED_ACCOUNT");
    const MOST: u32 = 100;

    fn name(&self) -> &str {
        &self.external_id
    }

    fn unique(&self) -> Option<String> {
        Some(format!(
            "{} {}",
            self.identity_provider.id, self.external_id
        ))
    }

    fn references(&self) -> Vec<Reference> {
        vec![to_provider(
            "identityProvider",
            self.identity_provider.id.as_uuid(),
        )]
    }
}

/// That a member names an identity provider.
pub(crate) fn to_provider(member: &'static str, id: Uuid) -> Reference {
    Reference {
        member,
        target: Target::Kind("IDENTITY_PROVIDER"),
        id,
    }
}

/// Somebody at an identity provider, whom it never calls otherwise (OpenID Connect Core §5.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) provider: Uuid,
    pub(crate) subject: String,
}

const FIND_USER: &str = "\
SELECT user_id FROM linked_identities
 WHERE provider_id = $1 AND subject = $2 AND environment_id = $3";

const INSERT: &str = "\
INSERT INTO linked_identities (account_id, environment_id, provider_id, subject, user_id)
VALUES ($1, $2, $3, $4, $5)";

/// Nobody is bound by a name who has an identity of the provider, or holds roles.
const MAY_BIND: &str = "\
SELECT id FROM users
 WHERE id = $1
   AND NOT EXISTS (SELECT 1 FROM linked_identities WHERE user_id = $1 AND provider_id = $2)
   AND NOT EXISTS (SELECT 1 FROM role_assignments WHERE actor_id = $1)";

/// The identity that was just linked is the only one, once the user is held.
const IS_ONLY: &str = "\
UPDATE linked_identities SET subject = subject
 WHERE user_id = $1 AND provider_id = $2 AND subject = $3
   AND NOT EXISTS (SELECT 1 FROM linked_identities AS other
                    WHERE other.user_id = $1 AND other.provider_id = $2 AND other.subject <> $3)
   AND NOT EXISTS (SELECT 1 FROM role_assignments WHERE actor_id = $1)";

/// The linked accounts of all environments.
pub(crate) struct LinkedAccounts<'a> {
    db: &'a Reader,
    keyring: &'a Keyring,
}

impl<'a> LinkedAccounts<'a> {
    pub(crate) fn new(db: &'a Reader, keyring: &'a Keyring) -> Self {
        Self { db, keyring }
    }

    /// Whose identity it is.
    pub(crate) async fn find_user(
        &self,
        environment: EnvironmentId,
        identity: &Identity,
    ) -> Result<Option<UserId>, StoreError> {
        let statement = Statement::new(FIND_USER)
            .bind(identity.provider)
            .bind(&identity.subject)
            .bind(environment.as_uuid());
        let row = self.db.read_optional(statement).await;
        let row = row.map_err(StoreError::during("look up a linked account"))?;
        row.map(|row| Ok(UserId::from_uuid(row.get("user_id")?)))
            .transpose()
    }

    /// Whether a user may be bound to an identity of a provider by a name alone: has none of it yet,
    /// and holds no roles.
    pub(crate) async fn may_bind(
        &self,
        user: &StoredUser,
        provider: Uuid,
    ) -> Result<bool, StoreError> {
        let statement = Statement::new(MAY_BIND)
            .bind(user.id.as_uuid())
            .bind(provider);
        let row = self.db.read_optional(statement).await;
        let row = row.map_err(StoreError::during("look up who may be bound"))?;
        Ok(row.is_some())
    }

    /// Requires of what was just linked that the user has no other identity of the provider, and holds
    /// no roles: of two that are bound at once, one is.
    pub(crate) fn require_only(user: &StoredUser, identity: &Identity) -> Change {
        let id = user.id.as_uuid();
        let only = Statement::new(IS_ONLY)
            .bind(id)
            .bind(identity.provider)
            .bind(&identity.subject);
        // It waits for whoever binds the same user.
        Users::require_unchanged(user).require_one(only)
    }

    /// Links an identity to a user. It violates a unique index where the identity is somebody's
    /// already.
    pub(crate) fn link(
        &self,
        user: &StoredUser,
        identity: &Identity,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<(Object<LinkedAccount>, Change), StoreError> {
        let provider = IdentityProviderId::from_uuid(identity.provider);
        let document = LinkedAccount::new(provider, identity.subject.as_str());
        let (environment, parent) = (user.environment_id, user.id.as_uuid());
        let account = Object::new(random.uuid(), environment, parent, document, now);
        let insert = Statement::new(INSERT)
            .bind(account.id)
            .bind(user.environment_id.as_uuid())
            .bind(identity.provider)
            .bind(&identity.subject)
            .bind(user.id.as_uuid());
        let change = Objects::new(self.db, self.keyring).insert(&account, random)?;
        Ok((account, change.add(insert)))
    }
}
