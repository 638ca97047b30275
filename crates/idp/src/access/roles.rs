//! Who may do what: built-in roles, the permissions that each gives, and how far they reach
//! (PingOne, "Roles").

use crate::stores::environments::StoredEnvironment;
use crate::stores::role_assignments::StoredAssignment;
use protocol::id::{EnvironmentId, OrganizationId, PopulationId, RoleId};
use protocol::pingone::{RoleScope, RoleScopeType};

/// A permission as a type, for signatures of handlers.
pub(crate) trait Allows: Send + 'static {
    /// What roles must give.
    const PERMISSION: Permission;
    /// The scope by which users may do it to their own account.
    const OWN_SCOPE: Option<&'static str> = None;
    /// Whether it gives power over the user or application that it is done to.
    const TAKES_POWER: bool = false;
    /// Whether it gives that power to an application by which users do it to their own account.
    const TAKES_POWER_FROM_OWNER: bool = false;
}

/// Declares a permission as a type.
macro_rules! may {
    ($name:ident, $permission:ident $(, own $scope:literal)? $(, takes power $takes:literal)? $(, from owner $owner:literal)?) => {
        #[derive(Debug)]
        pub(crate) struct $name;

        impl Allows for $name {
            const PERMISSION: Permission = Permission::$permission;
            $(const OWN_SCOPE: Option<&'static str> = Some($scope);)?
            $(const TAKES_POWER: bool = $takes;)?
            $(const TAKES_POWER_FROM_OWNER: bool = $owner;)?
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
            fn roles(self) -> &'static [RoleId] {
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
            by [HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN], takes power true;
        ManageApplications = "applications:update:application"
            by [CLIENT_APPLICATION_DEVELOPER, ENVIRONMENT_ADMIN], takes power true;
        ManageGroups = "dir:update:group"
            by [IDENTITY_DATA_ADMIN];
        ManagePasswordPolicies = "dir:update:passwordPolicy"
            by [ENVIRONMENT_ADMIN];
        ManagePasswords = "dir:set:userPassword"
            by [IDENTITY_DATA_ADMIN], takes power true;
        ManagePopulations = "dir:update:population"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN];
        ManageResources = "applications:update:resource"
            by [CLIENT_APPLICATION_DEVELOPER, ENVIRONMENT_ADMIN];
        ManageRoleAssignments = "permissions:create:roleAssignment"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN];
        ManageSecrets = "applications:read:applicationSecret"
            by [CLIENT_APPLICATION_DEVELOPER, ENVIRONMENT_ADMIN], takes power true;
        ManageUsers = "dir:update:user"
            by [IDENTITY_DATA_ADMIN], takes power true;
        ReadActivities = "audit:read:activity"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN];
        ReadApplications = "applications:read:application"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadEnvironments = "orgmgt:read:environment"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN,
                HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY, ORGANIZATION_ADMIN];
        ReadGroups = "dir:read:group"
            by [HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY];
        ReadPasswordPolicies = "dir:read:passwordPolicy"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN, HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN,
                IDENTITY_DATA_READ_ONLY];
        ReadPopulations = "dir:read:population"
            by [CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN, HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN,
                IDENTITY_DATA_READ_ONLY];
        ReadResources = "applications:read:resource"
            by [CLIENT_APPLICATION_DEVELOPER, CONFIGURATION_READ_ONLY, ENVIRONMENT_ADMIN];
        ReadRoleAssignments = "permissions:read:roleAssignment"
            by [ENVIRONMENT_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY];
        ReadUsers = "dir:read:user"
            by [HELP_DESK_ADMIN, IDENTITY_DATA_ADMIN, IDENTITY_DATA_READ_ONLY], own "p1:read:user";
        UpdateEnvironments = "orgmgt:update:environment"
            by [ENVIRONMENT_ADMIN, ORGANIZATION_ADMIN];
    }
    also {
        CheckPasswords as HelpWithPasswords, own "p1:validate:userPassword";
        ManageMemberships as ManageGroups, takes power true;
        ReadMemberships as ReadUsers;
        ReadPasswords as ReadUsers, own "p1:read:userPassword";
        ResetPasswords as HelpWithPasswords, own "p1:reset:userPassword", takes power true;
        SendRecoveryCodes as HelpWithPasswords;
        UpdateUsers as ManageUsers, own "p1:update:user", takes power true, from owner true;
        VerifyUsers as ManageUsers, own "p1:verify:user", takes power true, from owner true;
    }
}

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

