//! Roles that somebody made for one environment (PingOne, "Custom roles").

use protocol::id::RoleId;
use protocol::pingone::{Reference, RoleScopeType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A role of an environment's own.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomRole {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) applicable_to: Vec<RoleScopeType>,
    pub(crate) permissions: Vec<Permitted>,
    #[serde(default)]
    pub(crate) can_be_assigned_by: Vec<Reference<RoleId>>,
}

/// A permission that a role gives, by its id.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Permitted {
    pub(crate) id: String,
}
