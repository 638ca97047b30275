//! Roles and role assignments (PingOne, "Roles").

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Reference;
use crate::id::{EnvironmentId, RoleAssignmentId, RoleId};

/// What a role assignment reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RoleScopeType {
    /// One application.
    Application,
    /// One environment.
    Environment,
    /// All environments of the organization.
    Organization,
    /// One population.
    Population,
}

/// A built-in role.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// Its id, the same in every environment.
    pub id: RoleId,
    /// Its name, such as `Identity Data Admin`: what clients look for.
    pub name: String,
    /// What it permits, in words.
    #[serde(default)]
    pub description: String,
    /// What it can be assigned for.
    #[serde(default)]
    pub applicable_to: Vec<RoleScopeType>,
}

/// The object that an assignment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleScope {
    /// The object's id.
    pub id: Uuid,
    /// Its kind.
    #[serde(rename = "type")]
    pub scope_type: RoleScopeType,
}

/// A role that a user or an application holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleAssignment {
    /// Its id.
    pub id: RoleAssignmentId,
    /// The environment of the holder.
    pub environment: Reference<EnvironmentId>,
    /// The role.
    pub role: Reference<RoleId>,
    /// What it is for.
    pub scope: RoleScope,
    /// Whether it can not be taken away.
    #[serde(default)]
    pub read_only: bool,
}

/// What a role is assigned with.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct NewRoleAssignment {
    /// The role.
    pub role: Reference<RoleId>,
    /// What it is for.
    pub scope: RoleScope,
}
