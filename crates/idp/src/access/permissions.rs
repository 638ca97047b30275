//! The permissions of the management API: one table that says which roles give each, and under which
//! further conditions handlers let somebody do it (PingOne, "Roles").

use protocol::id::RoleId;

use super::roles::{BuiltInRole, ids};

/// A permission as a type, for signatures of handlers.
pub(crate) trait Allows: Send + 'static {
    /// What roles must give.
    const PERMISSION: Permission;
    /// The scope by which users may do it to their own account.
    const OWN_SCOPE: Option<&'static str> = None;
    /// Whether it gives power over the user or application that it is done to, and is refused
    /// towards one that holds roles which the one who asks does not.
    const PROTECTS_TARGET: bool = false;
    /// Whether it gives that power to an application by which users do it to their own account, and
    /// is refused to one where the user holds roles.
    const PROTECTS_OWNER: bool = false;
}

/// Declares a permission as a type.
macro_rules! may {
    ($name:ident, $permission:ident $(, own $scope:literal)? $(, protects target $takes:literal)? $(, protects owner $owner:literal)?) => {
        #[derive(Debug)]
        pub(crate) struct $name;

        impl Allows for $name {
            const PERMISSION: Permission = Permission::$permission;
            $(const OWN_SCOPE: Option<&'static str> = Some($scope);)?
            $(const PROTECTS_TARGET: bool = $takes;)?
            $(const PROTECTS_OWNER: bool = $owner;)?
        }
    };
}

/// Declares all permissions: a name, PingOne's id, the roles that give it, and under which further
/// conditions handlers let somebody do it. Below `also` stand the same permissions under other
/// conditions.
macro_rules! permissions {
    (
        table {
            $($name:ident = $id:literal by [$($role:ident),+]
                $(, $what:ident $how:tt $($more:literal)?)*;)+
        }
        also {
            $($other:ident as $same:ident $(, $other_what:ident $other_how:tt $($other_more:literal)?)*;)+
        }
    ) => {
        /// Something that the management API lets those do who have it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Permission {
            $($name,)+
        }

        impl Permission {
            /// All that there are.
            const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// PingOne's spelling, such as `dir:read:user`.
            pub(crate) fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)+
                }
            }

            /// The roles that give it.
            pub(crate) fn roles(self) -> &'static [RoleId] {
                match self {
                    $(Self::$name => &[$(ids::$role),+],)+
                }
            }
        }

        /// The permissions that handlers name.
        pub(crate) mod may {
            use super::{Allows, Permission};

            $(may!($name, $name $(, $what $how $($more)?)*);)+
            $(may!($other, $same $(, $other_what $other_how $($other_more)?)*);)+
        }
    };
}

