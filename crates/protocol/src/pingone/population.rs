//! Populations (PingOne, "Populations").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Reference;
use crate::id::{EnvironmentId, PasswordPolicyId, PopulationId};

/// A population: the part of an environment that users belong to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Population {
    /// Its id.
    pub id: PopulationId,
    /// Its environment.
    pub environment: Reference<EnvironmentId>,
    /// Its name, unique in the environment.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether users without a population land here.
    #[serde(default)]
    pub default: bool,
    /// The policy of its users' passwords; absent means the environment's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_policy: Option<Reference<PasswordPolicyId>>,
    /// The language of what its users see, where they chose none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<String>,
    /// Other words by which the population is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative_identifiers: Option<Vec<String>>,
    /// How the pages look for its users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<Reference<Uuid>>,
    /// How many users it has.
    #[serde(default)]
    pub user_count: i64,
    /// When it was made.
    #[serde(with = "crate::pingone::date::Date")]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[serde(with = "crate::pingone::date::Date")]
    pub updated_at: Timestamp,
}

impl Population {
    /// A population with what is always there.
    pub fn new(
        id: PopulationId,
        environment: EnvironmentId,
        name: impl Into<String>,
        [created_at, updated_at]: [Timestamp; 2],
    ) -> Self {
        Self {
            id,
            environment: Reference::new(environment),
            name: name.into(),
            description: None,
            default: false,
            password_policy: None,
            preferred_language: None,
            alternative_identifiers: None,
            theme: None,
            user_count: 0,
            created_at,
            updated_at,
        }
    }
}

/// What a population is created or replaced with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewPopulation {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether users without a population land here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
    /// The policy of its users' passwords.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_policy: Option<Reference<PasswordPolicyId>>,
    /// The language of what its users see, where they chose none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<String>,
    /// Other words by which the population is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative_identifiers: Option<Vec<String>>,
    /// How the pages look for its users; absent means the environment's default theme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<Reference<Uuid>>,
}

impl NewPopulation {
    /// A population with the environment's default password policy.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
            default: false,
            password_policy: None,
            preferred_language: None,
            alternative_identifiers: None,
            theme: None,
        }
    }
}