impl BuiltInRole {
    /// What it lets its holders do.
    pub(crate) fn permissions(&self) -> impl Iterator<Item = Permission> {
        let gives = |permission: &Permission| permission.roles().contains(&self.id);
        Permission::ALL.iter().copied().filter(gives)
    }
}

/// The role with this id.
pub(crate) fn find_role(id: RoleId) -> Option<&'static BuiltInRole> {
    ROLES.iter().find(|role| role.id == id)
}

/// How far a permission reaches in one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All of the environment.
    Environment,
    /// Nothing.
    Nothing,
    /// These populations only.
    Populations(Vec<PopulationId>),
}

impl Reach {
    /// Whether it covers a population.
    pub(crate) fn covers(&self, population: PopulationId) -> bool {
        match self {
            Self::Environment => true,
            Self::Nothing => false,
            Self::Populations(populations) => populations.contains(&population),
        }
    }

    /// Whether it covers what belongs to this population, or to the environment alone.
    pub(crate) fn covers_what_is_of(&self, population: Option<PopulationId>) -> bool {
        match population {
            Some(population) => self.covers(population),
            None => *self == Self::Environment,
        }
    }

    /// The populations that it is limited to; `None` where it is not.
    pub(crate) fn populations(&self) -> Option<&[PopulationId]> {
        match self {
            Self::Environment => None,
            Self::Nothing => Some(&[]),
            Self::Populations(populations) => Some(populations),
        }
    }
}

/// How far the assignments of one actor let it do something in an environment.
///
/// Whether a population is one of the environment's is left to the look-up of what is in it.
pub(crate) fn reach(
    assignments: &[StoredAssignment],
    permission: Permission,
    environment: &StoredEnvironment,
) -> Reach {
    let mut populations = Vec::new();
    for assignment in assignments {
        if !gives(assignment, permission) {
            continue;
        }
        match covered(
            assignment.scope,
            environment.id,
            environment.organization_id,
        ) {
            Covered::Environment => return Reach::Environment,
            Covered::Population(population) => populations.push(population),
            Covered::Nothing => {}
        }
    }
    if populations.is_empty() {
        Reach::Nothing
    } else {
        Reach::Populations(populations)
    }
}

/// Whether the assignments of one actor let it do something in a whole organization.
pub(crate) fn reaches_organization(
    assignments: &[StoredAssignment],
    permission: Permission,
    organization: OrganizationId,
) -> bool {
    assignments.iter().any(|assignment| {
        gives(assignment, permission)
            && assignment.scope.scope_type == RoleScopeType::Organization
            && assignment.scope.id == organization.as_uuid()
    })
}

fn gives(assignment: &StoredAssignment, permission: Permission) -> bool {
    permission.roles().contains(&assignment.role_id)
}

enum Covered {
    Environment,
    Nothing,
    Population(PopulationId),
}

fn covered(scope: RoleScope, environment: EnvironmentId, organization: OrganizationId) -> Covered {
    match scope.scope_type {
        RoleScopeType::Environment if scope.id == environment.as_uuid() => Covered::Environment,
        RoleScopeType::Organization if scope.id == organization.as_uuid() => Covered::Environment,
        RoleScopeType::Population => Covered::Population(PopulationId::from_uuid(scope.id)),
        RoleScopeType::Application | RoleScopeType::Environment | RoleScopeType::Organization => {
            Covered::Nothing
        }
    }
}

