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
/// conditions handlers let somebody do it. Below `known` stand those that nothing here looks at: they
/// are shown, and kept in custom roles. Below `also` stand the permissions of the table under other
/// conditions.
macro_rules! permissions {
    (
        table {
            $($name:ident = $id:literal by [$($role:ident),+]
                $(, $what:ident $how:tt $($more:literal)?)*;)+
        }
        known {
            $($known:ident = $known_id:literal by [$($known_role:ident),+];)+
        }
        also {
            $($other:ident as $same:ident $(, $other_what:ident $other_how:tt $($other_more:literal)?)*;)+
        }
    ) => {
        /// Something that the management API lets those do who have it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Permission {
            $($name,)+
            $($known,)+
        }

        impl Permission {
            /// All that there are.
            const ALL: &'static [Self] = &[$(Self::$name,)+ $(Self::$known,)+];

            /// Those that something here looks at.
            const ENFORCED: &'static [Self] = &[$(Self::$name,)+];

            /// PingOne's spelling, such as `dir:read:user`.
            pub(crate) fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)+
                    $(Self::$known => $known_id,)+
                }
            }

            /// The roles that give it.
            pub(crate) fn roles(self) -> &'static [RoleId] {
                match self {
                    $(Self::$name => &[$(ids::$role),+],)+
                    $(Self::$known => &[$(ids::$known_role),+],)+
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
        ManageAgreements = "agreement:update:agreement"
            by [ENVIRONMENT_ADMIN];
        ManageAlertChannels = "alerting:update:alertChannel"
            by [ENVIRONMENT_ADMIN];
        ManageApplications = "applications:update:application"
            by [APPLICATION_OWNER, CLIENT_APPLICATION_DEVELOPER, ENVIRONMENT_ADMIN],
            protects target true;
        ManageCustomRoles = "permissions:update:customRole"
            by [CUSTOM_ROLES_ADMIN, ENVIRONMENT_ADMIN];
        ManageBranding = "branding:update:theme"
            by [CLIENT_APPLICATION_DEVELOPER, ENVIRONMENT_ADMIN];
        ManageAdministratorSecurity = "adminSecurity:update:configuration"
            by [ENVIRONMENT_ADMIN, ORGANIZATION_ADMIN];
        ManageCertificates = "certmgt:update:key"
            by [ENVIRONMENT_ADMIN];
        ManageAuthorize = "authorize:update:apiServer"
            by [CLIENT_APPLICATION_DEVELOPER, ENVIRONMENT_ADMIN];
        ManageCredentials = "credentials:update:credentialType"
            by [ENVIRONMENT_ADMIN];
        ManageDomains = "domains:update:customDomain"
            by [ENVIRONMENT_ADMIN];
        ManageGateways = "gateways:update:gateway"
            by [ENVIRONMENT_ADMIN];
        ManageForms = "forms:update:form"
            by [CLIENT_APPLICATION_DEVELOPER, ENVIRONMENT_ADMIN];
        ManageGroups = "dir:update:group"
            by [IDENTITY_DATA_ADMIN];
        ManageIdentityProviders = "idps:update:identityProvider"
            by [ENVIRONMENT_ADMIN];
        ManageLanguages = "localization:update:language"
            by [ENVIRONMENT_ADMIN];
        ManageNotifications = "notifications:update:notificationsSettings"
            by [ENVIRONMENT_ADMIN];
        ManagePasswordPolicies = "dir:update:passwordPolicy"
            by [ENVIRONMENT_ADMIN];
        ManagePasswords = "dir:set:userPassword"
            by [IDENTITY_DATA_ADMIN], protects target true;
        ManagePopulations = "dir:update:population"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN];
        ManagePropagation = "provisioning:update:store"
            by [ENVIRONMENT_ADMIN];
        ManageRateLimits = "ratelimit:update:ipConfig"
            by [ENVIRONMENT_ADMIN];
        ManageRisk = "risk:update:riskPolicySet"
            by [ENVIRONMENT_ADMIN];
        ManageResources = "applications:update:resource"
            by [CLIENT_APPLICATION_DEVELOPER, ENVIRONMENT_ADMIN];
        ManageRoleAssignments = "permissions:update:applicationRoleAssignments"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN];
        ManageSchemas = "dir:update:schema"
            by [ENVIRONMENT_ADMIN];
        ManageSecrets = "applications:read:applicationSecret"
            by [APPLICATION_OWNER, CLIENT_APPLICATION_DEVELOPER, ENVIRONMENT_ADMIN],
            protects target true;
        ManageMfa = "mfa:update:deviceAuthenticationPolicy"
            by [ENVIRONMENT_ADMIN];
        ManageSignOnPolicies = "authn:update:signOnPolicy"
            by [ENVIRONMENT_ADMIN];
        ManageVerify = "verify:update:verifyPolicy"
            by [ENVIRONMENT_ADMIN];
        ManageUserRoles = "permissions:update:userRoleAssignments"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN];
        ManageSubscriptions = "webhooks:update:subscription"
            by [ENVIRONMENT_ADMIN];
        ManageUsers = "dir:update:user"
            by [IDENTITY_DATA_ADMIN], protects target true;
        ReadActivities = "audit:read:activity"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN];
        ReadAdministratorSecurity = "adminSecurity:read:configuration"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN, ORGANIZATION_ADMIN];
        ReadAgreements = "agreement:read:agreement"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN,
                IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY];
        ReadAlertChannels = "alerting:read:alertChannel"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadApplications = "applications:read:application"
            by [APPLICATION_OWNER, CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY,
                ENVIRONMENT_ADMIN];
        ReadAuthorize = "authorize:read:apiServer"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadBranding = "branding:read:theme"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN,
                IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY];
        ReadCertificates = "certmgt:read:key"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadCredentials = "credentials:read:credentialType"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadDomains = "domains:read:customDomain"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadEnvironments = "orgmgt:read:environment"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN,
                HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY, ORGANIZATION_ADMIN];
        ReadGateways = "gateways:read:gateway"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadForms = "forms:read:form"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadGroups = "dir:read:group"
            by [HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY];
        ReadIdentityProviders = "idps:read:identityProvider"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN, HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN,
                IDENTITY_DATA_READ_ONLY];
        ReadMfa = "mfa:read:deviceAuthenticationPolicy"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN,
                IDENTITY_DATA_READ_ONLY];
        ReadLanguages = "localization:read:language"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN,
                IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY];
        ReadNotifications = "notifications:read:notificationsSettings"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadPasswordPolicies = "dir:read:passwordPolicy"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN, HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN,
                IDENTITY_DATA_READ_ONLY];
        ReadPopulations = "dir:read:population"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN, HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN,
                IDENTITY_DATA_READ_ONLY];
        ReadPropagation = "provisioning:read:store"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadRateLimits = "ratelimit:read:ipConfig"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadResources = "applications:read:resource"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadRisk = "risk:read:riskPolicySet"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadRoleAssignments = "permissions:read:applicationRoleAssignments"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY];
        ReadSchemas = "dir:read:schema"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN, HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN,
                IDENTITY_DATA_READ_ONLY];
        ReadSignOnPolicies = "authn:read:signOnPolicy"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadVerify = "verify:read:verifyPolicy"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadUserRoles = "permissions:read:userRoleAssignments"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY];
        ReadSubscriptions = "webhooks:read:subscription"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadUsers = "dir:read:user"
            by [HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY], own "p1:read:user";
        UpdateEnvironments = "orgmgt:update:environment"
            by [ENVIRONMENT_ADMIN, ORGANIZATION_ADMIN];
    }
    known {
        AdministerCloud = "aic:update:tenant" by [ADVANCED_IDENTITY_CLOUD_SUPER_ADMIN,
            ADVANCED_IDENTITY_CLOUD_TENANT_ADMIN];
        EvaluatePolicies = "authorize:execute:decisionEndpoint"
            by [AUTHORIZE_GATEWAY_POLICY_EVALUATOR, ENVIRONMENT_ADMIN];
        ManageFlows = "davinci:update:flow" by [DAVINCI_ADMIN];
        ManageGatewayRoles = "permissions:update:gatewayRoleAssignments"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN];
        ManageGroupRoles = "permissions:update:groupRoleAssignments"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN];
        ManagePingFederate = "pingfederate:update:configuration"
            by [PINGFEDERATE_ADMINISTRATOR];
        ManagePingFederateExpressions = "pingfederate:update:expression"
            by [PINGFEDERATE_EXPRESSION_ADMINISTRATOR];
        ManagePingFederateKeys = "pingfederate:update:key"
            by [PINGFEDERATE_CRYPTO_ADMINISTRATOR];
        ManagePingFederateUsers = "pingfederate:update:user"
            by [PINGFEDERATE_USER_ADMINISTRATOR];
        ReadFlows = "davinci:read:flow" by [DAVINCI_ADMIN, DAVINCI_ADMIN_READ_ONLY];
        ReadGatewayRoles = "permissions:read:gatewayRoleAssignments"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY];
        ReadGroupRoles = "permissions:read:groupRoleAssignments"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY];
        ReadPingFederate = "pingfederate:read:configuration"
            by [PINGFEDERATE_ADMINISTRATOR, PINGFEDERATE_AUDITOR];
    }
    also {
        CheckPasswords as HelpWithPasswords, own "p1:validate:userPassword";
        EndSessions as ManageUsers, own "p1:delete:sessions", protects target true, protects owner true;
        ManageApplicationPolicies as ManageApplications, protects target true;
        AuthenticateDevices as ManageUsers;
        CreateDevices as ManageUsers, own "p1:create:device", protects target true, protects owner true;
        CreatePairingKeys as ManageUsers, own "p1:create:pairingKey", protects target true,
            protects owner true;
        DeleteDevices as ManageUsers, own "p1:delete:device", protects target true, protects owner true;
        ReadDevices as ReadUsers, own "p1:read:device";
        ManageConsents as ManageUsers, protects target true;
        ManageMemberships as ManageGroups, protects target true;
        ReadConsents as ReadUsers;
        ReadMemberships as ReadUsers;
        ReadPasswords as ReadUsers, own "p1:read:userPassword";
        ReadSessions as ReadUsers, own "p1:read:sessions";
        ResetPasswords as HelpWithPasswords, own "p1:reset:userPassword", protects target true;
        SendRecoveryCodes as HelpWithPasswords;
        UpdateDevices as ManageUsers, own "p1:update:device", protects target true, protects owner true;
        UpdateUsers as ManageUsers, own "p1:update:user", protects target true, protects owner true;
        VerifyUsers as ManageUsers, own "p1:verify:user", protects target true, protects owner true;
    }
}

