//! Roles and role assignments (PingOne, "Roles").

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Reference;
use crate::codes::{Open, codes};
use crate::id::{EnvironmentId, RoleAssignmentId, RoleId};

codes! {
    /// What a role assignment reaches.
    RoleScopeType {
        /// One application.
        Application = "APPLICATION";
        /// One environment.
        Environment = "ENVIRONMENT";
        /// All environments of the organization.
        Organization = "ORGANIZATION";
        /// One population.
        Population = "POPULATION";
    }
}

/// A built-in role.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
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
    pub applicable_to: Vec<Open<RoleScopeType>>,
}

impl Role {
    /// A role with everything that it has.
    pub fn new(
        id: RoleId,
        name: impl Into<String>,
        description: impl Into<String>,
        applicable_to: &[RoleScopeType],
    ) -> Self {
        Self {
            id,
            name: name.into(),
            description: description.into(),
            applicable_to: applicable_to.iter().copied().map(Open::from).collect(),
        }
    }
}

/// The object that an assignment is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RoleScope {
    /// The object's id.
    pub id: Uuid,
    /// Its kind.
    #[serde(rename = "type")]
    pub scope_type: RoleScopeType,
}

impl RoleScope {
    /// The object of this kind with this id.
    pub const fn new(scope_type: RoleScopeType, id: Uuid) -> Self {
        Self { id, scope_type }
    }
}

/// The object that an assignment is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssignedScope {
    /// The object's id.
    pub id: Uuid,
    /// Its kind.
    #[serde(rename = "type")]
    pub scope_type: Open<RoleScopeType>,
}

impl From<RoleScope> for AssignedScope {
    fn from(scope: RoleScope) -> Self {
        Self {
            id: scope.id,
            scope_type: scope.scope_type.into(),
        }
    }
}

/// A role that a user or an application holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RoleAssignment {
    /// Its id.
    pub id: RoleAssignmentId,
    /// The environment of the holder.
    pub environment: Reference<EnvironmentId>,
    /// The role.
    pub role: Reference<RoleId>,
    /// What it is for.
    pub scope: AssignedScope,
    /// Whether it can not be taken away.
    #[serde(default)]
    pub read_only: bool,
}

impl RoleAssignment {
    /// An assignment that can be taken away.
    pub fn new(
        id: RoleAssignmentId,
        environment: EnvironmentId,
        role: RoleId,
        scope: RoleScope,
    ) -> Self {
        Self {
            id,
            environment: Reference::new(environment),
            role: Reference::new(role),
            scope: scope.into(),
            read_only: false,
        }
    }
}

/// What a role is assigned with.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewRoleAssignment {
    /// The role.
    pub role: Reference<RoleId>,
    /// What it is for.
    pub scope: RoleScope,
}

impl NewRoleAssignment {
    /// This role, for this object.
    pub fn new(role: RoleId, scope: RoleScope) -> Self {
        Self {
            role: Reference::new(role),
            scope,
        }
    }
}