/// What a role may be assigned for, with the environment and organization around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) scope: RoleScope,
    /// The environment that the scope is or lies in; none for an organization.
    pub(crate) environment: Option<EnvironmentId>,
    pub(crate) organization: OrganizationId,
}

/// Whether an actor's own assignments include all that a role gives in a place: nobody gives,
/// reads the secrets of, or sets the password of somebody more powerful.
pub(crate) fn includes(held: &[StoredAssignment], role: &BuiltInRole, place: Place) -> bool {
    role.permissions().all(|permission| {
        held.iter()
            .any(|assignment| gives(assignment, permission) && contains(assignment.scope, place))
    })
}

/// Whether an actor's own assignments include everything that any role gives anywhere in an
/// organization: all that a token of one of its users can ever carry.
pub(crate) fn includes_everything(held: &[StoredAssignment], organization: OrganizationId) -> bool {
    let place = Place {
        scope: RoleScope::new(RoleScopeType::Organization, organization.as_uuid()),
        environment: None,
        organization,
    };
    ROLES.iter().all(|role| includes(held, role, place))
}

/// Whether an actor may give a role: one of the actor's roles must be among those that PingOne lets
/// assign it, and nobody gives more than they hold. The one exception is PingOne's: who
/// administers an organization appoints the administrators of its environments.
pub(crate) fn may_give(held: &[StoredAssignment], role: &BuiltInRole, place: Place) -> bool {
    let is_assigner = |assignment: &&StoredAssignment| {
        role.can_be_assigned_by.contains(&assignment.role_id) && contains(assignment.scope, place)
    };
    let mut assigners = held.iter().filter(is_assigner).peekable();
    assigners.peek().is_some()
        && (includes(held, role, place)
            || role.id == ids::ENVIRONMENT_ADMIN
                && assigners.any(|assignment| assignment.role_id == ids::ORGANIZATION_ADMIN))
}

