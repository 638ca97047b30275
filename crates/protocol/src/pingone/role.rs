//! Roles and role assignments (PingOne, "Roles").

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Reference;
use crate::codes::{Open, codes, open_codes};
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

open_codes! {
    /// Whose a role is.
    RoleType {
        /// The environment's own.
        Custom = "CUSTOM";
        /// PingOne's, and the same everywhere.
        Platform = "PLATFORM";
    }
}

/// A role.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Role {
    /// Its id; that of a built-in role is the same in every environment.
    pub id: RoleId,
    /// Its name, such as `Identity Data Admin`: what clients look for.
    pub name: String,
    /// What it permits, in words.
    #[serde(default)]
    pub description: String,
    /// What it can be assigned for.
    #[serde(default)]
    pub applicable_to: Vec<Open<RoleScopeType>>,
    /// Whose it is.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub role_type: Option<RoleType>,
    /// What it permits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<RolePermission>,
    /// The roles whose holders may give it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub can_be_assigned_by: Vec<Reference<RoleId>>,
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
            role_type: None,
            permissions: Vec::new(),
            can_be_assigned_by: Vec::new(),
        }
    }
}

/// Something that a role permits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RolePermission {
    /// Its id, such as `dir:read:user`.
    pub id: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classifier: Option<String>,
    /// What it permits, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl RolePermission {
    /// The permission with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            classifier: None,
            description: None,
        }
    }
}

/// What a role of an environment's own is created or replaced with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewRole {
    /// Its name.
    pub name: String,
    /// What it permits, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it can be assigned for.
    pub applicable_to: Vec<Open<RoleScopeType>>,
    /// What it permits.
    pub permissions: Vec<RolePermission>,
    /// The roles whose holders may give it.
    #[serde(default)]
    pub can_be_assigned_by: Vec<Reference<RoleId>>,
}

impl NewRole {
    /// A role that can be assigned for these kinds of objects, and permits this.
    pub fn new(
        name: impl Into<String>,
        applicable_to: impl IntoIterator<Item = RoleScopeType>,
        permissions: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            description: None,
            applicable_to: applicable_to.into_iter().map(Open::from).collect(),
            permissions: permissions.into_iter().map(RolePermission::new).collect(),
            can_be_assigned_by: Vec::new(),
        }
    }

    /// Lets the holders of a role give it.
    #[must_use]
    pub fn assigned_by(mut self, role: RoleId) -> Self {
        self.can_be_assigned_by.push(Reference::new(role));
        self
    }
}

/// The object that an assignment is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
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
