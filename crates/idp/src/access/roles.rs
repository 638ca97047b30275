//! The built-in roles: what each is called, what it can be assigned for and by whom (PingOne,
//! "Roles"). What it lets its holders do stands with the permissions.

use protocol::id::RoleId;
use protocol::pingone::RoleScopeType;

use crate::stores::configuration::{Document, Reference};
use crate::stores::custom_roles::CustomRole;
use crate::stores::record::{Events, events};

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

/// Here, because a reference to a built-in role leads to no object.
impl Document for CustomRole {
    const EVENTS: Events = events!("CUSTOM_ROLE");
    const MOST: u32 = 200;
    /// What its holders may do is kept with their assignments.
    const IS_CACHED: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    fn references(&self) -> Vec<Reference> {
        let custom = self.can_be_assigned_by.iter();
        let custom = custom.filter(|by| find_role(by.id).is_none());
        custom
            .map(|by| Reference::to_object::<Self>("canBeAssignedBy", by.id.as_uuid()))
            .collect()
    }
}

/// The ids of roles. Three are PingOne's own; the others are ours and never change.
pub(crate) mod ids {
    use protocol::id::RoleId;
    use uuid::uuid;

    pub(crate) const ADVANCED_IDENTITY_CLOUD_SUPER_ADMIN: RoleId =
        RoleId::from_uuid(uuid!("b7a0d3c2-6e15-4f48-9d02-3c5e1f7a8b10"));
    pub(crate) const ADVANCED_IDENTITY_CLOUD_TENANT_ADMIN: RoleId =
        RoleId::from_uuid(uuid!("5e9c7f31-2b84-4da6-a1f9-7d0b3e6c4a11"));
    pub(crate) const APPLICATION_OWNER: RoleId =
        RoleId::from_uuid(uuid!("d2f64a8b-90c3-4e7d-8b15-6a9f0c2e7d12"));
    pub(crate) const AUTHORIZE_GATEWAY_POLICY_EVALUATOR: RoleId =
        RoleId::from_uuid(uuid!("3a1b8e5d-c7f0-4926-b4d8-0f6e2a9c5b13"));
    pub(crate) const CUSTOM_ROLES_ADMIN: RoleId =
        RoleId::from_uuid(uuid!("6f770b08-793f-4393-b2aa-b1d1587a0324"));
    pub(crate) const DAVINCI_ADMIN: RoleId =
        RoleId::from_uuid(uuid!("84c5e7f2-1d3a-4b60-9e78-5b2c0d4f6a14"));
    pub(crate) const DAVINCI_ADMIN_READ_ONLY: RoleId =
        RoleId::from_uuid(uuid!("f19d2b64-8a7e-4c35-a0b6-2e4d7c9f1b15"));
    pub(crate) const PINGFEDERATE_ADMINISTRATOR: RoleId =
        RoleId::from_uuid(uuid!("7c3f5a90-e2d4-4168-8f0b-9a1e6d3c5f16"));
    pub(crate) const PINGFEDERATE_AUDITOR: RoleId =
        RoleId::from_uuid(uuid!("a8e0c6d7-4f2b-4d91-b3a5-1c7f9e0d2b17"));
    pub(crate) const PINGFEDERATE_CRYPTO_ADMINISTRATOR: RoleId =
        RoleId::from_uuid(uuid!("2d6b9f14-7a3e-4c8d-95e0-8f4a1b6c3d18"));
    pub(crate) const PINGFEDERATE_EXPRESSION_ADMINISTRATOR: RoleId =
        RoleId::from_uuid(uuid!("c0f7e3a5-5b9d-4261-8d4f-6e2a0c7b9f19"));
    pub(crate) const PINGFEDERATE_USER_ADMINISTRATOR: RoleId =
        RoleId::from_uuid(uuid!("91a4d8c6-0e7f-4b32-a6c9-3d5f8b1e4a20"));
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
pub(crate) const ROLES: [BuiltInRole; 19] = [
    BuiltInRole {
        id: ids::ADVANCED_IDENTITY_CLOUD_SUPER_ADMIN,
        name: "Advanced Identity Cloud Super Admin",
        description: "Administers all tenants of Advanced Identity Cloud.",
        applicable_to: &[S::Organization],
        can_be_assigned_by: &[ids::ORGANIZATION_ADMIN],
    },
    BuiltInRole {
        id: ids::ADVANCED_IDENTITY_CLOUD_TENANT_ADMIN,
        name: "Advanced Identity Cloud Tenant Admin",
        description: "Administers a tenant of Advanced Identity Cloud.",
        applicable_to: &[S::Organization],
        can_be_assigned_by: &[ids::ORGANIZATION_ADMIN],
    },
    BuiltInRole {
        id: ids::APPLICATION_OWNER,
        name: "Application Owner",
        description: "Manages single applications, and their secrets and grants.",
        applicable_to: &[S::Environment, S::Application],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN],
    },
    BuiltInRole {
        id: ids::AUTHORIZE_GATEWAY_POLICY_EVALUATOR,
        name: "Authorize Gateway Policy Evaluator",
        description: "Evaluates authorization policies as a gateway.",
        applicable_to: &[S::Environment],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN],
    },
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
        id: ids::CUSTOM_ROLES_ADMIN,
        name: "Custom Roles Admin",
        description: "Manages custom roles.",
        applicable_to: &[S::Environment],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN],
    },
    BuiltInRole {
        id: ids::DAVINCI_ADMIN,
        name: "DaVinci Admin",
        description: "Manages flows of DaVinci.",
        applicable_to: &[S::Organization, S::Environment],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN, ids::DAVINCI_ADMIN],
    },
    BuiltInRole {
        id: ids::DAVINCI_ADMIN_READ_ONLY,
        name: "DaVinci Admin Read Only",
        description: "Reads flows of DaVinci.",
        applicable_to: &[S::Organization, S::Environment],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN, ids::DAVINCI_ADMIN],
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
        applicable_to: &[S::Environment, S::Population],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN, ids::IDENTITY_DATA_ADMIN],
    },
    BuiltInRole {
        id: ids::IDENTITY_DATA_ADMIN,
        name: "Identity Data Admin",
        description: "Manages users, their passwords, groups and populations.",
        applicable_to: &[S::Environment, S::Population],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN, ids::IDENTITY_DATA_ADMIN],
    },
    BuiltInRole {
        id: ids::IDENTITY_DATA_READ_ONLY,
        name: "Identity Data Read Only",
        description: "Reads users, groups and populations.",
        applicable_to: &[S::Environment, S::Population],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN, ids::IDENTITY_DATA_ADMIN],
    },
    BuiltInRole {
        id: ids::ORGANIZATION_ADMIN,
        name: "Organization Admin",
        description: "Creates, changes and deletes the environments of an organization.",
        applicable_to: &[S::Organization],
        can_be_assigned_by: &[ids::ORGANIZATION_ADMIN],
    },
    BuiltInRole {
        id: ids::PINGFEDERATE_ADMINISTRATOR,
        name: "PingFederate Administrator",
        description: "Administers PingFederate.",
        applicable_to: &[S::Environment],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN],
    },
    BuiltInRole {
        id: ids::PINGFEDERATE_AUDITOR,
        name: "PingFederate Auditor",
        description: "Reads the configuration of PingFederate.",
        applicable_to: &[S::Environment],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN],
    },
    BuiltInRole {
        id: ids::PINGFEDERATE_CRYPTO_ADMINISTRATOR,
        name: "PingFederate Crypto Administrator",
        description: "Manages keys and certificates of PingFederate.",
        applicable_to: &[S::Environment],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN],
    },
    BuiltInRole {
        id: ids::PINGFEDERATE_EXPRESSION_ADMINISTRATOR,
        name: "PingFederate Expression Administrator",
        description: "Manages expressions of PingFederate.",
        applicable_to: &[S::Environment],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN],
    },
    BuiltInRole {
        id: ids::PINGFEDERATE_USER_ADMINISTRATOR,
        name: "PingFederate User Administrator",
        description: "Manages administrators of PingFederate.",
        applicable_to: &[S::Environment],
        can_be_assigned_by: &[ids::ENVIRONMENT_ADMIN],
    },
];

/// The role with this id.
pub(crate) fn find_role(id: RoleId) -> Option<&'static BuiltInRole> {
    ROLES.iter().find(|role| role.id == id)
}