fn contains(outer: RoleScope, place: Place) -> bool {
    match outer.scope_type {
        RoleScopeType::Organization => outer.id == place.organization.as_uuid(),
        RoleScopeType::Environment => place
            .environment
            .is_some_and(|environment| outer.id == environment.as_uuid()),
        RoleScopeType::Application | RoleScopeType::Population => {
            outer.scope_type == place.scope.scope_type && outer.id == place.scope.id
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use protocol::SeededRandom;
    use protocol::id::RoleAssignmentId;
    use protocol::pingone::{EnvironmentType, Region};
    use uuid::Uuid;

    use super::*;
    use crate::stores::environments::EnvironmentDetails;
    use crate::stores::role_assignments::Holder;

    fn environment(seed: u64) -> StoredEnvironment {
        let random = SeededRandom::new(seed);
        StoredEnvironment {
            id: EnvironmentId::random(&random),
            organization_id: OrganizationId::random(&random),
            name: "Test".to_owned(),
            details: EnvironmentDetails {
                description: None,
                environment_type: EnvironmentType::Sandbox,
                region: Region::Europe,
                also: serde_json::Map::new(),
            },
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn assignment(role_id: RoleId, scope_type: RoleScopeType, id: Uuid) -> StoredAssignment {
        let random = SeededRandom::new(9);
        StoredAssignment {
            id: RoleAssignmentId::random(&random),
            environment_id: EnvironmentId::random(&random),
            holder: Holder::User(id),
            role_id,
            scope: RoleScope::new(scope_type, id),
            read_only: false,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_role_reaches_its_scope_and_no_further() {
        let (here, there) = (environment(1), environment(2));
        let population = PopulationId::random(&SeededRandom::new(3));
        let admin = ids::IDENTITY_DATA_ADMIN;
        let of = |held: StoredAssignment, at| reach(&[held], Permission::ManageUsers, at);

        let held = assignment(admin, RoleScopeType::Environment, here.id.as_uuid());
        assert_eq!(of(held.clone(), &here), Reach::Environment);
        assert_eq!(of(held, &there), Reach::Nothing);
        let organization = here.organization_id.as_uuid();
        let held = assignment(admin, RoleScopeType::Organization, organization);
        assert_eq!(of(held.clone(), &here), Reach::Environment);
        assert_eq!(of(held, &there), Reach::Nothing);
        let held = assignment(admin, RoleScopeType::Population, population.as_uuid());
        assert_eq!(of(held, &here), Reach::Populations(vec![population]));
        let held = assignment(
            ids::IDENTITY_DATA_READ_ONLY,
            RoleScopeType::Environment,
            here.id.as_uuid(),
        );
        assert_eq!(of(held, &here), Reach::Nothing);
    }

    #[test]
    fn nobody_gives_more_than_they_hold() {
        let here = environment(1);
        let place = Place {
            scope: RoleScope::new(RoleScopeType::Environment, here.id.as_uuid()),
            environment: Some(here.id),
            organization: here.organization_id,
        };
        let held = [assignment(
            ids::ENVIRONMENT_ADMIN,
            RoleScopeType::Environment,
            here.id.as_uuid(),
        )];
        let may_give = |id| includes(&held, find_role(id).unwrap(), place);
        assert!(may_give(ids::ENVIRONMENT_ADMIN) && may_give(ids::CONFIGURATION_READ_ONLY));
        assert!(!may_give(ids::IDENTITY_DATA_ADMIN));
        let organization =
            RoleScope::new(RoleScopeType::Organization, here.organization_id.as_uuid());
        let wider = Place {
            scope: organization,
            environment: None,
            ..place
        };
        assert!(!includes(
            &held,
            find_role(ids::ENVIRONMENT_ADMIN).unwrap(),
            wider
        ));
    }

    /// Every holder and every role: what nobody lets them give, they do not give.
    #[test]
    fn a_role_is_given_only_by_those_who_may_assign_it() {
        let here = environment(1);
        let place = Place {
            scope: RoleScope::new(RoleScopeType::Environment, here.id.as_uuid()),
            environment: Some(here.id),
            organization: here.organization_id,
        };
        let given_by = |holder: &BuiltInRole| {
            let organization = here.organization_id.as_uuid();
            let held = [assignment(
                holder.id,
                RoleScopeType::Organization,
                organization,
            )];
            ROLES
                .iter()
                .filter(|role| may_give(&held, role, place))
                .map(|role| role.name)
                .collect::<Vec<_>>()
        };
        let all: Vec<_> = ROLES
            .iter()
            .map(|holder| (holder.name, given_by(holder)))
            .collect();
        assert_eq!(
            all,
            [
                ("Client Application Developer", vec![]),
                ("Configuration Read Only", vec![]),
                (
                    "Environment Admin",
                    vec![
                        "Client Application Developer",
                        "Configuration Read Only",
                        "Environment Admin",
                    ]
                ),
                ("Help Desk Admin", vec![]),
                (
                    "Identity Data Admin",
                    vec![
                        "Help Desk Admin",
                        "Identity Data Admin",
                        "Identity Data Read Only",
                    ]
                ),
                ("Identity Data Read Only", vec![]),
                (
                    "Organization Admin",
                    vec!["Environment Admin", "Organization Admin"]
                ),
            ]
        );
    }

    #[test]
    fn everything_takes_every_role_in_the_organization() {
        let here = environment(1);
        let organization = here.organization_id;
        let of = |role_id| assignment(role_id, RoleScopeType::Organization, organization.as_uuid());
        let mut held = vec![
            of(ids::ENVIRONMENT_ADMIN),
            of(ids::IDENTITY_DATA_ADMIN),
            of(ids::CLIENT_APPLICATION_DEVELOPER),
        ];
        assert!(includes_everything(&held, organization));
        held[1] = assignment(
            ids::IDENTITY_DATA_ADMIN,
            RoleScopeType::Environment,
            here.id.as_uuid(),
        );
        assert!(!includes_everything(&held, organization));
        held[1] = of(ids::HELP_DESK_ADMIN);
        assert!(!includes_everything(&held, organization));
    }
}