permissions! {
    table {
        CreateEnvironments = "orgmgt:create:environment"
            by [ENVIRONMENT_ADMIN, ORGANIZATION_ADMIN];
        DeleteEnvironments = "orgmgt:delete:environment"
            by [ENVIRONMENT_ADMIN, ORGANIZATION_ADMIN];
        HelpWithPasswords = "dir:reset:userPassword"
            by [HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN], protects target true;
        ManageApplications = "applications:update:application"
            by [CLIENT_APPLICATION_DEVELOPER, ENVIRONMENT_ADMIN], protects target true;
        ManageBranding = "branding:update:theme"
            by [CLIENT_APPLICATION_DEVELOPER, ENVIRONMENT_ADMIN];
        ManageAdministratorSecurity = "adminSecurity:update:configuration"
            by [ENVIRONMENT_ADMIN, ORGANIZATION_ADMIN];
        ManageCertificates = "certmgt:update:key"
            by [ENVIRONMENT_ADMIN];
        ManageDomains = "domains:update:customDomain"
            by [ENVIRONMENT_ADMIN];
        ManageGateways = "gateways:update:gateway"
            by [ENVIRONMENT_ADMIN];
        ManageGroups = "dir:update:group"
            by [IDENTITY_DATA_ADMIN];
        ManageIdentityProviders = "idps:update:identityProvider"
            by [ENVIRONMENT_ADMIN];
        ManagePasswordPolicies = "dir:update:passwordPolicy"
            by [ENVIRONMENT_ADMIN];
        ManagePasswords = "dir:set:userPassword"
            by [IDENTITY_DATA_ADMIN], protects target true;
        ManagePopulations = "dir:update:population"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN];
        ManagePropagation = "provisioning:update:store"
            by [ENVIRONMENT_ADMIN];
        ManageResources = "applications:update:resource"
            by [CLIENT_APPLICATION_DEVELOPER, ENVIRONMENT_ADMIN];
        ManageRoleAssignments = "permissions:create:roleAssignment"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN];
        ManageSchemas = "dir:update:schema"
            by [ENVIRONMENT_ADMIN];
        ManageSecrets = "applications:read:applicationSecret"
            by [CLIENT_APPLICATION_DEVELOPER, ENVIRONMENT_ADMIN], protects target true;
        ManageMfa = "mfa:update:deviceAuthenticationPolicy"
            by [ENVIRONMENT_ADMIN];
        ManageSignOnPolicies = "authn:update:signOnPolicy"
            by [ENVIRONMENT_ADMIN];
        ManageUsers = "dir:update:user"
            by [IDENTITY_DATA_ADMIN], protects target true;
        ReadActivities = "audit:read:activity"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN];
        ReadAdministratorSecurity = "adminSecurity:read:configuration"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN, ORGANIZATION_ADMIN];
        ReadApplications = "applications:read:application"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadBranding = "branding:read:theme"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN,
                IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY];
        ReadCertificates = "certmgt:read:key"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadDomains = "domains:read:customDomain"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadEnvironments = "orgmgt:read:environment"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN,
                HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY, ORGANIZATION_ADMIN];
        ReadGateways = "gateways:read:gateway"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadGroups = "dir:read:group"
            by [HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY];
        ReadIdentityProviders = "idps:read:identityProvider"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN, HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN,
                IDENTITY_DATA_READ_ONLY];
        ReadMfa = "mfa:read:deviceAuthenticationPolicy"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN,
                IDENTITY_DATA_READ_ONLY];
        ReadPasswordPolicies = "dir:read:passwordPolicy"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN, HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN,
                IDENTITY_DATA_READ_ONLY];
        ReadPopulations = "dir:read:population"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN, HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN,
                IDENTITY_DATA_READ_ONLY];
        ReadPropagation = "provisioning:read:store"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadResources = "applications:read:resource"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadRoleAssignments = "permissions:read:roleAssignment"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY];
        ReadSchemas = "dir:read:schema"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN, HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN,
                IDENTITY_DATA_READ_ONLY];
        ReadSignOnPolicies = "authn:read:signOnPolicy"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadUsers = "dir:read:user"
            by [HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY], own "p1:read:user";
        UpdateEnvironments = "orgmgt:update:environment"
            by [ENVIRONMENT_ADMIN, ORGANIZATION_ADMIN];
    }
    also {
        CheckPasswords as HelpWithPasswords, own "p1:validate:userPassword";
        EndSessions as ManageUsers, own "p1:delete:sessions", protects target true, protects owner true;
        ManageApplicationPolicies as ManageApplications;
        CreateDevices as ManageUsers, own "p1:create:device", protects target true;
        CreatePairingKeys as ManageUsers, own "p1:create:pairingKey", protects target true;
        DeleteDevices as ManageUsers, own "p1:delete:device", protects target true;
        ManageMemberships as ManageGroups, protects target true;
        ReadDevices as ReadUsers, own "p1:read:device";
        ReadMemberships as ReadUsers;
        ReadPasswords as ReadUsers, own "p1:read:userPassword";
        ReadSessions as ReadUsers, own "p1:read:sessions";
        ResetPasswords as HelpWithPasswords, own "p1:reset:userPassword", protects target true;
        SendRecoveryCodes as HelpWithPasswords;
        UpdateDevices as ManageUsers, own "p1:update:device", protects target true;
        UpdateUsers as ManageUsers, own "p1:update:user", protects target true, protects owner true;
        VerifyUsers as ManageUsers, own "p1:verify:user", protects target true, protects owner true;
    }
}

impl BuiltInRole {
    /// What it lets its holders do.
    pub(crate) fn permissions(&self) -> impl Iterator<Item = Permission> {
        let gives = |permission: &Permission| permission.roles().contains(&self.id);
        Permission::ALL.iter().copied().filter(gives)
    }
}
