//! The accounts elsewhere by which users sign on (PingOne, "Linked accounts").

use serde::{Deserialize, Serialize};

use super::Reference;
use crate::id::IdentityProviderId;

/// An account elsewhere by which a user signs on. It comes about at sign-on alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LinkedAccount {
    /// Where it is.
    pub identity_provider: Reference<IdentityProviderId>,
    /// What the provider calls it.
    pub external_id: String,
}

impl LinkedAccount {
    /// What a provider calls an account.
    pub fn new(provider: IdentityProviderId, external_id: impl Into<String>) -> Self {
        Self {
            identity_provider: Reference::new(provider),
            external_id: external_id.into(),
        }
    }
}