impl Permission {
    /// The permission of this id.
    pub(crate) fn find(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.id() == id)
    }

    /// What it is about: PingOne's classifier.
    pub(crate) fn classifier(self) -> &'static str {
        match self.id().split(':').next().unwrap_or_default() {
            "adminSecurity" => "Administrator Security",
            "aic" => "Advanced Identity Cloud",
            "applications" => "Applications",
            "audit" => "Audit",
            "authn" => "Authentication",
            "authorize" => "Authorize",
            "branding" => "Branding",
            "certmgt" => "Certificate Management",
            "davinci" => "DaVinci",
            "dir" => "Directory",
            "domains" => "Domains",
            "gateways" => "Gateways",
            "idps" => "Identity Providers",
            "mfa" => "MFA",
            "orgmgt" => "Organization Management",
            "permissions" => "Permissions",
            "pingfederate" => "PingFederate",
            "provisioning" => "Provisioning",
            other => other,
        }
    }

    /// What it lets its holders do, in words: `Read user role assignments`.
    pub(crate) fn description(self) -> String {
        let mut words = String::new();
        for part in self.id().split(':').skip(1) {
            for letter in part.chars() {
                if letter.is_uppercase() {
                    words.push(' ');
                }
                words.extend(letter.to_lowercase());
            }
            words.push(' ');
        }
        let words = words.trim_end();
        let mut letters = words.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect()
        })
    }
}

impl BuiltInRole {
    /// What it lets its holders do.
    pub(crate) fn permissions(&self) -> impl Iterator<Item = Permission> {
        let gives = |permission: &Permission| permission.roles().contains(&self.id);
        Permission::ALL.iter().copied().filter(gives)
    }

    /// What of that something here looks at.
    pub(crate) fn enforced(&self) -> impl Iterator<Item = Permission> {
        let gives = |permission: &Permission| permission.roles().contains(&self.id);
        Permission::ENFORCED.iter().copied().filter(gives)
    }
}
