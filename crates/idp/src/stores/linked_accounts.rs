//! The accounts elsewhere by which users sign on: as objects of the management API, and as
//! identities, each of which belongs to one user.

use db::{Reader, Statement, StoreError};
use jiff::Timestamp;
use platform::keyring::Keyring;
use protocol::Random;
use protocol::id::{EnvironmentId, UserId};
use protocol::pingone::Reference as To;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::change::Change;
use super::configuration::{Document, Object, Objects, Reference, Target};
use super::record::{Events, events};
use super::users::StoredUser;

/// An account elsewhere.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkedAccount {
    pub(crate) identity_provider: To<Uuid>,
    /// What the provider calls the account.
    pub(crate) external_id: String,
}

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
        vec![to_provider("identityProvider", self.identity_provider.id)]
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

    /// Links an identity to a user. It violates a unique index where the identity is somebody's
    /// already.
    pub(crate) fn link(
        &self,
        user: &StoredUser,
        identity: &Identity,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<(Object<LinkedAccount>, Change), StoreError> {
        let document = LinkedAccount {
            identity_provider: To::new(identity.provider),
            external_id: identity.subject.clone(),
        };
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
