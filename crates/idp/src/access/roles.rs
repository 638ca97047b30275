//! The built-in roles: what each is called, what it can be assigned for and by whom (PingOne,
//! "Roles"). What it lets its holders do stands with the permissions.

use protocol::id::RoleId;
use protocol::pingone::RoleScopeType;

/// A built-in role: the same in every environment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BuiltInRole {
    pub(crate) id: RoleId,
    /// What clients look for.
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    /// What it can be assigned for.
    pub(crate) applicable_to: &'static [RoleScopeType],
    /// The roles whose holders may give it (PingOne, "Predefined roles").
    pub(crate) can_be_assigned_by: &'static [RoleId],
}

/// The ids of roles. Two are PingOne's own; the others are ours and never change.
pub(crate) mod ids {
    use protocol::id::RoleId;
    use uuid::uuid;

    pub(crate) const CLIENT_APPLICATION_DEVELOPER: RoleId =
        RoleId::from_uuid(uuid!("9225f21d-6a5b-4c0f-8f0d-3a1d1e8b7c01"));
    pub(crate) const CONFIGURATION_READ_ONLY: RoleId =
        RoleId::from_uuid(uuid!("3d7e1a52-0c94-4b5e-9a63-5f2c8d0e4b02"));
    pub(crate) const ENVIRONMENT_ADMIN: RoleId =
        RoleId::from_uuid(uuid!("29ddce68-cd7f-4b2a-b6fc-f7a19553b496"));
    pub(crate) const HELP_DESK_ADMIN: RoleId =
        RoleId::from_uuid(uuid!("6b8f3c10-7de2-4f19-b8a4-1c9e5a7d2f03"));
    pub(crate) const IDENTITY_DATA_ADMIN: RoleId =
        RoleId::from_uuid(uuid!("0e6c9a74-51b3-4d8a-9f27-8b3d6e1c5a04"));
    pub(crate) const IDENTITY_DATA_READ_ONLY: RoleId =
        RoleId::from_uuid(uuid!("c41f7d2b-9e05-4a6c-8d13-7e0a2b9f6c05"));
    pub(crate) const ORGANIZATION_ADMIN: RoleId =
        RoleId::from_uuid(uuid!("f8a25e93-4c7b-4e01-a5d6-2d1b8f3e9a06"));
}

use RoleScopeType as S;

/// Every role, by name.
pub(crate) const ROLES: [BuiltInRole; 7] = [
    BuiltInRole {
        id: ids::CLIENT_APPLICATION_DEVELOPER,
        name: "Client Application Developer",
        description: "Manages applications, their secrets and grants, and resources.",
        applicable_to: &[S::Organization, S::Environment],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN],
    },
    BuiltInRole {
        id: ids::CONFIGURATION_READ_ONLY,
        name: "Configuration Read Only",
        description: "Reads the configuration of environments.",
        applicable_to: &[S::Organization, S::Environment],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN],
    },
    BuiltInRole {
        id: ids::ENVIRONMENT_ADMIN,
        name: "Environment Admin",
        description: "Manages everything in an environment but its users.",
        applicable_to: &[S::Organization, S::Environment],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN, ids::ORGANIZATION_ADMIN],
    },
    BuiltInRole {
        id: ids::HELP_DESK_ADMIN,
        name: "Help Desk Admin",
        description: "Reads users, and helps them with forgotten and locked passwords.",
        applicable_to: &[S::Organization, S::Environment, S::Population],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN, ids::IDENTITY_DATA_ADMIN],
    },
    BuiltInRole {
        id: ids::IDENTITY_DATA_ADMIN,
        name: "Identity Data Admin",
        description: "Manages users, their passwords, groups and populations.",
        applicable_to: &[S::Organization, S::Environment, S::Population],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN, ids::IDENTITY_DATA_ADMIN],
    },
    BuiltInRole {
        id: ids::IDENTITY_DATA_READ_ONLY,
        name: "Identity Data Read Only",
        description: "Reads users, groups and populations.",
        applicable_to: &[S::Organization, S::Environment, S::Population],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN, ids::IDENTITY_DATA_ADMIN],
    },
    BuiltInRole {
        id: ids::ORGANIZATION_ADMIN,
        name: "Organization Admin",
        description: "Creates, changes and deletes the environments of an organization.",
        applicable_to: &[S::Organization],
        can_be_assigned_by: &[ids::ORGANIZATION_ADMIN],
    },
];

/// The role with this id.
pub(crate) fn find_role(id: RoleId) -> Option<&'static BuiltInRole> {
    ROLES.iter().find(|role| role.id == id)
}
