//! Populations (PingOne, "Populations").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Reference;
use crate::id::{EnvironmentId, PasswordPolicyId, PopulationId};

/// A population: the part of an environment that users belong to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    /// How many users it has.
    #[serde(default)]
    pub user_count: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a population is created or replaced with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
}
