//! `/environments/{environment}/users/{user}/linkedAccounts`: the accounts elsewhere by which a user
//! signs on (PingOne, "Linked accounts"). They come about at sign-on alone.

use protocol::pingone::Reference as To;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::identity_providers::IdentityProvider;
use crate::access::permissions::may;
use crate::api::configuration::{BelowUser, Configuration};
use crate::stores::configuration::{Document, Reference};
use crate::stores::record::{Events, events};

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
        let id = self.identity_provider.id;
        vec![Reference::to_object::<IdentityProvider>(
            "identityProvider",
            id,
        )]
    }
}

impl Configuration for LinkedAccount {
    const PATH: &'static str = "users/{user}/linkedAccounts";
    const ITEM: &'static str = "account";
    const KEY: &'static str = "linkedAccounts";
    const UNIQUE: &'static str = "externalId";
    const KEPT: Option<&'static str> = IdentityProvider::KEPT;
    const FILTERS: &'static [&'static str] = &["externalId", "identityProvider.id"];
    type Parent = BelowUser;
    type Read = may::ReadUsers;
    type Manage = may::ManageUsers;
}
